"""Code from a language model: nothing faulty is admitted, what can be repaired is, and a run that is stopped comes to the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.agents.llm.ask.question import BudgetReached, Question
from engine.models.role import RoleName
from engine.models.run import Run, RunOptions
from engine.pipeline import execute, read_seed_text, request
from engine.pipeline.cast import Cast
from engine.pipeline.model_settings import ModelSettings
from engine.pipeline.repair import MOST_ROUNDS
from engine.store import Store
from tests.fakes.asker import Says, ScriptedAsker, code_block, names_asked, writes
from tests.pipeline import samples

Change = Callable[[str], str]
MODEL = "test/model"


def _replacing(before: str, after: str) -> Change:
    def change(source: str) -> str:
        assert before in source
        return source.replace(before, after)

    return change


def _first_line(line: str) -> Change:
    """The code with another line in front of its first statement."""
    return lambda source: source.replace('    """\n', f'    """\n    {line}\n', 1)


FAULTS: dict[str, dict[str, Change]] = {
    "of all kinds": {
        "drop_wish": _first_line("total = sum(1 for one in range(1_000_000_000))"),
        "add_wish": _replacing('"list_full"', '"too_many_wishes"'),
        "change_wish": _replacing("    return {", '    db.update("wish", wish_id, {"priority": 1})\n    return {'),
        "list_wishes": _replacing('"note": row["note"],', ""),
        "find_member": _replacing("-> dict:", "-> dict"),
    },
    "refused unseen": {
        "drop_wish": _first_line("import os"),
        "add_wish": _first_line("import datetime\n    today = datetime.datetime.now()"),
        "change_wish": _replacing('db.get("wish", wish_id)', 'db.get("wish", {"wish_id": wish_id})'),
        "list_wishes": _first_line("while True:\n        pass"),
    },
}
SOME = {name: FAULTS["of all kinds"][name] for name in ("change_wish", "list_wishes")}


class Library:
    """A library whose tools a language model writes, in a store of its own."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch, *roles: RoleName) -> None:
        self.store = Store.open(path)
        self._patch = patch
        self._models = dict.fromkeys(roles, MODEL)
        options = RunOptions(tasks=0, seed=3, models=self._models)
        self.run = request(self.store, read_seed_text(str(samples.LIBRARY)), options).run.id
        self.asker = ScriptedAsker(lambda *_: "")

    def execute(self, says: Says) -> Run:
        self.asker = asker = ScriptedAsker(says)

        def cast(*_: Any, **__: Any) -> Cast:
            make: Any = lambda: asker  # noqa: E731
            return Cast(self._models, make_client=make, tools_per_call=lambda _: 4)

        self._patch.setattr("engine.pipeline.run.make_cast", cast)
        return execute(self.store, self.run, settings=ModelSettings())

    @property
    def messages(self) -> str:
        return "\n".join(event.message for event in self.store.runs.events(self.run))

    def reports(self) -> dict[str, tuple[bool, int]]:
        """Tool -> whether it was admitted, and its repairs."""
        found = {each.tool.name: each.report for each in self.store.tools.all("library")}
        return {name: (report.admitted, report.repairs) for name, report in found.items() if report is not None}

    def content(self) -> dict[str, Any]:
        """What is stored of each tool."""
        tools = self.store.tools
        return {name: (tools.get("library", name), tools.cases("library", name)) for name in self.reports()}

    def source(self, tool: str) -> str:
        return self.store.tools.get("library", tool).tool.source


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The library's tools with the composer's code."""
    path = samples.make(tmp_path_factory.mktemp("right") / "studio.db", RunOptions(tasks=0, seed=3))
    with Store.open(path) as store:
        return {each.tool.name: each.tool for each in store.tools.all("library")}


def _faulty(right: dict[str, Any], faults: dict[str, Change], repairs: Callable[[str, int], str] | None = None) -> Says:
    """Writes right code but for the tools with faults; repairs them as it is told, or not at all."""

    def says(question: Question[Any], turn: int) -> str:
        names = list(dict.fromkeys(names_asked(question)))
        if question.role == "debug":
            assert names
            source = repairs(names[0], question.round) if repairs else faults[names[0]](right[names[0]].source)
            return code_block([source])
        return code_block(faults[name](right[name].source) if name in faults else right[name].source for name in names)

    return says


def test_right_code_is_admitted_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")
    assert library.execute(writes(right.values())).status == "done"
    assert library.reports() == dict.fromkeys(right, (True, 0))
    assert {each.tool.made_by for each in library.store.tools.all("library")} == {MODEL}
    assert {name: library.source(name) for name in right} == {name: tool.source for name, tool in right.items()}
    assert [question.subject.count(",") for question in library.asker.asked] == [3, 1]  # four tools a call, then two
    library.store.close()


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_faulty_tools_are_refused_and_admitted_after_their_repair(
    faults: dict[str, Change], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")

    def repairs(tool: str, round: int) -> str:
        return right[tool].source if round == 2 else right[tool].source.replace("return {", 'return {"x": 1, ')

    library.execute(_faulty(right, faults, repairs))
    assert library.reports() == dict.fromkeys(right, (True, 0)) | dict.fromkeys(faults, (True, 2))
    assert {name: library.source(name) for name in right} == {name: tool.source for name, tool in right.items()}
    assert {each.tool.made_by for each in library.store.tools.all("library")} == {MODEL}
    debug = [question for question in library.asker.asked if question.role == "debug"]
    assert {(question.subject, question.round) for question in debug} == {
        (name, at) for name in faults for at in (1, 2)
    }
    for question in debug:
        assert "move it there" not in question.user  # only the function is taken, so that nothing can be moved above it
        if question.round == 2:
            assert f"Repair 1 of `{question.subject}` by {MODEL} did not do: case 0" in library.messages
            assert "result.x: found 1, expected nothing" in question.user
            assert "rows before:" in question.user
    library.store.close()


def test_what_can_not_be_repaired_is_dropped_with_its_last_reasons_and_the_rest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")
    faults = {**FAULTS["refused unseen"], "add_wish": FAULTS["of all kinds"]["add_wish"]}
    assert library.execute(_faulty(right, faults)).status == "done"
    assert library.reports() == dict.fromkeys(right, (True, 0)) | dict.fromkeys(faults, (False, MOST_ROUNDS))
    report = library.store.tools.get("library", "add_wish").report
    assert report is not None
    assert "expected the rejection list_full, found too_many_wishes" in " ".join(report.reasons)
    library.store.close()


def test_code_that_never_ends_costs_one_case_and_not_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")
    loops = {"drop_wish": FAULTS["of all kinds"]["drop_wish"]}
    library.execute(_faulty(right, loops, lambda *_: "def other(): ..."))
    report = library.store.tools.get("library", "drop_wish").report
    assert report is not None
    assert (report.admitted, report.cases) == (False, 1)
    assert "cases were not run, because the call did not come to its end" in report.reasons[1]
    library.store.close()


def test_the_composer_takes_a_tool_over_where_the_cast_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code")
    library.execute(_faulty(right, SOME))
    assert library.reports() == dict.fromkeys(right, (True, 0)) | dict.fromkeys(SOME, (True, 1))
    made_by = {each.tool.name: each.tool.made_by for each in library.store.tools.all("library")}
    assert made_by == dict.fromkeys(right, MODEL) | dict.fromkeys(SOME, "composer")
    library.store.close()


def test_a_model_that_says_nothing_usable_leaves_tools_without_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")
    assert library.execute(lambda *_: "I'm sorry, I can't help with that.").status == "done"
    assert library.reports() == dict.fromkeys(right, (False, 2))  # the domain's budget: two for each tool
    assert "no code came from test/model" in library.messages
    library.store.close()


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_run_that_is_stopped_anywhere_comes_to_the_same(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any], repaired: dict[str, Any]
) -> None:
    says = _faulty(right, SOME, lambda tool, round: _second_time(right, tool, round))
    library = Library(tmp_path / "studio.db", monkeypatch, "code", "debug")
    left = after

    def until(question: Question[Any], turn: int) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise BudgetReached("nothing is left")
        return says(question, turn)

    assert library.execute(until).status == "exhausted"
    assert library.execute(says).status == "done"
    assert library.content() == repaired
    library.store.close()


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory, right: dict[str, Any]) -> dict[str, Any]:
    """A library that was repaired undisturbed."""
    with pytest.MonkeyPatch.context() as patch:
        library = Library(tmp_path_factory.mktemp("repaired") / "studio.db", patch, "code", "debug")
        library.execute(_faulty(right, SOME, lambda tool, round: _second_time(right, tool, round)))
        assert library.reports() == dict.fromkeys(right, (True, 0)) | dict.fromkeys(SOME, (True, 2))
        content = library.content()
        library.store.close()
    return content


def _second_time(right: dict[str, Any], tool: str, round: int) -> str:
    return right[tool].source if round == 2 else SOME[tool](right[tool].source).replace("return {", 'return {"x": 1, ')


CASES = {
    "agrees": {
        "note": "six wishes are too many",
        "rows": ["member(member_id='MEM-1')", *(f"book(book_id='BOO-{n}')" for n in range(1, 8)),
                 *(f"wish(wish_id='WIS-{n}', member_id='MEM-1', book_id='BOO-{n}')" for n in range(1, 7))],
        "call": "add_wish(member_id='MEM-1', book_id='BOO-7', priority=2)",
        "expects": "list_full",
    },
    "differs": {
        "note": "five wishes are enough",
        "rows": ["member(member_id='MEM-1')", *(f"book(book_id='BOO-{n}')" for n in range(1, 8)),
                 *(f"wish(wish_id='WIS-{n}', member_id='MEM-1', book_id='BOO-{n}')" for n in range(1, 6))],
        "call": "add_wish(member_id='MEM-1', book_id='BOO-7', priority=2)",
        "expects": "list_full",
    },
}  # fmt: skip
INSTANCE = {"kind": "instance", "reason": "six are allowed", "case": None, "changes": []}
QUOTA = "len(rows('wish', member_id=member.member_id)) < 5"


def _judges(right: dict[str, Any], verdict: dict[str, Any], *cases: str) -> Says:
    def says(question: Question[Any], turn: int) -> str:
        if question.role == "test":
            return json.dumps({"cases": [CASES[name] for name in cases]})
        if question.role == "debug" and question.schema is not None:
            return json.dumps(verdict)
        return writes(right.values())(question, turn)

    return says


def test_proposed_cases_on_which_the_contract_agrees_join_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    library = Library(tmp_path / "studio.db", monkeypatch, "test", "debug")
    library.execute(_judges(right, INSTANCE, "agrees", "differs"))
    proposed = [case for case in library.store.tools.cases("library") if case.detail.startswith("by the test agent")]
    assert [(case.tool, case.kind, case.target, case.passed) for case in proposed] == [
        ("add_wish", "reject", "list_full", True)
    ]
    assert (
        "Disputed: five wishes are enough: the test case says that the call must be refused with `list_full`"
        in library.messages
    )
    assert "The case was taken back (six are allowed)." in library.messages
    assert library.reports() == dict.fromkeys(right, (True, 0))
    library.store.close()


@pytest.mark.parametrize("condition, words", [
    (QUOTA, "The contract was corrected"),
    ("True", "depends on nothing"),
    ("len(rows('wish', member_id=member.member_id)) < 3 or member_id == member_id", "refused: "),
    ("no_such_name < 5", "refused: "),
])  # fmt: skip
def test_a_contract_gives_way_only_to_one_that_is_sound_and_settles_the_dispute(
    condition: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: dict[str, Any]
) -> None:
    verdict = {
        "kind": "contract",
        "reason": "",
        "case": None,
        "changes": [{"code": "list_full", "condition": condition}],
    }
    library = Library(tmp_path / "studio.db", monkeypatch, "test", "debug")
    library.execute(_judges(right, verdict, "differs"))
    assert words in library.messages
    tool = library.store.tools.get("library", "add_wish")
    assert tool.admitted
    stated = {each.code: each.condition for each in tool.tool.contract.requires}["list_full"]
    was = {each.code: each.condition for each in right["add_wish"].contract.requires}["list_full"]
    assert stated == (condition if condition == QUOTA else was)
    assert (">= 5" in tool.tool.source) == (condition == QUOTA)
    library.store.close()
