"""Tools as the contract agent writes them."""

from __future__ import annotations

from functools import cache

import pytest

from engine.agents.checks.entries import check_entry
from engine.agents.composer.blueprint_sketches import sketches_of
from engine.agents.composer.compose import compose_tools
from engine.agents.composer.schema import compose_database
from engine.agents.composer.tool_scope import scope_of, with_tools
from engine.agents.llm.text.entries import WireEffect, WireEntry, WireRule, read_entry, write_entry
from engine.agents.llm.text.wire import LONGEST_TEXT, MOST_TEXTS
from engine.models.database import DatabaseSchema
from engine.models.tool import Tool
from engine.seeds import built_in, read_seed
from engine.seeds.blueprint import Blueprint
from engine.seeds.tool_entry import ToolEntry


@cache
def domain(name: str) -> tuple[Blueprint, DatabaseSchema]:
    blueprint = read_seed(name).blueprint
    return blueprint, compose_database(blueprint)


def composed(blueprint: Blueprint, database: DatabaseSchema, name: str, entry: ToolEntry) -> Tool:
    entity = blueprint.tools[name][0]
    return compose_tools(with_tools(blueprint, entity, {name: entry}), database)[0]


@pytest.mark.parametrize("name", built_in())
def test_tools_of_the_built_in_domains_read_back(name: str) -> None:
    blueprint, database = domain(name)
    same = 0
    for sketch in sketches_of(blueprint):
        entry = blueprint.tools[sketch.name][1]
        back = read_entry(write_entry(sketch.name, entry), sketch, blueprint, database)
        assert check_entry(sketch.name, sketch.entity, back, blueprint, database) == []
        wanted, got = (
            composed(blueprint, database, sketch.name, entry),
            composed(blueprint, database, sketch.name, back),
        )
        said = {rule.code for rule in entry.rules}
        conditions = {one.code: one.condition for one in got.contract.requires}
        for one in wanted.contract.requires:
            # Where a value may be empty, the condition is guarded beyond what the author wrote.
            assert one.code not in said or one.condition in conditions[one.code], (sketch.name, one.code)
        same += wanted.contract.effects == got.contract.effects
    assert same >= 0.9 * len(blueprint.tools)


def reading(wire: WireEntry, domain_name: str = "job_seeking") -> ToolEntry:
    blueprint, database = domain(domain_name)
    sketch = {sketch.name: sketch for sketch in sketches_of(blueprint)}[wire.name]
    return read_entry(wire, sketch, blueprint, database)


def test_what_the_kind_implies_is_not_said_twice() -> None:
    rules = (
        WireRule(code="not_your_application", check="application.candidate_id == candidate_id"),
        WireRule(code="job_closed", check="application.job.status == 'open'"),
    )
    entry = reading(WireEntry(name="update_application", rules=rules))
    assert [rule.code for rule in entry.rules] == ["job_closed"]


def test_values_that_a_tool_sets_are_not_asked_of_the_caller() -> None:
    entry = reading(WireEntry(name="submit_application", set=("expected_salary = candidate.desired_salary",)))
    assert "expected_salary" not in (entry.columns or ())
    assert entry.set == {"expected_salary": "candidate.desired_salary"}


@pytest.mark.parametrize(
    "wire, words",
    [
        (WireEntry(name="update_application", set=("cover letter",)), "name = expression"),
        (WireEntry(name="update_application", effects=(WireEffect(key="job_id"),)), "exactly one of"),
        (WireEntry(name="update_application", parameters=("days = soon",)), "neither `table.column` nor a type"),
        (WireEntry(name="update_application", rules=(WireRule(code="!", check="True"),)), "no code in snake_case"),
        (
            WireEntry(name="list_applications", effects=(WireEffect(delete="job", key="job_id"),)),
            "does not belong to a `list`",
        ),
        (WireEntry(name="get_salary_insights"), "needs `returns`"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(wire: WireEntry, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        reading(wire)


def test_the_names_in_scope_are_those_that_the_tool_will_have() -> None:
    blueprint, database = domain("job_seeking")
    sketches = {sketch.name: sketch for sketch in sketches_of(blueprint)}
    update = scope_of(sketches["update_application"], blueprint, database)
    assert update.rows["application"] == "application"
    assert {"application_not_found", "not_your_application"} <= set(update.codes)
    create = scope_of(sketches["submit_application"], blueprint, database)
    assert create.new == "application"
    assert create.rows == {"candidate": "candidate", "job": "job", "resume": "resume"}
    assert scope_of(sketches["withdraw_applications"], blueprint, database).rows["application"] == "application"


def test_slips_of_small_models_are_mended_or_told() -> None:
    entry = reading(
        WireEntry.model_validate(
            {
                "name": "update_application",
                "rules": [{"code": "changed_too_often", "allowed_if": "application.expected_salary < 9", "says": ""}],
                "set": ["application.cover_letter = 'x'"],
            }
        )
    )
    assert entry.set == {"cover_letter": "'x'"}
    assert entry.rules[0].message == "Changed too often."
    for wrong, words in (
        ({"rules": [{"code": "job_full", "check": "application.job.openings > 2"}]}, "is what is refused"),
        ({"set": ["application.applied_at = now + 7 days"]}, "days are added by add_days"),
    ):
        with pytest.raises(ValueError, match=words):
            reading(WireEntry.model_validate({"name": "update_application", **wrong}))


def test_of_what_goes_on_without_end_the_beginning_is_read() -> None:
    wire = WireEntry.model_validate(
        {
            "name": "n" * 1_000_000,
            "rules": [{"code": "a", "check": "True"}] * 10_000,
            "effects": [{"insert": "t"}] * 10_000,
            "set": ["a = 1"] * 10_000,
        }
    )
    assert len(wire.name) == LONGEST_TEXT
    assert len(wire.set) == MOST_TEXTS
    assert 0 < len(wire.rules) == len(wire.effects) < 100


@pytest.mark.parametrize("bound", ["9" * 400, "1." + "9" * 400])
def test_bounds_are_numbers_that_can_be_stored(bound: str) -> None:
    blueprint, _ = domain("job_seeking")
    name = next(sketch.name for sketch in sketches_of(blueprint) if sketch.kind == "compute")
    with pytest.raises(ValueError, match="neither"):
        reading(WireEntry(name=name, parameters=(f"most = integer 1..{bound}",)))


def test_a_value_behind_many_spaces_is_read_in_passing() -> None:
    blueprint, _ = domain("job_seeking")
    name = next(sketch.name for sketch in sketches_of(blueprint) if sketch.kind == "update")
    with pytest.raises(ValueError, match="neither"):
        reading(WireEntry(name=name, parameters=("most = x" + " " * 100_000 + "y",)))
