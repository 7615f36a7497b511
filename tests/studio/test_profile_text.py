"""A profile is edited as text: what is written is read back, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.errors import UsageError
from engine.models.base import Value
from studio.components.tasks.profile_text import profile_text, read_profile

values = (
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text()
)


@given(some.dictionaries(some.text(min_size=1).filter(str.strip), values, max_size=5))
def test_every_profile_is_read_back_as_it_was(profile: dict[str, Value]) -> None:
    again = read_profile(profile_text(profile), profile)
    assert again == profile
    assert [type(value) for value in again.values()] == [type(value) for value in profile.values()]


@pytest.mark.parametrize(
    "text, says",
    [
        ("no colon", "Line 1 of the profile is no"),
        (": 3", "is no `field: value`"),
        ("a: 1\n\na: 2", "Line 3 of the profile says `a` a second time"),
        ("age: old", "`age` is a number"),
        ("age: true", "`age` is a number"),
        ("vip: 1", "write true or false"),
        ('a: "open', "not closed"),
        ('"a', "is no `field: value`"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_profile(text, {"age": 3, "vip": True})


def test_a_new_field_is_text_and_a_known_one_keeps_its_type() -> None:
    assert read_profile("age: 4\nzip: 0815\nnote: a: b", {"age": 3}) == {"age": 4, "zip": "0815", "note": "a: b"}
