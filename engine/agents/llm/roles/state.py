"""The state agent as a language model: texts for cells that nothing depends on, and rows to be mistaken for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.roles.tasks import StateAnswer, StateRequest
from engine.models.base import Model, Row, Rows, Value
from engine.models.database import Table
from engine.models.trace import Key
from engine.states.told import LONGEST, told_value

_LONGEST_SHOWN = 80
_UNTOLD = frozenset({"id", "reference", "created_at", "updated_at", "url"})
"""Roles of columns of which nobody has to be told."""


class _Cell(Model):
    number: int
    text: str


class _Distractor(Model):
    like: int
    changes: tuple[str, ...]


class _Furniture(Model):
    cells: tuple[_Cell, ...]
    distractors: tuple[_Distractor, ...]


class ModelState:
    """Furnishes states through a language model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def furnish(self, request: StateRequest) -> StateAnswer:
        """See `StateAgent.furnish`."""
        database = request.domain.database
        rows = [(database.table[name], row) for name, content in request.rows.items() for row in content]
        settled = set(request.settled)
        targets = [number for number, (table, row) in enumerate(rows, 1) if (table.name, table.key_of(row)) in settled]
        free = set(request.free)
        cells = [
            (table, row, column.name)
            for table, row in rows
            if (table.name, table.key_of(row)) not in settled
            for column in table.columns
            if (table.name, column.name) in free and row[column.name] is not None
        ]
        wanted = request.distractors if targets else 0
        if not cells and not wanted:
            return StateAnswer()

        def check(answer: _Furniture) -> Sequence[str]:
            return list(_problems(answer, len(cells), targets))

        numbers = {(table.name, table.key_of(row)): number for number, (table, row) in enumerate(rows, start=1)}
        system, user = fill(
            "state",
            story=request.story,
            now=request.now,
            rows="\n".join(
                f"{number}. {table.name}{' (target)' if number in targets else ''}: {_row(table, row)}"
                for number, (table, row) in enumerate(rows, start=1)
            ),
            cells="\n".join(
                f"{number}. {column} of row {numbers[table.name, table.key_of(row)]}"
                for number, (table, row, column) in enumerate(cells, start=1)
            ),
            distractors=str(wanted),
        )
        question = Question(
            role="state",
            system=system,
            user=user,
            parse=json_answer(_Furniture, check),
            schema=schema_of(_Furniture),
            schema_name="state",
            subject=request.task,
            task=request.task,
            most_tokens=300 + 40 * len(cells) + 60 * wanted,
            temperature=0.8,
        )
        answer = await self._asker.ask(question)
        return StateAnswer(
            rows=_rewritten(answer, cells),
            distractors=_look_alikes(answer.distractors[:wanted], rows, targets, request.now),
        )


def _row(table: Table, row: Row) -> str:
    told = [
        f"{column.name}={_shown(row[column.name])}"
        for column in table.columns
        if column.role not in _UNTOLD and row[column.name] is not None
    ]
    return ", ".join(told)


def _shown(value: Value) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rstrip()}..."


def _problems(answer: _Furniture, cells: int, targets: Sequence[int]) -> Iterator[str]:
    """Numbers that nothing has, where nothing at all could be used; single mistakes are left out instead."""
    good = any(1 <= cell.number <= cells for cell in answer.cells)
    good = good or any(distractor.like in targets for distractor in answer.distractors)
    if good or not (answer.cells or answer.distractors):
        return
    for cell in answer.cells:
        yield f"cells: there is no cell {cell.number}" + (
            f"; they go from 1 to {cells}" if cells else "; leave it empty"
        )
    for distractor in answer.distractors:
        yield f"distractors: row {distractor.like} is no target; targets are {', '.join(map(str, targets)) or 'none'}"


def _rewritten(answer: _Furniture, cells: Sequence[tuple[Table, Row, str]]) -> Rows:
    changed: dict[str, dict[Key, Row]] = {}
    for cell in answer.cells:
        text = " ".join(cell.text.split())
        if 1 <= cell.number <= len(cells) and 0 < len(text) <= LONGEST:
            table, row, column = cells[cell.number - 1]
            held = changed.setdefault(table.name, {}).setdefault(table.key_of(row), dict(row))
            held[column] = text
    return {name: list(held.values()) for name, held in changed.items()}


def _look_alikes(
    wanted: Sequence[_Distractor], rows: Sequence[tuple[Table, Row]], targets: Sequence[int], now: str
) -> Rows:
    made: Rows = {}
    for each in wanted:
        if each.like not in targets:
            continue
        table, row = rows[each.like - 1]
        changes = dict(_changes(each.changes, table, now))
        if changes:
            own = {column.name for column in table.columns if column.generated or column.name in table.primary_key}
            made.setdefault(table.name, []).append(
                {**{name: value for name, value in row.items() if name not in own}, **changes}
            )
    return made


def _changes(texts: Sequence[str], table: Table, now: str) -> Iterator[tuple[str, Value]]:
    for text in texts:
        name, separator, value = text.partition("=")
        column = table.column.get(name.strip())
        if not separator or column is None or column.role in _UNTOLD or column.name in table.primary_key:
            continue
        read = told_value(column, value, now)
        if read is not None:
            yield column.name, read
