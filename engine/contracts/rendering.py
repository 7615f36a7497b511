"""Contract expressions as the Python of tool code: `row.column` becomes `row["column"]`, `get` becomes `db.get`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from engine.contracts.expression import STATE_FUNCTIONS, Expression, Place, table_of_call
from engine.contracts.layout import Group, Text, flat
from engine.models.database import DatabaseSchema

# Binding strength of Python's operators, weakest first.
CONDITIONAL, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, ATOM = range(9)

_MESSAGE_CHUNK = 88  # longest piece of a message on one line, in characters

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", ADD),
    ast.Sub: ("-", ADD),
    ast.Mult: ("*", MULTIPLY),
    ast.Div: ("/", MULTIPLY),
    ast.FloorDiv: ("//", MULTIPLY),
    ast.Mod: ("%", MULTIPLY),
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_OPPOSITE = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip

Rendered = tuple[Text, int]
"""A text and how strongly it binds."""


class Unquotable(Exception):
    """The expression can't stand inside an f-string of this Python version. Internal."""


def quoted(value: str) -> str:
    """A text literal, in double quotes where that needs no escapes."""
    text = repr(value)
    if text.startswith("'") and '"' not in value:
        return f'"{text[1:-1]}"'
    return text


class Renderer:
    """Writes expressions.

    Attributes:
        names: Name -> the Python text it stands for, or the expression that is written in its place.
        replaced: `id` of a syntax node -> the local variable that holds its value already.
        after: Gives the local variable that holds what `after(table, key)` asks for, if there is one.
    """

    def __init__(self, database: DatabaseSchema, names: Mapping[str, str | Expression] | None = None) -> None:
        self._database = database
        self.names: dict[str, str | Expression] = dict(names or {})
        self.replaced: dict[int, str] = {}
        self.after: Callable[[ast.Call], str | None] = lambda node: None
        self._in_message = False

    def text(self, node: ast.expr) -> Text:
        """The node's Python."""
        return self._render(node)[0]

    def operand(self, node: ast.expr, strength: int) -> Text:
        """The node's Python, in brackets where it binds more weakly than `strength`."""
        return _bracketed(self._render(node), strength)

    def negated(self, node: ast.expr) -> Text:
        """Python for `not node` as the condition of an `if`, where any true value does for `True`."""
        return self._negated(node, truth=True)[0]

    def message(self, parts: Sequence[str | Place]) -> Text:
        """A rejection's message as a literal or an f-string; a long one as several, one to a line."""
        self._in_message = True
        try:
            pieces = self._pieces(parts)
        except Unquotable:
            self._in_message = False
            return self._sum(parts)
        finally:
            self._in_message = False
        lines: list[list[tuple[str, bool]]] = [[]]
        for piece, is_place in pieces:
            if lines[-1] and sum(len(text) for text, _ in lines[-1]) + len(piece) > _MESSAGE_CHUNK:
                lines.append([])
            lines[-1].append((piece, is_place))
        literals = [_literal(line) for line in lines]
        return (literals[0],) if len(literals) == 1 else (Group("(", tuple((text,) for text in literals), ")", " "),)

    def where(self, pairs: Sequence[tuple[str, ast.expr]]) -> Text:
        """The `where` argument of `db.find` and `db.count`."""
        return (
            Group("{", tuple((self._literal_text(column), ": ", *self.text(value)) for column, value in pairs), "}"),
        )

    # Messages ----------------------------------------------------------------------------------

    def _pieces(self, parts: Sequence[str | Place]) -> list[tuple[str, bool]]:
        """Words and places of a message; words keep the space after them."""
        pieces: list[tuple[str, bool]] = []
        for part in parts:
            if isinstance(part, Place):
                text = flat(self.text(part.expression.tree))
                if '"' in text or "\\" in text or "{" in text or "\n" in text:
                    raise Unquotable
                pieces.append((f"{{{text}{'!r' if part.quoted else ''}}}", True))
            else:
                words = part.split(" ")
                pieces += [(f"{word} ", False) for word in words[:-1]] + [(word, False) for word in words[-1:] if word]
        return pieces

    def _sum(self, parts: Sequence[str | Place]) -> Text:
        items: list[Text] = []
        for part in parts:
            if isinstance(part, str):
                items.append((quoted(part),))
            else:
                items.append(
                    ("repr" if part.quoted else "str", Group("(", (self.text(part.expression.tree),), ")", ""))
                )
        return (Group("", tuple(items), "", " + "),)

    def _literal_text(self, value: str) -> str:
        if not self._in_message:
            return quoted(value)
        if any(character in value for character in "'\"\\{}") or not value.isprintable():
            raise Unquotable
        return f"'{value}'"

    # Nodes -------------------------------------------------------------------------------------

    def _present_row(self, node: ast.expr) -> Text:
        """A row that is certainly there: a type checker can't know that of `db.get`, so it is looked up as a list."""
        stands = self.names.get(node.id) if isinstance(node, ast.Name) else None
        inner = stands.tree if isinstance(stands, Expression) else node
        lookup = self.lookup(inner)
        return self.operand(node, ATOM) if lookup is None else lookup

    def lookup(self, node: ast.expr) -> Text | None:
        """`get(table, key)` or `after(table, key)` as `db.find(...)[0]`; `None` for other nodes."""
        if id(node) in self.replaced or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return None
        if node.func.id not in ("get", "after") or (node.func.id == "after" and self.after(node) is not None):
            return None
        if self._in_message:
            raise Unquotable
        table, key = table_of_call(node), node.args[1]
        schema = self._database.table.get(table)
        values = list(key.elts) if isinstance(key, ast.Tuple) else [key]
        if schema is None or len(values) != len(schema.primary_key):
            return None
        columns = schema.primary_key
        where = self.where(list(zip(columns, values, strict=True)))
        return ("db.find", Group("(", ((quoted(table),), where), ")"), "[0]")

    def _render(self, node: ast.expr) -> Rendered:
        if id(node) in self.replaced:
            return (self.replaced[id(node)],), ATOM
        match node:
            case ast.Constant():
                value = node.value
                return (self._literal_text(value) if isinstance(value, str) else repr(value),), ATOM
            case ast.Name():
                stands = self.names.get(node.id, node.id)
                return self._render(stands.tree) if isinstance(stands, Expression) else ((stands,), ATOM)
            case ast.Attribute():
                return (*self._present_row(node.value), f"[{self._literal_text(node.attr)}]"), ATOM
            case ast.Subscript():
                return (*self.operand(node.value, ATOM), "[", *self.text(node.slice), "]"), ATOM
            case ast.List() | ast.Tuple():
                return self._display(node), ATOM
            case ast.BoolOp():
                return self._logic(node.values, isinstance(node.op, ast.And), negate=False)
            case ast.UnaryOp():
                if isinstance(node.op, ast.Not):
                    return self._negated(node.operand)
                return ("-", *self.operand(node.operand, UNARY)), UNARY
            case ast.BinOp():
                sign, strength = _BINARY[type(node.op)]
                return (
                    *self.operand(node.left, strength),
                    f" {sign} ",
                    *self.operand(node.right, strength + 1),
                ), strength
            case ast.Compare():
                return self._comparison(node, negate=False)
            case ast.IfExp():
                body, test = self.operand(node.body, OR), self.operand(node.test, OR)
                items = (body, ("if ", *test), ("else ", *self.operand(node.orelse, CONDITIONAL)))
                return (Group("", items, "", " "),), CONDITIONAL
            case ast.ListComp() | ast.GeneratorExp():
                brackets = "[]" if isinstance(node, ast.ListComp) else "()"
                return (Group(brackets[0], self._loop(node), brackets[1], " "),), ATOM
            case ast.Call():
                return self._call(node)
            case _:
                raise AssertionError(f"{type(node).__name__} is not in the contract language")

    def _display(self, node: ast.List | ast.Tuple) -> Text:
        items = tuple(self.text(item) for item in node.elts)
        if isinstance(node, ast.List):
            return (Group("[", items, "]"),)
        if len(items) == 1:
            return ("(", *items[0], ",)")
        return (Group("(", items, ")"),)

    def _logic(self, values: Sequence[ast.expr], conjunction: bool, negate: bool, truth: bool = False) -> Rendered:
        strength = AND if conjunction else OR
        rendered = [self._negated(value, truth) if negate else self._render(value) for value in values]
        items = tuple(_bracketed(item, strength + 1) for item in rendered)
        return (Group("", items, "", " and " if conjunction else " or "),), strength

    def _comparison(self, node: ast.Compare, negate: bool) -> Rendered:
        text: list[str | Group] = list(self.operand(node.left, ADD))
        for op, operand in zip(node.ops, node.comparators, strict=True):
            sign = _OPPOSITE[_COMPARE[type(op)]] if negate else _COMPARE[type(op)]
            text += [f" {sign} ", *self.operand(operand, ADD)]
        return tuple(text), COMPARE

    def _negated(self, node: ast.expr, truth: bool = False) -> Rendered:
        """Python for `not node`; with `truth`, something that is true exactly where that is."""
        if id(node) in self.replaced:
            return ("not ", self.replaced[id(node)]), NOT
        match node:
            case ast.Compare(ops=[_]):
                return self._comparison(node, negate=True)
            case ast.UnaryOp(op=ast.Not()):
                inner = node.operand
                # `not not x` is a boolean where `x` may be anything
                if truth or _is_boolean(inner):
                    return self._render(inner)
                return ("not not ", *self.operand(inner, NOT)), NOT
            case ast.BoolOp() if all(_negates_well(value, truth) for value in node.values):
                return self._logic(node.values, isinstance(node.op, ast.Or), negate=True, truth=truth)
            case ast.Call(func=ast.Name(id="exists")):
                return (*self._state_call(node, "count"), " == 0"), COMPARE
            case ast.Name() if isinstance(stands := self.names.get(node.id), Expression):
                return self._negated(stands.tree, truth)
            case ast.Constant(value=bool(value)):
                return (repr(not value),), ATOM
            case _:
                return ("not ", *self.operand(node, NOT)), NOT

    def _loop(self, node: ast.ListComp | ast.GeneratorExp) -> tuple[Text, ...]:
        clause = node.generators[0]
        assert isinstance(clause.target, ast.Name)
        tests: list[Text] = [("if ", *self.operand(test, OR)) for test in clause.ifs]
        return (self.text(node.elt), (f"for {clause.target.id} in ", *self.operand(clause.iter, OR)), *tests)

    def _call(self, node: ast.Call) -> Rendered:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name == "exists":
            return (*self._state_call(node, "count"), " > 0"), COMPARE
        if name == "after":
            local = self.after(node)
            return ((local,), ATOM) if local else (self._state_call(node, "get"), ATOM)
        if name in STATE_FUNCTIONS:
            return self._state_call(node, {"get": "get", "rows": "find", "count": "count"}[name]), ATOM
        if name == "lower":
            return (*self.operand(node.args[0], ATOM), ".lower()"), ATOM
        only = node.args[0]
        if isinstance(only, ast.GeneratorExp) and id(only) not in self.replaced:
            opening, closing = ("([", "])") if name in ("any", "all") and self._reads_rows(only) else ("(", ")")
            return (name, Group(opening, self._loop(only), closing, " ")), ATOM
        return (name, Group("(", tuple(self.text(argument) for argument in node.args), ")")), ATOM

    def _reads_rows(self, node: ast.GeneratorExp) -> bool:
        """Whether each round looks rows up; the sandbox works such a generator out whole, where CPython stops early.

        As a list both read the same rows, so that their traces agree.
        """
        parts = [node.elt, *node.generators[0].ifs]
        names = {part.id for tree in parts for part in ast.walk(tree) if isinstance(part, ast.Name)}
        return any(name in STATE_FUNCTIONS or isinstance(self.names.get(name), Expression) for name in names)

    def _state_call(self, node: ast.Call, method: str) -> Text:
        items: list[Text] = [(self._literal_text(table_of_call(node)),)]
        items += [self.text(argument) for argument in node.args[1:]]
        if node.keywords:
            if self._in_message:
                raise Unquotable
            items.append(self.where([(str(keyword.arg), keyword.value) for keyword in node.keywords]))
        return (f"db.{method}", Group("(", tuple(items), ")"))


def _bracketed(rendered: Rendered, strength: int) -> Text:
    text, own = rendered
    if own >= strength:
        return text
    if len(text) == 1 and isinstance(text[0], Group) and not text[0].open:
        return (Group("(", text[0].items, ")", text[0].separator),)
    return (Group("(", (text,), ")", ""),)


def _is_boolean(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.Constant(value=bool()):
            return True
        case ast.Call(func=ast.Name(id="exists" | "any" | "all" | "contains")):
            return True
        case ast.BoolOp():
            return all(_is_boolean(value) for value in node.values)
        case _:
            return False


def _negates_well(node: ast.expr, truth: bool) -> bool:
    match node:
        case ast.Compare() | ast.Name() | ast.Attribute() | ast.Call():
            return True
        case ast.UnaryOp(op=ast.Not()):
            return truth or _is_boolean(node.operand)
        case _:
            return False


def _literal(pieces: Sequence[tuple[str, bool]]) -> str:
    """One line of a message: an f-string if it has places."""
    if not any(is_place for _, is_place in pieces):
        return quoted("".join(text for text, _ in pieces))
    body = ""
    for text, is_place in pieces:
        if is_place:
            body += text
        else:
            body += repr(f'"{text}')[2:-1].replace('"', '\\"').replace("\\'", "'").replace("{", "{{").replace("}", "}}")
    return f'f"{body}"'
