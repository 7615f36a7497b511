"""The queue serves one task to one curator at a time, and loses none."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import UsageError
from engine.store import Store
from engine.store.review_queue import LEASE_SECONDS, Served
from engine.store.task_filter import TaskFilter
from tests.store import samples

CURATORS = ("ada", "bob", "eve")
TASKS = 4


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fill(path: Path, tasks: int = TASKS) -> None:
    with Store.open(path) as store, store.transaction():
        store.domains.save(samples.spec(), samples.OPTIONS)
        for position in range(tasks):
            store.tasks.add("notes", samples.outcome(position))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    fill(tmp_path / "studio.db")
    with Store.open(tmp_path / "studio.db", clock=clock) as opened:
        yield opened


def at(served: Served | None) -> str | None:
    return None if served is None else served.task_id


def decide(store: Store, curator: str, action: str = "approve") -> str:
    served = store.review_queue.take(curator)
    assert served is not None
    store.review_queue.decide(curator, served.domain, served.task_id, action, expected_digest=served.digest)  # type: ignore[arg-type]
    return served.task_id


def test_each_curator_gets_a_task_of_their_own_and_keeps_it(store: Store) -> None:
    assert [at(store.review_queue.take(name)) for name in CURATORS] == ["notes-0000", "notes-0001", "notes-0002"]
    assert [at(store.review_queue.take(name)) for name in CURATORS] == ["notes-0000", "notes-0001", "notes-0002"]
    assert [(lease.curator, lease.task_id) for lease in store.review_queue.leases()] == [
        *(("ada", "notes-0000"), ("bob", "notes-0001"), ("eve", "notes-0002"))
    ]
    progress = store.review_queue.progress("ada")
    assert progress == (0, 4, 2, 0)


def test_a_decision_leads_to_the_next_task_until_none_is_left(store: Store) -> None:
    assert [decide(store, "ada") for _ in range(TASKS)] == [f"notes-000{number}" for number in range(TASKS)]
    assert store.review_queue.take("ada") is None
    assert store.review_queue.progress("ada") == (4, 0, 0, 0)
    assert store.review_queue.leases() == []


def test_what_was_skipped_comes_last_longest_ago_first_and_only_for_who_skipped_it(store: Store, clock: Clock) -> None:
    for id in ("notes-0000", "notes-0001"):
        clock.now += 1
        store.review_queue.skip("ada", "notes", id)
    assert at(store.review_queue.take("bob")) == "notes-0000"
    store.review_queue.release("bob", "notes", "notes-0000")
    assert [decide(store, "ada") for _ in range(2)] == ["notes-0002", "notes-0003"]
    served = store.review_queue.take("ada")
    assert served is not None
    assert (served.task_id, served.skipped) == ("notes-0000", True)
    clock.now += 1
    store.review_queue.skip("ada", "notes", "notes-0000")
    assert decide(store, "ada") == "notes-0001"
    assert decide(store, "ada") == "notes-0000"
    assert store.review_queue.progress("ada") == (4, 0, 0, 0), "a decision ends what was skipped"


def test_a_lease_ends_by_itself_unless_it_is_renewed(store: Store, clock: Clock) -> None:
    store.review_queue.take("ada")
    clock.now += LEASE_SECONDS - 1
    assert store.review_queue.renew("ada", "notes", "notes-0000")
    clock.now += LEASE_SECONDS - 1
    assert at(store.review_queue.take("bob")) == "notes-0001"
    clock.now += 2
    assert at(store.review_queue.take("eve")) == "notes-0000"
    assert not store.review_queue.renew("ada", "notes", "notes-0000")
    assert at(store.review_queue.take("ada")) == "notes-0002"


def test_a_decision_after_the_lease_went_to_another_is_refused_with_what_was_written(
    store: Store, clock: Clock
) -> None:
    store.review_queue.take("ada")
    clock.now += LEASE_SECONDS + 1
    store.review_queue.take("bob")
    with pytest.raises(UsageError, match=r"`bob` is reviewing it now.*too vague"):
        store.review_queue.decide("ada", "notes", "notes-0000", "reject", text="too vague")
    assert store.reviews.log("notes", "notes-0000") == []


def test_a_decision_counts_after_the_lease_ended_if_nobody_else_took_the_task(store: Store, clock: Clock) -> None:
    store.review_queue.take("ada")
    clock.now += LEASE_SECONDS + 1
    assert store.review_queue.decide("ada", "notes", "notes-0000", "approve") == "approved"


def test_a_task_that_changed_since_it_was_shown_is_not_decided(store: Store) -> None:
    served = store.review_queue.take("ada")
    assert served is not None
    changed = samples.outcome(0, text="Something else.").task
    assert changed is not None
    store.tasks.replace("notes", changed)
    with pytest.raises(UsageError, match="changed since it was shown"):
        store.review_queue.decide("ada", "notes", "notes-0000", "approve", expected_digest=served.digest)
    again = store.review_queue.take("ada")
    assert again is not None
    assert (again.task_id, again.digest != served.digest) == ("notes-0000", True)


def test_stale_and_rejected_tasks_are_not_served(store: Store) -> None:
    store.tasks.mark_stale("notes", ["notes-0000"], "a tool was edited")
    store.tasks.add("notes", samples.outcome(9, audited=False))
    assert [decide(store, "ada") for _ in range(3)] == ["notes-0001", "notes-0002", "notes-0003"]
    assert store.review_queue.take("ada") is None
    assert store.review_queue.progress("ada") == (3, 0, 0, 0)


def test_a_filter_narrows_the_queue(store: Store) -> None:
    store.reviews.record("notes", "notes-0002", "tag", "bob", text="odd")
    odd = TaskFilter(tag="odd")
    assert at(store.review_queue.take("ada", odd)) == "notes-0002"
    assert store.review_queue.progress("ada", odd) == (0, 1, 0, 0)
    assert store.review_queue.take("ada", TaskFilter(domain="elsewhere")) is None
    assert at(store.review_queue.take("ada", odd)) == "notes-0002", "kept, though another filter was looked at"


def test_second_opinions_are_asked_of_others_only_and_once(store: Store) -> None:
    decide(store, "ada")
    decide(store, "bob", "reject")
    assert at(store.review_queue.take("ada", mode="second_opinion")) == "notes-0001"
    assert at(store.review_queue.take("bob", mode="second_opinion")) == "notes-0000"
    assert store.review_queue.take("eve", mode="second_opinion") is None
    store.review_queue.decide("ada", "notes", "notes-0001", "approve")
    assert store.review_queue.progress("eve", mode="second_opinion") == (1, 1, 1, 0)
    assert store.review_queue.take("ada", mode="second_opinion") is None


def test_undo_takes_back_the_last_decision_and_leads_back_to_its_task(store: Store, clock: Clock) -> None:
    for action in ("approve", "reject"):
        clock.now += 1
        decide(store, "ada", action)
    current = store.review_queue.take("ada")
    assert current is not None
    undone = store.review_queue.undo_last("ada", ("notes", current.task_id))
    assert undone.task_id == "notes-0001"
    assert at(store.review_queue.take("ada", wanted=("notes", "notes-0001"))) == "notes-0001"
    assert at(store.review_queue.take("bob")) == "notes-0002", "what ada was at is free again"
    store.review_queue.undo_last("ada")
    with pytest.raises(UsageError, match="no decision to undo"):
        store.review_queue.undo_last("ada")
    assert [entry.action for entry in store.reviews.log("notes", "notes-0000")] == ["approve", "undo"]


def test_undo_in_the_queue_leaves_bulk_actions_alone(store: Store) -> None:
    decide(store, "ada")
    store.reviews.record_all(TaskFilter(ids=("notes-0003",)), "approve", "ada")
    assert store.review_queue.undo_last("ada").task_id == "notes-0000"


def test_a_wanted_task_is_served_unless_another_has_it(store: Store) -> None:
    assert at(store.review_queue.take("ada", wanted=("notes", "notes-0003"))) == "notes-0003"
    assert at(store.review_queue.take("bob", wanted=("notes", "notes-0003"))) == "notes-0000"
    assert at(store.review_queue.take("bob", wanted=("notes", "nowhere"))) == "notes-0000"


@pytest.mark.parametrize("name", ["", "  ", "\u200b\n"])
def test_nobody_gets_nothing(name: str, store: Store) -> None:
    with pytest.raises(UsageError, match="needs the curator's name"):
        store.review_queue.take(name)


class Curating(RuleBasedStateMachine):
    """Curators, each with a connection of their own, in any order."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "studio.db"
        shutil.copyfile(template(), path)
        self.clock = Clock()
        self.stores = {name: Store.open(path, clock=self.clock) for name in CURATORS}
        self.shown: dict[str, tuple[str, float]] = {}
        """Curator -> the task that was served to them last, and until when it is theirs."""
        self.decided: set[str] = set()

    def theirs(self, name: str) -> str | None:
        task, until = self.shown.get(name, ("", 0.0))
        return task if until > self.clock.now else None

    @rule(name=some.sampled_from(CURATORS))
    def take(self, name: str) -> None:
        held = self.theirs(name)
        served = self.stores[name].review_queue.take(name)
        others = {self.theirs(other) for other in CURATORS if other != name} - {None}
        if served is None:
            left = {f"notes-{number:04d}" for number in range(TASKS)} - self.decided
            assert left <= others, "a task is kept from everybody"
            return
        assert served.task_id not in others, "one task for two curators"
        assert served.task_id not in self.decided
        assert held is None or served.task_id == held, "a curator keeps their task"
        self.shown[name] = (served.task_id, served.until)

    @rule(name=some.sampled_from(CURATORS), action=some.sampled_from(["approve", "reject", "needs_edit"]))
    def decide(self, name: str, action: str) -> None:
        if name not in self.shown:
            return
        task, _ = self.shown[name]
        others = {self.theirs(other) for other in CURATORS if other != name}
        try:
            self.stores[name].review_queue.decide(name, "notes", task, action)  # type: ignore[arg-type]
        except UsageError:
            assert task in others, "refused although nobody else has it"
        else:
            assert task not in others, "decided while another looks at it"
            self.decided.add(task)
        del self.shown[name]

    @rule(name=some.sampled_from(CURATORS))
    def skip(self, name: str) -> None:
        if name in self.shown:
            self.stores[name].review_queue.skip(name, "notes", self.shown.pop(name)[0])

    @rule(name=some.sampled_from(CURATORS))
    def release(self, name: str) -> None:
        if name in self.shown:
            self.stores[name].review_queue.release(name, "notes", self.shown.pop(name)[0])

    @rule(name=some.sampled_from(CURATORS))
    def renew(self, name: str) -> None:
        if name not in self.shown:
            return
        task, until = self.shown[name]
        taken = task in {self.theirs(other) for other in CURATORS if other != name}
        assert not (self.stores[name].review_queue.renew(name, "notes", task) and taken)
        if until > self.clock.now:
            self.shown[name] = (task, self.clock.now + LEASE_SECONDS)
        else:
            del self.shown[name]  # whether it could be renewed depends on who came since; it is taken anew

    @rule(name=some.sampled_from(CURATORS))
    def undo(self, name: str) -> None:
        current = self.theirs(name)
        try:
            entry = self.stores[name].review_queue.undo_last(name, None if current is None else ("notes", current))
        except UsageError:
            return
        if self.stores[name].tasks.page(TaskFilter(ids=(entry.task_id,)))[0].review == "open":
            self.decided.discard(entry.task_id)
        if current is not None and current != entry.task_id:
            del self.shown[name]

    @rule(seconds=some.sampled_from([1.0, LEASE_SECONDS / 2, LEASE_SECONDS + 1]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @precondition(lambda self: hasattr(self, "stores"))
    @invariant()
    def nothing_is_lost(self) -> None:
        progress = self.stores["ada"].review_queue.progress("ada")
        assert (progress.decided, progress.open) == (len(self.decided), TASKS - len(self.decided))

    def teardown(self) -> None:
        if not hasattr(self, "stores"):
            return
        try:
            self.clock.now += 2 * LEASE_SECONDS
            self.shown.clear()
            rest = TASKS - len(self.decided)
            assert len({decide(self.stores["eve"], "eve") for _ in range(rest)}) == rest
            assert self.stores["eve"].review_queue.take("eve") is None
        finally:
            for store in self.stores.values():
                store.close()
            self.folder.cleanup()


_templates: list[TemporaryDirectory[str]] = []


def template() -> Path:
    """A filled store to copy; made once."""
    if not _templates:
        _templates.append(TemporaryDirectory())
        fill(Path(_templates[0].name) / "studio.db")
    return Path(_templates[0].name) / "studio.db"


TestCurating = Curating.TestCase
TestCurating.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def curate(path: Path, name: str) -> list[str]:
    """Decides on what the queue serves until it serves nothing; run by several processes at once."""
    done: list[str] = []
    with Store.open(path) as store:
        while (served := store.review_queue.take(name)) is not None:
            if len(done) % 5 == 4 and not served.skipped:
                store.review_queue.skip(name, served.domain, served.task_id)
                done.append("")
                continue
            store.review_queue.decide(name, served.domain, served.task_id, "approve", expected_digest=served.digest)
            done.append(served.task_id)
    return [id for id in done if id]


def test_several_processes_never_decide_on_one_task_twice(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    fill(path, 60)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        done = pool.starmap(curate, [(path, name) for name in CURATORS])
    assert sorted(id for each in done for id in each) == [f"notes-{number:04d}" for number in range(60)]
    with Store.open(path) as store:
        assert store.review_queue.progress("ada") == (60, 0, 0, 0)
        assert all(len(store.reviews.log("notes", id)) == 1 for each in done for id in each)
