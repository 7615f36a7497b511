"""A language model is asked for one tool again: an edit as any other, whatever it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.agents.llm.ask.question import BudgetReached, Question
from engine.errors import StoreError, UsageError
from engine.models.run import Run, RunOptions
from engine.models.tool_edit import ToolEdit
from engine.pipeline import execute
from engine.pipeline.cast import Cast
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.rewrite import RewriteRole, propose_by_model
from engine.store import Store
from tests.fakes.asker import Says, ScriptedAsker, code_block
from tests.pipeline import samples

MODEL = "test/model"
Works = Callable[[Store, str, Says], Run]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.make(tmp_path_factory.mktemp("rewrite") / "studio.db", RunOptions(tasks=2, seed=3))


@pytest.fixture
def store(finished: Path, tmp_path: Path) -> Iterator[Store]:
    for file in finished.parent.glob(f"{finished.name}*"):
        shutil.copy(file, tmp_path / file.name)
    with Store.open(tmp_path / finished.name) as opened:
        yield opened


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Works:
    """Works on a run with a model that says what it is told to."""

    def work(store: Store, run: str, says: Says) -> Run:
        def cast(store: Store, run: Run, *_: Any, **__: Any) -> Cast:
            make: Any = lambda: ScriptedAsker(says)  # noqa: E731
            return Cast(dict(run.options.models), make_client=make, tools_per_call=lambda _: 4)

        monkeypatch.setattr("engine.pipeline.run.make_cast", cast)
        return execute(store, run, settings=ModelSettings())

    return work


def _ask(store: Store, role: RewriteRole = "code", model: str = MODEL, hint: str = "say it shorter") -> str:
    return propose_by_model(store, "library", "add_wish", role=role, model=model, hint=hint, curator="Ada").id


def _edit(store: Store, run: str) -> ToolEdit:
    return store.tool_edits.of_run(run)


@pytest.mark.parametrize("role", ["code", "debug"])
def test_what_passes_its_tests_counts_and_says_who_made_it(role: RewriteRole, store: Store, works: Works) -> None:
    before = store.tools.get("library", "add_wish").tool
    asked: list[Question[Any]] = []

    def says(question: Question[Any], turn: int) -> str:
        asked.append(question)
        return code_block([before.source.replace("    return {", "    # shorter\n    return {")])

    run = _ask(store, role)
    assert _edit(store, run).state == "waiting"
    assert works(store, run, says).status == "done"
    edit, now = _edit(store, run), store.tools.get("library", "add_wish").tool
    assert (edit.state, edit.curator, edit.note) == ("counts", "Ada (test/model)", "say it shorter")
    assert (now, now.made_by, "# shorter" in now.source) == (edit.after, MODEL, True)
    assert [question.role for question in asked] == [role]
    assert "say it shorter" in asked[0].user
    assert "say it shorter" not in asked[0].system
    assert not store.staleness.counts("library")


def test_other_conditions_come_with_code_for_them(store: Store, works: Works) -> None:
    before = store.tools.get("library", "add_wish").tool
    condition = "len(rows('wish', member_id=member.member_id)) < 4"

    def says(question: Question[Any], turn: int) -> str:
        if question.role == "debug":
            changes = [{"code": "list_full", "condition": condition}]
            return json.dumps({"kind": "contract", "reason": "as wished", "case": None, "changes": changes})
        assert ">= 4" in question.user  # the steps are those of the new contract
        return code_block([before.source.replace(">= 6", ">= 4")])

    run = _ask(store, "contract", hint="four books are enough")
    works(store, run, says)
    assert _edit(store, run).state == "counts"
    assert condition in {each.condition for each in store.tools.get("library", "add_wish").tool.contract.requires}


SAID: dict[str, tuple[RewriteRole, Callable[[str], str], str]] = {
    "prose": ("code", lambda _: "I'd rather not.", "gave no usable answer"),
    "the same": ("code", lambda source: code_block([source]), "leaves the tool as it is"),
    "an import": ("code", lambda source: code_block([source.replace("    return", "    import os\n    return")]), "import"),
    "another code": ("code", lambda source: code_block([source.replace('"list_full"', '"full"')]), "expected the rejection"),
    "a weaker contract": (
        "contract",
        lambda _: json.dumps({"kind": "contract", "reason": "", "case": None,
                              "changes": [{"code": "list_full", "condition": "True"}]}),
        "depends on nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_what_does_not_hold_is_refused_and_the_tool_stays(said: str, store: Store, works: Works) -> None:
    role, says, words = SAID[said]
    before = store.tools.get("library", "add_wish")
    run = _ask(store, role)
    assert works(store, run, lambda *_: says(before.tool.source)).status == "done"
    edit = _edit(store, run)
    assert edit.state == "refused"
    assert edit.report is not None
    assert words in " ".join(edit.report.reasons)
    assert store.tools.get("library", "add_wish") == before
    assert "was refused" in store.runs.events(run)[-1].message
    assert _ask(store) != run  # nothing stands in the way of the next one


def test_the_composer_can_be_asked_to_take_a_tool_over(store: Store, works: Works) -> None:
    source = store.tools.get("library", "add_wish").tool.source
    works(store, _ask(store), lambda *_: code_block([source.replace("    return {", "    # shorter\n    return {")]))
    run = _ask(store, model="composer")
    works(store, run, lambda *_: "")
    now = store.tools.get("library", "add_wish").tool
    assert (_edit(store, run).state, now.made_by, now.source) == ("counts", "composer", source)


def test_a_run_that_is_stopped_before_its_answer_goes_on(store: Store, works: Works) -> None:
    source = store.tools.get("library", "add_wish").tool.source

    def nothing_left(*_: Any) -> str:
        raise BudgetReached("nothing is left")

    run = _ask(store)
    assert works(store, run, nothing_left).status == "exhausted"
    assert _edit(store, run).state == "waiting"
    again = works(store, run, lambda *_: code_block([source.replace("    return {", "    # shorter\n    return {")]))
    assert (again.status, _edit(store, run).state) == ("done", "counts")


def test_what_can_not_be_asked_for_is_refused_at_once(store: Store) -> None:
    with pytest.raises(UsageError, match="no tool `nothing`"):
        propose_by_model(store, "library", "nothing", role="code", model=MODEL, hint="", curator="Ada")
    with pytest.raises(UsageError, match="Enter your name"):
        propose_by_model(store, "library", "add_wish", role="code", model=MODEL, hint="", curator=" ")
    with pytest.raises(UsageError, match="at most 2,000 characters"):
        _ask(store, hint="x" * 2_001)
    _ask(store)
    with pytest.raises(StoreError, match="is being tested by the run"):
        _ask(store)
