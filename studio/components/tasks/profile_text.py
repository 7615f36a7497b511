"""A user profile as text that people edit: a field a line."""

from __future__ import annotations

import json

from engine.errors import UsageError
from engine.models.base import Value


def profile_text(profile: dict[str, Value]) -> str:
    """A profile as lines of `field: value`; text stands as it is wherever that can be read back, all else as JSON."""
    return "\n".join(f"{_name_text(name)}: {_value_text(value)}" for name, value in profile.items())


def _name_text(name: str) -> str:
    plain = name == name.strip() and name.isprintable() and ":" not in name and not name.startswith('"') and name
    return name if plain else json.dumps(name)


def _value_text(value: Value) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value == value.strip() and value.isprintable() and not value.startswith('"')
    return value if plain else json.dumps(value)


def read_profile(text: str, before: dict[str, Value]) -> dict[str, Value]:
    """The profile that lines of `field: value` say; a field keeps the type that it had, a new one is text.

    Raises:
        UsageError: A line is not such a pair, a field comes twice, or its value is of another type.
    """
    profile: dict[str, Value] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        name, said = _split(line.strip(), number)
        if name in profile:
            raise UsageError(f"Line {number} of the profile says `{name}` a second time.")
        profile[name] = _read_value(name, said, before[name]) if name in before else _read_text(name, said)
    return profile


def _split(line: str, number: int) -> tuple[str, str]:
    wrong = UsageError(f"Line {number} of the profile is no `field: value`: {line!r}.")
    if line.startswith('"'):
        try:
            name, end = json.JSONDecoder().raw_decode(line)
        except ValueError:
            raise wrong from None
        rest = line[end:].lstrip()
        if not rest.startswith(":"):
            raise wrong
        return str(name), rest[1:].strip()
    name, colon, said = line.partition(":")
    if not colon or not name.strip():
        raise wrong
    return name.strip(), said.strip()


def _read_text(name: str, said: str) -> str:
    value = _json(said) if said.startswith('"') else said
    if not isinstance(value, str):
        raise UsageError(f"The profile's `{name}` begins with a quotation mark that is not closed: {said!r}.")
    return value


def _read_value(name: str, said: str, before: Value) -> Value:
    if isinstance(before, str):
        return _read_text(name, said)
    value = _json(said)
    if value is None and said == "null":
        return None
    if before is None:
        return value if isinstance(value, str | int | float) and not said.startswith(("[", "{")) else said
    if isinstance(before, bool):
        if not isinstance(value, bool):
            raise UsageError(f"The profile's `{name}` is yes or no: write true or false, not {said!r}.")
    elif not isinstance(value, int | float) or isinstance(value, bool):
        raise UsageError(f"The profile's `{name}` is a number, not {said!r}.")
    return value


def _json(text: str) -> object:
    """What JSON text says, or `None` where it is none; not a number is none either."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        return None
