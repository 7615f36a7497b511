"""How models become cells: compressed JSON, with a digest that shows any later change."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.errors import StoreError
from engine.models.base import Model

M = TypeVar("M", bound=Model)


def to_text(value: Any) -> str:
    """Plain data as compact JSON; the order of keys is kept, since a resumed run must see what the first one saw."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def models_text(models: Iterable[Model]) -> str:
    """Models as a JSON array."""
    return "[" + ",".join(model.model_dump_json() for model in models) + "]"


def pack(text: str) -> bytes:
    """Text as compressed bytes; the same text gives the same bytes."""
    return zlib.compress(text.encode(), 6)


def unpack(data: bytes, what: str) -> str:
    """The text that `pack` was given.

    Raises:
        StoreError: The cell is damaged.
    """
    try:
        return zlib.decompress(data).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise StoreError(f"The stored {what} is damaged ({error}); restore a copy of the store.") from error


def digest_of(text: str) -> str:
    """SHA-256 of a text, as 64 hex digits."""
    return sha256(text.encode()).hexdigest()


def read_model(kind: type[M], text: str, what: str) -> M:
    """JSON text as a model.

    Raises:
        StoreError: The text is not what this version of the engine writes.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(
            f"The stored {what} does not fit this version of the engine: `{where}`: {first['msg']}."
        ) from error
