"""Which tables a tool has to do with, from its contract alone."""

from __future__ import annotations

import ast

from engine.contracts.expression import parse, parse_each, tables_read
from engine.models.database import DatabaseSchema
from engine.models.tool import Tool


def touched_tables(tool: Tool, database: DatabaseSchema) -> list[str]:
    """Tables that the contract names, what it refers to, and what refers to rows that it deletes; in the schema's order.

    Raises:
        ExpressionError: An expression is not in the contract language.
    """
    contract = tool.contract
    texts = [binding.expression for binding in contract.bindings]
    texts.extend(requirement.condition for requirement in contract.requires)
    wanted: set[str] = {tool.entity} & set(database.table)
    for effect in contract.effects:
        wanted.add(effect.table)
        texts.extend([*effect.values.values(), *(text for text in (effect.when, effect.key) if text is not None)])
        if effect.each is not None:
            wanted |= tables_read(parse_each(effect.each).items)
        if effect.operation == "delete":
            wanted.update(table.name for table, _ in database.children(effect.table))
    for field in contract.returns:
        if field.query is not None:
            wanted.add(field.query.table)
            texts.extend([*field.query.fields.values(), *([field.query.where] if field.query.where else [])])
        elif field.value is not None:
            texts.append(field.value)
    for text in texts:
        wanted |= {table for table in _tables_in(text) if table in database.table}
    for parameter in tool.parameters:
        if parameter.refers_to is not None:
            wanted |= {parameter.refers_to.partition(".")[0]} & set(database.table)
    return [table.name for table in database.tables if table.name in wanted]


def _tables_in(text: str) -> set[str]:
    return {
        str(node.args[0].value)
        for node in ast.walk(parse(text).tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
