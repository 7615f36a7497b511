"""What small models write into a tool's fields where they have nothing to say."""

from __future__ import annotations

import pytest

from engine.agents.llm.roles.tool_schema import WireTool, read_sketch
from engine.models.database import Role
from engine.seeds.idea import Attribute, DomainIdea, EntityIdea

EMAIL: Role = "email"
IDEA = DomainIdea(
    name="gym",
    title="Gym",
    description="A gym.",
    user="member",
    entities=(EntityIdea(name="member", attributes=(Attribute(name="email", role=EMAIL),)),),
)


@pytest.mark.parametrize(
    "also, effects",
    [
        ("The member already exists.", ""),
        ("The member does not exist.", ""),
        ("None", ""),
        ("No other changes.", ""),
        ("The course has one place less.", "The course has one place less."),
        ("A note is added.", "A note is added."),
    ],
)
def test_words_that_change_nothing_are_no_effects(also: str, effects: str) -> None:
    wire = WireTool(name="pause", entity="member", kind="update", does="Pauses.", columns=("email",), also=also)
    assert read_sketch(wire, IDEA).effects == effects


def test_a_missing_row_is_no_rule_of_the_business() -> None:
    refuse = ("member_not_found: The member does not exist.", "too_late: It is at least a day before.")
    wire = WireTool(name="pause", entity="member", kind="update", does="Pauses.", columns=("email",), refuse=refuse)
    assert [one.code for one in read_sketch(wire, IDEA).preconditions] == ["too_late"]
