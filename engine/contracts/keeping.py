"""Keeps what the contract reads of rows before the call in local variables where effects change those rows."""

from __future__ import annotations

import ast

from engine.contracts.dependence import certain_names, names_in
from engine.contracts.draft import Draft, effect_groups, effect_parts, query_expressions
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import CLOCK_NAMES, Expression, parse, parse_each, state_calls
from engine.contracts.layout import Group, Text
from engine.contracts.query_code import QueryWriter
from engine.contracts.rendering import OR
from engine.models.tool import Effect, ReturnField


class Keeper:
    """Writes the lines between the requirements and the first effect."""

    def __init__(self, draft: Draft, queries: QueryWriter) -> None:
        self.draft = draft
        self.queries = queries

    def write(self) -> dict[str, Text]:
        """Keeps what later statements read of rows that effects change; the finished fields of the answer."""
        fields: dict[str, Text] = {}
        if not self.draft.contract.effects:
            return fields
        self._early_bindings()
        dirty: set[str] = set()
        for group in effect_groups(self.draft.contract.effects):
            dirty_here = dirty | ({effect.table for effect in group} if group[0].each is not None else set[str]())
            for index, effect in enumerate(group):
                before = dirty_here if effect.each is not None else dirty | {other.table for other in group[:index]}
                self._keep_effect(effect, before, dirty)
            dirty |= {effect.table for effect in group}
        for field in self.draft.contract.returns:
            self._keep_field(field, fields)
        return fields

    def _early_bindings(self) -> None:
        """Bindings over tables that will change must be read before the first effect."""
        later: list[tuple[Expression, bool]] = []
        for effect in self.draft.contract.effects:
            later += effect_parts(effect)
        for field in self.draft.contract.returns:
            if field.query is not None:
                later += [(expression, False) for expression in query_expressions(field.query)]
            elif field.value is not None:
                later.append((parse(field.value), True))
        certain = {name for expression, is_certain in later if is_certain for name in certain_names(expression.tree)}
        needed = self.draft.reached(expression for expression, _ in later)
        for name in self.draft.bindings:
            if (
                name in needed
                and name not in self.draft.done
                and self.draft.reads(self.draft.bindings[name]) & self.draft.written
            ):
                self.draft.bind(name, name in certain)

    def _keep_effect(self, effect: Effect, before: set[str], earlier: set[str]) -> None:
        """Keeps what an effect reads of tables that are changed by the time that it happens."""
        hazards = [expression for expression, _ in effect_parts(effect) if self.draft.reads(expression) & before]
        if not hazards:
            return
        bound = {other.bind for other in self.draft.contract.effects if other.bind is not None}
        late = next((expression for expression in hazards if expression.names & bound), None)
        if late is not None:
            raise self.draft.problem(
                f"`{late.text}` reads changed rows and an inserted row; use a binding for the first"
            )
        each = parse_each(effect.each) if effect.each is not None else None
        if each is not None and any(
            each.name in expression.names or not (expression is each.items or self.draft.is_total(expression))
            for expression in hazards
        ):
            if any(expression.names & bound for expression, _ in effect_parts(effect)):
                raise self.draft.problem(
                    f"the effects on `{effect.table}` read rows that they change; use bindings for them"
                )
            self._plan(effect)
            return
        guard = parse(effect.when) if effect.when is not None and each is None else None
        for expression, is_certain in effect_parts(effect):
            if expression not in hazards or id(expression.tree) in self.draft.render.replaced:
                continue
            name = self.draft.fresh(*self._names_for(effect, expression))
            self.draft.need([(expression, is_certain)])
            if is_certain or guard is None or expression is guard:
                self.draft.put(self.draft.render.text(expression.tree), f"{name} = ")
            else:
                self.draft.need([(guard, True)])
                self.draft.put(
                    self.draft.if_else(expression, [self.draft.render.operand(guard.tree, OR)]), f"{name} = "
                )
            self.draft.render.replaced[id(expression.tree)] = name

    def _names_for(self, effect: Effect, expression: Expression) -> tuple[str, ...]:
        """Names for a local that keeps one expression of an effect."""
        if effect.each is not None and parse_each(effect.each).items is expression:
            return f"{parse_each(effect.each).name}_rows", f"{effect.table}_rows"
        for column, text in effect.values.items():
            if parse(text) is expression:
                return column, f"new_{column}"
        is_guard = effect.when is not None and parse(effect.when) is expression
        return (f"{effect.operation}s_{effect.table}",) if is_guard else (f"{effect.table}_key",)

    def _plan(self, effect: Effect) -> None:
        """Works out a whole loop of changes before the first of them."""
        assert effect.each is not None
        each = parse_each(effect.each)
        self.draft.need(effect_parts(effect))
        items: list[Text] = []
        if effect.key is not None:
            items.append(self.draft.render.text(parse(effect.key).tree))
        if effect.operation != "delete":
            items.append(self.draft.values(effect))
        item: Text = items[0] if len(items) == 1 else (Group("(", tuple(items), ")"),)
        loop: list[Text] = [item, (f"for {each.name} in ", *self.draft.render.operand(each.items.tree, OR))]
        if effect.when is not None:
            loop.append(("if ", *self.draft.render.operand(parse(effect.when).tree, OR)))
        name = self.draft.fresh("planned", f"planned_{effect.table}")
        self.draft.put((Group("[", tuple(loop), "]", " "),), f"{name} = ")
        self.draft.planned[id(effect)] = name

    def _keep_field(self, field: ReturnField, fields: dict[str, Text]) -> None:
        """Keeps a field of the answer that reads rows before the call which effects change."""
        if field.query is not None:
            reads = {field.query.table}.union(*(self.draft.reads(part) for part in query_expressions(field.query)))
            if not reads & self.draft.written:
                return
            bound = {effect.bind for effect in self.draft.contract.effects if effect.bind is not None}
            if any(part.names & bound for part in query_expressions(field.query)):
                raise self.draft.problem(f"the query `{field.name}` reads changed rows and an inserted row")
            fields[field.name] = self.queries.write(field.name, field.query)
            return
        if field.value is None or field.value.strip() == STATED_ANY:
            return
        expression = parse(field.value)
        if not self.draft.reads(expression) & self.draft.written:
            return
        bound = {effect.bind for effect in self.draft.contract.effects if effect.bind is not None}
        late = any(function == "after" for function, _, _ in state_calls(expression)) or bool(expression.names & bound)
        if not late:
            self.draft.need([(expression, True)])
            name = self.draft.fresh(field.name, f"{field.name}_before")
            self.draft.put(self.draft.render.text(expression.tree), f"{name} = ")
            fields[field.name] = (name,)
            return
        for function, table, node in state_calls(expression):
            if function == "after" or table not in self.draft.written:
                continue
            if not names_in(node) <= (set(self.draft.shapes) | CLOCK_NAMES) or any(
                isinstance(part, ast.Call) for argument in node.args[1:] for part in ast.walk(argument)
            ):
                raise self.draft.problem(f"returned `{field.name}` mixes rows before and after the call; use a binding")
            self.draft.need([(parse(ast.unparse(node)), True)])
            name = self.draft.fresh(f"{table}_before", f"{field.name}_before")
            of_column = any(
                isinstance(part, ast.Attribute) and part.value is node for part in ast.walk(expression.tree)
            )
            self.draft.put(
                (self.draft.render.lookup(node) if of_column else None) or self.draft.render.text(node), f"{name} = "
            )
            self.draft.render.replaced[id(node)] = name
