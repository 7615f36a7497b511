"""`studio.toml`: read, checked, and told about in words that name the file, the key and the nearest right one."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import Field, ValidationError

from engine.agents.llm.ask.endpoint import Endpoint
from engine.errors import UsageError
from engine.models.base import Model
from engine.models.role import ROLES
from engine.models.run import Budget
from engine.pipeline.addresses import checked_address
from engine.seeds.problems import nearest

LARGEST_FILE = 256 * 1024
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SECRET = re.compile(r"(api_?)?key|token|secret|password|authorization", re.IGNORECASE)


class ModelsTable(Model):
    """The table `[models]`.

    Attributes:
        default: The model that plays all roles, or empty.
        roles: Role -> model, or `composer`.
        endpoints: Model -> where it is and how to talk to it.
    """

    default: str = ""
    roles: dict[str, str] = {}
    endpoints: dict[str, Endpoint] = {}


class SettingsFile(Model):
    """The whole file."""

    models: ModelsTable = Field(default_factory=ModelsTable)
    budget: Budget = Field(default_factory=Budget)


_ENDPOINT_KEYS = tuple(name for name in Endpoint.model_fields if name != "model")
_KEYS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("models", "budget"),
    ("models",): tuple(ModelsTable.model_fields),
    ("models", "endpoints", "*"): _ENDPOINT_KEYS,
    ("budget",): tuple(Budget.model_fields),
}


def read_settings_file(path: Path) -> SettingsFile:
    """Reads the file.

    Raises:
        UsageError: It can't be read or says what can't be understood. No value of the file is quoted: it could be a key.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the settings can't be read ({error.strerror}).") from None
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path}: {len(data):,} bytes are more than settings need.")
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: this is no UTF-8 text (byte {error.start}); save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        where = match[0] if (match := re.search(r"\(at .*\)", str(error))) else ""
        raise UsageError(f"{path}: this is no TOML {where}; texts stand in quotes, tables in brackets.") from None
    except RecursionError:
        raise UsageError(f"{path}: this is nested deeper than settings need.") from None
    _check_keys(path, found, ())
    endpoints = cast("dict[str, Any]", found.get("models", {}).get("endpoints", {}))
    for name, endpoint in endpoints.items():
        endpoint["model"] = name
    try:
        settings = SettingsFile.model_validate(found, strict=True)
    except ValidationError as error:
        raise UsageError(_told(path, error)) from None
    return settings.model_copy(update={"models": _checked(path, settings.models)})


def _check_keys(path: Path, table: dict[str, Any], at: tuple[str, ...]) -> None:
    """Refuses keys that mean nothing, tables where values belong, and the other way round."""
    pattern = (*at[:2], *("*" for _ in at[2:]))
    known = _KEYS.get(pattern)
    for key, value in table.items():
        place = (*at, key)
        if known is not None and key not in known:
            raise UsageError(f"{path}: {_unknown(place, known)}")
        if at == ("models", "roles") and key not in ROLES:
            raise UsageError(f"{path}: there is no role `{_shown([key])}`; {nearest(key, ROLES, limit=len(ROLES))}")
        is_table = (*pattern, key) in _KEYS or place == ("models", "roles") or place == ("models", "endpoints")
        is_table = is_table or at == ("models", "endpoints")
        if is_table != isinstance(value, dict):
            kind = "a table, as in" if is_table else "a value, not a table:"
            shown = f"`[{_shown(place)}]`" if is_table else f"`{_shown(place)} = ...`"
            raise UsageError(f"{path}: `{_shown(place)}` is {kind} {shown}.")
        if is_table:
            _check_keys(path, value, place)
        elif isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{path}: `{_shown(place)}` is a number, not {value}; leave it out for no bound.")


def _unknown(place: tuple[str, ...], known: Sequence[str]) -> str:
    if _SECRET.fullmatch(place[-1]):
        return (
            f"`{_shown(place)}`: keys don't belong into this file. Put the key into an environment variable or into "
            '`.streamlit/secrets.toml`, and name that here: key_variable = "NAME".'
        )
    return f"there is no key `{_shown(place)}`; {nearest(place[-1], known, limit=len(known))}"


def _shown(place: Sequence[Any]) -> str:
    """A key as TOML writes it."""
    parts = [str(part) for part in place]
    return ".".join(
        part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part[:80], ensure_ascii=False) for part in parts
    )


def _told(path: Path, error: ValidationError) -> str:
    """The first mistake, without the value: whoever mixes lines up may have put a key there."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{path}: `{_shown(first['loc'])}`: {first['msg'][0].lower()}{first['msg'][1:]}."


def _checked(path: Path, table: ModelsTable) -> ModelsTable:
    checked: dict[str, Endpoint] = {}
    for name, endpoint in table.endpoints.items():
        at = f'{path}: [models.endpoints."{name[:80]}"]'
        if endpoint.key_variable and not _VARIABLE.fullmatch(endpoint.key_variable):
            raise UsageError(
                f"{at}: `key_variable` is the name of an environment variable, such as MY_SERVER_KEY; what stands there is "
                "none (and if it is a key, take it out of the file)."
            )
        if (endpoint.input_price is None) != (endpoint.output_price is None):
            raise UsageError(f"{at}: `input_price` and `output_price` come together, in US dollars per million tokens.")
        address = checked_address(endpoint.base_url, f"{at}: `base_url`")
        checked[name] = endpoint.model_copy(update={"base_url": address})
    return table.model_copy(update={"endpoints": checked})
