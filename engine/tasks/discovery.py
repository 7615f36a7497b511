"""How an agent gets from what a person says to the key of a row: look it up, search it, list it.

Only reads that are proven to feed the parameter in question are used, so every step of a chain lies on an edge of
the dependency graph.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.errors import TaskError
from engine.graph.arguments import column_for
from engine.graph.infer import Output, outputs
from engine.graph.knowledge import entity_of, locate, natural_columns, sayable, sayable_key
from engine.models.base import Row, Value
from engine.models.chain import ChainArgument, ChainStep, FromOutput, FromProfile, Literal
from engine.models.database import Table
from engine.models.task import Mention
from engine.models.tool import Parameter, Query, Tool
from engine.models.trace import Key
from engine.tasks.world import Known, Place, World

MAX_DEPTH = 3
"""Longest way of reads from what is said to a key."""
_SHORT_TEXT = 90
_FACT_ROLES = frozenset(
    {"title", "person_name", "code", "username", "email", "label", "phone", "status", "enum", "date", "datetime",
     "time", "city", "country", "money", "quantity", "number", "percent", "rating", "duration"}
)  # fmt: skip


class Fact(NamedTuple):
    """A field of a list's item that a person can say.

    Attributes:
        name: The item's field.
        table: The table it is a column of.
        column: That column.
    """

    name: str
    table: str
    column: str


class _Hop(NamedTuple):
    """One step over a foreign key: its column, and the row it leads to."""

    column: str
    table: str
    key: Key


def merged(one: Mention | None, other: Mention) -> Mention:
    """One mention of a row with all that two say of it."""
    if one is None or one.me or other.me:
        return other if one is None or other.me else one
    links = dict(one.links)
    for column, linked in other.links.items():
        links[column] = merged(links.get(column), linked)
    return one.model_copy(update={"facts": {**one.facts, **other.facts}, "links": links})


class Discovery:
    """Finds ways to rows in a `World`, and appends their steps to its chain."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database = world.ground.database

    def find(self, place: Place, consumer: tuple[str, str], depth: int = 0) -> Known:
        """Makes the key of a row available to a tool's parameter.

        Args:
            place: The row; it exists in the state after the chain so far.
            consumer: The tool and the parameter that take the key.
            depth: Reads between this one and the write.

        Raises:
            TaskError: There is no way.
        """
        known = self._world.known.get(place)
        feeding = self._world.ground.fed.get(consumer, ())
        if known is not None and (known.source is None or known.source in feeding):
            return known
        created = self._world.created(place)
        if created is not None:
            return Known(created, None, None)
        if self._world.made_by_chain(place):
            raise TaskError(f"No answer tells the key of the new `{place[0]}` row.")
        found = self._by_reading(place, feeding, depth) or self._by_key(place) or self._by_own_key(place)
        if found is None:
            raise TaskError(f"No proven way leads to a `{place[0]}` row for `{consumer[0]}`.")
        if known is None:
            self._world.known[place] = found
        self._world.rows_said[place] = None
        return found

    def _by_reading(self, place: Place, feeding: tuple[tuple[str, str], ...], depth: int) -> Known | None:
        if depth >= MAX_DEPTH:
            return None
        rng = self._world.rng
        table = self._database.table[place[0]]
        known_code = sayable_key(table) and table.column[table.primary_key[0]].role == "code"
        if known_code and rng.random() < 0.6:
            return None
        options: list[tuple[float, Tool, Output]] = []
        for name, text in feeding:
            tool = self._world.domain.tool[name]
            if tool.mutates_state:
                continue
            output = next((output for output in outputs(tool, self._database) if output.text == text), None)
            if output is not None:
                needed = sum(
                    1 for parameter in tool.parameters if parameter.required and parameter.refers_to is not None
                )
                options.append((rng.random() + 0.25 * needed + 0.2 * depth * needed, tool, output))
        for _, tool, output in sorted(options, key=lambda option: option[0]):
            mark = self._world.mark()
            try:
                return self._read(place, tool, output, depth)
            except TaskError:
                self._world.back(mark)
        return None

    def _by_key(self, place: Place) -> Known | None:
        """The key as a person would say it."""
        table = self._database.table[place[0]]
        if place == self._world.actor_place or not sayable_key(table) or isinstance(place[1], tuple):
            return None
        return Known(
            Literal(value=place[1]), Mention(table=place[0], key=place[1], facts={table.primary_key[0]: place[1]}), None
        )

    def _by_own_key(self, place: Place) -> Known | None:
        """The user's own number, told with the profile where no tool looks it up."""
        actor = self._world.domain.spec.actor
        if actor is None or place != self._world.actor_place or isinstance(place[1], tuple):
            return None
        field = self._database.table[place[0]].primary_key[0]
        return Known(FromProfile(field=field, value=place[1]), Mention(table=place[0], key=place[1], me=True), None)

    def _read(self, place: Place, tool: Tool, output: Output, depth: int) -> Known:
        table = self._database.table[place[0]]
        row = self._world.state.get(*place)
        if row is None or output.place != f"{place[0]}.{table.primary_key[0]}":
            raise TaskError(f"`{tool.name}` does not tell keys of `{place[0]}`.")
        me = place == self._world.actor_place
        mention = Mention(table=place[0], key=place[1], me=me)
        arguments: dict[str, ChainArgument] = {}
        for parameter in self._criteria(tool, table, row):
            argument, mention = self._argument(parameter, tool, place, row, mention, depth)
            arguments[parameter.name] = argument
        step = ChainStep(tool=tool.name, arguments=arguments)
        if me and not all(isinstance(argument, FromProfile) for argument in arguments.values()):
            raise TaskError("Users are found by their profile alone.")
        if me and output.field is not None and self._listed(tool, output) != place[0]:
            raise TaskError("Users are not found among other things.")
        for index, earlier in enumerate(self._world.steps):
            if earlier == step:  # what was answered before need not be asked again, unless it has changed
                try:
                    return self._taken(tool, output, index, place, row, mention)
                except TaskError:
                    continue
        return self._taken(tool, output, self._world.take(step), place, row, mention)

    def _taken(self, tool: Tool, output: Output, index: int, place: Place, row: Row, mention: Mention) -> Known:
        """The key out of the answer of a step."""
        answer = self._world.answers[index]
        source = (tool.name, output.text)
        if output.field is None:
            if answer.get(output.path) != place[1]:
                raise TaskError(f"`{tool.name}` answers another row.")
            return Known(FromOutput(step=index, path=output.path), mention, source)
        select, mention = self._select(tool, output, answer, place, row, mention)
        by_profile = mention.me and (select or self._world.steps[index].arguments)
        if not (by_profile or mention.facts or mention.links):
            raise TaskError(f"Nothing is said of the `{place[0]}` row.")
        taken = FromOutput(step=index, path=output.path, select=select, field=output.field)
        return Known(taken, mention, source)

    def _listed(self, tool: Tool, output: Output) -> str | None:
        """The table whose rows a list answers."""
        query = next((field.query for field in tool.contract.returns if field.name == output.path), None)
        return query.table if query is not None else None

    def _criteria(self, tool: Tool, table: Table, row: Row) -> list[Parameter]:
        """The parameters to give: the required ones, and of a pure search one or two that name the row."""
        required = [parameter for parameter in tool.parameters if parameter.required]
        if any(not parameter.array for parameter in required):
            return required
        rng = self._world.rng
        usable: list[tuple[float, Parameter]] = []
        natural = natural_columns(table)
        for parameter in tool.parameters:
            column = column_for(self._database, parameter, table)
            if column is None or row[column] is None or parameter.array or parameter.refers_to is not None:
                continue
            exact = parameter.name == column or column in natural
            if exact and self._speakable(table, column, row[column]):
                usable.append((rng.random() - (1.0 if column in natural else 0.0), parameter))
        usable.sort(key=lambda item: item[0])
        return [parameter for _, parameter in usable[: 1 if rng.random() < 0.7 else 2]]

    def _argument(
        self, parameter: Parameter, tool: Tool, place: Place, row: Row, mention: Mention, depth: int
    ) -> tuple[ChainArgument, Mention]:
        """One argument of a read that is to find `row`, and what saying it adds to the mention."""
        table = self._database.table[place[0]]
        column = column_for(self._database, parameter, table)
        entity = entity_of(self._database, parameter)
        if parameter.array:
            raise TaskError(f"`{tool.name}` asks for several rows at once.")
        if column is None and entity is not None:
            return self._distant(parameter, tool, table, row, mention, entity, depth)
        if column is None or row[column] is None:
            raise TaskError(f"`{parameter.name}` of `{tool.name}` has nothing to do with the `{place[0]}` row.")
        value = row[column]
        if entity is not None and not (column in table.primary_key and sayable(self._database, entity)):
            target = locate(self._database, entity)
            linked = (target[0].name, value) if target is not None else place
            if linked == place:
                raise TaskError("A row is not found by its own key.")
            found = self._linked(linked, tool, parameter, depth)
            links = {**mention.links, column: merged(mention.links.get(column), found[1])}
            return found[0], mention.model_copy(update={"links": links})
        if parameter.type == "date" and table.column[column].type == "datetime" and isinstance(value, str):
            value = value[:10]
        if not self._speakable(table, column, row[column]):
            raise TaskError(f"People don't know `{column}` of a `{place[0]}` row.")
        if mention.me:
            if not self._in_profile(column):
                raise TaskError(f"The profile does not tell `{column}`.")
            return FromProfile(field=column, value=value), mention
        facts = {**mention.facts, column: row[column]}
        return Literal(value=value), mention.model_copy(update={"facts": facts})

    def _linked(self, place: Place, tool: Tool, parameter: Parameter, depth: int) -> tuple[ChainArgument, Mention]:
        found = self.find(place, (tool.name, parameter.name), depth + 1)
        if found.mention is None:
            raise TaskError("A row of s0 can't be described by a row that the chain makes.")
        return found.argument, found.mention

    def _distant(
        self, parameter: Parameter, tool: Tool, table: Table, row: Row, mention: Mention, entity: str, depth: int
    ) -> tuple[ChainArgument, Mention]:
        """An argument that the row leads to over other rows: the customer of the order of a shipment."""
        path = self._path(table, row, entity.split(".")[0], 3)
        if path is None:
            raise TaskError(f"`{parameter.name}` of `{tool.name}` has nothing to do with the `{table.name}` row.")
        last = path[-1]
        argument, linked = self._linked((last.table, last.key), tool, parameter, depth)
        for step, before in zip(reversed(path), [*reversed(path[:-1]), None], strict=True):
            if before is None:
                links = {**mention.links, step.column: merged(mention.links.get(step.column), linked)}
                return argument, mention.model_copy(update={"links": links})
            linked = Mention(table=before.table, key=before.key, links={step.column: linked})
        raise TaskError("The path is empty.")

    def _path(self, table: Table, row: Row, goal: str, depth: int) -> list[_Hop] | None:
        """The shortest way over foreign keys from a row to a row of the table `goal`."""
        parents: list[tuple[_Hop, Table, Row]] = []
        for foreign_key in table.foreign_keys:
            if len(foreign_key.columns) != 1 or foreign_key.table == table.name:
                continue
            column = foreign_key.columns[0]
            parent = self._row_at(foreign_key.table, foreign_key.references[0], row[column])
            if parent is None:
                continue
            target = self._database.table[foreign_key.table]
            hop = _Hop(column, foreign_key.table, target.key_of(parent))
            if foreign_key.table == goal:
                return [hop]
            parents.append((hop, target, parent))
        for hop, target, parent in parents if depth > 1 else ():
            rest = self._path(target, parent, goal, depth - 1)
            if rest is not None:
                return [hop, *rest]
        return None

    def _select(
        self, tool: Tool, output: Output, answer: Any, place: Place, row: Row, mention: Mention
    ) -> tuple[dict[str, Value], Mention]:
        """What picks the row among the answered items, by values that people say."""
        items: list[dict[str, Any]] = answer[output.path]
        wanted = [item for item in items if item.get(output.field or "") == place[1]]
        if len(wanted) != 1:
            raise TaskError(f"`{tool.name}` answers the row {len(wanted)} times.")
        facts = self._facts(tool, output, place, wanted[0])
        select: dict[str, Value] = {}
        rest = items
        extra = self._world.rng.random() < 0.25
        for fact in facts:  # what was said already picks without more words
            if self._is_said(fact, place[0], wanted[0][fact.name], mention):
                select[fact.name] = wanted[0][fact.name]
                rest = [item for item in rest if item.get(fact.name) == wanted[0][fact.name]]
        for fact in facts:
            if fact.name in select:
                continue
            narrower = [item for item in rest if item.get(fact.name) == wanted[0][fact.name]]
            naming = not select and not mention.facts
            if len(narrower) < len(rest) or naming or (extra and fact.table == place[0]):
                extra = extra and naming
                rest = narrower
                select[fact.name] = wanted[0][fact.name]
                mention = self._say(fact, wanted[0][fact.name], row, mention)
            if len(rest) == 1 and (select or mention.facts) and not extra:
                break
        if len(rest) != 1:
            raise TaskError(
                f"Nothing that people say tells the `{place[0]}` row from others that `{tool.name}` answers."
            )
        return select, mention

    def _facts(self, tool: Tool, output: Output, place: Place, item: dict[str, Any]) -> list[Fact]:
        """The sayable fields of an item, the most telling first, with some chance in the order."""
        query = next((field.query for field in tool.contract.returns if field.name == output.path), None)
        if query is None:
            return []
        found: list[tuple[float, Fact]] = []
        for name in query.fields:
            fact = self._fact(tool, query, name)
            if fact is None or place[0] not in (query.table, fact.table):
                continue
            if place == self._world.actor_place and not (fact.table == place[0] and self._in_profile(fact.column)):
                continue
            table = self._database.table[fact.table]
            if not self._speakable(table, fact.column, item[name]):
                continue
            natural = natural_columns(table)
            rank = natural.index(fact.column) if fact.column in natural else len(natural) + self._world.rng.random() * 3
            found.append((rank + (0.5 if fact.table != place[0] else 0.0), fact))
        return [fact for _, fact in sorted(found, key=lambda item: (item[0], item[1]))]

    def _in_profile(self, column: str) -> bool:
        actor = self._world.domain.spec.actor
        return actor is not None and column in actor.profile

    def _fact(self, tool: Tool, query: Query, name: str) -> Fact | None:
        shape = self._world.ground.prints[tool.name].item(query, name)
        return Fact(name, shape.table, shape.column) if shape is not None else None

    def _is_said(self, fact: Fact, table: str, value: Value, mention: Mention) -> bool:
        return fact.table == table and mention.facts.get(fact.column) == value and fact.column in mention.facts

    def _say(self, fact: Fact, value: Value, row: Row, mention: Mention) -> Mention:
        """The mention with one more fact, of the row itself or of one that it points to."""
        if fact.table == mention.table:
            return mention.model_copy(update={"facts": {**mention.facts, fact.column: value}})
        for foreign_key in self._database.table[mention.table].foreign_keys:
            if foreign_key.table == fact.table and len(foreign_key.columns) == 1:
                column = foreign_key.columns[0]
                target = self._row_at(fact.table, foreign_key.references[0], row[column])
                if target is None or target.get(fact.column) != value:
                    continue
                linked = mention.links.get(column)
                if linked is None:
                    linked = Mention(table=fact.table, key=self._database.table[fact.table].key_of(target))
                if not linked.me:
                    linked = linked.model_copy(update={"facts": {**linked.facts, fact.column: value}})
                self._world.rows_said[fact.table, linked.key] = None
                return mention.model_copy(update={"links": {**mention.links, column: linked}})
        raise TaskError(f"`{fact.table}.{fact.column}` is not said of a `{mention.table}` row.")

    def _row_at(self, table: str, column: str, value: Value) -> Row | None:
        rows = self._world.state.rows(table, {column: value}) if value is not None else []
        return rows[0] if rows else None

    def _speakable(self, table: Table, name: str, value: Value) -> bool:
        column = table.column[name]
        if value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) > _SHORT_TEXT):
            return False
        return (column.role in _FACT_ROLES or name == table.label) and sayable(self._database, f"{table.name}.{name}")
