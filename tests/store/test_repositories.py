"""What goes into the store comes out the same, and nothing goes in by halves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.models.task import Task
from engine.store import Store
from engine.store.tasks import TaskFilter, TaskOutcome
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "new" / "studio.db") as opened:
        opened.domains.save(samples.spec(), samples.OPTIONS)
        opened.tools.save("notes", [samples.tool("add_note"), samples.tool("edit_note")])
        yield opened


def judged(store: Store) -> Store:
    store.tools.judge("notes", samples.tool("add_note"), samples.report("add_note"), samples.cases("add_note"))
    store.tools.judge(
        "notes", samples.tool("edit_note"), samples.report("edit_note", False), samples.cases("edit_note")
    )
    return store


def test_a_domain_comes_out_as_it_went_in(store: Store) -> None:
    assert store.domains.get("notes") == samples.spec()
    assert store.domains.names() == ["notes"]


def test_an_unknown_domain_is_answered_with_the_nearest_names(store: Store) -> None:
    with pytest.raises(UsageError, match="did you mean `notes`"):
        store.domains.get("note")
    with pytest.raises(UsageError, match="there are `notes`"):
        store.domains.require("xyz")


def test_tools_keep_their_order_and_only_admitted_ones_make_the_foundation(store: Store) -> None:
    assert [stored.report for stored in store.tools.all("notes")] == [None, None]
    assert store.domain("notes").tools == ()
    judged(store)
    assert [stored.tool.name for stored in store.tools.all("notes")] == ["add_note", "edit_note"]
    assert store.tools.get("notes", "edit_note").report == samples.report("edit_note", False)
    assert [tool.name for tool in store.domain("notes").tools] == ["add_note"]
    assert store.domain("notes").tools[0] == samples.tool("add_note")
    assert store.tools.cases("notes") == samples.cases("add_note") + samples.cases("edit_note")
    assert store.tools.cases("notes", "edit_note") == samples.cases("edit_note")


def test_judging_a_tool_again_replaces_its_verdict(store: Store) -> None:
    judged(store)
    changed = samples.tool("add_note").model_copy(update={"source": "def add_note(db, text):\n    return {}\n"})
    store.tools.judge("notes", changed, samples.report("add_note", False), samples.cases("add_note")[:1])
    assert store.tools.get("notes", "add_note").tool == changed
    assert len(store.tools.cases("notes", "add_note")) == 1


def test_traces_come_out_as_they_went_in(store: Store) -> None:
    traces = [samples.trace("b"), samples.trace("a", kind="edge_proof", passed=False)]
    store.traces.add("notes", "something", traces)
    assert [store.traces.get("notes", trace.id) for trace in traces] == traces
    assert [each.id for each in store.traces.of("notes")] == ["b", "a"]
    assert [each.id for each in store.traces.of("notes", kind="edge_proof", subject="something")] == ["a"]
    with pytest.raises(UsageError, match="no trace `c`"):
        store.traces.get("notes", "c")


def test_edges_keep_their_order_and_evidence(store: Store) -> None:
    judged(store)
    first, second = samples.edges()
    store.edges.save("notes", (first, second))
    proven = first.model_copy(update={"proven": True, "evidence": "t1"})
    failed = second.model_copy(update={"reason": "nothing changed", "evidence": "t2"})
    store.edges.judge("notes", [failed, proven])
    assert store.edges.all("notes") == [proven, failed]
    assert store.graph("notes").tools == ("add_note",)
    assert store.graph("notes").proven == (proven,)


def test_tasks_come_out_as_they_went_in(store: Store) -> None:
    good, bad = samples.outcome(0), samples.outcome(2, audited=False)
    none = TaskOutcome(
        position=1, id="notes-0001", state="rejected", difficulty="hard", cause="not built", reason="no state was found"
    )
    for each in (good, none, bad):
        store.tasks.add("notes", each)
    assert store.tasks.get("notes", "notes-0000") == good.task
    assert store.tasks.get("notes", "notes-0002") == bad.task
    assert list(store.tasks.iterate("notes")) == [good.task]
    assert store.tasks.next_position("notes") == 3
    assert store.tasks.rejections("notes") == {"do_nothing": 1, "not built": 1}
    with pytest.raises(UsageError, match="gave no task: no state was found"):
        store.tasks.get("notes", "notes-0001")


def test_tasks_are_paged_and_filtered(store: Store) -> None:
    for position in range(7):
        store.tasks.add("notes", samples.outcome(position, audited=position != 3, text=f"Do the THING {position}"))
    audited = TaskFilter(domain="notes", state="audited")
    first = store.tasks.page(audited, limit=4)
    rest = store.tasks.page(audited, offset=4, limit=4)
    assert [each.position for each in first + rest] == [0, 1, 2, 4, 5, 6]
    assert store.tasks.count(audited) == 6
    assert [each.position for each in store.tasks.page(TaskFilter(text="thing 5"))] == [5]
    assert store.tasks.page(TaskFilter(domain="other")) == []


def test_summaries_count_what_there_is(store: Store) -> None:
    judged(store)
    store.edges.save("notes", samples.edges())
    store.edges.judge("notes", [edge.model_copy(update={"proven": True}) for edge in samples.edges()[:1]])
    store.tasks.add("notes", samples.outcome(0))
    store.reviews.record("notes", "notes-0000", "approve", "ada")
    summary = store.domains.summary("notes")
    assert (summary.tables, summary.tools_admitted, summary.tools_rejected) == (1, 1, 1)
    assert (summary.edges_proven, summary.edges_unproven) == (1, 0)
    assert (summary.tasks_audited, summary.tasks_approved) == (1, 1)


def test_deleting_a_domain_takes_everything_but_the_review_log(store: Store) -> None:
    judged(store).traces.add("notes", "x", [samples.trace("t")])
    store.tasks.add("notes", samples.outcome(0))
    store.reviews.record("notes", "notes-0000", "approve", "ada", text="fine")
    store.domains.delete("notes")
    assert store.problems() == []
    assert store.traces.count("notes") == 0
    assert store.tasks.count(TaskFilter()) == 0
    assert [entry.text for entry in store.reviews.log("notes", "notes-0000")] == ["fine"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    class Stop(Exception):
        pass

    def half() -> None:
        with store.transaction():
            judged(store)
            store.tasks.add("notes", samples.outcome(0))
            raise Stop

    with pytest.raises(Stop):
        half()
    assert store.domains.summary("notes").tools_untested == 2
    assert store.tasks.next_position("notes") == 0


def test_a_changed_body_is_noticed(store: Store, tmp_path: Path) -> None:
    import sqlite3
    import zlib

    store.tasks.add("notes", samples.outcome(0))
    assert store.tasks.damaged("notes") == []
    other = samples.outcome(0).task
    assert isinstance(other, Task)
    body = other.model_copy(update={"instruction": "Another"}).model_dump_json().encode()
    with sqlite3.connect(store.path) as raw:
        raw.execute("update task set body = ?", (zlib.compress(body),))
    raw.close()
    assert store.tasks.damaged("notes") == ["notes-0000"]
