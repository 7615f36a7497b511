"""Business rules as Python expressions."""

from __future__ import annotations

import ast
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.text.rule_guards import guarded
from engine.agents.llm.text.rules import read_rule, write_rule
from engine.seeds import built_in, read_seed
from engine.seeds.rules import (
    Condition,
    Deadline,
    NoOverlap,
    Ownership,
    Quota,
    RequiresEarlier,
    Rule,
    State,
    Uniqueness,
)

WRITTEN = [
    pytest.param(rule, id=f"{domain}-{name}-{rule.code}-{number}")
    for domain in built_in()
    for name, (_, entry) in read_seed(domain).blueprint.tools.items()
    for number, rule in enumerate(entry.rules)
]


@pytest.mark.parametrize("rule", WRITTEN)
def test_rules_of_the_built_in_domains_read_back(rule: Rule) -> None:
    back = read_rule(write_rule(rule), rule.code or "refused", rule.message or "", rule.when or "")
    if rule.rule == "condition":
        assert _says(back) == rule.that or back.rule != "condition"
    else:
        assert back.model_dump(exclude={"code"}) == rule.model_dump(exclude={"code"})


def _says(rule: Rule) -> str:
    return rule.that if isinstance(rule, Condition) else ""


@pytest.mark.parametrize(
    "check, rule",
    [
        ("book.status == 'available'", State(column="book.status", is_in=("available",))),
        ("loan.status in ('open', 'lost')", State(column="loan.status", is_in=("open", "lost"))),
        ("room.status != 'closed'", State(column="room.status", not_in=("closed",))),
        ("count('loan', member_id=member_id, status='open') < 5", Quota(rows="loan", match={"member_id": "member_id"}, among={"status": ("open",)}, limit="5")),
        ("not exists('loan', book_id=book_id)", Uniqueness(rows="loan", match={"book_id": "book_id"})),
        ("count('loan', book_id=book_id) == 0", Uniqueness(rows="loan", match={"book_id": "book_id"})),
        ("exists('card', member_id=member_id)", RequiresEarlier(rows="card", match={"member_id": "member_id"})),
        ("deadline(before=loan.due_on, days=1)", Deadline(before="loan.due_on", days=1)),
        ("deadline(after='visit.starts_at', hours=2)", Deadline(after="visit.starts_at", hours=2)),
        ("ownership(card.member_id)", Ownership(path="card.member_id")),
        ("loan.renewals < 2", Condition(code="x", that="loan.renewals < 2", kind="limits")),
        ("today <= loan.due_on", Condition(code="x", that="today <= loan.due_on", kind="deadline")),
        ("wallet.balance >= ticket.price", Condition(code="x", that="wallet.balance >= ticket.price", kind="balance")),
        ("slot.job_id == application.job_id", Condition(code="x", that="slot.job_id == application.job_id", kind="compatibility")),
    ],
)  # fmt: skip
def test_expressions_are_recognised_as_what_they_are_about(check: str, rule: Rule) -> None:
    assert read_rule(check, "x") == rule.model_copy(update={"code": "x"})


def test_text_and_expressions_in_quotes_are_told_apart() -> None:
    rule = read_rule("no_overlap(rows='visit', match={'room_id': room_id, 'kind': 'exam', 'city': 'city'}, starts='starts_at', "
                     "lasts='minutes', start=starts_at, end='add_minutes(starts_at, 30)')", "x")  # fmt: skip
    assert isinstance(rule, NoOverlap)
    assert rule.match == {"room_id": "room_id", "kind": "'exam'", "city": "city"}
    assert (rule.starts, rule.lasts, rule.start, rule.end) == (
        "starts_at",
        "minutes",
        "starts_at",
        "add_minutes(starts_at, 30)",
    )


@pytest.mark.parametrize(
    "check, words",
    [
        ("loan.due_on <", "no Python expression"),
        ("deadline(days=1)", "exactly one of `before` and `after`"),
        ("no_overlap(rows='visit')", "starts"),
        ("quota(rows='loan', limit=5, colour='red')", "colour"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(check: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_rule(check, "x")


@pytest.mark.parametrize(
    "check, guard",
    [
        ("job.closes_on >= today", "job.closes_on is None or (job.closes_on >= today)"),
        ("salary <= job.highest", "salary is None or (salary <= job.highest)"),
        ("job.closes_on is None or job.closes_on >= today", "job.closes_on is None or job.closes_on >= today"),
        ("count('job', closes_on=job.closes_on) < 3", "count('job', closes_on=job.closes_on) < 3"),
        ("any(row.closes_on == today for row in rows('job'))", "any(row.closes_on == today for row in rows('job'))"),
        ("not a +", "not a +"),
    ],
)
def test_conditions_hold_where_a_value_may_be_empty_and_is(check: str, guard: str) -> None:
    empty = {"job.closes_on", "salary"}
    assert guarded(check, lambda node: ast.unparse(node) in empty) == guard


@given(st.text(max_size=80))
def test_any_text_is_a_rule_or_is_refused_in_words(text: str) -> None:
    with suppress(ValueError):
        assert read_rule(text, "x").code == "x"
