"""Runs independent pieces of work on this machine, and hands the answers back in the order of the questions.

What runs where never shows in the answers: a piece of work sees its bench and its item, nothing else.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

from engine.errors import ScaleEnvError, UsageError

Plan = TypeVar("Plan")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

AHEAD = 2
"""Items that wait in front of each process, so that it never idles while an answer is being stored."""


class Bench(Protocol):
    """What a process keeps ready between pieces of work, such as a running sandbox."""

    def close(self) -> None:
        """Gives everything back."""
        ...


B = TypeVar("B", bound=Bench)


class Executor(Protocol):
    """Runs `work(set_up(plan), item)` for every item.

    Attributes:
        is_apart: The work is done beside this process, which can do something else meanwhile.
    """

    @property
    def is_apart(self) -> bool: ...

    def prepare(self, modules: Sequence[str]) -> None:
        """Makes ready for work that needs some modules, and does not wait for that; later calls do nothing."""
        ...

    def map(
        self,
        set_up: Callable[[Plan], B],
        plan: Plan,
        work: Callable[[B, Item], Answer],
        items: Iterable[Item],
        *,
        keep: bool = False,
    ) -> Generator[Answer, None, None]:
        """Yields the answers in the order of the items.

        Args:
            set_up: Builds a bench, once for each process that takes part.
            plan: What a bench is built from; has to be picklable, as items and answers have.
            work: A function of a module, without side effects beyond its bench.
            items: May be endless; the caller just stops asking.
            keep: Keep the benches when all is done, for a next call with this very plan (the same object).
        """
        ...

    def close(self) -> None:
        """Stops whatever is still running."""
        ...


class InlineExecutor:
    """Does everything in this process, one after the other."""

    is_apart = False

    def __init__(self) -> None:
        self._kept: tuple[Any, Any, Any] | None = None

    def prepare(self, modules: Sequence[str]) -> None:
        """There is nothing to be made ready; what the work needs is imported when it comes."""

    def map(
        self,
        set_up: Callable[[Plan], B],
        plan: Plan,
        work: Callable[[B, Item], Answer],
        items: Iterable[Item],
        *,
        keep: bool = False,
    ) -> Generator[Answer, None, None]:
        """See `Executor.map`."""
        bench = cast("B | None", self._take_kept(set_up, plan))
        finished = False
        try:
            for item in items:
                if bench is None:
                    bench = set_up(plan)
                yield work(bench, item)
            finished = True
        finally:
            if bench is not None and keep and finished:
                self._kept = (set_up, plan, bench)
            elif bench is not None:
                bench.close()

    def _take_kept(self, set_up: Any, plan: Any) -> Any:
        """The bench that was kept for this plan; one for another plan is closed."""
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        if kept[0] is set_up and kept[1] is plan:
            return kept[2]
        kept[2].close()
        return None

    def close(self) -> None:
        """Closes the bench that was kept, if there is one."""
        self._take_kept(None, None)


class ProcessExecutor:
    """Does the work in processes of this machine.

    A process that dies over an item is replaced and the item given to the new one, once; an error in the work
    is raised here. Processes end with this one, however it ends: each reads its orders from a pipe.

    Args:
        workers: How many processes.
    """

    is_apart = True

    def __init__(self, workers: int) -> None:
        self._workers = [_Worker() for _ in range(workers)]
        self._folder = tempfile.TemporaryDirectory(prefix="scaleenv-", ignore_cleanup_errors=True)
        self._plans = 0
        self._is_prepared = False
        self._kept: tuple[Any, Any, Path] | None = None

    def prepare(self, modules: Sequence[str]) -> None:
        """Starts the processes, each of which imports the modules at once: that takes as long as many an item.

        Later calls do nothing, not even where a process was stopped since: somebody else may be using them.
        """
        if not self._is_prepared:
            self._is_prepared = True
            for worker in self._workers:
                worker.start(modules)

    def map(
        self,
        set_up: Callable[[Plan], B],
        plan: Plan,
        work: Callable[[B, Item], Answer],
        items: Iterable[Item],
        *,
        keep: bool = False,
    ) -> Generator[Answer, None, None]:
        """See `Executor.map`."""
        path = self._told(set_up, plan)
        source = ((number, (work, item)) for number, item in enumerate(items))
        answers: dict[int, tuple[Any, BaseException | None]] = {}
        asked: dict[int, Any] = {}
        following, finished = 0, False
        try:
            while True:
                finished = finished or not self._feed(source, asked, answers, path)
                while following in answers:
                    answer, error = answers.pop(following)
                    if error is not None:
                        raise error
                    following += 1
                    yield answer
                    finished = finished or not self._feed(source, asked, answers, path)
                if finished and not asked and not answers:
                    return
                self._collect(asked, answers, path)
        finally:
            if asked or answers:  # the caller has enough, or an error came: what still runs is not wanted
                for worker in self._workers:
                    worker.stop()
            if keep and not asked and not answers:
                self._kept = (set_up, plan, path)
            else:
                path.unlink(missing_ok=True)

    def _told(self, set_up: Any, plan: Any) -> Path:
        """The file that tells the processes a plan: the one that was kept for it, or a new one.

        A plan can be large (the base rows of a seed): it goes through a file once, not through pipes with every item. A
        process that has set its bench up from a file goes on with it as long as items come with that file's name.
        """
        kept, self._kept = self._kept, None
        if kept is not None and kept[0] is set_up and kept[1] is plan:
            return kept[2]
        if kept is not None:
            kept[2].unlink(missing_ok=True)
        self._plans += 1
        path = Path(self._folder.name) / f"plan-{self._plans}"
        path.write_bytes(pickle.dumps((set_up, plan)))
        return path

    def _feed(
        self, source: Iterator[tuple[int, Any]], asked: dict[int, Any], answers: dict[int, Any], path: Path
    ) -> bool:
        """Fills the workers' queues; `False` when there are no more items."""
        while len(asked) + len(answers) < 2 * AHEAD * len(self._workers):
            worker = min(self._workers, key=lambda each: len(each.queue))
            if len(worker.queue) >= AHEAD:
                return True
            try:
                number, item = next(source)
            except StopIteration:
                return False
            asked[number] = item
            worker.give(path, number, item)
        return True

    def _collect(self, asked: dict[int, Any], answers: dict[int, Any], path: Path) -> None:
        """Waits for at least one answer."""
        busy = {worker.pipe: worker for worker in self._workers if worker.queue and worker.pipe is not None}
        for pipe in wait(list(busy)):
            worker = next(each for each in busy.values() if each.pipe is pipe)
            try:
                number, answer, error = worker.take()
            except (EOFError, OSError):
                self._replace(worker, asked, path)
                continue
            del asked[number]
            answers[number] = (answer, error)

    def _replace(self, worker: _Worker, asked: dict[int, Any], path: Path) -> None:
        lost = list(worker.queue)
        worker.stop()
        worker.deaths += 1
        if worker.deaths > 1:
            raise ScaleEnvError(
                "A worker process was killed twice; the machine may be out of memory. Try fewer with --workers."
            )
        for number in lost:
            worker.give(path, number, asked[number])

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One process, started when it gets its first item, or before."""

    def __init__(self) -> None:
        self.pipe: Connection[Any, Any] | None = None
        self.queue: deque[int] = deque()
        self.deaths = 0
        self._process: SpawnProcess | None = None

    def start(self, modules: Sequence[str] = ()) -> Connection[Any, Any]:
        """The pipe to the process, which is started where there is none."""
        if self.pipe is None:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self.pipe = cast("Connection[Any, Any]", ours)
            self._process = context.Process(target=_serve, args=(theirs, tuple(modules)), daemon=True)
            with _interrupts_held():
                self._process.start()
            theirs.close()
        return self.pipe

    def give(self, path: Path, number: int, item: Any) -> None:
        pipe = self.start()
        self.queue.append(number)
        with suppress(OSError):  # where the process is gone, reading from it will say so, and it is replaced then
            pipe.send((str(path), number, item))

    def take(self) -> tuple[int, Any, BaseException | None]:
        assert self.pipe is not None
        number, answer, error, trace = self.pipe.recv()
        if error is not None and trace:
            error.add_note(trace)
        self.queue.remove(number)
        self.deaths = 0
        return number, answer, error

    def stop(self) -> None:
        if self.pipe is not None:
            self.pipe.close()
        if self._process is not None and self._process.pid is not None:  # without one it was never started
            self._process.terminate()
            self._process.join(5)
        self.pipe = self._process = None
        self.queue.clear()


@contextmanager
def _interrupts_held() -> Generator[None, None, None]:
    """Puts off Ctrl-C and termination until the end, so that a process is started whole or not at all.

    The process that is started inside never sees Ctrl-C, which reaches the whole group: its parent decides what to
    do. Blocking the signal alone would not put it off here, because another thread may take it.
    """
    asked: list[int] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                handlers[number] = handler
                signal.signal(number, lambda caught, _: asked.append(caught))
    resource_tracker.ensure_running()  # or the first start would start it, and that unblocks the signal
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in asked:
        handlers[number](number, None)


def _serve(pipe: Connection[Any, Any], modules: Sequence[str]) -> None:
    """A worker process: answers items until nobody is there to ask."""
    signal.signal(signal.SIGTERM, _leave)
    for module in modules:
        import_module(module)
    gc.freeze()  # what is imported stays: no search for garbage need look at it
    current, bench = "", None
    while True:
        try:
            path, number, (work, item) = pipe.recv()
        except (EOFError, OSError):
            break
        try:
            if path != current:
                if bench is not None:
                    bench.close()
                    bench = None
                set_up, plan = pickle.loads(Path(path).read_bytes())
                bench, current = set_up(plan), path
            reply = (number, work(bench, item), None, "")
        except Exception as error:
            reply = (number, None, _portable(error), "" if isinstance(error, ScaleEnvError) else traceback.format_exc())
        try:
            pipe.send(reply)
        except OSError:
            break
    if bench is not None:
        bench.close()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _portable(error: Exception) -> Exception:
    """The error itself where it survives pickling, else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def default_workers() -> int:
    """As many processes as this one may use cores."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def local_executor(workers: int) -> InlineExecutor | ProcessExecutor:
    """An executor with that many processes; 1 stays in this one.

    Raises:
        UsageError: `workers` is below 1.
    """
    if workers < 1:
        raise UsageError(f"--workers is a number from 1, not {workers}.")
    return InlineExecutor() if workers == 1 else ProcessExecutor(workers)
