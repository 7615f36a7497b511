"""Who plays what: back ends are loaded when they are called for, and no sooner."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.agents.llm.ask.question import BudgetReached
from engine.models.role import ROLES
from engine.models.run import RunOptions
from engine.pipeline import execute, waiting
from engine.pipeline.cast import COMPOSER_BATCH, Cast, make_cast
from engine.pipeline.model_settings import ModelSettings, read_settings
from engine.pipeline.phases import Phases
from engine.store import Store
from tests.pipeline import samples

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        yield opened


def cast_of(store: Store, options: RunOptions, settings: ModelSettings | None = None) -> Cast:
    run = store.runs.create("library", options, seed_kind="blueprint", seed_digest="d", seed="{}")
    return make_cast(store, run, settings or ModelSettings())


def test_every_role_has_two_players(store: Store) -> None:
    offline = cast_of(store, RunOptions())
    asked = cast_of(store, RunOptions(models=dict.fromkeys(ROLES, "openai/one")))
    for role in ROLES:
        assert (offline.player(role), offline.is_model(role), offline.batch(role)) == (
            "composer",
            False,
            COMPOSER_BATCH,
        )
        assert (asked.player(role), asked.is_model(role), asked.batch(role)) == ("openai/one", True, 5)
        composer, model = type(getattr(offline, role)), type(getattr(asked, role))
        assert composer.__module__.startswith("engine.agents.composer.")
        assert model.__module__ == f"engine.agents.llm.roles.{role}"
        assert composer.__name__.removeprefix("Composer") == model.__name__.removeprefix("Model")
    offline.close()
    asked.close()


def test_a_mixed_cast(store: Store, tmp_path: Path) -> None:
    config = tmp_path / "studio.toml"
    config.write_text('[models.endpoints."small"]\ntools_per_call = 1\n', "utf-8")
    settings = read_settings(config, environment={"SCALEENV_MODEL": "other"})
    cast = cast_of(store, RunOptions(models={"code": "small"}), settings)
    assert (cast.batch("code"), cast.is_model("debug")) == (1, False)
    assert type(cast.code).__name__ == "ModelCode"
    assert type(cast.debug).__name__ == "ComposerDebug"
    cast.close()


def test_nothing_offline_needs_litellm_or_loads_anything_of_models(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["litellm"] = None  # as if it were not installed
from pathlib import Path
from engine.cli import run
from tests.pipeline import samples
samples.make(Path({str(tmp_path / "studio.db")!r}))
at = ["--db", {str(tmp_path / "studio.db")!r}]
assert run(["models", *at]) == 0
assert run(["synth", "bicycle workshop", "--model", "openai/gpt-5.1", "--estimate", *at]) == 0
assert run(["synth", "bicycle workshop", *at]) == 2
theirs = ("litellm.", "tiktoken", "openai", "httpx", "engine.agents.llm.ask.client", "engine.agents.llm.ask.provider")
assert not [name for name in sys.modules if name.startswith(theirs)], "loaded"
assert run(["models", "test", "openai/gpt-5.1", *at]) == 1
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "price unknown" in done.stdout
    assert "pip install 'scaleenv-studio[llm]'" in done.stdout


def test_a_budget_that_is_used_up_leaves_a_run_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    work = Phases.work

    def spends(_phases: Phases) -> bool:
        raise BudgetReached("used 5 of 5 calls; go on with more")

    with Store.open(path) as store:
        monkeypatch.setattr(Phases, "work", spends)
        ended = execute(store, run)
        assert (ended.status, ended.error, ended.owner) == ("exhausted", "used 5 of 5 calls; go on with more", "")
        assert store.runs.events(run)[-1].message == "Stopped: used 5 of 5 calls; go on with more"
        assert [each.id for each in store.runs.unfinished()] == [run]
        assert store.queue.open() == []  # nobody starts it by himself: the budget would be as small as before
        monkeypatch.setattr(Phases, "work", work)
        assert execute(store, run).status == "done"


@pytest.mark.parametrize("how", ["cancel", "interrupt"])
def test_waiting_for_a_model_ends_when_it_is_told_to(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:

        def waits(phases: Phases) -> bool:
            phases._cast.wait(asyncio.Event().wait())  # pyright: ignore[reportPrivateUsage]
            raise AssertionError("nobody sets it")

        def observe(*_: object) -> None:
            if how == "interrupt":
                raise KeyboardInterrupt
            store.runs.request_cancel(run)

        monkeypatch.setattr(Phases, "work", waits)
        if how == "interrupt":
            with pytest.raises(KeyboardInterrupt):
                execute(store, run, observe=observe)
        else:
            execute(store, run, observe=observe)
        assert store.runs.get(run).status == {"cancel": "cancelled", "interrupt": "interrupted"}[how]
