import pytest

from engine.errors import SeedError
from tests.agents.gym import composed, lowered, tool_of

RULES = {
    "ownership over a reference": (
        "{rule: ownership, path: course.coach_id, user: member_id}",
        ("course.coach_id == member.member_id", "not_your_course"),
    ),
    "deadline before a datetime": (
        "{rule: deadline, before: course.starts_at}",
        ("now < course.starts_at", "deadline_passed"),
    ),
    "deadline with hours": (
        "{rule: deadline, before: course.starts_at, hours: 2, minutes: 30}",
        ("now <= add_minutes(course.starts_at, -150)", "deadline_passed"),
    ),
    "deadline before a date": (
        "{rule: deadline, before: course.day, days: 1, code: late}",
        ("today <= add_days(course.day, -1)", "late"),
    ),
    "deadline after": (
        "{rule: deadline, after: course.ends_at, days: 1}",
        ("now >= add_days(course.ends_at, 1)", "too_early"),
    ),
    "capacity among states": (
        "{rule: capacity, rows: booking, match: [course_id], among: {state: [asked, booked]}, limit: course.places}",
        (
            "len([row for row in rows('booking', course_id=course.course_id) if row.state in ('asked', 'booked')]) < course.places",
            "no_room_for_booking",
        ),
    ),
    "capacity that adds several": (
        "{rule: capacity, rows: booking, match: [course_id], limit: 20, adding: course.places}",
        ("count('booking', course_id=course.course_id) + course.places <= 20", "no_room_for_booking"),
    ),
    "quota for all time": (
        "{rule: quota, rows: booking, match: [member_id], among: {state: booked}, limit: 3}",
        ("count('booking', member_id=member.member_id, state='booked') < 3", "too_many_bookings"),
    ),
    "quota in a period": (
        "{rule: quota, rows: booking, match: [member_id], column: changed, days: 7, limit: 3}",
        ("len([row for row in rows('booking', member_id=member.member_id) if row.changed > add_days(now, -7)]) < 3", "too_many_bookings"),
    ),
    "balance": (
        "{rule: balance, has: member.credit, needs: course.fee}",
        ("member.credit >= course.fee", "insufficient_credit"),
    ),
    "uniqueness": (
        "{rule: uniqueness, rows: booking, match: [member_id], among: {state: asked}}",
        ("not exists('booking', member_id=member.member_id, state='asked')", "booking_exists"),
    ),
    "uniqueness with a condition": (
        "{rule: uniqueness, rows: booking, match: [member_id], where: row.course.level == course.level}",
        ("not any(get('course', row.course_id).level == course.level for row in rows('booking', member_id=member.member_id))", "booking_exists"),
    ),
    "an earlier step": (
        "{rule: requires_earlier, rows: booking, match: [member_id], among: {state: [booked, cancelled]}}",
        ("any(row.state in ('booked', 'cancelled') for row in rows('booking', member_id=member.member_id))", "no_booking_yet"),
    ),
    "no overlap": (
        "{rule: no_overlap, rows: course, match: {coach_id: course.coach_id}, starts: starts_at, ends: ends_at, start: course.starts_at, end: course.ends_at}",
        (
            "not any(row.starts_at < course.ends_at and row.ends_at > course.starts_at for row in rows('course', coach_id=course.coach_id))",
            "course_overlaps",
        ),
    ),
    "no overlap with lengths": (
        "{rule: no_overlap, rows: course, starts: starts_at, lasts: places, start: course.starts_at, end: course.ends_at}",
        (
            "not any(row.starts_at < course.ends_at and add_minutes(row.starts_at, row.places) > course.starts_at for row in rows('course'))",
            "course_overlaps",
        ),
    ),
    "limits": ("{rule: limits, value: course.fee, minimum: 1, maximum: 50}", ("1 <= course.fee <= 50", "fee_out_of_range")),
    "state": ("{rule: state, column: course.status, in: [planned, running]}", ("course.status in ('planned', 'running')", "course_not_planned")),
    "not in a state": ("{rule: state, column: course.status, not_in: over}", ("course.status != 'over'", "course_is_over")),
    "condition": ("{rule: condition, that: course.places > 1, code: too_small, kind: size}", ("course.places > 1", "too_small")),
    "only in some cases": (
        "{rule: limits, when: note is not None, value: len(note), maximum: 80, code: long_note}",
        ("note is None or len(note) <= 80", "long_note"),
    ),
    "over an empty reference": (
        "{rule: condition, that: member.coach.name != 'Jo', code: other_coach}",
        ("coach is None or coach.name != 'Jo'", "other_coach"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule, expected", RULES.values(), ids=RULES)
def test_each_rule_becomes_one_requirement(rule: str, expected: tuple[str, str]) -> None:
    found = lowered(rule)
    assert (found.condition, found.code) == expected
    assert found.message


def test_the_kind_of_a_rule_is_kept_for_counting() -> None:
    assert lowered("{rule: quota, rows: booking, limit: 3}").rule == "quota"
    assert lowered("{rule: condition, that: course.places > 1, code: too_small, kind: size}").rule == "size"


def test_requirements_come_in_the_order_in_which_products_check() -> None:
    tool = tool_of(composed(), "update_booking")
    assert [item.code for item in tool.contract.requires] == [
        "member_not_found", "booking_not_found", "not_your_booking", "wrong_booking_state",
    ]  # fmt: skip
    tool = tool_of(composed("{rule: balance, has: member.credit, needs: course.fee, code: no_credit}"), "book_course")
    assert [item.code for item in tool.contract.requires] == [
        "member_not_found",
        "course_not_found",
        "no_credit",
        "booked_already",
    ]


@pytest.mark.parametrize(
    "rule, says",
    [
        ("{rule: deadline, before: course.fee}", "not known to be a moment"),
        ("{rule: deadline, before: course.day, hours: 3}", "give the lead time in `days`"),
        ("{rule: no_overlap, rows: course, starts: begins, ends: ends_at, start: now, end: now}", "no column `begins`"),
        ("{rule: condition, that: booking.note, code: x}", "no `booking` is in scope"),
        ("{rule: condition, that: count('bookings') > 1, code: x}", "did you mean `booking`"),
        (
            "{rule: condition, that: any(row.places > 1 for row in rows('booking')), code: x}",
            "`booking` has no column `places`",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_rules_that_name_nothing_are_refused(rule: str, says: str) -> None:
    with pytest.raises(SeedError, match=says):
        composed(rule)
