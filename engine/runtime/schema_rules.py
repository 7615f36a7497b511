"""Whether tool code names tables and columns that exist, as far as its literals say."""

from __future__ import annotations

import ast
from difflib import get_close_matches

from engine.models.database import DatabaseSchema, Table
from engine.runtime.language import COMPARISONS, DATABASE_METHODS, ROW_ARGUMENT, TABLE_METHODS
from engine.runtime.parsing import Refusal

_CRITERIA = "give one dict of columns; what it can't say, and what may be None, goes into an `if` over the rows"
_SURPLUS = {"find": _CRITERIA, "count": _CRITERIA}
_ONE_ROW = frozenset({"get", "insert", "update"})


def schema_refusals(function: ast.FunctionDef, database: DatabaseSchema) -> list[Refusal]:
    """Unknown tables, columns and comparisons, wrongly many arguments of `db` methods."""
    reader = _Reader(function, database)
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            reader.call(node)
        elif isinstance(node, ast.Subscript):
            reader.subscript(node)
    return reader.refusals


class _Reader:
    def __init__(self, function: ast.FunctionDef, database: DatabaseSchema) -> None:
        self.refusals: list[Refusal] = []
        self._database = database
        self._rows = _row_variables(function)

    def call(self, node: ast.Call) -> None:
        """Checks a call of `db`."""
        method = _method(node)
        if method not in DATABASE_METHODS:
            return
        if len(node.args) + len(node.keywords) > DATABASE_METHODS[method]:
            self._refuse(
                node, f"db.{method} takes at most {DATABASE_METHODS[method]} arguments", _SURPLUS.get(method, "")
            )
        if method not in TABLE_METHODS:
            return
        name = _table(node)
        if name is None:
            return
        table = self._database.table.get(name)
        if table is None:
            self._refuse(node, f"there is no table `{name}`", _near(name, list(self._database.table)))
            return
        place = ROW_ARGUMENT.get(method)
        if place is not None:
            argument = node.args[place] if len(node.args) > place else None
            for keyword in node.keywords:
                if keyword.arg in ("where", "values", "changes"):
                    argument = keyword.value
            if isinstance(argument, ast.Dict):
                self._columns(argument, table, conditions=method in ("find", "count"))

    def _columns(self, node: ast.Dict, table: Table, *, conditions: bool) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                self._column(key, key.value, table)
            if conditions and isinstance(value, ast.Dict):
                for operator in value.keys:
                    if isinstance(operator, ast.Constant) and operator.value not in COMPARISONS:
                        known = ", ".join(sorted(COMPARISONS))
                        self._refuse(operator, f"there is no comparison `{operator.value}`", f"use {known}")

    def subscript(self, node: ast.Subscript) -> None:
        """Checks `row["column"]` where the row's table is certain."""
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant):
            table = self._database.table.get(self._rows.get(node.value.id) or "")
            if table is not None and isinstance(node.slice.value, str):
                self._column(node, node.slice.value, table)

    def _column(self, node: ast.expr, name: object, table: Table) -> None:
        if name not in table.column:
            self._refuse(node, f"`{table.name}` has no column `{name}`", _near(str(name), list(table.column)))

    def _refuse(self, node: ast.expr, reason: str, remedy: str = "") -> None:
        self.refusals.append(Refusal(line=node.lineno, reason=reason, remedy=remedy))


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"


def _method(node: ast.expr) -> str:
    """The method's name in `db.method(...)`, or nothing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == "db":
            return node.func.attr
    return ""


def _table(node: ast.Call) -> str | None:
    """The literal name of the table that a call of `db` is about."""
    argument = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "table"), None)
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _row_variables(function: ast.FunctionDef) -> dict[str, str | None]:
    """Variables that only ever hold rows of one table, by the calls they come from."""
    origins: dict[str, list[str | None]] = {}

    def note(target: ast.expr, table: str | None) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                origins.setdefault(part.id, []).append(table if part is target else None)

    lists: dict[str, str | None] = {}

    def listed(node: ast.expr) -> str | None:
        if isinstance(node, ast.Call) and _method(node) == "find":
            return _table(node)
        return lists.get(node.id) if isinstance(node, ast.Name) else None

    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            table = listed(node.value) if isinstance(node.value, ast.Call) else None
            lists[name] = table if lists.get(name, table) == table else None
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            one = isinstance(node.value, ast.Call) and _method(node.value) in _ONE_ROW
            for target in node.targets:
                note(target, _table(node.value) if one and isinstance(node.value, ast.Call) else None)
        elif isinstance(node, (ast.For, ast.comprehension)):
            note(node.target, listed(node.iter))
        elif isinstance(node, (ast.NamedExpr, ast.AugAssign, ast.AnnAssign)):
            note(node.target, None)
        elif isinstance(node, ast.arg):
            origins.setdefault(node.arg, []).append(None)
    return {name: tables[0] if len(set(tables)) == 1 else None for name, tables in origins.items()}
