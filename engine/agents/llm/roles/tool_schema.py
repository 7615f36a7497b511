"""The tool schema agent on a language model (paper, section 4.1, step 1): tools, top-down, before there is a database."""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import Field

from engine.agents.checks.names import plain_name
from engine.agents.checks.sketches import sift
from engine.agents.checks.words import one_line, sentence
from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.roles.domain import named_in
from engine.agents.llm.text.outline import domain_text, entities_text, sketch_text
from engine.agents.llm.text.wire import Text, Texts, Wire
from engine.agents.roles.foundation import ToolSchemaAnswer, ToolSchemaRequest
from engine.seeds.idea import DomainIdea, EntityIdea, Precondition, ToolSketch
from engine.seeds.tool_entry import ToolKind

KINDS: tuple[ToolKind, ...] = get_args(ToolKind)
_KIND: dict[str, ToolKind] = {str(kind): kind for kind in KINDS}

_IS_NO_CHANGE = re.compile(
    r"\b(already exists?|(does|do|did|must) not exist|not found|no (other |further )?changes?|none|nothing)\b",
    re.IGNORECASE,
)
_MOST_COLUMNS = 16
_MOST_RULES = 8
_MOST_STATES = 10


class WireTool(Wire):
    """A tool as the model writes it."""

    name: Text
    entity: Text
    kind: Text = Field(json_schema_extra={"enum": list(KINDS)})
    does: Text
    ask: Text = ""
    columns: Texts = ()
    sources: Texts = Field(default=(), alias="from")
    to: Text = ""
    refuse: Texts = ()
    also: Text = ""
    answers: Text = ""


class WireTools(Wire):
    """The answer of the tool schema agent."""

    tools: tuple[WireTool, ...] = Field(min_length=1)


class ModelToolSchema:
    """Asks a model for a batch of tools, in one request."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def design(self, request: ToolSchemaRequest) -> ToolSchemaAnswer:
        """Tools for some entities; those that make no sense, or that there are already, are left out.

        Raises:
            NoAnswer: Not one usable tool came.
        """
        idea = request.idea
        chosen = [entity for entity in idea.entities if entity.name in request.entities]
        system, user = fill(
            "tool_schema",
            domain=domain_text(idea, request.entities),
            hint=request.hint,
            known="\n".join(map(sketch_text, request.known)),
            entities=entities_text(chosen),
            wanted=str(request.wanted),
        )
        read = json_answer(WireTools)
        question = Question(
            role="tool_schema",
            system=system,
            user=user,
            parse=lambda text: _usable(read(text), request),
            schema=_schema(request),
            schema_name="tool_schema",
            subject=", ".join(request.entities),
        )
        return ToolSchemaAnswer(tools=await self._asker.ask(question))


def most_tools(wanted: int) -> int:
    """How many tools of one answer are read: who gives too many is going round in circles."""
    return 2 * wanted + 4


def _schema(request: ToolSchemaRequest) -> dict[str, Any]:
    schema = schema_of(WireTools)
    tools = schema["properties"]["tools"]
    tools |= {"minItems": max(1, 3 * request.wanted // 4), "maxItems": most_tools(request.wanted)}
    tools["items"]["properties"]["entity"] = {"type": "string", "enum": list(request.entities)}
    return schema


def _usable(wire: WireTools, request: ToolSchemaRequest) -> tuple[ToolSketch, ...]:
    """The tools of an answer that can be used."""
    problems: list[str] = []
    sketches: list[ToolSketch] = []
    for tool in wire.tools[: most_tools(request.wanted)]:
        try:
            sketches.append(read_sketch(tool, request.idea))
        except Unusable as error:
            problems += error.problems
    kept, others = sift(sketches, request.idea, request.known)
    if not kept:
        raise Unusable([*problems, *others])
    return kept


def read_sketch(wire: WireTool, idea: DomainIdea) -> ToolSketch:
    """The tool that a model wrote, in our names.

    Raises:
        Unusable: It has no name, no entity or no kind.
    """
    name = plain_name(wire.name)
    entity = next((one for one in idea.entities if one.name == named_in(wire.entity, idea.entity_names)), None)
    kind = _KIND.get(wire.kind.lower())
    if not name or entity is None or kind is None:
        shown = name or one_line(wire.name, 40) or "a tool"
        if not name:
            raise Unusable([f"{shown}: a tool needs a name such as `renew_loan`"])
        if entity is None:
            raise Unusable([f"{shown}: there is no entity `{one_line(wire.entity, 40)}`"])
        raise Unusable([f"{shown}: there is no kind `{one_line(wire.kind, 40)}`; there are {', '.join(KINDS)}"])
    columns = tuple(dict.fromkeys(column for text in wire.columns if (column := _column(text, entity, idea))))
    to = plain_name(wire.to) or None
    if kind == "update" and to in entity.states and not columns:
        kind = _KIND["transition"]
    moves = kind in ("transition", "batch")
    to = to if moves else None
    sources = tuple(
        dict.fromkeys(state for text in wire.sources[:_MOST_STATES] if (state := plain_name(text)) and state != to)
    )
    does = sentence(wire.does, 300)
    return ToolSketch(
        name=name,
        entity=entity.name,
        kind=kind,
        description=does,
        summary=one_line(wire.ask, 100).rstrip(".") or name.replace("_", " "),
        parameters=columns[:_MOST_COLUMNS],
        from_states=sources if moves or kind in ("update", "delete", "assign", "unassign") else (),
        to_state=to,
        preconditions=_preconditions(wire.refuse),
        effects=_change(wire.also) or (does if kind == "action" else ""),
        answers=one_line(wire.answers) or (does if kind == "compute" else ""),
    )


def _column(text: str, entity: EntityIdea, idea: DomainIdea) -> str:
    """The column that a word names; a parent stands for the reference to it, the row's own id goes without saying."""
    name = plain_name(text.partition(":")[0].rpartition(".")[2])
    if name in ("", "id", f"{entity.name}_id", entity.name):
        return ""
    parent = named_in(name, idea.entity_names)
    known = {attribute.name for attribute in entity.attributes}
    return f"{parent}_id" if parent and name not in known else name


def _change(text: str) -> str:
    """Further changes in words; nothing where the words say what holds already, which no tool can do."""
    words = one_line(text)
    return "" if _IS_NO_CHANGE.search(words) else words


def _preconditions(texts: tuple[str, ...]) -> tuple[Precondition, ...]:
    found: dict[str, Precondition] = {}
    for text in texts[:_MOST_RULES]:
        said, colon, words = text.partition(":")
        if not colon or len(said.split()) > 4:
            said, words = " ".join(re.findall(r"\w+", text)[:5]), text
        code, words = plain_name(said), sentence(words, 200)
        if code and words and not code.endswith("_not_found"):  # a row that is missing is refused anyway
            found.setdefault(code, Precondition(code=code, words=words))
    return tuple(found.values())
