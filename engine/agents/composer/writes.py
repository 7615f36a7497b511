"""Tools that change one row of their entity: create, update, delete, transition, assign, unassign."""

from __future__ import annotations

from engine.agents.composer import common
from engine.agents.composer.draft import Draft
from engine.agents.composer.naming import parameter_name, stem, with_article
from engine.agents.composer.validity import require_no_dependents, restate
from engine.contracts.expression import parse
from engine.models.tool import Effect, ReturnField, Tool
from engine.seeds.problems import nearest


def compose_create(draft: Draft) -> Tool:
    """Inserts a row."""
    table, entry = draft.table, draft.entry
    path = common.owner_path(draft)
    owner = path.split(".")[0] if path is not None and "." not in path else None
    if path is not None:
        common.add_user(draft, path)
    _check_columns(draft, entry.columns or ())
    common.add_parameters(draft)
    values: dict[str, str] = {}
    for column in _columns_of_create(draft, owner):
        schema = table.column[column]
        required = not schema.nullable and schema.default is None
        parameter = draft.parameter_for(column, required=required, default=schema.default, written=True)
        values[column] = draft.add(parameter)
    if owner is not None and draft.user is not None and owner not in entry.set:
        values[owner] = draft.user
    common.require_user(draft)
    draft.bind_parameter_rows()
    if path is not None and "." in path:
        _own_parent(draft, path)
    common.apply_binds(draft)
    for column, text in entry.set.items():
        values[column] = draft.value_for(table, column, text, ("set",))
    common.apply_rules(draft)
    restate(draft, values, None)
    bound = draft.names.fresh(table.name) if not draft.names.free(table.name) else table.name
    draft.effects.append(
        Effect(table=table.name, operation="insert", values=common.values_of_insert(draft, table, values), bind=bound)
    )
    draft.names.rows[bound] = table.name
    draft.row = bound
    common.apply_effects(draft)
    draft.returns = common.key_fields(draft, bound)
    for column in table.columns:
        shown = column.name in entry.set or column.role == "status" or column.name == table.label
        if shown and column.name not in table.primary_key:
            field = ReturnField(
                name=column.name,
                value=f"{bound}.{column.name}",
                refers_to=common.reference_of_column(table, column.name),
                type=column.type,
                description=column.description,
            )
            draft.returns.append(field)
    common.apply_returns(draft)
    words = with_article(draft.words)
    return draft.tool("create", f"Creates {words}.", f"create {words}")


def _check_columns(draft: Draft, columns: tuple[str, ...]) -> None:
    for index, column in enumerate(columns):
        if column not in draft.table.column:
            fix = nearest(column, draft.table.column)
            raise draft.names.problem(("columns", index), f"`{draft.table.name}` has no column `{column}`", fix)


def _columns_of_create(draft: Draft, owner: str | None) -> list[str]:
    """The columns that the caller gives, required ones first in the schema's order."""
    entry, table = draft.entry, draft.table
    if entry.columns is not None:
        return [column for column in entry.columns if column != owner]
    state = draft.entity.lifecycle.column if draft.entity.lifecycle is not None else None
    return [
        column.name
        for column in table.columns
        if not column.generated
        and column.role not in ("created_at", "updated_at")
        and column.name not in (state, owner)
        and column.name not in entry.set
    ]


def _own_parent(draft: Draft, path: str) -> None:
    """Requires that the row which the new one hangs on belongs to the acting user."""
    first, _, rest = path.partition(".")
    column = f"{first}_id"
    name = parameter_name(column, draft.noun)
    anchor = draft.names.anchors.get(name)
    if anchor is None:
        return
    condition = common.ownership(draft, rest, anchor[0], {})
    words = first.replace("_", " ")
    draft.require("ownership", condition, f"not_your_{first}", f"The {words} is not yours.", "ownership")


def _open(draft: Draft) -> tuple[str, str | None]:
    """The parameters, existence and ownership that every change of an existing row begins with."""
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    draft.key_parameters()
    return path or "", draft.user


def _found(draft: Draft, path: str) -> str:
    """Binds the row and requires existence, ownership and state."""
    common.require_user(draft)
    row = draft.bind_own_row()
    keys = {parameter_name(column, draft.noun) for column in draft.table.primary_key}
    draft.bind_parameter_rows(skip=keys)
    if path:
        common.require_ownership(draft, path)
    if draft.entry.states:
        _require_state(draft, row)
    common.apply_binds(draft)
    common.apply_rules(draft)
    return row


def _require_state(draft: Draft, row: str) -> None:
    column = common.state_column(draft)
    condition = common.state_condition(draft, row, column)
    if condition is not None:
        message = f"The {draft.words} is {{{row}.{column}}}."
        draft.require("state", condition, common.state_code(draft), message, "state")


def _set_values(draft: Draft) -> dict[str, str]:
    return {column: draft.value_for(draft.table, column, text, ("set",)) for column, text in draft.entry.set.items()}


def _change(draft: Draft, row: str, values: dict[str, str], shown: list[str]) -> None:
    """Declares the update of the tool's row with the author's further effects, and what is answered."""
    restate(draft, values, row)
    key = draft.key_text()
    written = common.values_of_update(draft.table, values)
    if written:
        draft.effects.append(Effect(table=draft.table.name, operation="update", key=key, values=written))
    common.apply_effects(draft)
    draft.returns = [*common.key_fields(draft), *common.after_fields(draft, key, shown)]
    common.apply_returns(draft)


def compose_update(draft: Draft) -> Tool:
    """Changes the given columns of a row."""
    path, _ = _open(draft)
    entry, table = draft.entry, draft.table
    columns = entry.columns
    if columns is None:
        columns = _columns_of_update(draft)
    _check_columns(draft, columns)
    common.add_parameters(draft)
    single = len(columns) == 1
    given = [draft.add(draft.parameter_for(column, required=single, written=True)) for column in columns]
    row = _found(draft, path)
    if len(given) > 1:
        condition = " or ".join(f"{name} is not None" for name in given)
        draft.require("validity", condition, "nothing_to_update", "Give at least one value to change.")
    values: dict[str, str] = {}
    constrained = _constrained_columns(draft)
    for column, name in zip(columns, given, strict=True):
        value = name if single else f"{name} if {name} is not None else {row}.{column}"
        if column in constrained and not single:
            new = draft.names.fresh(f"new_{column}")
            draft.names.bindings[new] = value
            value = new
        values[column] = value
    values |= _set_values(draft)
    _change(draft, row, values, [column for column in values if column not in table.primary_key])
    words = with_article(draft.words)
    return draft.tool("update", f"Changes {words}; values that are left out stay as they are.", f"change {words}")


def _columns_of_update(draft: Draft) -> tuple[str, ...]:
    """Every column that a caller may sensibly change."""
    fixed = {*draft.table.primary_key, *draft.entry.set}
    if draft.entity.owner is not None:
        fixed.add(draft.entity.owner.split(".")[0])
    return tuple(
        column.name
        for column in draft.table.columns
        if column.name not in fixed
        and not column.generated
        and column.role not in ("created_at", "updated_at", "status", "id")
        and draft.table.reference_of(column.name) is None
    )


def _constrained_columns(draft: Draft) -> set[str]:
    """Columns whose new values appear in restated constraints, so that they deserve a name."""
    found = {column for key in draft.table.unique for column in key}
    for check in draft.entity.checks:
        found |= parse(check.that).names
    for reference in draft.table.foreign_keys:
        if len(reference.columns) > 1:
            found |= set(reference.columns)
    return found


def compose_delete(draft: Draft) -> Tool:
    """Deletes a row that nothing points to."""
    path, _ = _open(draft)
    common.add_parameters(draft)
    row = _found(draft, path)
    require_no_dependents(draft, row)
    draft.effects.append(Effect(table=draft.table.name, operation="delete", key=draft.key_text()))
    common.apply_effects(draft)
    draft.returns = [*common.key_fields(draft), ReturnField(name="deleted", value="True", type="boolean")]
    common.apply_returns(draft)
    words = with_article(draft.words)
    return draft.tool("delete", f"Deletes {words}.", f"delete {words}")


def compose_transition(draft: Draft) -> Tool:
    """Moves a row to another state."""
    path, _ = _open(draft)
    column = common.state_column(draft)
    target = draft.entry.to or ""
    enum = draft.table.column[column].enum or ()
    if target not in enum:
        raise draft.names.problem(("to",), f"`{target}` is not a state of `{draft.table.name}`", nearest(target, enum))
    common.add_parameters(draft)
    row = _found(draft, path)
    if not draft.entry.states:
        condition = f"{row}.{column} != {target!r}"
        code = draft.entry.code or f"{draft.noun}_is_{target}"
        draft.require("state", condition, code, f"The {draft.words} is {target} already.", "state")
    values = {column: repr(target)} | _set_values(draft)
    _change(draft, row, values, list(values))
    words = with_article(draft.words)
    return draft.tool("transition", f"Sets {words} to `{target}`.", f"set {words} to {target.replace('_', ' ')}")


def compose_assign(draft: Draft) -> Tool:
    """Sets or empties a reference column of a row."""
    table, column = draft.table, draft.entry.column or ""
    path, _ = _open(draft)
    if column not in table.column:
        raise draft.names.problem(
            ("column",), f"`{table.name}` has no column `{column}`", nearest(column, table.column)
        )
    reference = table.reference_of(column)
    if reference is None:
        references = [key.columns[0] for key in table.foreign_keys if len(key.columns) == 1]
        raise draft.names.problem(("column",), f"`{column}` is not a reference", nearest(column, references))
    empties = draft.entry.kind == "unassign"
    if empties and not table.column[column].nullable:
        raise draft.names.problem(
            ("column",), f"`{column}` can't be empty", f"make it nullable: `-> {reference.table}?`"
        )
    name = "" if empties else draft.add(draft.parameter_for(column))
    common.add_parameters(draft)
    row = _found(draft, path)
    words = (stem(column) or reference.table).replace("_", " ")
    if empties:
        message = f"The {draft.words} has no {words}."
        draft.require("state", f"{row}.{column} is not None", f"no_{words.replace(' ', '_')}", message, "state")
    else:
        anchor = draft.names.anchors.get(name)
        target = f"{anchor[0]}.{anchor[1]}" if anchor is not None else name
        message = f"It is the {words} of this {draft.words} already."
        draft.require("state", f"{row}.{column} != {target}", f"same_{words.replace(' ', '_')}", message, "state")
    values = {column: "None" if empties else name} | _set_values(draft)
    _change(draft, row, values, list(values))
    own = with_article(draft.words)
    if empties:
        return draft.tool("assign", f"Takes the {words} off {own}.", f"take the {words} off {own}")
    return draft.tool("assign", f"Sets the {words} of {own}.", _asked_assignment(draft, words, reference.table))


def _asked_assignment(draft: Draft, words: str, target: str) -> str:
    """How a person asks for it, with one noun for each of the two rows: what they are called can take their places."""
    own, other = with_article(draft.words), draft.words_of(target)
    if target == draft.table.name:
        return f"set the {words} of {own}"
    return (
        f"assign {with_article(other)} to {own}"
        if words == other
        else f"make {with_article(other)} the {words} of {own}"
    )
