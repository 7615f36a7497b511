"""Figures over domains and stores, against a plain recount of what was put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.graph.analysis import density
from engine.models.domain import ToolReport
from engine.models.graph import Edge
from engine.models.run import RunOptions
from engine.store import Store
from engine.store.overview import PARTS
from tests.fakes.bookings import bookings_spec, bookings_tools

NAMES = ("alpha", "beta", "gamma")
TOOLS = [tool.name for tool in bookings_tools()][:4]


class SomeTask(NamedTuple):
    domain: str
    audited: bool
    review: str
    stale: bool


class SomeEdge(NamedTuple):
    domain: str
    source: str
    target: str
    proven: bool | None


domains = st.sampled_from(NAMES)
tasks = st.lists(
    st.builds(
        SomeTask, domains, st.booleans(), st.sampled_from(["open", "approved", "rejected", "needs_edit"]), st.booleans()
    ),
    max_size=25,
)
verdicts = st.dictionaries(st.tuples(domains, st.sampled_from(TOOLS)), st.booleans(), max_size=9)
edges = st.lists(
    st.builds(SomeEdge, domains, st.sampled_from(TOOLS), st.sampled_from(TOOLS), st.sampled_from([True, False, None])),
    max_size=12,
    unique_by=lambda edge: edge[:3],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("store") / "studio.db") as opened:
        yield opened


def fill(store: Store, listed: list[SomeTask], judged: dict[tuple[str, str], bool], joined: list[SomeEdge]) -> None:
    connection = store._connection
    with store.transaction():
        connection.write("delete from domain")
        for name in NAMES:
            store.domains.save(bookings_spec().model_copy(update={"name": name}), RunOptions(seed=7))
            store.tools.save(name, [tool for tool in bookings_tools() if tool.name in TOOLS])
            mine = [edge for edge in joined if edge.domain == name]
            store.edges.save(name, [_edge(edge) for edge in mine])
            store.edges.judge(name, [_edge(edge) for edge in mine if edge.proven is not None])
        tools = {tool.name: tool for tool in bookings_tools()}
        for (name, tool), admitted in judged.items():
            store.tools.judge(
                name, tools[tool], ToolReport(tool=tool, admitted=admitted, reasons=() if admitted else ("x",)), []
            )
        for position, task in enumerate(listed):
            connection.write(
                "insert into task (domain, position, id, state, cause, reason, difficulty, steps, instruction, tools, review, stale) "
                "values (?,?,?,?,?,'','easy',1,'','[]',?,?)",
                (
                    *(task.domain, position, f"t-{position}", "audited" if task.audited else "rejected"),
                    *("" if task.audited else "unsolvable", task.review, "old" if task.stale else ""),
                ),
            )


def _edge(edge: SomeEdge) -> Edge:
    return Edge(
        source=edge.source,
        target=edge.target,
        kind="state",
        via="x",
        proven=bool(edge.proven),
        evidence="e",
        reason="r",
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=tasks, judged=verdicts, joined=edges)
def test_summaries_are_what_a_plain_recount_gives(
    store: Store, listed: list[SomeTask], judged: dict[tuple[str, str], bool], joined: list[SomeEdge]
) -> None:
    fill(store, listed, judged, joined)
    found = store.domains.summaries()
    assert [each.name for each in found] == sorted(NAMES)
    for each in found:
        mine = [task for task in listed if task.domain == each.name]
        audited = [task for task in mine if task.audited]
        verdict = [admitted for (domain, _), admitted in judged.items() if domain == each.name]
        proven = [edge.proven for edge in joined if edge.domain == each.name]
        assert each.tasks_audited == len(audited)
        assert each.tasks_rejected == len(mine) - len(audited)
        assert each.tasks_stale == sum(task.stale for task in audited)
        assert (each.tasks_open, each.tasks_approved, each.tasks_declined, each.tasks_needs_edit) == tuple(
            sum(task.review == review for task in audited) for review in ("open", "approved", "rejected", "needs_edit")
        )
        assert (each.tools_admitted, each.tools_rejected) == (sum(verdict), len(verdict) - sum(verdict))
        assert each.tools == len(TOOLS)
        assert each.tools_untested == len(TOOLS) - len(verdict)
        assert (each.edges_proven, each.edges_unproven) == (proven.count(True), proven.count(False))
        assert store.domains.summary(each.name) == each


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(joined=edges)
def test_the_density_of_a_shape_is_that_of_its_graph(store: Store, joined: list[SomeEdge]) -> None:
    joined = [edge for edge in joined if edge.source != edge.target]
    fill(store, [], {(name, tool): True for name in NAMES for tool in TOOLS}, joined)
    for shape in store.domains.shapes():
        assert shape.density == pytest.approx(density(store.graph(shape.domain)))


def test_a_domain_without_anything_is_summed_up_too(store: Store) -> None:
    fill(store, [], {}, [])
    summary = store.domains.summary("alpha")
    assert (summary.tasks_audited, summary.tools_untested, summary.last_run, summary.made_at) == (
        0,
        len(TOOLS),
        "",
        0.0,
    )
    assert store.domains.shapes()[0].density == 0.0
    with pytest.raises(UsageError, match="did you mean `alpha`"):
        store.domains.summary("alpa")


def test_the_last_synthesis_of_a_domain_is_told_and_not_a_revision(store: Store) -> None:
    fill(store, [], {}, [])
    for _ in range(2):
        store.runs.create("beta", RunOptions(), seed_kind="sql", seed_digest="", seed="{}")
    store._connection.write("update run set kind = 'revision' where id = 'beta-2'")
    assert store.domains.summary("beta").last_run == "beta-1"
    assert store.domains.summary("beta").run_status == "queued"
    store.runs.discard("beta")


def test_the_digest_of_all_tools_changes_exactly_with_them(store: Store) -> None:
    fill(store, [], {("alpha", TOOLS[0]): True}, [])
    before = store.domains.tools_digest()
    fill(store, [SomeTask("alpha", True, "open", False)], {("alpha", TOOLS[0]): True}, [])
    assert store.domains.tools_digest() == before
    fill(store, [], {("alpha", TOOLS[0]): True, ("beta", TOOLS[1]): True}, [])
    assert store.domains.tools_digest() != before


def test_causes_and_rejected_tools_are_counted_over_all_domains(store: Store) -> None:
    some = [SomeTask("alpha", False, "open", False)] * 3 + [SomeTask("beta", False, "open", False)]
    fill(store, some, {("gamma", TOOLS[0]): False, ("gamma", TOOLS[1]): True}, [])
    assert [(each.domain, each.cause, each.tasks) for each in store.overview.causes()] == [
        ("alpha", "unsolvable", 3),
        ("beta", "unsolvable", 1),
    ]
    assert [tuple(each) for each in store.overview.rejected_tools()] == [("gamma", TOOLS[0], "x")]
    assert store.overview.causes(1)[0].tasks == 3


def test_what_people_did_is_told_newest_first_and_a_bulk_action_once(store: Store) -> None:
    write = store._connection.write
    for at, (task, batch) in enumerate([("a", ""), ("b", "bulk"), ("c", "bulk"), ("d", "")]):
        write(
            "insert into review (domain, task_id, task_digest, action, curator, text, at, batch) values ('alpha',?,'','approve','ada','',?,?)",
            (task, 1000.0 + at, batch),
        )
    assert [(each.kind, each.tasks, each.at) for each in store.overview.activity(3)] == [
        ("review", 1, 1003.0),
        ("review", 2, 1002.0),
        ("review", 1, 1000.0),
    ]


def test_storage_adds_up_to_the_file(store: Store) -> None:
    parts, storage = store.overview.storage_by_part(), store.overview.storage()
    assert storage.file >= sum(parts.values()) > 0
    assert storage.file - sum(parts.values()) <= storage.free + 4096 * 4
    assert set(parts) <= {*PARTS, "Other"}
    assert parts["Tasks"] > 0


def test_a_store_that_cannot_tell_what_takes_room_says_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import StoreError

    def refuse(*_: object) -> list[object]:
        raise StoreError("no such table: dbstat")

    monkeypatch.setattr(store._connection, "all", refuse)
    assert store.overview.storage_by_part() == {}


def test_in_a_new_store_nobody_has_done_anything(tmp_path: Path) -> None:
    with Store.open(tmp_path / "studio.db") as fresh:
        assert not fresh.overview.has_dataset()
        assert fresh.overview.activity() == []
