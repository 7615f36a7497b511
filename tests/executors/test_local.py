"""Answers come in order whatever works on them, and a process that dies is replaced once."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import ScaleEnvError, StateError, UsageError
from engine.executors.local import ProcessExecutor, local_executor

ROOT = Path(__file__).resolve().parents[2]


class Ready:
    """A bench that knows a folder to leave marks in."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def mark(self, name: str) -> bool:
        """Leaves a mark; whether it is the first of that name."""
        try:
            (self.folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def close(self) -> None:
        self.mark(f"closed-{os.getpid()}")


def square(_bench: Ready, number: int) -> int:
    time.sleep(0.003 * (number % 4))
    return number * number


def die_once(bench: Ready, number: int) -> int:
    if number == 3 and bench.mark("died"):
        os._exit(9)
    return number


def die(_bench: Ready, number: int) -> int:
    os._exit(9)


def refuse(_bench: Ready, number: int) -> int:
    if number == 2:
        raise StateError("no state for 2")
    return number


def break_down(_bench: Ready, number: int) -> int:
    return 1 // (number - 1)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_answers_come_in_the_order_of_the_questions(workers: int, tmp_path: Path) -> None:
    executor = local_executor(workers)
    assert list(executor.map(Ready, str(tmp_path), square, range(25))) == [n * n for n in range(25)]
    assert list(executor.map(Ready, str(tmp_path), square, [])) == []
    endless = executor.map(Ready, str(tmp_path), square, itertools.count())
    assert list(itertools.islice(endless, 9)) == [n * n for n in range(9)]
    endless.close()
    assert list(executor.map(Ready, str(tmp_path), square, [5])) == [25]
    executor.close()


def double(bench: Ready, number: int) -> tuple[int, int]:
    return 2 * number, id(bench)


@pytest.mark.parametrize("workers", [1, 2])
def test_benches_are_kept_for_the_same_plan_where_that_is_wished(workers: int, tmp_path: Path) -> None:
    executor = local_executor(workers)
    plan = str(tmp_path)
    first = list(executor.map(Ready, plan, double, range(8), keep=True))
    assert not list(tmp_path.iterdir())
    assert list(executor.map(Ready, plan, square, range(8), keep=True)) == [n * n for n in range(8)]
    again = list(executor.map(Ready, plan, double, range(8)))
    assert [each[0] for each in again] == [each[0] for each in first]
    assert {each[1] for each in again} <= {each[1] for each in first}
    list(executor.map(Ready, str(tmp_path / ".." / tmp_path.name), square, range(8), keep=True))
    assert list(tmp_path.iterdir())
    executor.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_work_is_raised_here_after_the_answers_before_it(workers: int, tmp_path: Path) -> None:
    executor = local_executor(workers)
    answers = executor.map(Ready, str(tmp_path), refuse, range(9))
    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(StateError, match="no state for 2"):
        next(answers)
    with pytest.raises(ZeroDivisionError):
        list(executor.map(Ready, str(tmp_path), break_down, range(4)))
    assert list(executor.map(Ready, str(tmp_path), square, range(3))) == [0, 1, 4]
    executor.close()


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    executor = local_executor(2)
    assert list(executor.map(Ready, str(tmp_path), die_once, range(8))) == list(range(8))
    with pytest.raises(ScaleEnvError, match="--workers"):
        list(executor.map(Ready, str(tmp_path), die, range(4)))
    executor.close()


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from engine.executors.local import local_executor\n"
        "from tests.executors.test_local import Ready, square\n"
        "executor = local_executor(2)\n"
        f"answers = executor.map(Ready, {str(tmp_path)!r}, square, range(1000))\n"
        "[next(answers) for _ in range(6)]\n"
        "import multiprocessing; print(*[p.pid for p in multiprocessing.active_children()], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    children = [int(pid) for pid in done.stdout.split()]
    assert len(children) == 2
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if Path(f"/proc/{pid}/cmdline").exists() and _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return "python" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def test_no_workers_is_refused() -> None:
    with pytest.raises(UsageError, match="from 1"):
        local_executor(0)


def imported(_bench: Ready, module: str) -> bool:
    return module in sys.modules


def test_processes_are_made_ready_before_there_is_work(tmp_path: Path) -> None:
    with ProcessExecutor(2) as executor:
        executor.prepare(["colorsys"])
        executor.prepare(["no_such_module"])  # later calls do nothing
        assert list(executor.map(Ready, str(tmp_path), imported, ["colorsys"] * 8)) == [True] * 8
