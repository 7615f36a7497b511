"""Steps that several kinds of tools share: the acting user, rules, states, effects and answers."""

from __future__ import annotations

from collections.abc import Mapping

from engine.agents.composer.draft import Draft
from engine.agents.composer.names import reference_by_stem
from engine.agents.composer.naming import parameter_name, snake
from engine.agents.composer.rules import RuleLowering
from engine.agents.composer.usage import names_used
from engine.contracts.expression import parse
from engine.models.database import Table
from engine.models.tool import Effect, Parameter, ReturnField
from engine.seeds.problems import BlueprintError, Path, Problem, nearest
from engine.seeds.tool_entry import EffectEntry, ReturnEntry

READS = frozenset({"get", "lookup", "search", "list", "compute"})


def owner_path(draft: Draft) -> str | None:
    """The path to the owner's id where the tool acts for its user; `None` where it does not."""
    path = draft.entry.owner or draft.entity.owner
    acting = draft.entry.acting
    if acting is None:
        acting = path is not None and (draft.entry.kind not in READS or draft.entry.owner is not None)
    if not acting:
        return None
    if path is None:
        fix = "give the entity an `owner`, or the tool"
        raise draft.names.problem(("acting",), "the tool can't act for its user: nobody owns the row", fix)
    return path


def add_user(draft: Draft, path: str) -> str:
    """Adds the parameter with the acting user's id, named as the owner path ends.

    Raises:
        BlueprintError: The path leads nowhere.
    """
    table = draft.table
    *steps, column = path.split(".")
    for step in steps:
        reference = reference_by_stem(table, step)
        if reference is None:
            stems = [key.columns[0].removesuffix("_id") for key in table.foreign_keys if len(key.columns) == 1]
            raise _owner_problem(draft, f"`{table.name}` has no reference `{step}`", nearest(step, stems))
        table = draft.database.table[reference.table]
    if column not in table.column:
        raise _owner_problem(draft, f"`{table.name}` has no column `{column}`", nearest(column, table.column))
    user = draft.add(draft.parameter_for(column, table=table, name=parameter_name(column, table.name)))
    draft.user = user
    return user


def _owner_problem(draft: Draft, message: str, fix: str) -> BlueprintError:
    """A mistake in the owner path, which is the tool's own or its entity's."""
    place: Path = draft.names.path if draft.entry.owner is not None else ("entities", draft.table.name)
    return BlueprintError([Problem((*place, "owner"), message, fix)])


def require_user(draft: Draft) -> None:
    """Requires that the acting user exists."""
    if draft.user is not None:
        parameter = draft.names.parameters[draft.user]
        if parameter.refers_to is not None:
            draft.bind_parameter_row(parameter)


def require_ownership(draft: Draft, path: str) -> None:
    """Requires that the tool's row belongs to the acting user."""
    if draft.row is not None and path not in draft.table.primary_key:
        condition = ownership(draft, path, draft.row, {})
        draft.require("ownership", condition, f"not_your_{draft.noun}", f"The {draft.words} is not yours.", "ownership")


def ownership(draft: Draft, path: str, row: str, local: Mapping[str, str | None]) -> str:
    """The condition that `row` belongs to the acting user; without a value where that user does not exist."""
    user = draft.user or ""
    owner = draft.names.resolve(f"{row}.{path}", ("owner",), local)
    anchor = draft.names.anchors.get(user)
    acting = f"{anchor[0]}.{anchor[1]}" if anchor is not None else user
    return " and ".join([*(f"{guard} is not None" for guard in owner.guards), f"{owner.text} == {acting}"])


def state_condition(draft: Draft, row: str | None, column: str) -> str | None:
    """The condition that the row is in one of the tool's `from` states, or `None` where it names none.

    Raises:
        BlueprintError: A state does not exist.
    """
    states = draft.entry.states
    enum = draft.table.column[column].enum or ()
    for state in states:
        if state not in enum:
            raise draft.names.problem(
                ("from",), f"`{state}` is not a state of `{draft.table.name}`", nearest(state, enum)
            )
    if not states or row is None:
        return None
    if len(states) == 1:
        return f"{row}.{column} == {states[0]!r}"
    return f"{row}.{column} in ({', '.join(map(repr, states))})"


def state_column(draft: Draft) -> str:
    """The column that holds the state of the tool's rows.

    Raises:
        BlueprintError: The entity has none.
    """
    if draft.entity.lifecycle is not None:
        return draft.entity.lifecycle.column
    for column in draft.table.columns:
        if column.role == "status":
            return column.name
    raise draft.names.problem(("kind",), f"`{draft.table.name}` has no lifecycle", "give the entity a `lifecycle`")


def state_code(draft: Draft) -> str:
    """The rejection code for a row in the wrong state."""
    states = draft.entry.states
    return draft.entry.code or (
        f"{draft.noun}_not_{snake(states[0])}" if len(states) == 1 else f"wrong_{draft.noun}_state"
    )


def apply_rules(draft: Draft) -> None:
    """Adds the author's rules."""
    lowering = RuleLowering(draft)
    for index, rule in enumerate(draft.entry.rules):
        lowered = lowering.lower(rule, ("rules", index))
        section = "ownership" if rule.rule == "ownership" else "rules"
        kind = rule.kind if rule.rule == "condition" else rule.rule
        draft.require(section, lowered.condition, lowered.code, lowered.message, kind)


def apply_binds(draft: Draft) -> None:
    """Adds the author's bindings."""
    for name, text in draft.entry.bind.items():
        draft.names.bind(name, text, ("bind", name))


def add_parameters(draft: Draft) -> None:
    """Adds the author's parameters; one that is there already is replaced."""
    for name, entry in draft.entry.parameters.items():
        draft.add_entry(name, entry)


def values_of_insert(draft: Draft, table: Table, values: Mapping[str, str]) -> dict[str, str]:
    """Adds what an insert writes without being told: the clock and the first state."""
    result = dict(values)
    lifecycle = draft.blueprint.entities[table.name].lifecycle
    for column in table.columns:
        if column.name in result:
            continue
        if column.role in ("created_at", "updated_at"):
            result[column.name] = "today" if column.type == "date" else "now"
        elif lifecycle is not None and column.name == lifecycle.column:
            result[column.name] = repr(lifecycle.first)
    return {column.name: result[column.name] for column in table.columns if column.name in result}


def values_of_update(table: Table, values: Mapping[str, str]) -> dict[str, str]:
    """Adds the clock of `updated_at`."""
    result = dict(values)
    for column in table.columns:
        if column.role == "updated_at" and column.name not in result:
            result[column.name] = "today" if column.type == "date" else "now"
    return {column.name: result[column.name] for column in table.columns if column.name in result}


def apply_effects(draft: Draft) -> None:
    """Adds the author's effects."""
    bound: dict[str, str | None] = {}
    for index, entry in enumerate(draft.entry.effects):
        draft.effects.append(_effect(draft, entry, ("effects", index), bound))
        if entry.bind is not None:
            bound[entry.bind] = entry.table
            draft.names.rows.setdefault(entry.bind, entry.table)


def _effect(draft: Draft, entry: EffectEntry, at: Path, bound: Mapping[str, str | None]) -> Effect:
    operation = "insert" if entry.insert is not None else "update" if entry.update is not None else "delete"
    if entry.table not in draft.database.table:
        fix = nearest(entry.table, draft.database.table)
        raise draft.names.problem((*at, operation), f"no entity `{entry.table}`", fix)
    table = draft.database.table[entry.table]
    local: dict[str, str | None] = dict(bound)
    each: str | None = None
    item: str | None = None
    if entry.each is not None:
        item, _, items = entry.each.partition(" in ")
        resolved = draft.names.resolve(items, (*at, "each"), local)
        each = f"{item} in {resolved.text}"
        local[item] = draft.names.table_of_items(resolved.text)
    values = {column: draft.value_for(table, column, text, (*at, "set"), local) for column, text in entry.set.items()}
    values = values_of_insert(draft, table, values) if operation == "insert" else values_of_update(table, values)
    key: str | None = None
    if operation != "insert":
        if entry.key is not None:
            key = draft.names.resolve(entry.key, (*at, "key"), local).text
        else:
            parts = [f"{item}.{column}" for column in table.primary_key]
            key = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    when = entry.when
    if when is not None:
        when = draft.names.resolve(when, (*at, "when"), local).as_condition(without=False)
    return Effect(
        table=table.name, operation=operation, each=each, when=when, key=key,
        values={} if operation == "delete" else values, bind=entry.bind,
    )  # fmt: skip


def return_field(draft: Draft, name: str, entry: ReturnEntry, at: Path) -> ReturnField:
    """One field of the answer as the author wrote it."""
    text = draft.names.resolve(entry.value, at, {}).as_value()
    column = draft.names.column_of(text)
    refers_to = entry.refers_to or reference_of_text(draft, text)
    if entry.refers_to is not None:
        draft.column_at(entry.refers_to, (*at, "refers_to"))
    kind = entry.type or (column.type if column is not None else "any")
    described = entry.description or (column.description if column is not None else "")
    return ReturnField(name=name, value=text, refers_to=refers_to, type=kind, description=described)


def reference_of_text(draft: Draft, text: str, local: Mapping[str, str] | None = None) -> str | None:
    """The key column that an expression's value refers to, where it is `row.column` or an entity parameter."""
    row, dot, column = text.partition(".")
    table = (local or {}).get(row) or draft.names.rows.get(row)
    if dot and table is not None and column in draft.database.table[table].column:
        return reference_of_column(draft.database.table[table], column)
    parameter: Parameter | None = draft.names.parameters.get(text)
    return parameter.refers_to if parameter is not None and not parameter.array else None


def reference_of_column(table: Table, column: str) -> str | None:
    """`table.column` that values of a column refer to, where they carry an entity."""
    reference = table.reference_of(column)
    if reference is not None:
        return f"{reference.table}.{reference.references[0]}"
    return f"{table.name}.{column}" if column in table.primary_key else None


def row_fields(draft: Draft, row: str, table: Table) -> list[ReturnField]:
    """All columns of a row in scope as fields of the answer."""
    return [
        ReturnField(
            name=column.name,
            value=f"{row}.{column.name}",
            refers_to=reference_of_column(table, column.name),
            type=column.type,
            description=column.description,
        )
        for column in table.columns
    ]


def apply_returns(draft: Draft) -> None:
    """Adds the author's fields to the answer; one of the same name is replaced."""
    for name, entry in draft.entry.returns.items():
        field = return_field(draft, name, entry, ("returns", name))
        draft.returns = [item for item in draft.returns if item.name != name]
        draft.returns.append(field)


def after_fields(draft: Draft, key: str, columns: list[str]) -> list[ReturnField]:
    """Columns of the tool's row as they are after the call."""
    return [
        ReturnField(
            name=name,
            value=f"after('{draft.table.name}', {key}).{name}",
            refers_to=reference_of_column(draft.table, name),
            type=draft.table.column[name].type,
            description=draft.table.column[name].description,
        )
        for name in columns
    ]


def key_fields(draft: Draft, row: str | None = None) -> list[ReturnField]:
    """The key of the tool's row as fields of the answer: its parameters, or columns of `row`."""
    return [
        ReturnField(
            name=column,
            value=f"{row}.{column}" if row else parameter_name(column, draft.noun),
            refers_to=reference_of_column(draft.table, column),
            type=draft.table.column[column].type,
            description=draft.describe_column(draft.table, column),
        )
        for column in draft.table.primary_key
    ]


def mentions_parameter(draft: Draft, text: str) -> bool:
    """Whether a value depends directly on an argument that does not just name an entity."""
    names = set(parse(text).names)
    for name in list(names):
        binding = draft.names.bindings.get(name)
        if binding is not None and name not in draft.names.rows:
            names |= names_used((), (), (), [binding])
    carried = {
        name for name in names if name in draft.names.parameters and draft.names.parameters[name].refers_to is None
    }
    return bool(carried)
