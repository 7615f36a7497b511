"""Plants faults into tool code, one at a time, to see whether procedural testing catches them.

A mutant is the tool with one change of its syntax tree, of a kind that people and models really make. It stays
admissible: whatever was refused before anything ran would say nothing about the tests.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.foundation.mutation_spots import (
    MutationKind,
    Spot,
    arithmetic,
    comparisons,
    comprehension,
    doubling,
    dropping_key,
    operands,
    reading,
    removing,
    replacing,
    replacing_item,
    slices,
    sorting,
    swapping,
)
from engine.models.database import DatabaseSchema, Table
from engine.models.tool import Tool
from engine.syntax import parse_module


@dataclass(frozen=True, slots=True)
class Mutant:
    """A tool with one planted fault.

    Attributes:
        line: Line of the original source that was changed.
        before: The changed part as it was.
        after: The same as it is now; empty where it was taken out.
    """

    tool: Tool
    kind: MutationKind
    line: int
    before: str
    after: str


def mutants_of(tool: Tool, database: DatabaseSchema) -> list[Mutant]:
    """All mutants of a tool's source, in source order, without those that are the original over again.

    A change after which the code is the same once both are brought into one form (parsed, written out) is no
    fault and is left out, and so is taking the last instead of the first row of a search by a whole key, which
    finds one row at most. These are the only rules by which mutants count as equivalent here; others that happen
    to be equivalent show up as survivors.
    """
    module = parse_module(tool.source)
    original = ast.unparse(module)
    found: dict[str, Mutant] = {}
    for kind, node, before, after, change, *lines in _Finder(tool, database, module).spots():
        planted = copy.deepcopy(module)
        target = _twin(module, planted, node)
        change(target)
        ast.fix_missing_locations(planted)
        _fill_empty(planted)
        source = ast.unparse(planted)
        if source == original or source in found:
            continue
        line = lines[0] if lines else getattr(node, "lineno", 1)
        found[source] = Mutant(tool.model_copy(update={"source": source}), kind, line, before, after)
    return list(found.values())


def _twin(module: ast.Module, planted: ast.Module, node: ast.AST) -> ast.AST:
    for original, twin in zip(ast.walk(module), ast.walk(planted), strict=True):
        if original is node:
            return twin
    raise AssertionError("the node is not part of the module")


def _fill_empty(tree: ast.AST) -> None:
    """A block that lost its only statement gets a `pass`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module) and getattr(node, "body", None) == []:
            setattr(node, "body", [ast.Pass()])  # noqa: B010 - not every kind of node has a body


class _Finder:
    def __init__(self, tool: Tool, database: DatabaseSchema, module: ast.Module) -> None:
        self._tool = tool
        self._database = database
        function = next(node for node in module.body if isinstance(node, ast.FunctionDef))
        self._function = function
        self._tables = _tables_of_names(function, database)
        self._rows_before = _rows_before_writes(function)

    def spots(self) -> Iterator[Spot]:
        for node in ast.walk(self._function):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                yield from self._block(node, "body")
            if isinstance(getattr(node, "orelse", None), list):
                yield from self._block(node, "orelse")
            if isinstance(node, ast.Compare):
                yield from comparisons(node)
            elif isinstance(node, ast.BoolOp):
                yield from operands(node)
            elif isinstance(node, ast.Subscript):
                yield from self._subscript(node)
                if not self._single(node.value):
                    yield from slices(node)
            elif isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.BinOp):
                yield from arithmetic(node)
            elif isinstance(node, ast.ListComp | ast.GeneratorExp):
                yield from comprehension(node)
            elif isinstance(node, ast.Return) and node.value is not None:
                yield from self._returned(node)
            elif isinstance(node, ast.Dict):
                yield from self._values(node)

    # statements

    def _block(self, node: ast.AST, name: str) -> Iterator[Spot]:
        for index, statement in enumerate(getattr(node, name)):
            if isinstance(statement, ast.If) and _rejects(statement):
                yield (
                    "dropped_check",
                    node,
                    ast.unparse(statement.test),
                    "",
                    removing(name, index, statement),
                    statement.lineno,
                )
            elif (
                isinstance(statement, ast.If)
                and len(statement.body) == 1
                and isinstance(statement.body[0], ast.Continue)
            ):
                yield (
                    "dropped_filter",
                    node,
                    ast.unparse(statement.test),
                    "",
                    removing(name, index, statement),
                    statement.lineno,
                )
            found = _write_of(statement)
            if found is None:
                continue
            write, operation = found
            text = ast.unparse(statement)
            if isinstance(statement, ast.Expr):
                yield "skipped_write", node, text, "", removing(name, index, statement), statement.lineno
            elif isinstance(statement, ast.Assign) and operation == "update" and len(write.args) > 1:
                read = ast.Call(ast.Attribute(ast.Name("db"), "get"), write.args[:2], [])
                yield (
                    "skipped_write",
                    node,
                    text,
                    f"{ast.unparse(statement.targets[0])} = {ast.unparse(read)}",
                    reading(name, index, read),
                    statement.lineno,
                )
            if operation != "delete":
                yield "doubled_write", node, text, f"{text}; {text}", doubling(name, index), statement.lineno

    # expressions

    def _single(self, node: ast.expr) -> bool:
        """Whether a list has one item at most: a search by a whole key. Its first item is its last one then."""
        table = _table_of_call(node) if isinstance(node, ast.Call) else None
        if table not in self._database.table or not isinstance(node, ast.Call) or len(node.args) < 2:
            return False
        where = node.args[1]
        columns = (
            {key.value for key in where.keys if isinstance(key, ast.Constant)}
            if isinstance(where, ast.Dict)
            else set[Any]()
        )
        definition = self._database.table[str(table)]
        return any(set(key) <= columns for key in (definition.primary_key, *definition.unique))

    def _subscript(self, node: ast.Subscript) -> Iterator[Spot]:
        column = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if not isinstance(column, str):
            return
        for table in self._tables_of_row(node.value, column):
            for other in _like(table, column):
                after = ast.unparse(ast.Subscript(node.value, ast.Constant(other)))
                yield "wrong_column", node, ast.unparse(node), after, replacing("slice", ast.Constant(other))
            return

    def _tables_of_row(self, node: ast.expr, column: str) -> list[Table]:
        names: list[str] = []
        if isinstance(node, ast.Name):
            names = self._tables.get(node.id, [])
        elif isinstance(node, ast.Call):
            table = _table_of_call(node)
            names = [table] if table is not None else []
        tables = [self._database.table[name] for name in names if name in self._database.table]
        return [table for table in tables if column in table.column]

    def _call(self, node: ast.Call) -> Iterator[Spot]:
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "db"
        ):
            yield from self._database_call(node, node.func.attr)
        elif isinstance(node.func, ast.Name):
            if node.func.id == "sorted":
                yield from sorting(node)
            elif node.func.id in ("minutes_between", "days_between", "contains") and len(node.args) == 2:
                swapped = ast.Call(node.func, [node.args[1], node.args[0]], [])
                yield "swapped_arguments", node, ast.unparse(node), ast.unparse(swapped), swapping("args", 0, 1)
            elif node.func.id in ("min", "max") and node.args:
                other = "max" if node.func.id == "min" else "min"
                after = ast.unparse(ast.Call(ast.Name(other), node.args, node.keywords))
                yield "wrong_operator", node, ast.unparse(node), after, replacing("func", ast.Name(other))

    def _database_call(self, node: ast.Call, method: str) -> Iterator[Spot]:
        text = ast.unparse(node)
        if method == "reject" and node.args and isinstance(node.args[0], ast.Constant):
            codes = [requirement.code for requirement in self._tool.contract.requires]
            for code in dict.fromkeys(codes):
                if code != node.args[0].value:
                    yield (
                        "wrong_code",
                        node,
                        repr(node.args[0].value),
                        repr(code),
                        replacing_item("args", 0, ast.Constant(code)),
                    )
                    break
        table = _table_of_call(node)
        if table is None or table not in self._database.table:
            return
        for other in self._like_tables(table, node, method):
            after = ast.unparse(ast.Call(node.func, [ast.Constant(other), *node.args[1:]], node.keywords))
            yield "wrong_table", node, text, after, replacing_item("args", 0, ast.Constant(other))
        if method in ("find", "count") and len(node.args) > 1 and isinstance(node.args[1], ast.Dict):
            for index, (key, value) in enumerate(zip(node.args[1].keys, node.args[1].values, strict=True)):
                before = f"{ast.unparse(key) if key else '**'}: {ast.unparse(value)}"
                yield "dropped_filter", node.args[1], before, "", dropping_key(index)
        if method in ("get", "update", "delete") and len(node.args) > 1 and isinstance(node.args[1], ast.Name):
            for other in self._parameters_like(node.args[1].id):
                after = ast.unparse(ast.Call(node.func, [node.args[0], ast.Name(other), *node.args[2:]], []))
                yield "swapped_arguments", node, text, after, replacing_item("args", 1, ast.Name(other))
        if len(node.args) > 1 and isinstance(node.args[1], ast.Tuple) and len(node.args[1].elts) == 2:
            yield "swapped_arguments", node.args[1], text, "key parts swapped", swapping("elts", 0, 1)

    def _parameters_like(self, name: str) -> list[str]:
        parameter = self._tool.parameter.get(name)
        if parameter is None:
            return []
        return [
            other.name
            for other in self._tool.parameters
            if other.name != name and other.type == parameter.type and other.array == parameter.array and other.required
        ]

    def _like_tables(self, table: str, node: ast.Call, method: str) -> list[str]:
        """Tables that have every column which the call names and the same kind of key."""
        used = {
            key.value
            for argument in node.args[1:]
            if isinstance(argument, ast.Dict)
            for key in argument.keys
            if isinstance(key, ast.Constant)
        }
        own = self._database.table[table]
        found: list[str] = []
        for other in self._database.tables:
            if other.name == table or not used <= set(other.column):
                continue
            kinds = [own.column[name].type for name in own.primary_key]
            if method in ("get", "update", "delete") and kinds != [
                other.column[name].type for name in other.primary_key
            ]:
                continue
            if method == "insert" and used == set():
                continue
            found.append(other.name)
        return found[:2]

    def _returned(self, node: ast.Return) -> Iterator[Spot]:
        """A value of the row after a write becomes that of the row before it."""
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Subscript)
                and isinstance(part.value, ast.Name)
                and part.value.id in self._rows_before
            ):
                before = self._rows_before[part.value.id]
                after = ast.unparse(ast.Subscript(before, part.slice))
                yield "stale_value", part, ast.unparse(part), after, replacing("value", before)

    def _values(self, node: ast.Dict) -> Iterator[Spot]:
        """Values of written columns and returned fields: a wrong status, a neighbour's value."""
        for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                continue
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                for member in self._enum_of(key.value, value.value):
                    yield (
                        "wrong_status",
                        node,
                        repr(value.value),
                        repr(member),
                        replacing_item("values", index, ast.Constant(member)),
                    )
                    break
            elif isinstance(value, ast.Constant) and isinstance(value.value, bool):
                yield (
                    "wrong_status",
                    node,
                    repr(value.value),
                    repr(not value.value),
                    replacing_item("values", index, ast.Constant(not value.value)),
                )
            elif isinstance(value, ast.Name):
                for other in self._parameters_like(value.id)[:1]:
                    before, after = f"{key.value!r}: {value.id}", f"{key.value!r}: {other}"
                    yield "swapped_arguments", node, before, after, replacing_item("values", index, ast.Name(other))

    def _enum_of(self, column: str, member: str) -> list[str]:
        for table in self._database.tables:
            found = table.column.get(column)
            if found is not None and found.enum and member in found.enum:
                return [other for other in found.enum if other != member]
        return []


# reading the code


def _rejects(statement: ast.If) -> bool:
    last = statement.body[-1]
    return (
        isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and ast.unparse(last.value.func) == "db.reject"
    )


def _write_of(statement: ast.stmt) -> tuple[ast.Call, str] | None:
    """The call of `db.insert`, `db.update` or `db.delete` that a statement is, and which of them."""
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and ast.unparse(value.func.value) == "db":
        operation = value.func.attr
        return (value, operation) if operation in ("insert", "update", "delete") else None
    return None


def _table_of_call(node: ast.Call) -> str | None:
    named = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "db" and node.args
    first = node.args[0] if named else None
    return (
        first.value
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and ast.unparse(node.func) != "db.reject"
        else None
    )


def _tables_of_names(function: ast.FunctionDef, database: DatabaseSchema) -> dict[str, list[str]]:
    """Variable -> tables whose rows it holds, one by one or as a list."""
    found: dict[str, list[str]] = {}

    def note(target: ast.expr, value: ast.expr) -> None:
        if not isinstance(target, ast.Name):
            return
        for part in ast.walk(value):
            table = _table_of_call(part) if isinstance(part, ast.Call) else None
            if table in database.table:
                found.setdefault(target.id, []).append(str(table))
            elif isinstance(part, ast.Name) and part.id in found and part.id != target.id:
                found.setdefault(target.id, []).extend(found[part.id])

    for _ in range(2):  # the second round sees names that were set further down
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                note(node.targets[0], node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                note(node.target, node.iter)
            elif isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "key" and isinstance(keyword.value, ast.Lambda) and node.args:
                        note(ast.Name(keyword.value.args.args[0].arg), node.args[0])
    return {name: list(dict.fromkeys(tables)) for name, tables in found.items()}


def _rows_before_writes(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Variable that holds an updated row -> an expression for the row as it was read before."""
    read: dict[str, ast.expr] = {}
    found: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        if (
            not isinstance(node, ast.Assign)
            or not isinstance(node.value, ast.Call)
            or not isinstance(node.targets[0], ast.Name)
        ):
            continue
        call, name = node.value, node.targets[0].id
        if len(call.args) < 2 or not isinstance(call.func, ast.Attribute):
            continue
        place = f"{ast.unparse(call.args[0])}, {ast.unparse(call.args[1])}"
        if call.func.attr == "get":
            read[place] = ast.Name(name)
        elif call.func.attr == "update" and place in read:
            found[name] = read[place]
    return found


def _like(table: Table, column: str) -> list[str]:
    """Other columns of the same type, at most two: those that come next."""
    names = [item.name for item in table.columns if item.type == table.column[column].type and item.name != column]
    start = [item.name for item in table.columns].index(column)
    later = [name for name in names if [item.name for item in table.columns].index(name) > start]
    return (later + [name for name in names if name not in later])[:2]
