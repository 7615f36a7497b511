"""The test role, played by a model: cases that a person would worry about (paper, section 4.1, step 5)."""

from __future__ import annotations

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.text.cases import read_call
from engine.agents.llm.text.contract_words import head_of, purpose_of
from engine.agents.llm.text.tables import tables_text
from engine.agents.roles.foundation import ProposedCase, TestAnswer, TestRequest
from engine.contracts.touched import touched_tables
from engine.models.base import Model, Rows
from engine.models.database import DatabaseSchema
from engine.models.tool import Tool

MOST_ROWS = 30
"""Rows of a case at most: what takes more is no case that a person could follow."""
_LONGEST_NOTE = 200
_TOKENS_A_TOOL = 400
_TOKENS_AROUND = 300


class CaseText(Model):
    """A case as models write it: rows and the call as one line each."""

    note: str
    rows: tuple[str, ...]
    call: str
    expects: str


class _Cases(Model):
    cases: tuple[CaseText, ...]


class _Read(Model):
    """The cases of an answer, and what is wrong with those that are none."""

    cases: tuple[ProposedCase, ...]
    problems: tuple[str, ...] = ()


class ModelTest:
    """Asks a model for cases for some tools at once; see `engine.agents.roles.foundation.TestAgent`."""

    __test__ = False

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def propose(self, request: TestRequest) -> TestAnswer:
        """Cases for some tools.

        The model sees descriptions and refusals, and none of the conditions: what it expects comes from the words, so that
        it can differ from the formal contract, which is the point of asking.

        Raises:
            CannotAnswer: No usable case came out.
        """
        database, tools = request.database, request.tools
        system, user = fill(
            "test",
            now=request.now,
            tables=tables_text(database, _touched(tools, database)),
            tools="\n\n".join(tool_in_words(tool) for tool in tools),
        )
        question = Question(
            role="test",
            system=system,
            user=user,
            parse=lambda text: _cases(text, tools, database),
            schema=schema_of(_Cases),
            subject=", ".join(tool.name for tool in tools),
            most_tokens=_TOKENS_AROUND + _TOKENS_A_TOOL * len(tools),
            schema_name="test",
        )
        read = await self._asker.ask(question)
        return TestAnswer(cases=read.cases, left_out=read.problems)


def tool_in_words(tool: Tool) -> str:
    """A tool as its users know it: signature, description, refusals in their order."""
    refusals = [f"- {requirement.code}: {requirement.message}" for requirement in tool.contract.requires]
    head = head_of(tool).removeprefix("def ").replace("db: Database, ", "").removesuffix(" -> dict:")
    return "\n".join([head, purpose_of(tool), "refused with", *(refusals or ["- nothing"])])


def read_case(written: CaseText, tools: tuple[Tool, ...], database: DatabaseSchema) -> ProposedCase:
    """A case as the engine takes it.

    Raises:
        Unusable: It names what there is not.
    """
    name, arguments = read_call(written.call)
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise Unusable([f"`{name}` is not one of the tools; there are {', '.join(tool.name for tool in tools)}"])
    problems = [f"`{name}` has no parameter `{key}`" for key in arguments if key not in tool.parameter]
    codes = {requirement.code for requirement in tool.contract.requires}
    if written.expects and written.expects not in codes:
        problems.append(f"`{name}` is never refused with `{written.expects}`")
    if len(written.rows) > MOST_ROWS:
        problems.append(f"a case has at most {MOST_ROWS} rows, not {len(written.rows)}")
    rows: Rows = {}
    for line in written.rows[:MOST_ROWS]:
        table, row = read_call(line)
        known = database.table.get(table)
        if known is None:
            problems.append(f"there is no table `{table}`")
            continue
        problems.extend(f"table `{table}` has no column `{column}`" for column in row if column not in known.column)
        problems.extend(f"`{table}.{column}` is a list" for column, value in row.items() if isinstance(value, list))
        rows.setdefault(table, []).append(row)
    if problems:
        raise Unusable(problems)
    note = " ".join(written.note.split())[:_LONGEST_NOTE]
    return ProposedCase(tool=name, note=note, rows=rows, arguments=arguments, expects=written.expects)


def _cases(text: str, tools: tuple[Tool, ...], database: DatabaseSchema) -> _Read:
    """The cases that can be read; the others are left out, each with its reason, unless there are no more."""
    written = json_answer(_Cases)(text).cases
    cases: list[ProposedCase] = []
    problems: list[str] = []
    for one in written:
        try:
            cases.append(read_case(one, tools, database))
        except Unusable as unusable:
            problems.append("; ".join(unusable.problems))
    if written and not cases:
        raise Unusable([*dict.fromkeys(problems), f"there are only the tables {', '.join(_touched(tools, database))}"])
    return _Read(cases=tuple(cases), problems=tuple(problems))


def _touched(tools: tuple[Tool, ...], database: DatabaseSchema) -> list[str]:
    touched = {table for tool in tools for table in touched_tables(tool, database)}
    return [table.name for table in database.tables if table.name in touched]
