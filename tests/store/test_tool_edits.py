"""Edits of tools as they are stored, and marks of what has to be verified again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.models.domain import ToolReport
from engine.models.graph import Edge
from engine.models.run import RunOptions
from engine.models.tool import Tool
from engine.models.tool_edit import Evidence, ToolEdit
from engine.store import Store
from tests.fakes.bookings import bookings_spec, bookings_tools

TOOLS = bookings_tools()[:3]
NAMES = [tool.name for tool in TOOLS]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db", clock=lambda: 5.0) as opened:
        opened.domains.save(bookings_spec(), RunOptions())
        opened.tools.save("room_booking", TOOLS)
        for tool in TOOLS:
            opened.tools.judge("room_booking", tool, ToolReport(tool=tool.name, admitted=True, cases=3), [])
        yield opened


def propose(store: Store, tool: Tool, source: str = "# new\n") -> ToolEdit:
    run = store.runs.create("room_booking", RunOptions(), kind="revision", seed_kind="edit", seed_digest="", seed="{}")
    after = tool.model_copy(update={"source": source})
    return store.tool_edits.add("room_booking", tool, after, curator="Ada", note="why", run=run.id)


def test_an_edit_comes_back_as_it_was_stored(store: Store) -> None:
    edit = propose(store, TOOLS[0])
    assert store.tool_edits.of_run(edit.run) == edit
    assert (edit.at, edit.state, edit.before, edit.after.source) == (5.0, "waiting", TOOLS[0], "# new\n")
    assert store.tool_edits.states("room_booking") == {NAMES[0]: ("waiting", 1)}
    assert store.tool_edits.evidence(edit.seq) == Evidence()
    assert store.runs.get(edit.run).kind == "revision"
    assert store.runs.latest("room_booking") is None


def test_a_later_edit_supersedes_one_that_waits_or_counts(store: Store) -> None:
    first, second = propose(store, TOOLS[0]), propose(store, TOOLS[0], "# newer\n")
    report = ToolReport(tool=NAMES[0], admitted=True)
    store.tool_edits.accept(second.seq, report)
    third = propose(store, TOOLS[0], "# newest\n")
    store.tool_edits.refuse(third.seq, report.model_copy(update={"reasons": ("no",)}), Evidence())
    fourth = propose(store, TOOLS[0], "# last\n")
    store.tool_edits.accept(fourth.seq, report)
    states = [edit.state for edit in store.tool_edits.of("room_booking", NAMES[0])]
    assert states == ["counts", "refused", "superseded", "superseded"]
    assert first.seq < second.seq < third.seq < fourth.seq


def test_only_what_waits_can_be_dropped(store: Store) -> None:
    edit = propose(store, TOOLS[0])
    store.tool_edits.drop(edit.run)
    assert store.tool_edits.of_run(edit.run).state == "superseded"
    with pytest.raises(UsageError, match="nothing to drop"):
        store.tool_edits.drop(edit.run)
    with pytest.raises(UsageError, match="tests no edit"):
        store.tool_edits.of_run("room_booking-9")


def test_marks_are_set_on_what_depends_on_a_tool_and_taken_back_one_by_one(store: Store) -> None:
    edges = [
        Edge(source=NAMES[0], target=NAMES[1], kind="data_flow", via="a -> b"),
        Edge(source=NAMES[1], target=NAMES[2], kind="data_flow", via="a -> b"),
    ]
    store.edges.save("room_booking", edges)
    store.staleness.mark("room_booking", NAMES[0], "edit 1", was_admitted=True)
    assert store.staleness.tools("room_booking") == {NAMES[0]: "edit 1"}
    assert store.staleness.edges("room_booking") == {edges[0].id}
    with pytest.raises(UsageError, match="1 edges and 0 tasks are not verified again"):
        store.staleness.refuse("room_booking")
    store.edges.judge("room_booking", [edges[0].model_copy(update={"proven": True})])
    assert store.staleness.edges("room_booking") == frozenset()
    store.staleness.settle_tools("room_booking")
    assert not store.staleness.counts("room_booking")
    store.staleness.refuse("room_booking")


def test_edges_are_brought_in_line_with_those_that_are_inferred_now(store: Store) -> None:
    kept, gone, new = (
        Edge(source=NAMES[0], target=NAMES[1], kind="data_flow", via=via) for via in ("a -> b", "c -> d", "e -> f")
    )
    store.edges.save("room_booking", [gone, kept])
    store.edges.judge("room_booking", [edge.model_copy(update={"proven": True}) for edge in (gone, kept)])
    assert store.staleness.reconcile("room_booking", [new, kept]) == (1, 1)
    assert [(edge.via, edge.proven) for edge in store.edges.all("room_booking")] == [
        ("e -> f", False),
        ("a -> b", True),
    ]
    assert store.edges.untried("room_booking") == {new.id}
    assert store.staleness.reconcile("room_booking", [new, kept]) == (0, 0)


def test_a_tool_in_one_line(store: Store) -> None:
    edge = Edge(source=NAMES[0], target=NAMES[1], kind="data_flow", via="a -> b")
    store.edges.save("room_booking", [edge])
    first, second, third = store.tools.summaries("room_booking")
    assert (first.name, first.admitted, first.cases, first.unproven) == (NAMES[0], True, 3, 1)
    store.edges.judge("room_booking", [edge.model_copy(update={"proven": True})])
    first, second, third = store.tools.summaries("room_booking")
    assert (first.outputs, second.inputs, third.inputs, third.outputs) == (1, 1, 0, 0)
    assert [edge.target for edge in store.edges.of_tool("room_booking", NAMES[1])] == [NAMES[1]]
    assert store.edges.of_tool("room_booking", NAMES[2]) == []
