"""Cuts SQL text into statements and tokens, the way SQLite's own tokenizer does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

TokenKind = Literal["word", "name", "string", "number", "blob", "operator"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<blob>[xX]'[0-9a-fA-F]*')
  | (?P<string>'(?:[^']|'')*+(?:'|\Z))
  | (?P<name>"(?:[^"]|"")*+(?:"|\Z)|`(?:[^`]|``)*+(?:`|\Z)|\[[^\]]*(?:\]|\Z))
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<operator><<|>>|<=|>=|<>|!=|==|\|\||->>|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"(?:[\s;]+|--[^\n]*|/\*.*?(?:\*/|\Z))*+", re.DOTALL)
_BODY = re.compile(
    r"""(?:[^;'"`\[/-]+|'[^']*(?:'|\Z)|"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z)"""
    r"""|--[^\n]*|/\*.*?(?:\*/|\Z)|[/-])*+""",
    re.DOTALL,
)
_TRIGGER = re.compile(r"CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b", re.IGNORECASE)
_TRIGGER_END = re.compile(r"\s*END\s*", re.IGNORECASE)


class Token(NamedTuple):
    """One token; `text` is without its quotes, `start` and `end` are offsets into the tokenized text."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these unquoted words (given in upper case)."""
        return self.kind == "word" and self.text.upper() in words

    def is_operator(self, *operators: str) -> bool:
        """Whether it is one of these operators or punctuation marks."""
        return self.kind == "operator" and self.text in operators


class Statement(NamedTuple):
    """One statement without its semicolon, and the 1-based line on which its first token stands."""

    text: str
    line: int


_HASH = re.compile(
    r"""'[^']*(?:'|\Z)|"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)|(?P<hash>\#[^\n]*)""",
    re.DOTALL,
)


def without_hash_comments(text: str) -> str:
    """The text with comments that begin with `#`, which SQLite does not know, taken out; lines stay where they are."""
    if "#" not in text:
        return text
    return _HASH.sub(lambda found: "" if found["hash"] is not None else found.group(), text)


def tokenize(text: str) -> list[Token]:
    """All tokens of `text`; comments and spaces are left out, a stray character is an operator."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        kind = match.lastgroup
        if kind == "string":
            tokens.append(Token("string", raw[1:-1].replace("''", "'"), match.start(), match.end()))
        elif kind == "name":
            inner = raw[1:-1] if raw[0] == "[" else raw[1:-1].replace(raw[0] * 2, raw[0])
            tokens.append(Token("name", inner, match.start(), match.end()))
        elif kind == "blob":
            tokens.append(Token("blob", raw[2:-1], match.start(), match.end()))
        elif kind == "number":
            tokens.append(Token("number", raw, match.start(), match.end()))
        elif kind == "word":
            tokens.append(Token("word", raw, match.start(), match.end()))
        elif kind == "operator":
            tokens.append(Token("operator", raw, match.start(), match.end()))
    return tokens


def split_statements(text: str) -> Iterator[Statement]:
    """The statements of a script, in order; empty ones are left out.

    A `CREATE TRIGGER` ends at `; END ;`, as SQLite itself has it. A line that starts with a dot where a statement
    would start is a command of SQLite's shell and comes as a statement of its own.
    """
    line, counted, position = 1, 0, 0
    while True:
        start = _end(_BETWEEN, text, position)
        if start >= len(text):
            return
        line += text.count("\n", counted, start)
        counted = start
        if text[start] == "." and _starts_line(text, start):
            position = text.find("\n", start)
            position = len(text) if position < 0 else position
        else:
            position = _end(_BODY, text, start)
            if _TRIGGER.match(text, start):
                while position < len(text):
                    after = _end(_BODY, text, position + 1)
                    ends = _TRIGGER_END.fullmatch(text, position + 1, after)
                    position = after
                    if ends:
                        break
        yield Statement(text[start:position].rstrip(), line)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where the match of a pattern that may match nothing ends."""
    match = pattern.match(text, position)
    return position if match is None else match.end()


def _starts_line(text: str, position: int) -> bool:
    """Whether only spaces stand before `position` on its line."""
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Index of the parenthesis that closes the one at `opening`; the end of the tokens where none does."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].is_operator("("):
            depth += 1
        elif tokens[index].is_operator(")"):
            depth -= 1
            if depth == 0:
                return index
    return len(tokens)


def near_line(statement: Statement, word: str) -> int:
    """Line on which `word`, named by a syntax error, stands; the statement's first line where that is unclear."""
    places = [token for token in tokenize(statement.text) if token.text.lower() == word.lower()]
    if len(places) != 1:
        return statement.line
    return statement.line + statement.text.count("\n", 0, places[0].start)
