"""The words of tool code: which syntax, names and attributes a tool may use.

Everything is an allow-list: what is not named here is refused.
"""

from __future__ import annotations

import ast


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DATABASE_METHODS: dict[str, int] = {
    "get": 2,
    "find": 2,
    "count": 2,
    "insert": 2,
    "update": 3,
    "delete": 2,
    "now": 0,
    "new_id": 1,
    "reject": 2,
}
"""What tools may call on `db`, with the largest number of arguments."""

TABLE_METHODS = frozenset(DATABASE_METHODS) - {"now", "reject"}
"""Methods whose first argument is a table's name."""

ROW_ARGUMENT = {"find": 1, "count": 1, "insert": 1, "update": 2}
"""Methods with an argument that has column names as keys, and its position."""

COMPARISONS = frozenset({"<", "<=", ">", ">=", "!=", "in", "contains"})
"""Comparisons in a `where`."""

TOOL_FUNCTIONS = frozenset(
    {
        "add_days",
        "add_minutes",
        "contains",
        "date_of",
        "days_between",
        "lower",
        "minutes_between",
        "money",
        "time_of",
        "weekday",
    }
)
"""The prelude's pure functions."""

TYPES = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})
SETS = frozenset({"frozenset", "set"})
ORDERLESS = frozenset({"all", "any", "len", "max", "min", "sorted", "sum"})
"""Functions whose result does not depend on the order of a set."""
BUILTINS = TYPES | SETS | ORDERLESS | {"abs", "divmod", "enumerate", "isinstance", "range", "reversed", "round", "zip"}

IMPORTS: dict[str, frozenset[str]] = {
    "math": frozenset(),
    "datetime": frozenset({"date", "datetime", "time", "timedelta"}),
}
"""`import math` as a whole, and from `datetime` these classes."""

MATH = _words(
    "acos asin atan atan2 ceil cos exp fabs floor fmod gcd hypot isclose log log10 log2 pi radians sin sqrt tan trunc"
)
TEXT_METHODS = _words(
    "capitalize casefold count endswith find index isalnum isalpha isdigit islower isspace istitle isupper join ljust lower "
    "lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines "
    "startswith strip swapcase title upper zfill"
)
CONTAINER_METHODS = _words(
    "append clear copy count extend get index insert items keys pop remove reverse setdefault sort update values"
)
MOMENT_ATTRIBUTES = _words(
    "combine date day days fromisoformat hour isocalendar isoformat isoweekday minute month second seconds time "
    "total_seconds weekday year"
)
ATTRIBUTES = TEXT_METHODS | CONTAINER_METHODS | MOMENT_ATTRIBUTES | MATH
"""Attributes of values; those of `db` are `DATABASE_METHODS`."""

ATTRIBUTE_REASONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"),
        ("reads the machine's clock", "use db.now()"),
    ),
    **dict.fromkeys(("format", "format_map"), ("can reach into objects", "use an f-string")),
    "strftime": ("depends on the machine's locale", "use isoformat()"),
}
NAME_REASONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), ("runs text as code", "write the code itself")),
    **dict.fromkeys(("open", "input", "print"), ("reaches outside the database", "return what the user must know")),
    **dict.fromkeys(
        ("getattr", "setattr", "delattr", "hasattr", "globals", "locals", "vars", "dir", "type", "object", "super"),
        ("looks into the interpreter", "use the values themselves"),
    ),
    **dict.fromkeys(("hash", "id"), ("differs between runs", "compare the values themselves")),
}

STATEMENTS: tuple[type[ast.AST], ...] = (
    ast.FunctionDef,
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.For,
    ast.If,
    ast.Expr,
    ast.Pass,
    ast.Break,
    ast.Continue,
    ast.Import,
    ast.ImportFrom,
)
EXPRESSIONS: tuple[type[ast.AST], ...] = (
    ast.BoolOp,
    ast.NamedExpr,
    ast.BinOp,
    ast.UnaryOp,
    ast.Lambda,
    ast.IfExp,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Compare,
    ast.Call,
    ast.FormattedValue,
    ast.JoinedStr,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Starred,
    ast.Name,
    ast.List,
    ast.Tuple,
    ast.Slice,
)
PARTS: tuple[type[ast.AST], ...] = (
    ast.Module,
    ast.arguments,
    ast.arg,
    ast.keyword,
    ast.alias,
    ast.comprehension,
    ast.expr_context,
    ast.boolop,
    ast.cmpop,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Not,
    ast.USub,
    ast.UAdd,
)
SYNTAX = STATEMENTS + EXPRESSIONS + PARTS

SYNTAX_REASONS: dict[type[ast.AST], tuple[str, str]] = {
    ast.ClassDef: ("classes are not part of tool code", "return a dict"),
    ast.Try: ("a tool must not catch errors", "check first and call db.reject"),
    ast.Raise: ("a tool does not raise", "call db.reject(code, message)"),
    ast.Assert: ("a tool does not assert", "check and call db.reject(code, message)"),
    ast.With: ("`with` is not part of tool code", "call what you need directly"),
    ast.While: ("`while` may never end", "loop over rows or a range"),
    ast.Global: ("a tool keeps nothing between calls", "keep it in the database"),
    ast.Nonlocal: ("`nonlocal` is not part of tool code", "return the value"),
    ast.Delete: ("`del` is not part of tool code", "use pop() or build a new value"),
    ast.Yield: ("a tool is not a generator", "return a dict"),
    ast.YieldFrom: ("a tool is not a generator", "return a dict"),
    ast.AsyncFunctionDef: ("a tool is a plain function", "drop `async`"),
    ast.AsyncFor: ("a tool is a plain function", "drop `async`"),
    ast.AsyncWith: ("a tool is a plain function", "drop `async`"),
    ast.Await: ("a tool is a plain function", "drop `await`"),
    ast.Match: ("`match` is not part of tool code", "use if and elif"),
    ast.Pow: ("`**` can take for ever", "multiply"),
    ast.MatMult: ("`@` is not part of tool code", "multiply"),
    **dict.fromkeys(
        (ast.LShift, ast.RShift, ast.BitOr, ast.BitXor, ast.BitAnd, ast.Invert),
        ("bit operations are not part of tool code", "use arithmetic, `and`, `or`, `not`"),
    ),
}
