"""The roles of the paper that build a foundation (section 4.1): one Protocol each, typed request to typed answer.

`engine.agents.composer` answers them offline. The pipeline knows roles only, so that a model can take any of them.
"""

from __future__ import annotations

from typing import Protocol

from engine.models.base import Model
from engine.models.database import DatabaseSchema
from engine.models.tool import Tool
from engine.seeds.blueprint import Blueprint


class DatabaseRequest(Model):
    """What the database schema is derived from."""

    blueprint: Blueprint


class DatabaseAnswer(Model):
    """The database schema Σ with its match policies."""

    database: DatabaseSchema


class DatabaseAgent(Protocol):
    """Works out tables, columns, keys, constraints and match policies (steps 2 and 3)."""

    def derive(self, request: DatabaseRequest) -> DatabaseAnswer:
        """The schema for a request.

        Raises:
            SeedError: The request contradicts itself.
        """
        ...


class ToolSchemaRequest(Model):
    """What tools are designed from."""

    blueprint: Blueprint
    database: DatabaseSchema


class ToolSchemaAnswer(Model):
    """Tools with descriptions, parameters and contracts, without code."""

    tools: tuple[Tool, ...]


class ToolSchemaAgent(Protocol):
    """Designs the tools with their pre- and post-conditions (step 1)."""

    def design(self, request: ToolSchemaRequest) -> ToolSchemaAnswer:
        """The tools for a request.

        Raises:
            SeedError: The request contradicts itself.
        """
        ...


class CodeRequest(Model):
    """A tool to be written."""

    tool: Tool
    database: DatabaseSchema


class CodeAnswer(Model):
    """Source of one function, as it stands in the domain's module of tools."""

    source: str


class CodeAgent(Protocol):
    """Writes a tool's code (step 5)."""

    def write(self, request: CodeRequest) -> CodeAnswer:
        """The code for a request."""
        ...


class RepairRequest(Model):
    """A tool that failed.

    Attributes:
        failures: What went wrong, one line each.
    """

    tool: Tool
    database: DatabaseSchema
    failures: tuple[str, ...]


class DebugAgent(Protocol):
    """Repairs a tool's code (step 5)."""

    def repair(self, request: RepairRequest) -> CodeAnswer | None:
        """New code, or `None` where there is no repair: then the tool is dropped with its reason."""
        ...
