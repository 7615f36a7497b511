"""Static admission: what tool code must satisfy before any of it runs (paper, section 4.1, step 5).

Three checks, the cheapest first: the syntax and the words that tool code may use (`engine.runtime.syntax_rules`), the
schema (signature, tables and columns by their literal names), and the types, against the prelude's stub with the
sandbox's own type checker. Code that passes may still fail its tests; code that does not is never executed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.models.database import DatabaseSchema
from engine.models.tool import Parameter, Tool
from engine.runtime.language import BUILTINS, IMPORTS, TOOL_FUNCTIONS
from engine.runtime.parsing import Refusal, parse_tool
from engine.runtime.schema_rules import schema_refusals
from engine.runtime.syntax_rules import syntax_refusals
from engine.syntax import parse_module

_TYPES = {
    "text": "str",
    "date": "str",
    "datetime": "str",
    "time": "str",
    "integer": "int",
    "real": "float",
    "boolean": "bool",
}

TAKEN_NAMES = TOOL_FUNCTIONS | BUILTINS | IMPORTS["datetime"] | {"Database", "TOOLS", "db", "math"}
"""Names that no tool may have: the tools of a domain are one module, and would lose what is called so."""


class TypeChecker(Protocol):
    """Checks tool code against the stub of what it sees."""

    def check(self, sources: Mapping[str, str]) -> dict[str, list[Refusal]]:
        """The type errors of each tool's source, in line order; a tool without one may be left out."""
        ...


def admit(tool: Tool, database: DatabaseSchema, checker: TypeChecker | None = None) -> list[Refusal]:
    """Why the tool's source is refused, in line order; empty if it is admitted. See `admit_all`."""
    return admit_all([tool], database, checker)[tool.name]


def admit_all(
    tools: Sequence[Tool], database: DatabaseSchema, checker: TypeChecker | None = None
) -> dict[str, list[Refusal]]:
    """Why each tool's source is refused, by tool, in line order; an empty list admits it.

    Args:
        checker: Checks types; by default the sandbox's checker, which looks at all tools in one go.

    Raises:
        SandboxError: The type checker could not be run.
    """
    refusals: dict[str, list[Refusal]] = {}
    passed: dict[str, str] = {}
    for tool in tools:
        found = _static(tool, database)
        refusals[tool.name] = found
        if not found:
            passed[tool.name] = tool.source
    if passed:
        if checker is None:
            from engine.runtime.typecheck import StubChecker

            checker = StubChecker()
        for name, found in checker.check(passed).items():
            refusals[name].extend(found)
    return refusals


def signature(tool: Tool) -> str:
    """The parameters that the source must have, as Python text: `db`, then required ones, then optional ones."""
    ordered = sorted(tool.parameters, key=lambda parameter: not parameter.required)
    return ", ".join(["db: Database", *[_parameter(parameter) for parameter in ordered]])


def _parameter(parameter: Parameter) -> str:
    kind = f"list[{_TYPES[parameter.type]}]" if parameter.array else _TYPES[parameter.type]
    if parameter.required:
        return f"{parameter.name}: {kind}"
    if parameter.default is None:
        return f"{parameter.name}: {kind} | None = None"
    return f"{parameter.name}: {kind} = {parameter.default!r}"


def _static(tool: Tool, database: DatabaseSchema) -> list[Refusal]:
    parsed = parse_tool(tool.source)
    if isinstance(parsed, Refusal):
        return [parsed]
    found = syntax_refusals(parsed)
    function = next((node for node in parsed.body if isinstance(node, ast.FunctionDef)), None)
    if function is None:
        return found
    if not found:
        # Only code whose every word is known is worth comparing with the schema.
        found = [*_signature_refusals(tool, function), *schema_refusals(function, database)]
    return sorted(found, key=lambda refusal: refusal.line)


def _signature_refusals(tool: Tool, function: ast.FunctionDef) -> list[Refusal]:
    found: list[Refusal] = []
    if function.name in TAKEN_NAMES:
        reason = f"`{function.name}` is what tool code calls something else"
        found.append(Refusal(line=function.lineno, reason=reason, remedy="call the tool what it does to what"))
    if function.name != tool.name:
        reason = f"the function is called `{function.name}`, the schema says `{tool.name}`"
        found.append(Refusal(line=function.lineno, reason=reason, remedy=f"call it `{tool.name}`"))
    wanted = parse_module(f"def f({signature(tool)}) -> dict: ...").body[0]
    assert isinstance(wanted, ast.FunctionDef)
    given = function.args
    if given.args and given.args[0].annotation is None:  # `db` alone is fine
        wanted.args.args[0].annotation = None
    have, want = ast.unparse(given), ast.unparse(wanted.args)
    if have != want:
        reason = f"the parameters are `({have})`, the schema says `({want})`"
        found.append(Refusal(line=function.lineno, reason=reason, remedy="write the signature as the schema has it"))
    if function.returns is None or ast.unparse(function.returns) != "dict":
        found.append(Refusal(line=function.lineno, reason="a tool answers with a dict", remedy="end with `-> dict:`"))
    return found
