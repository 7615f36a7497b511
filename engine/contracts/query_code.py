"""Writes a query as a person would: a comprehension where it is short, a loop with early `continue` where it is not."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from engine.contracts.draft import Draft
from engine.contracts.expression import Expression, parse
from engine.contracts.layout import Group, Text
from engine.contracts.query import split_filter
from engine.contracts.rendering import COMPARE, OR, quoted
from engine.contracts.shapes import ShapeReader, row_of
from engine.models.tool import Query


class QueryWriter:
    """Writes queries into a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def write(self, field: str, query: Query) -> Text:
        """Writes a query and gives the text of its result."""
        parts = split_filter(query.where, query.name)
        needed = [(value, True) for _, value in parts.equal]
        limit = parse(query.limit) if query.limit is not None else None
        needed += [(limit, True)] if limit is not None else []
        others = [parts.rest, *[parse(order.expression) for order in query.order], *map(parse, query.fields.values())]
        self.draft.need(needed + [(part, False) for part in others if part is not None])
        source: list[Text] = [(quoted(query.table),)]
        if parts.equal:
            source.append(self.draft.render.where([(column, value.tree) for column, value in parts.equal]))
        rows: Text = ("db.find", Group("(", tuple(source), ")"))
        local = self.draft.fresh(field, f"{field}_found")
        answer: Text = (
            Group(
                "{",
                tuple(
                    (f"{quoted(name)}: ", *self.draft.render.text(parse(text).tree))
                    for name, text in query.fields.items()
                ),
                "}",
            ),
        )
        if not query.order and limit is None:
            tests = _conjuncts(parts.rest)
            loop: list[Text] = [answer, (f"for {query.name} in ", *rows)]
            if len(tests) <= 1:
                loop += [("if ", *self.draft.render.operand(test, OR)) for test in tests]
                self.draft.put((Group("[", tuple(loop), "]", " "),), f"{local} = ")
                return (local,)
            self.draft.put(("[]",), f"{local} = ")
            self._filtered_loop(query.name, rows, tests, (f"{local}.append", Group("(", (answer,), ")", "")))
            return (local,)
        matches = self.draft.fresh("matches", f"{field}_rows")
        tests = _conjuncts(parts.rest)
        if len(tests) > 1:
            self.draft.put(("[]",), f"{matches} = ")
            self._filtered_loop(query.name, rows, tests, (f"{matches}.append({query.name})",))
        elif tests:
            kept: tuple[Text, ...] = (
                (query.name,),
                (f"for {query.name} in ", *rows),
                ("if ", *self.draft.render.operand(tests[0], OR)),
            )
            self.draft.put((Group("[", kept, "]", " "),), f"{matches} = ")
        elif not query.order:
            self.draft.put(rows, f"{matches} = ")
        self._sort(matches, (matches,) if tests else rows, query)
        cut: Text = (matches,)
        if limit is not None:
            cut = (matches, "[:", *self.draft.render.text(limit.tree), "]")
        self.draft.put((Group("[", (answer, (f"for {query.name} in ", *cut)), "]", " "),), f"{local} = ")
        return (local,)

    def _filtered_loop(self, name: str, rows: Text, tests: Sequence[ast.expr], last: Text) -> None:
        self.draft.put(rows, f"for {name} in ", ":")
        self.draft.indent += 4
        for test in tests:
            self.draft.put(self.draft.render.negated(test), "if ", ":")
            self.draft.lines.append(" " * (self.draft.indent + 4) + "continue")
        self.draft.put(last)
        self.draft.indent -= 4

    def _sort(self, matches: str, rows: Text, query: Query) -> None:
        """Names the sorted rows; one call where all keys go the same way, else one a key, the last first."""
        directions = {order.descending for order in query.order}
        steps = [query.order] if len(directions) == 1 else [(order,) for order in reversed(query.order)]
        reader = ShapeReader(self.draft.database, {**self.draft.shapes, query.name: row_of(query.table)})
        for step in steps:
            keys: list[Text] = []
            for order in step:
                tree = parse(order.expression).tree
                text = self.draft.render.text(tree)
                if reader.read(tree).nullable:
                    keys.append((*self.draft.render.operand(tree, COMPARE), " is not None"))
                keys.append(text)
            key: Text = keys[0] if len(keys) == 1 else (Group("(", tuple(keys), ")"),)
            items: list[Text] = [rows, (f"key=lambda {query.name}: ", *key)]
            if not step:
                continue
            if step[0].descending:
                items.append(("reverse=True",))
            self.draft.put(("sorted", Group("(", tuple(items), ")")), f"{matches} = ")
            rows = (matches,)


def _conjuncts(expression: Expression | None) -> list[ast.expr]:
    if expression is None:
        return []
    tree = expression.tree
    return list(tree.values) if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
