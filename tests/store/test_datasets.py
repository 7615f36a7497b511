"""Frozen versions: the same for ever, whatever becomes of the tasks; verifying notices every tampering."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.models.dataset import DatasetChoice, SplitPlan
from engine.pipeline.datasets import export_version, freeze, verify_version
from engine.store import Store
from tests.studio.filled import DOMAIN, TASKS, fill

ALL = DatasetChoice(reviews=("approved", "open"))
HALVES = SplitPlan(train=50, validation=0, test=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return fill(tmp_path / "studio.db")


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, clock=lambda: 1000.0) as opened:
        yield opened


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_holds_the_tasks_with_their_splits(store: Store) -> None:
    frozen = freeze(store, ALL, HALVES, curator="ada", note=" first ")
    manifest = frozen.version.manifest
    assert frozen.new
    assert (frozen.version.label, frozen.version.curator, frozen.version.created_at) == (f"{DOMAIN}@1", "ada", 1000.0)
    assert manifest.note == "first"
    members = store.datasets.members(DOMAIN, 1)
    assert [member.task_id for member in members] == [task.id for task in store.tasks.iterate(DOMAIN)]
    assert [member.task_digest for member in members] == [store.tasks.digest(DOMAIN, each.task_id) for each in members]
    assert {
        split: [member.split for member in members].count(split) for split in ("train", "test")
    } == manifest.split.sizes
    assert manifest.balance.tasks == TASKS == sum(each.tasks for each in manifest.by_split.values())
    assert store.datasets.domain(DOMAIN, 1, DOMAIN) == store.domain(DOMAIN)
    assert store.datasets.task(DOMAIN, 1, DOMAIN, members[0].task_id).audits == ()
    assert [each.name for each in store.datasets.summaries()] == [DOMAIN]


def test_members_are_paged_and_filtered(store: Store) -> None:
    freeze(store, ALL, HALVES, curator="ada")
    every = store.datasets.members(DOMAIN, 1)
    assert store.datasets.members(DOMAIN, 1, start=1, limit=1) == every[1:2]
    assert store.datasets.members(DOMAIN, 1, split="test") == [each for each in every if each.split == "test"]
    assert store.datasets.members(DOMAIN, 1, domain="another") == []


def test_freezing_again_unchanged_makes_no_new_version(store: Store) -> None:
    first = freeze(store, ALL, HALVES, curator="ada")
    again = freeze(store, ALL, HALVES, curator="ben", note="another note")
    assert not again.new
    assert again.version == first.version
    assert freeze(store, ALL, curator="ada").new  # another split is another version
    assert (
        freeze(store, ALL, HALVES, name="another", curator="ada").version.manifest.digest
        == first.version.manifest.digest
    )


def test_rejected_and_stale_tasks_are_never_frozen(store: Store) -> None:
    ids = [task.id for task in store.tasks.iterate(DOMAIN)]
    store.reviews.record(DOMAIN, ids[0], "reject", "ada", text="no")
    store.tasks.mark_stale(DOMAIN, [ids[1]], "a tool was edited")
    everything = DatasetChoice(reviews=("approved", "open", "needs_edit"))
    freeze(store, everything, curator="ada")
    assert [member.task_id for member in store.datasets.members(DOMAIN, 1)] == ids[2:]


def test_only_approved_tasks_unless_told_otherwise(store: Store) -> None:
    with pytest.raises(UsageError, match=f"None of the tasks is approved; {TASKS} are open"):
        freeze(store, DatasetChoice(), curator="ada")
    ids = [task.id for task in store.tasks.iterate(DOMAIN)]
    store.reviews.record(DOMAIN, ids[1], "approve", "ada")
    store.reviews.record(DOMAIN, ids[1], "tag", "ada", text="fine")
    assert freeze(store, DatasetChoice(), curator="ada").version.manifest.balance.tags == {"fine": 1}
    assert [member.task_id for member in store.datasets.members(DOMAIN, 1)] == [ids[1]]
    with pytest.raises(UsageError, match="No task fits the choice"):
        freeze(store, DatasetChoice(without_tags=("fine",)), curator="ada")


@pytest.mark.parametrize(
    "choice, kept",
    [
        ({"limit": 2}, lambda task, at: at < 2),
        ({"difficulties": ("easy",)}, lambda task, at: task.difficulty == "easy"),
        ({"most_steps": 2}, lambda task, at: len(task.chain.steps) <= 2),
    ],
    ids=["limit", "difficulty", "steps"],
)
def test_a_choice_is_kept_to(choice: dict[str, object], kept: object, store: Store) -> None:
    chosen = DatasetChoice.model_validate({"reviews": ("open",), **choice})
    expected = [task.id for at, task in enumerate(store.tasks.iterate(DOMAIN)) if kept(task, at)]  # type: ignore[operator]
    assert 0 < len(expected) < TASKS
    freeze(store, chosen, curator="ada")
    assert [member.task_id for member in store.datasets.members(DOMAIN, 1)] == expected


@pytest.mark.parametrize("name", ["a/b", "..", "", "x" * 81, "<img>", "a\nb", "nice\n"])
def test_a_name_that_can_be_no_folder_is_refused(name: str, store: Store) -> None:
    manifest = freeze(store, ALL, curator="ada").version.manifest
    with pytest.raises(UsageError, match="can't be called"):
        store.datasets.freeze(manifest.model_copy(update={"name": name}), [], [], "ada")


def test_a_version_outlives_its_domain_and_exports_the_same_bytes(store: Store, tmp_path: Path) -> None:
    freeze(store, ALL, HALVES, curator="ada")
    before = files(export_version(store, DOMAIN, 1, tmp_path / "before", "bundle").path)
    task = next(iter(store.tasks.iterate(DOMAIN)))
    store.tasks.replace(DOMAIN, task.model_copy(update={"instruction": "Something else entirely."}))
    assert files(export_version(store, DOMAIN, 1, tmp_path / "edited", "bundle").path) == before
    store.domains.delete(DOMAIN)
    assert files(export_version(store, DOMAIN, 1, tmp_path / "deleted", "bundle").path) == before
    assert verify_version(store, DOMAIN).passed


def test_an_edited_task_changes_the_next_version_and_the_diff_says_so(store: Store) -> None:
    freeze(store, ALL, curator="ada")
    ids = [task.id for task in store.tasks.iterate(DOMAIN)]
    task = store.tasks.get(DOMAIN, ids[0])
    store.tasks.replace(DOMAIN, task.model_copy(update={"instruction": "Something else entirely."}))
    store.reviews.record(DOMAIN, ids[2], "reject", "ada", text="no")
    second = freeze(store, ALL, HALVES, curator="ada")
    assert second.version.label == f"{DOMAIN}@2"
    found = store.datasets.compare((DOMAIN, 1), (DOMAIN, 2))
    assert (found.added, found.removed, found.changed) == (0, 1, 1)
    assert found.moved == 1  # one of two goes to the test split
    assert [(each.task_id, each.changed) for each in found.changes if each.changed] == [(ids[0], True)]
    back = store.datasets.compare((DOMAIN, 2), (DOMAIN, 1))
    assert (back.added, back.removed, back.changed, back.moved) == (1, 0, 1, 1)
    same = store.datasets.compare((DOMAIN, 2), (DOMAIN, 2))
    assert (same.added, same.removed, same.changed, same.moved, same.changes) == (0, 0, 0, 0, ())


def test_deleting_takes_what_no_other_version_holds_and_never_gives_a_number_twice(store: Store, path: Path) -> None:
    freeze(store, ALL, curator="ada")
    freeze(store, ALL, HALVES, curator="ada")
    store.datasets.delete(DOMAIN, 2)
    assert verify_version(store, DOMAIN).passed
    assert freeze(store, ALL, HALVES, curator="ada").version.label == f"{DOMAIN}@3"
    store.datasets.delete(DOMAIN, 1)
    store.datasets.delete(DOMAIN, 3)
    with sqlite3.connect(path) as raw:
        assert raw.execute("select count(*) from dataset_content").fetchone() == (0,)
        assert raw.execute("select count(*) from dataset_member").fetchone() == (0,)
    with pytest.raises(UsageError, match=f"There is no dataset `{DOMAIN}@1`"):
        store.datasets.delete(DOMAIN, 1)


@pytest.mark.parametrize(
    "change",
    [
        "update dataset set note = 'x'",
        "update dataset_member set split = 'test'",
        "update dataset_content set body = x'00'",
        "delete from dataset_member",
        "delete from dataset_content",
    ],
)
def test_the_store_itself_refuses_changes(change: str, store: Store, path: Path) -> None:
    freeze(store, ALL, curator="ada")
    with sqlite3.connect(path) as raw:
        raw.execute("pragma foreign_keys = on")
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(change)


FORGED = zlib.compress(b'{"id":"forged"}')


@pytest.mark.parametrize(
    "tamper, told",
    [
        ("update dataset_content set body = :forged where kind = 'task' and number = (select max(number) from dataset_content)", "its copy is not what was frozen"),
        ("update dataset_content set body = :forged where kind = 'domain'", "its copy is not what was frozen"),
        ("update dataset_content set body = x'00' where kind = 'task'", "its copy is not what was frozen"),
        ("update dataset_member set split = 'test' where position = 0", "the list of tasks and splits"),
        ("delete from dataset_member where position = 0", f"there are {TASKS - 1} tasks, not the {TASKS}"),
        ("delete from dataset_content where kind = 'task'", "its copy is gone"),
        ("update dataset set manifest = :forged", "the manifest"),
        ("update dataset set digest = 'x'", "the manifest"),
    ],
)  # fmt: skip
def test_verify_notices_a_tampered_store(tamper: str, told: str, store: Store, path: Path) -> None:
    freeze(store, ALL, SplitPlan(train=100), curator="ada")
    assert verify_version(store, DOMAIN).passed
    with sqlite3.connect(path) as raw:
        for (name,) in raw.execute(
            "select name from sqlite_master where type = 'trigger' and name like 'dataset%'"
        ).fetchall():
            raw.execute(f"drop trigger {name}")
        raw.execute(tamper, {"forged": FORGED} if ":forged" in tamper else {})
    problems = store.datasets.damaged(DOMAIN, 1)
    assert any(told in problem for problem in problems)


def test_features_are_worked_out_once_and_again_after_an_edit(store: Store, path: Path) -> None:
    assert store.features.missing() == []  # they come with the tasks
    with sqlite3.connect(path) as raw:
        raw.execute("delete from task_feature")
    before = store.choices.candidates(ALL)
    assert [task.structure for task in before] == [None] * TASKS
    assert store.features.fill(seconds=0) == TASKS
    assert store.features.fill() == 0
    known = store.choices.candidates(ALL)
    task = store.tasks.get(DOMAIN, next(iter(store.tasks.iterate(DOMAIN))).id)
    store.tasks.replace(DOMAIN, task.model_copy(update={"instruction": "Something else entirely."}))
    changed = store.choices.candidates(ALL)
    assert changed[0].wording != known[0].wording
    assert changed[0].structure == known[0].structure
    assert changed[1:] == known[1:]
