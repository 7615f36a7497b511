"""Goals: the writes that a user wants, each with rows on which it is accepted and a way to every argument."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.contracts.state import PlainState
from engine.errors import TaskError
from engine.graph.arguments import Pool
from engine.graph.knowledge import OPAQUE_ROLES, entity_of, locate, root
from engine.models.base import Row, Value, items_of
from engine.models.chain import ChainArgument, ChainStep, FromProfile, Literal
from engine.models.database import Table
from engine.models.task import Mention
from engine.models.tool import Parameter, Tool
from engine.models.trace import Key
from engine.states.arguments import parameter_column
from engine.states.builder import StateBuilder
from engine.states.satisfy import satisfy
from engine.states.values import make_value
from engine.tasks.discovery import Discovery
from engine.tasks.wish import Wish
from engine.tasks.world import Place, World, list_of


class Entity(NamedTuple):
    """An entity parameter of a goal.

    Attributes:
        table: Whose rows it takes.
        mentions: How each row is spoken of; `None` for one that the chain itself made.
    """

    parameter: Parameter
    table: str
    mentions: tuple[Mention | None, ...]


class Detail(NamedTuple):
    """A plain parameter of a goal with the value that the user wants (a list for an array)."""

    parameter: Parameter
    value: Any


class Goal(NamedTuple):
    """One write that the user wants.

    Attributes:
        step: Its index in the chain.
    """

    tool: Tool
    step: int
    entities: tuple[Entity, ...]
    details: tuple[Detail, ...]


class GoalMaker:
    """Adds goals to a world.

    Args:
        world: The task under construction.
        kept: Rows of s0 that must stay as they are, such as the domain's base rows.
    """

    def __init__(self, world: World, kept: frozenset[Place] = frozenset()) -> None:
        self._world = world
        self._database = world.ground.database
        self._discovery = Discovery(world)
        self._kept = kept
        self._pool = Pool(self._database)
        self._pools: dict[int, Pool] = {}
        self._found: dict[tuple[int, str], Value] = {}

    def add(self, tool: Tool, *, related: bool, wish: Wish | None = None, number: int = 0) -> Goal:
        """Makes `tool` the next goal: rows, the reads that lead to its arguments, and the write itself.

        Args:
            tool: A write.
            related: Let it act on the rows that earlier goals were about, as far as they fit.
            wish: What somebody wants its arguments to be.
            number: By which later wishes name this goal.

        Raises:
            TaskError: It can't be a goal here.
            StateError: No rows were found on which it is accepted.
        """
        world = self._world
        builder = StateBuilder(self._database, world.rng, world.state.now, world.state.to_rows())
        drafted, fixed = self._draft(tool, builder, related, wish)
        state = PlainState(self._database, builder.rows, world.state.now)
        actor = world.actor_place
        frozen = frozenset((*world.touched, *world.rows_said, *((actor,) if actor else ()), *self._kept))
        found = satisfy(
            tool, self._database, state, drafted, "accept", world.rng, frozen=frozen, fixed=fixed, effort=120
        )
        if found is None:
            raise TaskError(f"No rows were found on which `{tool.name}` is accepted.")
        world.settle(found.state)
        goal = self._take(tool, dict(found.arguments))
        self._remember(tool, goal.step)
        if wish is not None:
            self._keep_for_wishes(tool, goal.step, wish, number, dict(found.arguments))
        return goal

    # arguments

    def _draft(
        self, tool: Tool, builder: StateBuilder, related: bool, wish: Wish | None
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        arguments: dict[str, Any] = {}
        fixed: list[str] = []
        rng = self._world.rng
        wished = wish.values if wish is not None else {}
        chosen = self._optional(tool) if wish is None else self._optional_wished(tool, wish)
        acting = False
        for parameter in tool.parameters:
            if not parameter.required and parameter.name not in chosen:
                continue
            entity = entity_of(self._database, parameter)
            if parameter.name in wished:
                arguments[parameter.name] = wished[parameter.name]
                if wish is not None and wish.firm:
                    fixed.append(parameter.name)
                continue
            if entity is None or locate(self._database, entity) is None:
                column = parameter_column(parameter, self._database)
                count = rng.randint(1, 3) if parameter.array else 1
                made = [make_value(column, rng, builder.now, self._database) for _ in range(count)]
                arguments[parameter.name] = list(dict.fromkeys(made)) if parameter.array else made[0]
                continue
            table, _, key_column = entity.partition(".")
            actor = self._world.actor
            if table == self._world.actor_table and actor is not None and not acting:
                acting = True
                arguments[parameter.name] = actor[key_column]
                fixed.append(parameter.name)
                continue
            shared = self._shared(parameter, table, wish)
            if shared is not None and shared not in arguments.values():
                arguments[parameter.name] = [shared] if parameter.array else shared
                continue
            made = self._rows_for(parameter, table, key_column, builder, related, list(arguments.values()))
            arguments[parameter.name] = made if parameter.array else made[0]
        return arguments, tuple(fixed)

    def _optional(self, tool: Tool) -> set[str]:
        """Which optional parameters are given: some, and of an update at least one that changes something."""
        rng = self._world.rng
        optional = [parameter for parameter in tool.parameters if not parameter.required]
        chosen = {parameter.name for parameter in optional if rng.random() < (0.2 if parameter.refers_to else 0.4)}
        plain = [parameter for parameter in optional if parameter.refers_to is None]
        if tool.category == "update" and plain and not chosen:
            chosen = {rng.choice(plain).name}
        return chosen

    def _optional_wished(self, tool: Tool, wish: Wish) -> set[str]:
        """The optional parameters that are wished; of an update at least one that changes something."""
        chosen = {parameter.name for parameter in tool.parameters if not parameter.required} & (
            wish.values.keys() | wish.about.keys()
        )
        return chosen or (self._optional(tool) if tool.category == "update" else set())

    def _shared(self, parameter: Parameter, table: str, wish: Wish | None) -> Value:
        """The row that an earlier step is about, where a wish refers to it and it is of the right kind."""
        number = wish.about.get(parameter.name) if wish is not None else None
        if number is None:
            return None
        if number in self._pools:
            return self._pools[number].value(parameter)
        return self._found.get((number, table))

    def _keep_for_wishes(self, tool: Tool, step: int, wish: Wish, number: int, arguments: dict[str, Any]) -> None:
        """Keeps what a goal was about, and which rows it took for the reads that it named."""
        self._pools[number] = Pool(self._database)
        self._fill(self._pools[number], tool, step)
        for name, other in wish.about.items():
            entity = entity_of(self._database, tool.parameter[name])
            if other not in self._pools and entity is not None and name in arguments:
                self._found.setdefault((other, entity.partition(".")[0]), items_of(arguments[name])[0])

    def _rows_for(
        self, parameter: Parameter, table: str, key_column: str, builder: StateBuilder, related: bool, taken: list[Any]
    ) -> list[Value]:
        rng = self._world.rng
        if related and rng.random() < 0.9:
            value = self._pool.value(parameter)
            if value is not None and value not in taken:
                return [value]
        count = rng.randint(2, 3) if parameter.array else 1
        values: list[Value] = []
        for _ in range(count):
            row = self._existing(table, builder, [*taken, *values], key_column) or self._own_row(table, builder, 0)
            values.append(row[key_column])
        return values

    def _existing(self, table: str, builder: StateBuilder, taken: list[Any], key_column: str) -> Row | None:
        """Sometimes a row that is there already; mostly so where the domain brought rows of its own."""
        rng = self._world.rng
        if rng.random() > (0.7 if self._kept else 0.15):
            return None
        count = builder.draft.count(table)
        keys = builder.draft.keys(table)
        for _ in range(min(3, count)):
            row = builder.draft.get(table, keys[rng.randrange(count)])
            if (
                row is not None
                and row[key_column] not in taken
                and not self._world.made_by_chain((table, self._key(table, row)))
            ):
                return row
        return None

    def _own_row(self, table: str, builder: StateBuilder, depth: int) -> Row:
        """A new row that belongs to the user, where rows of its table belong to users."""
        given: dict[str, Value] = {}
        actor_table, actor = self._world.actor_table, self._world.actor
        if actor_table is not None and actor is not None and table != actor_table and depth < 3:
            definition = self._database.table[table]
            owner = next(
                (column for column in definition.columns if self._leads_to(table, column.name, actor_table)), None
            )
            if owner is not None:
                given[owner.name] = actor[root(self._database, f"{table}.{owner.name}").split(".")[1]]
            else:
                given |= self._owned_parent(definition, builder, depth)
        return builder.add_row(table, given)

    def _owned_parent(self, table: Table, builder: StateBuilder, depth: int) -> dict[str, Value]:
        """A link to a row of the user's, for a table that belongs to the user through another."""
        assert self._world.actor_table is not None
        for foreign_key in table.foreign_keys:
            parent = self._database.table[foreign_key.table]
            owned = any(self._leads_to(parent.name, column.name, self._world.actor_table) for column in parent.columns)
            if (
                owned
                and parent.name != table.name
                and len(foreign_key.columns) == 1
                and parent.name != self._world.actor_table
            ):
                row = self._own_row(parent.name, builder, depth + 1)
                return {foreign_key.columns[0]: row[foreign_key.references[0]]}
        return {}

    def _leads_to(self, table: str, column: str, target: str) -> bool:
        place = root(self._database, f"{table}.{column}")
        return place != f"{table}.{column}" and place.split(".")[0] == target

    def _key(self, table: str, row: Row) -> Key:
        return self._database.table[table].key_of(row)

    # the write

    def _take(self, tool: Tool, arguments: dict[str, Any]) -> Goal:
        """Finds a way to every argument and appends the write."""
        world = self._world
        symbolic: dict[str, ChainArgument] = {}
        entities: list[Entity] = []
        details: list[Detail] = []
        for parameter in tool.parameters:
            if parameter.name not in arguments:
                continue
            value = arguments[parameter.name]
            entity = entity_of(self._database, parameter)
            place = locate(self._database, entity)
            if place is None or place[0].primary_key != (place[1].name,):
                symbolic[parameter.name] = self._plain(tool, parameter, value)
                if not isinstance(symbolic[parameter.name], FromProfile):
                    details.append(Detail(parameter, value))
                continue
            found = [self._discovery.find((place[0].name, key), (tool.name, parameter.name)) for key in items_of(value)]
            symbolic[parameter.name] = (
                list_of([known.argument for known in found]) if parameter.array else found[0].argument
            )
            entities.append(Entity(parameter, place[0].name, tuple(known.mention for known in found)))
        index = world.take(ChainStep(tool=tool.name, arguments=symbolic))
        if not world.changes[index]:
            raise TaskError(f"`{tool.name}` changes nothing with these arguments.")
        return Goal(tool, index, tuple(entities), tuple(details))

    def _plain(self, tool: Tool, parameter: Parameter, value: Any) -> ChainArgument:
        """A value that the user says, or that the profile tells."""
        items = items_of(value)
        if any(item is None or item == "" for item in items):
            raise TaskError(f"`{parameter.name}` of `{tool.name}` is empty.")
        found = locate(self._database, parameter.source)
        if found is not None and found[1].role in OPAQUE_ROLES - {"url"}:
            raise TaskError(f"People don't know what `{parameter.name}` of `{tool.name}` stands for.")
        if parameter.array:
            return list_of([Literal(value=item) for item in items])
        spec, actor = self._world.domain.spec.actor, self._world.actor
        of_actor = found is not None and spec is not None and found[0].name == spec.table
        if found is not None and spec is not None and actor is not None and of_actor:  # noqa: SIM102
            if found[1].name in spec.profile and actor[found[1].name] == value:
                return FromProfile(field=found[1].name, value=value)
        return Literal(value=value)

    def _remember(self, tool: Tool, step: int) -> None:
        """Makes what the goal was about the preferred rows of a related one."""
        self._fill(self._pool, tool, step)

    def _fill(self, pool: Pool, tool: Tool, step: int) -> None:
        world = self._world
        arguments = {name: world.value(argument) for name, argument in world.steps[step].arguments.items()}
        for change in world.changes[step]:
            if change.after is not None:
                pool.add_row(change.table, change.after)
        pool.add_arguments(tool, arguments)
        for change in world.changes[step]:
            if change.before is None and change.after is not None:
                pool.add_row(change.table, change.after)
