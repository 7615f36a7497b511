"""The measure itself: the hand-written tools keep their contracts, and the checks find tools that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.faulty import inspect_tools
from engine.bench.planted import read_planted, read_reference
from engine.errors import UsageError
from engine.foundation.build import verify_tools
from engine.models.tool import Tool
from engine.pipeline.seeds import composed_of, read_seed_text

HERE = Path(__file__).parent
COMPOSED = composed_of(read_seed_text(str(HERE / "tool_library.yaml")).text)
REFERENCE = read_reference(HERE / "reference.py", COMPOSED.tools)
PLANTED = read_planted(HERE / "planted.yaml")


def _changed(name: str, before: str, after: str) -> Tool:
    tool = next(tool for tool in REFERENCE if tool.name == name)
    assert before in tool.source
    return tool.model_copy(update={"source": tool.source.replace(before, after)})


def test_the_library_has_twelve_tools_and_each_is_planted_on_success_and_refusal() -> None:
    assert len(COMPOSED.tools) == 12
    for tool in COMPOSED.tools:
        mine = [case for case in PLANTED.cases if case.tool == tool.name]
        assert any(case.answer is not None for case in mine)
        codes = {requirement.code for requirement in tool.contract.requires}
        assert {case.refused for case in mine} - {""} <= codes, tool.name
        assert not codes or any(case.refused for case in mine)


def test_the_reference_keeps_the_contracts() -> None:
    """Written apart from the composer's code, it is admitted by the same tests."""
    reports = {report.tool: report.reasons for report in verify_tools(COMPOSED.spec, REFERENCE, seed=1).reports}
    assert reports == {tool.name: () for tool in COMPOSED.tools}


@pytest.mark.parametrize("tools", [REFERENCE, COMPOSED.tools], ids=["reference", "composed"])
def test_sound_tools_have_no_faults(tools: tuple[Tool, ...]) -> None:
    found = inspect_tools(COMPOSED.spec, tools, seeds=[2], reference=REFERENCE, planted=PLANTED)
    assert found.faults == ()
    assert found.cases == found.compared > 200
    assert found.planted == len(PLANTED.cases)


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("borrow_equipment", "len(out) > 2", "len(out) > 3"),
        ("extend_loan", '"renewals": loan["renewals"] + 1, ', ""),
        ("return_equipment", 'db.update("equipment", tool["equipment_id"], {"status": "available"})\n', "pass\n"),
        ("search_equipment", 'found.sort(key=lambda tool: tool["daily_fee"])', "pass"),
        ("pay_fees", "amount > owed", "amount >= owed"),
        ("cancel_hold", '"status": "cancelled"})', '"status": "fulfilled"})'),
        ("place_hold", '"placed_at": db.now()', '"placed_at": "2026-03-02T08:00:00"'),
    ],
)
def test_a_wrong_tool_is_found_by_every_judge(name: str, before: str, after: str) -> None:
    wrong = _changed(name, before, after)
    found = inspect_tools(COMPOSED.spec, [wrong], seeds=[2], reference=REFERENCE, planted=PLANTED)
    assert found.faulty == (name,)
    assert {fault.judge for fault in found.faults} == {"contract", "reference", "planted"}


def test_a_contract_that_was_weakened_to_fit_its_code_is_found_by_the_reference() -> None:
    tool = _changed("extend_loan", '"status": "waiting"})', '"status": "nobody"})')
    kept = tuple(each for each in tool.contract.requires if each.code != "somebody_waits")
    weak = tool.model_copy(update={"contract": tool.contract.model_copy(update={"requires": kept})})
    found = inspect_tools(COMPOSED.spec, [weak], seeds=[2], reference=REFERENCE, planted=PLANTED)
    assert "contract" not in {fault.judge for fault in found.faults}
    assert {fault.judge for fault in found.faults} == {"reference", "planted"}


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("now: [", "can't be read"),
        ("now: x\nrows: {}\ncases: [{tool: a, call: {}}]", "cases.0: Value error, give either"),
        ("now: x\nrows: {}\ncases: [{tool: a, call: {}, answer: {}, changes: [{table: t, key: k}]}]", "exactly one of"),
        ('now: x\nrows: {}\ncases: [{tool: a, call: {}, refused: "no", extra: 1}]', "cases.0.extra"),
    ],
)
def test_a_planted_file_that_is_wrong_says_where(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "planted.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_planted(path)


def test_a_reference_without_a_tool_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reference.py"
    path.write_text("def find_member(db, email): ...\n", "utf-8")
    with pytest.raises(UsageError, match="no function `pay_fees`"):
        read_reference(path, COMPOSED.tools)
