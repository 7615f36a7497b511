"""The page about datasets in every state: nothing there, nothing approved, a choice, versions, what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.models.dataset import DatasetChoice, SplitPlan
from engine.pipeline.datasets import freeze
from engine.store import Store
from studio.queries import datasets as queries
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, TASKS, fill_with_attacks


def drawn(page: AppTest) -> str:
    """All of the page's own HTML."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def approve(path: Path, tasks: int = TASKS) -> list[str]:
    with Store.open(path) as store:
        ids = [task.id for task in store.tasks.iterate(DOMAIN)][:tasks]
        for id in ids:
            store.reviews.record(DOMAIN, id, "approve", "ada")
    return ids


def frozen(path: Path) -> None:
    with Store.open(path) as store:
        freeze(store, DatasetChoice(reviews=("open", "approved")), curator="ada", note="first")


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_nothing_approved_leads_to_the_review_queue(full_store: Path) -> None:
    page = open_page("datasets")
    assert not page.exception
    assert (
        f"No task is approved yet. Review some, or let other states in on the left: {TASKS} are open."
        in page.info[0].value
    )
    assert [button.label for button in page.button if button.label == "Freeze"] == []


def test_a_newcomer_freezes_with_one_press(full_store: Path) -> None:
    approve(full_store)
    page = open_page("datasets")
    assert not page.exception
    assert not page.warning
    assert page.text_input(key=f"freeze-name-{DOMAIN}").value == DOMAIN
    page = press(page, "Freeze")
    assert "Frozen" in page.success[0].value
    assert [button.label for button in page.get("download_button")] == [
        f"Download {format}" for format in ("bundle", "jsonl", "parquet")
    ]
    with Store.open(full_store) as store:
        manifest = store.datasets.get(DOMAIN).manifest
    assert manifest.digest in drawn(page)
    assert (manifest.version, manifest.split.sizes) == (1, {"train": TASKS})
    assert page.query_params["dataset"] in (DOMAIN, [DOMAIN])


def test_freezing_again_unchanged_says_so(full_store: Path) -> None:
    approve(full_store)
    frozen(full_store)
    page = press(open_page("datasets"), "Freeze")
    assert "holds that very content already" in page.info[0].value
    with Store.open(full_store) as store:
        assert [each.version for each in store.datasets.summaries()] == [1]


def test_the_choice_decides_what_is_counted_and_frozen(full_store: Path) -> None:
    ids = approve(full_store, 1)
    page = open_page("datasets", review="open")
    assert f"<b>{TASKS - 1}</b><span>tasks</span>" in drawn(page)
    page.pills(key="choice-reviews").set_value(["approved"]).run()
    assert "<b>1</b><span>tasks</span>" in drawn(page)
    press(page, "Freeze")
    with Store.open(full_store) as store:
        assert [member.task_id for member in store.datasets.members(DOMAIN, 1)] == ids


def test_a_choice_that_fits_nothing_says_so(full_store: Path) -> None:
    approve(full_store)
    page = open_page("datasets")
    page.text_input(key="choice-text").set_value("xylophone").run()
    assert "No task fits this choice" in page.info[0].value
    page.pills(key="choice-reviews").set_value([]).run()
    assert "at least one review state" in page.info[0].value
    assert not page.exception


def test_shares_that_do_not_add_up_are_told_and_nothing_can_be_frozen(full_store: Path) -> None:
    approve(full_store)
    page = open_page("datasets")
    page.segmented_control(key="plan-preset-small").set_value("other").run()
    page.number_input(key="plan-train").set_value(50).run()
    assert "add up to 80 per cent" in page.warning[0].value
    assert "Freeze" not in [button.label for button in page.button]


def test_too_few_tasks_for_all_splits_are_warned_about(full_store: Path) -> None:
    approve(full_store, 2)
    page = open_page("datasets")
    page.segmented_control(key="plan-preset-small").set_value("80 / 10 / 10").run()
    assert any("too few groups" in warning.value for warning in page.warning)


def test_a_name_that_can_not_be_used_is_told_and_loses_nothing(full_store: Path) -> None:
    approve(full_store)
    page = open_page("datasets")
    page.text_input(key=f"freeze-name-{DOMAIN}").set_value("a/b").run()
    page.text_input(key="freeze-note").set_value("for the paper").run()
    page = press(page, "Freeze")
    assert "can't be called `a/b`" in shown(page)
    assert page.text_input(key="freeze-note").value == "for the paper"


def test_no_version_yet(full_store: Path) -> None:
    page = open_page("datasets", part="versions")
    assert "No dataset is frozen yet" in page.info[0].value


def test_a_link_opens_a_version_and_compares_it(full_store: Path) -> None:
    frozen(full_store)
    with Store.open(full_store) as store:
        freeze(store, DatasetChoice(reviews=("open",)), SplitPlan(train=0, test=100), curator="ada")
        digests = {each.version: each.digest for each in store.datasets.summaries()}
    page = open_page("datasets", dataset=DOMAIN, version="1")
    assert digests[1] in drawn(page)
    assert "first" in drawn(page)
    page = open_page("datasets", dataset=DOMAIN, version="2", **{"with": f"{DOMAIN}@1"})
    assert not page.exception
    assert digests[2] in drawn(page)
    assert f"<b>{TASKS}</b><span>moved to another split</span>" in drawn(page)


def test_a_link_to_nothing_says_so_and_shows_the_newest(full_store: Path) -> None:
    frozen(full_store)
    page = open_page("datasets", dataset=DOMAIN, version="9")
    assert "names a version that is not here" in page.warning[0].value
    assert f"{DOMAIN}, version 9" in shown(page)
    assert page.get("download_button")


def test_a_version_outlives_its_domain_on_the_page(full_store: Path) -> None:
    frozen(full_store)
    with Store.open(full_store) as store:
        store.domains.delete(DOMAIN)
    page = open_page("datasets", dataset=DOMAIN, version="1")
    assert not page.exception
    assert f"{DOMAIN}-7-0000" in drawn(page)


def test_a_version_is_deleted_only_when_sure(full_store: Path) -> None:
    frozen(full_store)
    page = open_page("datasets", dataset=DOMAIN, version="1")
    assert page.button(key=f"delete-{DOMAIN}-1").disabled
    page.checkbox(key=f"delete-{DOMAIN}-1-sure").check().run()
    page.button(key=f"delete-{DOMAIN}-1").click().run()
    assert "No dataset is frozen yet" in page.info[0].value
    with Store.open(full_store) as store:
        assert store.datasets.summaries() == []


def test_a_large_version_is_left_to_the_command_line(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(full_store)
    monkeypatch.setattr("studio.components.datasets.version.MOST", TASKS - 1)
    page = open_page("datasets", dataset=DOMAIN, version="1")
    assert f"scaleenv dataset export {DOMAIN}@1" in page.code[0].value
    assert not page.get("download_button")


def test_a_large_store_is_counted_beside_the_page(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(full_store)
    monkeypatch.setattr(queries, "SMALL", 0)
    monkeypatch.setattr(queries, "PATIENCE", 0.01)
    choice = DatasetChoice(limit=1)
    first = queries.count(choice)
    assert not first.current or first.counted  # whichever was faster
    while not (now := queries.count(choice)).current:
        pass
    assert now.counted is not None
    assert now.counted.balance.tasks == 1


def test_hostile_words_stay_words(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    for query in ({"review": "open"}, {"dataset": "hostile", "version": "2", "with": "hostile@1"}):
        page = open_page("datasets", **query)
        assert not page.exception
        assert "<img src=x" not in drawn(page)
        assert all(ATTACK[:20] not in str(each.value) for each in (*page.markdown, *page.caption, *page.info))


def test_the_quick_export_offers_what_it_made_until_the_choice_changes(full_store: Path) -> None:
    page = press(open_page("datasets", part="export"), "Make the file")
    assert not page.exception
    assert f"{TASKS} tasks" in page.success[0].value
    page.radio(key="format").set_value("jsonl").run()
    assert not page.success
    page.radio(key="which").set_value("Approved tasks only (0)").run()
    assert "Approve some on the Tasks page" in page.info[0].value
    assert not page.button
