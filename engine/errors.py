"""Every error that a user can cause, one class per boundary.

A message says what is wrong, where, and what to do about it; the CLI and the studio print it as
it stands. Anything that is not a `ScaleEnvError` is a defect of ours.
"""

from __future__ import annotations


class ScaleEnvError(Exception):
    """Base of every error that the engine raises on purpose."""


class SeedError(ScaleEnvError):
    """A seed (blueprint, SQL schema, SQLite file) can't be turned into a domain."""


class ExpressionError(ScaleEnvError):
    """A contract expression is not in the language, or names something that does not exist."""


class ContractError(ScaleEnvError):
    """A contract contradicts its schema or its tool."""


class AdmissionError(ScaleEnvError):
    """Tool code was refused before anything ran."""


class SandboxError(ScaleEnvError):
    """The sandbox could not be started or kept alive."""


class StateError(ScaleEnvError):
    """No database state with the wanted property was found."""


class TaskError(ScaleEnvError):
    """A task can't be built or replayed."""


class StoreError(ScaleEnvError):
    """The store refuses a read or a write: missing, locked, damaged or of another version."""


class ExportError(ScaleEnvError):
    """An export can't be written or a bundle can't be loaded."""


class UsageError(ScaleEnvError):
    """A command or a page was given something it can't use."""
