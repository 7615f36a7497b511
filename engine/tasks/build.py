"""Builds candidate tasks over the proven graph (paper, section 4.2, steps 1 to 3).

A task grows goal by goal: a write, rows on which it is accepted, and the reads that lead from what a person says
to its arguments. Then come distractors, new ids, and the words. Expansion to |H| >= 20 tools (steps 4 to 6)
starts from `Task.chain`; here a task offers every tool of its domain.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.agents.roles.tasks import PlannedChain
from engine.contracts.state import PlainState
from engine.errors import StateError, TaskError
from engine.models.base import Row, Rows
from engine.models.chain import Chain
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.models.task import Difficulty, InitialState, Mention, Task
from engine.runtime.reward import Scorer
from engine.states.builder import StateBuilder
from engine.states.values import make_value
from engine.tasks.distractors import add_distractors
from engine.tasks.foresight import idle_argument, idle_step
from engine.tasks.goals import Entity, Goal, GoalMaker
from engine.tasks.instruction import mentions_of, write_instruction
from engine.tasks.mentions import fitting
from engine.tasks.provenance import leaks, said_values, spoken_text
from engine.tasks.renumber import Renumbered, numbering
from engine.tasks.replay import play
from engine.tasks.sampling import sample
from engine.tasks.speech import unsaid
from engine.tasks.wish import WishedGoal, read_wish
from engine.tasks.world import Ground, Place, World

ATTEMPTS = 16
"""Tries at one task before it is given up."""
PROBES = 4
"""Tries at a change, to see whether it can be a goal at all."""
WISH_ATTEMPTS = 8
"""Tries at what somebody wished, before those."""
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard", "medium")
"""What is asked for in turn where nobody says otherwise."""
_GOALS: dict[Difficulty, tuple[int, ...]] = {"easy": (1,), "medium": (1, 2, 2), "hard": (2, 3, 3, 4)}
_STEPS: dict[Difficulty, tuple[int, int]] = {"easy": (2, 5), "medium": (3, 8), "hard": (5, 12)}
LONGEST = 12
SHORTEST = 2


class Candidate(NamedTuple):
    """A task that was built but not audited.

    Attributes:
        failures: Why earlier attempts at it failed.
        wished: Whether it is what somebody wished; else it is the engine's own choice.
    """

    task: Task
    failures: tuple[str, ...] = ()
    wished: bool = False


@dataclass(frozen=True)
class Rejected:
    """A task that could not be built.

    Attributes:
        reasons: Why, one for each attempt.
    """

    index: int
    reasons: tuple[str, ...]


class TaskBuilder:
    """Builds the tasks of one domain; keeps what can be worked out once.

    Args:
        domain: Its admitted tools.
        graph: Its dependency graph with the proofs.
        seed: With a task's index, the source of all choices.
    """

    def __init__(self, domain: Domain, graph: ToolGraph, seed: int) -> None:
        self._domain = domain
        self._ground = Ground(domain, graph)
        self._scorer = Scorer(domain.database)
        self._seed = seed
        self._base = domain.spec.base_rows
        self._base_state = PlainState(domain.database, self._base, domain.spec.now)
        self._kept: frozenset[Place] = frozenset(
            (name, domain.database.table[name].key_of(row)) for name, rows in self._base.items() for row in rows
        )
        order = list(self._ground.writes)
        random.Random(f"writes/{seed}/{domain.name}").shuffle(order)
        self._order = order

    @property
    def follows(self) -> dict[str, tuple[str, ...]]:
        """Change -> the changes that a proven edge leads to."""
        return self._ground.follows

    def possible(self) -> tuple[str, ...]:
        """The changes that can be a task's goal: rows are found on which they are accepted, and a way to each argument.

        Returns:
            Their names in the order in which tasks begin with them.
        """
        found: list[str] = []
        for name in self._order:
            for attempt in range(PROBES):
                rng = random.Random(f"possible/{self._seed}/{self._domain.name}/{name}/{attempt}")
                try:
                    GoalMaker(self._begin(rng), self._kept).add(self._domain.tool[name], related=False)
                except (TaskError, StateError):
                    continue
                found.append(name)
                break
        return tuple(found)

    def propose(
        self, index: int, difficulty: Difficulty | None = None, wish: PlannedChain | None = None
    ) -> Candidate | Rejected:
        """The task with this index: the same for the same seed, whatever was built before.

        Args:
            index: From 0.
            difficulty: Steers goals, length and distractors; in turn where left out.
            wish: What the user shall want; where nothing comes of it, the choice is the engine's own.
        """
        wanted = difficulty or DIFFICULTIES[index % len(DIFFICULTIES)]
        if not self._order:
            return Rejected(index, ("The domain has no tool that changes anything.",))
        reasons: list[str] = []
        if wish is not None:
            built = self._by_wish(index, wanted, wish, reasons)
            if built is not None:
                return Candidate(built, tuple(reasons), wished=True)
        for attempt in range(ATTEMPTS):
            rng = random.Random(f"task/{self._seed}/{self._domain.name}/{index}/{attempt}")
            try:
                return Candidate(self._compose(index, attempt, wanted, rng), tuple(reasons))
            except (TaskError, StateError) as error:
                reasons.append(str(error))
        return Rejected(index, tuple(reasons))

    def _compose(self, index: int, attempt: int, difficulty: Difficulty, rng: random.Random) -> Task:
        world = self._begin(rng)
        maker = GoalMaker(world, self._kept)
        first = self._order[index % len(self._order)] if attempt < ATTEMPTS // 2 else rng.choice(self._order)
        goals = [maker.add(self._domain.tool[first], related=False)]
        self._further(world, maker, goals, rng.choice(_GOALS[difficulty]))
        low, high = _STEPS[difficulty] if attempt < ATTEMPTS - 4 else (SHORTEST, LONGEST)
        return self._complete(index, difficulty, world, goals, rng, (low, high))

    def _by_wish(self, index: int, difficulty: Difficulty, wish: PlannedChain, reasons: list[str]) -> Task | None:
        """A task that is what was wished, or `None`; adds to the reasons why not."""
        goals = read_wish(self._domain, wish)
        if not goals:
            reasons.append("The wished chain has none of the domain's changes.")
            return None
        for attempt in range(WISH_ATTEMPTS):
            rng = random.Random(f"wish/{self._seed}/{self._domain.name}/{index}/{attempt}")
            try:
                return self._compose_wish(index, attempt, difficulty, goals, rng)
            except (TaskError, StateError) as error:
                reasons.append(f"As wished: {error}")
        return None

    def _compose_wish(
        self, index: int, attempt: int, difficulty: Difficulty, wished: Sequence[WishedGoal], rng: random.Random
    ) -> Task:
        """At first exactly as wished, then with other values, and at last without the goals that can't be had."""
        world = self._begin(rng)
        maker = GoalMaker(world, self._kept)
        firm, whole = attempt < WISH_ATTEMPTS // 2, attempt < WISH_ATTEMPTS - 2
        goals: list[Goal] = []
        for tool, number, wish in wished:
            earlier = [goal.tool for goal in goals]
            related = any(
                tool.name in self._ground.follows.get(other.name, ()) or tool.entity == other.entity
                for other in earlier
            )
            saved = world.save()
            try:
                goals.append(maker.add(tool, related=related, wish=wish._replace(firm=firm), number=number))
            except (TaskError, StateError):
                if whole:
                    raise
                world.restore(saved)
        low = _STEPS[difficulty][0] if whole else SHORTEST
        if goals and len(world.steps) < low:  # less than this difficulty means: something that goes with it is added
            self._further(world, maker, goals, len(goals) + 1)
        if not goals:
            raise TaskError("No row was found on which any of the wished changes is accepted.")
        task = self._complete(index, difficulty, world, goals, rng, (low, LONGEST))
        unheard = [
            repr(value) for value in unsaid(said_values(task, self._domain), task.initial_state.now, spoken_text(task))
        ]
        if problems := [*unheard, *leaks(task, self._domain)]:
            raise TaskError(f"There are no good words for {problems[0]}.")
        return task

    def _complete(
        self,
        index: int,
        difficulty: Difficulty,
        world: World,
        goals: list[Goal],
        rng: random.Random,
        steps: tuple[int, int],
    ) -> Task:
        """Distractors, ids and words for goals that stand.

        Raises:
            TaskError: The chain is too short or too long, or an audit would refuse it.
        """
        low, high = steps
        if not low <= len(world.steps) <= high:
            raise TaskError(f"The chain has {len(world.steps)} steps, not {low} to {high}.")
        mentions = mentions_of(goals)
        if any(fitting(mention, self._domain.database, world.start) != (mention.key,) for mention in mentions):
            raise TaskError("What is said of an entity fits several rows.")
        distractors = add_distractors(world, mentions, difficulty, self._scorer)
        return self._finish(index, difficulty, world, goals, distractors, rng)

    def _begin(self, rng: random.Random) -> World:
        """s0 with nobody but the user."""
        spec = self._domain.spec
        actor: Row | None = None
        builder = StateBuilder(self._domain.database, rng, spec.now, sample(self._domain.database, self._base, rng))
        if spec.actor is not None:
            table = self._domain.database.table[spec.actor.table]
            known = {
                name: make_value(table.column[name], rng, spec.now, self._domain.database, table.name)
                for name in spec.actor.profile
                if table.column[name].nullable and table.reference_of(name) is None
            }
            actor = builder.add_row(table.name, known)
        return World(self._ground, PlainState(self._domain.database, builder.rows, spec.now), rng, actor)

    def _further(self, world: World, maker: GoalMaker, goals: list[Goal], count: int) -> None:
        """Adds goals that go with those before: what they make possible, the same again, or something else."""
        rng = world.rng
        for _ in range(count * 3):
            if len(goals) >= count or len(world.steps) >= LONGEST:
                return
            last = rng.choice(goals).tool
            following = self._ground.follows.get(last.name, ())
            related = bool(following) and rng.random() < 0.75
            same = [name for name in self._ground.writes if self._domain.tool[name].entity == last.entity]
            name = rng.choice(following) if related else rng.choice(same if rng.random() < 0.5 else self._ground.writes)
            saved = world.save()
            try:
                goals.append(maker.add(self._domain.tool[name], related=related))
            except (TaskError, StateError):
                world.restore(saved)

    def _finish(
        self,
        index: int,
        difficulty: Difficulty,
        world: World,
        goals: Sequence[Goal],
        distractors: tuple[Place, ...],
        rng: random.Random,
    ) -> Task:
        database = self._domain.database
        rows = self._beside_base(world.start.to_rows())
        new = Renumbered(self._domain, numbering(database, rows, self._base_state, rng))
        renamed = [_renamed(goal, new) for goal in goals]
        chain = Chain(steps=tuple(new.steps(world.steps, self._ground.prints)))
        own = new.rows(rows)
        start = self._beside(own)
        played = play(chain, self._domain, start)
        if problem := idle_step(chain, self._domain, start, played, self._scorer):
            raise TaskError(problem)
        profile = self._profile(world, chain)
        mentions = mentions_of(renamed)
        if any(fitting(mention, database, start) != (mention.key,) for mention in mentions):
            raise TaskError("What is said of an entity fits several rows.")
        task = Task(
            id=f"{self._domain.name}-{self._seed}-{index:04d}",
            domain=self._domain.name,
            index=index,
            seed=self._seed,
            difficulty=difficulty,
            instruction=write_instruction(self._domain, renamed, profile, start.now, rng),
            user_profile=profile,
            chain=chain,
            reference_calls=played.calls,
            tools=tuple(tool.name for tool in self._domain.tools),
            initial_state=InitialState(
                rows=own,
                now=start.now,
                extends_base=bool(self._base),
                distractors=tuple((table, new.key(table, key)) for table, key in distractors),
            ),
            gold_diff=played.changes,
            mentions=mentions,
        )
        if problem := idle_argument(task, self._domain, start, self._scorer):
            raise TaskError(problem)
        return task

    def _beside(self, own: Rows) -> PlainState:
        """s0: a task's own rows and all base rows, of which the building saw a sample.

        Raises:
            TaskError: A row has a key or a unique value that a base row has.
        """
        start = self._base_state.copy()
        for name, rows in own.items():
            table = self._domain.database.table[name]
            for row in rows:
                values = [{column: row[column] for column in columns} for columns in (table.primary_key, *table.unique)]
                if any(None not in value.values() and start.rows(name, value) for value in values):
                    raise TaskError(f"A `{name}` row has a key or a unique value that another has.")
                start.put(name, row)
        return start

    def _profile(self, world: World, chain: Chain) -> dict[str, str | int | float | bool | None]:
        """What the user knows of themselves: the actor's columns, and their number where the chain needs it."""
        spec = self._domain.spec.actor
        if spec is None or world.actor is None:
            return {}
        profile = {name: world.actor[name] for name in spec.profile}
        for step in chain.steps:
            for argument in step.arguments.values():
                if argument.kind == "profile":
                    profile.setdefault(argument.field, argument.value)
        return profile

    def _beside_base(self, rows: Rows) -> Rows:
        """The rows that the domain's base does not have, in schema and primary-key order."""
        kept: Rows = {}
        for table in self._domain.database.tables:
            own = [row for row in rows.get(table.name, ()) if (table.name, table.key_of(row)) not in self._kept]
            if own:
                kept[table.name] = own
        return kept


def writes_wanted(difficulty: Difficulty, name: str, index: int, seed: int) -> int:
    """How many changes the user of the task with this index shall want."""
    return random.Random(f"wanted/{seed}/{name}/{index}").choice(_GOALS[difficulty])


def propose(
    domain: Domain, graph: ToolGraph, index: int, seed: int, difficulty: Difficulty | None = None
) -> Candidate | Rejected:
    """Builds one task; `TaskBuilder` does the same for many without working out the domain again."""
    return TaskBuilder(domain, graph, seed).propose(index, difficulty)


def _renamed(goal: Goal, new: Renumbered) -> Goal:
    def same(entity: Entity) -> Entity:
        mentions: list[Mention | None] = [
            None if mention is None else new.mention(mention) for mention in entity.mentions
        ]
        return entity._replace(mentions=tuple(mentions))

    return goal._replace(entities=tuple(same(entity) for entity in goal.entities))
