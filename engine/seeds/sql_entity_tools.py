"""The tools worth having over one entity of a SQL schema."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.contracts.expression import parse
from engine.models.database import Role
from engine.seeds.rules import Condition, Rule
from engine.seeds.sql_entities import Draft
from engine.seeds.sql_guards import Guards, final_states, guards_of, row_name
from engine.seeds.sql_lifecycles import Transition, state_word
from engine.seeds.sql_names import plural_name, spoken, with_article
from engine.seeds.tool_entry import FilterEntry, OrderEntry, ParameterEntry, ReturnEntry, ToolEntry
from engine.syntax import parse_expression

_MOST_FILTERS = 7
_MOST_COLUMNS = 14
_MOST_TRANSITIONS = 7
_MOST_CHILDREN = 5

_FILTERABLE: tuple[Role, ...] = (
    "title", "person_name", "enum", "status", "reference", "email", "username", "date", "datetime", "money", "code", "city",
    "country", "flag", "rating", "quantity", "label", "number",
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A tool that could be offered; a smaller `level` is more worth having."""

    entity: str
    name: str
    entry: ToolEntry
    level: int


def is_link(draft: Draft) -> bool:
    """Whether an entity only says that two others belong together."""
    if len(draft.links) != 2 or len(set(draft.links.values())) != 2 or draft.machine is not None:
        return False
    others = [name for name in draft.columns if name not in draft.links and name not in draft.key]
    pair = set(draft.links)
    identified = set(draft.key) == pair or any(set(unique.columns) == pair for unique in draft.unique)
    telling = [name for name in others if draft.columns[name].role not in ("created_at", "updated_at")]
    return identified and len(telling) <= 2


class EntityTools:
    """The possible tools of one entity."""

    def __init__(self, draft: Draft, drafts: Mapping[str, Draft], owners: Mapping[str, str]) -> None:
        self.draft = draft
        self.drafts = drafts
        self.owned = draft.name in owners
        self.guards: Guards = guards_of(draft, drafts)
        self.one = draft.name
        self.many = draft.plural

    def all(self) -> list[Planned]:
        """Every tool, in the order in which a product's API would list them."""
        if is_link(self.draft):
            return [*self._pairing(), *self._lists(level=2)]
        return [
            *self._reads(),
            *self._lists(level=3),
            *self._writes(),
            *self._transitions(),
            *self._assignments(),
            *self._computations(),
        ]

    def _tool(self, name: str, level: int, **fields: object) -> Planned:
        return Planned(self.one, name, ToolEntry(**fields), level)  # pyright: ignore[reportArgumentType]

    # Reads

    def _reads(self) -> Iterable[Planned]:
        if self.draft.table.primary_key or self.draft.rowless:
            yield self._tool(f"get_{self.one}", 1, kind="get")
        order, fields = tuple(self._order()), self._telling_fields()
        yield self._tool(
            f"search_{self.many}", 1, kind="search", filters=tuple(self._filters()), order=order, fields=fields
        )
        for name, column in self.draft.columns.items():
            if (
                column.unique
                and column.role in ("email", "username", "code", "title", "person_name", "label", "phone")
                and (name,) != self.draft.key
            ):
                yield self._tool(f"find_{self.one}_by_{name}", 2, kind="lookup", by=(name,))
                break
        top = [
            name
            for name, column in self.draft.columns.items()
            if column.role in ("money", "rating") and not column.nullable
        ]
        if top and self.draft.label:
            best = f"list_top_{self.many}_by_{top[0]}"
            words = f"Lists the {spoken(self.many)} with the highest {spoken(top[0])}, the highest first."
            order = (OrderEntry(by=top[0], descending=True),)
            yield self._tool(
                best,
                6,
                kind="search",
                order=order,
                limit=5,
                description=words,
                filters=tuple(self._references_only()),
            )

    def _telling_fields(self) -> dict[str, ReturnEntry] | None:
        """For rows that have no name of their own: their columns, and what the rows they point to are called."""
        draft = self.draft
        if draft.label is not None:
            return None
        fields = {name: ReturnEntry(value=f"row.{name}") for name in draft.columns}
        for column, target in draft.links.items():
            label = self.drafts[target].label
            stem = column.removesuffix("_id")
            if label is None or stem == column or draft.columns[column].nullable or stem in draft.columns:
                continue
            fields.setdefault(
                label if label.startswith(f"{stem}_") else f"{stem}_{label}", ReturnEntry(value=f"row.{stem}.{label}")
            )
        return fields if len(fields) > len(draft.columns) else None

    def _filters(self) -> Iterable[FilterEntry]:
        """The criteria that people would look for, the most telling first."""
        columns = self.draft.columns
        chosen = [
            name
            for name in columns
            if columns[name].role in _FILTERABLE and name not in (self.draft.key if self.draft.counted else ())
        ]
        chosen.sort(key=lambda name: (name != self.draft.label, _FILTERABLE.index(columns[name].role)))
        for name in chosen[:_MOST_FILTERS]:
            role = columns[name].role
            if role in ("money", "quantity", "number", "rating"):
                yield FilterEntry(column=name, op="<=", name=f"maximum_{name}")
            elif role in ("date", "datetime"):
                yield FilterEntry(column=name, op=">=", name=f"{name}_from")
            else:
                yield FilterEntry(column=name, name=name)

    def _references_only(self) -> Iterable[FilterEntry]:
        for name in list(self.draft.links)[:2]:
            yield FilterEntry(column=name, name=name)

    def _order(self) -> Iterable[OrderEntry]:
        for role in ("created_at", "datetime", "date"):
            for name, column in self.draft.columns.items():
                if column.role == role and not column.nullable:
                    yield OrderEntry(by=name, descending=True)
                    return
        if self.draft.label is not None and not self.draft.columns[self.draft.label].nullable:
            yield OrderEntry(by=self.draft.label)

    def _lists(self, level: int) -> Iterable[Planned]:
        """The rows that belong to one parent."""
        for column, target in list(self.draft.links.items())[:3]:
            if self.one.startswith(f"{target}_"):
                name = f"list_{self.many}"
            else:
                stem = column.removesuffix("_id")
                name = (
                    f"list_{self.many}_{stem}"
                    if stem.endswith("_by")
                    else f"list_{self.many}_of_{called(column, target)}"
                )
            yield self._tool(
                name, level, kind="list", by=(column,), order=tuple(self._order()), fields=self._telling_fields()
            )
            level += 1

    # Writes

    def _writes(self) -> Iterable[Planned]:
        draft, guards = self.draft, self.guards
        acting = self.owned
        asked = [name for name in self._askable() if name not in guards.settings]
        create: dict[str, object] = {
            "rules": tuple(guards.rules),
            "set": dict(guards.settings),
            "effects": tuple(guards.create_effects),
        }
        if len(asked) > _MOST_COLUMNS:
            needed = [
                name for name in asked if not draft.columns[name].nullable and draft.columns[name].default is None
            ]
            create["columns"] = tuple(
                [*needed, *(name for name in asked if name not in needed)][: max(len(needed), _MOST_COLUMNS)]
            )
        elif not asked:
            create["columns"] = ()
        yield self._tool(f"create_{self.one}", 2, kind="create", **create)
        changeable = [name for name in asked if name not in guards.frozen and name not in draft.key]
        changeable = [name for name in changeable if name not in draft.links or draft.columns[name].nullable is False]
        changeable = [name for name in changeable if not (acting and name in draft.links)][:_MOST_COLUMNS]
        changeable = [name for name in changeable if name not in draft.links]
        open_states = self._open_states()
        if changeable:
            states: dict[str, object] = {"states": open_states, "code": f"{self.one}_closed"} if open_states else {}
            yield self._tool(f"update_{self.one}", 3, kind="update", columns=tuple(changeable), **states)
        delete: dict[str, object] = {}
        if guards.delete_effects:
            delete["effects"] = tuple(guards.delete_effects)
        cascade = self._cascade()
        if cascade:
            delete["cascade"] = cascade
        yield self._tool(f"delete_{self.one}", 4, kind="delete", **delete)

    def _askable(self) -> list[str]:
        """Columns whose value a caller gives to a new row."""
        draft = self.draft
        return [
            name
            for name, column in draft.columns.items()
            if column.role not in ("created_at", "updated_at") and not column.generated and name != draft.state
        ]

    def _open_states(self) -> tuple[str, ...]:
        """The states in which a row may be changed, where there are others."""
        if self.draft.machine is None:
            return ()
        final = final_states(self.draft.machine)
        return tuple(state for state in self.draft.machine.states if state not in final) if final else ()

    def _cascade(self) -> tuple[str, ...]:
        """Child tables whose rows go with the row, none of which has children of its own."""
        children = [
            name
            for name, draft in self.drafts.items()
            if any(draft.links.get(column) == self.one for column in draft.cascades) and name != self.one
        ]
        leaves = [name for name in children if not any(name in draft.links.values() for draft in self.drafts.values())]
        return tuple(name for name in leaves if not guards_of(self.drafts[name], self.drafts).delete_effects)

    def _transitions(self) -> Iterable[Planned]:
        machine, state = self.draft.machine, self.draft.state
        if machine is None or state is None:
            return
        for number, move in enumerate(machine.transitions[:_MOST_TRANSITIONS]):
            word = state_word(move.to)
            name = f"{move.verb}_{self.one}" if move.verb else f"mark_{self.one}_{word}"
            fields: dict[str, object] = {"kind": "transition", "to": move.to, "states": move.sources}
            rules = tuple(self._checked(state, repr(move.to)))
            code = f"{self.one}_not_{_code_word(move.sources)}"
            summary = _asked(move, with_article(spoken(self.one)))
            yield self._tool(name, 2 if number < 4 else 3, **fields, code=code, rules=rules, summary=summary)
        first = next((move for move in machine.transitions if move.to != machine.initial), None)
        plain = not any(state in parse(check.that).names for check in self.draft.checks)
        if first is not None and len(self.draft.key) == 1 and plain:
            name = f"{first.verb}_{self.many}" if first.verb else f"mark_{self.many}_{state_word(first.to)}"
            code = f"{self.one}_not_{_code_word(first.sources)}"
            summary = _asked(first, f"several {spoken(self.many)}")
            yield self._tool(name, 5, kind="batch", to=first.to, states=first.sources, code=code, summary=summary)

    def _assignments(self) -> Iterable[Planned]:
        for column, target in list(self.draft.links.items())[:4]:
            if column in self.draft.key or column in self.guards.frozen:
                continue
            role = called(column, target)
            states: dict[str, object] = {}
            if self._open_states():
                states = {"states": self._open_states(), "code": f"{self.one}_closed"}
            if any(column in unique.columns for unique in self.draft.unique) or self.draft.columns[column].unique:
                continue
            rules: tuple[Rule, ...] = tuple(self._checked(column, column))
            if self.draft.columns[column].nullable:
                if target == self.one and len(self.draft.key) == 1:
                    message = f"The {spoken(self.one)} can't be its own {spoken(role)}."
                    that = f"{column} != {self.one}.{self.draft.key[0]}"
                    rules = (
                        *rules,
                        Condition(that=that, code=f"own_{role}", message=message, kind="no_self_reference"),
                    )
                yield self._tool(f"assign_{role}_to_{self.one}", 4, kind="assign", column=column, rules=rules, **states)
                yield self._tool(f"remove_{role}_from_{self.one}", 5, kind="unassign", column=column, **states)
            elif not self.owned and target != self.one:
                yield self._tool(f"change_{role}_of_{self.one}", 5, kind="assign", column=column, rules=rules, **states)

    def _checked(self, column: str, value: str) -> Iterable[Rule]:
        """The row checks in which a column takes part, as they will be once it has the value."""
        for number, check in enumerate(self.draft.checks, 1):
            names = parse(check.that).names
            if column not in names:
                continue
            others = [name for name in sorted(names) if name != column]
            empty = [f"{self.one}.{name} is None or " for name in others if self.draft.columns[name].nullable]
            places = {name: f"{self.one}.{name}" for name in others} | {column: value}
            that = f"{''.join(empty)}({_with_names(check.that, places)})"
            code = check.code or f"invalid_{self.one}_{number}"
            message = check.message or f"The {spoken(self.one)} would break a rule: {check.that}."
            yield Condition(that=that, code=code, message=message, kind="row_check")

    def _pairing(self) -> Iterable[Planned]:
        """Putting two things together and taking them apart."""
        (first, first_target), (second, second_target) = self.draft.links.items()
        if not self.one.startswith(first_target) and self.one.startswith(second_target):
            (first, first_target), (second, second_target) = (second, second_target), (first, first_target)
        parent, child = row_name(first, first_target), row_name(second, second_target)
        combined = first_target in self.one or second_target in self.one
        words = f"{spoken(child)} to the {spoken(parent)}"
        create: dict[str, object] = {
            "rules": tuple(self.guards.rules),
            "set": dict(self.guards.settings),
            "effects": tuple(self.guards.create_effects),
        }
        if combined:
            create["summary"] = f"add the {words}"
        yield self._tool(f"add_{child}_to_{parent}" if combined else f"create_{self.one}", 1, kind="create", **create)
        takes_off: dict[str, object] = (
            {"effects": tuple(self.guards.delete_effects)} if self.guards.delete_effects else {}
        )
        if combined:
            takes_off["summary"] = f"remove the {spoken(child)} from the {spoken(parent)}"
        name = f"remove_{child}_from_{parent}" if combined else f"delete_{self.one}"
        yield self._tool(name, 2, kind="delete", **takes_off)
        telling = [name for name in self._askable() if name not in self.draft.links and name not in self.draft.key]
        changeable = [name for name in telling if name not in self.guards.frozen and name not in self.guards.settings]
        if changeable:
            yield self._tool(f"update_{self.one}", 4, kind="update", columns=tuple(changeable))

    # Computations

    def _computations(self) -> Iterable[Planned]:
        """How many rows belong to one, and what they come to."""
        if len(self.draft.key) != 1:
            return
        key = self.draft.key[0]
        returns: dict[str, ReturnEntry] = {}
        for name, child in self.drafts.items():
            column = next(
                (
                    one
                    for one, target in child.links.items()
                    if target == self.one and child.columns[one].to == f"{self.one}.{key}"
                ),
                None,
            )
            if column is None or len(returns) >= 2 * _MOST_CHILDREN:
                continue
            self._figures_of(child, name, column, key, returns)
        if returns:
            words = f"Returns figures about one {spoken(self.one)}: {', '.join(spoken(field) for field in returns)}."
            yield self._tool(
                f"get_{self.one}_summary",
                3,
                kind="compute",
                parameters={key: ParameterEntry(like=f"{self.one}.{key}")},
                returns=returns,
                description=words,
                summary=f"see the figures of the {spoken(self.one)}",
            )

    def _figures_of(self, child: Draft, name: str, column: str, key: str, returns: dict[str, ReturnEntry]) -> None:
        found = f"rows('{name}', {column}={key})"
        same = [one for one, target in child.links.items() if target == self.one]
        name_of = name if len(same) == 1 else f"{name}_{row_name(column, self.one)}"
        returns[f"{name_of}_count"] = ReturnEntry(value=f"count('{name}', {column}={key})", type="integer")
        if child.machine is not None and child.state is not None:
            final = final_states(child.machine)
            if final:
                left = f"len([row for row in {found} if row.{child.state} not in {final!r}])"
                returns[f"open_{plural_name(name_of)}"] = ReturnEntry(value=left, type="integer")
        money = [
            one for one, entry in child.columns.items() if entry.role == "money" and entry.type in ("real", "integer")
        ]
        counted = [
            one
            for one, entry in child.columns.items()
            if entry.role == "quantity" and entry.type in ("integer", "real")
        ]
        price = next((one for one in money if _is_price(one)), None)
        if price and counted:
            total, used = f"row.{price} * row.{counted[0]}", [price, counted[0]]
            field = f"{name_of}_total_price"
        elif money:
            total, used = f"row.{money[0]}", [money[0]]
            field = f"{name_of}_total_{money[0].removeprefix('total_').removeprefix('total') or 'amount'}"
        else:
            return
        present = " and ".join(f"row.{one} is not None" for one in used if child.columns[one].nullable)
        if len(used) == 1 and _is_price(used[0]):
            if not present:
                average = f"money(sum({total} for row in {found}) / count('{name}', {column}={key}))"
                value = f"{average} if exists('{name}', {column}={key}) else 0.0"
                returns[f"{name_of}_average_{used[0]}"] = ReturnEntry(value=value, type="real")
            return
        condition = f" if {present}" if present else ""
        returns[field] = ReturnEntry(value=f"money(sum({total} for row in {found}{condition}))", type="real")


def _with_names(expression: str, places: Mapping[str, str]) -> str:
    """The expression with its names replaced by other expressions."""

    class Replace(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:  # a function keeps its name
            node.args = [self.visit(argument) for argument in node.args]
            return node

        def visit_Name(self, node: ast.Name) -> ast.expr:
            return parse_expression(places[node.id]) if node.id in places else node

    return ast.unparse(Replace().visit(parse_expression(expression)))


def _asked(move: Transition, what: str) -> str:
    """How a person asks for a transition: `cancel an order`, `mark an order as overdue`."""
    return f"{spoken(move.verb)} {what}" if move.verb else f"mark {what} as {spoken(state_word(move.to))}"


def _is_price(column: str) -> bool:
    """Whether sums of the column alone say nothing."""
    return bool({"price", "cost", "rate", "msrp", "salary", "fare", "fee"} & set(column.split("_")))


def called(column: str, target: str) -> str:
    """What the row that a reference points to is for the row that has it: a manager, a parent, a customer."""
    if column == "parent_id":
        return f"parent_{target}"
    return row_name(column, target) if column.endswith("_id") else column


def _code_word(states: tuple[str, ...]) -> str:
    """The state that a rejection code names."""
    return state_word(states[0]) or "ready"
