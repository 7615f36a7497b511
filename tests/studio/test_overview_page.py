"""The first page: a welcome where there is nothing, and what waits, failed and happened where there is something."""

from __future__ import annotations

from pathlib import Path

from engine.models.run import RunOptions
from engine.store import Store
from studio.queries import overview as queries
from tests.studio.conftest import open_page, shown
from tests.studio.filled import DOMAIN, TASKS, fill_with_attacks
from tests.studio.test_domains_page import html


def test_an_empty_store_welcomes_and_offers_one_click(empty_store: Path) -> None:
    page = open_page("overview")
    assert not page.exception
    assert page.title[0].value.startswith("Welcome")
    assert [button.label for button in page.button] == ["Start the first domain"]
    steps = [mark.value for mark in page.markdown]
    for number, title in enumerate(("Seed", "Run", "Review", "Freeze", "Export"), start=1):
        assert any(f"{number}. {title}" in step for step in steps)
    assert not any("done" in step for step in steps)


def test_one_click_starts_the_first_domain(empty_store: Path) -> None:
    page = open_page("overview")
    page.button(key="first").click().run()
    with Store.open(empty_store) as store:
        runs = store.runs.all()
        assert [(run.domain, run.options.tasks) for run in runs] == [("job_seeking", 20)]
        store.runs.request_cancel(runs[0].id)


def test_the_steps_tick_themselves_off(full_store: Path) -> None:
    assert queries.overview().steps == (True, True, False, False)
    page = open_page("overview")
    assert page.title[0].value == "Overview"
    assert f"**{TASKS}** tasks nobody has decided on" in shown(page)
    with Store.open(full_store) as store:
        task = next(iter(store.tasks.iterate(DOMAIN))).id
        store.reviews.record(DOMAIN, task, "approve", "ada")
    found = queries.overview()
    assert found.steps == (True, True, True, False)
    assert found.totals.approved == 1
    assert [counts for _, counts in found.decisions][-1] == {"one by one": 1, "in bulk": 0}
    assert len(found.decisions) == queries.DAYS
    assert [(each.kind, each.what, each.who, each.subject) for each in found.activity] == [
        ("review", "approve", "ada", task)
    ]
    page = open_page("overview")
    assert not page.exception
    assert task in html(page)
    assert any("3. Review" in mark.value and "done" in mark.value for mark in page.markdown)


def test_what_failed_is_told_until_it_is_mended(full_store: Path) -> None:
    assert queries.overview().troubled == []
    with Store.open(full_store) as store:
        run = store.runs.create("other", RunOptions(), seed_kind="sql", seed_digest="", seed="{}")
        store.runs.claim(run.id, "host:1:1:a")
        store.runs.end(run.id, "host:1:1:a", "failed", error="The disk was full.")
    assert [each.id for each in queries.overview().troubled] == ["other-1"]
    page = open_page("overview")
    assert not page.exception
    assert "The disk was full." in html(page)
    with Store.open(full_store) as store:
        store.runs.create("other", RunOptions(), seed_kind="sql", seed_digest="", seed="{}")
    found = queries.overview()
    assert found.troubled == []
    assert [each.id for each in found.live] == ["other-2"]
    assert queries.is_live()


def test_hostile_words_stay_text(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("overview")
    assert not page.exception
    assert "<img" not in html(page)
    assert "&lt;img" in html(page)
    for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success"):
        assert not [element for element in page.get(kind) if "hacked" in str(element.value)]


def test_a_broken_store_gives_one_clear_message(empty_store: Path) -> None:
    empty_store.write_bytes(b"This is no database." * 100)
    page = open_page("overview")
    assert not page.exception
    assert [error.value for error in page.error] == ["That did not work."]


def test_storage_is_measured_when_asked_and_then_kept(full_store: Path) -> None:
    parts = queries.storage_by_part()
    assert sum(parts.values()) <= queries.overview().storage.file
    assert queries.storage_by_part() is parts


def test_the_steps_are_gone_when_a_dataset_is_frozen(full_store: Path) -> None:
    assert any("4. Freeze" in mark.value for mark in open_page("overview").markdown)
    with Store.open(full_store) as store:
        store._connection.write(
            "insert into dataset (name, version, digest, created_at, curator, note, tasks, domains, manifest, seal) "
            "values ('first', 1, '', 0, 'ada', '', 3, 1, x'', '')"
        )
    page = open_page("overview")
    assert not page.exception
    assert not any("4. Freeze" in mark.value for mark in page.markdown)
    assert "first 1" in html(page)
