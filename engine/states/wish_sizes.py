"""Wishes about lists: how many items they have, who joins them and who leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

from engine.models.base import Row, Value
from engine.states.candidates import choices, compare, fitting, mirrored, opposite, sign_of
from engine.states.reading import UNDEFINED, Local, Locals, Loop, Source, function_of, loop_of, sequence
from engine.states.steps import Delete, Insert, SetColumn, SetName, Wish, interleaved
from engine.states.wish_base import WishBase

_MOST_ROWS = 40
"""Most rows that one wish inserts."""
_MIRRORABLE = frozenset({"<", "<=", ">", ">=", "==", "!="})


class SizeWishes(WishBase):
    """The part of the wishes that is about lists."""

    def _size(self, node: ast.expr, size: int, local: Locals) -> Iterator[Wish]:
        """The list (or count) has `size` items, or for 1 at least one."""
        node = self._reading.resolve(node, local)
        if isinstance(node, ast.IfExp):
            test = self._reading.evaluate(node.test, local)
            yield from self._size(node.body if test is not UNDEFINED and test else node.orelse, size, local)
            return
        source = self._reading.source(node, local)
        matched = self._matched(node, source, local)
        mapped = loop_of(node)
        if source.mapped and mapped is not None:
            yield from self._size(mapped.items, size, local)
            return
        if source.argument is not None and not source.filters:
            yield from self._resize(source.argument, size)
            return
        if source.argument is not None and len(matched) < size:
            listed: list[Any] = list(self._reading.values.get(source.argument) or ())
            for item in self._shuffled(listed)[:3]:
                yield (SetName(source.argument, [*listed, item]),)
        if len(matched) < size:
            loop = loop_of(node)
            wishes = list(islice(self._arrive(source, [], loop, local, None), 6))
            for wish in wishes:
                yield tuple(step for _ in range(min(size - len(matched), _MOST_ROWS)) for step in wish)
            if loop is not None:
                yield from interleaved(
                    [self._item(loop, entry, True) for entry in self._shuffled(self._reading.items(loop, local))]
                )
            for column, expression in source.equal.items():
                held = [row[column] for row in self._reading.state.rows(source.table or "", {})]
                yield from self._values(expression, self._shuffled(list(dict.fromkeys(held)))[:4], local)
            return
        surplus = matched[size:]
        if len(surplus) == 1 or len(matched) == 1:
            yield from self._leave(
                Local(surplus[0] if surplus else matched[0], source.table, source.argument), source, local
            )
        if source.table is not None:
            definition = self._reading.database.table[source.table]
            for expression in source.equal.values():
                yield from self._choose(expression, local)
            yield tuple(
                Delete(source.table, definition.key_of(cast("Row", row))) for row in surplus if isinstance(row, dict)
            )

    def _matched(self, node: ast.expr, source: Source, local: Locals) -> list[Any]:
        if function_of(node) in ("count", "exists") and isinstance(node, ast.Call) and source.table is not None:
            where = {column: self._reading.evaluate(value, local) for column, value in source.equal.items()}
            return [] if UNDEFINED in where.values() else self._reading.state.rows(source.table, where)
        return sequence(self._reading.evaluate(node, local)) or []

    def _resize(self, argument: str, size: int) -> Iterator[Wish]:
        current: list[Any] = list(self._reading.values.get(argument) or ())
        column = self._reading.names.columns.get(argument)
        if size <= len(current):
            yield (SetName(argument, current[:size]),)
            return
        entity = self._reading.names.entities.get(argument)
        if entity is not None:
            yield from self._more_entities(argument, current, size, *entity)
        offers = choices(column, (), self._reading.database, self._reading.state.now, self._rng)
        while offers and len(current) < size:
            current.append(offers[len(current) % len(offers)])
        yield (SetName(argument, current),)

    def _more_entities(self, argument: str, current: list[Any], size: int, table: str, column: str) -> Iterator[Wish]:
        """Ids of new rows like the first one that is listed, or of rows that are there."""
        rows = self._reading.state.rows(table, {})
        definition = self._reading.database.table[table]
        model = next((row for row in rows if current and row[column] == current[0]), rows[0] if rows else None)
        if model is not None and definition.primary_key == (column,):
            unique = {name for columns in definition.unique for name in columns}
            linked = {name for foreign_key in definition.foreign_keys for name in foreign_key.columns}
            like = {
                name: value
                for name, value in model.items()
                if name != column and (name in linked or name not in unique)
            }
            keys = [key for number in range(size - len(current)) for key in self._missing_keys(table, number)][
                : size - len(current)
            ]
            if len(keys) == size - len(current):
                inserts = [Insert(table, {**like, column: key}) for key in keys]
                yield (*inserts, SetName(argument, [*current, *keys]))
        others = [row[column] for row in self._shuffled(rows) if row[column] not in current]
        if len(others) + len(current) >= size:
            yield (SetName(argument, [*current, *others[: size - len(current)]]),)

    def _arrive(
        self,
        source: Source,
        tests: list[ast.expr],
        loop: Loop | None,
        local: Locals,
        element: tuple[ast.expr, bool] | None,
    ) -> Iterator[Wish]:
        """New rows that are in the list: equal where it asks for it, and likely to pass its tests."""
        if source.table is None or source.mapped:
            return
        variable = loop.variable if loop is not None else ""
        conditions = [(name, test, True) for name, test in source.filters]
        conditions.extend((variable, test, True) for test in tests)
        if element is not None:
            conditions.append((variable, *element))
        for _ in range(3):
            given: dict[str, Value] = {}
            for column, expression in source.equal.items():
                value = self._reading.evaluate(expression, local)
                if value is UNDEFINED:
                    return
                given[column] = value
            for name, condition, wanted in conditions:
                self._require(source.table, name, condition, wanted, given, local)
            yield (Insert(source.table, given),)

    def _require(
        self, table: str, variable: str, node: ast.expr, wanted: bool, given: dict[str, Value], local: Locals
    ) -> None:
        """Adds to `given` what a condition over the new row asks of its columns, as far as it is plain."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._require(table, variable, node.operand, not wanted, given, local)
        elif isinstance(node, ast.BoolOp):
            every = isinstance(node.op, ast.And) is wanted
            for operand in node.values if every else [self._rng.choice(node.values)]:
                self._require(table, variable, operand, wanted, given, local)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            sign = sign_of(node.ops[0]) if wanted else opposite(sign_of(node.ops[0]))
            sides = [(node.left, sign, node.comparators[0])]
            if sign in _MIRRORABLE:
                sides.append((node.comparators[0], mirrored(sign), node.left))
            for side, towards, other in sides:
                name = column_of(side, variable)
                if name is None or name not in self._reading.database.table[table].column:
                    continue
                if any(
                    isinstance(part, ast.expr) and column_of(part, variable) not in (None, *given)
                    for part in ast.walk(other)
                ):
                    continue  # it looks at a column of the new row that is still open
                column = self._reading.database.table[table].column[name]
                value = self._reading.evaluate(other, {**local, variable: Local(dict(given), table)})
                if value is UNDEFINED:
                    continue
                offers = choices(column, (), self._reading.database, self._reading.state.now, self._rng)
                fits = fitting(towards, value, column, offers)
                if name in given and compare(given[name], towards, value):
                    return
                if fits and name not in given:
                    near = towards == "==" or self._rng.random() < 0.5
                    given[name] = fits[0] if near else self._rng.choice(fits)
                return
        elif isinstance(node, ast.Attribute):
            name = column_of(node, variable)
            if name is not None and name not in given:
                given[name] = wanted

    def _leave(self, entry: Local, source: Source, local: Locals) -> Iterator[Wish]:
        """The item is no longer in the list."""
        if entry.argument is not None:
            current: list[Any] = list(self._reading.values.get(entry.argument) or ())
            if len(current) > 1 and entry.position < len(current):
                yield (SetName(entry.argument, current[: entry.position] + current[entry.position + 1 :]),)
            return
        if source.table is None or source.mapped or not isinstance(entry.value, dict):
            return
        definition = self._reading.database.table[source.table]
        row = cast("Row", entry.value)
        key = definition.key_of(row)
        for variable, test in source.filters:
            yield from self.truth(test, False, {**local, variable: Local(row, source.table)})
        for name in source.equal:
            offers = choices(definition.column[name], (), self._reading.database, self._reading.state.now, self._rng)
            reference = definition.reference_of(name)
            if reference is not None:
                others = self._reading.state.rows(reference.table, {})
                offers = self._shuffled([other[reference.references[0]] for other in others])
            for offer in offers[:4]:
                if offer != row[name]:
                    yield (SetColumn(source.table, key, name, offer),)
        yield (Delete(source.table, key),)

    def _item(self, loop: Loop, entry: dict[str, Local], wanted: bool) -> Iterator[Wish]:
        """The item passes the tests, and its element comes out as wanted."""
        for test in loop.tests:
            if not self._holds(test, entry):
                yield from self.truth(test, True, entry)
                return
        yield from self.truth(loop.element, wanted, entry)


def column_of(node: ast.expr, variable: str) -> str | None:
    """The column where the part is `variable.column`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == variable:
        return node.attr
    return None
