"""Which changes of rows and arguments would make an expression true, false or equal to a value.

A wish is a short list of steps to be tried together. Wishes are guesses, made from the syntax tree: whoever
tries one must look again whether it brought what was wanted, and whether the schema allows it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, cast

from engine.models.base import Row, items_of
from engine.states.candidates import around, choices, compare, fitting, mirrored, opposite, sign_of
from engine.states.reading import UNDEFINED, Locals, Loop, function_of, loop_of, sequence, table_name
from engine.states.steps import Delete, Insert, SetName, Wish, interleaved
from engine.states.wish_values import ValueWishes
from engine.syntax import parse_expression


class Wishes(ValueWishes):
    """Makes wishes for one look at one state."""

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
        yield from interleaved([self.truth(operand, wanted, local) for operand in operands])

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
            yield from interleaved(streams)
            if not items:
                yield from self._size(loop.items, 1, local)
            return
        for entry in items:  # every item fails a test or comes out as `wanted`
            passes = all(self._holds(test, entry) for test in loop.tests)
            if passes and self._holds(loop.element, entry) is not wanted:
                streams = [self.truth(loop.element, wanted, entry)]
                streams.extend(self.truth(test, False, entry) for test in loop.tests)
                streams.append(self._leave(entry[loop.variable], source, local))
                yield from interleaved(streams)
                return

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
            word = self._rng.choice(words)
            yield from self.value(node.args[1], word if self._rng.random() < 0.5 else word.upper(), local)
            yield from self.value(node.args[0], f"{str(text).split('.')[0][:40]} {part}", local)
        else:
            yield from self.value(node.args[1], "quokka", local)
            yield from self._choose(node.args[0], local)

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
            streams = [
                self._defined(side, local)
                for side, value in zip((left, right), values, strict=True)
                if value is UNDEFINED
            ]
            yield from interleaved(streams)
            return
        sides = [(left, sign, values[1]), (right, mirrored(sign), values[0])]
        if self._rng.random() < 0.5:
            sides.reverse()
        streams: list[Iterator[Wish]] = []
        for side, towards, other in sides:
            if isinstance(side, ast.Constant):
                continue
            meaning = self._reading.meaning(side, local)
            if other is None and towards not in ("==", "!="):
                continue  # nothing compares with a null: the null's own side must change first
            offers = self._offers(side, meaning, local)
            if isinstance(other, int) and not isinstance(other, bool):
                offers.extend(self._rng.randint(min(0, 2 * other), max(2 * other, 10)) for _ in range(4))
            targets = fitting(towards, other, meaning, offers)
            if towards not in ("==",):
                self._rng.shuffle(targets)
            streams.append(self._values(side, targets, local))
        if values[0] is None or values[1] is None:
            streams.extend(
                self._choose(side, local) for side, value in zip((left, right), values, strict=True) if value is None
            )
        yield from interleaved(streams)

    def _membership(self, left: ast.expr, sign: str, right: ast.expr, local: Locals) -> Iterator[Wish]:
        value, members = self._reading.evaluate(left, local), self._reading.evaluate(right, local)
        if members is UNDEFINED or value is UNDEFINED:
            yield from self._defined(right if members is UNDEFINED else left, local)
            return
        meaning = self._reading.meaning(left, local)
        streams: list[Iterator[Wish]] = []
        listed = sequence(members)
        if sign == "in":
            if listed is not None:
                self._rng.shuffle(listed)
                streams.append(self._values(left, listed, local))
            loop = loop_of(self._reading.resolve(right, local))
            if loop is not None:
                equal = ast.Compare(loop.element, [ast.Eq()], [_literal_node(value)])
                streams.append(self._quantified(loop._replace(element=equal), True, True, local))
            elif isinstance(right, ast.Name) and right.id in self._reading.names.arrays:
                streams.append(iter([(SetName(right.id, [*items_of(members), value]),)]))
        else:
            offers = [offer for offer in self._offers(left, meaning, local) if offer not in members]
            if isinstance(members, str) and isinstance(value, str):
                offers.insert(0, value.swapcase())
            if listed:
                offers.extend(offer for offer in around(listed[0], meaning) if offer not in listed)
            streams.append(self._values(left, offers, local))
            loop = loop_of(self._reading.resolve(right, local))
            if loop is not None:
                equal = ast.Compare(loop.element, [ast.Eq()], [_literal_node(value)])
                streams.append(self._quantified(loop._replace(element=equal), True, False, local))
            elif isinstance(right, ast.Name) and right.id in self._reading.names.arrays:
                streams.append(iter([(SetName(right.id, [item for item in items_of(members) if item != value]),)]))
        yield from interleaved(streams)

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
                parts: list[Any] = list(cast("tuple[Any, ...]", key)) if isinstance(key, tuple) else [key]
                if key is not UNDEFINED and None not in parts:
                    yield (Insert(table, dict(zip(definition.primary_key, parts, strict=False))),)
                elif key is UNDEFINED:
                    yield from self._defined(node.args[1], local)
            else:
                yield from self._values(node.args[1], self._missing_keys(table), local)
                row = reading.evaluate(node, local)
                if isinstance(row, dict):
                    yield (Delete(table, definition.key_of(cast("Row", row))),)
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


def _literal_node(value: Any) -> ast.expr:
    return parse_expression(repr(value))
