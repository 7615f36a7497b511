"""Values that an agent has seen and that may fit a parameter: its earlier answers and the profile, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.models.database import DatabaseSchema
from engine.models.task import Task
from engine.models.tool import Parameter
from engine.traces.origins import leaves

MOST = 60


class Offer(NamedTuple):
    """A value with where it was seen."""

    value: Any
    where: str


def offers(
    parameter: Parameter, database: DatabaseSchema, task: Task, answers: Iterable[tuple[int, Any]]
) -> tuple[Offer, ...]:
    """What to offer for a parameter: each value once, the newest answers first.

    Args:
        parameter: The parameter.
        database: The domain's schema, for the forms of ids.
        task: The task; its profile is known to the agent.
        answers: Number of each earlier call from 1, and what it answered.
    """
    names = {parameter.name}
    prefix = ""
    if parameter.refers_to is not None:
        table, _, column = parameter.refers_to.partition(".")
        names.add(column)
        schema = database.table.get(table)
        if schema is not None and column in schema.column and schema.column[column].generated and schema.id_prefix:
            prefix = f"{schema.id_prefix}-"
    found: dict[str, Offer] = {}
    for number, answer in sorted(answers, key=lambda item: -item[0]):
        for path, field, value in leaves(answer):
            fits = field in names or (prefix and isinstance(value, str) and value.startswith(prefix))
            if fits and value is not None and not isinstance(value, bool):
                found.setdefault(str(value), Offer(value, f"step {number}: {path}"))
    for field, value in task.user_profile.items():
        if field in names and value is not None and not isinstance(value, bool):
            found.setdefault(str(value), Offer(value, f"profile: {field}"))
    return tuple(found.values())[:MOST]
