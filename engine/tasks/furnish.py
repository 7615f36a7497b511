"""Furnishes a built task's s0 by what the state agent proposes (paper, section 4.2, step 2): texts and look-alikes.

Nothing of it is taken on trust. A text is only written anew where no condition and no effect of the chain's tools looks,
in a row that neither the words nor the gold diff are about. Every piece is proven by replay: the chain still ends in the
same, what is said of each entity still fits it alone, and what earned nothing before still does not. Pieces that fail are
left out one by one, the task never.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from engine.agents.roles.tasks import StateAnswer
from engine.contracts.state import PlainState, generated_column, id_number, make_id
from engine.errors import StateError, TaskError
from engine.graph.footprint import Cell, Footprint
from engine.models.base import Model, Row, Rows
from engine.models.database import Table
from engine.models.domain import Domain
from engine.models.task import Difficulty, Task
from engine.models.trace import Key
from engine.runtime.reward import Scorer
from engine.states.builder import StateBuilder
from engine.states.draft import Draft
from engine.states.told import told_value
from engine.tasks.audit import start_of, start_rows
from engine.tasks.foresight import idle_argument, idle_step
from engine.tasks.mentions import entities_of, fitting
from engine.tasks.replay import key_order, play
from engine.tasks.sampling import SAMPLE_FROM
from engine.tasks.world import Place, difference

WANTED: dict[Difficulty, int] = {"easy": 1, "medium": 2, "hard": 3}
"""Look-alikes that are asked for, beside the near misses that are computed."""
MOST_ROWS = 8
MOST_TARGETS = 3
MOST_CELLS = 16
_FREE_ROLES = frozenset({"text", "title", "label"})
_EXPECTED = (TaskError, StateError)


class Furnishable(Model):
    """What of a task's s0 may be furnished; see `StateRequest`."""

    rows: Rows
    free: tuple[tuple[str, str], ...]
    settled: tuple[tuple[str, Key], ...]
    distractors: int
    now: str


class Furnished(NamedTuple):
    """A task with whatever of the furniture could be had.

    Attributes:
        pieces: How many texts and rows were taken.
        left_out: How many were not.
    """

    task: Task
    pieces: int
    left_out: int


def furnishable(task: Task, domain: Domain) -> Furnishable | None:
    """What may be furnished, or `None` where there is nothing, or s0 is too large to be told."""
    if task.initial_state.extends_base and sum(map(len, domain.spec.base_rows.values())) > SAMPLE_FROM:
        return None
    free = _free(task, domain)
    targets = _targets(task)
    chosen: dict[str, list[Row]] = {}
    settled: list[Place] = []
    cells = count = 0
    for table, row in _rows(task, domain):
        place = (table.name, table.key_of(row))
        if place in targets and len(settled) < MOST_TARGETS:
            settled.append(place)
            chosen.setdefault(table.name, []).append(row)
    fixed = _fixed(task, domain)
    for table, row in _rows(task, domain):
        mine = [name for name in table.column if (table.name, name) in free and row[name] is not None]
        if mine and (table.name, table.key_of(row)) not in fixed and count < MOST_ROWS and cells < MOST_CELLS:
            chosen.setdefault(table.name, []).append(row)
            cells, count = cells + len(mine), count + 1
    if not chosen:
        return None
    return Furnishable(
        rows={name: chosen[name] for name in domain.database.table if name in chosen},
        free=tuple(cell for cell in free if cell[0] in chosen),
        settled=tuple(settled),
        distractors=WANTED[task.difficulty] if settled else 0,
        now=task.initial_state.now,
    )


def furnish(task: Task, domain: Domain, answer: StateAnswer) -> Furnished:
    """The task with those pieces of the furniture that do no harm.

    Args:
        task: As it was built; it has passed no audit yet, or all.
        domain: Its tools.
        answer: What the state agent proposes, whatever that is.
    """
    room = _Room(task, domain)
    texts = list(islice(_texts(task, domain, answer.rows), 2 * MOST_CELLS))
    kept = room.write(texts) if texts else 0
    if not kept and len(texts) > 1:
        kept = sum(room.write([text]) for text in texts)
    proposed = [(name, row) for name, rows in answer.distractors.items() for row in rows]
    placed = sum(room.place(name, row) for name, row in proposed[: WANTED[task.difficulty]])
    return Furnished(room.task, kept + placed, len(texts) - kept + len(proposed) - placed)


class _Room:
    """A task's s0 while it is being furnished.

    Attributes:
        task: With what was taken so far.
    """

    def __init__(self, task: Task, domain: Domain) -> None:
        self.task = task
        self._domain = domain
        self._gold = task.gold_diff
        self._scorer = Scorer(domain.database)
        self._rng = random.Random(f"furnish/{task.id}")

    def write(self, texts: Sequence[tuple[str, Key, str, str]]) -> int:
        """Writes (table, key, column, text) into s0, all or none; how many that are."""
        database = self._domain.database
        own = self.task.initial_state.rows
        try:
            draft = Draft(database, self.task.initial_state.now, self._whole(own))
        except StateError:
            return 0
        rows = {name: list(content) for name, content in own.items()}
        for table, key, column, text in texts:
            index = next((at for at, row in enumerate(rows[table]) if database.table[table].key_of(row) == key), None)
            if index is None:
                return 0
            draft.change(table, key, {column: text})
            rows[table][index] = {**rows[table][index], column: text}
        if any(draft.problems(table, draft.get(table, key) or {}, key) for table, key, _, _ in texts):
            return 0
        return len(texts) if self._take(rows, ()) else 0

    def place(self, table: str, proposed: Row) -> bool:
        """Adds a look-alike to s0, with a key that says nothing; whether it does no harm."""
        start = start_of(self.task, self._domain)
        given = self._given(table, proposed, start)
        if given is None:
            return False
        builder = StateBuilder(self._domain.database, self._rng, start.now, start.to_rows())
        try:
            builder.add_row(table, given)
        except StateError:
            return False
        changes = difference(start, PlainState(self._domain.database, builder.rows, start.now))
        rows = {name: list(content) for name, content in self.task.initial_state.rows.items()}
        for change in changes:
            if change.before is None and change.after is not None:
                rows.setdefault(change.table, []).append(change.after)
        return self._take(rows, tuple((change.table, change.key) for change in changes))

    def _given(self, name: str, proposed: Row, start: PlainState) -> Row | None:
        """What of a proposed row can stand, or `None` where that is too little to be mistaken for another."""
        database = self._domain.database
        table = database.table.get(name)
        if table is None or not proposed:
            return None
        given: Row = {}
        for column in table.columns:
            if column.name not in proposed or column.generated or column.name in table.primary_key:
                continue
            raw = proposed[column.name]
            value = None if raw is None else told_value(column, raw, start.now)
            if raw is not None and value is None:
                return None
            if raw is None and not column.nullable:
                continue
            reference = table.reference_of(column.name)
            if reference is None or value is None or start.rows(reference.table, {reference.references[0]: value}):
                given[column.name] = value
            else:
                return None
        taken = [columns[0] for columns in table.unique if len(columns) == 1]
        for unique in taken:  # a second row with the same e-mail address can't be
            if given.get(unique) is not None and start.rows(name, {unique: given[unique]}):
                del given[unique]
        return {**given, **self._key(table, start)} if len(given) > 1 else None

    def _key(self, table: Table, start: PlainState) -> Row:
        """A free id among those that are there, so that being the last says nothing."""
        column = generated_column(table)
        if column is None or table.primary_key != (column.name,) or column.maximum is not None:
            return {}
        base = PlainState(self._domain.database, self._whole({}), start.now).counter(table.name)
        used = {id_number(table, column, row[column.name]) for row in start.rows(table.name, {})}
        free = [number for number in range(base + 1, max(used, default=base) + 13) if number not in used]
        return {column.name: make_id(table, column, self._rng.choice(free))}

    def _whole(self, own: Rows) -> Rows:
        return start_rows(self._domain, own, self.task.initial_state.extends_base)

    def _take(self, rows: Rows, distractors: tuple[Place, ...]) -> bool:
        """Makes these the task's own rows, if nothing that matters becomes another."""
        database, state = self._domain.database, self.task.initial_state
        ordered: Rows = {
            table.name: sorted(rows[table.name], key=lambda row, of=table: key_order(of.key_of(row)))
            for table in database.tables
            if rows.get(table.name)
        }
        new_state = state.model_copy(update={"rows": ordered, "distractors": (*state.distractors, *distractors)})
        tried = self.task.model_copy(update={"initial_state": new_state})
        try:
            start = start_of(tried, self._domain)
            if any(fitting(mention, database, start) != (mention.key,) for mention in tried.mentions):
                return False
            played = play(tried.chain, self._domain, start)
        except _EXPECTED:
            return False
        if (
            len(played.changes) != len(self._gold)
            or self._scorer.score_changes(self._gold, played.changes).reward != 1.0
        ):
            return False
        tried = tried.model_copy(update={"reference_calls": played.calls, "gold_diff": played.changes})
        if idle_step(tried.chain, self._domain, start, played, self._scorer):
            return False
        if idle_argument(tried, self._domain, start, self._scorer):
            return False
        self.task = tried
        return True


def _rows(task: Task, domain: Domain) -> Iterator[tuple[Table, Row]]:
    for table in domain.database.tables:
        for row in task.initial_state.rows.get(table.name, ()):
            yield table, row


def _targets(task: Task) -> set[Place]:
    """The rows of which the instruction speaks; the user's own is none to be mistaken for."""
    found = [entity for mention in task.mentions for entity in entities_of(mention)]
    return {(entity.table, entity.key) for entity in found if not entity.me}


def _fixed(task: Task, domain: Domain) -> set[Place]:
    """The rows that stay as they are: those that the words, the gold diff or the chain's arguments are about."""
    found = {(entity.table, entity.key) for mention in task.mentions for entity in entities_of(mention)}
    found |= {(change.table, change.key) for change in task.gold_diff}
    actor = domain.spec.actor
    if actor is not None:  # what the profile says of the user stands in their row
        table = domain.database.table[actor.table]
        told = {name: value for name, value in task.user_profile.items() if name in table.column}
        found |= {
            (table.name, table.key_of(row))
            for row in task.initial_state.rows.get(table.name, ())
            if told and all(row[name] == value for name, value in told.items())
        }
    return found


def _free(task: Task, domain: Domain) -> tuple[Cell, ...]:
    """The columns at which no condition and no effect of the chain's tools looks, and no rule of their table."""
    looked_at: set[Cell] = set()
    for name in {step.tool for step in task.chain.steps}:
        footprint = Footprint(domain.tool[name], domain.database)
        looked_at.update(*footprint.requirements)
        for effect in domain.tool[name].contract.effects:
            for text in (effect.when, effect.key, *effect.values.values()):
                looked_at |= footprint.cells(text) if text is not None else frozenset()
            if effect.each is not None:
                looked_at |= footprint.cells(effect.each.partition(" in ")[2])
    return tuple(
        (table.name, column.name)
        for table in domain.database.tables
        for column in table.columns
        if column.type == "text"
        and column.role in _FREE_ROLES
        and column.enum is None
        and (table.name, column.name) not in looked_at
        and not _ruled(table, column.name)
    )


def _ruled(table: Table, column: str) -> bool:
    keys = [table.primary_key, *table.unique, *(foreign_key.columns for foreign_key in table.foreign_keys)]
    return any(column in names for names in keys) or any(column in check.expression for check in table.checks)


def _texts(task: Task, domain: Domain, rows: Rows) -> Iterator[tuple[str, Key, str, str]]:
    """The texts of an answer that are new and may be written: (table, key, column, text)."""
    free, fixed = set(_free(task, domain)), _fixed(task, domain)
    held = {(table.name, table.key_of(row)): row for table, row in _rows(task, domain)}
    for name, content in rows.items():
        table = domain.database.table.get(name)
        for row in content if table is not None else ():
            if table is None or any(part not in row for part in table.primary_key):
                continue
            key = table.key_of(row)
            before = held.get((name, key)) if isinstance(key, tuple | str | int | float) else None
            if before is None or (name, key) in fixed:
                continue
            for column in table.columns:
                text = told_value(column, row.get(column.name), task.initial_state.now)
                new = isinstance(text, str) and '"' not in text and before[column.name] not in (None, text)
                if new and (name, column.name) in free:
                    yield name, key, column.name, str(text)
