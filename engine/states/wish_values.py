"""Wishes for a part to have one certain value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, cast

from engine.states.inversions import inverted, inverted_clock, tidy
from engine.states.reading import UNDEFINED, Locals, Loop, function_of, loop_of
from engine.states.steps import Insert, SetColumn, SetItem, SetName, Wish
from engine.states.wish_sizes import SizeWishes, column_of


class ValueWishes(SizeWishes):
    """The part of the wishes that is about values."""

    def value(self, node: ast.expr, value: Any, local: Locals) -> Iterator[Wish]:
        """Changes that may make the part evaluate to `value`."""
        reading = self._reading
        if isinstance(node, ast.Name):
            entry = local.get(node.id)
            if entry is not None:
                if entry.argument is not None:
                    yield (SetItem(entry.argument, entry.position, value),)
                return
            binding = reading.names.bindings.get(node.id)
            if binding is not None:
                yield from self.value(binding.tree, value, local)
            elif node.id in reading.values:
                yield (SetName(node.id, value),)
        elif isinstance(node, ast.Attribute):
            yield from self._column_value(node, value, local)
        elif isinstance(node, ast.Tuple):
            parts = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else ()
            if len(parts) == len(node.elts):
                wishes = [
                    next(self.value(part, item, local), None) for part, item in zip(node.elts, parts, strict=True)
                ]
                if all(wish is not None for wish in wishes):
                    yield tuple(step for wish in wishes if wish is not None for step in wish)
        elif isinstance(node, ast.BinOp):
            yield from self._arithmetic(node, value, local)
        elif isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            if isinstance(value, bool):
                yield from self.truth(node, value, local)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(value, int | float):
            yield from self.value(node.operand, -value, local)
        elif isinstance(node, ast.IfExp):
            test = reading.evaluate(node.test, local)
            live = node.body if test is not UNDEFINED and test else node.orelse
            yield from self.value(live, value, local)
            yield from self.truth(node.test, live is not node.body, local)
        elif isinstance(node, ast.Subscript):
            yield from self._item_value(node, value, local)
        elif isinstance(node, ast.Call):
            yield from self._function_value(node, value, local)

    def _item_value(self, node: ast.Subscript, value: Any, local: Locals) -> Iterator[Wish]:
        index = cast("int", ast.literal_eval(node.slice))
        source = self._reading.source(node.value, local)
        loop = loop_of(self._reading.resolve(node.value, local))
        if source.argument is not None and loop is None:
            count = len(self._reading.values.get(source.argument) or ())
            if -count <= index < count:
                yield (SetItem(source.argument, index % count, value),)
        elif loop is not None:
            entries = [
                entry
                for entry in self._reading.items(loop, local)
                if all(self._holds(test, entry) for test in loop.tests)
            ]
            if -len(entries) <= index < len(entries):
                yield from self.value(loop.element, value, entries[index])
            else:
                yield from self._size(node.value, 1, local)

    def _column_value(self, node: ast.Attribute, value: Any, local: Locals) -> Iterator[Wish]:
        found = self._reading.row(node.value, local)
        if found is None:
            yield from self._defined(node, local)
            return
        table, row = found
        definition = self._reading.database.table[table]
        yield (SetColumn(table, definition.key_of(row), node.attr, value),)
        origin = self._reading.resolve(node.value, local)
        if isinstance(origin, ast.Call) and function_of(origin) == "get":
            others = [other for other in self._reading.state.rows(table, {node.attr: value}) if other is not row]
            for other in self._shuffled(others)[:2]:
                yield from self.value(origin.args[1], definition.key_of(other), local)

    def _arithmetic(self, node: ast.BinOp, value: Any, local: Locals) -> Iterator[Wish]:
        left, right = self._reading.evaluate(node.left, local), self._reading.evaluate(node.right, local)
        for side, target in inverted(node.op, left, right, value):
            yield from self.value(node.left if side == 0 else node.right, target, local)

    def _function_value(self, node: ast.Call, value: Any, local: Locals) -> Iterator[Wish]:
        function, arguments = function_of(node), node.args
        loop = loop_of(arguments[0]) if arguments else None
        if function in ("count", "len") and isinstance(value, int):
            target = node if function == "count" else arguments[0]
            if value >= 0:
                yield from self._size(target, value, local)
        elif function == "exists":
            yield from self._size(node, 1 if value else 0, local)
        elif function in ("sum", "min", "max") and loop is not None:
            yield from self._aggregate(function, loop, node, value, local)
        elif function in ("any", "all", "contains") and isinstance(value, bool):
            yield from self.truth(node, value, local)
        elif function in ("min", "max", "money", "abs", "lower", "int", "float", "str", "sorted"):
            for argument in arguments:
                yield from self.value(argument, value, local)
        else:
            known = [self._reading.evaluate(argument, local) for argument in arguments]
            for index, target in inverted_clock(function, known, value):
                yield from self.value(arguments[index], target, local)

    def _aggregate(self, function: str, loop: Loop, node: ast.expr, value: Any, local: Locals) -> Iterator[Wish]:
        current = self._reading.evaluate(node, local)
        items = [
            entry for entry in self._reading.items(loop, local) if all(self._holds(test, entry) for test in loop.tests)
        ]
        for entry in self._shuffled(items)[:4]:
            own = self._reading.evaluate(loop.element, entry)
            if function == "sum":
                if isinstance(own, int | float) and isinstance(current, int | float) and isinstance(value, int | float):
                    yield from self.value(loop.element, tidy(own + value - current), entry)
            else:
                yield from self.value(loop.element, value, entry)
        source = self._reading.source(loop.items, local)
        wanted = (
            value - current
            if function == "sum" and isinstance(current, int | float) and isinstance(value, int | float)
            else value
        )
        name = column_of(loop.element, loop.variable)
        for wish in self._arrive(source, loop.tests, loop, local, None):
            insert = wish[0]
            if name is not None and isinstance(insert, Insert):
                yield (Insert(insert.table, {**insert.given, name: tidy(wanted)}),)
            yield wish
