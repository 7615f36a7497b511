"""How a provider is held to a JSON schema: the strongest way that it accepts, found out by trying."""

from __future__ import annotations

import json
from typing import Any, Literal, cast

from engine.agents.llm.ask.endpoint import Endpoint
from engine.agents.llm.ask.prompt import note
from engine.agents.llm.ask.request import Request

Form = Literal["json_schema", "schema_object", "json_object", "none"]
"""`json_schema`: as OpenAI has it. `schema_object`: a JSON object with a schema beside it, as llama.cpp has it.
`json_object`: some JSON object. `none`: nothing is said. The last two put the schema into words."""

LADDER: tuple[Form, ...] = ("json_schema", "schema_object", "json_object", "none")

_FIRST: dict[str, Form] = {
    "auto": "json_schema",
    "json_schema": "json_schema",
    "json_object": "schema_object",
    "none": "none",
}

_found: dict[tuple[str, str], Form] = {}
"""What providers accepted, for the life of the process."""


def form_of(endpoint: Endpoint) -> Form:
    """The form to try now."""
    return _found.get((endpoint.model, endpoint.base_url), _FIRST[endpoint.structured])


def weaker(endpoint: Endpoint, form: Form) -> Form | None:
    """The next form after one that was refused; `None` where there is none, or where the settings insist on one."""
    if endpoint.structured == "json_schema" or form == "none":
        return None
    return LADDER[LADDER.index(form) + 1]


def remember(endpoint: Endpoint, form: Form) -> None:
    """A form was accepted."""
    _found[endpoint.model, endpoint.base_url] = form


def response_format(form: Form, request: Request, name: str) -> dict[str, Any] | None:
    """What is sent as `response_format`.

    Args:
        form: In which way.
        request: Has the schema.
        name: The schema's name.
    """
    schema = request.schema_
    if schema is None or form == "none":
        return None
    if form == "json_schema":
        # `strict` makes OpenAI refuse schemas with optional fields; without it they are followed as well as can be.
        named = {"name": name, "schema": schema, **({"strict": True} if _is_strict(schema) else {})}
        return {"type": "json_schema", "json_schema": named}
    return {"type": "json_object", **({"schema": schema} if form == "schema_object" else {})}


def messages(form: Form, request: Request) -> list[dict[str, str]]:
    """The messages as they are sent: with the schema beside the request where the provider is not told it.

    It stands among the request's data and not among the instructions, since names in it may be a model's or a user's.
    """
    plain = [message.model_dump() for message in request.messages]
    if request.schema_ is not None and form in ("json_object", "none"):
        schema = json.dumps(request.schema_, ensure_ascii=False, separators=(",", ":"))
        asked = next(message for message in plain if message["role"] == "user")
        asked["content"] += "\n" + note("json_form", schema=schema)
    return plain


def _is_strict(part: Any) -> bool:
    """Whether every object of a schema is closed and has all its fields, as OpenAI's strict mode wants it."""
    if isinstance(part, list):
        return all(_is_strict(item) for item in cast("list[Any]", part))
    if not isinstance(part, dict):
        return True
    node = cast("dict[str, Any]", part)
    if not node:
        return False  # anything at all
    if node.get("type") == "object":
        fields: dict[str, Any] = node.get("properties", {})
        if node.get("additionalProperties") is not False or set(node.get("required", ())) != set(fields):
            return False
        return all(_is_strict(field) for field in fields.values())
    return all(_is_strict(node[key]) for key in ("items", "anyOf", "prefixItems") if key in node)
