"""What real models and providers get wrong, done on purpose: which request is hit, and how, follows from a seed."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Transport = Literal["rate_limit", "server_error", "timeout", "drop", "overflow"]
"""429 with Retry-After, 500, no answer until the client gives up, a connection that ends in the middle, 400 for a long prompt."""

Shape = Literal["prose", "truncated", "refusal", "empty", "null_content", "tool_calls"]
"""How any answer can come: within talk, cut off, as a refusal, as nothing, as `null`, or as a call of a function."""

Form = Literal["invalid_json", "wrong_fields", "unknown_names"]
"""What can be wrong with JSON."""

CodeFault = Literal["syntax", "types", "endless", "clock", "system", "planted"]
"""What can be wrong with code: it can't be parsed, breaks the stub's types, never ends, reads the machine's clock, imports
`os`, or does something slightly else (a mutant, as `scaleenv bench mutations` plants them)."""

Kind = Transport | Shape | Form | CodeFault

TRANSPORT: tuple[Kind, ...] = get_args(Transport)
SHAPES: tuple[Kind, ...] = get_args(Shape)
FORMS: tuple[Kind, ...] = get_args(Form)
CODE: tuple[Kind, ...] = get_args(CodeFault)
KINDS: tuple[Kind, ...] = (*TRANSPORT, *SHAPES, *FORMS, *CODE)

Mutants = Callable[[str], Sequence[str]]
"""A tool's name -> its source with one fault planted, each in another way."""

_CLOCK = "    from datetime import datetime\n    if datetime.now().year < 2000:\n        return {}\n"
_SYSTEM = '    import os\n    if os.path.exists("/etc/passwd"):\n        pass\n'
_ENDLESS = ("    while True:\n        pass\n", "    for _ in range(1_000_000_000_000_000):\n        pass\n")


def no_mutants(_tool: str) -> Sequence[str]:
    """For who knows no tools."""
    return ()


@dataclass(frozen=True)
class Faults:
    """Faults at a rate.

    Attributes:
        rate: Share of the answers that are hit.
        seed: Another seed hits others.
        kinds: What may happen.
        mutants: Where planted faults come from.
    """

    rate: float = 0.0
    seed: int = 1
    kinds: tuple[Kind, ...] = KINDS
    mutants: Mutants = field(default=no_mutants, compare=False)

    def strike(self, role: str, request: str, time: int, *, code: bool) -> Kind | None:
        """What goes wrong with an answer, if anything; the same for the same request at the same time of asking.

        Args:
            role: Who is asked.
            request: Everything that was sent, as text.
            time: How often just that was asked before.
            code: Whether the answer is code rather than JSON.
        """
        lot = self._lot(f"{role}/{request}/{time}")
        if lot % 10_000 >= self.rate * 10_000:
            return None
        fitting = [kind for kind in self.kinds if kind not in (FORMS if code else CODE)]
        return fitting[(lot // 10_000) % len(fitting)] if fitting else None

    def _lot(self, text: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{text}".encode()).digest()[:8])

    def spoilt(self, kind: Kind, text: str) -> str:
        """An answer's text with something wrong in it.

        Args:
            kind: One of `Shape`, `Form` or `CodeFault`.
            text: The right answer.
        """
        match kind:
            case "prose":
                return f"Sure! Here is what you asked for:\n\n{text}\n\nLet me know if you need anything else."
            case "truncated":
                return text[: len(text) * 3 // 5]
            case "refusal":
                return "I'm sorry, but I can't help with that request."
            case "empty":
                return ""
            case "invalid_json":
                return text.replace('":', '"', 1)
            case "wrong_fields":
                return re.sub(r'"(\w+)":', r'"my_\1":', text)
            case "unknown_names":
                return json.dumps(_with_unknown_name(json.loads(text), self._lot(text)))
            case "syntax" | "types" | "endless" | "clock" | "system" | "planted":
                return self._with_bad_functions(kind, text)
            case _:
                return text

    def _with_bad_functions(self, kind: Kind, text: str) -> str:
        """Spoils about half of an answer's functions, and one at least."""
        code = re.sub(r"^```\w*\n|```$", "", text)
        functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
        sources = {node.name: f"{ast.get_source_segment(code, node)}\n" for node in functions}
        lots = {name: self._lot(f"{kind}/{name}/{text}") for name in sources}
        hit = {name for name, lot in lots.items() if lot % 2} or set(list(lots)[:1])
        spoilt = [
            self._with_fault(kind, name, source, lots[name]) if name in hit else source
            for name, source in sources.items()
        ]
        return "```python\n{}```".format("\n\n".join(spoilt))

    def _with_fault(self, kind: Kind, name: str, source: str, lot: int) -> str:
        if kind == "planted":
            mutants = self.mutants(name)
            return f"{mutants[lot // 2 % len(mutants)]}\n" if mutants else source
        if kind == "syntax":
            return re.sub(r"^( +)(if|return) ", r"\1\2 ) ", source, count=1, flags=re.MULTILINE)
        added = {"types": '    db.now() + 1\n    db.get("nothing")\n', "clock": _CLOCK, "system": _SYSTEM}
        lines = source.splitlines(keepends=True)
        body = next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)).body
        first = body[1] if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body[0]
        start = first.lineno - 1
        return "".join([*lines[:start], added.get(kind, _ENDLESS[lot // 2 % len(_ENDLESS)]), *lines[start:]])


def _with_unknown_name(answer: dict[str, Any], lot: int) -> dict[str, Any]:
    """An answer that speaks of something that nobody knows; where it has nothing to speak of, it makes a field up."""
    key, items = next(((key, value) for key, value in answer.items() if isinstance(value, list) and value), ("", []))
    one = items[lot % len(items)] if items else None
    match key, one:
        case "entities", dict():
            one["of"] = [*one["of"], "spaceship"]
        case "tables", dict():
            items.append({"entity": "spaceship", "columns": ["speed:number"]})
        case "tools", {"kind": _}:
            one["entity"] = "spaceship"
        case "tools", {"rules": [dict() as rule, *_]}:
            rule["check"] = f"spaceship.is_ready and ({rule['check']})"
        case "tools", {"returns": [str() as first, *others]}:
            one["returns"] = [f"{first} + spaceship.size", *others]
        case "cases", dict():
            one["call"] = one["call"].replace("(", "_of_spaceship(", 1)
        case "chains", dict():
            one["steps"][0]["tool"] = "launch_spaceship"
        case "flows", _:
            items.append(999)
        case _:
            answer["spaceship"] = True
    return answer
