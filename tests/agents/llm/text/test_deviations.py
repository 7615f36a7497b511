"""Where code says something else than its contract's steps: planted faults are pointed at, right code is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.text.contract_words import contract_steps
from engine.agents.llm.text.deviations import MOST_DEVIATIONS, deviations
from engine.foundation.mutations import mutants_of
from engine.models.tool import Tool
from tests.fakes.bookings import bookings_spec, bookings_tools

SPEC = bookings_spec()
TOOLS = bookings_tools()


def _steps(tool: Tool) -> list[str]:
    return [step.partition(". ")[2] for step in contract_steps(tool, SPEC.database).split("\n")]


STEPS = [
    'loan = db.get("loan", loan_id)',
    'if loan is None: db.reject("loan_not_found", f"No loan {loan_id!r}.")',
    'if loan["status"] not in ("open", "late"): db.reject("loan_closed", f"The loan is {loan[\'status\']}.")',
    'found = [row for row in db.find("fee") if row["loan_id"] == loan_id and (least is None or row["amount"] >= least)]',
    'sort found by row["amount"]',
    'fees = dicts {fee_id, euros: row["amount"]} of found[:limit]',
    'loan_after = db.update("loan", loan_id, {"status": "closed", "note": note})',
    'if loan["late"]: db.insert("fee", {"loan_id": loan_id})',
    'for item in db.find("fee", {"loan_id": loan_id}): if item["paid"]: db.delete("fee", item["fee_id"])',
    'return {"loan_id": loan_id, "status": loan_after["status"], "fees": fees}',
]
RIGHT = """def close_loan(db, loan_id, note, least=None, limit=10):
    loan = db.get("loan", loan_id)
    if not loan is not None:
        db.reject("loan_not_found", f"No loan {loan_id!r}.")
    if not (loan["status"] in ("open", "late")):
        db.reject("loan_closed", f"The loan is {loan['status']}.")
    found = [row for row in db.find("fee", {"loan_id": loan_id}) if least is None or least <= row["amount"]]
    found = sorted(found, key=lambda row: row["amount"])
    fees = [{"fee_id": row["fee_id"], "euros": row["amount"]} for row in found[:limit]]
    loan_after = db.update("loan", loan_id, {"note": note, "status": "closed"})
    if loan["late"]:
        db.insert("fee", {"loan_id": loan_id})
    for item in db.find("fee", {"loan_id": loan_id}):
        if item["paid"]:
            db.delete("fee", item["fee_id"])
    answer = {"loan_id": loan_id, "status": loan_after["status"], "fees": fees}
    return answer
"""


def test_what_means_the_same_in_other_words_is_no_deviation() -> None:
    assert deviations(RIGHT, STEPS) == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_composed_code_deviates_nowhere(tool: Tool) -> None:
    assert deviations(tool.source, _steps(tool)) == []


@pytest.mark.parametrize(
    "before, after, told",
    [
        ('db.get("loan", loan_id)', 'db.get("loan", note)', "step 1 is `loan = db.get('loan', loan_id)`, the code"),
        ("not loan is not None", "loan is not None", "step 2 for 'loan_not_found' is `if loan is None:`, the code has"),
        ('f"No loan', '"No loan', "step 2 has the message `f'No loan {loan_id!r}.'`, the code has `'No loan"),
        ('"loan_closed"', '"closed"', "step 3 is missing in the code: `if loan"),
        ('"loan_closed"', '"closed"', "`db.reject('closed', ...)` is in no step: take it out"),
        ("least is None or ", "", "step 4 keeps only rows with `least is None or row['amount'] >= least`"),
        ("found = sorted(found, key=lambda row: row[\"amount\"])\n", "pass\n", "step 5 is missing in the code"),
        ('row["amount"])\n    fees', 'row["amount"], reverse=True)\n    fees', "step 5 sorts ascending, the code the other"),
        ("found[:limit]]", "found]", "step 6 takes `found[:limit]`, the code"),
        ('"euros": row["amount"]', '"euros": row["fee_id"]', "step 6 has in each dict `'euros': row['amount']`, the code `'euros'"),
        ('"status": "closed"}', '"status": "open"}', "step 7 writes `'status': 'closed'`, the code `'status': 'open'`"),
        ('"note": note, ', "", "step 7 writes `'note': note`, the code does not"),
        ('update("loan", loan_id', 'update("loan", note', "step 7 changes the row `loan_id`, the code the row `note`"),
        ('if loan["late"]:', "if note:", "step 8 is done only `if loan['late']:`"),
        ('db.delete("fee", item["fee_id"])', "pass", "step 9 is missing in the code: `for item in"),
        ('db.delete("fee"', 'db.delete("loan"', "`db.delete('loan', ...)` is in no step"),
        ('"fees": fees}', '"fees": fees, "more": 1}', "step 10 has no 'more'"),
        ('"status": loan_after["status"]', '"status": note', "step 10 answers `'status': loan_after['status']`, the code"),
        ("return answer", "pass", "step 10 is missing in the code"),
        ('loan_after = db.update("loan", loan_id, {', "update loan loan_id {", "` is no Python: write what its step says"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_pointed_at(before: str, after: str, told: str) -> None:
    assert before in RIGHT
    found = deviations(RIGHT.replace(before, after), STEPS)
    assert any(told in line for line in found), found
    assert len(found) <= 3


def test_most_planted_faults_are_pointed_at() -> None:
    """What reads otherwise need not be a fault; but a fault that nothing points at must be the exception."""
    mutants = [mutant for tool in TOOLS for mutant in mutants_of(tool, SPEC.database)[::4]]
    missed = [mutant for mutant in mutants if not deviations(mutant.tool.source, _steps(mutant.tool))]
    assert len(mutants) > 50
    assert len(missed) < len(mutants) / 4, [(each.tool.name, each.kind, each.before, each.after) for each in missed]


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=6))
def test_no_code_and_no_step_does_harm(body: str, steps: list[str]) -> None:
    assert len(deviations(f"def f(db):\n    x = 1\n    {body}", [*steps, *STEPS])) <= MOST_DEVIATIONS
    assert deviations(body, steps) == [] or "def" in body
