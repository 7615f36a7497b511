"""Planted faults are real faults, of every kind, and the tests catch nearly all of them."""

from __future__ import annotations

import ast

import pytest

from engine.bench.mutations import bench_mutations
from engine.foundation.mutation_spots import MUTATION_KINDS
from engine.foundation.mutations import mutants_of
from engine.models.domain import Domain
from tests.fakes.bookings import DATABASE, bookings_domain, bookings_spec, bookings_tools


def test_mutants_are_single_changes_that_still_parse() -> None:
    for tool in bookings_tools():
        mutants = mutants_of(tool, DATABASE)
        assert len(mutants) >= 8
        sources = {mutant.tool.source for mutant in mutants}
        assert len(sources) == len(mutants)
        original = ast.unparse(ast.parse(tool.source))
        for mutant in mutants:
            assert mutant.tool.source != original
            assert mutant.before != mutant.after
            assert 1 <= mutant.line <= tool.source.count("\n") + 1
            ast.parse(mutant.tool.source)


def test_every_kind_of_fault_is_planted_somewhere() -> None:
    planted = {mutant.kind for tool in bookings_tools() for mutant in mutants_of(tool, DATABASE)}
    assert planted == set(MUTATION_KINDS)


def test_nearly_all_faults_are_caught_and_survivors_are_listed() -> None:
    result = bench_mutations(bookings_domain(), 1)
    assert result["planted"] > 400
    assert result["caught_rate"] >= 0.97
    assert result["planted"] - result["caught"] == len(result["survivors"])
    assert sum(entry["planted"] for entry in result["per_kind"].values()) == result["planted"]
    for survivor in result["survivors"]:
        assert set(survivor) == {"tool", "kind", "line", "before", "after"}


def test_a_limit_takes_the_same_sample_each_time() -> None:
    domain = Domain(spec=bookings_spec(), tools=bookings_tools()[:4])
    first, second = (bench_mutations(domain, 1, limit=25) for _ in range(2))
    assert first == second
    assert first["planted"] + first["refused"] == 25


@pytest.mark.parametrize(
    "kind, name, before, after",
    [
        ("dropped_check", "cancel_booking", "booking is None", ""),
        ("wrong_status", "confirm_booking", "'confirmed'", "'pending'"),
        ("skipped_write", "remove_room", "db.delete('room', room_id)", ""),
        ("wrong_column", "get_booking", "booking['note']", "booking['booking_id']"),
        ("off_by_one", "transfer_booking", "", ">= 3"),
        ("wrong_limit", "search_rooms", "matches[:limit]", "limit + 1"),
    ],
)
def test_a_fault_is_described(kind: str, name: str, before: str, after: str) -> None:
    tool = next(tool for tool in bookings_tools() if tool.name == name)
    found = [mutant for mutant in mutants_of(tool, DATABASE) if mutant.kind == kind]
    assert any(before in mutant.before and (after in mutant.after if after else mutant.after == "") for mutant in found)
