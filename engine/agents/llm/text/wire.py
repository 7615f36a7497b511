"""The form in which models write: short and flat, so that a small one can be held to it. Read into the roles' types at once."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Wire(BaseModel):
    """Base of what models write: what it has too much is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


LONGEST_TEXT = 4_000
"""Characters of one text that are read: twice the longest expression. Who writes more is going round in circles."""

MOST_TEXTS = 200
"""Texts of one list that are read."""


def _text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).strip()[:LONGEST_TEXT] if isinstance(value, str | int | float | bool) else value


def _texts(value: Any) -> Any:
    if value is None or value == "":
        return ()
    items = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return tuple(_text(item) for item in items[:MOST_TEXTS])


Text = Annotated[str, BeforeValidator(_text)]
"""A text; numbers and nothing are taken for one."""
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
"""Texts; a single one and nothing are taken for several."""
