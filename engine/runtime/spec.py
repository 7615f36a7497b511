"""Compiles schemas and tools to the plain data that the portable part of the runtime works on."""

from __future__ import annotations

import ast
from typing import Any

from engine.contracts.expression import CLOCK_NAMES, Expression, parse, state_calls
from engine.errors import ContractError
from engine.models.database import DatabaseSchema, Table
from engine.models.tool import Parameter, Tool
from engine.syntax import parse_expression

_JSON_TYPES = {"integer": "integer", "real": "number", "boolean": "boolean"}
_FORMS: dict[str, tuple[str, str]] = {
    # Not `format: date-time` and `time`: RFC 3339 wants seconds and an offset there, which these values lack.
    "date": (r"^\d{4}-\d{2}-\d{2}$", "YYYY-MM-DD"),
    "datetime": (r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$", "YYYY-MM-DDTHH:MM:SS"),
    "time": (r"^\d{2}:\d{2}$", "HH:MM"),
}


def compile_database(database: DatabaseSchema) -> dict[str, Any]:
    """The schema as plain JSON-able data for `engine.runtime.tables.Schema`; checks become Python source text.

    Raises:
        ContractError: A check is more than a rule over the columns of its row.
        ExpressionError: A check is not in the contract language.
    """
    return {"tables": {table.name: _compile_table(table) for table in database.tables}}


def _compile_table(table: Table) -> dict[str, Any]:
    generated = [column.name for column in table.columns if column.generated]
    in_key = [name for name in generated if name in table.primary_key]
    return {
        "key": list(table.primary_key),
        "generated": (in_key or generated or [None])[0],
        "prefix": table.id_prefix,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "nullable": column.nullable and column.name not in table.primary_key,
                "default": column.default,
                "enum": None if column.enum is None else list(column.enum),
                "minimum": _bound(column.minimum),
                "maximum": _bound(column.maximum),
            }
            for column in table.columns
        ],
        "unique": [list(columns) for columns in table.unique],
        "foreign_keys": [
            {"columns": list(link.columns), "table": link.table, "references": list(link.references)}
            for link in table.foreign_keys
        ],
        "checks": [_compile_check(table, check.expression, check.message) for check in table.checks],
    }


def _bound(value: float | str | None) -> float | str | None:
    """A bound as people write it: 1 and not 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _compile_check(table: Table, text: str, message: str) -> dict[str, Any]:
    expression = parse(text)
    foreign = sorted(expression.names - set(table.column))
    if foreign:
        raise ContractError(
            f"check `{text}` of table `{table.name}` names {', '.join(foreign)}, which is no column of it"
        )
    if any(state_calls(expression)) or any(
        isinstance(node, ast.Name) and node.id in CLOCK_NAMES for node in ast.walk(expression.tree)
    ):
        raise ContractError(f"check `{text}` of table `{table.name}` looks beyond its row; a check sees columns only")
    return {
        "columns": [column.name for column in table.columns if column.name in expression.names],
        "source": check_source(expression),
        "message": message or f"the row must satisfy {text}",
    }


def check_source(expression: Expression) -> str:
    """A check as Python source over `row`, with columns as `row['name']`."""
    tree = ast.Expression(parse_expression(ast.unparse(expression.tree)))  # a copy: parsed expressions are shared
    return ast.unparse(_Columns(expression.names).visit(tree))


class _Columns(ast.NodeTransformer):
    def __init__(self, columns: frozenset[str]) -> None:
        self._columns = columns

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._columns:
            return node  # a function, or the variable of a comprehension
        return ast.Subscript(ast.Name("row", ast.Load()), ast.Constant(node.id), ast.Load())


def compile_tool(tool: Tool) -> dict[str, Any]:
    """What the checks of a call need to know of the tool, as plain JSON-able data for `engine.runtime.calls`."""
    return {
        "name": tool.name,
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "array": parameter.array,
                "required": parameter.required,
                "enum": None if parameter.enum is None else list(parameter.enum),
                "minimum": _bound(parameter.minimum),
                "maximum": _bound(parameter.maximum),
            }
            for parameter in tool.parameters
        ],
    }


def openai_schema(tool: Tool) -> dict[str, Any]:
    """The tool in OpenAI function form, with a JSON Schema that allows exactly the arguments the runtime takes."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": {
                "type": "object",
                "properties": {parameter.name: _json_schema(parameter) for parameter in tool.parameters},
                "required": [parameter.name for parameter in tool.parameters if parameter.required],
                "additionalProperties": False,
            },
        },
    }


def _json_schema(parameter: Parameter) -> dict[str, Any]:
    notes: list[str] = [parameter.description] if parameter.description else []
    value: dict[str, Any] = {"type": _JSON_TYPES.get(parameter.type, "string")}
    if parameter.enum is not None:
        value["enum"] = list(parameter.enum)
    if parameter.type in _FORMS:
        value["pattern"], form = _FORMS[parameter.type]
        if parameter.type == "date":
            value["format"] = "date"
        notes.append(f"Format: {form}.")
    for bound, keyword, words in (
        (parameter.minimum, "minimum", "Not before"),
        (parameter.maximum, "maximum", "Not after"),
    ):
        if isinstance(bound, str):
            notes.append(f"{words} {bound}.")
        elif bound is not None:
            value[keyword] = _bound(bound)
    schema: dict[str, Any] = {"type": "array", "items": value} if parameter.array else value
    if notes:
        schema["description"] = " ".join(notes)
    if not parameter.required and parameter.default is not None:
        schema["default"] = parameter.default
    return schema
