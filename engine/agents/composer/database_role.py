"""The composer as the database agent: tables, keys, owners and states as idea and tools imply them."""

from __future__ import annotations

from engine.agents.checks.databases import check_database
from engine.agents.composer.idea_tables import derive_database
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import DatabaseAnswer, DatabaseRequest
from engine.seeds.blueprint import Blueprint, Entity, User


class ComposerDatabase:
    """Answers from a blueprint, or derives the database.

    Args:
        blueprint: The domain; `None` where there is only an idea.
    """

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self._blueprint = blueprint

    async def derive(self, request: DatabaseRequest) -> DatabaseAnswer:
        """The database for some tools.

        Raises:
            CannotAnswer: The tools contradict the idea.
        """
        derived = derive_database(request.idea, request.tools)
        answer = derived if self._blueprint is None else _as_written(self._blueprint, derived)
        problems = check_database(answer, request)
        if problems:
            raise CannotAnswer(f"The tools can't be made over these entities: {problems[0]}.")
        return answer


def _as_written(blueprint: Blueprint, derived: DatabaseAnswer) -> DatabaseAnswer:
    """The database that the blueprint's author wrote, for the entities that are asked for."""
    entities: dict[str, Entity] = {
        name: written.model_copy(update={"tools": {}}) if (written := blueprint.entities.get(name)) else entity
        for name, entity in derived.entities.items()
    }
    user: User = blueprint.user if blueprint.user is not None else derived.user
    return derived.model_copy(
        update={"entities": entities, "user": user, "values": {**derived.values, **blueprint.values}}
    )
