"""Lists of traces: paged, filtered and found again without reading one body."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import Store
from engine.store.connection import Connection
from engine.store.traces import TraceFilter
from tests.store import samples

CHOICES = [
    TraceFilter(domain="notes"),
    TraceFilter(domain="notes", kind="audit"),
    TraceFilter(domain="notes", passed=False),
    TraceFilter(domain="notes", subject="tool-1"),
    TraceFilter(domain="notes", words=("TRY", "a-1")),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        opened.domains.save(samples.spec(), samples.OPTIONS)
        for subject in range(3):
            opened.traces.add(
                "notes",
                f"tool-{subject}",
                [
                    samples.trace(f"{kind[0]}-{subject}-{number}", kind, passed=bool(number % 3))
                    for kind in ("audit", "edge_proof", "procedural_test")
                    for number in range(4)
                ],
            )
        yield opened


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: str(chosen.where()[0])[:60])
def test_pages_join_to_the_whole_and_every_trace_knows_its_place(store: Store, chosen: TraceFilter) -> None:
    total = store.traces.number(chosen)
    assert total > 0
    whole = store.traces.page(chosen, limit=1000)
    joined = [item for start in range(0, total, 5) for item in store.traces.page(chosen, offset=start, limit=5)]
    assert joined == whole
    assert len(whole) == total
    assert [store.traces.place(chosen, item.id) for item in whole] == list(range(total))


def test_a_filter_lets_through_exactly_what_fits(store: Store) -> None:
    every = store.traces.of("notes")
    for chosen in CHOICES:
        expected = {
            item.id
            for item in every
            if chosen.kind in (None, item.kind)
            and chosen.passed in (None, item.passed)
            and chosen.subject in (None, item.subject)
            and all(word.lower() in f"{item.id} {item.title} {item.subject}".lower() for word in chosen.words)
        }
        assert {item.id for item in store.traces.page(chosen, limit=1000)} == expected


def test_failures_come_first(store: Store) -> None:
    passed = [item.passed for item in store.traces.page(TraceFilter(domain="notes"), limit=1000)]
    assert passed == sorted(passed)
    assert passed[0] is False


def test_signs_that_mean_something_to_sql_are_looked_for_as_they_stand(store: Store) -> None:
    store.traces.add("notes", "x", [samples.trace("100%"), samples.trace("a_b"), samples.trace("wow!")])
    for word, id in (("100%", "100%"), ("a_b", "a_b"), ("w!", "wow!")):
        found = store.traces.page(TraceFilter(domain="notes", words=(word,)))
        assert [item.id for item in found] == [id]
    assert store.traces.number(TraceFilter(domain="notes", words=("'; drop table trace",))) == 0


def test_a_trace_that_does_not_fit_has_no_place(store: Store) -> None:
    assert store.traces.place(TraceFilter(domain="notes", kind="audit"), "e-0-0") is None
    assert store.traces.place(TraceFilter(domain="notes"), "nothing") is None
    assert store.traces.summary("notes", "nothing") is None


def test_traces_are_counted_by_kind_and_verdict(store: Store) -> None:
    counts = store.traces.kinds("notes")
    assert counts["audit", True] == 6
    assert counts["audit", False] == 6
    assert sum(counts.values()) == store.traces.count("notes")


def test_a_trace_is_put_in_place_of_the_one_of_its_id(store: Store) -> None:
    before = store.traces.count("notes")
    changed = samples.trace("a-1-1", "audit", passed=False)
    store.traces.put("notes", "tool-1", changed)
    assert store.traces.get("notes", "a-1-1") == changed
    assert store.traces.count("notes") == before
    assert store.traces.damaged("notes") == []


@pytest.mark.parametrize("chosen", [CHOICES[0], CHOICES[2], CHOICES[4]], ids=["all", "failed", "words"])
def test_a_list_is_read_from_its_index_alone(store: Store, tmp_path: Path, chosen: TraceFilter) -> None:
    where, named = chosen.where()
    connection = Connection(tmp_path / "studio.db")
    plan = connection.all(
        "explain query plan select id, kind, subject, title, passed, steps from trace "
        f"where {where} order by passed, kind, subject, id limit 8 offset 100",
        named,
    )
    connection.close()
    words = " ".join(row["detail"] for row in plan)
    assert "COVERING INDEX trace_list" in words
    assert "TEMP B-TREE" not in words
