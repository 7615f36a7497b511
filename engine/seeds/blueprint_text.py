"""Blueprints as YAML that people edit; `engine.seeds.blueprint_file` reads it again."""

from __future__ import annotations

from typing import Any, cast

from engine.models.base import Model
from engine.seeds.blueprint import Blueprint, EntityColumn, Lifecycle, RowCheck, UniqueKey
from engine.seeds.rules import RuleBase, State
from engine.seeds.tool_entry import FilterEntry, OrderEntry, ParameterEntry, ReturnEntry, ToolEntry
from engine.seeds.yaml_text import write_yaml

_KEYS: dict[tuple[type[Model], str], str] = {
    (Blueprint, "name"): "domain",
    (ToolEntry, "states"): "from",
    (State, "is_in"): "in",
}
"""Fields that YAML calls otherwise."""


def write_blueprint(blueprint: Blueprint) -> str:
    """A blueprint as YAML: short forms where there are any, and nothing that goes without saying."""
    return write_yaml(_plain(blueprint))


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return _entry(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[Any, ...]", value)]
    return value


def _entry(model: Model) -> Any:
    fields: dict[str, Any] = {}
    if isinstance(model, RuleBase):
        fields["rule"] = cast("Any", model).rule
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            fields[_KEYS.get((type(model), name), name)] = _plain(value)
    return _short(model, fields)


def _short(model: Model, fields: dict[str, Any]) -> Any:
    """The short form of an entry, where it says as much."""
    names = fields.keys()
    match model:
        case EntityColumn():
            mark = "?" if model.nullable else ""
            if names <= {"role", "to", "nullable"} and (model.role == "reference") == (model.to is not None):
                return f"-> {model.to}{mark}" if model.to is not None else f"{model.role}{mark}"
            if model.role == "enum" and names == {"role", "enum"}:
                return fields["enum"]
        case Lifecycle() if names == {"states"}:
            return fields["states"]
        case RowCheck() if names == {"that"}:
            return model.that
        case UniqueKey() if names == {"columns"}:
            return fields["columns"]
        case ParameterEntry() if names <= {"like", "optional"} and model.like is not None:
            return f"{model.like}{'?' if model.optional else ''}"
        case FilterEntry() if names <= {"name", "column", "op"} and model.column is not None:
            return (
                f"{model.column} {model.op} {model.name}"
                if model.op
                else fields
                if model.name != model.column
                else model.column
            )
        case ReturnEntry() if names == {"value"}:
            return model.value
        case OrderEntry():
            return f"-{model.by}" if model.descending else model.by
        case ToolEntry() if names == {"kind"}:
            return model.kind
        case _:
            pass
    return fields
