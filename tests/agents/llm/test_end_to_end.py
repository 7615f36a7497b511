"""From a keyword to audited tasks through real HTTP, litellm and the sandbox, with a model and a provider that fail.

Nothing a model says stops a run; what it says wrongly is repaired or dropped, and never admitted.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.agents.llm.ask.question import ProviderError
from engine.foundation.build import verify_tools
from engine.models.call import Answer
from engine.models.run import Run
from engine.pipeline import execute, keyword_seed_text, request
from engine.pipeline.cassette import export_cassette, import_cassette
from engine.pipeline.exports import export_domains
from engine.pipeline.worker import start_worker
from engine.store import Store
from engine.store.tasks import TaskFilter
from tests.fakes.faults import CODE, KINDS, Faults
from tests.fakes.material import KEYWORD, SMALL, load
from tests.fakes.model_server import Asked, ModelServer
from tests.fakes.reference import composition, mutants
from tests.fakes.runs import DOMAIN, KEY_VARIABLE, MODEL, make, options, settings
from tests.pipeline.samples import content

TASKS = 20
RATE = 0.3
KEY = "sk-scripted-0123456789"


class Made(NamedTuple):
    """A finished run."""

    path: Path
    run: Run
    log: list[Asked]


@pytest.fixture(scope="module", autouse=True)
def _key() -> Iterator[None]:
    """A provider's key, where the settings say that it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, KEY)
        yield


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The whole domain and its tasks, three in ten answers being wrong."""
    path = tmp_path_factory.mktemp("faulty") / "studio.db"
    # Wrong code counts three times, else providers' faults would take most of the share.
    faults = Faults(RATE, seed=5, kinds=(*KINDS, *CODE, *CODE), mutants=mutants())
    with ModelServer(load(), faults=faults) as server:
        run = make(path, options(server.base_url, tasks=TASKS), settings(timeout=3.0, tools_per_call=2), workers=2)
        return Made(path, run, list(server.log))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A part of the domain without faults, made by a server that is gone since."""
    path = tmp_path_factory.mktemp("small") / "studio.db"
    with ModelServer(load(SMALL)) as server:
        run = make(path, options(server.base_url, tools=SMALL, tasks=3), settings())
        return Made(path, run, list(server.log))


def test_the_run_ends_with_all_its_tasks(faulty: Made) -> None:
    assert (faulty.run.status, faulty.run.error) == ("done", "")
    with Store.open(faulty.path) as store:
        assert store.tasks.count(TaskFilter(domain=DOMAIN, state="audited")) == TASKS
        assert store.problems() == []


def test_the_faults_were_there(faulty: Made) -> None:
    struck = Counter(asked.fault for asked in faulty.log)
    share = 1 - struck[None] / len(faulty.log)
    assert share > RATE - 0.1
    assert len(struck) >= 12  # of 20 kinds
    asked = {asked.role for asked in faulty.log}
    assert asked >= {"domain", "tool_schema", "database", "contract", "code", "test", "debug", "chain", "instruction"}


def test_no_faulty_tool_is_admitted(faulty: Made) -> None:
    """What was admitted holds the contracts that a good model writes, on states that nobody has seen before."""
    with Store.open(faulty.path) as store:
        admitted = {tool.name: tool for tool in store.domain(DOMAIN).tools}
    right = composition()
    tools = [
        tool.model_copy(update={"source": admitted[tool.name].source}) for tool in right.tools if tool.name in admitted
    ]
    assert len(tools) == len(admitted)
    report = verify_tools(right.spec, tools, seed=4711, sandbox=None)
    assert {each.tool: each.reasons for each in report.reports if not each.admitted} == {}


def test_nearly_all_tools_are_admitted_after_repair(faulty: Made) -> None:
    """Of a run without faults all are; see `test_material`."""
    with Store.open(faulty.path) as store:
        stored = store.tools.all(DOMAIN)
    admitted = [each for each in stored if each.report is not None and each.report.admitted]
    assert len(admitted) >= 0.95 * len(load().tools)
    assert any(each.report.repairs for each in admitted if each.report is not None)
    assert {each.tool.made_by for each in admitted} == {MODEL}
    assert all(each.report.reasons for each in stored if each.report is not None and not each.report.admitted)


def test_keys_are_nowhere(faulty: Made) -> None:
    assert {asked.key for asked in faulty.log} == {KEY}
    assert KEY.encode() not in b"".join(file.read_bytes() for file in faulty.path.parent.iterdir())


def test_a_second_run_asks_nobody_and_gives_the_same(small: Made, tmp_path: Path) -> None:
    path = Path(shutil.copy(small.path, tmp_path / "studio.db"))
    run = make(path, small.run.options, settings(retries=0), force=True)
    assert run.status == "done"
    assert content(path) == content(small.path)
    with Store.open(path) as store:
        spent = store.calls.spent(run.id)
        assert (spent.calls, spent.cost) == (0, 0)
        assert all(call.cached for call in store.calls.of_run(run.id, limit=1_000))


def test_another_run_shares_the_answers(small: Made, tmp_path: Path) -> None:
    """A domain of another name has other tasks, as its name is among the sources of chance, but the same foundation."""
    path = Path(shutil.copy(small.path, tmp_path / "studio.db"))
    asked = small.run.options.model_copy(update={"tasks": 0})
    run = make(path, asked, settings(retries=0), name="workshop_two")
    assert (run.status, run.error) == ("done", "")
    with Store.open(path) as store:
        assert store.calls.spent(run.id).calls == 0
        assert store.domain("workshop_two").tools == store.domain(DOMAIN).tools


def test_a_cassette_replays_elsewhere(small: Made, tmp_path: Path) -> None:
    tape, path = tmp_path / "workshop.jsonl", tmp_path / "elsewhere.db"
    with Store.open(small.path) as store:
        assert export_cassette(store, [small.run.id], tape) == len({asked.request for asked in small.log})
    with Store.open(path) as store:
        import_cassette(store, tape)
    run = make(path, small.run.options, settings(offline=True))
    assert (run.status, run.error) == ("done", "")
    assert content(path) == content(small.path)
    assert _bundle(path, tmp_path / "a") == _bundle(small.path, tmp_path / "b")


def test_a_killed_run_goes_on_and_pays_for_nothing_twice(small: Made, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with ModelServer(load(SMALL), latency=0.2) as server:
        asked = small.run.options.model_copy(update={"base_url": server.base_url})
        with Store.open(path) as store:
            id = request(store, keyword_seed_text(KEYWORD, name=DOMAIN, tools=asked.tools), asked).run.id
        pid = start_worker(path, id, workers=1)
        deadline = time.monotonic() + 120
        while not server.asked("contract") and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
        before = len(server.log)
        assert 0 < before < len(small.log)
        kept = _kept(path, id)
        with Store.open(path) as store:
            assert execute(store, id, settings=settings()).status == "done"
        later = [asked.request for asked in server.log[before:]]
        assert not kept & set(later)
    assert content(path) == content(small.path)


def test_a_run_ends_with_words_when_the_server_is_gone_and_goes_on_when_it_is_back(small: Made, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    impatient = settings(retries=0, concurrency=1)
    with ModelServer(load(SMALL), latency=0.05) as server:
        asked = small.run.options.model_copy(update={"base_url": server.base_url})
        port, note = server.port, server.note

        def note_and_leave(each: Asked) -> None:
            note(each)
            if each.role == "code":
                server.stop()

        server.note = note_and_leave  # type: ignore[method-assign]
        with pytest.raises(ProviderError, match="does not answer"):
            make(path, asked, impatient)
    with ModelServer(load(SMALL), port=port) as server, Store.open(path) as store:
        (run,) = store.runs.all()
        assert run.status == "failed"
        assert "scaleenv resume" in run.error
        again = execute(store, run.id, settings=impatient)
        assert (again.status, again.error) == ("done", "")
        assert "domain" not in {each.role for each in server.log}
    assert content(path) == content(small.path)


def test_two_roles_of_a_model_and_all_others_of_the_composer(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with ModelServer(load(SMALL)) as server:
        run = make(path, options(server.base_url, tools=SMALL, tasks=2, roles=("domain", "instruction")), settings())
        roles = Counter(asked.role for asked in server.log)
    assert (run.status, run.error) == ("done", "")
    assert set(roles) == {"domain", "instruction"}
    with Store.open(path) as store:
        assert store.domains.get(DOMAIN).made_by == {"domain": MODEL, "instruction": MODEL}
        assert {tool.made_by for tool in store.domain(DOMAIN).tools} == {"composer"}
        tasks = list(store.tasks.iterate(DOMAIN))
    assert any(task.made_by for task in tasks)


def _bundle(path: Path, out: Path) -> dict[str, bytes]:
    """What is exported of a store's domain."""
    with Store.open(path) as store:
        export_domains(store, [], out)
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def _kept(path: Path, run: str) -> set[str]:
    """The requests of a run of which the store has the answers."""
    with Store.open(path) as store:
        return {_request(answer) for answer in store.answers.export(store.calls.keys([run]))}


def _request(answer: Answer) -> str:
    return answer.request["messages"][1]["content"]
