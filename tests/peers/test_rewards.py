"""How rival rewards are earned without the work, or missed in spite of it, tried on tasks of every built-in domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import ExportError
from engine.export.bundle import write_bundle
from engine.models.base import Row
from engine.models.chain import Chain
from engine.models.database import DatabaseSchema
from engine.models.task import Task
from engine.models.trace import Call, RowChange
from engine.runtime.environment import Environment
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.reward import Scorer
from engine.tasks.audit import audit
from tests.peers.worlds import DOMAINS, World, world


@pytest.mark.parametrize("name", DOMAINS)
def test_doing_nothing_earns_nothing(name: str) -> None:
    """Agents that did nothing passed two of five tasks."""
    found = world(name)
    for task in found.tasks:
        assert _reward(found, task, ()) == 0.0
        assert _reward(found, task, _reads(found, task)) == 0.0


@pytest.mark.parametrize("name", DOMAINS)
def test_no_part_of_the_reward_is_there_from_the_start(name: str) -> None:
    """A check that already held at the start paid its share for nothing."""
    domain, tasks = world(name)
    scorer = Scorer(domain.database)
    for task in tasks:
        for change in task.gold_diff:
            assert scorer.score_changes((change,), ()).reward == 0.0, (task.id, change)


@pytest.mark.parametrize("name", DOMAINS)
def test_leaving_out_any_write_earns_nothing(name: str) -> None:
    """Tasks passed although a step that they ask for was never taken."""
    found = world(name)
    for task in found.tasks:
        assert _reward(found, task, task.reference_calls) == 1.0
        writes = [i for i, call in enumerate(task.reference_calls) if found.domain.tool[call.name].mutates_state]
        assert writes
        for left_out in writes:
            calls = [call for index, call in enumerate(task.reference_calls) if index != left_out]
            assert _reward(found, task, calls) == 0.0, (task.id, left_out)


@pytest.mark.parametrize("name", DOMAINS)
def test_harmless_reads_and_rejected_calls_cost_nothing(name: str) -> None:
    """Correct solutions failed for having looked around."""
    found = world(name)
    for task in found.tasks:
        noise = [*_reads(found, task), Call(name="no_such_tool"), Call(name=task.tools[0], arguments={"x": 1})]
        calls = [call for step in task.reference_calls for call in (step, *noise)]
        assert _reward(found, task, calls) == 1.0


@pytest.mark.parametrize("name", DOMAINS)
def test_columns_are_compared_by_their_policies(name: str) -> None:
    """One hash over the whole database failed correct solutions for a time stamp or the wording of a note."""
    domain, tasks = world(name)
    scorer = Scorer(domain.database)
    seen = {"exempt": 0, "hard": 0, "semantic": 0}
    for task in tasks:
        for place, change in enumerate(task.gold_diff):
            for column, policy in _compared(domain.database, change):
                other = _other(change.after or {}, column, policy)
                if other is None:
                    continue
                changed = change.model_copy(update={"after": {**(change.after or {}), column: other}})
                diff = (*task.gold_diff[:place], changed, *task.gold_diff[place + 1 :])
                reward = scorer.score_changes(task.gold_diff, diff).reward
                assert reward == (0.0 if policy == "hard" else 1.0), (task.id, change.table, column, policy)
                seen[policy] += 1
    assert seen["exempt"] + seen["semantic"] > 0
    assert seen["hard"] > 0


def _compared(database: DatabaseSchema, change: RowChange) -> list[tuple[str, Any]]:
    """Columns of a written row, without keys and links, whose rules tests of their own have."""
    table = database.table[change.table]
    linked = {name for link in table.foreign_keys for name in link.columns} | set(table.primary_key)
    before: Row = change.before or {}
    return [
        (column.name, column.policy)
        for column in table.columns
        if change.after is not None
        and column.name not in linked
        and (column.policy != "semantic" or before.get(column.name) != change.after[column.name])
    ]


def _other(row: Row, column: str, policy: str) -> Any:
    """Another value that the policy takes for the same, or of a hard column not."""
    value = row[column]
    if policy == "semantic":
        return f"  {value.upper()}!" if isinstance(value, str) and value.isascii() else None
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, (int, float)) else f"{value}~"


@pytest.mark.parametrize("name", DOMAINS)
def test_a_vacuous_task_is_never_offered(name: str, tmp_path: Path) -> None:
    """A task without criteria paid every agent in full."""
    domain, tasks = world(name)
    empty = tasks[0].model_copy(
        update={"chain": Chain(steps=()), "reference_calls": (), "gold_diff": (), "mentions": (), "audits": ()}
    )
    with InProcessRuntime(domain) as runtime:
        verdict = audit(empty, domain, runtime).task
    assert not verdict.audited
    assert {one.name for one in verdict.audits if not one.passed} >= {"solvable", "do_nothing"}
    with pytest.raises(ExportError, match="earn the reward by doing nothing"):
        write_bundle(domain, (empty,), tmp_path / "bundle")


@pytest.mark.parametrize("name", DOMAINS)
def test_a_change_that_is_not_compared_is_no_task(name: str, tmp_path: Path) -> None:
    """A criterion that no column policy looks at is as good as none."""
    domain, tasks = world(name)
    task, change = next((task, one) for task in tasks for one in task.gold_diff if one.operation == "update")
    assert write_bundle(domain, (task,), tmp_path / "fine").is_dir()
    table = domain.database.table[change.table]
    columns = tuple(column.model_copy(update={"policy": "exempt"}) for column in table.columns)
    blind = table.model_copy(update={"columns": columns, "foreign_keys": ()})
    tables = tuple(blind if other == table else other for other in domain.database.tables)
    spec = domain.spec.model_copy(update={"database": domain.database.model_copy(update={"tables": tables})})
    vacuous = task.model_copy(update={"gold_diff": (change,)})
    with pytest.raises(ExportError, match="earn the reward by doing nothing"):
        write_bundle(domain.model_copy(update={"spec": spec}), (vacuous,), tmp_path / "bundle")


def _reads(found: World, task: Task) -> list[Call]:
    return [call for call in task.reference_calls if not found.domain.tool[call.name].mutates_state]


def _reward(found: World, task: Task, calls: Any) -> float:
    with InProcessRuntime(found.domain) as runtime:
        episode = Environment(found.domain, runtime).episode(task, max_steps=1_000)
        episode.reset()
        for call in calls:
            assert episode.step(call).outcome != "failure"
        first, second = episode.reward(), episode.reward()
        assert first == second
        return first.reward
