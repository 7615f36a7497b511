"""A bundle is the same bytes for the same input, runs alone, and notices when it was changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.export.bundle import tools_module, write_bundle
from engine.export.environment import BundleError, Environment
from engine.export.rows import write_jsonl, write_parquet
from engine.models.domain import Domain
from engine.models.trace import Call
from engine.runtime.environment import Environment as EngineEnvironment
from engine.runtime.inprocess import InProcessRuntime
from tests.export.booking_tasks import base_domain, booking_tasks

FIELDS = [
    "task_id",
    "domain",
    "instruction",
    "user_profile",
    "difficulty",
    "tools",
    "reference_calls",
    "chain",
    "gold_diff",
    "initial_state",
]

REPLAY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from environment import Environment

env = Environment.load(sys.argv[1])
seen = []
for task in env.tasks:
    env.reset(task["task_id"])
    nothing = env.reward()
    for call in task["reference_calls"]:
        env.step(call["name"], call["arguments"])
        assert env.outcome == "success", call
    seen.append([nothing, env.reward(), len(env.verdict()["mismatches"])])
foreign = sorted({name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))
print(json.dumps({"seen": seen, "foreign": [n for n in foreign if not n.startswith(("scaleenv_", "__", "environment"))]}))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(base_domain(), booking_tasks(), tmp_path_factory.mktemp("export") / "rooms")


def test_a_bundle_runs_with_nothing_but_python(bundle: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", REPLAY, str(bundle)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "3"},
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {"seen": [[0.0, 1.0, 0]] * 3, "foreign": []}


def test_its_rows_have_the_agreed_fields(bundle: Path) -> None:
    lines = (bundle / "tasks.jsonl").read_text("utf-8").strip("\n").split("\n")
    rows = [json.loads(line) for line in lines]
    assert [list(row) for row in rows] == [FIELDS] * 3
    assert rows[0]["reference_calls"][0]["name"] == "book_room"
    assert set(rows[0]["gold_diff"][0]) == {"table", "key", "before", "after"}
    schemas = json.loads((bundle / "tool_schemas.json").read_text("utf-8"))
    assert [tool["function"]["name"] for tool in schemas] == [tool.name for tool in base_domain().tools]


def test_the_manifest_names_every_file_and_nothing_of_the_machine(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    on_disk = {path.name: sha256(path.read_bytes()).hexdigest() for path in bundle.iterdir() if path.is_file()}
    on_disk.pop("manifest.json")
    assert manifest["files"] == on_disk
    assert (manifest["domain"], manifest["tasks"], manifest["tools"]) == ("room_booking", 3, 13)
    assert manifest["difficulty"] == {"easy": 1, "medium": 1, "hard": 1}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, bundle: Path) -> None:
    again = write_bundle(base_domain(), booking_tasks(), tmp_path / "deeper" / "again")
    for path in bundle.iterdir():
        if path.is_file():
            assert (again / path.name).read_bytes() == path.read_bytes(), path.name
    assert {path.name for path in again.iterdir()} == {path.name for path in bundle.iterdir() if path.is_file()}


def test_it_says_what_the_engine_says(bundle: Path) -> None:
    """Observations, outcomes and verdicts are those of the engine, for good calls and for bad ones."""
    domain, task = base_domain(), booking_tasks()[1]
    env = Environment.load(bundle)
    env.reset(task.id)
    calls = [
        *task.reference_calls,
        Call(name="book_romm", arguments={}),
        Call(name="get_booking", arguments={"booking_id": 3}),
        Call(name="get_booking", arguments={"booking_id": "BKG-0009", "x": 1}),
        Call(name="get_booking", arguments={"booking_id": "BKG-0001"}),
        Call(name="cancel_booking", arguments={"customer_id": "CUS-0002", "booking_id": "BKG-0001"}),
        Call(name="cancel_booking", arguments={"customer_id": "CUS-0001", "booking_id": "BKG-0001"}),
    ]
    with InProcessRuntime(domain) as runtime:
        engine = EngineEnvironment(domain, runtime)
        episode = engine.episode(task)
        episode.reset()
        for call in calls:
            observation = episode.step(call)
            answer = env.step(call.name, call.arguments)
            assert env.outcome == observation.outcome
            assert answer == observation.content
            assert env.reward() == episode.reward().reward
            assert env.verdict()["mismatches"] == [item.model_dump() for item in episode.reward().mismatches]
            assert env.diff() == episode.diff()


def test_reset_tells_what_an_agent_needs(bundle: Path) -> None:
    env = Environment.load(bundle)
    start = env.reset(env.task_ids[1])
    assert set(start) == {"task_id", "instruction", "user_profile", "now", "tools"}
    assert start["now"] == "2026-03-02T09:00:00"
    assert [tool["function"]["name"] for tool in start["tools"]] == list(booking_tasks()[1].tools)
    assert env.domain == "room_booking"


def test_resets_and_other_environments_do_not_meet(bundle: Path) -> None:
    task = booking_tasks()[0]
    env = Environment.load(bundle)
    other = env.another()
    for environment in (env, other):
        environment.reset(task.id)
    for call in task.reference_calls:
        env.step(call.name, call.arguments)
    assert (env.reward(), other.reward()) == (1.0, 0.0)
    env.reset(task.id)
    assert (env.reward(), env.diff()) == (0.0, [])
    answer = env.step("book_room", task.reference_calls[0].arguments)
    assert answer["booking_id"] == "BKG-0001"


def test_two_bundles_live_in_one_process(bundle: Path, tmp_path: Path) -> None:
    domain = base_domain()
    dearer = tuple(
        tool.model_copy(update={"source": tool.source.replace("* minutes / 60", "* minutes / 30")})
        if tool.name == "book_room"
        else tool
        for tool in domain.tools
    )
    second = write_bundle(Domain(spec=domain.spec, tools=dearer), booking_tasks(), tmp_path / "second")
    prices = []
    for folder in (bundle, second, bundle):
        env = Environment.load(folder)
        env.reset(env.task_ids[0])
        prices.append(env.step("book_room", booking_tasks()[0].reference_calls[0].arguments)["price"])
    assert prices == [20.0, 40.0, 20.0]


@pytest.mark.parametrize("name", ["tools.py", "tasks.jsonl", "environment.py", "runtime.json", "README.md"])
def test_a_changed_file_is_noticed(name: str, tmp_path: Path) -> None:
    folder = write_bundle(base_domain(), booking_tasks(), tmp_path / "changed")
    path = folder / name
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(BundleError, match=f"{name} is not what was exported"):
        Environment.load(folder)
    assert Environment.load(folder, verify=False).task_ids == [task.id for task in booking_tasks()]
    path.unlink()
    with pytest.raises(BundleError, match=f"lacks {name}"):
        Environment.load(folder, verify=False)


def test_wrong_use_is_explained(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        Environment.load(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(BundleError, match="is not the manifest of a bundle"):
        Environment.load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "scaleenv-bundle", "format_version": 9}')
    with pytest.raises(BundleError, match="has format 9"):
        Environment.load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "scaleenv-bundle", "format_version": 1}')
    with pytest.raises(BundleError, match=r"does not list runtime\.json"):
        Environment.load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "scaleenv-bundle"}')
    with pytest.raises(BundleError, match="has format None"):
        Environment.load(tmp_path)
    env = Environment.load(bundle)
    with pytest.raises(BundleError, match="call reset"):
        env.step("get_booking", {})
    with pytest.raises(BundleError, match="did you mean 'room_booking-0001'"):
        env.reset("room_bookings-0001")


def test_an_older_bundle_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    write_bundle(base_domain(), booking_tasks(), folder)
    (folder / "left_over.txt").write_text("x")
    write_bundle(base_domain(), booking_tasks()[:1], folder)
    assert not (folder / "left_over.txt").exists()
    assert Environment.load(folder).task_ids == ["room_booking-0000"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("x")
    with pytest.raises(ExportError, match="holds other things"):
        write_bundle(base_domain(), booking_tasks(), mine)
    assert [path.name for path in mine.iterdir()] == ["thesis.tex"]
    with pytest.raises(ExportError, match="is no folder"):
        write_bundle(base_domain(), booking_tasks(), mine / "thesis.tex")
    with pytest.raises(ExportError, match="can't write"):
        write_bundle(base_domain(), booking_tasks(), mine / "thesis.tex" / "deeper")


def test_a_task_of_another_domain_is_refused(tmp_path: Path) -> None:
    stranger = booking_tasks()[0].model_copy(update={"domain": "elsewhere"})
    with pytest.raises(ExportError, match="belongs to elsewhere"):
        write_bundle(base_domain(), [stranger], tmp_path / "out")
    lacking = Domain(spec=base_domain().spec, tools=base_domain().tools[1:])
    with pytest.raises(ExportError, match="uses get_booking, which the domain does not have"):
        write_bundle(lacking, booking_tasks(), tmp_path / "out")


def test_an_empty_bundle_loads(tmp_path: Path) -> None:
    assert Environment.load(write_bundle(base_domain(), (), tmp_path / "none")).task_ids == []


def test_tools_read_as_one_module() -> None:
    tool = base_domain().tools[0]
    uses = tool.model_copy(update={"source": "import math\nfrom datetime import date\n\n\n" + tool.source})
    text = tools_module(Domain(spec=base_domain().spec, tools=(uses, *base_domain().tools[1:])))
    assert text.startswith('"""The tools of room_booking."""\n\nfrom __future__ import annotations\n')
    assert text.count("import math\n") == 1
    assert text.index("from datetime import date\n") < text.index("from .functions import ") < text.index("def ")
    assert "\n\n\n\n" not in text


@pytest.mark.parametrize("write", [write_bundle, write_jsonl, write_parquet])
def test_a_task_that_pays_for_nothing_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    vacuous = booking_tasks()[0].model_copy(update={"gold_diff": ()})
    with pytest.raises(ExportError, match="earn the reward by doing nothing"):
        write(base_domain(), [vacuous], tmp_path / "out")
    assert not (tmp_path / "out").exists()
