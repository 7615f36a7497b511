"""Business rules that a SQL schema implies: stock, capacity, availability, closed parents, free time, dates in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.contracts.expression import parse
from engine.seeds.blueprint import RowCheck
from engine.seeds.rules import Balance, Capacity, NoOverlap, Rule, State
from engine.seeds.sql_entities import Draft
from engine.seeds.sql_lifecycles import RANK, StateMachine, state_word
from engine.seeds.sql_names import spoken
from engine.seeds.tool_entry import EffectEntry

_STOCK = frozenset({"stock", "inventory", "copies", "onhand", "available"})
_BOOKED = frozenset(
    {
        "booking",
        "reservation",
        "enrollment",
        "enrolment",
        "registration",
        "ticket",
        "appointment",
        "attendance",
        "signup",
    }
    | {
        "rental",
        "loan",
        "lease",
        "visit",
        "session",
        "meeting",
        "schedule",
        "participant",
        "attendee",
        "rsvp",
        "membership",
    }
)
_CAPACITY = frozenset(
    {
        "capacity",
        "max_participants",
        "max_students",
        "max_capacity",
        "max_attendees",
        "max_players",
        "seats",
        "total_seats",
    }
)
_SPANS = (("start", "end"), ("starts", "ends"), ("started", "ended"), ("from", "to"), ("check_in", "check_out"), ("checkin", "checkout"),
          ("departure", "arrival"), ("begin", "end"), ("opened", "closed"), ("pickup", "return"), ("loan", "due"), ("borrow", "due"),
          ("borrowed", "due"), ("order", "required"), ("order", "shipped"), ("hire", "termination"), ("issue", "due"), ("issue", "expiry"))  # fmt: skip
_MOMENT_ENDS = ("_date", "_time", "_at", "_on", "_datetime", "_timestamp", "")


@dataclass
class Guards:
    """What creating (and undoing) a row of an entity must respect and change.

    Attributes:
        rules: Rules of the create tool.
        settings: Column -> expression that the create tool sets instead of asking for it.
        create_effects: Further changes that come with a new row.
        delete_effects: Further changes that come with deleting one.
        frozen: Columns that must not be updated, since something was computed from them.
    """

    rules: list[Rule] = field(default_factory=list[Rule])
    settings: dict[str, str] = field(default_factory=dict[str, str])
    create_effects: list[EffectEntry] = field(default_factory=list[EffectEntry])
    delete_effects: list[EffectEntry] = field(default_factory=list[EffectEntry])
    frozen: set[str] = field(default_factory=set[str])


def final_states(machine: StateMachine) -> tuple[str, ...]:
    """States that no row leaves."""
    left = {source for transition in machine.transitions for source in transition.sources}
    return tuple(state for state in machine.states if state not in left)


def row_name(column: str, target: str) -> str:
    """What the row that a reference parameter points to is called in rules."""
    return column.removesuffix("_id") if column.endswith("_id") and len(column) > 3 else target


def guards_of(draft: Draft, drafts: Mapping[str, Draft]) -> Guards:
    """The guards of one entity; a row check for dates in order is added to the entity itself."""
    guards = Guards()
    for reference in draft.composite:
        guards.frozen.update(reference.columns)
    _own_total(draft, drafts, guards)
    named: set[str] = set()
    # things before what they are put into: a price must be known before it is summed up
    for column, target in sorted(draft.links.items(), key=lambda link: _total_column(drafts[link[1]]) is not None):
        parent, name = drafts[target], row_name(column, target)
        if draft.columns[column].nullable or parent is draft or name in named or column in guards.settings:
            continue
        named.add(name)
        _open_parent(draft, parent, name, guards)
        _stock(draft, parent, column, name, guards)
        _price(draft, parent, name, guards)
        _total(draft, parent, column, name, guards)
        _capacity(draft, parent, column, name, guards)
        _free_time(draft, parent, column, guards)
    return guards


def _open_parent(draft: Draft, parent: Draft, name: str, guards: Guards) -> None:
    """Rows are added to a parent only while it can still change; things are booked only while they are available."""
    if parent.machine is None or parent.state is None:
        return
    available = tuple(
        state for state in parent.machine.states if state_word(state) in ("available", "in_stock", "vacant", "free")
    )
    if available and draft.name.rpartition("_")[2] in _BOOKED:
        if _span(draft) is not None:
            return  # what is taken today can be booked for another day
        message = f"The {spoken(name)} is {{{name}.{parent.state}}}."
        guards.rules.append(_state_rule(f"{name}.{parent.state}", {"in": available}, f"{name}_not_available", message))
        return
    final = final_states(parent.machine)
    done = tuple(state for state in final if state_word(state) not in RANK or RANK[state_word(state)] >= 60)
    if done and len(done) < len(parent.machine.states):
        message = f"The {spoken(name)} is {{{name}.{parent.state}}}."
        guards.rules.append(_state_rule(f"{name}.{parent.state}", {"not_in": done}, f"{name}_closed", message))


def _state_rule(column: str, states: dict[str, tuple[str, ...]], code: str, message: str) -> State:
    """A rule over the state of a row; `in` is no name that Python could pass."""
    return State.model_validate({"column": column, "code": code, "message": message, **states})


def _stock(draft: Draft, parent: Draft, column: str, name: str, guards: Guards) -> None:
    """What is sold is taken out of stock, and comes back when the row is deleted."""
    stock = [one for one, entry in parent.columns.items() if entry.role == "quantity" and set(one.split("_")) & _STOCK]
    stock = [one for one in stock if _is_whole(parent, one) and _is_free(parent, one)]
    sold = [one for one in draft.columns if one in ("quantity", "qty", "order_qty", "quantity_ordered", "amount")]
    sold = [one for one in sold if not draft.columns[one].nullable and draft.columns[one].type == "integer"]
    if not stock or not sold or len(draft.links) < 2 or len(parent.key) != 1 or "effect" in guards.settings:
        return
    have, want = stock[0], sold[0]
    if any(isinstance(rule, Balance) for rule in guards.rules):
        return
    message = f"Only {{{name}.{have}}} are left."
    guards.rules.append(Balance(has=f"{name}.{have}", needs=want, code="insufficient_stock", message=message))
    key = f"{name}.{parent.key[0]}"
    guards.create_effects.append(EffectEntry(update=parent.name, key=key, set={have: f"{name}.{have} - {want}"}))
    if column.endswith("_id"):
        back = f"{draft.name}.{name}"
        guards.delete_effects.append(
            EffectEntry(
                update=parent.name, key=f"{draft.name}.{column}", set={have: f"{back}.{have} + {draft.name}.{want}"}
            )
        )
    guards.frozen.update({want, column})


def _is_whole(draft: Draft, column: str) -> bool:
    return draft.columns[column].type == "integer" and not draft.columns[column].nullable


def _is_free(draft: Draft, column: str) -> bool:
    """Whether nothing limits how large a column's value grows."""
    named = any(column in parse(check.that).names for check in draft.checks)
    return draft.columns[column].maximum is None and not named and not draft.columns[column].unique


def _counted(draft: Draft) -> str | None:
    """The column that says how many of a thing a row is about."""
    names = ("quantity", "qty", "order_qty", "quantity_ordered")
    return next((name for name in draft.columns if name in names and _is_whole(draft, name)), None)


def _total_column(draft: Draft) -> str | None:
    """The column that holds what a row's parts come to."""
    names = ("total", "total_amount", "total_price", "grand_total", "order_total", "invoice_total")
    return next(
        (
            name
            for name in draft.columns
            if name in names and draft.columns[name].role == "money" and not draft.columns[name].nullable
        ),
        None,
    )


def _parts_price(draft: Draft, parent: Draft) -> str | None:
    """The price column of rows that make up their parent's total."""
    total = _total_column(parent)
    if total is None or _counted(draft) is None or len(draft.links) < 2 or len(parent.key) != 1:
        return None
    prices = [name for name in draft.columns if name.endswith("price") and not name.startswith("total")]
    kind = parent.columns[total].type
    prices = [name for name in prices if draft.columns[name].role == "money" and not draft.columns[name].nullable]
    prices = [name for name in prices if draft.columns[name].type == kind]
    return prices[0] if prices and _is_free(parent, total) else None


def _own_total(draft: Draft, drafts: Mapping[str, Draft], guards: Guards) -> None:
    """A new row whose parts are added later comes to nothing yet."""
    total = _total_column(draft)
    for part in drafts.values():
        link = next(
            (column for column, target in part.links.items() if target == draft.name and column.endswith("_id")), None
        )
        if total is None or link is None or part.columns[link].nullable or _parts_price(part, draft) is None:
            continue
        low = draft.columns[total].minimum
        if low is None or low == 0:
            guards.settings[total] = "0.0" if draft.columns[total].type == "real" else "0"
            guards.frozen.add(total)


def _total(draft: Draft, parent: Draft, column: str, name: str, guards: Guards) -> None:
    """A new part adds to its parent's total; a deleted one takes its share away."""
    price, count, total = _parts_price(draft, parent), _counted(draft), _total_column(parent)
    low = parent.columns[total].minimum if total else None
    if price is None or count is None or total is None or not column.endswith("_id") or low not in (None, 0):
        return
    amount = f"{guards.settings.get(price, price)} * {count}"
    key = f"{name}.{parent.key[0]}"
    guards.create_effects.append(
        EffectEntry(update=parent.name, key=key, set={total: f"money({name}.{total} + {amount})"})
    )
    share = f"{draft.name}.{name}.{total} - {draft.name}.{price} * {draft.name}.{count}"
    less = f"max(0, money({share}))" if low == 0 else f"money({share})"
    guards.delete_effects.append(EffectEntry(update=parent.name, key=f"{draft.name}.{column}", set={total: less}))
    guards.frozen.update({price, count, column})


def _price(draft: Draft, parent: Draft, name: str, guards: Guards) -> None:
    """A sold item gets the price that the product has."""
    counted = any(entry.role == "quantity" for entry in draft.columns.values())
    for column, entry in draft.columns.items():
        other = parent.columns.get(column)
        if not counted or other is None or column in guards.settings or not column.endswith("price"):
            continue
        if (
            entry.role == other.role == "money"
            and not entry.nullable
            and not other.nullable
            and entry.type == other.type
        ):
            guards.settings[column] = f"{name}.{column}"
            guards.frozen.add(column)


def _capacity(draft: Draft, parent: Draft, column: str, name: str, guards: Guards) -> None:
    """No more rows than the parent has room for."""
    if draft.name.rpartition("_")[2] not in _BOOKED or any(isinstance(rule, Capacity) for rule in guards.rules):
        return
    if _span(draft) is not None:
        return  # then the room is for those of one booking, and bookings must not overlap
    for limit, entry in parent.columns.items():
        if limit in _CAPACITY and entry.type == "integer" and not entry.nullable:
            message = f"The {spoken(name)} is full."
            guards.frozen.add(column)
            guards.rules.append(
                Capacity(
                    rows=draft.name,
                    match={column: column},
                    limit=f"{name}.{limit}",
                    code=f"{name}_full",
                    message=message,
                )
            )
            return


def _free_time(draft: Draft, parent: Draft, column: str, guards: Guards) -> None:
    """A thing or person is booked once at a time."""
    span = _span(draft)
    if (
        span is None
        or draft.name.rpartition("_")[2] not in _BOOKED
        or any(isinstance(rule, NoOverlap) for rule in guards.rules)
    ):
        return
    if any(draft.columns[one].nullable or one in guards.settings for one in span):
        return
    if parent.name in ("customer", "user", "member", "client", "guest"):
        return
    start, end = span
    guards.frozen.update({start, end, column})
    guards.rules.append(
        NoOverlap(
            rows=draft.name,
            match={column: column},
            starts=start,
            ends=end,
            start=start,
            end=end,
            code=f"{parent.name}_taken",
            message=f"The {spoken(parent.name)} is taken at that time.",
        )
    )


def _span(draft: Draft) -> tuple[str, str] | None:
    """The columns with the start and the end of a row's time, of one type."""
    for first, second in _SPANS:
        for ending in _MOMENT_ENDS:
            start, end = first + ending, second + ending
            if start in draft.columns and end in draft.columns:
                kinds = {draft.columns[start].type, draft.columns[end].type}
                created = {draft.columns[start].role, draft.columns[end].role} & {"created_at", "updated_at"}
                if len(kinds) == 1 and kinds <= {"date", "datetime", "time"} and not created:
                    return start, end
    return None


def add_order_of_dates(draft: Draft) -> None:
    """An end is not before its start, unless a row seen says otherwise."""
    span = _span(draft)
    if span is None or draft.columns[span[0]].type == "time":
        return
    start, end = span
    expression = f"{end} >= {start}"
    if any(start in check.that and end in check.that for check in draft.checks):
        return
    places = {name: index for index, column in enumerate(draft.table.columns) if (name := draft.names.get(column.name))}
    for row in draft.table.rows:
        first, last = row[places[start]], row[places[end]]
        if first is not None and last is not None and str(last) < str(first):
            return
    words = f"The {spoken(end)} must not be before the {spoken(start)}."
    draft.checks.append(RowCheck(that=expression, code="dates_out_of_order", message=words))
