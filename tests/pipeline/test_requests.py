"""The same wish twice is no work, a larger one goes on, another one needs a clear word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StoreError, UsageError
from engine.models.run import Budget, RunOptions
from engine.pipeline import keyword_seed_text
from engine.pipeline.requests import Requested, SeedText, request
from engine.store import Store
from engine.store.lease import new_owner
from tests.store import samples

SEED = SeedText(name="notes", kind="blueprint", digest="d" * 64, text="{}")
OPTIONS = RunOptions(tasks=5, seed=7)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        yield opened


def finish(store: Store, requested: Requested, status: str = "done") -> None:
    owner = new_owner()
    store.runs.claim(requested.run.id, owner)
    if not store.domains.exists("notes"):
        store.domains.save(samples.spec(), requested.run.options)
    store.runs.end(requested.run.id, owner, status)  # type: ignore[arg-type]


def test_a_first_wish_makes_a_run(store: Store) -> None:
    made = request(store, SEED, OPTIONS)
    assert (made.answer, made.run.id, made.run.status, made.run.options) == ("new", "notes-1", "queued", OPTIONS)


@pytest.mark.parametrize("status", ["interrupted", "failed", "cancelled", "exhausted"])
def test_the_same_wish_goes_on_where_it_stopped(store: Store, status: str) -> None:
    finish(store, request(store, SEED, OPTIONS), status)
    again = request(store, SEED, OPTIONS)
    assert (again.answer, again.run.id) == ("continued", "notes-1")


def test_the_same_wish_again_is_no_work(store: Store) -> None:
    finish(store, request(store, SEED, OPTIONS))
    assert request(store, SEED, OPTIONS).answer == "up_to_date"
    assert request(store, SEED, OPTIONS.model_copy(update={"tasks": 3})).answer == "up_to_date"
    assert request(store, SEED, OPTIONS.model_copy(update={"trusted": True})).answer == "up_to_date"


def test_more_tasks_extend_the_run(store: Store) -> None:
    finish(store, request(store, SEED, OPTIONS))
    more = request(store, SEED, OPTIONS.model_copy(update={"tasks": 9}))
    assert (more.answer, more.run.id, more.run.options.tasks) == ("extended", "notes-1", 9)


@pytest.mark.parametrize(
    "seed, options, says",
    [
        pytest.param(SEED, {"seed": 8}, "`seed` \\(7 then, 8 now\\)", id="seed number"),
        pytest.param(SEED, {"difficulty": "hard"}, "`difficulty` \\(mixed then, hard now\\)", id="difficulty"),
        pytest.param(SEED, {"with_rows": True}, "with_rows", id="rows"),
        pytest.param(SEED.model_copy(update={"digest": "e"}), {}, "another seed text", id="seed text"),
    ],
)
def test_another_wish_of_the_same_name_is_refused(
    store: Store, seed: SeedText, options: dict[str, object], says: str
) -> None:
    finish(store, request(store, SEED, OPTIONS))
    other = OPTIONS.model_copy(update=options)
    with pytest.raises(UsageError, match=says) as refused:
        request(store, seed, other)
    assert "--force" in str(refused.value)
    assert "--name" in str(refused.value)
    forced = request(store, seed, other, force=True)
    assert (forced.answer, forced.run.options) == ("rebuilt", other)
    assert not store.domains.exists("notes")
    assert [run.id for run in store.runs.all()] == [forced.run.id]


def test_a_run_in_progress_is_not_disturbed(store: Store) -> None:
    requested = request(store, SEED, OPTIONS)
    store.runs.claim(requested.run.id, new_owner())
    for force in (False, True):
        with pytest.raises(StoreError, match="is working on the run `notes-1`"):
            request(store, SEED, OPTIONS, force=force)


@pytest.mark.parametrize("name", ["", "Notes", "my notes", "../notes", "1st", "a" * 65, "nötes"])
def test_names_that_are_no_names(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="can't name a domain"):
        request(store, SEED.model_copy(update={"name": name}), OPTIONS)


KEYWORD = keyword_seed_text("bicycle workshop", name="notes")
PLAYED = RunOptions(tasks=5, models={"domain": "openai/one", "code": "openai/one"}, budget=Budget(calls=3))


@pytest.mark.parametrize(
    "seed, options, says",
    [
        pytest.param(
            KEYWORD,
            {"models": {"domain": "openai/one"}},
            r"player of `code` \(openai/one then, composer now\)",
            id="fewer",
        ),
        pytest.param(
            KEYWORD,
            {"models": {"domain": "two", "code": "two"}},
            r"player of `domain`, `code` \(openai/one then, two now\)",
            id="other",
        ),
        pytest.param(keyword_seed_text("car workshop", name="notes"), {}, "another keyword", id="keyword"),
        pytest.param(
            keyword_seed_text("bicycle workshop", name="notes", tools=12),
            {"tools": 12},
            r"made with another `tools` \(40 then, 12 now\); replace",
            id="tools",
        ),
        pytest.param(
            keyword_seed_text("bicycle workshop", name="notes", hint="rentals"),
            {"hint": "rentals"},
            r"`hint` \(none then, rentals now\); replace",
            id="hint",
        ),
        pytest.param(SEED, {}, "another seed text", id="kind"),
    ],
)
def test_another_keyword_or_other_players_are_another_wish(
    store: Store, seed: SeedText, options: dict[str, object], says: str
) -> None:
    finish(store, request(store, KEYWORD, PLAYED))
    with pytest.raises(UsageError, match=says):
        request(store, seed, PLAYED.model_copy(update=options))


@pytest.mark.parametrize(
    "options",
    [
        {"budget": Budget(cost=9)},
        {"base_url": "http://elsewhere/v1"},
        {"models": {**PLAYED.models, "user": "two"}},
    ],
)
def test_budget_address_and_user_simulator_may_change(store: Store, options: dict[str, object]) -> None:
    finish(store, request(store, KEYWORD, PLAYED), "exhausted")
    other = PLAYED.model_copy(update=options)
    again = request(store, KEYWORD, other)
    assert (again.answer, again.run.options) == ("continued", other)


def test_a_base_url_with_a_secret_is_never_stored(store: Store) -> None:
    with pytest.raises(UsageError, match="user name or password") as refused:
        request(store, KEYWORD, PLAYED.model_copy(update={"base_url": "http://me:secret@host/v1"}))
    assert "secret" not in str(refused.value)
    assert store.runs.all() == []
