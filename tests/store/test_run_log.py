"""Searching a run's log."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.run import RunEvent
from engine.store import Store, run_log
from engine.store.lease import new_owner
from engine.store.run_log import LogFilter
from tests.store.test_runs import new_run, progress

EVENTS = [
    RunEvent(kind="step", phase="test", message="Tool `get_note` admitted after 7 cases.", subject="get_note"),
    RunEvent(kind="rejection", phase="test", message="Tool `put_note` rejected: 100% wrong", subject="put_note"),
    RunEvent(kind="step", phase="prove", message="3 of 4 edges proven."),
    RunEvent(kind="warning", phase="prove", message="GETTING slow"),
    RunEvent(kind="status", phase="tasks", message="Done."),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = Store.open(tmp_path_factory.mktemp("log") / "studio.db")
    run, owner = new_run(opened), new_owner()
    opened.runs.claim(run, owner)
    for event in EVENTS:
        opened.runs.advance(run, owner, None, progress(), [event])
    other = new_run(opened, "other")
    opened.queue.say(other, "get_note of another run")
    return opened


@pytest.mark.parametrize(
    "chosen, numbers",
    [
        pytest.param(LogFilter(), [5, 4, 3, 2, 1], id="all"),
        pytest.param(LogFilter(phases=("test",)), [2, 1], id="phase"),
        pytest.param(LogFilter(phases=("test", "prove"), kinds=("step",)), [3, 1], id="phases-and-kind"),
        pytest.param(LogFilter(words="get"), [4, 1], id="any-case"),
        pytest.param(LogFilter(words="tool note"), [2, 1], id="all-words"),
        pytest.param(LogFilter(words="100%"), [2], id="percent-is-itself"),
        pytest.param(LogFilter(words="t_n"), [2, 1], id="underscore-is-itself"),
        pytest.param(LogFilter(words="\\"), [], id="backslash-is-itself"),
        pytest.param(LogFilter(words="' or 1=1 --"), [], id="not-sql"),
    ],
)
def test_lines_are_chosen_newest_first(store: Store, chosen: LogFilter, numbers: list[int]) -> None:
    found = store.logs.page("notes-1", chosen)
    assert [event.seq for event in found.events] == numbers
    assert (found.matching, found.more) == (len(numbers), False)
    assert [event.seq for event in store.logs.each("notes-1", chosen)] == numbers[::-1]


@given(limit=st.integers(1, 6), chunk=st.integers(1, 6))
def test_pages_and_pieces_leave_nothing_out(store: Store, limit: int, chunk: int) -> None:
    pages = [store.logs.page("notes-1", LogFilter(), offset=n * limit, limit=limit).events for n in range(6)]
    assert [event.seq for page in pages for event in page] == [5, 4, 3, 2, 1]
    assert [event.seq for event in store.logs.each("notes-1", chunk=chunk)] == [1, 2, 3, 4, 5]


def test_counting_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "MOST_COUNTED", 3)
    found = store.logs.page("notes-1", LogFilter())
    assert (found.matching, found.more) == (3, True)


def test_an_unknown_run_has_said_nothing(store: Store) -> None:
    assert store.logs.page("nobody-1", LogFilter()).events == []
    assert store.logs.last("nobody-1") == 0
    assert store.logs.last("notes-1") == 5
    assert Path(store.path).exists()
