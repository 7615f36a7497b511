"""The hand-written material is what it is said to be: a good model's answers, all of which pass."""

from __future__ import annotations

from engine.foundation.build import verify_tools
from tests.fakes.material import SMALL, load
from tests.fakes.reference import composition, conception, written


def test_the_roles_make_the_whole_domain_of_it() -> None:
    conceived = conception()
    assert conceived.warnings == ()
    assert conceived.fallen_back == ()
    assert set(conceived.blueprint.tools) == set(load().tools)
    assert 12 <= len(conceived.blueprint.entities) <= 14


def test_every_tool_is_admitted_with_the_code_written_by_hand() -> None:
    report = verify_tools(composition().spec, written(), seed=11)
    assert {each.tool: each.reasons for each in report.reports if not each.admitted} == {}
    assert report.stranded == ()


def test_the_code_is_not_the_composers() -> None:
    composed = {tool.name: tool.source for tool in composition().tools}
    assert all(tool.source not in composed[tool.name] for tool in written())


def test_a_part_of_it_is_a_domain_too() -> None:
    assert set(conception(SMALL).blueprint.tools) == set(SMALL)
    report = verify_tools(composition(SMALL).spec, written(SMALL), seed=3, sandbox=None)
    assert {each.tool: each.reasons for each in report.reports if not each.admitted} == {}
