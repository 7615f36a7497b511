"""The steps of a contract say all of it: who only copies them writes a tool that is admitted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.agents.llm.text.contract_words import contract_steps, head_of
from engine.agents.llm.text.functions import tool_source
from engine.foundation.build import verify_tools
from engine.models.database import DatabaseSchema
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.pipeline.seeds import composed_of, read_seed_text
from tests.fakes.bookings import bookings_spec, bookings_tools

LIBRARY = composed_of(read_seed_text(str(Path(__file__).parents[3] / "local_model" / "tool_library.yaml")).text)
JOBS = composed_of(read_seed_text("job_seeking").text)
MANIFOLD = tuple(tool for tool in JOBS.tools if len(tool.contract.effects) > 2)
DOMAINS = {
    "bookings": (bookings_spec(), bookings_tools()),
    "library": (LIBRARY.spec, LIBRARY.tools),
    "job seeking, tools with many changes": (JOBS.spec, MANIFOLD),
}
ALL = [(spec, tool) for spec, tools in DOMAINS.values() for tool in tools]


def copied(tool: Tool, database: DatabaseSchema) -> str:
    """The tool as a model writes it that has no thought of its own."""
    lines: list[str] = [head_of(tool)]
    for step in contract_steps(tool, database).splitlines():
        text = step.partition(". ")[2]
        if match := re.fullmatch(r"sort (\w+) by (.*?)( \(which may be None\))?", text):
            for key in reversed(_parts(match[2])):
                value = key.removesuffix(" descending")
                value = f"({value} is not None, {value})" if match[3] else value
                falls = f", reverse={key != key.removesuffix(' descending')}"
                lines.append(f"    {match[1]} = sorted({match[1]}, key=lambda row: {value}{falls})")
        elif match := re.fullmatch(r"(\w+) = dicts \{(.*)\} of (\w+)(\[.*\])?", text):
            fields = [part.partition(": ") for part in _parts(match[2])]
            items = ", ".join(f'"{name}": {value or f"row[{name!r}]"}' for name, _, value in fields)
            lines.append(f"    {match[1]} = [{{{items}}} for row in {match[3]}{match[4] or ''}]")
        else:
            for deep, part in enumerate(re.split(r"(?<=:) (?=if |for |db\.)", text), 1):
                lines.append("    " * deep + part)
    return "\n".join(lines) + "\n"


def _parts(text: str) -> list[str]:
    """What stands between commas, brackets respected."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


@pytest.mark.parametrize("name", DOMAINS)
def test_a_copy_of_the_steps_is_admitted(name: str) -> None:
    spec, tools = DOMAINS[name]
    written = [
        tool.model_copy(update={"source": tool_source(tool, copied(tool, spec.database)), "made_by": "a copyist"})
        for tool in tools
    ]
    reports = verify_tools(spec, written, seed=5).reports
    assert {report.tool: report.reasons for report in reports if not report.admitted} == {}


@pytest.mark.parametrize("spec, tool", ALL, ids=lambda value: value.name)
def test_every_code_and_every_change_is_told_once_and_in_order(spec: DomainSpec, tool: Tool) -> None:
    steps = contract_steps(tool, spec.database).splitlines()
    refusals = [match[1] for step in steps if (match := re.search(r'db\.reject\("(\w+)"', step))]
    assert refusals == [requirement.code for requirement in tool.contract.requires]
    changes = [
        (match[1], match[2]) for step in steps if (match := re.search(r'db\.(insert|update|delete)\("(\w+)"', step))
    ]
    assert changes == [(effect.operation, effect.table) for effect in tool.contract.effects]
    assert steps[-1].partition(". ")[2].startswith("return {")
    assert [step.partition(".")[0] for step in steps] == [str(number + 1) for number in range(len(steps))]
