"""What the schema enforces, restated as requirements, so that no call with valid types ends in an unexpected failure."""

from __future__ import annotations

from collections.abc import Mapping

from engine.agents.composer.common import mentions_parameter
from engine.agents.composer.draft import Draft
from engine.agents.composer.names import grouped, substitute
from engine.agents.composer.naming import plural, snake
from engine.agents.composer.schema import unique_keys
from engine.contracts.expression import parse
from engine.models.database import ForeignKey, Table
from engine.models.tool import Effect
from engine.seeds.blueprint import RowCheck, UniqueKey
from engine.seeds.problems import nearest


def restate(draft: Draft, written: Mapping[str, str], row: str | None) -> None:
    """Requires what unique columns, row checks and composite references of the tool's table ask of written values.

    Args:
        written: Column -> expression of each value written.
        row: Name of the row that is updated; `None` for an insert.
    """
    for reference in draft.table.foreign_keys:
        if len(reference.columns) > 1 and any(column in written for column in reference.columns):
            _require_composite(draft, reference, written, row)
    for key in unique_keys(draft.entity, draft.table):
        if any(column in written for column in key.columns):
            _require_unique(draft, key, written, row)
    for index, check in enumerate(draft.entity.checks):
        _require_check(draft, check, index, written, row)


def _value(draft: Draft, column: str, written: Mapping[str, str], row: str | None) -> str:
    if column in written:
        return written[column]
    if row is not None:
        return f"{row}.{column}"
    return repr(draft.table.column[column].default)


def _may_be_null(draft: Draft, column: str, value: str, row: str | None) -> bool:
    if not draft.table.column[column].nullable:
        return False
    parameter = draft.names.parameters.get(value)
    return parameter is None or not parameter.required


def _guarded(condition: str, nullable: list[str]) -> str:
    guards = list(dict.fromkeys(nullable))
    return " or ".join([*(f"{guard} is None" for guard in guards), grouped(condition)]) if guards else condition


def _require_composite(draft: Draft, reference: ForeignKey, written: Mapping[str, str], row: str | None) -> None:
    values = [_value(draft, column, written, row) for column in reference.columns]
    matched = ", ".join(f"{target}={value}" for target, value in zip(reference.references, values, strict=True))
    condition = f"exists('{reference.table}', {matched})"
    nullable = [
        value
        for column, value in zip(reference.columns, values, strict=True)
        if _may_be_null(draft, column, value, row)
    ]
    words = draft.words_of(reference.table)
    code = f"{snake(words)}_not_found"
    draft.require("existence", _guarded(condition, nullable), code, f"No such {words}.")


def _require_unique(draft: Draft, key: UniqueKey, written: Mapping[str, str], row: str | None) -> None:
    values = {column: _value(draft, column, written, row) for column in key.columns}
    if "None" in values.values():
        return
    matched = ", ".join(f"{column}={value}" for column, value in values.items())
    if row is None:
        condition = f"not exists('{draft.table.name}', {matched})"
    else:
        other = " or ".join(f"row.{column} != {row}.{column}" for column in draft.table.primary_key)
        condition = f"not any({other} for row in rows('{draft.table.name}', {matched}))"
    nullable = [value for column, value in values.items() if _may_be_null(draft, column, value, row)]
    code = key.code or (f"{key.columns[0]}_taken" if len(key.columns) == 1 else f"{draft.noun}_exists")
    shown = " and ".join(column.replace("_", " ") for column in key.columns)
    message = f"There is {'a' if row is None else 'another'} {draft.words} with this {shown} already."
    if key.message is not None:
        message = draft.message(key.message, ())
    draft.require("validity", _guarded(condition, nullable), code, message, "uniqueness" if key.code else "")


def _require_check(draft: Draft, check: RowCheck, index: int, written: Mapping[str, str], row: str | None) -> None:
    columns = sorted(parse(check.that).names)
    for column in columns:
        if column not in draft.table.column:
            fix = nearest(column, draft.table.column)
            raise draft.names.problem((), f"check `{check.that}`: `{draft.table.name}` has no column `{column}`", fix)
    touched = [written[column] for column in columns if column in written]
    if not any(mentions_parameter(draft, text) for text in touched):
        return
    values = {column: _value(draft, column, written, row) for column in columns}
    nullable = [value for column, value in values.items() if _may_be_null(draft, column, value, row)]
    if any(value == "None" for value in nullable):
        return
    code = check.code or f"invalid_{draft.noun}" + (f"_{index + 1}" if len(draft.entity.checks) > 1 else "")
    message = check.message or f"The {draft.words} would break a rule: {check.that}."
    message = message.replace("{", "{{").replace("}", "}}")
    draft.require("validity", _guarded(substitute(check.that, values), nullable), code, message)


def require_no_dependents(draft: Draft, row: str) -> None:
    """Requires that nothing points to the row that is deleted, and declares what `cascade` deletes with it.

    Raises:
        BlueprintError: `cascade` names a table that does not depend on it.
    """
    _Removal(draft, row).declare()


class _Removal:
    """A row that is deleted, with those that are deleted with it."""

    def __init__(self, draft: Draft, row: str) -> None:
        self.draft = draft
        self.row = row
        self.cascade = draft.entry.cascade
        for index, name in enumerate(self.cascade):
            if name not in draft.database.table:
                raise draft.names.problem(
                    ("cascade", index), f"no entity `{name}`", nearest(name, draft.database.table)
                )

    def declare(self) -> None:
        """Adds the requirements and the effects, the last level first."""
        self._below(self.draft.table, None, 1)

    def _below(self, table: Table, members: str | None, level: int) -> None:
        """Handles what points to rows of `table`: the deleted row itself, or the rows of the list `members`."""
        draft = self.draft
        for child in dict.fromkeys(child.name for child, _ in draft.database.children(table.name)):
            keys = [key for other, key in draft.database.children(table.name) if other.name == child]
            if child in self.cascade and child != table.name and level <= 3:
                item = f"{child}_row" if not draft.names.free(child) else child
                items = self._members(table, child, keys, members, item)
                self._below(draft.database.table[child], items, level + 1)
                schema = draft.database.table[child]
                parts = [f"{item}.{column}" for column in schema.primary_key]
                key = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
                draft.effects.append(Effect(table=child, operation="delete", each=f"{item} in {items}", key=key))
            else:
                self._refuse(table, child, keys, members)

    def _members(self, table: Table, child: str, keys: list[ForeignKey], members: str | None, item: str) -> str:
        """An expression for the rows of `child` that point to what is deleted."""
        if members is None:
            if len(keys) == 1:
                return f"rows('{child}', {_matched(keys[0], self.row)})"
            tests = " or ".join(_equal(key, item, self.row) for key in keys)
            return f"[{item} for {item} in rows('{child}') if {tests}]"
        parent = f"{table.name}_above"
        tests = " or ".join(_equal(key, item, parent) for key in keys)
        return f"[{item} for {item} in rows('{child}') if any({tests} for {parent} in {members})]"

    def _refuse(self, table: Table, child: str, keys: list[ForeignKey], members: str | None) -> None:
        draft = self.draft
        if members is None:
            condition = " and ".join(f"not exists('{child}', {_matched(key, self.row)})" for key in keys)
        else:
            parent = f"{table.name}_above"
            tests = " or ".join(f"exists('{child}', {_matched(key, parent)})" for key in keys)
            condition = f"not any({tests} for {parent} in {members})"
        words = plural(child, draft.blueprint.entities[child])
        message = f"The {draft.words} still has {words}."
        draft.require("validity", condition, f"{draft.noun}_has_{snake(words)}", message)


def _matched(key: ForeignKey, row: str) -> str:
    pairs = zip(key.columns, key.references, strict=True)
    return ", ".join(f"{column}={row}.{target}" for column, target in pairs)


def _equal(key: ForeignKey, item: str, row: str) -> str:
    pairs = zip(key.columns, key.references, strict=True)
    return " and ".join(f"{item}.{column} == {row}.{target}" for column, target in pairs)
