"""Writes a tool's Python from its contract: the composer's code role (paper, section 4.1, step 5).

The code asks the database in the order in which the contract's conditions are tried, so that it reads as a person
would write it. Where the contract looks at rows *before* the call but an earlier effect changes
them, the value is kept in a local variable before the first effect.
"""

from __future__ import annotations

import textwrap

from engine.contracts.dependence import known_by
from engine.contracts.draft import Draft
from engine.contracts.effect_code import EffectWriter
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import parse, parse_message
from engine.contracts.keeping import Keeper
from engine.contracts.layout import Group, Text, layout
from engine.contracts.query_code import QueryWriter
from engine.contracts.rendering import quoted
from engine.models.database import DatabaseSchema
from engine.models.tool import Parameter, Tool

_TYPES = {
    "text": "str",
    "date": "str",
    "datetime": "str",
    "time": "str",
    "integer": "int",
    "real": "float",
    "boolean": "bool",
}


def write_source(tool: Tool, database: DatabaseSchema) -> str:
    """The tool as one plain function over `db`, ending in a newline.

    Raises:
        ContractError: The contract states `any` somewhere, or effects depend on each other in a way that
            plain code over rows before the call can't follow; the message names the place.
        ExpressionError: An expression is not in the contract language.
    """
    return _Writer(tool, database).write()


def source_around(body: str, tool: Tool) -> str:
    """A body, indented by four spaces, as the whole function: with the signature and the docstring of the tool's schema."""
    return f"{_signature(tool)}\n{_docstring(tool)}\n{body.rstrip()}\n"


class _Writer:
    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        self.draft = Draft(tool, database)
        self.queries = QueryWriter(self.draft)

    def write(self) -> str:
        for requirement in self.draft.contract.requires:
            self._requirement(requirement.condition, requirement.code, requirement.message)
        fields = Keeper(self.draft, self.queries).write()
        EffectWriter(self.draft).write()
        self._returns(fields)
        return source_around("\n".join(self.draft.lines), self.draft.tool)

    def _requirement(self, condition: str, code: str, message: str) -> None:
        expression = parse(condition)
        self.draft.need([(expression, True)])
        self.draft.put(self.draft.render.negated(expression.tree), "if ", ":")
        self.draft.indent += 4
        parts = parse_message(message)
        saved, names = set(self.draft.done), dict(self.draft.render.names)
        places = [part.expression for part in parts if not isinstance(part, str)]
        self.draft.need((place, True) for place in places)
        self.draft.put(("db.reject", Group("(", ((quoted(code),), self.draft.render.message(parts)), ")")))
        self.draft.done, self.draft.render.names = saved, names
        self.draft.indent -= 4
        self.draft.known |= set(known_by(expression.tree))

    def _returns(self, fields: dict[str, Text]) -> None:
        items: list[Text] = []
        for field in self.draft.contract.returns:
            if field.name in fields:
                text = fields[field.name]
            elif field.query is not None:
                text = self.queries.write(field.name, field.query)
            elif field.value is None or field.value.strip() == STATED_ANY:
                raise self.draft.problem(f"returned `{field.name}` is stated as `any`, so no code follows from it")
            else:
                expression = parse(field.value)
                self.draft.need([(expression, True)])
                text = self.draft.render.text(expression.tree)
            items.append((f"{quoted(field.name)}: ", *text))
        self.draft.put((Group("{", tuple(items), "}"),), "return ")


def _signature(tool: Tool) -> str:
    ordered = sorted(tool.parameters, key=lambda parameter: not parameter.required)
    items: list[Text] = [("db: Database",), *[(_parameter(parameter),) for parameter in ordered]]
    return layout((f"def {tool.name}", Group("(", tuple(items), ")"), " -> dict:"), 0)


def _parameter(parameter: Parameter) -> str:
    kind = _TYPES[parameter.type]
    kind = f"list[{kind}]" if parameter.array else kind
    if parameter.required:
        return f"{parameter.name}: {kind}"
    if parameter.default is None:
        return f"{parameter.name}: {kind} | None = None"
    default = quoted(parameter.default) if isinstance(parameter.default, str) else repr(parameter.default)
    return f"{parameter.name}: {kind} = {default}"


def _docstring(tool: Tool) -> str:
    lines = textwrap.wrap(_doc(tool.description) or tool.name, 100)
    if tool.parameters:
        lines += ["", "Args:"]
        for parameter in tool.parameters:
            text = f"{parameter.name}: {_doc(parameter.description)}".rstrip(": ")
            lines += textwrap.wrap(text, 96, initial_indent="    ", subsequent_indent="        ")
    if len(lines) == 1:
        return f'    """{lines[0]}"""'
    body = "\n".join(f"    {line}".rstrip() for line in lines)
    return f'    """{body.lstrip()}\n    """'


def _doc(text: str) -> str:
    """Text that can stand in a docstring."""
    return " ".join(text.replace("\\", "/").replace('"""', "'''").split())
