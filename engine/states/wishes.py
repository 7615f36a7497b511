"""Which changes of rows and arguments would make an expression true, false or equal to a value.

A wish is a short list of steps to be tried together. Wishes are guesses, made from the syntax tree: whoever
tries one must look again whether it brought what was wanted, and whether the schema allows it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from engine.contracts import clock
from engine.models.base import Value
from engine.models.database import Column
from engine.models.trace import Key
from engine.states.candidates import around, choices, compare, fitting, mirrored, opposite, sign_of
from engine.states.reading import (
    UNDEFINED,
    Local,
    Locals,
    Loop,
    Reading,
    Source,
    function_of,
    loop_of,
    table_name,
)


class SetName(NamedTuple):
    """An argument gets a value (in a row check: a column of the row)."""

    name: str
    value: Any


class SetItem(NamedTuple):
    """One item of an array argument gets a value."""

    name: str
    position: int
    value: Any


class SetColumn(NamedTuple):
    """A column of a row gets a value."""

    table: str
    key: Key
    column: str
    value: Value


class Insert(NamedTuple):
    """A new row with these columns given."""

    table: str
    given: dict[str, Value]


class Delete(NamedTuple):
    """A row goes away, with what can't be without it."""

    table: str
    key: Key


Step = SetName | SetItem | SetColumn | Insert | Delete
Wish = tuple[Step, ...]

_MOST_ROWS = 40
"""Most rows that one wish inserts."""


class Wishes:
    """Makes wishes for one look at one state."""

    def __init__(self, reading: Reading, rng: Random) -> None:
        self._reading = reading
        self._rng = rng

    # truth

    def truth(self, node: ast.expr, wanted: bool, local: Locals) -> Iterator[Wish]:
        """Changes that may give the part the wanted truth."""
        node = self._reading.resolve(node, local)
        loop = loop_of(node.args[0]) if isinstance(node, ast.Call) and node.args else None
        if isinstance(node, ast.BoolOp):
            yield from self._logic(node, wanted, local)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self.truth(node.operand, not wanted, local)
        elif isinstance(node, ast.Compare):
            yield from self._comparison(node, wanted, local)
        elif isinstance(node, ast.IfExp):
            yield from self._conditional_truth(node, wanted, local)
        elif function_of(node) in ("any", "all") and loop is not None:
            yield from self._quantified(loop, function_of(node) == "any", wanted, local)
        elif isinstance(node, ast.ListComp) or function_of(node) in ("rows", "exists", "count", "sorted"):
            yield from self._size(node, 1 if wanted else 0, local)
        elif function_of(node) in ("get", "after"):
            yield from self._presence(node, wanted, local)
        elif function_of(node) == "contains" and isinstance(node, ast.Call):
            yield from self._containment(node, wanted, local)
        else:
            meaning = self._reading.meaning(node, local)
            offers = choices(meaning, (), self._reading.database, self._reading.state.now, self._rng)
            for value in [wanted, *offers, "", 0, None]:
                if bool(value) is wanted:
                    yield from self.value(node, value, local)

    def _logic(self, node: ast.BoolOp, wanted: bool, local: Locals) -> Iterator[Wish]:
        conjunction = isinstance(node.op, ast.And)
        if conjunction is wanted:  # every operand must come out as wanted: the first that does not
            for operand in node.values:
                value = self._reading.evaluate(operand, local)
                if value is UNDEFINED or bool(value) is not wanted:
                    yield from self.truth(operand, wanted, local)
                    return
        operands = list(node.values)
        self._rng.shuffle(operands)
        yield from _interleaved([self.truth(operand, wanted, local) for operand in operands])

    def _conditional_truth(self, node: ast.IfExp, wanted: bool, local: Locals) -> Iterator[Wish]:
        test = self._reading.evaluate(node.test, local)
        branches = (node.body, node.orelse) if test is not UNDEFINED and test else (node.orelse, node.body)
        yield from self.truth(branches[0], wanted, local)
        yield from self.truth(node.test, branches[1] is node.body, local)

    def _quantified(self, loop: Loop, existential: bool, wanted: bool, local: Locals) -> Iterator[Wish]:
        items = self._reading.items(loop, local)
        source = self._reading.source(loop.items, local)
        if existential is wanted:  # some item passes the tests and its element comes out as `wanted`
            yield from self._arrive(source, loop.tests, loop, local, (loop.element, wanted))
            streams = [self._item(loop, entry, wanted) for entry in self._shuffled(items)]
            yield from _interleaved(streams)
            if not items:
                yield from self._more(loop.items, local)
            return
        for entry in items:  # every item fails a test or comes out as `wanted`
            passes = all(self._holds(test, entry) for test in loop.tests)
            if passes and self._holds(loop.element, entry) is not wanted:
                streams = [self.truth(loop.element, wanted, entry)]
                streams.extend(self.truth(test, False, entry) for test in loop.tests)
                streams.append(self._leave(entry[loop.variable], source, local))
                yield from _interleaved(streams)
                return

    def _item(self, loop: Loop, entry: dict[str, Local], wanted: bool) -> Iterator[Wish]:
        for test in loop.tests:
            if not self._holds(test, entry):
                yield from self.truth(test, True, entry)
                return
        yield from self.truth(loop.element, wanted, entry)

    def _holds(self, node: ast.expr, local: Locals) -> bool:
        value = self._reading.evaluate(node, local)
        return value is not UNDEFINED and bool(value)

    def _containment(self, node: ast.Call, wanted: bool, local: Locals) -> Iterator[Wish]:
        text, part = (self._reading.evaluate(argument, local) for argument in node.args)
        if text is UNDEFINED or part is UNDEFINED:
            yield from self._defined(node.args[0], local)
            yield from self._defined(node.args[1], local)
            return
        if text is None or part is None:
            yield from self._choose(node.args[0 if text is None else 1], local)
            return
        if wanted:
            words = [word for word in str(text).split() if len(word) > 3] or [str(text)]
            yield from self.value(node.args[1], self._rng.choice(words), local)
            yield from self.value(node.args[0], f"{str(text).split('.')[0][:40]} {part}", local)
        else:
            yield from self.value(node.args[1], "quokka", local)
            yield from self._choose(node.args[0], local)

    # comparisons

    def _comparison(self, node: ast.Compare, wanted: bool, local: Locals) -> Iterator[Wish]:
        operands = [node.left, *node.comparators]
        for index, operator in enumerate(node.ops):
            left, right = operands[index], operands[index + 1]
            sign = sign_of(operator)
            if wanted:
                holds = compare(self._reading.evaluate(left, local), sign, self._reading.evaluate(right, local))
                if holds is True and not self._undefined(left, right, local):
                    continue
            yield from self._pair(left, sign if wanted else opposite(sign), right, local)
            if wanted:
                return

    def _undefined(self, left: ast.expr, right: ast.expr, local: Locals) -> bool:
        return UNDEFINED in (self._reading.evaluate(left, local), self._reading.evaluate(right, local))

    def _pair(self, left: ast.expr, sign: str, right: ast.expr, local: Locals) -> Iterator[Wish]:
        if sign in ("in", "not in"):
            yield from self._membership(left, sign, right, local)
            return
        if isinstance(right, ast.Constant) and right.value is None:
            yield from self._presence(left, sign == "!=", local)
            return
        values = [self._reading.evaluate(side, local) for side in (left, right)]
        if values[0] is UNDEFINED or values[1] is UNDEFINED:
            streams = [self._defined(side, local) for side, value in zip((left, right), values, strict=True) if value is UNDEFINED]
            yield from _interleaved(streams)
            return
        sides = [(left, sign, values[1]), (right, mirrored(sign), values[0])]
        if self._rng.random() < 0.5:
            sides.reverse()
        streams = []
        for side, towards, other in sides:
            if isinstance(side, ast.Constant):
                continue
            meaning = self._reading.meaning(side, local)
            if other is None and towards not in ("==", "!="):
                continue  # nothing compares with a null: the null's own side must change first
            offers = self._offers(side, meaning, local)
            targets = fitting(towards, other, meaning, offers)
            if towards not in ("==",):
                self._rng.shuffle(targets)
            streams.append(self._values(side, targets, local))
        if values[0] is None or values[1] is None:
            streams.extend(self._choose(side, local) for side, value in zip((left, right), values, strict=True) if value is None)
        yield from _interleaved(streams)

    def _values(self, node: ast.expr, targets: list[Any], local: Locals) -> Iterator[Wish]:
        """Wishes for one of several values, each value's first guess before any value's second."""
        yield from _interleaved([self.value(node, target, local) for target in targets])

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
                    return self._shuffled(held)[:8]
                held = [row[node.attr] for row in self._reading.state.rows(table, {})[:4]]
        return choices(meaning, held, database, now, self._rng)

    def _membership(self, left: ast.expr, sign: str, right: ast.expr, local: Locals) -> Iterator[Wish]:
        value, members = self._reading.evaluate(left, local), self._reading.evaluate(right, local)
        if members is UNDEFINED or value is UNDEFINED:
            yield from self._defined(right if members is UNDEFINED else left, local)
            return
        meaning = self._reading.meaning(left, local)
        streams: list[Iterator[Wish]] = []
        if sign == "in":
            if isinstance(members, list | tuple):
                listed: list[Any] = list(members)  # type: ignore[reportUnknownArgumentType]
                self._rng.shuffle(listed)
                streams.append(self._values(left, listed, local))
            loop = loop_of(self._reading.resolve(right, local))
            if loop is not None:
                equal = ast.Compare(loop.element, [ast.Eq()], [_literal(value)])
                streams.append(self._quantified(loop._replace(element=equal), True, True, local))
            elif isinstance(right, ast.Name) and right.id in self._reading.names.arrays:
                streams.append(iter([(SetName(right.id, [*list(members), value]),)]))
        else:
            offers = [offer for offer in self._offers(left, meaning, local) if offer not in members]
            if isinstance(members, list | tuple) and members:
                offers.extend(offer for offer in around(members[0], meaning) if offer not in members)
            streams.append(self._values(left, offers, local))
            loop = loop_of(self._reading.resolve(right, local))
            if loop is not None:
                equal = ast.Compare(loop.element, [ast.Eq()], [_literal(value)])
                streams.append(self._quantified(loop._replace(element=equal), True, False, local))
            elif isinstance(right, ast.Name) and right.id in self._reading.names.arrays:
                streams.append(iter([(SetName(right.id, [item for item in members if item != value]),)]))
        yield from _interleaved(streams)

    # existence

    def _presence(self, node: ast.expr, wanted: bool, local: Locals) -> Iterator[Wish]:
        """The part is not null (`wanted`) or null."""
        node = self._reading.resolve(node, local)
        reading = self._reading
        if isinstance(node, ast.Call) and function_of(node) in ("get", "after"):
            table = table_name(node)
            definition = reading.database.table[table]
            if wanted:
                keys = [definition.key_of(row) for row in reading.state.rows(table, {})]
                yield from self._values(node.args[1], self._shuffled(keys)[:6], local)
                key = reading.evaluate(node.args[1], local)
                parts = key if isinstance(key, tuple) else (key,)
                if key is not UNDEFINED and None not in parts:
                    yield (Insert(table, dict(zip(definition.primary_key, parts, strict=False))),)
                elif key is UNDEFINED:
                    yield from self._defined(node.args[1], local)
            else:
                yield from self._values(node.args[1], self._missing_keys(table), local)
                row = reading.evaluate(node, local)
                if isinstance(row, dict):
                    yield (Delete(table, definition.key_of(row)),)  # type: ignore[arg-type]
        elif isinstance(node, ast.IfExp):
            yield from self._conditional_presence(node, wanted, local)
        elif isinstance(node, ast.Subscript):
            yield from self._size(node.value, 1 if wanted else 0, local)
        elif wanted:
            yield from self._choose(node, local)
        else:
            if isinstance(node, ast.Attribute) and reading.evaluate(node, local) is UNDEFINED:
                yield from self._defined(node, local)
            yield from self.value(node, None, local)

    def _conditional_presence(self, node: ast.IfExp, wanted: bool, local: Locals) -> Iterator[Wish]:
        test = self._reading.evaluate(node.test, local)
        live = node.body if test is not UNDEFINED and test else node.orelse
        yield from self._presence(live, wanted, local)
        yield from self.truth(node.test, live is not node.body, local)

    def _missing_keys(self, table: str) -> list[Any]:
        definition = self._reading.database.table[table]
        keys = [definition.key_of(row) for row in self._reading.state.rows(table, {})]
        number = 900 + self._rng.randint(1, 99)
        if len(definition.primary_key) > 1:
            columns = list(zip(*keys, strict=True)) if keys else []  # type: ignore[arg-type]
            mixed = [tuple(self._rng.choice(column) for column in columns) for _ in range(6)] if columns else []
            return [key for key in mixed if key not in keys]
        column = definition.column[next(iter(definition.primary_key))]
        if column.type == "integer":
            largest = max((key for key in keys if isinstance(key, int)), default=0)
            return [largest + number]
        if column.generated or not column.enum:
            return [f"{definition.id_prefix or table[:3].upper()}-{number:04d}"]
        return [member for member in column.enum if member not in keys]

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
            if not isinstance(child, ast.expr) or isinstance(child, ast.Constant) or child is getattr(node, "func", None):
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

    # sizes

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
                yield from _interleaved([self._item(loop, entry, True) for entry in self._shuffled(self._reading.items(loop, local))])
            for column, expression in source.equal.items():
                held = [row[column] for row in self._reading.state.rows(source.table or "", {})]
                yield from self._values(expression, self._shuffled(list(dict.fromkeys(held)))[:4], local)
            return
        surplus = matched[size:]
        if len(surplus) == 1 or len(matched) == 1:
            yield from self._leave(Local(surplus[0] if surplus else matched[0], source.table, source.argument), source, local)
        if source.table is not None:
            definition = self._reading.database.table[source.table]
            for expression in source.equal.values():
                yield from self._choose(expression, local)
            yield tuple(Delete(source.table, definition.key_of(row)) for row in surplus if isinstance(row, dict))  # type: ignore[reportUnknownArgumentType]

    def _matched(self, node: ast.expr, source: Source, local: Locals) -> list[Any]:
        if function_of(node) in ("count", "exists") and isinstance(node, ast.Call) and source.table is not None:
            where = {column: self._reading.evaluate(value, local) for column, value in source.equal.items()}
            return [] if UNDEFINED in where.values() else self._reading.state.rows(source.table, where)
        value = self._reading.evaluate(node, local)
        return list(value) if isinstance(value, list | tuple) else []  # type: ignore[reportUnknownArgumentType]

    def _resize(self, argument: str, size: int) -> Iterator[Wish]:
        current: list[Any] = list(self._reading.values.get(argument) or ())
        column = self._reading.names.columns.get(argument)
        if size <= len(current):
            yield (SetName(argument, current[:size]),)
            return
        offers = choices(column, (), self._reading.database, self._reading.state.now, self._rng)
        while offers and len(current) < size:
            current.append(offers[len(current) % len(offers)])
        yield (SetName(argument, current),)

    def _more(self, node: ast.expr, local: Locals) -> Iterator[Wish]:
        yield from self._size(node, 1, local)

    def _arrive(
        self, source: Source, tests: list[ast.expr], loop: Loop | None, local: Locals, element: tuple[ast.expr, bool] | None
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
                name = _column_of(side, variable)
                if name is None or name not in self._reading.database.table[table].column:
                    continue
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
            name = _column_of(node, variable)
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
        row: dict[str, Value] = entry.value  # type: ignore[reportUnknownMemberType]
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

    # values

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
            parts: list[Any] = list(value) if isinstance(value, tuple) else []  # type: ignore[reportUnknownArgumentType]
            if len(parts) == len(node.elts):
                wishes = [next(self.value(part, item, local), None) for part, item in zip(node.elts, parts, strict=True)]
                if all(wish is not None for wish in wishes):
                    yield tuple(step for wish in wishes if wish is not None for step in wish)
        elif isinstance(node, ast.BinOp):
            yield from self._arithmetic(node, value, local)
        elif isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
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
        index: Any = ast.literal_eval(node.slice)
        source = self._reading.source(node.value, local)
        loop = loop_of(self._reading.resolve(node.value, local))
        if source.argument is not None and loop is None:
            count = len(self._reading.values.get(source.argument) or ())
            if -count <= index < count:
                yield (SetItem(source.argument, index % count, value),)
        elif loop is not None:
            entries = [entry for entry in self._reading.items(loop, local) if all(self._holds(test, entry) for test in loop.tests)]
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
        for side, target in _inverted(node.op, left, right, value):
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
            for index, target in _inverted_clock(function, known, value):
                yield from self.value(arguments[index], target, local)

    def _aggregate(self, function: str, loop: Loop, node: ast.expr, value: Any, local: Locals) -> Iterator[Wish]:
        current = self._reading.evaluate(node, local)
        items = [
            entry
            for entry in self._reading.items(loop, local)
            if all(self._holds(test, entry) for test in loop.tests)
        ]
        for entry in self._shuffled(items)[:4]:
            own = self._reading.evaluate(loop.element, entry)
            if function == "sum":
                if isinstance(own, int | float) and isinstance(current, int | float) and isinstance(value, int | float):
                    yield from self.value(loop.element, _tidy(own + value - current), entry)
            else:
                yield from self.value(loop.element, value, entry)
        source = self._reading.source(loop.items, local)
        wanted = value - current if function == "sum" and isinstance(current, int | float) and isinstance(value, int | float) else value
        name = _column_of(loop.element, loop.variable)
        for wish in self._arrive(source, loop.tests, loop, local, None):
            insert = wish[0]
            if name is not None and isinstance(insert, Insert):
                yield (Insert(insert.table, {**insert.given, name: _tidy(wanted)}),)
            yield wish

    def _shuffled(self, items: list[Any]) -> list[Any]:
        shuffled = list(items)
        self._rng.shuffle(shuffled)
        return shuffled


_MIRRORABLE = frozenset({"<", "<=", ">", ">=", "==", "!="})


def _interleaved(streams: list[Iterator[Wish]]) -> Iterator[Wish]:
    """Takes from each stream in turn, so that no stream keeps the others waiting."""
    waiting = list(streams)
    while waiting:
        left: list[Iterator[Wish]] = []
        for stream in waiting:
            wish = next(stream, None)
            if wish is not None:
                yield wish
                left.append(stream)
        waiting = left


def _column_of(node: ast.expr, variable: str) -> str | None:
    """The column where the part is `variable.column`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == variable:
        return node.attr
    return None


def _literal(value: Any) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


def _tidy(number: Any) -> Any:
    """A float without the dust of arithmetic."""
    return clock.money(number) if isinstance(number, float) else number


def _inverted(operator: ast.operator, left: Any, right: Any, value: Any) -> Iterator[tuple[int, Any]]:
    """(which side, its new value) such that the operation gives `value` with the other side as it is."""
    numbers = [item for item in (left, right, value) if isinstance(item, int | float)]
    if len(numbers) < 3:
        return
    if isinstance(operator, ast.Add):
        yield from ((0, _tidy(value - right)), (1, _tidy(value - left)))
    elif isinstance(operator, ast.Sub):
        yield from ((0, _tidy(value + right)), (1, _tidy(left - value)))
    elif isinstance(operator, ast.Mult):
        for side, other in ((0, right), (1, left)):
            if other:
                quotient = value / other
                yield side, int(quotient) if quotient == int(quotient) else _tidy(quotient)
                yield side, int(quotient)
                yield side, int(quotient) + 1
    elif isinstance(operator, ast.Div | ast.FloorDiv):
        yield 0, _tidy(value * right)
        if value:
            yield 1, _tidy(left / value)
    elif isinstance(operator, ast.Mod):
        yield 0, left + value - (left % right if right else 0)


def _inverted_clock(function: str, known: list[Any], value: Any) -> Iterator[tuple[int, Any]]:
    """The same for the language's functions on dates."""
    try:
        if function == "days_between" and isinstance(value, int):
            if isinstance(known[0], str):
                yield 1, clock.add_days(known[0], value)
            if isinstance(known[1], str):
                yield 0, clock.add_days(known[1], -value)
        elif function == "minutes_between" and isinstance(value, int):
            if isinstance(known[0], str):
                yield 1, clock.add_minutes(known[0], value)
            if isinstance(known[1], str):
                yield 0, clock.add_minutes(known[1], -value)
        elif function in ("add_days", "add_minutes") and isinstance(value, str):
            if isinstance(known[1], int):
                yield 0, (clock.add_days if function == "add_days" else clock.add_minutes)(value, -known[1])
            if isinstance(known[0], str):
                between = clock.days_between if function == "add_days" else clock.minutes_between
                yield 1, between(known[0], value)
        elif function == "date_of" and isinstance(value, str):
            rest = known[0][10:] if isinstance(known[0], str) else "T10:00:00"
            yield 0, value[:10] + rest
        elif function == "time_of" and isinstance(value, str) and isinstance(known[0], str):
            yield 0, f"{known[0][:10]}T{value}:00"
        elif function == "weekday" and isinstance(value, int) and isinstance(known[0], str):
            yield 0, clock.add_days(known[0], (value - clock.weekday(known[0])) % 7)
    except (ValueError, OverflowError):
        return  # Not dates after all: nothing to wish for here.
