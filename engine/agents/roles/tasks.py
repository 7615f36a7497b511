"""The roles that make tasks, and the one that talks to the agent (paper, section 4.2)."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from engine.models.base import Model, Rows, Value
from engine.models.domain import Domain
from engine.models.trace import Key


class WishedCall(Model):
    """One step of a chain as a program: a tool, and whatever of its arguments the author cares about.

    Attributes:
        arguments: Parameter -> a literal value, or `$N.FIELD` for the field of the answer of step N (from 1). What is left
            out, the engine binds.
    """

    tool: str
    arguments: dict[str, Any] = {}


class WantedChain(Model):
    """A chain to be thought up.

    Attributes:
        index: The task's number; the same index asks for the same again.
        task: The task's id, for the log.
        writes: How many changes the user shall want, from and to.
        first: The change that shall be among them, so that all of a domain's tools get their tasks.
    """

    index: int
    task: str = ""
    writes: tuple[int, int]
    first: str


class ChainRequest(Model):
    """Chains to be thought up, several at once: what they have in common, the tools above all, is told once.

    Attributes:
        wanted: At least one, each with an index of its own.
        possible: The changes that a chain may have, where not all of the domain's: those that can be a user's goal.
        follows: Change -> the changes that it makes possible, by proven edges.
        avoid: Chains of earlier tasks, as tool names.
    """

    domain: Domain
    wanted: tuple[WantedChain, ...]
    possible: tuple[str, ...] = ()
    follows: dict[str, tuple[str, ...]] = {}
    avoid: tuple[tuple[str, ...], ...] = ()

    @property
    def changes(self) -> tuple[str, ...]:
        """The names of the changes that a chain may have, in the domain's order."""
        return tuple(
            tool.name
            for tool in self.domain.tools
            if tool.mutates_state and (not self.possible or tool.name in self.possible)
        )


class PlannedChain(Model):
    """A chain as a program; the reads that lead to its arguments may be left out.

    Attributes:
        story: Why somebody wants this, in a sentence.
    """

    story: str = ""
    steps: tuple[WishedCall, ...]


class ChainAnswer(Model):
    """The chains by their index; some of those that were wanted may be missing."""

    chains: dict[int, PlannedChain]


class ChainAgent(Protocol):
    """Thinks up what users could want, as programs (step 1)."""

    async def plan(self, request: ChainRequest) -> ChainAnswer:
        """Chains.

        Raises:
            CannotAnswer: Not a single usable one came out.
        """
        ...


class StateRequest(Model):
    """A state to be furnished.

    Attributes:
        task: The task's id, for the log.
        rows: Rows on which the chain runs, as computed.
        free: (table, column) whose values nothing depends on, so that they may be written anew.
        settled: (table, key) of the rows that the task is about: they stay as they are, and distractors look like them.
        distractors: How many rows are wanted that only make the task harder.
        now: The clock.
    """

    domain: Domain
    task: str = ""
    story: str
    rows: Rows
    free: tuple[tuple[str, str], ...]
    settled: tuple[tuple[str, Key], ...] = ()
    distractors: int
    now: str


class StateAnswer(Model):
    """What is to be furnished.

    Attributes:
        rows: Rows of the request with other values in free columns; keys as they were.
        distractors: New rows, without generated keys where the table makes them up.
    """

    rows: Rows = {}
    distractors: Rows = {}


class StateAgent(Protocol):
    """Gives a state the look of life, and distractors that a careless agent would take (step 2)."""

    async def furnish(self, request: StateRequest) -> StateAnswer:
        """Values and rows.

        Raises:
            CannotAnswer: No usable answer came out.
        """
        ...


class SaidGoal(Model):
    """One thing that the user wants.

    Attributes:
        words: In which a person would ask for it.
        facts: Label -> value that the instruction has to say, in the words in which it may be said.
    """

    words: str
    facts: dict[str, str] = {}


class InstructionRequest(Model):
    """A verified chain to be put into a user's words.

    Attributes:
        goals: What the user wants, in order, with everything that has to be said.
        profile: What the user knows about themselves; need not be said again.
        hidden: What must not be said: names of tools and columns, internal ids.
        tone: How the user talks.
        draft: The composer's words for the same, which pass every audit.
        now: The clock.
        task: The task's id, for the log.
        refused: An earlier answer that an audit refused, or empty.
        complaints: What was wrong with it.
    """

    title: str
    goals: tuple[SaidGoal, ...]
    profile: dict[str, Value]
    hidden: tuple[str, ...]
    tone: str
    draft: str
    now: str
    story: str = ""
    task: str = ""
    refused: str = ""
    complaints: tuple[str, ...] = ()


class InstructionAnswer(Model):
    """The user's words."""

    instruction: str


class InstructionAgent(Protocol):
    """Writes what the user says, grounded in the verified chain (step 3)."""

    async def write(self, request: InstructionRequest) -> InstructionAnswer:
        """The instruction.

        Raises:
            CannotAnswer: No usable one came out.
        """
        ...


class GateRequest(Model):
    """A graph that could be expanded by another chain (step 5).

    Attributes:
        unused: |D|, tools outside of the expanded graph H.
        complexity: c(H) = (|V_H| + 0.5 |E_H|) / 50.
        feasibility: g(D), success rate of a solver in finding a chain within D, from 0 to 1.
    """

    unused: int
    complexity: float
    feasibility: float


class GateAnswer(Model):
    """π(|D|, c(H), g(D)), from 0 to 1; a chain is added where it reaches τ."""

    probability: float


class GateAgent(Protocol):
    """Decides whether another chain pays (step 5)."""

    async def weigh(self, request: GateRequest) -> GateAnswer:
        """The probability.

        Raises:
            CannotAnswer: No usable answer came out.
        """
        ...


class Utterance(Model):
    """One message of the conversation between user and agent."""

    speaker: Literal["user", "agent"]
    text: str


class UserRequest(Model):
    """The user's turn.

    Attributes:
        instruction: What the user wants.
        profile: What the user knows about themselves.
        said: The conversation so far; empty for the user to begin.
        turns: How many more messages the user may write.
    """

    instruction: str
    profile: dict[str, Value]
    said: tuple[Utterance, ...] = ()
    turns: int = 10


class UserAnswer(Model):
    """What the user says.

    Attributes:
        ends: Whether the user has nothing more to say after this.
    """

    text: str
    ends: bool = False


class UserAgent(Protocol):
    """Plays the user, and invents no facts (section 4.2; trained against)."""

    async def reply(self, request: UserRequest) -> UserAnswer:
        """The user's next message.

        Raises:
            CannotAnswer: No usable answer came out.
        """
        ...
