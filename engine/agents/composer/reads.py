"""Tools that answer without changing anything: get, lookup, search, list, compute."""

from __future__ import annotations

from engine.agents.composer import common
from engine.agents.composer.draft import Draft
from engine.agents.composer.names import reference_by_stem, substitute
from engine.agents.composer.naming import parameter_name, plural, snake, with_article
from engine.contracts.expression import parse
from engine.models.database import Column, Role
from engine.models.tool import Order, Parameter, Query, ReturnField, Tool
from engine.seeds.problems import Path, nearest
from engine.seeds.tool_entry import FilterEntry

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100

PART_OF: frozenset[Role] = frozenset({"title", "text", "person_name", "address", "url"})
"""Roles for which a bare filter means: contains, whatever the case."""
ANY_CASE: frozenset[Role] = frozenset({"label", "city", "country", "email", "username"})
"""Roles for which a bare filter means: equal, whatever the case."""


def compose_get(draft: Draft) -> Tool:
    """One row by its key."""
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    draft.key_parameters()
    common.add_parameters(draft)
    common.require_user(draft)
    row = draft.bind_own_row()
    _rest_of_parameters(draft)
    if path is not None:
        common.require_ownership(draft, path)
    common.apply_binds(draft)
    common.apply_rules(draft)
    _answer_row(draft, row)
    words = with_article(draft.words)
    return draft.tool("get", f"Returns {words} with all its details.", f"look up {words}")


def compose_lookup(draft: Draft) -> Tool:
    """One row by a unique column that people know."""
    table = draft.table
    by = draft.entry.by
    for column in by:
        if column not in table.column:
            raise draft.names.problem(
                ("by",), f"`{table.name}` has no column `{column}`", nearest(column, table.column)
            )
    if not any(set(key) <= set(by) for key in (*table.unique, table.primary_key)):
        fix = "make it `unique`, or use a `search`"
        raise draft.names.problem(("by",), f"`{', '.join(by)}` does not pick one {draft.words}", fix)
    for column in by:
        draft.add(draft.parameter_for(column))
    common.add_parameters(draft)
    matched = ", ".join(f"{column}={parameter_name(column, draft.noun)}" for column in by)
    shown = ", ".join(f"{{{parameter_name(column, draft.noun)}!r}}" for column in by)
    words = " and ".join(column.replace("_", " ") for column in by)
    condition = f"exists('{table.name}', {matched})"
    draft.require("existence", condition, f"{draft.noun}_not_found", f"No {draft.words} with {words} {shown}.")
    row = draft.names.bind_row(table.name, table.name, f"rows('{table.name}', {matched})[0]")
    draft.row = row
    _rest_of_parameters(draft, skip=by)
    common.apply_binds(draft)
    common.apply_rules(draft)
    _answer_row(draft, row)
    return draft.tool(
        "get", f"Finds {with_article(draft.words)} by {words}.", f"find {with_article(draft.words)} by {words}"
    )


def compose_search(draft: Draft) -> Tool:
    """Rows by optional criteria."""
    _rows_answer(draft, [])
    words = plural(draft.table.name, draft.entity)
    return draft.tool("search", f"Searches {words}; criteria that are left out don't narrow.", f"search {words}")


def compose_list(draft: Draft) -> Tool:
    """Rows that belong to a parent."""
    table = draft.table
    conditions: list[str] = []
    for column in draft.entry.by:
        if column not in table.column:
            raise draft.names.problem(
                ("by",), f"`{table.name}` has no column `{column}`", nearest(column, table.column)
            )
        name = draft.add(draft.parameter_for(column))
        conditions.append(f"row.{column} == {name}")
    _rows_answer(draft, conditions)
    words = plural(table.name, draft.entity)
    parents = " and ".join(
        with_article(draft.words_of(reference.table))
        if (reference := table.reference_of(column))
        else column.replace("_", " ")
        for column in draft.entry.by
    )
    return draft.tool("list", f"Lists the {words} of {parents}.", f"list the {words} of {parents}")


def compose_compute(draft: Draft) -> Tool:
    """Computed values."""
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    common.add_parameters(draft)
    common.require_user(draft)
    draft.bind_parameter_rows()
    _own_row_of_parameters(draft)
    if path is not None:
        common.require_ownership(draft, path)
    common.apply_binds(draft)
    common.apply_rules(draft)
    common.apply_returns(draft)
    words = draft.name.replace("_", " ")
    return draft.tool("compute", f"{words.capitalize()}.", words)


def _own_row_of_parameters(draft: Draft) -> None:
    """The tool's own row, where a parameter carries its key."""
    if draft.names.rows.get(draft.table.name) == draft.table.name:
        draft.row = draft.table.name


def _rest_of_parameters(draft: Draft, skip: tuple[str, ...] = ()) -> None:
    keys = {parameter_name(column, draft.noun) for column in (*draft.table.primary_key, *skip)}
    draft.bind_parameter_rows(skip=keys)


def _answer_row(draft: Draft, row: str) -> None:
    fields = draft.entry.fields
    if fields is None:
        draft.returns = common.row_fields(draft, row, draft.table)
    else:
        for name, entry in fields.items():
            at: Path = ("fields", name)
            value = substitute(entry.value, {"row": row}) if "row" in parse(entry.value).names else entry.value
            draft.returns.append(common.return_field(draft, name, entry.model_copy(update={"value": value}), at))
    common.apply_returns(draft)


def _rows_answer(draft: Draft, conditions: list[str]) -> None:
    entry = draft.entry
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
        common.require_user(draft)
    table = draft.table
    filters = [
        (item, _add_filter(draft, item, ("filters", index)), ("filters", index))
        for index, item in enumerate(entry.filters)
    ]
    common.add_parameters(draft)
    draft.bind_parameter_rows(
        skip=[
            name
            for name, parameter in draft.names.parameters.items()
            if not parameter.required and name not in entry.parameters
        ]
    )
    limit = draft.add(
        Parameter(
            name="limit" if draft.names.free("limit") else "result_limit",
            type="integer",
            required=False,
            default=entry.limit or DEFAULT_LIMIT,
            minimum=1,
            maximum=max(LARGEST_LIMIT, entry.limit or 0),
            description=f"Largest number of {plural(table.name, draft.entity)} to return.",
        )
    )
    common.apply_binds(draft)
    common.apply_rules(draft)
    local = {"row": table.name}
    if path is not None and draft.user is not None:
        owner = draft.names.resolve(f"row.{path}", ("owner",), local)
        conditions.append(owner.as_condition(without=False) + f" == {draft.user}")
    if entry.where is not None:
        where = draft.names.resolve(entry.where, ("where",), local).as_condition(without=False)
        conditions.append(f"({where})" if " or " in where or " if " in where else where)
    for item, name, at in filters:
        conditions.append(_filter_condition(draft, item, name, at))
    fields: dict[str, str] = {}
    refers_to: dict[str, str] = {}
    if entry.fields is None:
        for column in table.columns:
            fields[column.name] = f"row.{column.name}"
    else:
        for name, field in entry.fields.items():
            fields[name] = draft.names.resolve(field.value, ("fields", name), local).as_value()
            if field.refers_to is not None:
                refers_to[name] = field.refers_to
    for name, text in fields.items():
        reference = common.reference_of_text(draft, text, local)
        if reference is not None:
            refers_to.setdefault(name, reference)
    order: list[Order] = []
    for index, item in enumerate(entry.order):
        text = f"row.{item.by}" if item.by in table.column else item.by
        resolved = draft.names.resolve(text, ("order", index), local).as_value()
        order.append(Order(expression=resolved, descending=item.descending))
    query = Query(
        table=table.name,
        where=" and ".join(conditions) or None,
        order=tuple(order),
        limit=limit,
        fields=fields,
        refers_to=refers_to,
    )
    name = snake(plural(table.name, draft.entity))
    draft.returns.append(ReturnField(name=name, query=query, type="array"))
    common.apply_returns(draft)


def _add_filter(draft: Draft, item: FilterEntry, at: Path) -> str:
    """Adds the parameter of a criterion and answers its name."""
    table = draft.table
    if item.column is not None and item.column not in table.column:
        stems = [
            column.removesuffix("_id")
            for column in table.column
            if reference_by_stem(table, column.removesuffix("_id"))
        ]
        raise draft.names.problem(
            at, f"`{table.name}` has no column `{item.column}`", nearest(item.column, [*table.column, *stems])
        )
    wanted = item.name or item.column or ""
    name = parameter_name(wanted, draft.noun) if wanted == item.column else wanted
    if not draft.names.free(name):
        raise draft.names.problem(
            at, f"`{name}` can't be a parameter here", "name the parameter otherwise: `COLUMN OP PARAMETER`"
        )
    if item.like is not None:
        source, column = draft.column_at(item.like, (*at, "like"))
        parameter = draft.parameter_for(column.name, table=source, name=name, required=item.required)
    elif item.column is not None:
        parameter = draft.parameter_for(item.column, name=name, required=item.required)
    elif item.type is not None:
        parameter = Parameter(name=name, type=item.type, required=item.required)
    else:
        raise draft.names.problem(at, f"the type of `{name}` is not known", "give `like: TABLE.COLUMN` or `type`")
    described = item.description or _describe_filter(draft, item, parameter)
    return draft.add(parameter.model_copy(update={"description": described}))


def _describe_filter(draft: Draft, item: FilterEntry, parameter: Parameter) -> str:
    if item.column is None:
        return parameter.description or f"{parameter.name.replace('_', ' ').capitalize()}."
    called = item.column.replace("_", " ")
    rows = plural(draft.table.name, draft.entity)
    moment = parameter.type in ("date", "datetime", "time")
    words = {
        "<=": "no later than this" if moment else "at most this",
        ">=": "no earlier than this" if moment else "at least this",
        "<": "before this" if moment else "below this",
        ">": "after this" if moment else "above this",
        "!=": "not this",
    }
    if item.op in words:
        return f"Only {rows} whose {called} is {words[item.op]}."
    if _compares(draft.table.column[item.column], item) == "contains":
        return f"Part of the {called}, in any case."
    return parameter.description


def _compares(column: Column, item: FilterEntry) -> str:
    if item.op:
        return item.op
    if column.type == "text" and column.role in PART_OF:
        return "contains"
    return "same" if column.type == "text" and column.role in ANY_CASE else "=="


def _filter_condition(draft: Draft, item: FilterEntry, name: str, at: Path) -> str:
    if item.column is not None:
        column = draft.table.column[item.column]
        row = f"row.{item.column}"
        how = _compares(column, item)
        if how == "contains":
            condition = f"contains({row}, {name})"
        elif how == "same":
            condition = f"lower({row}) == lower({name})"
        else:
            condition = f"{row} {how} {name}"
        if column.nullable and how not in ("==", "!="):
            condition = f"{row} is not None and {condition}"
    else:
        resolved = draft.names.resolve(item.where or "", (*at, "where"), {"row": draft.table.name})
        condition = resolved.as_condition(without=False)
    if item.required:
        return f"({condition})" if " or " in condition or " if " in condition else condition
    simple = " and " not in condition and " or " not in condition and " if " not in condition
    return f"({name} is None or {condition if simple else f'({condition})'})"
