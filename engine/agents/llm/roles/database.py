"""The database agent on a language model (paper, section 4.1, steps 2 and 3): what the tools imply and the idea does not say.

Keys, references, owners, states and whatever else follows from idea and tools is worked out by the engine; so are the
match policies, from the roles of the columns. The model is asked for what is missing, for constraints and for values.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.agents.checks.databases import check_database
from engine.agents.checks.words import one_line
from engine.agents.composer.idea_tables import derive_database
from engine.agents.llm.ask.again import ask_until
from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.roles.domain import named_in
from engine.agents.llm.text.columns import read_column
from engine.agents.llm.text.outline import domain_text, entities_text, sketch_text, sketch_words
from engine.agents.llm.text.wire import Text, Texts, Wire
from engine.agents.roles.foundation import DatabaseAnswer, DatabaseRequest
from engine.contracts.expression import parse
from engine.errors import ExpressionError
from engine.models.database import Role
from engine.seeds.blueprint import Entity, EntityColumn, RowCheck, UniqueKey

SAMPLES = 2
"""Where both are of no use, the database is derived without the model."""

_LISTED: frozenset[Role] = frozenset({"title", "label", "code", "text"})
"""Roles of columns for which a list of values makes sense."""
_FEWEST_VALUES = 3
_MOST_VALUES = 24
_MOST_COLUMNS = 20


class WireTable(Wire):
    """What is said of one table."""

    entity: Text
    columns: Texts = ()
    unique: Texts = ()
    checks: Texts = ()
    lists: Texts = ()


class WireTables(Wire):
    """The answer of the database agent."""

    tables: tuple[WireTable, ...] = ()


class ModelDatabase:
    """Asks a model what the tables lack, in one request."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def derive(self, request: DatabaseRequest) -> DatabaseAnswer:
        """The database for some tools.

        Raises:
            NoAnswer: The model gave nothing over which the tools could be made.
        """
        idea = request.idea
        tools = "\n".join("; ".join([sketch_text(tool), *sketch_words(tool)]) for tool in request.tools)
        system, user = fill("database", domain=domain_text(idea), entities=entities_text(idea.entities), tools=tools)
        read = json_answer(WireTables)
        schema = schema_of(WireTables)
        schema["properties"]["tables"]["items"]["properties"]["entity"] = {
            "type": "string",
            "enum": list(idea.entity_names),
        }
        question = Question(
            role="database",
            system=system,
            user=user,
            parse=lambda text: _usable(read(text), request),
            schema=schema,
            schema_name="database",
            subject=", ".join(idea.entity_names),
            most_tokens=6_000,
        )
        return await ask_until(self._asker, question, SAMPLES)


def _usable(wire: WireTables, request: DatabaseRequest) -> DatabaseAnswer:
    answer = read_database(wire, request)
    problems = check_database(answer, request)
    if problems:
        raise Unusable(problems)
    return answer


def read_database(wire: WireTables, request: DatabaseRequest) -> DatabaseAnswer:
    """The database that a model's additions make; what can't be read of them is left out, since nothing depends on it."""
    names = request.idea.entity_names
    said = {name: table for table in wire.tables if (name := named_in(table.entity, names))}
    plain = derive_database(request.idea, request.tools)
    values: dict[str, tuple[str, ...]] = {}
    entities: dict[str, Entity] = {}
    for name, table in said.items():
        columns = _columns(table, name, names)
        all_columns = {**plain.entities[name].columns, **columns}
        lists = _lists(table, name, all_columns)
        values |= lists
        for called in lists:
            column = called.removeprefix(f"{name}__")
            columns[column] = all_columns[column].model_copy(update={"values": called})
        unique = tuple(key for text in table.unique if (key := _unique(text, all_columns)) is not None)
        checks = tuple(check for text in table.checks[:4] if (check := _check(text, all_columns)) is not None)
        entities[name] = Entity(columns=columns, unique=unique, checks=checks)
    return derive_database(request.idea, request.tools, entities, values)


def _columns(table: WireTable, name: str, names: tuple[str, ...]) -> dict[str, EntityColumn]:
    found: dict[str, EntityColumn] = {}
    for text in table.columns[:_MOST_COLUMNS]:
        read = read_column(text, name, names)
        if read is None or read[0] in ("id", f"{name}_id"):
            continue
        stem = read[0].removesuffix("_id")
        if stem in names and read[1].to is None:  # a reference that was written as plain text
            found[f"{stem}_id"] = EntityColumn(role="reference", to=stem, nullable=read[1].nullable)
        else:
            found[read[0]] = read[1]
    return found


def _lists(table: WireTable, name: str, columns: Mapping[str, EntityColumn]) -> dict[str, tuple[str, ...]]:
    """Value lists by name: `ENTITY__COLUMN`, which no author's list is called."""
    found: dict[str, tuple[str, ...]] = {}
    for text in table.lists:
        column, _, words = text.partition(":")
        column = column.strip().rpartition(".")[2]
        values = tuple(dict.fromkeys(value for word in words.split(";") if (value := one_line(word, 80).strip('"'))))
        if column in columns and columns[column].role in _LISTED and len(values) >= _FEWEST_VALUES:
            found[f"{name}__{column}"] = values[:_MOST_VALUES]
    return found


def _unique(text: str, columns: Mapping[str, EntityColumn]) -> UniqueKey | None:
    parts = [part.strip() for part in text.replace("+", ",").split(",")]
    known = [part if part in columns else f"{part}_id" for part in parts]
    if not all(part in columns for part in known) or not known:
        return None
    return UniqueKey(columns=tuple(dict.fromkeys(known)))


def _check(text: str, columns: Mapping[str, EntityColumn]) -> RowCheck | None:
    """A row check, where it is one: a comparison of the row's own columns."""
    try:
        names = parse(text).names
    except ExpressionError:
        return None
    return RowCheck(that=text.strip()) if names and names <= columns.keys() else None
