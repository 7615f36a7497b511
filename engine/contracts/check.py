"""Checks a contract against its tool and schema without running anything; each finding names place and remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from engine.contracts.dependence import names_in
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import CLOCK_NAMES, Expression, Place, parse, parse_each, parse_message, state_calls
from engine.contracts.names import RESERVED
from engine.contracts.shapes import UNKNOWN, Shape, ShapeReader, bound_shape, parameter_shapes, row_of
from engine.errors import ExpressionError
from engine.models.database import Column, DatabaseSchema, Table
from engine.models.tool import Effect, Query, Requirement, ReturnField, Tool

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RUNTIME_CODES = frozenset({"invalid_arguments", "unknown_tool", "internal_error"})
_PLAIN_TYPES: dict[str, tuple[type, ...]] = {"integer": (int,), "real": (int, float), "boolean": (bool,)}


def check_contract(tool: Tool, database: DatabaseSchema) -> list[str]:
    """Everything that is wrong with a tool's contract, each a sentence that names the tool, the place and a remedy."""
    checker = _Checker(tool, database)
    checker.run()
    return list(dict.fromkeys(checker.problems))


class _Checker:
    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        self.tool = tool
        self.database = database
        self.problems: list[str] = []
        self.shapes: dict[str, Shape] = parameter_shapes(tool, database)
        self.used: set[str] = set()

    def run(self) -> None:
        self._parameters()
        self._bindings()
        self._requirements()
        effects_at = dict(self.shapes)
        for index, effect in enumerate(self.tool.contract.effects):
            self._effect(f"effect {index + 1} ({effect.operation} of `{effect.table}`)", effect)
        self._unique("returned field", [field.name for field in self.tool.contract.returns])
        for field in self.tool.contract.returns:
            self._field(field, effects_at)
        self._unused()

    def say(self, place: str, problem: str) -> None:
        self.problems.append(f"{self.tool.name}: {place}: {problem}")

    # Parts -------------------------------------------------------------------------------------

    def _parameters(self) -> None:
        self._unique("parameter", [parameter.name for parameter in self.tool.parameters])
        for parameter in self.tool.parameters:
            place = f"parameter `{parameter.name}`"
            self._new_name(place, parameter.name, {})
            for word, reference in (("refers_to", parameter.refers_to), ("source", parameter.source)):
                if reference is not None:
                    self._reference(f"{place}, {word}", reference)

    def _bindings(self) -> None:
        for binding in self.tool.contract.bindings:
            place = f"binding `{binding.name}`"
            self._new_name(place, binding.name, self.shapes)
            expression = self._parsed(place, binding.expression)
            self.shapes[binding.name] = UNKNOWN if expression is None else self._read(place, expression, self.shapes)

    def _requirements(self) -> None:
        messages: dict[str, str] = {}
        for index, requirement in enumerate(self.tool.contract.requires):
            place = f"requirement {index + 1} (`{requirement.code}`)"
            self._code(place, requirement, messages)
            condition = self._parsed(place, requirement.condition)
            if condition is not None:
                self._read(place, condition, self.shapes)
            used = set(self.used)
            try:
                parts = parse_message(requirement.message)
            except ExpressionError as problem:
                self.say(f"{place}, message", str(problem))
                continue
            for part in parts:
                if isinstance(part, Place):
                    self._read(f"{place}, message", part.expression, self.shapes)
            self.used = used  # a parameter that only a message names does nothing

    def _code(self, place: str, requirement: Requirement, messages: dict[str, str]) -> None:
        if _SNAKE.fullmatch(requirement.code) is None:
            self.say(place, "a rejection code is in snake_case, such as `order_not_found`")
        if requirement.code in _RUNTIME_CODES:
            self.say(place, f"the runtime itself answers with `{requirement.code}`; choose another code")
        if messages.setdefault(requirement.code, requirement.message) != requirement.message:
            self.say(place, "the code has another message in an earlier requirement; one code has one meaning")

    def _effect(self, place: str, effect: Effect) -> None:
        table = self.database.table.get(effect.table)
        if table is None:
            self.say(place, f"there is no table `{effect.table}`; the schema has {', '.join(self.database.table)}")
            return
        shapes = dict(self.shapes)
        if effect.each is not None:
            try:
                each = parse_each(effect.each)
            except ExpressionError as problem:
                self.say(f"{place}, each", str(problem))
                return
            items = self._read(f"{place}, each", each.items, shapes)
            if items.kind in ("scalar", "row"):
                self.say(f"{place}, each", f"`{each.items.text}` is not a list")
            self._new_name(f"{place}, each", each.name, shapes)
            shapes[each.name] = items.item or UNKNOWN
        if effect.when is not None:
            self._expression(f"{place}, when", effect.when, shapes)
        self._key(place, effect, table, shapes)
        self._values(place, effect, table, shapes)
        if effect.bind is not None:
            if effect.operation != "insert":
                self.say(place, f"`bind: {effect.bind}` names an inserted row; read others with `after(...)`")
            self._new_name(f"{place}, bind", effect.bind, shapes)
            self.shapes[effect.bind] = bound_shape(effect)

    def _key(self, place: str, effect: Effect, table: Table, shapes: Mapping[str, Shape]) -> None:
        if effect.operation == "insert":
            if effect.key is not None:
                self.say(place, "an insert has no `key`; give the key's columns in `values`")
            return
        if effect.key is None:
            self.say(place, f"give the `key` of the row, which is ({', '.join(table.primary_key)})")
            return
        expression = self._parsed(f"{place}, key", effect.key)
        if expression is None:
            return
        self._read(f"{place}, key", expression, shapes)
        tree = expression.tree
        parts = len(tree.elts) if isinstance(tree, ast.Tuple) else 1
        opaque = len(table.primary_key) > 1 and not isinstance(tree, ast.Tuple)
        if parts != len(table.primary_key) or opaque:
            self.say(
                f"{place}, key", f"the key of `{table.name}` is ({', '.join(table.primary_key)}); give that many values"
            )

    def _values(self, place: str, effect: Effect, table: Table, shapes: Mapping[str, Shape]) -> None:
        if effect.operation == "delete" and effect.values:
            self.say(place, "a delete has no `values`")
        if effect.operation == "update" and not effect.values:
            self.say(place, "an update lists the `values` that it writes")
        for name, text in effect.values.items():
            column = table.column.get(name)
            if column is None:
                self.say(place, f"table `{table.name}` has no column `{name}`; it has {', '.join(table.column)}")
                continue
            if name in table.primary_key and (effect.operation == "update" or text.strip() == STATED_ANY):
                self.say(place, f"`{name}` is part of the primary key, which can't be changed or left open")
            if text.strip() == STATED_ANY:
                continue
            expression = self._parsed(f"{place}, value of `{name}`", text)
            if expression is not None:
                self._read(f"{place}, value of `{name}`", expression, shapes)
                self._literal(f"{place}, value of `{name}`", expression.tree, column)
        if effect.operation != "insert":
            return
        for column in table.columns:
            given = column.name in effect.values or column.nullable or column.default is not None or column.generated
            if not given:
                self.say(
                    place, f"column `{column.name}` needs a value: it is not null, has no default and is not generated"
                )

    def _literal(self, place: str, node: ast.expr, column: Column) -> None:
        """Literals that the column can't hold, also in the branches of a conditional."""
        if isinstance(node, ast.IfExp):
            self._literal(place, node.body, column)
            self._literal(place, node.orelse, column)
        if not isinstance(node, ast.Constant):
            return
        value = node.value
        if value is None:
            if not column.nullable:
                self.say(place, "the column is not null")
            return
        kinds = _PLAIN_TYPES.get(column.type, (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and column.type != "boolean"):
            self.say(place, f"{value!r} is not of the column's type, {column.type}")
        elif column.enum is not None and value not in column.enum:
            self.say(place, f"{value!r} is not one of {', '.join(column.enum)}")

    def _field(self, field: ReturnField, before: Mapping[str, Shape]) -> None:
        place = f"returned `{field.name}`"
        if (field.value is None) == (field.query is None):
            self.say(place, "give exactly one of `value` and `query`")
        if field.refers_to is not None:
            self._reference(f"{place}, refers_to", field.refers_to)
        if field.value is not None and field.value.strip() != STATED_ANY:
            expression = self._parsed(place, field.value, after=True)
            if expression is not None:
                self._read(place, expression, self.shapes)
        if field.query is not None:
            self._query(place, field.query)

    def _query(self, place: str, query: Query) -> None:
        if query.table not in self.database.table:
            self.say(place, f"there is no table `{query.table}`; the schema has {', '.join(self.database.table)}")
            return
        self._new_name(f"{place}, row name", query.name, self.shapes)
        shapes = {**self.shapes, query.name: row_of(query.table)}
        if query.where is not None:
            self._expression(f"{place}, where", query.where, shapes)
        for order in query.order:
            self._expression(f"{place}, order", order.expression, shapes)
        if query.limit is not None:
            self._expression(f"{place}, limit", query.limit, self.shapes)
        if not query.fields:
            self.say(place, "a query lists at least one field")
        for name, text in query.fields.items():
            self._expression(f"{place}, field `{name}`", text, shapes)
        for name, reference in query.refers_to.items():
            if name not in query.fields:
                self.say(place, f"refers_to names `{name}`, which is not a field; there are {', '.join(query.fields)}")
            self._reference(f"{place}, refers_to of `{name}`", reference)

    def _unused(self) -> None:
        for parameter in self.tool.parameters:
            if parameter.name not in self.used:
                self.say(
                    f"parameter `{parameter.name}`", "no condition, effect or returned value uses it; use or drop it"
                )
        for binding in self.tool.contract.bindings:
            if binding.name not in self.used:
                self.say(f"binding `{binding.name}`", "nothing uses it; drop it")

    # Pieces ------------------------------------------------------------------------------------

    def _parsed(self, place: str, text: str, after: bool = False) -> Expression | None:
        try:
            expression = parse(text)
        except ExpressionError as problem:
            self.say(place, str(problem))
            return None
        if STATED_ANY in expression.names:
            self.say(place, "`any` stands for a whole written or returned value only; give a condition or value here")
            return None
        if not after and any(function == "after" for function, _, _ in state_calls(expression)):
            self.say(place, "`after(...)` is allowed in returned values only; here the rows before the call count")
        return expression

    def _expression(self, place: str, text: str, shapes: Mapping[str, Shape]) -> None:
        expression = self._parsed(place, text)
        if expression is not None:
            self._read(place, expression, shapes)

    def _read(self, place: str, expression: Expression, shapes: Mapping[str, Shape]) -> Shape:
        self.used |= names_in(expression.tree)
        for name in _variables(expression):
            self._new_name(place, name, shapes)
        reader = ShapeReader(
            self.database, shapes, lambda node, problem: self.say(place, f"`{expression.text}`: {problem}")
        )
        return reader.read(expression.tree)

    def _new_name(self, place: str, name: str, known: Mapping[str, Shape]) -> None:
        if not name.isidentifier() or name.startswith("__") or name in RESERVED or name in CLOCK_NAMES:
            self.say(place, f"`{name}` can't be a name: it is not an identifier or has a meaning already; rename it")
        elif name in known:
            self.say(place, f"the name `{name}` is taken by a parameter, binding or variable; rename one of them")

    def _reference(self, place: str, reference: str) -> None:
        table, _, column = reference.partition(".")
        if table not in self.database.table or column not in self.database.table[table].column:
            self.say(place, f"there is no column `{reference}`; write an existing `table.column`")

    def _unique(self, what: str, names: list[str]) -> None:
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                self.say(f"{what} `{name}`", "it is listed more than once; rename or drop one")


def _variables(expression: Expression) -> Iterator[str]:
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.comprehension) and isinstance(node.target, ast.Name):
            yield node.target.id
