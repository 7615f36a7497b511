"""The large store is what it says it is, and no page is left out of the measurement."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench import studio_store
from engine.bench.studio_store import SEEDS, fill_store
from engine.pipeline import read_seed_text
from engine.pipeline.seeds import composed_of
from engine.store import Store
from engine.store.call_log import CallFilter
from engine.store.tasks import TaskFilter
from studio.bench.scenarios import PAGES
from tests.pipeline.samples import LIBRARY


@pytest.mark.parametrize("seed", SEEDS)
def test_each_seed_has_fifty_tools(seed: str) -> None:
    assert len(composed_of(read_seed_text(seed).text).tools) == 50


def test_a_store_has_as_many_domains_tools_tasks_and_decisions_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filled from a small domain under the large ones' names: what is copied is copied alike."""
    monkeypatch.setattr(studio_store, "read_seed_text", lambda name: read_seed_text(str(LIBRARY), name=name))
    fill_store(tmp_path / "studio.db", domains=3, tasks=13, reviews=4, calls=9, say=lambda _: None)
    with Store.open(tmp_path / "studio.db") as store:
        assert store.problems() == []
        summaries = store.domains.summaries()
        assert [summary.tools_admitted for summary in summaries] == [6, 6, 6]
        assert store.tasks.count(TaskFilter(state="audited")) >= 13
        assert len({task.instruction for name in store.domains.names() for task in store.tasks.iterate(name)}) > 5
        decided = [task for task in store.tasks.page(TaskFilter(), limit=100) if task.review != "open"]
        assert decided
        copy = next(task for task in store.tasks.page(TaskFilter(domain="job_seeking_2"), limit=1))
        assert store.tasks.get("job_seeking_2", copy.id).domain == "job_seeking_2"
        calls = store.call_log.page(CallFilter(), offset=0, limit=100).calls
        assert len(calls) == 9
        assert all(store.answers.get(each.key) is not None for each in calls)


def test_every_page_of_the_navigation_is_measured() -> None:
    views = Path(__file__).resolve().parents[2] / "studio" / "views"
    assert {page.name for page in PAGES} == {path.stem for path in views.glob("*.py")}
