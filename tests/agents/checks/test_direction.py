"""Rules that say what is refused instead of what must hold."""

from __future__ import annotations

import pytest

from engine.agents.checks.direction import is_backwards
from engine.agents.llm.text.rules import write_rule
from engine.seeds import built_in, read_seed
from tests.fakes.material import load


@pytest.mark.parametrize(
    "code, wrong, right",
    [
        ("too_many_loans", "count('loan', member_id=member_id) >= 4", "count('loan', member_id=member_id) < 4"),
        ("renewed_too_often", "loan.renewals > 2", "loan.renewals < 2"),
        ("already_reserved", "exists('reservation', book_id=book_id)", "not exists('reservation', book_id=book_id)"),
        ("email_taken", "count('member', email=email) > 0", "count('member', email=email) == 0"),
        ("no_card", "not exists('card', member_id=member_id)", "exists('card', member_id=member_id)"),
        ("no_copies", "book.copies <= 0", "book.copies > 0"),
        ("no_mechanic", "repair.mechanic_id is None", "repair.mechanic_id is not None"),
        ("insufficient_credit", "member.credit < fee.amount", "member.credit >= fee.amount"),
        ("loan_not_open", "loan.status != 'open'", "loan.status == 'open'"),
        ("too_late_to_renew", "loan.due_on < today", "today < loan.due_on"),
        ("loan_overdue", "today > loan.due_on", "loan.due_on >= today"),
        ("too_early", "visit.starts_at > now", "now >= visit.starts_at"),
        ("too_early_to_check_in", "now < visit.starts_at", "visit.starts_at <= now"),
        ("not_available", "book.copies <= 0", "book.copies >= 1"),
    ],
)
def test_the_opposite_of_a_rule_is_known_by_its_code(code: str, wrong: str, right: str) -> None:
    assert is_backwards(code, wrong)
    assert not is_backwards(code, right)


def test_right_rules_are_left_alone() -> None:
    rules = [
        (rule.code or "", write_rule(rule))
        for domain in built_in()
        for _, entry in read_seed(domain).blueprint.tools.values()
        for rule in entry.rules
    ]
    rules += [(rule["code"], rule["check"]) for entry in load().entries.values() for rule in entry.get("rules", ())]
    assert len(rules) > 200
    assert [rule for rule in rules if is_backwards(*rule)] == []


def test_what_is_no_expression_is_not_judged() -> None:
    assert not is_backwards("too_many", "count(")
