"""From a seed to audited tasks: the same bytes however the work was done."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.models.run import RunOptions
from engine.pipeline import execute, read_seed_text, synthesize
from engine.pipeline.phases import Phases
from engine.pipeline.worker import start_worker
from engine.store import Store
from engine.store.tasks import TaskFilter
from tests.pipeline import samples

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that was made undisturbed, by one process."""
    return samples.make(tmp_path_factory.mktemp("finished") / "studio.db")


@pytest.fixture(scope="module")
def bytes_of_finished(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return samples.exported(finished, tmp_path_factory.mktemp("out"))


def test_a_run_leaves_a_whole_domain(finished: Path) -> None:
    with Store.open(finished) as store:
        summary, run = store.domains.summary("library"), store.runs.get("library-1")
        assert (summary.tools_admitted, summary.tools_rejected, summary.tools_untested) == (6, 0, 0)
        assert summary.edges_proven > 10
        assert summary.tasks_audited == 4
        assert run.counts.model_dump().items() <= summary.model_dump().items()
        assert (run.status, run.owner, run.error) == ("done", "", "")
        assert set(run.phase_seconds) == {"compose", "test", "graph", "prove", "tasks"}
        for task in store.tasks.iterate("library"):
            assert task.audited
            assert {audit.name for audit in task.audits} >= {"solvable", "do_nothing", "not_duplicate"}
            for trace in {trace for audit in task.audits for trace in audit.traces}:
                assert store.traces.get("library", trace).steps is not None
        for edge in store.graph("library").proven:
            assert edge.evidence is not None
            assert store.traces.get("library", edge.evidence).passed
        events = store.runs.events("library-1")
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events[-1].kind == "status"
        assert {event.phase for event in events} == {"compose", "test", "graph", "prove", "tasks"}
        assert store.problems() == []


def test_any_number_of_processes_and_either_runtime_give_the_same(
    finished: Path, bytes_of_finished: dict[str, bytes], tmp_path: Path
) -> None:
    other = samples.make(tmp_path / "studio.db", samples.OPTIONS.model_copy(update={"trusted": True}), workers=3)
    assert samples.content(other) == samples.content(finished)
    assert samples.exported(other, tmp_path / "out") == bytes_of_finished


def test_another_hash_seed_gives_the_same(finished: Path, tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from tests.pipeline import samples; samples.make(Path({str(tmp_path / 's.db')!r}))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env={"PYTHONHASHSEED": "77"}, timeout=120)
    assert samples.content(tmp_path / "s.db") == samples.content(finished)


def test_asking_for_more_later_gives_the_same_as_asking_at_once(finished: Path, tmp_path: Path) -> None:
    path = samples.make(tmp_path / "studio.db", RunOptions(tasks=1, seed=3))
    with Store.open(path) as store:
        run, answer = synthesize(store, read_seed_text(str(samples.LIBRARY)), samples.OPTIONS)
        assert (answer, run.status, run.id) == ("extended", "done", "library-1")
    assert samples.content(path) == samples.content(finished)


def test_another_seed_number_gives_other_tasks(finished: Path, tmp_path: Path) -> None:
    other = samples.make(tmp_path / "studio.db", RunOptions(tasks=1, seed=4))
    with Store.open(other) as one, Store.open(finished) as two:
        assert next(one.tasks.iterate("library")).instruction != next(two.tasks.iterate("library")).instruction


@pytest.mark.parametrize("chance", [1, 2])
def test_being_killed_again_and_again_changes_nothing(
    chance: int, finished: Path, bytes_of_finished: dict[str, bytes], tmp_path: Path
) -> None:
    """Each process dies a few steps further on: between steps, or in the midst of a step's transaction."""
    path, rng = tmp_path / "studio.db", random.Random(chance)
    run = samples.ask(path)
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.samples", "engine.pipeline.run", "engine.foundation.build"])
    deaths = 0
    for _ in range(40):
        between = rng.random() < 0.4
        ticks, steps = (10_000, rng.randrange(3)) if between else (rng.randrange(2, 9), 10_000)
        process = context.Process(target=samples.work_until_killed, args=(path, run, ticks, steps))
        process.start()
        process.join(120)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        deaths += 1
        with Store.open(path) as store:
            assert store.runs.get(run).status in ("interrupted", "queued", "done")
            assert store.problems() == []
    assert deaths >= 5
    with Store.open(path) as store:
        assert store.runs.get(run).status == "done"
        assert len(store.runs.steps(run)) == 3 + 6 + store.tasks.next_position("library")
    assert samples.content(path) == samples.content(finished)
    assert samples.exported(path, tmp_path / "out") == bytes_of_finished


@pytest.mark.parametrize("moment", [0.15, 0.5])
def test_killing_a_run_with_workers_at_any_moment(moment: float, finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    pid = start_worker(path, run, workers=2)
    with Store.open(path) as store:
        deadline = time.monotonic() + 60
        while store.runs.get(run).status == "queued" and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(StoreError, match="is working on the run"):
            execute(store, run)
        time.sleep(moment)
        subprocess.run(["kill", "-9", str(pid)], check=False, capture_output=True)
        _await_end(pid)
        if store.runs.get(run).status != "done":
            assert store.runs.get(run).status == "interrupted"
            execute(store, run, workers=2)
        assert store.runs.get(run).status == "done"
    assert samples.content(path) == samples.content(finished)


def test_a_cancelled_run_stops_between_steps_and_goes_on(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:

        def stop(progress: object, events: object) -> None:
            if len(store.runs.steps(run)) == 4:
                store.runs.request_cancel(run)

        assert execute(store, run, observe=stop).status == "cancelled"
        assert len(store.runs.steps(run)) == 4
        assert execute(store, run).status == "done"
    assert samples.content(path) == samples.content(finished)


def test_ctrl_c_leaves_a_run_that_goes_on(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:

        def interrupt(progress: object, events: object) -> None:
            if len(store.runs.steps(run)) == 9:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            execute(store, run, observe=interrupt)
        assert store.runs.get(run).status == "interrupted"
        assert [each.id for each in store.runs.unfinished()] == [run]
        assert execute(store, run).status == "done"
    assert samples.content(path) == samples.content(finished)


def test_an_interrupt_that_python_wraps_in_another_error_is_still_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_phases: Phases) -> bool:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise RuntimeError("Error calling __set_name__") from interrupt

    monkeypatch.setattr(Phases, "work", work)
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:
        with pytest.raises(KeyboardInterrupt):
            execute(store, run)
        assert (store.runs.get(run).status, store.runs.get(run).error) == ("interrupted", "")


def test_too_few_tasks_end_short_with_reasons(tmp_path: Path) -> None:
    """A domain that can only be read has no task to offer."""
    seed = tmp_path / "reading.yaml"
    text = samples.LIBRARY.read_text("utf-8").replace("domain: library", "domain: reading")
    writes = text.index("      add_wish:")
    seed.write_text(text[:writes], "utf-8")
    with Store.open(tmp_path / "studio.db") as store:
        run, _ = synthesize(store, read_seed_text(str(seed)), RunOptions(tasks=2, seed=1))
        assert run.status == "short"
        assert run.counts.tasks_audited == 0
        assert store.tasks.count(TaskFilter(state="rejected")) == run.counts.tasks_rejected
        assert store.tasks.rejections("reading") == {"not built": run.counts.tasks_rejected}


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return  # a zombie: it has ended, and waits for its parent to notice
        time.sleep(0.02)
