"""What tools of rival environments do wrong, tried on every tool of every built-in domain."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from engine.contracts.check import check_contract
from engine.contracts.differences import matches, matches_changes
from engine.contracts.evaluate import evaluate
from engine.contracts.state import PlainState
from engine.models.domain import Domain
from engine.models.tool import Contract, Tool
from engine.models.trace import Call
from engine.runtime.environment import Environment
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import CallRecord, Experiment, to_changes
from engine.runtime.sandbox import SandboxRuntime
from tests.peers.worlds import DOMAINS, Knowledge, exploration, odd_calls, valid_call, world

CALLS_AT_LEAST = 300


@pytest.mark.parametrize("name", DOMAINS)
def test_no_call_raises_whatever_it_carries(name: str) -> None:
    """Tools crashed on calls that their own schemas allow, and on values that they don't."""
    domain, tasks = world(name)
    with InProcessRuntime(domain) as runtime:
        for number, task in enumerate(tasks[:3]):
            calls = exploration(domain, task, random.Random(f"{name}/{number}"), rounds=4)
            assert len(calls) >= CALLS_AT_LEAST
            episode = runtime.open(runtime.base(task.initial_state.rows, task.initial_state.now))
            records = runtime.run(episode, calls)
            broken = [(call, record.problem) for call, record in zip(calls, records, strict=True) if _failed(record)]
            assert broken == []
            assert sum(record.outcome == "success" for record in records) > len(domain.tools) // 2
            for record in records:
                json.dumps(record.problem, ensure_ascii=False).encode()  # an agent can be told each of them


def _failed(record: CallRecord) -> bool:
    return record.outcome == "failure" or (record.problem or {}).get("code") == "internal_error"


@pytest.mark.parametrize("name", DOMAINS)
def test_calls_change_exactly_what_is_declared(name: str) -> None:
    """A write put one item's value onto all its siblings, and the gold states with them."""
    domain, tasks = world(name)
    task = tasks[1]
    state = PlainState(domain.database, task.initial_state.rows, task.initial_state.now)
    written = 0
    with InProcessRuntime(domain) as runtime:
        episode = runtime.open(runtime.base(task.initial_state.rows, task.initial_state.now))
        for call in exploration(domain, task, random.Random(name), rounds=3):
            record = runtime.run(episode, [call])[0]
            code = None if record.problem is None else record.problem["code"]
            if code in ("invalid_arguments", "unknown_tool"):
                assert record.diff == []
                continue
            given = {key: value for key, value in call.arguments.items() if value is not None}
            expected = evaluate(domain.tool[call.name], domain.database, state, given)
            assert expected.defect is None
            assert code == expected.code, call
            assert matches_changes(expected.changes, record.diff) == [], call
            assert record.outcome == "rejection" or matches(expected.result, record.result) == [], call
            state.apply(to_changes(record.diff))
            written += len(record.diff)
    assert written >= len(task.gold_diff)


@pytest.mark.parametrize("name", DOMAINS)
def test_reference_calls_never_fail_in_either_runtime(name: str) -> None:
    """Gold actions raised errors that graders then logged and passed over."""
    domain, tasks = world(name)
    batch = [Experiment(task.initial_state.rows, task.initial_state.now, task.reference_calls) for task in tasks]
    with InProcessRuntime(domain) as trusted, SandboxRuntime(domain) as sandbox:
        one, two = trusted.experiments(batch), sandbox.experiments(batch)
    for task, here, there in zip(tasks, one, two, strict=True):
        assert [record.outcome for record in here.records] == ["success"] * len(task.reference_calls)
        assert here == there
        assert to_changes(here.diff) == task.gold_diff


@pytest.mark.parametrize("name", DOMAINS)
def test_a_wrong_keyword_is_an_observation(name: str) -> None:
    """One wrong keyword ended the episode."""
    domain, tasks = world(name)
    with InProcessRuntime(domain) as runtime:
        episode = Environment(domain, runtime).episode(tasks[0])
        episode.reset()
        for call in tasks[0].reference_calls:
            wrong = episode.step(Call(name=call.name, arguments={**call.arguments, "colour": "red"}))
            assert wrong.content["error"]["code"] == "invalid_arguments"
            assert wrong.content["error"]["details"] == {"arguments": {"colour": "is not a parameter"}}
            assert not wrong.terminated
            assert not wrong.truncated
            assert episode.step(call).outcome == "success"
        assert episode.reward().reward == 1.0


@pytest.mark.parametrize("name", DOMAINS)
def test_a_missing_row_is_a_rejection_with_a_code(name: str) -> None:
    """An id that does not exist was answered by a server error."""
    domain, tasks = world(name)
    known = Knowledge(domain, tasks[0].initial_state.rows)
    rng = random.Random(name)
    tried = 0
    with InProcessRuntime(domain) as runtime:
        base = runtime.base(tasks[0].initial_state.rows, tasks[0].initial_state.now)
        for tool in domain.tools:
            for parameter in tool.parameters:
                if parameter.refers_to is None or parameter.type != "text" or parameter.array:
                    continue
                arguments = {**valid_call(tool, known, rng).arguments, parameter.name: "NOBODY-0000"}
                record = runtime.run(runtime.open(base), [Call(name=tool.name, arguments=arguments)])[0]
                tried += 1
                if record.outcome == "success":  # a search for it finds nothing, a filter by it no row
                    assert not tool.mutates_state
                    continue
                assert record.problem is not None
                assert record.problem["code"] in {one.code for one in tool.contract.requires} | {"invalid_arguments"}
                assert record.problem["message"]
    assert tried > len(domain.tools) // 2


@pytest.mark.parametrize("name", DOMAINS)
def test_arguments_are_never_evaluated_and_private_methods_never_reached(name: str) -> None:
    """An argument's name was run as code, and an agent could call a private method and raise its own reward."""
    domain, tasks = world(name)
    task = tasks[0]
    known, rng = Knowledge(domain, task.initial_state.rows), random.Random(name)
    private = ("__init__", "_put", "begin", "undo", "load", "save", "reward", "db.update", "Database", "eval", "money")
    attempts = [Call(name=method, arguments={"table": "x", "values": {}}) for method in private]
    attempts += [call for call in odd_calls(domain, known, rng) if _expects_nothing(domain, call)]
    with InProcessRuntime(domain) as runtime:
        episode = Environment(domain, runtime).episode(task, max_steps=10_000)
        episode.reset()
        for call in attempts:
            assert episode.step(call).outcome == "rejection", call
        assert episode.diff() == []
        assert episode.reward().reward == 0.0
        assert episode.save()["state"] == {"now": task.initial_state.now, "counters": {}, "changes": []}


def _expects_nothing(domain: Domain, call: Call) -> bool:
    """Whether the call has names that are none of its tool's parameters."""
    tool = domain.tool.get(call.name)
    return tool is None or not set(call.arguments) <= set(tool.parameter)


@pytest.mark.parametrize("name", DOMAINS)
def test_expressions_in_values_stay_text(name: str) -> None:
    """Values that look like code were taken for code."""
    domain, tasks = world(name)
    probe = "__import__('os').abort() or {db} %s"
    stored: list[Any] = []
    with InProcessRuntime(domain) as runtime:
        task = tasks[0]
        known, rng = Knowledge(domain, task.initial_state.rows), random.Random(name)
        episode = runtime.open(runtime.base(task.initial_state.rows, task.initial_state.now))
        for tool in domain.tools:
            texts = [item.name for item in tool.parameters if item.type == "text" and not item.array and not item.enum]
            free = [text for text in texts if tool.parameter[text].refers_to is None]
            for _ in range(8):
                arguments = {**valid_call(tool, known, rng).arguments, **dict.fromkeys(free, probe)}
                record = runtime.run(episode, [Call(name=tool.name, arguments=arguments)])[0]
                assert record.outcome != "failure"
                stored += [value for *_, after in record.diff if after for value in after.values() if value == probe]
    assert stored


@pytest.mark.parametrize("name", DOMAINS)
def test_contracts_can_not_drift_from_their_parameters(name: str) -> None:
    """Conditions shipped as prose named parameters that no longer exist."""
    domain = world(name).domain
    drifted = 0
    for tool in domain.tools:
        assert check_contract(tool, domain.database) == []
        for parameter in tool.parameters:
            others = tuple(item for item in tool.parameters if item != parameter)
            renamed = parameter.model_copy(update={"name": f"{parameter.name}_new"})
            for parameters in (others, (*others, renamed)):
                problems = check_contract(tool.model_copy(update={"parameters": parameters}), domain.database)
                assert problems, (tool.name, parameter.name)
                drifted += 1
    assert drifted > len(domain.tools)


@pytest.mark.parametrize("name", DOMAINS)
def test_contracts_can_not_drift_from_the_schema(name: str) -> None:
    """Conditions went on about columns that had been renamed."""
    domain = world(name).domain
    for table in domain.database.tables:
        named = [column for column in table.columns if column.role == "status"]
        for column in named:
            columns = tuple(
                item.model_copy(update={"name": "state_new"}) if item == column else item for item in table.columns
            )
            changed = table.model_copy(update={"columns": columns})
            tables = tuple(changed if item.name == table.name else item for item in domain.database.tables)
            database = domain.database.model_copy(update={"tables": tables})
            users = [tool for tool in domain.tools if f".{column.name}" in _text(tool) and tool.entity == table.name]
            assert all(check_contract(tool, database) for tool in users), [tool.name for tool in users]


def _text(tool: Tool) -> str:
    contract: Contract = tool.contract
    return " ".join(requirement.condition for requirement in contract.requires)
