"""Language models on the command line: through real HTTP, against a scripted server, from a keyword to audited tasks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.cli import run
from engine.commands import studio
from engine.models.run import Budget
from engine.pipeline.kept_cases import kept_cases
from engine.pipeline.keys import SECRETS_VARIABLE, keys_present
from engine.pipeline.model_settings import CONFIG_VARIABLE
from engine.store import Store
from tests.cli.test_studio import free_port
from tests.fakes.material import KEYWORD, SMALL, load
from tests.fakes.model_server import ModelServer
from tests.pipeline import samples

SECRET = "sk-of-a-server-0123456789abcdef"
NAME = "bicycle_workshop"
MODEL = "openai/scripted"
WISH = ("synth", KEYWORD, "--model", MODEL, "--tools", "12", "--tasks", "3", "--workers", "1")


class Said(NamedTuple):
    """What a command printed."""

    document: Any
    out: str
    err: str


class Made(NamedTuple):
    """A domain that models made, with what was said meanwhile.

    Attributes:
        exhausted: By the first command, whose budget was too small.
        keys: What the server was sent as keys.
    """

    db: Path
    exhausted: Said
    resumed: Said
    trial: Said
    keys: set[str]


def ran(*arguments: str | Path, code: int = 0, as_json: bool = True) -> Said:
    """Runs a command in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        got = run([*map(str, arguments), *(["--json"] if as_json else [])])
    assert got == code, err.getvalue()
    return Said(json.loads(out.getvalue()) if as_json else None, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True, scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A place without settings, with a key for servers of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*keys_present(), *(name for name in os.environ if name.startswith("SCALEENV_"))]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("SCALEENV_API_KEY", SECRET)
        patch.setenv("OPENAI_API_KEY", "sk-of-somebody-else-0123456789")
        patch.chdir(tmp_path_factory.mktemp("here"))
        yield


@pytest.fixture(scope="module")
def made(settings: None, tmp_path_factory: pytest.TempPathFactory) -> Made:
    db = tmp_path_factory.mktemp("models") / "studio.db"
    with ModelServer(load(SMALL)) as server:
        there = ("--base-url", server.base_url, "--db", db)
        exhausted = ran(*WISH, "--max-calls", "4", *there, code=1)
        resumed = ran("resume", "--max-calls", "500", "--workers", "1", "--db", db)
        trial = ran("models", "test", MODEL, *there)
        return Made(db, exhausted, resumed, trial, {asked.key for asked in server.log})


def test_a_budget_that_is_too_small_stops_the_run_and_a_larger_one_goes_on(made: Made) -> None:
    first, (second,) = made.exhausted.document, made.resumed.document["resumed"]
    assert (first["status"], first["calls"], first["tools_admitted"]) == ("exhausted", 4, 0)
    assert "used 4 of 4 calls; go on with `scaleenv resume bicycle_workshop-1 --max-calls N`" in made.exhausted.err
    assert (second["status"], second["tasks_audited"]) == ("done", 3)
    assert second["tools_admitted"] >= 10
    assert second["calls"] > 4
    assert second["tokens"] > first["tokens"] > 1_000
    assert second["cost"] is None  # nobody knows what the scripted model costs
    assert "tokens in" in made.resumed.err
    assert "(4 answered from the store)" in made.resumed.err


def test_keys_are_sent_and_nowhere_to_be_seen(made: Made) -> None:
    assert made.keys == {SECRET}
    said = "".join(part for each in (made.exhausted, made.resumed, made.trial) for part in (each.out, each.err))
    assert SECRET not in said
    for file in made.db.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes()
    with Store.open(made.db) as store:
        assert SECRET not in store.runs.get(f"{NAME}-1").model_dump_json()


def test_a_trial_says_what_came_back(made: Made) -> None:
    (trial,) = made.trial.document["trials"]
    assert (trial["ok"], trial["form"], trial["answer"], trial["cost"]) == (True, "json_schema", "bicycle", None)
    assert trial["seconds"] >= 0


def test_calls_are_listed_shown_whole_and_added_up(made: Made) -> None:
    at = (f"{NAME}-1", "--db", made.db)
    listed = ran("calls", *at).document
    assert listed["matching"] == len(listed["calls"])
    roles = {call["role"] for call in listed["calls"]}
    assert roles >= {"domain", "tool_schema", "database", "code", "instruction"}
    code = ran("calls", *at, "--role", "code", "--subject", "register_bicycle", "--full").document["calls"]
    assert len(code) == 1
    assert "def register_bicycle" in code[0]["answer"]["text"]
    assert "Role: code" in code[0]["answer"]["request"]["messages"][0]["content"]
    whole = ran("calls", *at, "--role", "domain", "--full", as_json=False).out
    assert "--- system\nRole: domain" in whole
    assert "--- answer (stop)" in whole
    sums = ran("calls", *at, "--by", "role").document
    assert {group["of"] for group in sums["groups"]} == roles
    for part in ("calls", "prompt_tokens", "completion_tokens"):
        assert sum(group[part] for group in sums["groups"]) == sums["total"][part]
    assert "price unknown" in ran("calls", *at, "--by", "role", as_json=False).out
    tasks = ran("calls", *at, "--by", "task").document["groups"]
    with Store.open(made.db) as store:
        known = {task.id for task in store.tasks.iterate(NAME)}
    assert known & {group["of"] for group in tasks}
    refused = ran("calls", *at, "--role", "coder", code=2)
    assert "did you mean `code`" in refused.document["error"]


def test_what_models_made_is_verified_like_everything_else(made: Made) -> None:
    """The test agent's cases and the dependency agent's edges included."""
    with Store.open(made.db) as store:
        assert kept_cases(store, NAME)
    verified = ran("verify", "--workers", "1", "--db", made.db).document
    assert (verified["failed"], verified["checked"] > 20) == (0, True)


def test_a_cassette_replays_the_run_elsewhere_with_no_server(made: Made, tmp_path: Path) -> None:
    tape, other = tmp_path / "tape.jsonl", tmp_path / "other.db"
    written = ran("cassette", "export", f"{NAME}-1", tape, "--db", made.db).document["answers"]
    again = ran(*WISH, "--cassette", tape, "--db", other)
    assert (again.document["status"], again.document["calls"], again.document["tokens"]) == ("done", 0, 0)
    assert f"{written:,} new answers" in again.err
    assert samples.exported(other, tmp_path / "one") == samples.exported(made.db, tmp_path / "two")
    assert ran("cassette", "import", tape, "--db", other).document["answers"] == 0
    unasked = ran(*WISH, "--hint", "with rentals", "--force", "--cassette", tape, "--db", other, code=1)
    assert "There is no kept answer to what the domain agent asks" in unasked.document["error"]
    assert "Name the runs first" in ran("cassette", "export", tape, "--db", made.db, code=2).document["error"]


def test_the_same_wish_again_asks_nobody(made: Made) -> None:
    again = ran(*WISH, "--db", made.db)
    assert "up to date" in again.err
    other = ran(*WISH, "--model-for", "code=composer", "--db", made.db, code=2)
    assert "player of `code` (openai/scripted then, composer now)" in other.document["error"]


def test_models_beside_a_blueprint(made: Made, tmp_path: Path) -> None:
    db = tmp_path / "studio.db"
    wish = ("synth", samples.LIBRARY, "--tasks", "2", "--workers", "1", "--db", db)
    with ModelServer(load(SMALL)) as server:
        mixed = ran(*wish, "--model-for", f"instruction={MODEL}", "--base-url", server.base_url)
        assert {asked.role for asked in server.log} == {"instruction"}
    assert (mixed.document["status"], mixed.document["tasks_audited"], mixed.document["tools_admitted"]) == (
        "done",
        2,
        6,
    )
    with Store.open(db) as store:
        assert store.domains.get("library").made_by == {"instruction": MODEL}
        assert {tool.tool.made_by for tool in store.tools.all("library")} == {"composer"}


def test_an_edit_by_a_model_stops_at_its_budget_and_goes_on_with_a_larger_one(made: Made, tmp_path: Path) -> None:
    db = tmp_path / "studio.db"
    for file in made.db.parent.glob(f"{made.db.name}*"):
        shutil.copy(file, tmp_path / file.name)
    wish = ("revise", NAME, "register_bicycle", "--model", MODEL, "--hint", "say it shorter", "--workers", "1")
    with ModelServer(load(SMALL)) as server:
        there = ("--base-url", server.base_url, "--db", db)
        stopped = ran(*wish, *there, "--max-calls", "0", code=1)
        assert not server.log
        run = stopped.document["run"]
        assert (stopped.document["status"], stopped.document["state"]) == ("exhausted", "waiting")
        assert f"used 0 of 0 calls; go on with `scaleenv resume {run} --max-calls N`" in stopped.err
        ran("resume", run, "--max-tokens", "10", "--max-calls", "1", "--workers", "1", "--db", db, code=1)
        assert not server.log
        told = ran("resume", run, "--max-tokens", "100000", "--workers", "1", "--db", db, as_json=False).out
        assert [asked.role for asked in server.log] == ["code"]
    assert f"{run}: The edit" in told
    with Store.open(db) as store:
        assert store.runs.get(run).options.budget == Budget(tokens=100_000, calls=1)
        edit = store.tool_edits.of_run(run)
    assert edit.report is not None
    assert "leaves the tool as it is" in edit.report.reasons[0]


def test_a_server_that_is_gone_is_told_in_plain_words(tmp_path: Path) -> None:
    db = tmp_path / "studio.db"
    with ModelServer(load(SMALL)) as server:
        gone = server.base_url
    (tmp_path / "studio.toml").write_text(f'[models.endpoints."{MODEL}"]\nretries = 0\n', "utf-8")
    failed = ran(*WISH, "--base-url", gone, "--db", db, code=1)
    assert "does not answer" in failed.document["error"]
    assert failed.err.count("does not answer") == 1
    assert "Traceback" not in failed.err
    with Store.open(db) as store:
        assert store.runs.get(f"{NAME}-1").status == "failed"
    tried = ran("models", "test", MODEL, "--base-url", gone, "--db", db, code=1).document
    assert (tried["ok"], tried["trials"][0]["ok"]) == (False, False)


def test_a_keyword_without_a_model(tmp_path: Path) -> None:
    told = ran("synth", "hospital", "--db", tmp_path / "studio.db", code=2)
    assert "scaleenv synth healthcare_telemedicine" in told.document["error"]
    assert not (tmp_path / "studio.db").exists()


def test_an_estimate_does_nothing(tmp_path: Path) -> None:
    db = tmp_path / "studio.db"
    about = ran("synth", KEYWORD, "--model", "openai/gpt-5.1", "--tools", "50", "--estimate", "--db", db).document
    assert (about["domain"], about["tools"]) == (NAME, 50)
    assert about["cost"] > 0
    assert about["tokens_in"] == sum(share["tokens_in"] for share in about["by_role"].values())
    text = ran("synth", KEYWORD, "--model", MODEL, "--estimate", "--db", db, as_json=False).out
    assert "The price of a model is not known" in text
    free = ran("synth", samples.LIBRARY, "--estimate", "--db", db, as_json=False).out
    assert "costs nothing" in free
    assert not db.exists()


def test_models_are_listed_with_their_keys_by_name_alone(tmp_path: Path) -> None:
    (tmp_path / "studio.toml").write_text(
        '[models]\ndefault = "openai/gpt-5.1"\n[models.roles]\ncode = "local"\n[budget]\ncost = 2.5\n'
        '[models.endpoints.local]\nbase_url = "http://127.0.0.1:1/v1"\nkey_variable = "MY_KEY"\n'
        "input_price = 0.0\noutput_price = 0.0\n",
        "utf-8",
    )
    db = tmp_path / "studio.db"
    listed = ran("models", "--db", db).document
    assert (listed["roles"]["code"], listed["roles"]["domain"]) == ("local", "openai/gpt-5.1")
    assert [model["key"] for model in listed["models"]] == [
        {"variable": "OPENAI_API_KEY", "status": "present"},
        {"variable": "MY_KEY", "status": "absent"},
    ]
    text = ran("models", "--model-for", "test=composer", "--db", db, as_json=False).out
    for words in ("OPENAI_API_KEY present", "MY_KEY absent", "$0.00, $0.00", "Budget of a run: $2.50", "composer"):
        assert words in text
    assert "0123456789" not in text + json.dumps(listed)
    assert "No language model is configured" in ran("models", as_json=False).out
    doctor = ran("doctor", "--db", db)
    (check,) = [each for each in doctor.document["checks"] if each["name"] == "language models"]
    assert "OPENAI_API_KEY" in check["detail"]
    assert "0123456789" not in doctor.out
    (tmp_path / "studio.toml").write_text("[modls]\n", "utf-8")
    assert "did you mean `models`" in ran("models", "--db", db, code=2).document["error"]


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("--model-for", "coder=x"), "no role `coder`; did you mean `code`"),
        (("--model-for", "code"), "write ROLE=MODEL"),
        (("--base-url", f"http://me:{SECRET}@host/v1"), "no user name or password"),
        (("--max-cost", "inf"), "bound of `cost`"),
        (("--config", "none.toml"), "there is no such file"),
        (("--cassette", "none.jsonl"), "none.jsonl"),
    ],
)
def test_what_is_wrongly_asked(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    told = ran("synth", KEYWORD, "--model", MODEL, *arguments, "--db", tmp_path / "studio.db", code=2)
    assert says in told.document["error"]
    assert SECRET not in told.out + told.err


def test_the_studio_is_told_where_settings_and_keys_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its server starts in a folder of its own."""
    seen: dict[str, str] = {}
    monkeypatch.setattr(subprocess, "Popen", lambda _command, *, env, **_: seen.update(env))
    monkeypatch.setattr(studio, "_wait", lambda _server: 0)
    monkeypatch.chdir(tmp_path)
    command = ("studio", "--headless", "--port", str(free_port()), "--db", tmp_path / "studio.db")
    ran(*command)
    assert CONFIG_VARIABLE not in seen
    (tmp_path / "studio.toml").write_text("", "utf-8")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text('OPENAI_API_KEY = "sk-none"', "utf-8")
    ran(*command)
    assert seen[CONFIG_VARIABLE] == str(tmp_path / "studio.toml")
    assert seen[SECRETS_VARIABLE].split(os.pathsep)[-1] == str(tmp_path / ".streamlit" / "secrets.toml")
