"""What the expressions of one tool may name, and how an author's shorthand becomes the contract language.

An author writes `loan.book.title`; the contract language has columns only. Following a reference from a row in
scope makes a binding (`book = get('book', loan.book_id)`), so that the code reads well; from a row that a
comprehension or a query runs over, it is written out in place.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from engine.agents.composer.naming import RESERVED, stem
from engine.contracts.expression import CLOCK_NAMES, FUNCTIONS, STATE_FUNCTIONS, parse
from engine.errors import ExpressionError
from engine.models.database import Column, DatabaseSchema, ForeignKey, Table
from engine.models.tool import Parameter
from engine.seeds.problems import BlueprintError, Path, Problem, nearest
from engine.syntax import parse_expression


@dataclass(frozen=True, slots=True)
class Resolved:
    """An expression in the contract language.

    Attributes:
        text: The expression.
        guards: Expressions that are `None` where a followed reference is empty; then `text` has no value.
    """

    text: str
    guards: tuple[str, ...] = ()

    def as_condition(self, *, without: bool) -> str:
        """The condition, with the truth it has where a followed reference is empty."""
        if not self.guards:
            return self.text
        body = grouped(self.text)
        if without:
            return " or ".join([*(f"{guard} is None" for guard in self.guards), body])
        return " and ".join([*(f"{guard} is not None" for guard in self.guards), body])

    def as_value(self) -> str:
        """The value, `None` where a followed reference is empty."""
        if not self.guards:
            return self.text
        return f"{self.text} if {' and '.join(f'{guard} is not None' for guard in self.guards)} else None"


def grouped(text: str) -> str:
    """The expression in brackets where it needs them beside `and` and `or`."""
    tree = parse(text).tree
    return f"({text})" if isinstance(tree, ast.BoolOp | ast.IfExp) else text


def reference_by_stem(table: Table, name: str) -> ForeignKey | None:
    """The reference that `row.name` follows: that of column `name_id`."""
    for foreign_key in table.foreign_keys:
        if len(foreign_key.columns) == 1 and stem(foreign_key.columns[0]) == name:
            return foreign_key
    return None


@dataclass(slots=True)
class Names:
    """The names of one tool.

    Attributes:
        path: Where the tool is in the blueprint.
        parameters: The tool's parameters by name.
        rows: Names of rows -> table.
        lists: Names of lists of rows -> table.
        bindings: Bindings in an order in which each comes after those that it needs.
        anchors: Required parameter -> (row, column) with the same value, once the row is known to exist.
    """

    database: DatabaseSchema
    path: Path
    parameters: dict[str, Parameter] = field(default_factory=dict[str, Parameter])
    rows: dict[str, str] = field(default_factory=dict[str, str])
    lists: dict[str, str] = field(default_factory=dict[str, str])
    bindings: dict[str, str] = field(default_factory=dict[str, str])
    anchors: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    optional: dict[str, None] = field(default_factory=dict[str, None])
    _followed: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def problem(self, at: Path, message: str, fix: str = "") -> BlueprintError:
        """An error at `at` below the tool's place in the blueprint."""
        return BlueprintError([Problem((*self.path, *at), message, fix)])

    def free(self, name: str) -> bool:
        """Whether nothing has this name yet."""
        taken = name in self.parameters or name in self.bindings or name in self.rows
        return not taken and name not in RESERVED

    def fresh(self, name: str) -> str:
        """`name`, or a variation of it that is free."""
        for candidate in (name, f"{name}_row", *(f"{name}_{number}" for number in range(2, 100))):
            if self.free(candidate):
                return candidate
        raise self.problem((), f"no free name like `{name}`")

    def bind_row(self, name: str, table: str, expression: str) -> str:
        """Adds a binding for a row and answers the name it got."""
        chosen = self.fresh(name)
        self.bindings[chosen] = expression
        self.rows[chosen] = table
        return chosen

    def bind(self, name: str, text: str, at: Path) -> None:
        """Adds an author's binding."""
        if not self.free(name):
            raise self.problem(at, f"`{name}` is in use already", "choose another name for the binding")
        self.bindings[name] = self.resolve(text, at).as_value()
        tree = parse(self.bindings[name]).tree
        follower = _Follower(self, at, {}, anchored=False)
        row = follower.table_of(tree)
        items = follower.items_of(tree)
        if row is not None:
            self.rows[name] = row
        elif items is not None:
            self.lists[name] = items

    def resolve(
        self, text: str, at: Path, local: Mapping[str, str | None] | None = None, *, anchored: bool = False
    ) -> Resolved:
        """Turns an author's expression into the contract language; bindings that it needs are added.

        Args:
            at: Where the expression is, below the tool.
            local: Row names of the place (`row`, the item of an effect) -> table.
            anchored: Write required entity parameters as the column of their row, so that the expression
                is undefined where that row is missing.

        Raises:
            BlueprintError: It is not in the language, or names what does not exist.
        """
        try:
            tree = parse(text).tree
        except ExpressionError as problem:
            raise self.problem(at, str(problem)) from None
        follower = _Follower(self, at, dict(local or {}), anchored=anchored)
        copy = parse_expression(text.replace("\n", " ").strip())
        changed = follower.visit(copy)
        result = text.strip() if ast.dump(changed) == ast.dump(tree) else written(changed)
        return Resolved(result, tuple(follower.guards))

    def table_of_items(self, text: str) -> str | None:
        """The table of the rows that a resolved, list-valued expression holds, where that can be told."""
        return _Follower(self, (), {}, anchored=False).items_of(parse(text).tree)

    def column_of(self, text: str) -> Column | None:
        """The column that a resolved expression names, where it is just `row.column`."""
        node = parse(text).tree
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            table = self.rows.get(node.value.id)
            if table is not None:
                return self.database.table[table].column.get(node.attr)
        return None

    def follow(self, base: str, reference: ForeignKey) -> str:
        """The name bound to the row that `base` points to over `reference`."""
        column = reference.columns[0]
        known = self._followed.get((base, column))
        if known is not None:
            return known
        wanted = stem(column) or reference.table
        name = wanted if self.free(wanted) else self.fresh(f"{base}_{wanted}")
        self.bindings[name] = row_by(self.database, reference.table, reference.references[0], f"{base}.{column}")
        self.rows[name] = reference.table
        self._followed[base, column] = name
        nullable = self.database.table[self.rows[base]].column[column].nullable
        if nullable or base in self.optional:
            self.optional[name] = None
        return name


def row_by(database: DatabaseSchema, table: str, column: str, value: str) -> str:
    """An expression for the row of `table` whose key or unique column has this value."""
    if database.table[table].primary_key == (column,):
        return f"get('{table}', {value})"
    return f"rows('{table}', {column}={value})[0] if exists('{table}', {column}={value}) else None"


class _Follower(ast.NodeTransformer):
    """Rewrites references that are followed, and checks names and columns on the way."""

    def __init__(self, names: Names, at: Path, local: dict[str, str | None], *, anchored: bool) -> None:
        self.names = names
        self.at = at
        self.local = local
        self.outer = frozenset(local)
        self.anchored = anchored
        self.guards: list[str] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if name in self.local or name in CLOCK_NAMES or name in self.names.rows or name in self.names.bindings:
            if name not in self.local and name in self.names.optional:
                self._guard(name)
            return node
        if name in self.names.parameters:
            anchor = self.names.anchors.get(name) if self.anchored else None
            if anchor is None:
                return node
            return ast.Attribute(ast.Name(anchor[0], ast.Load()), anchor[1], ast.Load())
        known = [*self.local, *self.names.rows, *self.names.bindings, *self.names.parameters, *sorted(CLOCK_NAMES)]
        raise self.names.problem(self.at, f"no `{name}` is in scope", nearest(name, known))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            start = 0
            if node.func.id in STATE_FUNCTIONS and node.args and isinstance(node.args[0], ast.Constant):
                self._check_state_call(str(node.args[0].value), node)
                start = 1
            node.args[start:] = [self.visit(argument) for argument in node.args[start:]]
            for word in node.keywords:
                word.value = self.visit(word.value)
            return node
        return cast("ast.expr", self.generic_visit(node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        followed = self._row(node.value)
        if followed is None:
            node.value = self.visit(node.value)
            return node
        base, table = followed
        if node.attr in self.names.database.table[table].column:
            return ast.Attribute(base, node.attr, ast.Load())
        row = self._step(base, table, node.attr)
        return row[0]

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(node)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        clause = node.generators[0]
        assert isinstance(clause.target, ast.Name)  # the language has plain variables only
        clause.iter = self.visit(clause.iter)
        name = clause.target.id
        before = self.local.get(name)
        had = name in self.local
        self.local[name] = self.items_of(clause.iter)
        clause.ifs = [self.visit(test) for test in clause.ifs]
        node.elt = self.visit(node.elt)
        if had:
            self.local[name] = before
        else:
            del self.local[name]
        return node

    def _row(self, node: ast.expr) -> tuple[ast.expr, str] | None:
        """The rewritten expression and its table, where `node` is a row."""
        if isinstance(node, ast.Name):
            table = self.local[node.id] if node.id in self.local else self.names.rows.get(node.id)
            if table is None:
                return None
            return self.visit_Name(node), table
        if isinstance(node, ast.Attribute):
            inner = self._row(node.value)
            if inner is None or node.attr in self.names.database.table[inner[1]].column:
                return None
            return self._step(*inner, node.attr)
        table = self.table_of(node)
        return None if table is None else (self.visit(node), table)

    def _step(self, base: ast.expr, table: str, name: str) -> tuple[ast.expr, str]:
        schema = self.names.database.table[table]
        reference = reference_by_stem(schema, name)
        if reference is None:
            stems = [part for key in schema.foreign_keys if len(key.columns) == 1 and (part := stem(key.columns[0]))]
            hint = nearest(name, [*schema.column, *stems])
            raise self.names.problem(self.at, f"`{table}` has no column `{name}` and no reference of that name", hint)
        if isinstance(base, ast.Name) and base.id not in self.local:
            bound = self.names.follow(base.id, reference)
            if bound in self.names.optional:
                self._guard(bound)
            return ast.Name(bound, ast.Load()), reference.table
        column = ast.unparse(ast.Attribute(base, reference.columns[0], ast.Load()))
        if schema.column[reference.columns[0]].nullable and self._is_outer(base):
            self._guard(column)
        text = row_by(self.names.database, reference.table, reference.references[0], column)
        return parse_expression(text), reference.table

    def _is_outer(self, base: ast.expr) -> bool:
        """Whether the row does not depend on a comprehension inside the expression."""
        used = {part.id for part in ast.walk(base) if isinstance(part, ast.Name)}
        return not (used & (self.local.keys() - self.outer))

    def _guard(self, text: str) -> None:
        if text not in self.guards:
            self.guards.append(text)

    def table_of(self, node: ast.expr) -> str | None:
        """The table of a row-valued expression that is not a name or a dot path."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("get", "after"):
            return str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else None
        if isinstance(node, ast.Subscript):
            return self.items_of(node.value)
        if isinstance(node, ast.IfExp) and isinstance(node.orelse, ast.Constant) and node.orelse.value is None:
            return self.table_of(node.body)
        return None

    def items_of(self, node: ast.expr) -> str | None:
        """The table of the rows that a list-valued expression holds."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "rows":
            return str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else None
        if isinstance(node, ast.Name):
            return None if node.id in self.local else self.names.lists.get(node.id)
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            clause = node.generators[0]
            if (
                isinstance(node.elt, ast.Name)
                and isinstance(clause.target, ast.Name)
                and node.elt.id == clause.target.id
            ):
                return self.items_of(clause.iter)
            return self.table_of(node.elt)
        return None

    def _check_state_call(self, table: str, node: ast.Call) -> None:
        tables = self.names.database.table
        if table not in tables:
            raise self.names.problem(self.at, f"no entity `{table}`", nearest(table, tables))
        for word in node.keywords:
            if word.arg is not None and word.arg not in tables[table].column:
                hint = nearest(word.arg, tables[table].column)
                raise self.names.problem(self.at, f"`{table}` has no column `{word.arg}`", hint)


def substitute(text: str, values: Mapping[str, str]) -> str:
    """The expression with names replaced by expressions."""
    tree = parse_expression(text.strip())

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return parse_expression(values[node.id]) if node.id in values else node

        def visit_Call(self, node: ast.Call) -> ast.expr:
            node.args = [self.visit(argument) for argument in node.args]
            for word in node.keywords:
                word.value = self.visit(word.value)
            return node

    return written(Replace().visit(tree))


def written(tree: ast.expr) -> str:
    """The tree as text, without the second pair of brackets that `ast.unparse` gives a generator argument."""
    text = ast.unparse(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
            function, argument = ast.unparse(node.func), ast.unparse(node.args[0])
            text = text.replace(f"{function}({argument})", f"{function}{argument}")
    return text
