"""Cases that somebody proposed: their rows are completed, and the contract says what must come out (paper, section 4.1, step 5).

A case on which proposal and contract agree joins the tests. Where they differ one of them is wrong, and nobody here knows
which: it is a dispute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from engine.agents.roles.foundation import ProposedCase
from engine.contracts.evaluate import Expectation, evaluate
from engine.contracts.state import PlainState
from engine.errors import ScaleEnvError, StateError
from engine.foundation.cases import Case, said_of
from engine.models.base import Row, Rows, digest
from engine.models.database import DatabaseSchema
from engine.models.domain import DomainSpec
from engine.models.tool import Contract, Parameter, Tool
from engine.models.trace import Call
from engine.runtime.calls import CallChecker
from engine.runtime.spec import compile_tool
from engine.states.builder import StateBuilder
from engine.states.tables import parents_first

PROPOSED = "by the test agent"
"""How the note of such a case begins."""

MOST_CASES = 4
"""Proposed cases of a tool that are looked at: they come on top of some hundred planned ones."""
MOST_ROWS = 40
"""Rows of a case at most."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case on which its author and the contract differ.

    Attributes:
        words: Who says what, in a sentence.
        found: The contract's rejection code, empty for success; `None` where the contract does not say what must come out.
    """

    case: ProposedCase
    words: str
    found: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of proposed cases.

    Attributes:
        agreed: Those on which the contract agrees, as proposed.
        cases: The same, ready to be run.
        disputes: Those on which it does not.
        unusable: Why further ones can't be tried, a sentence each.
    """

    agreed: tuple[ProposedCase, ...] = ()
    cases: tuple[Case, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    unusable: tuple[str, ...] = ()


def examine_cases(spec: DomainSpec, tool: Tool, proposed: Sequence[ProposedCase], seed: int | str) -> Examined:
    """Completes a tool's proposed cases and asks its contract what must come out; the same for the same seed.

    The tool must have passed `check_contract`.
    """
    agreed: list[ProposedCase] = []
    cases: list[Case] = []
    disputes: list[Dispute] = []
    unusable: list[str] = []
    checker = CallChecker([compile_tool(tool)])
    for case in proposed[:MOST_CASES]:
        arguments, problem = checker.check(tool.name, case.arguments)
        if problem is not None:
            unusable.append(f"{case.note}: the call is not valid: {problem['message']}")
            continue
        try:
            rows = completed(spec, case, seed)
            state = PlainState(spec.database, rows, spec.now)
            expected = evaluate(tool, spec.database, state, arguments)
        except ScaleEnvError as error:
            unusable.append(f"{case.note}: {error}")
            continue
        if expected.defect is not None or (expected.code or "") != case.expects:
            disputes.append(_dispute(case, expected))
            continue
        agreed.append(case)
        said = said_of(tool, spec.database, expected, state, arguments)
        call = Call(name=tool.name, arguments=case.arguments)
        note = f"{PROPOSED}: {case.note}"
        kind = "reject" if case.expects else "accept"
        cases.append(Case(kind, case.expects, note, rows, spec.now, (call,), (expected,), (said,), alone=False))
    return Examined(tuple(agreed), tuple(cases), tuple(disputes), tuple(unusable))


def completed(spec: DomainSpec, case: ProposedCase, seed: int | str) -> Rows:
    """The rows of a case with their missing columns, and with the rows that they point to.

    What is made up follows from the case's own content, so that it is the same whatever other cases there are.

    Raises:
        StateError: They contradict the schema.
    """
    given = list(_parents_first(spec, case.rows))[:MOST_ROWS]
    for table, row in given:
        if problem := _value_problem(spec.database, table, row):
            raise StateError(problem)
    content = digest([case.tool, case.rows, case.arguments])
    builder = StateBuilder(spec.database, Random(f"{seed}:{content}"), spec.now)
    for table, row in given:
        builder.add_row(table, row)
    return builder.rows


def _value_problem(database: DatabaseSchema, table: str, row: Row) -> str:
    """What is wrong with the values of a row, by the rules by which the arguments of calls are checked."""
    definition = database.table.get(table)
    if definition is None:
        return f"there is no table `{table}`; there are {', '.join(database.table)}"
    parameters = tuple(
        Parameter(
            name=column.name,
            type=column.type,
            required=False,
            enum=column.enum,
            minimum=column.minimum,
            maximum=column.maximum,
        )
        for column in definition.columns
    )
    as_call = Tool(
        name=table, description="", category="create", entity=table, parameters=parameters, contract=Contract()
    )
    _, problem = CallChecker([compile_tool(as_call)]).check(table, row)
    if problem is None:
        return ""
    wrong = problem["details"].get("arguments", {})
    return f"a row of `{table}` does not fit: {'; '.join(f'`{name}` {words}' for name, words in wrong.items())}"


def _parents_first(spec: DomainSpec, rows: Rows) -> Iterable[tuple[str, Row]]:
    """The rows in an order in which none is made up before its own turn; those of unknown tables at the end."""
    order = [table.name for table in parents_first(spec.database)]
    for table in [*order, *(name for name in rows if name not in order)]:
        for row in rows.get(table, ()):
            yield table, row


def _dispute(case: ProposedCase, expected: Expectation) -> Dispute:
    wants = f"be refused with `{case.expects}`" if case.expects else "succeed"
    if expected.defect is not None:
        says = f"the conditions do not say what must come out: {expected.defect}"
    elif expected.code is not None:
        says = f"by the conditions it is refused with `{expected.code}`"
    else:
        says = "by the conditions it succeeds"
    found = None if expected.defect is not None else expected.code or ""
    return Dispute(case, f"{case.note}: the test case says that the call must {wants}, but {says}.", found)
