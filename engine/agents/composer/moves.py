"""Tools that change several rows in one go: transfer, batch, action."""

from __future__ import annotations

from engine.agents.composer import common
from engine.agents.composer.draft import Draft
from engine.agents.composer.naming import parameter_name, plural, snake, stem
from engine.agents.composer.rules import RuleLowering
from engine.agents.composer.validity import restate
from engine.contracts.expression import parse
from engine.models.tool import Effect, ReturnField, Tool, ToolCategory
from engine.seeds.problems import nearest

LARGEST_BATCH = 20


def compose_transfer(draft: Draft) -> Tool:
    """Moves an amount between two rows."""
    table, column = draft.table, draft.entry.column or ""
    if column not in table.column or table.column[column].type not in ("integer", "real"):
        numbers = [item.name for item in table.columns if item.type in ("integer", "real")]
        raise draft.names.problem(
            ("column",), f"`{table.name}` has no number column `{column}`", nearest(column, numbers)
        )
    key, *others = table.primary_key
    if others:
        raise draft.names.problem(
            ("kind",), "a transfer needs rows with a single key column", "write it as an `action`"
        )
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    own = stem(key) or table.name
    source = draft.add(
        draft.parameter_for(key, name=f"from_{key}", key=True, description=f"Id of the {draft.words} that gives.")
    )
    target = draft.add(
        draft.parameter_for(key, name=f"to_{key}", key=True, description=f"Id of the {draft.words} that receives.")
    )
    amount = draft.parameter_for(
        column, name="amount", description=f"How much {column.replace('_', ' ')} to move; more than zero."
    )
    draft.add(amount.model_copy(update={"minimum": 0.0, "maximum": None}))
    common.add_parameters(draft)
    common.require_user(draft)
    draft.bind_parameter_rows()
    giver, taker = draft.names.anchors[source][0], draft.names.anchors[target][0]
    draft.row = giver
    if path is not None:
        condition = common.ownership(draft, path, giver, {})
        draft.require("ownership", condition, f"not_your_{draft.noun}", f"The {draft.words} is not yours.", "ownership")
    draft.require(
        "state",
        f"{giver}.{key} != {taker}.{key}",
        f"same_{own}",
        f"Give two different {plural(table.name, draft.entity)}.",
        "condition",
    )
    common.apply_binds(draft)
    common.apply_rules(draft)
    message = f"There is not enough {column.replace('_', ' ')}."
    draft.require("rules", f"{giver}.{column} >= amount", f"insufficient_{column}", message, "balance")
    draft.require("validity", "amount > 0", "invalid_amount", "The amount must be more than zero.")
    highest = table.column[column].maximum
    if highest is not None:
        full = f"The receiving {draft.words} can't hold that much."
        draft.require("validity", f"{taker}.{column} + amount <= {highest!r}", f"{column}_too_high", full)
    for row, parameter, sign in ((giver, source, "-"), (taker, target, "+")):
        text = f"{row}.{column} {sign} amount"
        if table.column[column].role == "money":
            text = f"money({text})"
        values = common.values_of_update(table, {column: text})
        draft.effects.append(Effect(table=table.name, operation="update", key=parameter, values=values))
    common.apply_effects(draft)
    draft.returns = [
        ReturnField(name=parameter, value=parameter, refers_to=f"{table.name}.{key}", type=table.column[key].type)
        for parameter in (source, target)
    ] + [
        ReturnField(
            name=f"{name}_{column}",
            value=f"after('{table.name}', {parameter}).{column}",
            type=table.column[column].type,
        )
        for name, parameter in (("from", source), ("to", target))
    ]
    common.apply_returns(draft)
    words = plural(table.name, draft.entity)
    return draft.tool(
        "transfer",
        f"Moves {column.replace('_', ' ')} between two {words}.",
        f"move {column.replace('_', ' ')} between {words}",
    )


def compose_batch(draft: Draft) -> Tool:
    """Does a transition or change to many rows at once, all or none."""
    table, entry = draft.table, draft.entry
    key, *others = table.primary_key
    if others:
        raise draft.names.problem(("kind",), "a batch needs rows with a single key column", "write it as an `action`")
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    base = draft.parameter_for(key, key=True)
    words = plural(table.name, draft.entity)
    keys = draft.add(
        base.model_copy(
            update={"name": f"{parameter_name(key, draft.noun)}s", "array": True, "description": f"Ids of the {words}."}
        )
    )
    common.add_parameters(draft)
    common.require_user(draft)
    draft.bind_parameter_rows(skip=[keys])
    item = table.name if draft.names.free(table.name) else f"{table.name}_row"
    items = draft.names.fresh(snake(words) if snake(words) != item else f"{item}_rows")
    draft.names.bindings[items] = f"[rows('{table.name}', {key}=item)[0] for item in {keys}]"
    draft.names.lists[items] = table.name
    local: dict[str, str | None] = {item: table.name}

    def every(condition: str) -> str:
        return f"all({condition} for {item} in {items})" if item in parse(condition).names else condition

    found = f"all(exists('{table.name}', {key}=item) for item in {keys})"
    draft.require("existence", found, f"{draft.noun}_not_found", f"Some {draft.words} does not exist.")
    if path is not None:
        condition = common.ownership(draft, path, item, local)
        draft.require(
            "ownership", every(condition), f"not_your_{draft.noun}", f"Some {draft.words} is not yours.", "ownership"
        )
    column = common.state_column(draft) if entry.states or entry.to is not None else ""
    condition = common.state_condition(draft, item, column) if entry.states else None
    if condition is None and entry.to is not None:
        condition = f"{item}.{column} != {entry.to!r}"
    if condition is not None:
        draft.require("state", every(condition), common.state_code(draft) if entry.states else entry.code or f"{draft.noun}_is_{entry.to}",
                      f"Some {draft.words} is in another state.", "state")  # fmt: skip
    common.apply_binds(draft)
    lowering = RuleLowering(draft, local)
    for index, rule in enumerate(entry.rules):
        lowered = lowering.lower(rule, ("rules", index))
        kind = rule.kind if rule.rule == "condition" else rule.rule
        draft.require("rules", every(lowered.condition), lowered.code, lowered.message, kind)
    largest = entry.limit or LARGEST_BATCH
    draft.require("validity", f"len({keys}) > 0", "nothing_given", f"Give at least one {draft.words}.")
    draft.require(
        "validity", f"len({keys}) <= {largest}", "too_many_given", f"At most {largest} {words} at a time.", "capacity"
    )
    once = f"all(len([other for other in {keys} if other == item]) == 1 for item in {keys})"
    draft.require("validity", once, "given_twice", f"Some {draft.words} is given twice.")
    values = _batch_values(draft, column, local)
    if values:
        changes = common.values_of_update(table, values)
        draft.effects.append(
            Effect(table=table.name, operation="update", each=f"{item} in {items}", key=f"{item}.{key}", values=changes)
        )
    common.apply_effects(draft)
    draft.returns = [
        ReturnField(name=keys, value=keys, refers_to=f"{table.name}.{key}", type="array"),
        ReturnField(
            name="changed", value=f"len({keys})", type="integer", description=f"How many {words} were changed."
        ),
    ]
    if entry.to is not None:
        draft.returns.append(ReturnField(name=column, value=repr(entry.to), type="text"))
    common.apply_returns(draft)
    summary = (
        f"set several {words} to {entry.to.replace('_', ' ')}" if entry.to is not None else f"change several {words}"
    )
    return draft.tool("batch", f"Changes several {words} at once; either all are changed or none.", summary)


def _batch_values(draft: Draft, column: str, local: dict[str, str | None]) -> dict[str, str]:
    values: dict[str, str] = {}
    target = draft.entry.to
    if target is not None:
        enum = draft.table.column[column].enum or ()
        if target not in enum:
            raise draft.names.problem(
                ("to",), f"`{target}` is not a state of `{draft.table.name}`", nearest(target, enum)
            )
        values[column] = repr(target)
    for name, text in draft.entry.set.items():
        values[name] = draft.value_for(draft.table, name, text, ("set",), local)
    return values


_CATEGORY_OF_OPERATION: dict[str, ToolCategory] = {"insert": "create", "update": "update", "delete": "delete"}


def compose_action(draft: Draft) -> Tool:
    """Several changes of several tables in one go, as the author wrote them."""
    path = common.owner_path(draft)
    if path is not None:
        common.add_user(draft, path)
    common.add_parameters(draft)
    common.require_user(draft)
    draft.bind_parameter_rows()
    if draft.names.rows.get(draft.table.name) == draft.table.name:
        draft.row = draft.table.name
    if path is not None:
        common.require_ownership(draft, path)
    common.apply_binds(draft)
    common.apply_rules(draft)
    common.apply_effects(draft)
    for effect in draft.effects:
        if effect.operation == "insert" and effect.table == draft.table.name and effect.each is None:
            restate(draft, effect.values, None)
    _answer_action(draft)
    common.apply_returns(draft)
    words = draft.name.replace("_", " ")
    return draft.tool(_CATEGORY_OF_OPERATION[draft.effects[0].operation], f"{words.capitalize()}.", words)


def _answer_action(draft: Draft) -> None:
    """What is answered beside what the author says: the id of a new row; without a word, of all rows made or named."""
    for effect in draft.effects:
        table = draft.database.table[effect.table]
        own = effect.table == draft.table.name or not draft.entry.returns
        if own and effect.bind is not None and effect.each is None and effect.when is None:
            for column in table.primary_key:
                draft.returns.append(
                    ReturnField(
                        name=column,
                        value=f"{effect.bind}.{column}",
                        refers_to=common.reference_of_column(table, column),
                        type=table.column[column].type,
                    )
                )
    if draft.returns or draft.entry.returns:
        return
    draft.returns = [
        ReturnField(name=parameter.name, value=parameter.name, refers_to=parameter.refers_to, type=parameter.type)
        for parameter in draft.names.parameters.values()
        if parameter.refers_to is not None and not parameter.array
    ] or [ReturnField(name="done", value="True", type="boolean")]
