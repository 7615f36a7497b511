"""Calls of language models are paged, filtered and added up; figures count what was paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.call import ModelCall
from engine.store import Store
from engine.store.call_log import CallFilter
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "studio.db", clock=lambda: 1_000.0)


def run(store: Store, domain: str = "notes") -> str:
    return store.runs.create(domain, samples.OPTIONS, seed_kind="keyword", seed_digest="d", seed="{}").id


def call(store: Store, run: str, **changes: object) -> ModelCall:
    made = ModelCall(
        run=run,
        domain=run.rpartition("-")[0],
        role="code",
        subject="add_note, drop_note",
        key="k",
        model="openai/x",
        prompt_tokens=10,
        completion_tokens=5,
        cost=0.5,
        seconds=2.0,
    )
    return store.calls.add(made.model_copy(update=changes))


def test_calls_come_newest_first_a_page_at_a_time(store: Store) -> None:
    id = run(store)
    made = [call(store, id) for _ in range(5)]
    page = store.call_log.page(CallFilter(run=id), offset=1, limit=2)
    assert (page.calls, page.matching) == ([made[3], made[2]], 5)
    assert store.call_log.one(made[0].seq) == made[0]
    assert store.call_log.one(99) is None
    assert store.call_log.any_of(id)
    assert not store.call_log.any_of(run(store, "other"))


@pytest.mark.parametrize(
    "chosen, found",
    [
        (CallFilter(), [1, 2, 3, 4]),
        (CallFilter(domain="other"), [4]),
        (CallFilter(role="instruction"), [3]),
        (CallFilter(outcome="refused"), [2]),
        (CallFilter(subject="drop_note"), [1, 4]),
        (CallFilter(subject="note"), []),
        (CallFilter(subject="%"), []),
        (CallFilter(task="notes-0001"), [3]),
        (CallFilter(words="DROP add"), [1, 4]),
        (CallFilter(words="loops"), [2]),
        (CallFilter(words="_"), [1, 2, 4]),
        (CallFilter(domain="notes", subject="drop_note", role="code"), [1]),
    ],
)
def test_a_filter_lets_through_what_it_says(store: Store, chosen: CallFilter, found: list[int]) -> None:
    id = run(store)
    call(store, id)
    call(store, id, subject="add_note", outcome="refused", problem="It loops for ever.")
    call(store, id, subject="", task="notes-0001", role="instruction")
    call(store, run(store, "other"))
    page = store.call_log.page(chosen)
    assert sorted(each.seq for each in page.calls) == found
    assert page.matching == store.call_log.sums(chosen).calls == len(found)


def test_sums_count_what_was_paid_for_and_name_what_was_saved(store: Store) -> None:
    id = run(store)
    call(store, id, outcome="corrected")
    call(store, id, turn=2, round=0)
    call(store, id, cached=True, cost=None)
    call(store, id, role="debug", round=1, model="openai/y", cost=None)
    call(store, id, role="debug", round=1, turn=2, outcome="failed", prompt_tokens=0, completion_tokens=0, cost=None, retries=3)  # fmt: skip
    every = store.call_log.sums(CallFilter(run=id))
    assert (every.calls, every.cached, every.corrected, every.failed, every.repairs) == (5, 1, 1, 1, 1)
    assert (every.prompt_tokens, every.completion_tokens, every.tokens, every.saved_tokens) == (30, 15, 45, 15)
    assert (every.cost, every.unpriced, every.retries, every.seconds) == (1.0, 1, 3, 10.0)
    code, debug = store.call_log.sums_by("role", CallFilter(run=id))
    assert (code.of, code.models, code.calls, code.cost) == ("code", "openai/x", 3, 1.0)
    assert (debug.of, set(debug.models.split(",")), debug.cost, debug.unpriced) == ("debug", {"openai/x", "openai/y"}, 0.0, 1)  # fmt: skip
    assert sum(each.tokens for each in (code, debug)) == every.tokens


def test_sums_by_role_are_in_the_order_of_the_method(store: Store) -> None:
    id = run(store)
    for role in ("instruction", "state", "domain", "code"):
        call(store, id, role=role)
    assert [each.of for each in store.call_log.sums_by("role", CallFilter(run=id))] == ["domain", "code", "state", "instruction"]  # fmt: skip


def test_sums_of_nothing_are_zero(store: Store) -> None:
    assert store.call_log.sums(CallFilter(run="gone")).tokens == 0
    assert store.call_log.sums_by("role", CallFilter(run="gone")) == []


def test_sums_by_task_leave_out_what_is_about_none(store: Store) -> None:
    id = run(store)
    call(store, id)
    call(store, id, role="instruction", task="notes-0002")
    call(store, id, role="chain", task="notes-0001")
    assert [each.of for each in store.call_log.sums_by("task", CallFilter(run=id))] == ["notes-0002", "notes-0001"]
    assert [each.calls for each in store.call_log.sums_by("domain", CallFilter())] == [3]


def test_around_a_call_are_its_turns_and_rounds(store: Store) -> None:
    id = run(store)
    first = call(store, id, role="debug", round=1)
    second = call(store, id, role="debug", round=1, turn=2)
    call(store, id, role="debug", round=1, subject="drop_note")
    call(store, run(store), role="debug", round=1)
    third = call(store, id, role="debug", round=2)
    assert store.call_log.around(second) == [first, second, third]
