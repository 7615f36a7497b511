"""A function that a model wrote, as the function of a tool: its body, under the signature that the schema has."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from engine.agents.llm.ask.question import Unusable
from engine.contracts.source import source_around
from engine.models.tool import Tool
from engine.runtime.parsing import Refusal, parse_tool
from engine.syntax import parse_module


def tool_source(tool: Tool, written: str) -> str:
    """The tool's source from the function that a model wrote.

    Signature and docstring are computed: what a model writes there adds nothing, and is the easiest thing to get wrong.

    Args:
        tool: What it was to write.
        written: The function of that name, mistakes and all.

    Raises:
        Unusable: It can't be read, takes other parameters, or has no body.
    """
    parsed = parse_tool(written)
    if isinstance(parsed, Refusal):
        raise Unusable([f"`{tool.name}`: {parsed}"])
    function = parsed.body[0] if parsed.body else None
    if not isinstance(function, ast.FunctionDef):
        raise Unusable([f"`{tool.name}` must be a plain function, `def {tool.name}(db, ...)`"])
    if problem := _parameter_problem(tool, function):
        raise Unusable([problem])
    body = _without_docstring(function.body)
    if not body:
        raise Unusable([f"`{tool.name}` has no code; write its whole body"])
    return source_around(_text_of(written, function, body), tool)


def without_docstring(source: str) -> str:
    """A tool's source without its docstring; as it is where it can't be read."""
    parsed = parse_tool(source)
    function = None if isinstance(parsed, Refusal) or not parsed.body else parsed.body[0]
    if not isinstance(function, ast.FunctionDef):
        return source
    match function.body:
        case [ast.Expr(value=ast.Constant(value=str())) as text, _, *_]:
            lines = source.split("\n")
            return "\n".join([*lines[: text.lineno - 1], *lines[text.end_lineno or text.lineno :]])
        case _:
            return source


def _parameter_problem(tool: Tool, function: ast.FunctionDef) -> str:
    arguments = function.args
    given = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    wanted = ["db", *(parameter.name for parameter in tool.parameters)]
    if arguments.vararg is None and arguments.kwarg is None and given[:1] == ["db"] and sorted(given) == sorted(wanted):
        return ""
    return f"`{tool.name}` must take exactly ({', '.join(wanted)}), not ({', '.join(given)})"


def _without_docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return list(rest)
        case _:
            return list(body)


def _text_of(written: str, function: ast.FunctionDef, body: Sequence[ast.stmt]) -> str:
    """The body's lines as they were written, or from its syntax where it shares a line with something else."""
    head = [*ast.walk(function.args), *([function.returns] if function.returns is not None else [])]
    before = [*head, *(node for node in function.body if node not in body)]
    first = max([function.lineno, *(getattr(node, "end_lineno", 0) for node in before)])
    lines = written.split("\n")[first : body[-1].end_lineno]  # comments in front of the first statement included
    text = textwrap.dedent("\n".join(line.expandtabs(4) for line in lines))
    try:
        same = ast.dump(ast.Module(body=list(body), type_ignores=[])) == ast.dump(parse_module(text))
    except (SyntaxError, ValueError):
        same = False
    if not same:
        text = "\n".join(ast.unparse(node) for node in body)
    return textwrap.indent(text.strip("\n"), "    ")
