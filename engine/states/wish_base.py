"""What all makers of wishes share: looking things up, and making parts have a value at all."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from random import Random
from typing import Any

from engine.models.database import Column
from engine.states.candidates import choices
from engine.states.reading import UNDEFINED, Locals, Loop, Reading, function_of, loop_of
from engine.states.steps import Wish, interleaved


class WishBase(ABC):
    """Makes wishes for one look at one state."""

    def __init__(self, reading: Reading, rng: Random) -> None:
        self._reading = reading
        self._rng = rng

    @abstractmethod
    def truth(self, node: ast.expr, wanted: bool, local: Locals) -> Iterator[Wish]:
        """Changes that may give the part the wanted truth."""

    @abstractmethod
    def value(self, node: ast.expr, value: Any, local: Locals) -> Iterator[Wish]:
        """Changes that may make the part evaluate to `value`."""

    @abstractmethod
    def _presence(self, node: ast.expr, wanted: bool, local: Locals) -> Iterator[Wish]:
        """Changes after which the part is not null (`wanted`) or null."""

    @abstractmethod
    def _size(self, node: ast.expr, size: int, local: Locals) -> Iterator[Wish]:
        """Changes after which the list (or count) has `size` items, or for 1 at least one."""

    def _defined(self, node: ast.expr, local: Locals) -> Iterator[Wish]:
        """Makes rows and values that the part stands on be there."""
        node = self._reading.resolve(node, local)
        if isinstance(node, ast.Attribute):
            row = self._reading.evaluate(node.value, local)
            if row is UNDEFINED:
                yield from self._defined(node.value, local)
            elif row is None:
                yield from self._presence(node.value, True, local)
            return
        if isinstance(node, ast.Subscript):
            yield from self._size(node.value, 1, local)
            return
        loop = loop_of(node)
        if loop is not None:
            yield from self._defined_items(loop, local)
            return
        if function_of(node) in ("min", "max", "sorted") and isinstance(node, ast.Call):
            yield from self._size(node.args[0], 1, local)
        children: list[ast.AST] = list(ast.iter_child_nodes(node))
        children.extend(child.value for child in children if isinstance(child, ast.keyword))
        for child in children:
            if (
                not isinstance(child, ast.expr)
                or isinstance(child, ast.Constant)
                or child is getattr(node, "func", None)
            ):
                continue
            inner = loop_of(child)
            if inner is not None:
                yield from self._defined_items(inner, local)
                continue
            value = self._reading.evaluate(child, local)
            if value is UNDEFINED:
                yield from self._defined(child, local)
            elif value is None:
                yield from self._presence(child, True, local)

    def _defined_items(self, loop: Loop, local: Locals) -> Iterator[Wish]:
        """Makes what a comprehension does with each item have a value."""
        if self._reading.evaluate(loop.items, local) is UNDEFINED:
            yield from self._defined(loop.items, local)
        for entry in self._reading.items(loop, local):
            for part in (*loop.tests, loop.element):
                if self._reading.evaluate(part, entry) is UNDEFINED:
                    yield from self._defined(part, entry)
                    break

    def _choose(self, node: ast.expr, local: Locals) -> Iterator[Wish]:
        """Some non-null value for the part."""
        value = self._reading.evaluate(node, local)
        if value is UNDEFINED:
            yield from self._defined(node, local)
            return
        offers = self._offers(node, self._reading.meaning(node, local), local)
        yield from self._values(node, [offer for offer in offers if offer is not None and offer != value], local)

    def _values(self, node: ast.expr, targets: list[Any], local: Locals) -> Iterator[Wish]:
        """Wishes for one of several values, each value's first guess before any value's second."""
        yield from interleaved([self.value(node, target, local) for target in targets])

    def _offers(self, node: ast.expr, meaning: Column | None, local: Locals) -> list[Any]:
        database, now = self._reading.database, self._reading.state.now
        node = self._reading.resolve(node, local)
        held: list[Any] = []
        if isinstance(node, ast.Attribute):
            table = self._reading.row_table(node.value, local)
            if table is not None:
                reference = database.table[table].reference_of(node.attr)
                if reference is not None:
                    held = [row[reference.references[0]] for row in self._reading.state.rows(reference.table, {})]
                    return [*self._shuffled(held)[:8], *self._missing_keys(reference.table)[:1]]
                held = [row[node.attr] for row in self._reading.state.rows(table, {})[:4]]
        return choices(meaning, held, database, now, self._rng)

    def _missing_keys(self, table: str, further: int = 0) -> list[Any]:
        definition = self._reading.database.table[table]
        keys = [definition.key_of(row) for row in self._reading.state.rows(table, {})]
        number = 900 + self._rng.randint(1, 99) + 100 * further
        if len(definition.primary_key) > 1:
            columns = list(zip(*keys, strict=True)) if keys else []
            mixed = [tuple(self._rng.choice(column) for column in columns) for _ in range(6)] if columns else []
            return [key for key in mixed if key not in keys]
        column = definition.column[next(iter(definition.primary_key))]
        if column.type == "integer":
            largest = max((key for key in keys if isinstance(key, int)), default=0)
            return [largest + number]
        if column.generated or not column.enum:
            return [f"{definition.id_prefix or table[:3].upper()}-{number:04d}"]
        return [member for member in column.enum if member not in keys]

    def _holds(self, node: ast.expr, local: Locals) -> bool:
        value = self._reading.evaluate(node, local)
        return value is not UNDEFINED and bool(value)

    def _shuffled(self, items: list[Any]) -> list[Any]:
        shuffled = list(items)
        self._rng.shuffle(shuffled)
        return shuffled
