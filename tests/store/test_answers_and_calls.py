"""Answers of language models are kept for ever and once; calls go with their run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.models.base import digest
from engine.models.call import Answer, ModelCall, Spent
from engine.store import Store
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "studio.db", clock=lambda: 1_000.0)


def answer(words: str = "Hello", *, text: str = "Grüezi – 你好", cost: float | None = 0.25) -> Answer:
    request = {"version": 1, "model": "openai/x", "messages": [{"role": "user", "content": words}], "b": 1.5, "a": None}
    return Answer(
        key=digest(request),
        model="openai/x",
        request=request,
        text=text,
        prompt_tokens=3,
        completion_tokens=4,
        cost=cost,
    )


def run(store: Store, domain: str = "notes") -> str:
    return store.runs.create(domain, samples.OPTIONS, seed_kind="keyword", seed_digest="d", seed="{}").id


def call(run: str, **changes: object) -> ModelCall:
    made = ModelCall(
        run=run, domain="notes", role="code", subject="add_note", key="k", model="openai/x", prompt_tokens=10, cost=0.5
    )
    return made.model_copy(update=changes)


def test_an_answer_comes_back_as_it_was(store: Store) -> None:
    assert store.answers.get(answer().key) is None
    assert store.answers.put(answer()) == answer()
    assert store.answers.get(answer().key) == answer()
    assert list(answer().request) == list((store.answers.get(answer().key) or answer("x")).request)


def test_the_first_of_two_answers_to_one_request_is_kept(store: Store) -> None:
    with Store.open(store.path) as other:
        assert other.answers.put(answer(text="first")).text == "first"
    assert store.answers.put(answer(text="second")).text == "first"
    assert store.answers.count() == 1


def test_answers_are_exported_in_the_order_of_their_keys(store: Store) -> None:
    made = [store.answers.put(answer(str(number))) for number in range(5)]
    keys = [each.key for each in made]
    exported = list(store.answers.export([*reversed(keys), keys[0], "unknown"]))
    assert [each.key for each in exported] == sorted(keys)


@pytest.mark.parametrize("column", ["text", "request"])
def test_a_damaged_answer_is_an_error_with_words(store: Store, column: str) -> None:
    store.answers.put(answer())
    with sqlite3.connect(store.path) as raw:
        raw.execute(f"update answer set {column} = x'00'")
    with pytest.raises(StoreError, match="is damaged"):
        store.answers.get(answer().key)


def test_a_request_that_was_tampered_with_is_noticed(store: Store) -> None:
    store.answers.put(answer())
    store.answers.put(answer("other"))
    with sqlite3.connect(store.path) as raw:
        raw.execute("update answer set request = (select request from answer where key = ?)", (answer("other").key,))
    with pytest.raises(StoreError, match="another key"):
        store.answers.get(answer().key)


def test_calls_are_numbered_timed_and_filtered(store: Store) -> None:
    id = run(store)
    first = store.calls.add(call(id))
    second = store.calls.add(call(id, role="debug", round=2, outcome="refused", problem="no", at=5.0))
    third = store.calls.add(call(id, role="chain", subject="", task="notes-3", cached=True, cost=0.0))
    assert (first.seq, first.at, second.at) == (1, 1_000.0, 5.0)
    assert store.calls.of_run(id) == [first, second, third]
    assert store.calls.of_run(id, role="debug") == [second]
    assert store.calls.of_run(id, subject="add_note", outcome="accepted") == [first]
    assert store.calls.of_run(id, task="notes-3") == [third]
    assert store.calls.of_run(id, after=first.seq, limit=1) == [second]
    assert store.calls.of_run("another-1") == []


def test_what_was_spent_leaves_out_what_was_answered_from_the_store(store: Store) -> None:
    id, other = run(store), run(store)
    assert store.calls.spent(id) == Spent()
    store.calls.add(call(id, completion_tokens=5))
    store.calls.add(call(id, cost=None, role="chain"))
    store.calls.add(call(id, cached=True))
    store.calls.add(call(other, cost=2.0))
    assert store.calls.spent(id) == Spent(cost=0.5, tokens=25, calls=2)


def test_calls_go_with_their_run_and_answers_stay(store: Store) -> None:
    id = run(store)
    kept = store.answers.put(answer())
    store.calls.add(call(id, key=kept.key))
    store.calls.add(call(id, key=""))
    assert store.calls.keys([id, "another-1"]) == {kept.key}
    store.runs.discard("notes")
    assert store.calls.of_run(id) == []
    assert store.answers.get(kept.key) == kept
    assert store.problems() == []


def test_a_call_needs_its_run(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.calls.add(call("nowhere-1"))
