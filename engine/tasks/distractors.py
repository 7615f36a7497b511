"""Near-miss distractors: rows like those the task is about, but for one thing that was said (paper, section 4.2, step 2).

A distractor obeys the schema and changes neither what the chain does nor which row a mention fits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from engine.contracts.state import PlainState
from engine.errors import StateError, TaskError
from engine.models.base import Row, Value
from engine.models.database import Column, Table
from engine.models.task import Difficulty, Mention
from engine.runtime.reward import Scorer
from engine.states.builder import StateBuilder
from engine.states.values import make_value, within_bounds
from engine.tasks.mentions import entities_of, fitting
from engine.tasks.replay import Played, play
from engine.tasks.world import Place, World, difference

NEAR: dict[Difficulty, tuple[int, int]] = {"easy": (1, 1), "medium": (2, 3), "hard": (3, 5)}
"""Fewest and most near misses for each entity that is mentioned."""


def add_distractors(
    world: World, mentions: Sequence[Mention], difficulty: Difficulty, scorer: Scorer
) -> tuple[Place, ...]:
    """Adds distractors to s0 and tells which rows they are.

    Args:
        world: The finished chain.
        mentions: The entities that the instruction will name.
        difficulty: How many there are for each.
        scorer: Tells whether the chain still ends in the same.
    """
    rng = world.rng
    targets: dict[Place, Mention] = {}
    for mention in mentions:
        for entity in entities_of(mention):
            if not entity.me and world.start.get(entity.table, entity.key) is not None:
                targets.setdefault((entity.table, entity.key), entity)
    added: list[Place] = []
    reference = play(world.chain, world.domain, world.start)
    for target in targets.values():
        low, high = NEAR[difficulty]
        for _ in range(rng.randint(low, high)):
            added += _add_one(world, target, mentions, reference, scorer)
    if added:
        world.replay()
    return tuple(dict.fromkeys(added))


def _add_one(
    world: World, target: Mention, mentions: Sequence[Mention], reference: Played, scorer: Scorer
) -> list[Place]:
    """Tries a few near misses of one entity and keeps the first that does no harm."""
    for _ in range(4):
        builder = StateBuilder(world.ground.database, world.rng, world.start.now, world.start.to_rows())
        try:
            _near_miss(world, target, builder)
        except StateError:
            continue
        tried = PlainState(world.ground.database, builder.rows, world.start.now)
        if harmless(world, tried, mentions, reference, scorer):
            changes = difference(world.start, tried)
            world.start.apply(changes)
            return [(change.table, change.key) for change in changes]
    return []


def harmless(world: World, tried: PlainState, mentions: Sequence[Mention], reference: Played, scorer: Scorer) -> bool:
    """Whether on `tried` the chain ends in the same, but for generated ids, and each mention fits its row alone."""
    if any(fitting(mention, world.ground.database, tried) != (mention.key,) for mention in mentions):
        return False
    try:
        played = play(world.chain, world.domain, tried)
    except TaskError:
        return False
    same_size = len(played.changes) == len(reference.changes)
    return same_size and scorer.score_changes(reference.changes, played.changes).reward == 1.0


def _near_miss(world: World, target: Mention, builder: StateBuilder) -> None:
    """Adds a row that is like the target but for one fact or link."""
    rng = world.rng
    table = world.ground.database.table[target.table]
    row = world.start.get(target.table, target.key)
    assert row is not None
    choices = [*target.facts, *target.links]
    varied = rng.choice(choices) if choices else None
    given = _copied(table, row, target, rng)
    if varied is not None and varied in target.links:
        other = _other_parent(table, varied, row, builder, rng)
        if other is None:
            raise StateError(f"There is no other row for `{varied}`.")
        given[varied] = other
    elif varied is not None:
        given[varied] = _near(table.column[varied], row[varied], builder, rng)
        for first, last in builder.facts_of(table).spans:  # an end that nobody spoke of follows its start
            follower = {first.name: last.name, last.name: first.name}.get(varied)
            if follower is not None and follower not in target.facts:
                given.pop(follower, None)
    builder.add_row(table.name, given)


def _copied(table: Table, row: Row, target: Mention, rng: random.Random) -> dict[str, Value]:
    """The columns in which the near miss is the same: all that was said, and most others."""
    single = {columns[0] for columns in table.unique if len(columns) == 1} | {
        column.name for column in table.columns if column.generated
    }
    if len(table.primary_key) == 1:
        single.add(table.primary_key[0])
    return {
        column.name: row[column.name]
        for column in table.columns
        if column.name not in single
        and (column.name in target.facts or column.name in target.links or rng.random() < 0.5)
        and (column.name not in table.primary_key or rng.random() < 0.5)
    }


def _other_parent(table: Table, column: str, row: Row, builder: StateBuilder, rng: random.Random) -> Value:
    foreign_key = table.reference_of(column)
    if foreign_key is None:
        return None
    reference = foreign_key.references[0]
    others = [parent[reference] for parent in builder.draft.table_rows(foreign_key.table)[:200]]
    others = [value for value in others if value is not None and value != row[column]]
    if others and rng.random() < 0.7:
        return rng.choice(others)
    return builder.add(foreign_key.table)[reference]


def _near(column: Column, value: Value, builder: StateBuilder, rng: random.Random) -> Value:
    """A value close to `value` but not the same."""
    for _ in range(8):
        near = _neighbour(column, value, builder, rng)
        if near != value and near is not None and within_bounds(column, near):
            return near
    raise StateError(f"No value near {value!r} was found for `{column.name}`.")


def _neighbour(column: Column, value: Value, builder: StateBuilder, rng: random.Random) -> Value:
    made = make_value(column, rng, builder.now, builder.database)
    if column.enum is not None or value is None or isinstance(value, bool):
        return made
    if column.type == "date" and isinstance(value, str):
        return (date.fromisoformat(value) + timedelta(days=rng.choice((-7, -2, -1, 1, 2, 7)))).isoformat()
    if column.type == "datetime" and isinstance(value, str):
        step = rng.choice((timedelta(days=1), timedelta(days=7), timedelta(hours=1), timedelta(minutes=30)))
        return (datetime.fromisoformat(value) + step * rng.choice((-1, 1))).isoformat()
    if isinstance(value, int):
        return value + rng.choice((-2, -1, 1, 2))
    if isinstance(value, float):
        return round(value + rng.choice((-10, -1, -0.5, 0.5, 1, 10)), 2)
    if not isinstance(made, str):
        return made
    own, other = value.split(" "), made.split(" ")
    mixable = column.role in ("title", "person_name") and column.values is None and len(own) > 1 and len(other) > 1
    if not mixable:
        return made
    return " ".join((*own[:-1], other[-1])) if rng.random() < 0.5 else " ".join((*other[:-1], own[-1]))
