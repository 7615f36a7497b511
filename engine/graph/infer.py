"""Candidate edges between tools, told from their contracts (paper, section 4.1, step 6).

Only what the contracts make possible is proposed, so that proving stays far from quadratic: a data flow where
an output and a parameter stand for the same column, a precondition where an effect writes a cell that the
condition looks at and could make it true, a state edge where an effect writes a cell that a read answers.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from engine.contracts.expression import parse
from engine.contracts.query import split_filter
from engine.graph.footprint import EXISTENCE, Footprint, Written
from engine.graph.knowledge import entity_of, root
from engine.models.database import DatabaseSchema
from engine.models.domain import Domain
from engine.models.graph import Edge
from engine.models.tool import Query, Requirement, Tool


class Output(NamedTuple):
    """One value, or one column of a list, that a tool answers and that stands for an entity.

    Attributes:
        path: The field of the answer.
        field: The field of each item where `path` is a list, else `None`.
        place: The `table.column` whose values it takes, foreign keys followed.
    """

    path: str
    field: str | None
    place: str

    @property
    def text(self) -> str:
        """As an edge's `via` names it: `application_id`, or `results[].application_id`."""
        return self.path if self.field is None else f"{self.path}[].{self.field}"


def outputs(tool: Tool, database: DatabaseSchema) -> tuple[Output, ...]:
    """Everything a tool answers that stands for an entity, but what only repeats an argument."""
    found: list[Output] = []
    for field in tool.contract.returns:
        if field.query is not None:
            places = field.query.refers_to
            found.extend(
                Output(field.name, name, root(database, places[name]))
                for name in field.query.fields
                if name in places and not filtered_by(tool, field.query, name)
            )
        elif field.refers_to is not None and not repeats(tool, field.value or ""):
            found.append(Output(field.name, None, root(database, field.refers_to)))
    return tuple(found)


def infer(domain: Domain) -> tuple[Edge, ...]:
    """All candidate edges of a domain, unproven, in a stable order: by kind, source, target."""
    prints = [Footprint(tool, domain.database) for tool in domain.tools]
    return (*_data_flows(domain), *_preconditions(domain, prints), *_states(prints))


def filtered_by(tool: Tool, query: Query, field: str) -> bool:
    """Whether a field of a query's items is what a required argument asked for: `album_id` in an album's tracks."""
    for column, value in split_filter(query.where, query.name).equal:
        parameter = tool.parameter.get(value.text)
        if parameter is not None and parameter.required and query.fields[field] == f"{query.name}.{column}":
            return True
    return False


def repeats(tool: Tool, value: str) -> bool:
    """Whether a returned value is just an argument: itself, the key of the row that it names, or what it was written to."""
    if value in tool.parameter:
        return True
    name, _, column = value.partition(".")
    for binding in tool.contract.bindings:
        if binding.name == name and column.isidentifier():
            tree = parse(binding.expression).tree
            if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "get":
                key = tree.args[-1]
                named = tool.parameter.get(key.id) if isinstance(key, ast.Name) else None
                return named is not None and named.refers_to == f"{_table_of(tree)}.{column}"
    tree = parse(value).tree if value and value != "any" else None
    if not isinstance(tree, ast.Attribute):
        return False
    of = tree.value
    effects = [
        effect
        for effect in tool.contract.effects
        if (isinstance(of, ast.Name) and effect.bind == of.id)
        or (isinstance(of, ast.Call) and effect.table == _table_of(of))
    ]
    return any(effect.values.get(tree.attr) in tool.parameter for effect in effects)


def _table_of(call: ast.Call) -> str | None:
    table = call.args[0] if call.args else None
    return table.value if isinstance(table, ast.Constant) and isinstance(table.value, str) else None


def _data_flows(domain: Domain) -> list[Edge]:
    edges: list[Edge] = []
    for source in domain.tools:
        for output in outputs(source, domain.database):
            for target in domain.tools:
                if target.name == source.name:
                    continue
                for parameter in target.parameters:
                    if entity_of(domain.database, parameter) == output.place:
                        via = f"{output.text} -> {parameter.name}"
                        edges.append(Edge(source=source.name, target=target.name, kind="data_flow", via=via))
    return edges


def _preconditions(domain: Domain, prints: list[Footprint]) -> list[Edge]:
    edges: list[Edge] = []
    for source in prints:
        for target in prints:
            if source is target:
                continue
            codes: list[str] = []
            for requirement, cells in zip(target.tool.contract.requires, target.requirements, strict=True):
                if requirement.code in codes:
                    continue
                if any(_could_enable(written, requirement, cells, target) for written in source.writes):
                    codes.append(requirement.code)
            edges.extend(
                Edge(source=source.tool.name, target=target.tool.name, kind="precondition", via=code) for code in codes
            )
    return edges


def _states(prints: list[Footprint]) -> list[Edge]:
    edges: list[Edge] = []
    for source in prints:
        for target in prints:
            if source is target or target.tool.mutates_state:
                continue
            tables = {written.effect.table for written in source.writes if written.cells & target.answers}
            edges.extend(
                Edge(source=source.tool.name, target=target.tool.name, kind="state", via=table)
                for table in sorted(tables)
            )
    return edges


def _could_enable(written: Written, requirement: Requirement, cells: frozenset[tuple[str, str]], by: Footprint) -> bool:
    """Whether an effect writes what a condition looks at, and not to a value that it is false for."""
    effect = written.effect
    if not written.cells & cells:
        return False
    tree = parse(requirement.condition).tree
    if effect.operation == "insert":
        return (effect.table, EXISTENCE) in cells and _wants_rows(tree, by) >= 0
    if effect.operation == "delete":
        return (effect.table, EXISTENCE) in cells and _wants_rows(tree, by) <= 0
    return not _contradicts(tree, written, by)


def _contradicts(tree: ast.expr, written: Written, by: Footprint) -> bool:
    """Whether a constant that the effect writes makes the condition false for sure."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return any(_contradicts(part, written, by) for part in tree.values)
    if not (isinstance(tree, ast.Compare) and len(tree.ops) == 1):
        return False
    place = by.shape(ast.unparse(tree.left))
    if place is None or place.kind != "value" or place.table != written.effect.table:
        return False
    value = (
        _constant(parse(written.effect.values[place.column]).tree) if place.column in written.effect.values else None
    )
    bound = _constant(tree.comparators[0])
    if value is None or bound is None:
        return False
    match tree.ops[0]:
        case ast.Eq():
            return value[0] != bound[0]
        case ast.NotEq():
            return value[0] == bound[0]
        case ast.In():
            return isinstance(bound[0], list | tuple) and value[0] not in bound[0]
        case ast.NotIn():
            return isinstance(bound[0], list | tuple) and value[0] in bound[0]
        case _:
            return False


def _constant(node: ast.expr) -> tuple[Any] | None:
    """The value of a literal, in a 1-tuple, or `None` if the node is none."""
    try:
        return (ast.literal_eval(node),)
    except ValueError:
        return None


def _wants_rows(node: ast.expr, by: Footprint) -> int:
    """1 where more rows can only help a condition, -1 where fewer can, 0 where either might."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return -_wants_rows(operand, by)
        case ast.BoolOp(values=values):
            signs = {_wants_rows(value, by) for value in values if by.cells(ast.unparse(value))}
            return signs.pop() if len(signs) == 1 else 0
        case ast.Call(func=ast.Name(id=name)):
            return {"exists": 1, "any": 1, "all": -1}.get(name, 0)
        case ast.Compare(left=left, ops=[operator]) if _counts(left):
            if isinstance(operator, ast.Gt | ast.GtE):
                return 1
            zero = _constant(node.comparators[0]) == (0,)
            return -1 if isinstance(operator, ast.Lt | ast.LtE) or (isinstance(operator, ast.Eq) and zero) else 0
        case ast.Compare(ops=[ast.IsNot()]):
            return 1
        case ast.Compare(ops=[ast.Is()]):
            return -1
        case ast.Name(id=name) if name in {binding.name for binding in by.tool.contract.bindings}:
            return 0
        case _:
            return 0


def _counts(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"count", "len"}
