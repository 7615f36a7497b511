"""Which cells a tool's contract reads and writes, told from its expressions without running anything.

A cell is `(table, column)`. The column `*` stands for which rows of the table exist, `@` for whether the row
exists that a single key names (a parameter, or a foreign key, whose row is always there). Shapes of names are followed through bindings, `bind` and comprehensions; what
can't be followed adds no cell.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from engine.contracts.expression import parse
from engine.models.database import DatabaseSchema
from engine.models.tool import Effect, Query, ReturnField, Tool

Cell = tuple[str, str]
EXISTENCE = "*"
NAMED = "@"

_ROW_FUNCTIONS = frozenset({"get", "after"})
_TABLE_FUNCTIONS = frozenset({"rows", "count", "exists"})


@dataclass(frozen=True)
class Shape:
    """What a name stands for: a row of `table`, a list of its rows, or the value of `column` in it."""

    kind: Literal["row", "rows", "value"]
    table: str
    column: str = ""


@dataclass(frozen=True)
class Written:
    """Cells that one effect changes: columns of an update, and whether rows exist for the others."""

    effect: Effect
    cells: frozenset[Cell]


class Footprint:
    """Reads and writes of one tool.

    Attributes:
        tool: Whose contract it is.
    """

    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        self.tool = tool
        self._database = database
        self._bindings = {binding.name: binding.expression for binding in tool.contract.bindings}
        self._known: dict[str, tuple[Shape | None, frozenset[Cell]]] = {}

    @cached_property
    def requirements(self) -> tuple[frozenset[Cell], ...]:
        """The cells that each requirement looks at, in order."""
        return tuple(self.cells(requirement.condition) for requirement in self.tool.contract.requires)

    @cached_property
    def answers(self) -> frozenset[Cell]:
        """The cells that the answer is made of or chosen by."""
        found: set[Cell] = set()
        for field in self.tool.contract.returns:
            found |= self._returned(field)
        return frozenset(found)

    @cached_property
    def writes(self) -> tuple[Written, ...]:
        """What each effect changes, in order."""
        written: list[Written] = []
        for effect in self.tool.contract.effects:
            cells = {(effect.table, column) for column in effect.values}
            if effect.operation != "update":
                cells = {(effect.table, EXISTENCE)}
            written.append(Written(effect, frozenset(cells)))
        return tuple(written)

    def cells(self, text: str, shapes: dict[str, Shape] | None = None) -> frozenset[Cell]:
        """The cells that an expression reads, those of the bindings it uses included."""
        found: set[Cell] = set()
        if text.strip() != "any":
            self._shape(parse(text).tree, dict(shapes or {}), found)
        return frozenset(found)

    def shape(self, text: str) -> Shape | None:
        """What an expression stands for, as far as it can be followed."""
        return self._shape(parse(text).tree, {}, set()) if text.strip() != "any" else None

    def item(self, query: Query, field: str) -> Shape | None:
        """The column that a field of a query's items holds, of the row itself or of one it points to."""
        found = self._shape(parse(query.fields[field]).tree, {query.name: Shape("row", query.table)}, set())
        return found if found is not None and found.kind == "value" else None

    def value(self, field: ReturnField) -> Shape | None:
        """What a `value` field of the answer stands for, rows that the tool inserts included."""
        text = field.value or "None"
        return self._shape(parse(text).tree, self._inserted(), set()) if text.strip() != "any" else None

    def _inserted(self) -> dict[str, Shape]:
        effects = self.tool.contract.effects
        return {effect.bind: Shape("row", effect.table) for effect in effects if effect.bind is not None}

    def _returned(self, field: ReturnField) -> frozenset[Cell]:
        if field.query is not None:
            return self._queried(field.query)
        cells = set(self.cells(field.value or "None", self._inserted()))
        shape = self.value(field)
        if shape is not None and shape.kind != "value":  # whole rows are answered
            cells |= self._columns(shape.table)
        return frozenset(cells)

    def _columns(self, table: str) -> set[Cell]:
        known = self._database.table.get(table)
        return {(table, column.name) for column in known.columns} if known is not None else set()

    def _queried(self, query: Query) -> frozenset[Cell]:
        shapes = {query.name: Shape("row", query.table)}
        found: set[Cell] = {(query.table, EXISTENCE)}
        texts = [query.where or "True", *(order.expression for order in query.order), *query.fields.values()]
        for text in texts:
            found |= self.cells(text, shapes)
        return frozenset(found)

    def _binding(self, name: str) -> tuple[Shape | None, frozenset[Cell]]:
        if name not in self._known:
            self._known[name] = (None, frozenset())  # a binding that names itself ends here
            found: set[Cell] = set()
            shape = self._shape(parse(self._bindings[name]).tree, {}, found)
            self._known[name] = (shape, frozenset(found))
        return self._known[name]

    def _shape(self, node: ast.expr, shapes: dict[str, Shape], found: set[Cell]) -> Shape | None:
        """The shape of a node; adds what it reads to `found`."""
        match node:
            case ast.Name(id=name):
                if name in shapes:
                    return shapes[name]
                if name in self._bindings:
                    shape, cells = self._binding(name)
                    found |= cells
                    return shape
                parameter = self.tool.parameter.get(name)
                place = parameter.refers_to if parameter is not None else None
                if place is not None and "." in place:
                    return Shape("value", *place.split(".", 1))
                return None
            case ast.Attribute(value=value, attr=column):
                shape = self._shape(value, shapes, found)
                if shape is None or shape.kind != "row":
                    return None
                found.add((shape.table, column))
                return Shape("value", shape.table, column)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node, shapes, found)
            case ast.Subscript(value=value):
                shape = self._shape(value, shapes, found)
                return Shape("row", shape.table) if shape is not None and shape.kind == "rows" else None
            case (
                ast.ListComp(elt=element, generators=generators) | ast.GeneratorExp(elt=element, generators=generators)
            ):
                inner = dict(shapes)
                for generator in generators:
                    over = self._shape(generator.iter, inner, found)
                    if isinstance(generator.target, ast.Name):
                        inner.pop(generator.target.id, None)
                        if over is not None and over.kind == "rows":
                            inner[generator.target.id] = Shape("row", over.table)
                    for condition in generator.ifs:
                        self._shape(condition, inner, found)
                item = self._shape(element, inner, found)
                return Shape("rows", item.table) if item is not None and item.kind == "row" else None
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._shape(test, shapes, found)
                first, second = self._shape(body, shapes, found), self._shape(orelse, shapes, found)
                return first or second
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._shape(child, shapes, found)
                return None

    def _call(self, name: str, node: ast.Call, shapes: dict[str, Shape], found: set[Cell]) -> Shape | None:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            inner = self._shape(argument, shapes, found)
            if name in {"sorted", "min", "max"} and inner is not None and inner.kind == "rows":
                return inner
        if name not in _ROW_FUNCTIONS | _TABLE_FUNCTIONS or not node.args:
            return None
        table = node.args[0]
        if not (isinstance(table, ast.Constant) and isinstance(table.value, str)):
            return None
        named = name in _ROW_FUNCTIONS and not isinstance(node.args[-1], ast.Tuple)
        found.add((table.value, NAMED if named else EXISTENCE))
        found |= {(table.value, keyword.arg) for keyword in node.keywords if keyword.arg is not None}
        if name in _ROW_FUNCTIONS:
            return Shape("row", table.value)
        return Shape("rows", table.value) if name == "rows" else None
