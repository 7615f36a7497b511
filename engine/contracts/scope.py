"""What a contract expression is evaluated in: names, and the rows that it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.models.base import Row
from engine.models.trace import Key


class Undefined(Exception):
    """The expression has no value in this state. Internal: evaluation turns it into a third truth value."""


class RowView(Protocol):
    """Rows by key."""

    def get(self, table: str, key: Key) -> Row | None:
        """The row with this primary key, or `None`."""
        ...


class StateView(RowView, Protocol):
    """What an expression may see of a database state."""

    @property
    def now(self) -> str:
        """The clock, as an ISO datetime."""
        ...

    def rows(self, table: str, where: Mapping[str, Any]) -> list[Row]:
        """The rows that equal `where` on its columns, in primary-key order."""
        ...


@dataclass(slots=True)
class Scope:
    """What an expression is evaluated in.

    Attributes:
        names: Values by name. A mapping that computes missing names on access (bindings) works too.
        state: The rows before the call.
        after: The rows after the call, where the place allows `after(...)`.
    """

    names: dict[str, Any]
    state: StateView
    after: RowView | None = None
