"""Similar tasks: the same chain first, then those with the same rare words; never a whole domain is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.chain import Chain, ChainStep
from engine.store import Store
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        for name in ("notes", "others"):
            opened.domains.save(samples.spec(name), samples.OPTIONS)
        yield opened


def add(store: Store, position: int, text: str, tool: str, domain: str = "notes", audited: bool = True) -> str:
    outcome = samples.outcome(position, text=text, audited=audited)
    assert outcome.task is not None
    task = outcome.task.model_copy(update={"chain": Chain(steps=(ChainStep(tool=tool),)), "domain": domain})
    store.tasks.add(domain, outcome.model_copy(update={"task": task}))
    return task.id


def test_the_same_chain_comes_before_the_same_words(store: Store) -> None:
    own = add(store, 0, "Please archive the note about Zanzibar", "archive")
    chain = add(store, 1, "Something else altogether", "archive")
    near = add(store, 2, "Please archive the note about Paris", "archive")
    words = add(store, 3, "Delete what I wrote about Zanzibar", "delete")
    add(store, 4, "Nothing in common here", "delete")
    add(store, 5, "Please archive the note about Zanzibar", "archive", audited=False)
    add(store, 0, "Please archive the note about Zanzibar", "archive", domain="others")
    found = store.tasks.similar("notes", own)
    assert [(task.id, task.same_chain) for task in found] == [(near, True), (chain, True), (words, False)]
    assert found[0].alike > 0.5 > found[1].alike
    assert [task.id for task in store.tasks.similar("notes", own, limit=1)] == [near]


@pytest.mark.parametrize("text", ["", "?!", '" OR *', "NEAR(a b)"], ids=["empty", "signs", "operator", "function"])
def test_no_instruction_breaks_it(store: Store, text: str) -> None:
    add(store, 0, text, "archive")
    other = add(store, 1, text, "archive")
    assert [task.id for task in store.tasks.similar("notes", "notes-0000")] == [other]


def test_what_is_not_there_is_like_nothing(store: Store) -> None:
    assert store.tasks.similar("notes", "notes-0000") == []


def test_the_searches_stand_on_indexes(store: Store) -> None:
    raw = store._connection  # pyright: ignore[reportPrivateUsage]
    plan = " ".join(
        row["detail"]
        for row in raw.all("explain query plan select number from task where domain = ? and tools = ?", ("", ""))
    )
    assert "USING COVERING INDEX task_same_chain" in plan
