"""A function in the making: its lines so far, the names in use, and which of the contract's bindings are written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from engine.contracts.dependence import certain_names, names_in, needs_of
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import (
    CLOCK_NAMES,
    Expression,
    parse,
    parse_each,
    parse_message,
    state_calls,
    tables_read,
)
from engine.contracts.layout import Group, Text, layout
from engine.contracts.names import RESERVED
from engine.contracts.rendering import COMPARE, OR, Renderer, quoted
from engine.contracts.shapes import ShapeReader, name_shapes
from engine.errors import ContractError
from engine.models.database import DatabaseSchema
from engine.models.tool import Effect, Query, Tool


class Draft:
    """What the parts of the code writer share.

    Attributes:
        lines: The function's body so far; `indent` is where the next line starts, in spaces.
        shapes: What is known of the names in scope.
        done: Bindings (and `now`, `today`) that have their line, or are written in place.
        known: Texts of expressions that the requirements so far say are not null.
        written: The tables that some effect changes.
        updated: (table, text of a key) -> local variable with the row after the call.
        planned: `id` of an effect -> local variable with its changes, worked out before the first effect.
    """

    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        self.tool = tool
        self.database = database
        self.contract = tool.contract
        self.shapes = name_shapes(tool, database)
        self.bindings = {binding.name: parse(binding.expression) for binding in self.contract.bindings}
        self.render = Renderer(database)
        self.render.after = self.after_local
        self.lines: list[str] = []
        self.indent = 4
        self.done: set[str] = set()  # bindings that are written (or written in place)
        self.known: set[str] = set()  # what the requirements so far say is not null
        self.taken = self._taken()
        self.written = tool.tables_written
        self.updated: dict[tuple[str, str], str] = {}  # (table, key) -> local with the row after the call
        self.planned: dict[int, str] = {}  # id of an effect -> local with its changes, worked out beforehand
        self.present = self._present_rows()
        self._place_clock()

    def put(self, text: Text, head: str = "", tail: str = "") -> None:
        """Adds a statement at the current indent."""
        self.lines.append(layout(text, self.indent, head, tail))

    def fresh(self, *wanted: str) -> str:
        """The first of the wanted names that is free, else one with a number."""
        number = 2
        candidates = [name for name in wanted if name.isidentifier()] or ["value"]
        while True:
            for name in candidates:
                if name not in self.taken:
                    self.taken.add(name)
                    return name
            candidates = [f"{candidates[-1].rstrip('0123456789_')}_{number}"]
            number += 1

    def need(self, expressions: Iterable[tuple[Expression, bool]]) -> None:
        """Writes the bindings that a statement's expressions read.

        Args:
            expressions: Each with whether the statement is certain to evaluate it.
        """
        listed = list(expressions)
        certain: set[str] = set()
        for expression, is_certain in listed:
            if is_certain:
                certain |= set(certain_names(expression.tree))
        for expression, _ in listed:
            for name in self._ordered(names_in(expression.tree)):
                self.bind(name, name in certain)

    def bind(self, name: str, certain: bool) -> None:
        """Writes a binding's line (and those it needs) unless it has one."""
        if name in self.done:
            return
        self.done.add(name)
        if name in CLOCK_NAMES:
            source = "db.now()" if name == "now" else ("now[:10]" if self._has_now() else "db.now()[:10]")
            self.put((source,), f"{name} = ")
            return
        expression = self.bindings[name]
        inner = set(certain_names(expression.tree)) if certain else set[str]()
        for other in self._ordered(names_in(expression.tree)):
            self.bind(other, other in inner)
        text = self.value_of(name, certain)
        if text is not None:
            self.put(text, f"{name} = ")

    def value_of(self, name: str, certain: bool) -> Text | None:
        """A binding's value as the right side of an assignment; `None` for one that is written in place from now on.

        Args:
            name: The binding; those that it reads have been asked for already.
            certain: Whether the statement that needs it is certain to evaluate it.
        """
        expression = self.bindings[name]
        if certain:
            row = self.render.lookup(expression.tree) if name in self.present else None
            return row or self.render.text(expression.tree)
        needs = needs_of(expression, self.shapes, self.database)
        guards = [self._not_null(node) for text, node in needs.present.items() if text not in self.known]
        guards += [self.render.operand(node, COMPARE) for text, node in needs.filled.items() if text not in self.known]
        inlined = any(isinstance(self.render.names.get(other), Expression) for other in names_in(expression.tree))
        kind = self.shapes[name].kind
        if name in self.present and not guards and not inlined and self._has_parent(expression):
            return self.render.lookup(expression.tree) or ()
        if needs.risky or inlined or name in self.present or (guards and kind not in ("row", "list")):
            self.render.names[name] = expression  # written in place, behind the guard that is there
            return None
        if guards:
            return self.if_else(expression, guards, "[]" if kind == "list" else "None")
        return self.render.text(expression.tree)

    def if_else(self, expression: Expression, guards: Sequence[Text], otherwise: str = "None") -> Text:
        """`expression if guards else otherwise`."""
        test: Text = guards[0] if len(guards) == 1 else (Group("", tuple(guards), "", " and "),)
        return (Group("", (self.render.operand(expression.tree, OR), ("if ", *test), (f"else {otherwise}",)), "", " "),)

    def reads(self, expression: Expression) -> frozenset[str]:
        """The tables that an expression reads where it stands, with what is written in place of its names."""
        tables = tables_read(expression)
        for name in expression.names:
            stands = self.render.names.get(name)
            if isinstance(stands, Expression):
                tables |= self.reads(stands)
        return tables

    def reached(self, expressions: Iterable[Expression]) -> set[str]:
        """The bindings that expressions read, directly or through each other."""
        reached: set[str] = set()
        waiting = [name for expression in expressions for name in expression.names]
        while waiting:
            name = waiting.pop()
            if name in self.bindings and name not in reached:
                reached.add(name)
                waiting += self.bindings[name].names
        return reached

    def is_total(self, expression: Expression) -> bool:
        """Whether the expression surely has a value, so that it may be worked out even if nothing needs it."""
        needs = needs_of(expression, self.shapes, self.database)
        inlined = any(isinstance(self.render.names.get(name), Expression) for name in expression.names)
        return not (needs.risky or needs.filled or inlined or set(needs.present) - self.known)

    def expressions(self) -> Iterable[Expression]:
        """Every expression of the contract but the messages' places, in order."""
        yield from self.bindings.values()
        for requirement in self.contract.requires:
            yield parse(requirement.condition)
        for effect in self.contract.effects:
            if effect.each is not None:
                yield parse_each(effect.each).items
            yield from (parse(text) for text in (effect.when, effect.key, *effect.values.values()) if text is not None)
        for field in self.contract.returns:
            if field.query is not None:
                yield from query_expressions(field.query)
            elif field.value is not None:
                yield parse(field.value)

    def values(self, effect: Effect) -> Text:
        """The `values` or `changes` argument of an effect's call."""
        for column, text in effect.values.items():
            if text.strip() == STATED_ANY:
                raise self.problem(f"`{effect.table}.{column}` is stated as `any`, so no code follows from it")
        pairs = [(column, parse(text).tree) for column, text in effect.values.items()]
        return (Group("{", tuple((f"{quoted(column)}: ", *self.render.text(value)) for column, value in pairs), "}"),)

    def problem(self, text: str) -> ContractError:
        """The error that says why no code follows from the contract."""
        return ContractError(f"can't write the code of `{self.tool.name}`: {text}")

    def after_local(self, node: ast.Call) -> str | None:
        """The local variable that holds the row which `after(table, key)` asks for, if there is one."""
        assert isinstance(node.args[0], ast.Constant)
        return self.updated.get((str(node.args[0].value), ast.unparse(node.args[1])))

    def _ordered(self, names: frozenset[str]) -> list[str]:
        """Names in the order in which the contract binds them, the clock first."""
        order = [*sorted(CLOCK_NAMES), *self.bindings]
        return [name for name in order if name in names]

    def _taken(self) -> set[str]:
        taken = {self.tool.name, *RESERVED, *CLOCK_NAMES, *self.shapes}
        for effect in self.contract.effects:
            if effect.bind is not None:
                taken.add(effect.bind)
            if effect.each is not None:
                taken.add(parse_each(effect.each).name)
        for node in (node for expression in self.expressions() for node in ast.walk(expression.tree)):
            if isinstance(node, ast.Name):
                taken.add(node.id)
        return taken | {field.query.name for field in self.contract.returns if field.query is not None}

    def _present_rows(self) -> set[str]:
        """Bindings `get(...)` of which only columns are read, so that the row must be there (a parent row, mostly)."""
        found = {name for name, expression in self.bindings.items() if self.render.lookup(expression.tree) is not None}
        messages = [parse_message(requirement.message) for requirement in self.contract.requires]
        places = [part.expression for parts in messages for part in parts if not isinstance(part, str)]
        for expression in (*self.expressions(), *places):
            of_column = {id(node.value) for node in ast.walk(expression.tree) if isinstance(node, ast.Attribute)}
            for node in ast.walk(expression.tree):
                if isinstance(node, ast.Name) and id(node) not in of_column:
                    found.discard(node.id)
        return found

    def _place_clock(self) -> None:
        """`db.now()` in place where it is read once, a local variable where it is read again or for each row."""
        uses: dict[str, int] = {"now": 0, "today": 0}
        for expression in self.expressions():
            looped = {
                id(part)
                for node in ast.walk(expression.tree)
                if isinstance(node, (ast.ListComp, ast.GeneratorExp))
                for part in ast.walk(node)
            }
            for node in ast.walk(expression.tree):
                if isinstance(node, ast.Name) and node.id in uses:
                    uses[node.id] += 2 if id(node) in looped else 1
        for effect in self.contract.effects:
            if effect.each is not None:
                for name in uses:
                    uses[name] *= 2
        for field in self.contract.returns:
            if field.query is not None:
                for name in uses:
                    uses[name] *= 2
        for name, text in (("now", "db.now()"), ("today", "db.now()[:10]")):
            if uses[name] < 2:
                self.render.names[name] = text
                self.done.add(name)

    def _has_parent(self, expression: Expression) -> bool:
        """Whether `get(table, row.column)` must find a row because a foreign key says so."""
        call = expression.tree
        key = call.args[1] if isinstance(call, ast.Call) and len(call.args) > 1 else None
        if not isinstance(key, ast.Attribute):
            return False
        reader = ShapeReader(self.database, self.shapes)
        child = self.database.table.get(reader.read(key.value).table)
        foreign_key = child.reference_of(key.attr) if child is not None else None
        read = {table for _, table, _ in state_calls(expression)}
        return foreign_key is not None and read == {foreign_key.table} and not reader.read(key).nullable

    def _has_now(self) -> bool:
        return "now" in self.done and "now" not in self.render.names

    def _not_null(self, node: ast.expr) -> Text:
        return (*self.render.operand(node, COMPARE), " is not None")


def effect_parts(effect: Effect) -> list[tuple[Expression, bool]]:
    """The expressions of an effect, each with whether it is certain to be evaluated."""
    parts: list[tuple[Expression, bool]] = []
    always = effect.each is None
    if effect.each is not None:
        parts.append((parse_each(effect.each).items, True))
    if effect.when is not None:
        parts.append((parse(effect.when), always))
        always = False
    values = [text for text in (effect.key, *effect.values.values()) if text is not None]
    return parts + [(parse(text), always) for text in values]


def effect_groups(effects: Sequence[Effect]) -> list[list[Effect]]:
    """Neighbouring effects that one loop or one `if` can do together."""
    groups: list[list[Effect]] = []
    for effect in effects:
        if groups and _joins(groups[-1], effect):
            groups[-1].append(effect)
        else:
            groups.append([effect])
    return groups


def query_expressions(query: Query) -> list[Expression]:
    """Every expression of a query."""
    texts = [query.where, query.limit, *[order.expression for order in query.order], *query.fields.values()]
    return [parse(text) for text in texts if text is not None]


def _joins(group: list[Effect], effect: Effect) -> bool:
    """Whether an effect can be done together with those before it without changing what comes out."""
    last = group[-1]
    if effect.each is None or last.each is None:
        return effect.each is None and last.each is None and effect.when is not None and effect.when == last.when
    distinct = effect.table not in {other.table for other in group}
    binds = any(other.bind is not None for other in (*group, effect))
    deletes = any(other.operation == "delete" for other in (*group, effect))
    return effect.each == last.each and distinct and not binds and not deletes
