"""Tasks over composed domains: the built-in ones, and a plain SQL schema without a user."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.agents.composer.compose import compose
from engine.graph.infer import infer
from engine.graph.knowledge import sayable_key
from engine.models.chain import Literal
from engine.models.domain import Domain
from engine.models.graph import ToolGraph
from engine.models.task import Task
from engine.runtime.inprocess import InProcessRuntime
from engine.seeds import built_in, read_seed
from engine.tasks.audit import audit_all
from engine.tasks.build import Candidate, TaskBuilder
from engine.tasks.duplicates import mark_duplicates

DDL = """
CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE invoice (id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL REFERENCES shop(id), issued DATE NOT NULL,
                      amount REAL NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'void')));
CREATE TABLE item (id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL REFERENCES invoice(id), quantity INTEGER NOT NULL);
"""


def _domain(seed: str) -> Domain:
    composition = compose(read_seed(seed).blueprint)
    return Domain(spec=composition.spec, tools=composition.tools)


def _tasks(domain: Domain, count: int) -> list[Task]:
    """Tasks over the inferred graph, taken as proven: what matters here is that they survive their audits."""
    edges = tuple(edge.model_copy(update={"proven": True}) for edge in infer(domain))
    graph = ToolGraph(tools=tuple(tool.name for tool in domain.tools), edges=edges)
    builder = TaskBuilder(domain, graph, 5)
    built = [builder.propose(index) for index in range(count)]
    tasks = [candidate.task for candidate in built if isinstance(candidate, Candidate)]
    with InProcessRuntime(domain) as runtime:
        return mark_duplicates(entry.task for entry in audit_all(tasks, domain, runtime))


@pytest.mark.parametrize("name", built_in())
def test_built_in_domains_give_audited_tasks(name: str) -> None:
    tasks = _tasks(_domain(name), 10)
    assert sum(task.audited for task in tasks) >= 7
    assert len({task.instruction for task in tasks}) == len(tasks)


def test_a_plain_sql_schema_gives_audited_tasks_too(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    path.write_text(DDL)
    domain = _domain(str(path))
    tasks = [task for task in _tasks(domain, 10) if task.audited]
    assert len(tasks) >= 6
    shop = domain.database.table["shop"]
    assert not sayable_key(shop)
    for task in tasks:  # a shop has a name, so that nobody says its number
        for step in task.chain.steps:
            for name, argument in step.arguments.items():
                refers_to = domain.tool[step.tool].parameter[name].refers_to
                assert not (refers_to == f"shop.{shop.primary_key[0]}" and isinstance(argument, Literal))
