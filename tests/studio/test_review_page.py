"""The review queue's page: serving, deciding, undoing, what is shown when nothing is left, and agreement."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.store import Store
from engine.store.task_filter import TaskFilter
from studio.components.review import unread
from studio.queries.review import known_curators, throughput
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test presses sooner than anybody reads."""
    monkeypatch.setattr(unread, "UNREAD", 0.0)


def ids() -> list[str]:
    from studio.queries.opened import opened

    with opened() as store:
        return [item.id for item in store.tasks.page(TaskFilter(domain=DOMAIN, state="audited"))]


def html(page: AppTest) -> str:
    """All pieces of markup on the page."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def press(page: AppTest, action: str, task: str) -> AppTest:
    return page.button(key=f"{action}-queue-{DOMAIN}-{task}").click().run()


def at(page: AppTest) -> str | None:
    """The task that is served, by the key of its button."""
    found = [button.key for button in page.button if str(button.key).startswith("approve-queue-")]
    return str(found[0]).removeprefix(f"approve-queue-{DOMAIN}-") if found else None


def reviews(path: Path) -> dict[str, str]:
    with Store.open(path) as store:
        return {item.id: item.review for item in store.tasks.page(TaskFilter(domain=DOMAIN, state="audited"))}


def test_an_empty_store_says_what_to_do_next(empty_store: Path) -> None:
    page = open_page("review")
    assert not page.exception
    assert "Start a domain" in page.info[0].value


def test_a_domain_without_tasks_says_what_to_do_next(empty_store: Path) -> None:
    from tests.store import samples

    with Store.open(empty_store) as store:
        store.domains.save(samples.spec(), samples.OPTIONS)
    page = open_page("review")
    assert not page.exception
    assert "Start a run with tasks" in page.info[0].value


def test_a_broken_store_gives_one_clear_message(empty_store: Path) -> None:
    empty_store.write_bytes(b"This is no database." * 100)
    page = open_page("review")
    assert not page.exception
    assert [error.value for error in page.error] == ["That did not work."]
    assert "is not an SQLite database" in shown(page)


def test_tasks_are_served_decided_skipped_and_taken_back(full_store: Path) -> None:
    first, second, third = ids()
    page = open_page("review")
    assert not page.exception
    assert at(page) == first
    press(page, "approve", first)
    assert at(page) == second
    press(page, "skip", second)
    assert at(page) == third
    press(page, "reject", third)
    assert reviews(full_store)[third] == "open", "a rejection needs a reason"
    press(page, "reject-3", third)
    assert reviews(full_store)[third] == "rejected"
    assert at(page) == second, "what was skipped comes last"
    press(page, "undo", second)
    assert at(page) == third, "undo leads back to the task"
    assert reviews(full_store) == {first: "approved", second: "open", third: "open"}
    with Store.open(full_store) as store:
        log = store.reviews.log(DOMAIN, third)
        assert [(entry.action, entry.text, entry.curator) for entry in log] == [
            ("reject", "Too easy", "me"),
            ("undo", "", "me"),
        ]
        assert store.review_queue.leases()[0].task_id == third


def test_a_reason_in_own_words_is_needed_and_kept(full_store: Path) -> None:
    first, second, _ = ids()
    page = open_page("review")
    press(page, "needs_edit", first)
    press(page, "needs_edit-own", first)
    assert "Say why" in shown(page)
    page.text_input(key=f"queue-{DOMAIN}-{first}-needs_edit-words").set_value(" The date is odd ")
    press(page, "needs_edit-own", first)
    assert at(page) == second
    with Store.open(full_store) as store:
        entry = store.reviews.log(DOMAIN, first)[-1]
    assert (entry.action, entry.text) == ("needs_edit", "The date is odd")


def test_notes_tags_and_stars_stay_on_the_task(full_store: Path) -> None:
    first = ids()[0]
    page = open_page("review")
    press(page, "note", first)
    page.text_area(key=f"queue-{DOMAIN}-{first}-note-words").set_value("Ask Bob")
    press(page, "note-save", first)
    page.multiselect(key=f"queue-{DOMAIN}-{first}-tags").set_value(["Odd Date"]).run()
    page.feedback(key=f"queue-{DOMAIN}-{first}-stars").set_value(3).run()
    assert not page.exception
    assert at(page) == first
    assert page.multiselect(key=f"queue-{DOMAIN}-{first}-tags").value == ["odd-date"]
    page.multiselect(key=f"queue-{DOMAIN}-{first}-tags").set_value(["<b>", "odd-date"]).run()
    assert "may have only letters" in shown(page)
    assert page.multiselect(key=f"queue-{DOMAIN}-{first}-tags").value == ["odd-date"]
    with Store.open(full_store) as store:
        said = [(entry.action, entry.text, entry.rating) for entry in store.reviews.log(DOMAIN, first)]
    assert said == [("note", "Ask Bob", None), ("tag", "odd-date", None), ("rate", "", 4)]


def test_a_press_before_the_task_could_be_read_is_not_counted(
    full_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "UNREAD", 1000.0)
    first = ids()[0]
    page = open_page("review")
    for action in ("approve", "skip", "undo"):
        press(page, action, first)
        assert at(page) == first
    assert "not counted" in page.toast[0].value
    assert reviews(full_store)[first] == "open"


def test_a_task_that_changed_since_it_was_shown_is_not_decided(full_store: Path) -> None:
    first = ids()[0]
    page = open_page("review")
    with Store.open(full_store) as store:
        task = store.tasks.get(DOMAIN, first)
        store.tasks.replace(DOMAIN, task.model_copy(update={"instruction": task.instruction + " Please."}))
    press(page, "approve", first)
    assert not page.exception
    assert "was changed since it was shown" in shown(page)
    assert reviews(full_store)[first] == "open"
    press(page, "approve", first)
    assert reviews(full_store)[first] == "approved"


def test_a_task_that_another_curator_took_over_is_not_decided(full_store: Path) -> None:
    first, second, _ = ids()
    page = open_page("review")
    with Store.open(full_store) as store:
        store.review_queue.release("me", DOMAIN, first)
        store.review_queue.take("bob")
    press(page, "approve", first)
    assert "is reviewing it now" in shown(page)
    assert at(page) == second
    assert reviews(full_store)[first] == "open"


def test_when_everything_is_decided_it_says_so_and_undo_still_works(full_store: Path) -> None:
    page = open_page("review")
    for id in ids():
        press(page, "approve", id)
    assert at(page) is None
    assert "Every task is decided" in page.info[0].value
    page.segmented_control(key="queue-mode").set_value("second_opinion").run()
    assert "No task waits for your second opinion" in page.info[0].value
    page.segmented_control(key="queue-mode").set_value("undecided").run()
    page.button(key="undo-nothing-left").click().run()
    assert at(page) == ids()[-1]


def test_what_others_are_at_is_not_served(full_store: Path) -> None:
    with Store.open(full_store) as store:
        taken = [store.review_queue.take(name) for name in ("ada", "bob", "eve")]
    assert None not in taken
    page = open_page("review")
    assert at(page) is None
    assert "with other curators now" in page.info[0].value
    assert "ada is at" in html(page)


def test_second_opinions_are_asked_for(full_store: Path) -> None:
    first = ids()[0]
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, first, "reject", "bob", text="Too easy")
    page = open_page("review", mode="second_opinion")
    assert at(page) == first
    press(page, "approve", first)
    assert at(page) is None
    with Store.open(full_store) as store:
        assert store.tasks.count(TaskFilter(disagreed=True)) == 1


def test_the_filter_is_kept_in_the_address(full_store: Path) -> None:
    second = ids()[1]
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, second, "tag", "bob", text="odd")
    page = open_page("review", tag="odd", domain=DOMAIN)
    assert at(page) == second
    page.text_input(key="queue-words").set_value("nosuchword").run()
    assert "No task under this filter" in page.info[0].value
    assert page.query_params["words"] in ("nosuchword", ["nosuchword"])
    page.text_input(key="queue-words").set_value("").run()
    page.selectbox(key="queue-tag").set_value("").run()
    assert "tag" not in page.query_params
    assert at(page) == second, "it still fits, so it stays"
    page = open_page("review", words="nosuchword")
    assert at(page) is None


def test_a_link_with_a_filter_that_is_not_there_says_so(full_store: Path) -> None:
    page = open_page("review", domain=ATTACK)
    assert not page.exception
    assert "names a domain that is not here" in page.warning[0].value
    assert ATTACK in [text.value for text in page.text]
    assert at(page) == ids()[0]


def test_foreign_text_never_reaches_markdown(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    with Store.open(empty_store) as store:
        store.reviews.record("hostile", "hostile-0000", "approve", ATTACK, text=ATTACK)
        store.reviews.record("hostile", "hostile-0000", "reject", "bob", text=ATTACK)
        store.reviews.record("hostile", "hostile-0000", "undo", "bob")
        store.reviews.record("hostile", "hostile-0000", "undo", ATTACK)
    for part in ("Queue", "Agreement"):
        page = open_page("review", part=part)
        assert not page.exception
        for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success"):
            assert not [element for element in page.get(kind) if "hacked" in str(element.value)]
        assert "<script>" not in html(page)
        assert "<img" not in html(page)


def test_agreement_names_pairs_disagreements_and_curators(full_store: Path) -> None:
    first, second, _ = ids()
    page = open_page("review", part="Agreement")
    assert "Nobody has decided" in page.info[0].value
    with Store.open(full_store) as store:
        for curator, id, action in (
            *(("ada", first, "approve"), ("bob", first, "reject")),
            *(("ada", second, "approve"), ("bob", second, "approve")),
        ):
            store.reviews.record(DOMAIN, id, action, curator)  # type: ignore[arg-type]
    page = open_page("review", part="Agreement")
    assert not page.exception
    text = html(page)
    assert "ada – bob" in text
    assert "50%" in text
    assert first in text
    assert second not in text
    assert len(page.get("page_link")) == 1


def test_another_name_frees_the_task_of_the_first(full_store: Path) -> None:
    first = ids()[0]
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, first, "note", "Ada Lovelace", text="Hm")
    page = open_page("review")
    page.selectbox(key="curator").set_value("Ada Lovelace").run()
    assert at(page) == first
    with Store.open(full_store) as store:
        assert [lease.curator for lease in store.review_queue.leases()] == ["Ada Lovelace"]
    press(page, "approve", first)
    assert reviews(full_store)[first] == "approved"
    assert known_curators() == ["Ada Lovelace"]


def test_leaving_a_filter_frees_its_task_for_others(full_store: Path) -> None:
    first, second, _ = ids()
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, second, "tag", "bob", text="odd")
    page = open_page("review")
    assert at(page) == first
    page.selectbox(key="queue-tag").set_value("odd").run()
    assert at(page) == second
    with Store.open(full_store) as store:
        assert [lease.task_id for lease in store.review_queue.leases()] == [second]


def test_the_throughput_of_today_is_told(full_store: Path) -> None:
    first, second, _ = ids()
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, first, "approve", "ada")
        store.reviews.record_all(TaskFilter(ids=(second,)), "reject", "bob")
    found = throughput(7)
    assert {(each.curator, each.decisions, each.bulk) for each in found} == {("ada", 1, 0), ("bob", 1, 1)}
    assert all(abs((date.today() - each.day).days) <= 1 for each in found)


def test_on_the_tasks_page_too_a_second_press_never_decides_on_the_next_task(
    full_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "UNREAD", 1000.0)
    first, second, _ = ids()
    page = open_page("tasks", domain=DOMAIN)
    page.button(key=f"approve-tasks-{DOMAIN}-{first}").click().run()
    page.button(key=f"tasks-next-{DOMAIN}-{first}").click().run()
    page.button(key=f"approve-tasks-{DOMAIN}-{second}").click().run()
    assert reviews(full_store) == {first: "approved", second: "open", ids()[2]: "open"}
    monkeypatch.setattr(unread, "UNREAD", 0.0)
    page.button(key=f"approve-tasks-{DOMAIN}-{second}").click().run()
    assert reviews(full_store)[second] == "approved"
