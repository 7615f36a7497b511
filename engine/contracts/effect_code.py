"""Writes the effects as calls of `db.insert`, `db.update` and `db.delete`."""

from __future__ import annotations

import ast

from engine.contracts.draft import Draft, effect_groups, effect_parts
from engine.contracts.expression import parse, parse_each, state_calls
from engine.contracts.layout import Group, Text
from engine.contracts.rendering import quoted
from engine.contracts.shapes import bound_shape, each_shape
from engine.models.tool import Effect


class EffectWriter:
    """Writes effects into a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def write(self) -> None:
        """Writes all effects, in order."""
        for group in effect_groups(self.draft.contract.effects):
            if any(id(effect) in self.draft.planned for effect in group):
                for effect in group:
                    self._planned_effect(effect) if id(effect) in self.draft.planned else self._loop([effect])
            elif group[0].each is not None:
                self._loop(group)
            else:
                self._once(group)

    def _once(self, group: list[Effect]) -> None:
        self.draft.need(part for effect in group for part in effect_parts(effect))
        when = group[0].when
        if when is not None:
            for effect in group:
                if effect.bind is not None and self._bind_is_read(effect):
                    self.draft.put(("None",), f"{effect.bind} = ")
            self.draft.put(self.draft.render.text(parse(when).tree), "if ", ":")
            self.draft.indent += 4
        for effect in group:
            self._statement(effect)
        if when is not None:
            self.draft.indent -= 4
        self._bound_names(group)

    def _loop(self, group: list[Effect]) -> None:
        assert group[0].each is not None
        each = parse_each(group[0].each)
        self.draft.need(part for effect in group for part in effect_parts(effect))
        for effect in group:
            if effect.bind is not None and self._bind_is_read(effect):
                self.draft.put(("[]",), f"{effect.bind} = ")
        outer = self.draft.shapes
        self.draft.shapes = each_shape(group[0], self.draft.shapes, self.draft.database)
        self.draft.put(self.draft.render.text(each.items.tree), f"for {each.name} in ", ":")
        self.draft.indent += 4
        when: str | None = None
        for effect in group:
            if effect.when != when and when is not None:
                self.draft.indent -= 4
            if effect.when is not None and effect.when != when:
                self.draft.put(self.draft.render.text(parse(effect.when).tree), "if ", ":")
                self.draft.indent += 4
            when = effect.when
            self._statement(effect)
        self.draft.indent -= 8 if when is not None else 4
        self.draft.shapes = outer
        self._bound_names(group)

    def _planned_effect(self, effect: Effect) -> None:
        plan = self.draft.planned[id(effect)]
        table = quoted(effect.table)
        if effect.operation == "insert":
            name = self.draft.fresh("values", "new_values")
            insert = f"db.insert({table}, {name})"
            if effect.bind is not None and self._bind_is_read(effect):
                self.draft.lines.append(f"    {effect.bind} = []")
                insert = f"{effect.bind}.append({insert})"
            self.draft.lines += [f"    for {name} in {plan}:", f"        {insert}"]
            self._bound_names([effect])
        elif effect.operation == "delete":
            name = self.draft.fresh("key", "old_key")
            self.draft.lines += [f"    for {name} in {plan}:", f"        db.delete({table}, {name})"]
        else:
            key, changes = self.draft.fresh("key", "row_key"), self.draft.fresh("changes", "row_changes")
            self.draft.lines += [
                f"    for {key}, {changes} in {plan}:",
                f"        db.update({table}, {key}, {changes})",
            ]

    def _bound_names(self, group: list[Effect]) -> None:
        for effect in group:
            if effect.bind is not None:
                self.draft.shapes[effect.bind] = bound_shape(effect)

    def _bind_is_read(self, effect: Effect) -> bool:
        return any(effect.bind in expression.names for expression in self.draft.expressions())

    def _statement(self, effect: Effect) -> None:
        items: list[Text] = [(quoted(effect.table),)]
        if effect.key is not None:
            items.append(self.draft.render.text(parse(effect.key).tree))
        if effect.operation != "delete":
            items.append(self.draft.values(effect))
        call: Text = (f"db.{effect.operation}", Group("(", tuple(items), ")"))
        head = ""
        if effect.bind is not None and self._bind_is_read(effect):
            if effect.each is not None:
                call = (f"{effect.bind}.append", Group("(", (call,), ")", ""))
            else:
                head = f"{effect.bind} = "
        elif effect.operation == "update" and self._row_after_is_read(effect):
            name = self.draft.fresh(f"updated_{effect.table}")
            head = f"{name} = "
            self.draft.updated[effect.table, ast.unparse(parse(effect.key or "").tree)] = name
        self.draft.put(call, head)

    def _row_after_is_read(self, effect: Effect) -> bool:
        """Whether `db.update` returns just what the answer asks for with `after(...)`."""
        if effect.each is not None or effect.when is not None or effect.key is None:
            return False
        if sum(other.table == effect.table for other in self.draft.contract.effects) > 1:
            return False
        wanted = ast.unparse(parse(effect.key).tree)
        return any(
            function == "after" and table == effect.table and ast.unparse(node.args[1]) == wanted
            for field in self.draft.contract.returns
            if field.value is not None
            for function, table, node in state_calls(parse(field.value))
        )
