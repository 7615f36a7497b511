"""Parses SQL expressions as far as CHECK constraints use them, into the contract language's syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from engine.models.database import ColumnType
from engine.seeds.sql_tokens import Token

_MAX_DEPTH = 60
_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "=": ast.Eq, "==": ast.Eq, "!=": ast.NotEq, "<>": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
}  # fmt: skip


class Untranslatable(Exception):
    """A condition that the contract language has no words for."""


def parse_sql(tokens: Sequence[Token], columns: Mapping[str, tuple[str, ColumnType]]) -> ast.expr:
    """The tree of a condition.

    Args:
        tokens: The condition's tokens.
        columns: Lower-case SQL name -> (identifier, type) of the columns that it may name.

    Raises:
        Untranslatable: The contract language has no words for some part.
    """
    return _Parser(tokens, columns).whole()


class _Parser:
    """Recursive descent over SQLite's expression grammar, as far as CHECK constraints use it."""

    def __init__(self, tokens: Sequence[Token], columns: Mapping[str, tuple[str, ColumnType]]) -> None:
        self.tokens = tokens
        self.columns = columns
        self.at = 0
        self.depth = 0

    def whole(self) -> ast.expr:
        """The expression, which must use up all tokens."""
        found = self._or()
        if self.at < len(self.tokens):
            raise Untranslatable
        return found

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _word(self, *words: str) -> bool:
        """Takes these words if they come next, all of them in this order."""
        coming = self.tokens[self.at : self.at + len(words)]
        if len(coming) == len(words) and all(token.is_word(word) for token, word in zip(coming, words, strict=True)):
            self.at += len(words)
            return True
        return False

    def _operator(self, *operators: str) -> str:
        """Takes one of these operators if it comes next."""
        token = self._peek()
        if token is not None and token.is_operator(*operators):
            self.at += 1
            return token.text
        return ""

    def _expect(self, operator: str) -> None:
        if not self._operator(operator):
            raise Untranslatable

    def _or(self) -> ast.expr:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Untranslatable
        parts = [self._and()]
        while self._word("OR"):
            parts.append(self._and())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else ast.BoolOp(ast.Or(), parts)

    def _and(self) -> ast.expr:
        parts = [self._not()]
        while self._word("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)

    def _not(self) -> ast.expr:
        negated = False
        while self._word("NOT"):
            negated = not negated
        found = self._comparison()
        return ast.UnaryOp(ast.Not(), found) if negated else found

    def _comparison(self) -> ast.expr:
        left = self._sum()
        while True:
            if self._word("IS", "NOT", "NULL") or self._word("NOT", "NULL") or self._word("NOTNULL"):
                left = ast.Compare(left, [ast.IsNot()], [ast.Constant(None)])
            elif self._word("IS", "NULL") or self._word("ISNULL"):
                left = ast.Compare(left, [ast.Is()], [ast.Constant(None)])
            elif self._word("NOT", "IN"):
                left = ast.Compare(left, [ast.NotIn()], [self._list()])
            elif self._word("IN"):
                left = ast.Compare(left, [ast.In()], [self._list()])
            elif self._word("NOT", "BETWEEN"):
                left = ast.UnaryOp(ast.Not(), self._between(left))
            elif self._word("BETWEEN"):
                left = self._between(left)
            elif self._word("LIKE"):
                left = self._like(left)
            elif operator := self._operator(*_COMPARISONS):
                left = ast.Compare(left, [_COMPARISONS[operator]()], [self._sum()])
            else:
                return left

    def _between(self, value: ast.expr) -> ast.expr:
        low = self._sum()
        if not self._word("AND"):
            raise Untranslatable
        return ast.BoolOp(
            ast.And(), [ast.Compare(value, [ast.GtE()], [low]), ast.Compare(value, [ast.LtE()], [self._sum()])]
        )

    def _like(self, value: ast.expr) -> ast.expr:
        token = self._peek()
        if token is None or token.kind != "string" or len(token.text) < 3:
            raise Untranslatable
        inner = token.text[1:-1]
        if (
            token.text[0] != "%"
            or token.text[-1] != "%"
            or "_" in inner
            or "%" in inner
            or not isinstance(value, ast.Name)
        ):
            raise Untranslatable
        self.at += 1
        return ast.Call(ast.Name("contains"), [value, ast.Constant(inner)], [])

    def _list(self) -> ast.expr:
        self._expect("(")
        items: list[ast.expr] = []
        while not self._operator(")"):
            items.append(self._sum())
            if not self._operator(","):
                self._expect(")")
                break
        if not items or not all(isinstance(item, ast.Constant) for item in items):
            raise Untranslatable
        return ast.Tuple(items)

    def _sum(self) -> ast.expr:
        left = self._product()
        while operator := self._operator("+", "-"):
            left = ast.BinOp(left, ast.Add() if operator == "+" else ast.Sub(), self._product())
        return left

    def _product(self) -> ast.expr:
        left = self._atom()
        while self._operator("*"):
            left = ast.BinOp(left, ast.Mult(), self._atom())
        return left

    def _atom(self) -> ast.expr:
        token = self._peek()
        if token is None:
            raise Untranslatable
        self.at += 1
        if token.is_operator("("):
            inner = self._or()
            self._expect(")")
            return inner
        if token.is_operator("-", "+"):
            inner = self._atom()
            if not (isinstance(inner, ast.Constant) and isinstance(inner.value, int | float)):
                raise Untranslatable
            return ast.Constant(-inner.value if token.text == "-" else inner.value)
        if token.kind == "string":
            return ast.Constant(token.text)
        if token.kind == "number":
            try:
                return ast.Constant(int(token.text, 0))
            except ValueError:
                return ast.Constant(_number(token.text))
        if token.kind in ("word", "name"):
            return self._named(token)
        raise Untranslatable

    def _named(self, token: Token) -> ast.expr:
        following = self._peek()
        if token.kind == "word" and following is not None and following.is_operator("("):
            return self._call(token.text.lower())
        column = self.columns.get(token.text.lower())
        if column is not None:
            return ast.Name(column[0])
        if token.is_word("NULL"):
            return ast.Constant(None)
        if token.is_word("TRUE", "FALSE"):
            return ast.Constant(token.text.upper() == "TRUE")
        if token.kind == "name" and following is not None:  # SQLite takes an unknown "name" as a text
            return ast.Constant(token.text)
        if token.kind == "name":
            return ast.Constant(token.text)
        raise Untranslatable

    def _call(self, function: str) -> ast.expr:
        names = {"length": "len", "lower": "lower", "abs": "abs"}
        if function == "trim":  # the contract language has none; values with spaces around them are not made up
            self._expect("(")
            inside = self._sum()
            self._expect(")")
            return inside
        if function not in names:
            raise Untranslatable
        self._expect("(")
        argument = self._sum()
        self._expect(")")
        if not isinstance(argument, ast.Name):
            raise Untranslatable
        return ast.Call(ast.Name(names[function]), [argument], [])


def _number(text: str) -> int | float:
    """A SQL number, which Python may write otherwise (`007`)."""
    number = float(text)
    return int(number) if number == int(number) and "." not in text and "e" not in text.lower() else number
