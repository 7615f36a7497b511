"""The composer as the contract agent: what follows from kind, columns and states; business rules in words stay words."""

from __future__ import annotations

from engine.agents.checks.entries import check_entry
from engine.agents.composer.schema import compose_database
from engine.agents.composer.sketch_entry import entry_of
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import ContractAnswer, ContractRequest
from engine.models.database import DatabaseSchema
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import ToolSketch
from engine.seeds.tool_entry import ToolEntry


class ComposerContract:
    """Answers from a blueprint, or computes entries from sketches.

    Args:
        blueprint: The domain; `None` where there is only an idea.
    """

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self._blueprint = blueprint

    async def formalise(self, request: ContractRequest) -> ContractAnswer:
        """The entries for some sketches; those are missing that are nothing but words.

        Raises:
            CannotAnswer: Not a single entry follows.
        """
        database = compose_database(request.blueprint)
        entries: dict[str, ToolEntry] = {}
        problems: list[str] = []
        for sketch in request.tools:
            try:
                entry = self._entry(sketch, request.blueprint, database)
            except CannotAnswer as error:
                problems.append(str(error))
                continue
            found = check_entry(sketch.name, sketch.entity, entry, request.blueprint, database)
            if found:
                problems += found
            else:
                entries[sketch.name] = entry
        if not entries:
            raise CannotAnswer(problems[0] if problems else "There is no tool to make formal.")
        return ContractAnswer(tools=entries)

    def _entry(self, sketch: ToolSketch, blueprint: Blueprint, database: DatabaseSchema) -> ToolEntry:
        written = self._blueprint.tools.get(sketch.name) if self._blueprint is not None else None
        if written is not None and written[0] == sketch.entity:
            return written[1]
        return entry_of(sketch, blueprint, database)
