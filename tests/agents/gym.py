"""A sports club that uses every kind of tool and rule, for the composer's tests."""

from engine.agents.composer.compose import Composition, compose
from engine.models.base import Row, Rows
from engine.models.tool import Requirement, Tool
from engine.seeds.blueprint import Blueprint
from engine.seeds.blueprint_file import parse_blueprint

GYM = """\
domain: gym
title: Sports Club
now: 2026-03-02T09:00:00
user: {entity: member, knows: [email]}
entities:
  member:
    columns: {email: {role: email, unique: true}, credit: {role: money, minimum: 0}, coach_id: -> coach?, joined: created_at}
    tools:
      find_member: {kind: lookup, by: email}
      drop_coach: {kind: unassign, column: coach_id}
      give_credit: {kind: transfer, column: credit}
  coach:
    columns: {name: person_name, phone: phone?}
    tools:
      list_all_coaches: {kind: search, filters: [name, phone], order: name, limit: 5}
      delete_coach: {kind: delete, cascade: course}
  course:
    columns:
      title: title
      coach_id: -> coach
      day: date
      starts_at: datetime
      ends_at: datetime
      places: {role: quantity, minimum: 1}
      fee: money
      level: [easy, hard]
    lifecycle: [planned, running, over]
    checks:
      - {that: starts_at < ends_at, code: wrong_times, message: A course ends after it starts.}
    tools:
      create_course: {kind: create, acting: false}
      move_course: {kind: update, columns: [starts_at, ends_at, day], acting: false}
      set_course_coach: {kind: assign, column: coach_id, acting: false}
      list_courses: {kind: list, by: coach_id, filters: [level], fields: [course_id, title, {coach_name: row.coach.name}]}
      start_courses: {kind: batch, from: planned, to: running, limit: 3, rules: [{rule: limits, value: course.places, minimum: 2, code: too_small}]}
  booking:
    columns:
      member_id: -> member
      course_id: -> course
      note: text?
      changed: updated_at
    unique: [{columns: [member_id, course_id], code: booked_already, message: "You have booked {course.title} already."}]
    owner: member_id
    lifecycle: {column: state, states: [asked, booked, cancelled]}
    tools:
      book_course:
        kind: create
        columns: [course_id, note]
        rules: []
        effects: [{update: member, key: member_id, set: {credit: money(member.credit - course.fee)}}]
      update_booking: {kind: update, from: [asked, booked]}
      cancel_booking: {kind: transition, from: [asked, booked], to: cancelled, code: booking_closed, summary: cancel my booking}
      delete_booking: {kind: delete, from: cancelled}
      count_bookings: {kind: compute, parameters: {course_id: course.course_id}, returns: {bookings: "count('booking', course_id=course_id)"}}
      get_booking: {kind: get, returns: {coach_name: booking.course.coach.name}}
"""


def gym(rule: str | None = None) -> Blueprint:
    """The club; with a rule of `book_course` in YAML."""
    return parse_blueprint(GYM if rule is None else GYM.replace("rules: []", f"rules: [{rule}]")).blueprint


def composed(rule: str | None = None) -> Composition:
    """The composed club."""
    return compose(gym(rule))


def tool_of(composition: Composition, name: str) -> Tool:
    """One tool of a composition."""
    return next(tool for tool in composition.tools if tool.name == name)


def lowered(rule: str) -> Requirement:
    """The requirement that a rule of `book_course` becomes."""
    without = {item.condition for item in tool_of(composed(), "book_course").contract.requires}
    (found,) = [
        item for item in tool_of(composed(rule), "book_course").contract.requires if item.condition not in without
    ]
    return found


def club_rows() -> Rows:
    """Two members, two coaches, three courses, two bookings."""
    courses: list[Row] = [
        {
            "course_id": f"COU-000{number}", "title": title, "coach_id": "COA-0001", "day": "2026-03-05",
            "starts_at": f"2026-03-05T{8 + number:02d}:00:00", "ends_at": f"2026-03-05T{9 + number:02d}:00:00",
            "places": number, "fee": 10.0, "level": "easy", "status": "planned",
        }
        for number, title in ((1, "Judo"), (2, "Rowing"), (3, "Squash"))
    ]  # fmt: skip
    return {
        "member": [
            {"member_id": "MEM-0001", "email": "ana@x.org", "credit": 30.0, "coach_id": "COA-0001", "joined": "2026-01-01T00:00:00"},
            {"member_id": "MEM-0002", "email": "bo@x.org", "credit": 5.0, "coach_id": None, "joined": "2026-01-01T00:00:00"},
        ],
        "coach": [{"coach_id": "COA-0001", "name": "Mia Li", "phone": None}, {"coach_id": "COA-0002", "name": "Jo Lind", "phone": "1"}],
        "course": courses,
        "booking": [
            {"booking_id": "BOO-0001", "member_id": "MEM-0001", "course_id": "COU-0001", "note": None, "changed": "2026-01-01T00:00:00", "state": "asked"},
            {"booking_id": "BOO-0002", "member_id": "MEM-0002", "course_id": "COU-0001", "note": None, "changed": "2026-01-01T00:00:00", "state": "cancelled"},
        ],
    }  # fmt: skip
