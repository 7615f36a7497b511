"""A task's review state follows from the log, for the content that was reviewed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.errors import UsageError
from engine.models.review import DECISIONS, ReviewEntry
from engine.store import Store
from engine.store.review_summary import TAG_LETTERS, TAGS, TEXT_LETTERS, tidy_name, tidy_tag
from engine.store.reviews import review_state
from engine.store.task_filter import TaskFilter
from tests.store import samples


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db", clock=lambda: 12.5) as opened:
        opened.domains.save(samples.spec(), samples.OPTIONS)
        opened.tasks.add("notes", samples.outcome(0))
        opened.tasks.add("notes", samples.outcome(1, audited=False))
        yield opened


def state(store: Store) -> str:
    return store.tasks.page(samples_filter())[0].review


def samples_filter() -> TaskFilter:
    return TaskFilter(domain="notes", state="audited")


def columns(store: Store, id: str = "notes-0000") -> dict[str, object]:
    """What the task's row says of its reviews."""
    raw = sqlite3.connect(store.path)
    names = ("review", "reviewers", "agreed", "decider", "rating", "tags", "reviewed_at")
    row = raw.execute(f"select {', '.join(names)} from task where id = ?", (id,)).fetchone()
    rows = raw.execute("select tag from task_tag join task using (number) where id = ? order by tag", (id,)).fetchall()
    raw.close()
    found = dict(zip(names, row, strict=True))
    assert json.loads(found["tags"]) == [tag for (tag,) in rows]
    return found | {"tags": tuple(json.loads(found["tags"]))}


def test_the_last_decision_counts_until_it_is_undone(store: Store) -> None:
    assert store.reviews.record("notes", "notes-0000", "approve", "ada") == "approved"
    assert store.reviews.record("notes", "notes-0000", "reject", "bob", text="too easy") == "rejected"
    assert store.reviews.record("notes", "notes-0000", "note", "ada", text="hm") == "rejected"
    assert store.reviews.record("notes", "notes-0000", "undo", "bob") == "approved"
    assert state(store) == "approved"
    assert store.reviews.record("notes", "notes-0000", "undo", "ada") == "approved", "her note goes first"
    assert store.reviews.record("notes", "notes-0000", "undo", "ada") == "open"
    with pytest.raises(UsageError, match="nothing to undo"):
        store.reviews.record("notes", "notes-0000", "undo", "ada")
    assert [entry.seq for entry in store.reviews.log("notes", "notes-0000")] == [1, 2, 3, 4, 5, 6]
    assert store.reviews.log("notes", "notes-0000")[1].at == 12.5


@pytest.mark.parametrize(
    "task, action, curator, rating, says",
    [
        pytest.param("notes-0001", "approve", "ada", None, "no audited task", id="rejected task"),
        pytest.param("nowhere", "approve", "ada", None, "no audited task", id="unknown task"),
        pytest.param("notes-0000", "rate", "ada", 6, "from 1 to 5", id="rating"),
        pytest.param("notes-0000", "approve", " ", None, "curator's name", id="nobody"),
    ],
)
def test_senseless_actions_are_refused(
    store: Store, task: str, action: str, curator: str, rating: int | None, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        store.reviews.record("notes", task, action, curator, rating=rating)  # type: ignore[arg-type]
    assert store.reviews.log("notes", task) == []


def test_reviews_count_again_for_a_task_that_is_made_again_and_only_then(store: Store) -> None:
    store.reviews.record("notes", "notes-0000", "approve", "ada")
    store.domains.delete("notes")
    store.domains.save(samples.spec(), samples.OPTIONS)
    store.tasks.add("notes", samples.outcome(0))
    assert state(store) == "approved"
    store.domains.delete("notes")
    store.domains.save(samples.spec(), samples.OPTIONS)
    store.tasks.add("notes", samples.outcome(0, text="Something else altogether."))
    assert state(store) == "open"


def test_the_log_refuses_to_be_rewritten(store: Store) -> None:
    store.reviews.record("notes", "notes-0000", "approve", "ada")
    raw = sqlite3.connect(store.path)
    for statement in ("delete from review", "update review set action = 'reject'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


@settings(deadline=None, max_examples=60)
@given(some.lists(some.sampled_from(["approve", "reject", "needs_edit", "note", "tag", "undo"]), max_size=12))
def test_undoing_everything_leads_back_to_open(actions: list[str]) -> None:
    entries: list[ReviewEntry] = []

    def add(action: str, undoes: int | None = None) -> None:
        entries.append(
            ReviewEntry.model_validate(
                {
                    "seq": len(entries) + 1,
                    "domain": "d",
                    "task_id": "t",
                    "task_digest": "x",
                    "action": action,
                    "curator": "ada",
                    "undoes": undoes,
                }
            )
        )

    def standing() -> list[int]:
        undone = {entry.undoes for entry in entries}
        return [entry.seq for entry in entries if entry.action != "undo" and entry.seq not in undone]

    for action in actions:
        if action != "undo":
            add(action)
        elif standing():
            add("undo", standing()[-1])
        decisions = [entries[seq - 1].action for seq in standing() if entries[seq - 1].action in DECISIONS]
        assert review_state(entries) == (DECISIONS[decisions[-1]] if decisions else "open")
    while standing():
        add("undo", standing()[-1])
    assert review_state(entries) == "open"


def test_the_row_says_who_decided_how_they_agree_and_what_they_think(store: Store) -> None:
    say = store.reviews.record
    say("notes", "notes-0000", "approve", "ada")
    assert columns(store) == {
        "review": "approved",
        "reviewers": 1,
        "agreed": None,
        "decider": "ada",
        "rating": None,
        "tags": (),
        "reviewed_at": 12.5,
    }
    say("notes", "notes-0000", "reject", "bob", text="too easy")
    say("notes", "notes-0000", "rate", "ada", rating=2)
    say("notes", "notes-0000", "rate", "ada", rating=4)
    say("notes", "notes-0000", "rate", "bob", rating=1)
    say("notes", "notes-0000", "tag", "bob", text=" Too  Easy ")
    say("notes", "notes-0000", "tag", "eve", text="a")
    found = columns(store)
    assert (found["review"], found["reviewers"], found["agreed"], found["decider"]) == ("rejected", 2, 0, None)
    assert (found["rating"], found["tags"]) == (2.5, ("a", "too-easy"))
    say("notes", "notes-0000", "approve", "bob")
    assert (columns(store)["review"], columns(store)["agreed"]) == ("approved", 1)
    for _ in range(2):  # the approval, then the tag
        say("notes", "notes-0000", "undo", "bob")
    found = columns(store)
    assert (found["review"], found["agreed"], found["tags"]) == ("rejected", 0, ("a",))
    say("notes", "notes-0000", "untag", "ada", text="A")
    assert columns(store)["tags"] == ()


def test_what_says_nothing_new_is_not_recorded(store: Store) -> None:
    for action, text, rating in (("approve", "", None), ("tag", "x", None), ("rate", "", 3)):
        for _ in range(2):
            store.reviews.record("notes", "notes-0000", action, "ada", text=text, rating=rating)  # type: ignore[arg-type]
    store.reviews.record("notes", "notes-0000", "untag", "ada", text="never there")
    assert [entry.action for entry in store.reviews.log("notes", "notes-0000")] == ["approve", "tag", "rate"]
    store.reviews.record("notes", "notes-0000", "reject", "bob")
    assert store.reviews.record("notes", "notes-0000", "approve", "ada") == "approved", "said again against another"
    assert len(store.reviews.log("notes", "notes-0000")) == 5


def test_an_action_on_other_content_than_was_seen_is_refused(store: Store) -> None:
    seen = store.tasks.digest("notes", "notes-0000")
    changed = samples.outcome(0, text="Something else.").task
    assert changed is not None
    store.tasks.replace("notes", changed)
    with pytest.raises(UsageError, match="changed since it was shown"):
        store.reviews.record("notes", "notes-0000", "approve", "ada", expected_digest=seen)
    assert store.reviews.log("notes", "notes-0000") == []
    now = store.tasks.digest("notes", "notes-0000")
    assert store.reviews.record("notes", "notes-0000", "approve", "ada", expected_digest=now) == "approved"


def test_what_was_said_of_other_content_comes_back_with_that_content(store: Store) -> None:
    store.reviews.record("notes", "notes-0000", "approve", "ada")
    store.reviews.record("notes", "notes-0000", "tag", "ada", text="good")
    first, other = samples.outcome(0).task, samples.outcome(0, text="Something else.").task
    assert first is not None
    assert other is not None
    before = columns(store)
    store.tasks.replace("notes", other)
    assert columns(store) == {
        "review": "open",
        "reviewers": 0,
        "agreed": None,
        "decider": None,
        "rating": None,
        "tags": (),
        "reviewed_at": None,
    }
    store.tasks.replace("notes", first)
    assert columns(store) == before


@pytest.mark.parametrize(
    "text, says",
    [
        pytest.param(" ", "at least one letter", id="empty"),
        pytest.param("x" * (TAG_LETTERS + 1), f"at most {TAG_LETTERS}", id="long"),
        pytest.param("<b>", "only letters", id="signs"),
        pytest.param(":red[x]", "only letters", id="markdown"),
    ],
)
def test_tags_are_short_words(store: Store, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        store.reviews.record("notes", "notes-0000", "tag", "ada", text=text)
    assert columns(store)["tags"] == ()


def test_a_task_has_room_for_a_few_tags(store: Store) -> None:
    for number in range(TAGS):
        store.reviews.record("notes", "notes-0000", "tag", "ada", text=f"t{number}")
    with pytest.raises(UsageError, match="take one away"):
        store.reviews.record("notes", "notes-0000", "tag", "ada", text="more")
    with pytest.raises(UsageError, match="take one away"):
        store.reviews.record_all(samples_filter(), "tag", "ada", text="more")


def test_a_text_without_end_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="at most 4,000 letters"):
        store.reviews.record("notes", "notes-0000", "note", "ada", text="x" * (TEXT_LETTERS + 1))


def test_names_and_tags_are_tidied() -> None:
    assert tidy_name("  Ada\n \t Lovelace\x00 ") == "Ada Lovelace"
    assert len(tidy_name("x" * 500)) == 60
    assert tidy_tag("Ｔoo  EASY") == "too-easy"


@pytest.fixture
def several(store: Store) -> Store:
    for position in range(2, 6):
        store.tasks.add("notes", samples.outcome(position))
    return store


def test_a_bulk_action_is_one_batch_and_undone_as_a_whole(several: Store) -> None:
    reviews = several.reviews
    reviews.record("notes", "notes-0002", "reject", "ada", text="no")
    done = reviews.record_all(samples_filter(), "approve", "ada", text="all fine")
    assert done.tasks == 5
    assert {item.review for item in several.tasks.page(samples_filter())} == {"approved"}
    logged = reviews.log("notes", "notes-0003")
    assert [(entry.batch, entry.text) for entry in logged] == [(done.batch, "all fine")]
    reviews.record("notes", "notes-0003", "undo", "ada")
    reviews.record("notes", "notes-0004", "reject", "bob")
    with pytest.raises(UsageError, match="is `ada`'s"):
        reviews.undo_batch(done.batch, "bob")
    assert reviews.undo_batch(done.batch, "ada") == 4, "one was taken back already"
    assert {item.id: item.review for item in several.tasks.page(samples_filter())} == {
        "notes-0000": "open",
        "notes-0002": "rejected",
        "notes-0003": "open",
        "notes-0004": "rejected",
        "notes-0005": "open",
    }
    with pytest.raises(UsageError, match="Nothing of this bulk action"):
        reviews.undo_batch(done.batch, "ada")
    with pytest.raises(UsageError, match="no bulk action"):
        reviews.undo_batch("", "ada")


def test_bulk_tags_touch_only_tasks_that_they_change(several: Store) -> None:
    several.reviews.record("notes", "notes-0000", "tag", "bob", text="easy")
    done = several.reviews.record_all(samples_filter(), "tag", "ada", text="Easy")
    assert done.tasks == 4
    assert several.tasks.count(TaskFilter(tag="easy")) == 5
    several.reviews.undo_batch(done.batch, "ada")
    assert several.tasks.count(TaskFilter(tag="easy")) == 1
    assert several.reviews.record_all(samples_filter(), "untag", "ada", text="easy").tasks == 1
    assert several.reviews.record_all(samples_filter(), "untag", "ada", text="easy") == ("", 0)


def test_a_bulk_action_on_another_number_of_tasks_than_was_shown_is_refused(several: Store) -> None:
    with pytest.raises(UsageError, match="5 tasks by now, not 4"):
        several.reviews.record_all(samples_filter(), "approve", "ada", expected=4)
    with pytest.raises(UsageError, match="undone as a whole"):
        several.reviews.record_all(samples_filter(), "undo", "ada")
    assert several.reviews.curators() == []


def test_everybody_who_acted_is_known(store: Store) -> None:
    for name in ("eve", "ada", "eve", "Bob"):
        store.reviews.record("notes", "notes-0000", "note", name, text="hm")
    assert store.reviews.curators() == ["Bob", "ada", "eve"]


def test_the_log_of_an_older_store_counts_after_the_update(tmp_path: Path) -> None:
    from sqlite_utils import Database

    from engine.store.codec import digest_of, pack
    from engine.store.connection import Connection
    from engine.store.migrations import APPLICATION_ID
    from engine.store.migrations.first import first

    path = tmp_path / "old.db"
    task = samples.outcome(0).task
    assert task is not None
    text = task.model_copy(update={"audits": ()}).model_dump_json()
    connection = Connection(path)
    with connection.transaction():
        first(Database(connection.raw))
        connection.raw.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.raw.execute("pragma user_version = 1")
        connection.raw.execute(
            "insert into domain values ('notes', 'Notes', 'sql', 'd', '1', 7, 'easy', 1, ?, 'x')", (pack("{}"),)
        )
        connection.raw.execute(
            "insert into task values ('notes', 0, 'notes-0000', 'audited', '', '', 'easy', 1, 'Hi', '[]', 'rejected', ?, ?)",
            (pack(text), digest_of(text)),
        )
        for action, curator, words, rating in (
            *(("approve", "ada", "", None), ("reject", "bob", "no", None)),
            *(("rate", "bob", "", 2), ("tag", "bob", "odd", None)),
        ):
            connection.raw.execute(
                "insert into review (domain, task_id, task_digest, action, curator, text, rating, at) "
                "values ('notes', 'notes-0000', ?, ?, ?, ?, ?, 3.0)",
                (digest_of(text), action, curator, words, rating),
            )
    connection.close()
    with Store.open(path) as store:
        assert columns(store) == {
            "review": "rejected",
            "reviewers": 2,
            "agreed": 0,
            "decider": None,
            "rating": 2.0,
            "tags": ("odd",),
            "reviewed_at": 3.0,
        }
        assert store.reviews.record("notes", "notes-0000", "undo", "ada") == "rejected"
        assert columns(store)["decider"] == "bob"


ACTIONS = some.tuples(
    some.sampled_from(["approve", "reject", "needs_edit", "note", "tag", "untag", "rate", "undo", "all", "undo all"]),
    some.sampled_from(["ada", "bob"]),
    some.sampled_from(["x", "y"]),
    some.integers(1, 5),
)


@settings(deadline=None, max_examples=30)
@given(actions=some.lists(ACTIONS, max_size=14))
def test_the_row_is_what_the_log_comes_to_after_any_actions(
    actions: list[tuple[str, str, str, int]], filled: Path
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "studio.db"
        shutil.copyfile(filled, path)
        with Store.open(path) as store:
            batch = ""
            for action, curator, text, rating in actions:
                with suppress(UsageError):  # where there is nothing to undo
                    if action == "all":
                        batch = store.reviews.record_all(samples_filter(), "approve", curator, text=text).batch
                    elif action == "undo all":
                        store.reviews.undo_batch(batch, curator)
                    else:
                        store.reviews.record("notes", "notes-0000", action, curator, text=text, rating=rating)  # type: ignore[arg-type]
                summary = store.reviews.summary("notes", "notes-0000", store.tasks.digest("notes", "notes-0000"))
                found = columns(store)
                assert (found["review"], found["reviewers"]) == (summary.state, summary.reviewers)
                assert (found["agreed"], found["decider"]) == (summary.agreed, summary.decider)
                assert (found["rating"], found["tags"]) == (summary.rating, summary.tags)
                assert store.reviews.state("notes", "notes-0000", "d") == "open", "other content has no reviews"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one audited task, to copy."""
    path = tmp_path_factory.mktemp("filled") / "studio.db"
    with Store.open(path) as store:
        store.domains.save(samples.spec(), samples.OPTIONS)
        store.tasks.add("notes", samples.outcome(0))
    return path
