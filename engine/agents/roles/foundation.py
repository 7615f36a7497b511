"""The roles that make a foundation (paper, section 4.1)."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from engine.models.base import Model, Rows
from engine.models.database import DatabaseSchema
from engine.models.domain import Domain
from engine.models.tool import Contract, Tool
from engine.models.trace import Trace
from engine.seeds.blueprint import Blueprint, Entity, User
from engine.seeds.idea import DomainIdea, ToolSketch
from engine.seeds.tool_entry import ToolEntry


class DomainRequest(Model):
    """A keyword to be thought through.

    Attributes:
        keyword: As the user wrote it, such as `wedding planning`.
        tools: How many tools the domain shall have.
        hint: Further wishes of the user in words, or empty.
    """

    keyword: str
    tools: int = 40
    hint: str = ""


class DomainAnswer(Model):
    """What the domain is about: actors, entities, rules."""

    idea: DomainIdea


class DomainAgent(Protocol):
    """Thinks a domain through from its name (step 1)."""

    async def conceive(self, request: DomainRequest) -> DomainAnswer:
        """The idea behind a keyword.

        Raises:
            CannotAnswer: It knows nothing of this.
        """
        ...


class ToolSchemaRequest(Model):
    """A batch of tools to be conceived.

    Attributes:
        entities: What the batch is about.
        known: The tools that there are already, of which none may come again under another name.
        wanted: How many tools; a few more or less are fine.
        hint: Further wishes of the user in words, or empty.
    """

    idea: DomainIdea
    entities: tuple[str, ...]
    known: tuple[ToolSketch, ...] = ()
    wanted: int = 8
    hint: str = ""


class ToolSchemaAnswer(Model):
    """Tools in words."""

    tools: tuple[ToolSketch, ...]


class ToolSchemaAgent(Protocol):
    """Conceives tools top-down, before there is a database (step 1)."""

    async def design(self, request: ToolSchemaRequest) -> ToolSchemaAnswer:
        """Tools for some entities.

        Raises:
            CannotAnswer: No usable tool came out.
        """
        ...


class DatabaseRequest(Model):
    """What the database is derived from."""

    idea: DomainIdea
    tools: tuple[ToolSketch, ...]


class DatabaseAnswer(Model):
    """The database in the blueprint's language, without tools.

    Tables, keys and code are compiled from it: unlike the paper's, this database's code is never written by a model.

    Attributes:
        entities: One table each, with columns, keys, lifecycle, owner and match policies.
        user: Who the user is.
        values: Value lists from which columns draw.
        uses: Tool -> the tables that it reads or changes.
    """

    entities: dict[str, Entity]
    user: User
    values: dict[str, tuple[str, ...]] = {}
    uses: dict[str, tuple[str, ...]] = {}


class DatabaseAgent(Protocol):
    """Works out tables, columns, keys, constraints and match policies that the tools imply (steps 2 and 3)."""

    async def derive(self, request: DatabaseRequest) -> DatabaseAnswer:
        """The database for some tools.

        Raises:
            CannotAnswer: No usable one came out.
        """
        ...


class ContractRequest(Model):
    """Tools to be made formal.

    Attributes:
        tools: The sketches.
        blueprint: The domain's entities and value lists, and the tools that are formal already.
        hint: What was wrong with an earlier answer, or empty.
    """

    tools: tuple[ToolSketch, ...]
    blueprint: Blueprint
    hint: str = ""


class ContractAnswer(Model):
    """The tools in the blueprint's language, from which their contracts follow; sketches may be missing.

    Attributes:
        left_out: Tool -> what was said of it and does not hold, each with its reason; the rest holds without it.
    """

    tools: dict[str, ToolEntry]
    left_out: dict[str, tuple[str, ...]] = {}


class ContractAgent(Protocol):
    """Makes pre- and post-conditions formal, so that they can be executed (step 1; in the paper they stay prose)."""

    async def formalise(self, request: ContractRequest) -> ContractAnswer:
        """The entries for some sketches.

        Raises:
            CannotAnswer: Not a single usable entry came out.
        """
        ...


class CodeRequest(Model):
    """Tools to be written.

    Attributes:
        hint: What a person wants to be different, or empty.
    """

    tools: tuple[Tool, ...]
    database: DatabaseSchema
    hint: str = ""


class CodeAnswer(Model):
    """Tool -> source of one function, as it stands in the domain's module of tools; tools may be missing."""

    sources: dict[str, str]


class CodeAgent(Protocol):
    """Writes tools' code against the prelude's stub (step 5)."""

    async def write(self, request: CodeRequest) -> CodeAnswer:
        """The code for some tools.

        Raises:
            CannotAnswer: Not a single function came out.
        """
        ...


class ProposedCase(Model):
    """A test case with a matching database instance.

    Attributes:
        note: What it is about.
        rows: The instance: some rows, whatever they need beside them is added by the engine.
        arguments: Of the call.
        expects: The rejection code that must come, or empty for success.
    """

    tool: str
    note: str
    rows: Rows
    arguments: dict[str, Any]
    expects: str = ""


class TestRequest(Model):
    """Tools for which cases are wanted, on top of those that follow from the contracts.

    Attributes:
        now: The clock of the cases.
    """

    __test__ = False

    tools: tuple[Tool, ...]
    database: DatabaseSchema
    now: str


class TestAnswer(Model):
    """The cases.

    Attributes:
        left_out: Why others that were written are none, a sentence each.
    """

    __test__ = False

    cases: tuple[ProposedCase, ...]
    left_out: tuple[str, ...] = ()


class TestAgent(Protocol):
    """Thinks up cases that a person would worry about (step 5)."""

    __test__ = False

    async def propose(self, request: TestRequest) -> TestAnswer:
        """Cases for some tools.

        Raises:
            CannotAnswer: No usable case came out.
        """
        ...


PatchKind = Literal["tool", "instance", "contract"]


class RepairRequest(Model):
    """A tool that failed.

    Attributes:
        tool: With its contract and the source that failed.
        failures: What went wrong, one line each: the interpreter's errors, the checker's, the differences to the contract.
        trace: The execution of the first failure, where something ran.
        case: The proposed case that failed, where it was one of the test agent's.
        allowed: What may be patched this time; the engine decides.
        round: Which repair this is, from 1.
        hint: What a person wants to be different, or empty.
    """

    tool: Tool
    database: DatabaseSchema
    failures: tuple[str, ...]
    trace: Trace | None = None
    case: ProposedCase | None = None
    allowed: tuple[PatchKind, ...] = ("tool",)
    round: int = 1
    hint: str = ""


class RepairAnswer(Model):
    """One patch: exactly what `kind` says is given.

    Attributes:
        source: The whole function anew.
        contract: The whole contract anew.
        case: The case anew; `None` with kind `instance` to take it back.
        reason: Why, in a sentence.
    """

    kind: PatchKind
    source: str = ""
    contract: Contract | None = None
    case: ProposedCase | None = None
    reason: str = ""


class DebugAgent(Protocol):
    """Repairs a tool, a case or a contract (step 5)."""

    async def repair(self, request: RepairRequest) -> RepairAnswer | None:
        """A patch, or `None` where it has none: then the tool is dropped with its reason."""
        ...


class OpenPair(Model):
    """An output that could feed a parameter, of which contracts alone do not say whether it does.

    Attributes:
        output: The field of the source's answer, as an edge's `via` names it.
        parameter: The target's parameter.
    """

    source: str
    output: str
    target: str
    parameter: str


class DependencyRequest(Model):
    """Pairs to be judged."""

    domain: Domain
    pairs: tuple[OpenPair, ...]


class DependencyAnswer(Model):
    """Those of the pairs of which the output is what the parameter means; each becomes an edge that has to be proven."""

    flows: tuple[OpenPair, ...]


class DependencyAgent(Protocol):
    """Judges the pairs of tools that inference leaves open (step 6)."""

    async def judge(self, request: DependencyRequest) -> DependencyAnswer:
        """The pairs that are data flows.

        Raises:
            CannotAnswer: No usable answer came out.
        """
        ...
