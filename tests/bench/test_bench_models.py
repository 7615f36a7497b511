"""Measuring a language model: what it got admitted and how, and whether what was admitted is right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bench.faulty import inspect_tools
from engine.bench.models import bench_models
from engine.bench.planted import read_planted, read_reference
from engine.cli import run
from engine.errors import UsageError
from engine.pipeline.model_settings import ModelSettings, make_choice
from engine.pipeline.seeds import composed_of, read_seed_text
from tests.agents.llm.server import Reaction, Say, Server, serving

HERE = Path(__file__).parents[1] / "local_model"
SEED = HERE / "tool_library.yaml"
WHOLE = composed_of(read_seed_text(str(SEED)).text)
RIGHT = {tool.name: tool.source for tool in read_reference(HERE / "reference.py", WHOLE.tools)}
MODEL = "openai/scripted"


def _answer(body: dict[str, Any]) -> Reaction:
    """A model that drops an `f` at first, and never learns how to pay."""
    system, user = (str(message["content"]) for message in body["messages"][:2])
    names = [name for name in re.findall(r"def (\w+)\(", user) if name in RIGHT]
    sources = {name: RIGHT[name] for name in names}
    if "pay_fees" in sources:
        sources["pay_fees"] = sources["pay_fees"].replace("amount > owed", f"amount > owed + {len(user)}")
    if system.startswith("Role: code") and "report_damage" in sources:
        sources["report_damage"] = sources["report_damage"].replace('f"Only', '"Only')
    return Say("Here you are.\n```python\n" + "\n\n".join(sources.values()) + "\n```")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(_answer) as running:
        yield running


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library without loans and holds: five tools are enough to be counted."""
    path = tmp_path_factory.mktemp("seed") / "tool_library.yaml"
    path.write_text(_without_loans(SEED), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def planted(seed: str) -> Path:
    path = Path(seed).with_name("planted.yaml")
    path.write_text(_without_loans(HERE / "planted.yaml"), "utf-8")
    return path


def _without_loans(path: Path) -> str:
    text = path.read_text("utf-8")
    return text[: text.index("\n  loan:\n")] + text[text.index("\n  report:\n") :]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kept, so that the answers are asked for once."""
    return tmp_path_factory.mktemp("bench") / "studio.db"


@pytest.fixture(scope="module")
def data(server: Server, seed: str, planted: Path, store: Path) -> dict[str, Any]:
    return bench_models(
        seed,
        make_choice("test", model=MODEL, base_url=server.base_url),
        ModelSettings(),
        store=store,
        reference=HERE / "reference.py",
        planted=planted,
    )


def test_the_figures_say_what_was_admitted_when_and_why_not(data: dict[str, Any]) -> None:
    tools = data["tools"]
    assert (tools["asked"], tools["composed"], tools["first_try"], tools["after_repair"]) == (5, 5, 3, 4)
    assert tools["share_admitted"] == 0.8
    assert list(tools["rejected"]) == ["pay_fees"]
    assert "more_than_owed" in tools["rejected"]["pay_fees"]
    repairs = {each["tool"]: each["repairs"] for each in tools["each"]}
    assert repairs["report_damage"] == 1
    assert repairs["pay_fees"] > 1
    assert tools["repairs"] == sum(repairs.values())
    assert {each["made_by"] for each in tools["each"]} == {MODEL}


def test_it_says_who_played_which_role_and_what_they_were_asked(data: dict[str, Any], server: Server) -> None:
    assert {role for role, player in data["roles"].items() if player == MODEL} == {"code", "debug"}
    assert data["calls"]["all"]["calls"] == data["calls"]["code"]["calls"] + data["calls"]["debug"]["calls"]
    assert data["calls"]["all"]["calls"] == len(server.requests)
    assert data["calls"]["all"]["tokens"] == 120 * len(server.requests)
    assert data["tools"]["code_tokens_a_tool"] == data["tools"]["tokens_a_tool"] == 24 * len(server.requests)


def test_admitted_tools_are_tried_again_by_every_judge(data: dict[str, Any]) -> None:
    assert data["faults"] == []
    check = data["check"]
    assert check["tools"] == 4
    assert check["cases"] == check["compared"] > 150
    assert check["planted"] == 11


def test_a_fault_fails_the_command(
    server: Server, seed: str, planted: Path, store: Path, data: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Answers come from the store this time: nothing is asked, and the figures are the same."""
    planted.write_text(planted.read_text("utf-8").replace("REP-0002}", "REP-0003}"), "utf-8")
    asked = len(server.requests)
    given = ["--model", MODEL, "--base-url", server.base_url, "--store", str(store)]
    given += ["--planted", str(planted), "--json", "--workers", "1"]
    assert run(["bench", "models", seed, *given]) == 1
    said = capsys.readouterr()
    again = json.loads(said.out)
    assert "Admitted tools are faulty: report_damage" in said.err
    assert [(fault["tool"], fault["judge"]) for fault in again["faults"]] == [("report_damage", "planted")]
    assert len(server.requests) == asked
    assert again["calls"]["all"]["cached"] == asked
    assert again["tools"] == data["tools"]


def test_planted_states_of_another_domain_are_refused() -> None:
    spec = WHOLE.spec.model_copy(update={"database": WHOLE.spec.database.model_copy(update={"tables": ()})})
    with pytest.raises(UsageError, match="no table `member`"):
        inspect_tools(spec, (), seeds=(), planted=read_planted(HERE / "planted.yaml"))


def test_what_can_not_be_measured_is_said() -> None:
    with pytest.raises(UsageError, match="No language model is named"):
        bench_models(str(SEED), make_choice("test"), ModelSettings())
    with pytest.raises(UsageError, match="go with a blueprint"):
        bench_models("tool library", make_choice("test", model=MODEL), ModelSettings(), planted=HERE / "planted.yaml")
