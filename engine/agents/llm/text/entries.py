"""Tools in the form in which the contract agent writes them: expressions, one a line, over what the sketch says already."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from engine.agents.checks.direction import is_backwards
from engine.agents.checks.names import LONGEST_NAME
from engine.agents.checks.words import one_line
from engine.agents.composer.sketch_entry import skeleton
from engine.agents.composer.tool_scope import ToolScope, scope_of
from engine.agents.llm.text.rule_guards import guard_rule, strange_key
from engine.agents.llm.text.rules import read_rule, write_rule
from engine.agents.llm.text.wire import Text, Texts, Wire
from engine.contracts.expression import parse_message
from engine.errors import ExpressionError
from engine.models.database import ColumnType, DatabaseSchema
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import ToolSketch
from engine.seeds.rules import Rule
from engine.seeds.tool_entry import EffectEntry, ParameterEntry, ToolEntry
from engine.syntax import parse_expression

_MOST_PARTS = 24
"""Rules and effects of one tool that are read: each is composed and tried by itself."""


def _first(value: Any) -> Any:
    return cast("list[Any]", value)[:_MOST_PARTS] if isinstance(value, list | tuple) else value


class WireRule(Wire):
    """A precondition: `check` must hold, else the call is refused with `code`.

    Models are asked for `allowed_if`, since what is called a check is easily taken for what is refused.
    """

    code: Text
    check: Text = Field(validation_alias=AliasChoices("allowed_if", "check"))
    says: Text = ""
    when: Text = ""


class WireEffect(Wire):
    """A further change of rows; one of `insert`, `update`, `delete` names the table."""

    insert: Text = ""
    update: Text = ""
    delete: Text = ""
    key: Text = ""
    each: Text = ""
    when: Text = ""
    set: Texts = ()
    bind: Text = ""


class WireEntry(Wire):
    """What a tool does beyond its kind."""

    name: Text
    parameters: Texts = ()
    bind: Texts = ()
    rules: Annotated[tuple[WireRule, ...], BeforeValidator(_first)] = ()
    set: Texts = ()
    effects: Annotated[tuple[WireEffect, ...], BeforeValidator(_first)] = ()
    returns: Texts = ()
    owner: Text = ""


class WireEntries(Wire):
    """The answer of the contract agent."""

    tools: tuple[WireEntry, ...] = Field(min_length=1)


_ASSIGNED = re.compile(r"([A-Za-z_]\w{0,63})\s*[=:](?!=)\s*(.+)", re.DOTALL)
_WITH_UNITS = re.compile(r"\b\d+\s*(days?|weeks?|hours?|minutes?)\b|timedelta")
_TYPES: dict[str, ColumnType] = {
    "text": "text", "str": "text", "string": "text", "integer": "integer", "int": "integer", "number": "real",
    "real": "real", "float": "real", "boolean": "boolean", "bool": "boolean", "flag": "boolean", "date": "date",
    "datetime": "datetime", "time": "time",
}  # fmt: skip
_PREFIX = re.compile(r"\bparameters\.(?=[a-z_])")
_RANGE = re.compile(r"^([a-z]+)(?:\s+(-?[\d.]{0,15}\d)\s*\.\.\s*(-?[\d.]{0,15}\d))?$")
_INTEGERS = frozenset({"count", "len", "int", "days_between", "minutes_between", "weekday"})


def read_entry(wire: WireEntry, sketch: ToolSketch, blueprint: Blueprint, database: DatabaseSchema) -> ToolEntry:
    """The entry of a sketch with what the agent says of it.

    Raises:
        ValueError: Something that was written can't be read; the message says what.
        CannotAnswer: The sketch itself contradicts the entities.
    """
    if "parameters" not in blueprint.entities:
        wire = _without_prefix(wire)
    fields = skeleton(sketch, blueprint, database)
    parameters = {name: _parameter(text) for name, text in _assignments(wire.parameters, "parameters")}
    owner = _owner(wire.owner)
    scope = scope_of(sketch, blueprint, database, parameters, owner)
    fields |= owner
    if parameters:
        fields["parameters"] = {**fields.get("parameters", {}), **parameters}
    words = {one.code: one.words for one in sketch.preconditions}
    rules = _rules([rule for rule in wire.rules if rule.code not in scope.codes], scope, database, words)
    if rules:
        fields["rules"] = rules
    if wire.bind:
        fields["bind"] = dict(_assignments(wire.bind, "bind"))
    values = dict(_assignments([_own_column(text, sketch.entity) for text in wire.set], "set"))
    if values:
        fields["set"] = values
        if sketch.kind == "update" and not sketch.parameters:
            fields["columns"] = ()  # what it writes is all said
        if "columns" in fields:
            fields["columns"] = tuple(column for column in fields["columns"] if column not in values)
    if wire.effects:
        fields["effects"] = tuple(_effect(effect) for effect in wire.effects)
    returns = {name: _return(text) for name, text in _assignments(wire.returns, "returns")}
    if returns:
        fields["returns"] = {**fields.get("returns", {}), **returns}
    if sketch.kind in ("compute", "action"):
        fields = _without_idle_parameters(fields, sketch, wire)
    try:
        return ToolEntry.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place + ': ' if place else ''}{first['msg'].removeprefix('Value error, ')}") from None


def _without_prefix(wire: WireEntry) -> WireEntry:
    """The entry with `parameters.book_id`, as small models call what a tool is given, as plain `book_id`."""
    text = wire.model_dump_json()
    bare = _PREFIX.sub("", text)
    return wire if bare == text else WireEntry.model_validate_json(bare)


def write_entry(name: str, entry: ToolEntry) -> WireEntry:
    """What an entry says beyond its kind, in the agent's form."""
    effects = tuple(
        WireEffect(
            insert=effect.insert or "", update=effect.update or "", delete=effect.delete or "", key=effect.key or "",
            each=effect.each or "", when=effect.when or "", bind=effect.bind or "",
            set=tuple(f"{column} = {value}" for column, value in effect.set.items()),
        )
        for effect in entry.effects
    )  # fmt: skip
    rules = tuple(
        WireRule(code=rule.code or "refused", check=write_rule(rule), says=rule.message or "", when=rule.when or "")
        for rule in entry.rules
    )
    return WireEntry(
        name=name,
        parameters=tuple(f"{called} = {_parameter_text(one)}" for called, one in entry.parameters.items()),
        bind=tuple(f"{called} = {text}" for called, text in entry.bind.items()),
        rules=rules,
        set=tuple(f"{column} = {value}" for column, value in entry.set.items()),
        effects=effects,
        returns=tuple(f"{called} = {one.value}" for called, one in entry.returns.items()),
        owner=entry.owner or ("none" if entry.acting is False else ""),
    )


def _owner(text: str) -> dict[str, Any]:
    """Who may use the tool, where it is not the row's owner: nobody in particular, or the user at the end of another path."""
    said = text.strip().lower()
    if said in ("none", "nobody", "anyone"):
        return {"acting": False}
    return {"owner": said} if said else {}


def _assignments(texts: Sequence[str], field: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for text in texts:
        match = _ASSIGNED.match(text.strip())
        if match is None:
            raise ValueError(f"{field}: `{text[:80]}` is not of the form `name = expression`")
        if _WITH_UNITS.search(match[2]):
            raise ValueError(
                f"{field}: `{text[:80]}`: days are added by add_days(day, 7), minutes by add_minutes(moment, 30)"
            )
        found.append((match[1], match[2]))
    return found


def _own_column(text: str, entity: str) -> str:
    """An assignment to the tool's own row, also where that is named (`loan.due_on = ...`)."""
    return text.strip().removeprefix(f"{entity}.")


def _parameter(text: str) -> ParameterEntry:
    said = text.strip()
    optional, array = said.endswith("?"), said.startswith("[")
    said = said.rstrip("?").strip("[] ")
    if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", said):
        return ParameterEntry(like=said, optional=optional, array=array)
    match = _RANGE.match(said)
    if match is None or match[1] not in _TYPES:
        raise ValueError(f"parameters: `{text[:80]}` is neither `table.column` nor a type such as `integer 1..14`")
    bounds: dict[str, Any] = {"minimum": float(match[2]), "maximum": float(match[3])} if match[2] else {}
    return ParameterEntry(type=_TYPES[match[1]], optional=optional, array=array, **bounds)


def _parameter_text(entry: ParameterEntry) -> str:
    text = entry.like or entry.type or "text"
    if entry.like is None and isinstance(entry.minimum, float) and isinstance(entry.maximum, float):
        text = f"{text} {entry.minimum:g}..{entry.maximum:g}"
    return (f"[{text}]" if entry.array else text) + ("?" if entry.optional or entry.default is not None else "")


def _rules(
    wires: Sequence[WireRule], scope: ToolScope, database: DatabaseSchema, words: Mapping[str, str]
) -> tuple[Rule, ...]:
    """All rules of a tool; of those that can't be read every one is told, since there is one corrective turn only."""
    rules: list[Rule] = []
    problems: list[str] = []
    for wire in wires:
        try:
            rule = _rule(wire, scope, database, words)
            _refuse_repetition(rule, rules)
            rules.append(rule)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(rules)


def _rule(wire: WireRule, scope: ToolScope, database: DatabaseSchema, words: Mapping[str, str]) -> Rule:
    code = re.sub(r"[^a-z0-9]+", "_", wire.code.lower()).strip("_")[:LONGEST_NAME].rstrip("_")
    if not re.match(r"[a-z]", code):
        raise ValueError(f"rules: `{wire.code[:40]}` is no code in snake_case")
    if is_backwards(code, wire.check):
        raise ValueError(f"rule `{code}`: `{wire.check[:80]}` is what is refused; write when the call is allowed")
    try:
        rule = read_rule(wire.check, code, _message(wire.says, code, words.get(code, "")), wire.when.strip())
    except ValueError as error:
        raise ValueError(f"rule `{code}`: {error}") from None
    references = {one.name: one.refers_to.partition(".")[0] for one in scope.parameters if one.refers_to}
    if problem := strange_key(rule, references, database):
        raise ValueError(f"rule `{code}`: {problem}")
    return guard_rule(rule, lambda node: scope.may_be_empty(node, database))


def _refuse_repetition(rule: Rule, before: Sequence[Rule]) -> None:
    said = rule.model_dump(exclude={"code", "message"})
    for other in before:
        if other.model_dump(exclude={"code", "message"}) == said:
            raise ValueError(f"rule `{rule.code}` says the same as `{other.code}`, so it could never be the reason")


def _message(text: str, code: str, words: str) -> str:
    """What a refused caller is told; where that would be what must hold, the situation that the code names."""
    if not text or text.strip(". ").lower() == words.strip(". ").lower():
        return f"{code.replace('_', ' ').capitalize()}."
    text = one_line(text)
    try:
        parse_message(text)
    except ExpressionError:
        return text.replace("{", "").replace("}", "")
    return text


def _effect(wire: WireEffect) -> EffectEntry:
    fields: dict[str, Any] = {
        name: value.strip()
        for name in ("insert", "update", "delete", "key", "each", "when", "bind")
        if (value := cast("str", getattr(wire, name))).strip()
    }
    if wire.set:
        fields["set"] = dict(_assignments(wire.set, "effects"))
    try:
        return EffectEntry.model_validate(fields)
    except ValidationError as error:
        words = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"effects: {words}") from None


def _return(text: str) -> dict[str, Any]:
    return {"value": text, "type": _type_of(text)}


def _type_of(text: str) -> str | None:
    """The type of a value whose outermost function tells it."""
    try:
        tree = parse_expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        name = tree.func.id
        return (
            "integer" if name in _INTEGERS else "real" if name in ("money", "float")
            else "boolean" if name in ("exists", "any", "all", "contains") else None
        )  # fmt: skip
    return "boolean" if isinstance(tree, ast.Compare | ast.UnaryOp) and not _is_negative(tree) else None


def _is_negative(tree: ast.expr) -> bool:
    return isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)


def _without_idle_parameters(fields: dict[str, Any], sketch: ToolSketch, wire: WireEntry) -> dict[str, Any]:
    """Leaves out the row that the tool is about where the agent gave parameters of its own and never speaks of that row."""
    if sketch.parameters or not wire.parameters:
        return fields
    own = f"{sketch.entity}_id"
    given = {match[1] for text in wire.parameters if (match := _ASSIGNED.match(text.strip()))}
    spoken = wire.model_dump_json(exclude={"name", "parameters"})
    if own in given or re.search(rf"\b({own}|{sketch.entity})\b", spoken):
        return fields
    return {**fields, "parameters": {name: entry for name, entry in fields["parameters"].items() if name != own}}
