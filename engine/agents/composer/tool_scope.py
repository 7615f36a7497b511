"""What the expressions of a tool may name: its parameters, and the rows that come with them."""

from __future__ import annotations

import ast
from typing import Any

from engine.agents.composer.compose import BUILDERS
from engine.agents.composer.draft import Draft
from engine.agents.composer.names import reference_by_stem
from engine.agents.composer.sketch_entry import skeleton
from engine.agents.roles import CannotAnswer
from engine.errors import ScaleEnvError
from engine.models.base import Model
from engine.models.database import DatabaseSchema
from engine.models.tool import Parameter
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import ToolSketch
from engine.seeds.tool_entry import ToolEntry


class ToolScope(Model):
    """The names of one tool.

    Attributes:
        rows: Name of a row -> its table, for rules.
        new: Name of the row that a `create` inserts, for effects and returns.
        codes: Rejections that its kind implies.
    """

    parameters: tuple[Parameter, ...]
    rows: dict[str, str]
    new: str = ""
    codes: tuple[str, ...] = ()

    def may_be_empty(self, node: ast.expr, database: DatabaseSchema) -> bool:
        """Whether a name or a dot path may have no value: an optional parameter, or a column that may be empty."""
        steps: list[str] = []
        while isinstance(node, ast.Attribute):
            steps.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        if not steps:
            return any(one.name == node.id and not one.required and one.default is None for one in self.parameters)
        table = database.table.get(self.rows.get(node.id, ""))
        for step in steps:
            if table is None:
                return False
            if step in table.column:
                return table.column[step].nullable
            reference = reference_by_stem(table, step)
            table = database.table[reference.table] if reference is not None else None
        return False


def with_tools(blueprint: Blueprint, entity: str, tools: dict[str, ToolEntry]) -> Blueprint:
    """The blueprint with these tools of one entity and no others."""
    entities = {
        name: each.model_copy(update={"tools": tools if name == entity else {}})
        for name, each in blueprint.entities.items()
    }
    return blueprint.model_copy(update={"entities": entities})


def scope_of(
    sketch: ToolSketch,
    blueprint: Blueprint,
    database: DatabaseSchema,
    parameters: dict[str, Any] | None = None,
    owner: dict[str, Any] | None = None,
) -> ToolScope:
    """The names of a tool as far as its sketch says them.

    Args:
        sketch: The tool.
        blueprint: The domain's entities.
        database: The schema composed from it.
        parameters: Further parameters as an entry has them.
        owner: `owner` or `acting` of the entry, where it says who may use the tool.

    Raises:
        CannotAnswer: The sketch contradicts the entities.
    """
    fields = skeleton(sketch, blueprint, database)
    fields["parameters"] = {**fields.get("parameters", {}), **(parameters or {})}
    if sketch.kind in ("compute", "action"):
        acting = sketch.kind == "action" and blueprint.entities[sketch.entity].owner is not None
        fields |= {"kind": "compute", "returns": {"done": "True"}, "acting": acting}
    fields |= owner or {}
    try:
        entry = ToolEntry.model_validate(fields)
        return _drafted(with_tools(blueprint, sketch.entity, {sketch.name: entry}), database, sketch)
    except (ValueError, ScaleEnvError) as error:
        raise CannotAnswer(f"`{sketch.name}`: {_first_line(error)}") from None


def _drafted(blueprint: Blueprint, database: DatabaseSchema, sketch: ToolSketch) -> ToolScope:
    """The names of the tool while it is drafted; what is wrong with it otherwise is not asked yet."""
    entity = blueprint.entities[sketch.entity]
    draft = Draft(blueprint, database, database.table[sketch.entity], entity, sketch.name, entity.tools[sketch.name])
    tool = BUILDERS[draft.entry.kind](draft)
    rows = dict(draft.names.rows)
    own = draft.table.name
    new = next((effect.bind for effect in draft.effects if effect.operation == "insert" and effect.bind), "")
    if draft.entry.kind == "batch":
        rows[own] = own
    if new:
        rows.pop(new, None)
    implied = tuple(dict.fromkeys(item.code for item in tool.contract.requires))
    return ToolScope(parameters=tool.parameters, rows=rows, new=new or "", codes=implied)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
