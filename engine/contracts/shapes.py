"""What is known of an expression without running it: the table of its rows, the column of its value, and nulls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from engine.contracts.expression import CLOCK_NAMES, STATE_FUNCTIONS, Expression, parse, parse_each, table_of_call
from engine.models.database import Column, ColumnType, DatabaseSchema, Table
from engine.models.tool import Effect, Tool


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value is.

    Attributes:
        kind: A row of `table`, a list of `item`, a single value, or not known.
        nullable: Whether it may be `None` as far as the schema says.
        column: The column that a single value was read from, where it is one.
        type: Type of a single value, where known.
    """

    kind: Literal["row", "list", "scalar", "unknown"]
    nullable: bool = False
    table: str = ""
    item: Shape | None = None
    column: Column | None = None
    type: ColumnType | None = None


UNKNOWN = Shape("unknown", nullable=True)
TEXT = Shape("scalar", type="text")
INTEGER = Shape("scalar", type="integer")
REAL = Shape("scalar", type="real")
BOOLEAN = Shape("scalar", type="boolean")

_RESULTS: dict[str, Shape] = {
    "len": INTEGER,
    "any": BOOLEAN,
    "all": BOOLEAN,
    "int": INTEGER,
    "float": REAL,
    "str": TEXT,
    "money": REAL,
    "lower": TEXT,
    "contains": BOOLEAN,
    "days_between": INTEGER,
    "minutes_between": INTEGER,
    "weekday": INTEGER,
    "date_of": Shape("scalar", type="date"),
    "time_of": Shape("scalar", type="time"),
    "add_minutes": Shape("scalar", type="datetime"),
    "count": INTEGER,
    "exists": BOOLEAN,
}

Report = Callable[[ast.AST, str], None]


def _ignore(node: ast.AST, problem: str) -> None:
    """The report of who only wants shapes."""


def row_of(table: str, nullable: bool = False) -> Shape:
    """The shape of a row of `table`."""
    return Shape("row", nullable, table)


def columns_read(
    expression: Expression, shapes: Mapping[str, Shape], database: DatabaseSchema
) -> frozenset[tuple[str, str]]:
    """The (table, column) pairs that an expression reads, as far as the rows' tables are known.

    Columns named in `rows(...)`, `count(...)` and `exists(...)` count, and the key of a `get(...)`.
    """
    reader = ShapeReader(database, shapes)
    reader.read(expression.tree)
    return frozenset(reader.columns)


class ShapeReader:
    """Works out shapes, notes the columns that are read, and reports what does not exist.

    Args:
        shapes: Shapes of the names in scope.
        report: Called with the node and a sentence for each unknown name, table or column.
    """

    def __init__(self, database: DatabaseSchema, shapes: Mapping[str, Shape], report: Report | None = None) -> None:
        self._database = database
        self._shapes = dict(shapes)
        self._report: Report = report or _ignore
        self.columns: dict[tuple[str, str], None] = {}

    def read(self, node: ast.expr) -> Shape:
        """The shape of a validated expression's node."""
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                of = self.read(node.value)
                return of.item if of.kind == "list" and of.item is not None else UNKNOWN
            case ast.List() | ast.Tuple():
                items = [self.read(item) for item in node.elts]
                return Shape("list", item=_joined(items) if items else None)
            case ast.BoolOp():
                return _joined([self.read(value) for value in node.values])
            case ast.UnaryOp():
                operand = self.read(node.operand)
                return BOOLEAN if isinstance(node.op, ast.Not) else replace(operand, nullable=False)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Compare():
                self._comparison(node)
                return BOOLEAN
            case ast.IfExp():
                self.read(node.test)
                return _joined([self.read(node.body), self.read(node.orelse)])
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehension(node)
            case ast.Call():
                return self._call(node)
            case _:
                return UNKNOWN

    def column(self, table: str, name: str, node: ast.AST) -> Column | None:
        """The column if it exists; notes or reports it."""
        schema = self._database.table.get(table)
        if schema is None:
            return None
        found = schema.column.get(name)
        if found is None:
            self._report(node, f"table `{table}` has no column `{name}`; it has {', '.join(schema.column)}")
            return None
        self.columns[table, name] = None
        return found

    def table(self, name: str, node: ast.AST) -> Table | None:
        """The table if it exists; reports it otherwise."""
        schema = self._database.table.get(name)
        if schema is None:
            self._report(node, f"there is no table `{name}`; the schema has {', '.join(self._database.table)}")
        return schema

    def _name(self, node: ast.Name) -> Shape:
        if node.id in CLOCK_NAMES:
            return Shape("scalar", type="datetime" if node.id == "now" else "date")
        if node.id not in self._shapes:
            self._report(
                node, f"there is no name `{node.id}` here; known are {', '.join(sorted(self._shapes)) or 'none'}"
            )
            return UNKNOWN
        return self._shapes[node.id]

    def _attribute(self, node: ast.Attribute) -> Shape:
        of = self.read(node.value)
        if of.kind == "row":
            column = self.column(of.table, node.attr, node)
            return UNKNOWN if column is None else column_shape(column)
        if of.kind in ("scalar", "list"):
            what = "a list" if of.kind == "list" else "a single value"
            self._report(node, f"`{ast.unparse(node.value)}` is {what}, so it has no column `{node.attr}`")
        return UNKNOWN

    def _comparison(self, node: ast.Compare) -> None:
        """Reports a literal that the column it is compared with can never hold."""
        operands = [node.left, *node.comparators]
        columns = [self.read(operand).column for operand in operands]
        for column in columns:
            if column is None or column.enum is None:
                continue
            for operand in operands:
                for literal in operand.elts if isinstance(operand, (ast.List, ast.Tuple)) else [operand]:
                    value = literal.value if isinstance(literal, ast.Constant) else None
                    if value is not None and value not in column.enum:
                        allowed = ", ".join(column.enum)
                        self._report(literal, f"`{column.name}` is never {value!r}; it is one of {allowed}")

    def _arithmetic(self, node: ast.BinOp) -> Shape:
        left, right = self.read(node.left), self.read(node.right)
        if left.kind == "list":
            items = [shape.item for shape in (left, right) if shape.item is not None]
            return Shape("list", item=_joined(items) if items else None)
        types = {left.type, right.type}
        if isinstance(node.op, ast.Div) or (types <= {"integer", "real"} and "real" in types):
            return REAL
        if types == {"integer"}:
            return INTEGER
        return TEXT if "text" in types else Shape("scalar")

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> Shape:
        clause = node.generators[0]
        assert isinstance(clause.target, ast.Name)
        items = self.read(clause.iter)
        name, outer = clause.target.id, self._shapes.get(clause.target.id)
        self._shapes[name] = items.item or UNKNOWN
        for test in clause.ifs:
            self.read(test)
        element = self.read(node.elt)
        if outer is None:
            del self._shapes[name]
        else:
            self._shapes[name] = outer
        return Shape("list", item=element)

    def _call(self, node: ast.Call) -> Shape:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name in STATE_FUNCTIONS:
            return self._state_call(node, name)
        arguments = [self.read(argument) for argument in node.args]
        if name in _RESULTS:
            return _RESULTS[name]
        first = arguments[0]
        if name in ("min", "max") and len(arguments) > 1:
            return replace(_joined(arguments), nullable=False)
        if name in ("min", "max", "sum"):
            return replace(first.item, nullable=False) if first.item is not None else Shape("scalar")
        return replace(first, nullable=False)  # abs, sorted, add_days

    def _state_call(self, node: ast.Call, function: str) -> Shape:
        table = table_of_call(node)
        schema = self.table(table, node)
        if function in ("get", "after"):
            self.read(node.args[1])
            if schema is None:
                return UNKNOWN
            parts = len(node.args[1].elts) if isinstance(node.args[1], ast.Tuple) else 1
            if parts != len(schema.primary_key):
                self._report(
                    node,
                    f"the key of `{table}` is ({', '.join(schema.primary_key)}), so `{function}` needs that many values",
                )
            for column in schema.primary_key:
                self.columns[table, column] = None
            return row_of(table, nullable=function == "get")
        for keyword in node.keywords:
            self.read(keyword.value)
            self.column(table, str(keyword.arg), node)
        if function == "rows":
            return Shape("list", item=row_of(table)) if schema is not None else UNKNOWN
        return _RESULTS[function]


def column_shape(column: Column) -> Shape:
    """The shape of a column's value."""
    return Shape("scalar", column.nullable, column=column, type=column.type)


def parameter_shapes(tool: Tool, database: DatabaseSchema) -> dict[str, Shape]:
    """The shapes of a tool's parameters."""
    shapes: dict[str, Shape] = {}
    for parameter in tool.parameters:
        column: Column | None = None
        table_name, _, column_name = (parameter.refers_to or parameter.source or "").partition(".")
        if table_name in database.table:
            column = database.table[table_name].column.get(column_name)
        single = Shape("scalar", column=column, type=parameter.type)
        absent = not parameter.required and parameter.default is None
        shapes[parameter.name] = (
            Shape("list", absent, item=single) if parameter.array else replace(single, nullable=absent)
        )
    return shapes


def name_shapes(tool: Tool, database: DatabaseSchema, report: Report | None = None) -> dict[str, Shape]:
    """The shapes of a tool's parameters and bindings."""
    shapes = parameter_shapes(tool, database)
    for binding in tool.contract.bindings:
        shapes[binding.name] = ShapeReader(database, shapes, report).read(parse(binding.expression).tree)
    return shapes


def each_shape(effect: Effect, shapes: Mapping[str, Shape], database: DatabaseSchema) -> dict[str, Shape]:
    """`shapes` with the variable of the effect's `each`, if it has one."""
    if effect.each is None:
        return dict(shapes)
    each = parse_each(effect.each)
    items = ShapeReader(database, shapes).read(each.items.tree)
    return {**shapes, each.name: items.item or UNKNOWN}


def bound_shape(effect: Effect) -> Shape:
    """The shape of the row (or with `each` the rows) that an effect binds."""
    if effect.each is not None:
        return Shape("list", item=row_of(effect.table))
    return row_of(effect.table, nullable=effect.when is not None)


def _constant(value: object) -> Shape:
    if value is None:
        return Shape("scalar", nullable=True)
    types: dict[type, Shape] = {str: TEXT, bool: BOOLEAN, int: INTEGER, float: REAL}
    return types[type(value)]


def _joined(shapes: list[Shape]) -> Shape:
    """The shape of a value that is one of several."""
    nullable = any(shape.nullable for shape in shapes)
    known = [shape for shape in shapes if shape != Shape("scalar", nullable=True)]  # all but the literal None
    if not known:
        return Shape("scalar", nullable=True)
    first = known[0]
    same = all((shape.kind, shape.table, shape.type) == (first.kind, first.table, first.type) for shape in known)
    if same:
        return replace(first, nullable=nullable)
    if all(shape.kind == "scalar" for shape in known):
        return Shape("scalar", nullable)
    return UNKNOWN
