"""What every data model here shares: frozen, closed, and written to JSON in one canonical way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict

Value = str | int | float | bool | None
"""A database value. Dates and times are ISO text (`2026-03-01`, `2026-03-01T09:30:00`)."""

Row = dict[str, Value]
Rows = dict[str, list[Row]]
"""Rows by table name: the plain form of a database state."""


class Model(BaseModel):
    """Base of all data models: immutable, and unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed; look-ups that were worked out for the old fields are not taken along."""
        copy = super().model_copy(update=update, deep=deep)
        if update:
            for name in [name for name in vars(copy) if name not in type(copy).model_fields]:
                del vars(copy)[name]
        return copy


def items_of(value: Any) -> list[Any]:
    """The items of a list; a single value as the only item."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def canonical_json(value: Any) -> str:
    """Writes plain data as JSON with sorted keys and no spare spaces: same data, same bytes.

    Raises:
        ValueError: `value` holds a NaN or an infinity, which JSON has no word for.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """The SHA-256 of `canonical_json(value)`, as 64 hex digits."""
    return sha256(canonical_json(value).encode()).hexdigest()
