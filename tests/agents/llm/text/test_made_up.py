"""What a text says although nobody has told it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.text.made_up import made_up


@pytest.mark.parametrize(
    "text, told",
    [
        ("On March 5, for four people.", "2026-03-05, 4 people"),
        ("On 5 March at 9:00.", "March 5 at 9 AM"),
        ("For 11 people.", "eleven people"),
        ("It costs $1,200.50!", "1,200.50 dollars"),
        ("Write to ann@x.example.", "email: ann@x.example"),
        ("No numbers at all.", ""),
    ],
)
def test_what_was_told_may_be_said_in_other_words(text: str, told: str) -> None:
    assert made_up(text, told) == []


@pytest.mark.parametrize(
    "text, told, invented",
    [
        ("Call 555-0199.", "Call me.", "555-0199"),
        ("On March 6.", "On March 5.", "6"),
        ("Write to bob@x.example.", "ann@x.example", "bob@x.example"),
        ("Order ORD-0012.", "my order", "ord-0012"),
    ],
)
def test_what_nobody_told_is_named(text: str, told: str, invented: str) -> None:
    assert made_up(text, told) == [f'nobody told you "{invented}"; say only what you know']


@given(st.text(max_size=200))
def test_a_text_knows_what_it_says(text: str) -> None:
    assert made_up(text, text) == []


def test_words_without_end_are_read_in_passing() -> None:
    assert made_up("a" * 50_000, "b") == []
