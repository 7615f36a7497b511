"""The page of tasks: filter, search, sort and pages, the open task, decisions, bulk actions, edits, failed attempts."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.models.task import Task
from engine.models.task_edit import TaskWords
from engine.pipeline.task_edits import edit_task
from engine.store import Store
from engine.store.tasks import TaskOutcome
from studio.queries.tasks import PAGE
from tests.studio.conftest import open_page, shown
from tests.studio.filled import DOMAIN, TASKS

FIRST = f"{DOMAIN}-7-0000"
SECOND = f"{DOMAIN}-7-0001"
DRAFT = f"draft-{DOMAIN}-{FIRST}"
EDIT = {"domain": DOMAIN, "task": FIRST}


def drawn(page: AppTest) -> str:
    """The markup of our own that the page shows."""
    assert not page.exception
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def opened(page: AppTest) -> str | None:
    return None if (place := page.session_state["tasks-open"]) is None else place[1]


def task(store: Path, id: str = FIRST) -> Task:
    with Store.open(store) as found:
        return found.tasks.get(DOMAIN, id)


def add(store: Path, count: int, **changes: object) -> None:
    original = task(store)
    with Store.open(store) as found, found.transaction():
        for number in range(1000, 1000 + count):
            more = original.model_copy(update={"id": f"more-{number}", **changes})
            found.tasks.add(
                DOMAIN, TaskOutcome(position=number, id=more.id, state="audited", difficulty="easy", task=more)
            )


def review(store: Path, id: str) -> str:
    with Store.open(store) as found:
        summary = found.tasks.find(id)
    assert summary is not None
    return summary.review


def test_the_first_task_is_open_with_its_words_solution_and_what_it_changes(full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN)
    text = drawn(page)
    assert opened(page) == FIRST
    assert "confirm my booking" in text
    assert "confirm_booking" in text
    assert "se-changed" in text
    assert 'title="865.36, by which step 2' in text
    assert f"1 to {TASKS} of {TASKS}" in shown(page)


@pytest.mark.parametrize(
    "section", ["Solution", "Initial state", "Audits", "Similar tasks", "Made by", "Edit", "Earlier words"]
)
@pytest.mark.parametrize("id", [FIRST, f"{DOMAIN}-7-0002"])
def test_every_section_of_a_task_is_drawn(section: str, id: str, full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN, task=id)
    page.session_state["task-section"] = section
    page.run()
    assert not page.exception
    assert not page.error
    expected = {
        "Solution": "where each argument comes from",
        "Initial state": "distractor",
        "Audits": "every_write_needed",
        "Similar tasks": "of word pairs",
        "Made by": "The composer made all of it",
        "Edit": "",
        "Earlier words": "Nobody has changed its words",
    }
    assert expected[section] in drawn(page)
    if section == "Audits":
        assert page.selectbox(key=f"task-audit-{DOMAIN}-{id}").value == f"{id}:solvable:0"
    if section == "Edit":
        assert page.text_area(key=f"draft-{DOMAIN}-{id}-instruction").value == task(full_store, id).instruction


def test_the_address_sets_the_filter_and_follows_it(full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN, words="cancel", sort="steps", down="1", least="2")
    assert page.text_input(key="tasks-words").value == "cancel"
    assert "1 to 2 of 2" in shown(page)
    assert opened(page) == f"{DOMAIN}-7-0002", "the longest comes first"
    page.text_input(key="tasks-words").set_value("eleven").run()
    assert "1 to 1 of 1" in shown(page)
    assert page.query_params["words"] == "eleven"
    page.text_input(key="tasks-words").set_value("").run()
    page.number_input(key="tasks-least").set_value(None).run()
    page.toggle(key="tasks-down").set_value(False).run()
    page.selectbox(key="tasks-sort").set_value("position").run()
    assert set(page.query_params) == {"domain", "task"}, "what is as usual is not in the address"


@pytest.mark.parametrize(
    "query, total",
    [
        ({"show": "approved"}, 1),
        ({"review": "open"}, TASKS - 1),
        ({"show": "stale"}, 1),
        ({"stale": "1"}, 1),
        ({"tag": "odd"}, 1),
        ({"tool": "book_room"}, 1),
        ({"difficulty": "hard"}, 1),
        ({"rating": "4"}, 1),
        ({"rating": "5"}, 0),
        ({"least": "3"}, 2),
        ({"most": "3"}, 2),
        ({"edited": "1"}, 0),
        ({"disagreed": "1"}, 0),
        ({"words": '"'}, 0),
    ],
    ids=lambda value: "-".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else None,
)
def test_every_filter_has_its_link(query: dict[str, str], total: int, full_store: Path) -> None:
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, FIRST, "approve", "ada")
        store.reviews.record(DOMAIN, FIRST, "tag", "ada", text="odd")
        store.reviews.record(DOMAIN, FIRST, "rate", "ada", rating=4)
        store.tasks.mark_stale(DOMAIN, [SECOND], "a tool changed")
    page = open_page("tasks", **query)
    assert not page.exception
    assert f"of {total}" in shown(page) if total else "No task fits" in page.info[0].value
    again = open_page("tasks", **dict(page.query_params))
    assert opened(again) == opened(page)


@pytest.mark.parametrize(
    "query",
    [
        {"show": "<b>", "sort": "x", "page": "99999999", "least": "-1", "most": "²", "rating": "9", "domain": DOMAIN},
        {"page": "77", "tool": "gone", "tag": "gone", "difficulty": "none"},
        {"words": "\x00\ud800".encode("utf-8", "ignore").decode() or "-"},
    ],
    ids=["nonsense", "gone", "unprintable"],
)
def test_an_address_that_makes_no_sense_does_no_harm(query: dict[str, str], full_store: Path) -> None:
    page = open_page("tasks", **query)
    assert not page.exception
    assert not page.error


def test_tasks_are_turned_page_by_page_and_stepped_through_over_the_ends(full_store: Path) -> None:
    add(full_store, 2 * PAGE)
    page = open_page("tasks", domain=DOMAIN)
    total = TASKS + 2 * PAGE
    assert f"1 to {PAGE} of {total}" in shown(page)
    page.button(key=f"tasks-next-{DOMAIN}-{FIRST}").click().run()
    assert opened(page) == SECOND
    assert page.button(key=f"tasks-previous-{DOMAIN}-{SECOND}").disabled is False
    page = open_page("tasks", domain=DOMAIN, page="2")
    first = opened(page)
    assert first == f"more-{1000 + PAGE - TASKS}"
    page.button(key=f"tasks-previous-{DOMAIN}-{first}").click().run()
    last = opened(page)
    assert last == f"more-{1000 + PAGE - TASKS - 1}"
    assert f"1 to {PAGE} of {total}" in shown(page)
    page.button(key=f"tasks-next-{DOMAIN}-{last}").click().run()
    assert opened(page) == first
    assert page.query_params["page"] == "2"


def test_a_link_to_a_task_turns_to_its_page(full_store: Path) -> None:
    add(full_store, 2 * PAGE)
    page = open_page("tasks", task=f"more-{1000 + PAGE}")
    assert opened(page) == f"more-{1000 + PAGE}"
    assert f"{PAGE + 1} to {2 * PAGE}" in shown(page)
    assert "not on this page" not in drawn(page)


def test_a_decided_task_stays_in_sight_and_the_next_one_follows(full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN, show="open")
    page.button(key=f"approve-tasks-{DOMAIN}-{FIRST}").click().run()
    assert review(full_store, FIRST) == "approved"
    assert opened(page) == FIRST
    assert "not on this page" in drawn(page)
    assert f"1 to {TASKS - 1} of {TASKS - 1}" in shown(page)
    page.button(key=f"tasks-next-{DOMAIN}-{FIRST}").click().run()
    assert opened(page) == SECOND, "nothing was skipped"


def test_another_order_does_not_open_another_task(full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN, task=SECOND)
    page.toggle(key="tasks-down").set_value(True).run()
    assert opened(page) == SECOND


def test_a_filter_whose_tag_or_domain_goes_away_does_not_break_the_page(full_store: Path) -> None:
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, FIRST, "tag", "ada", text="odd")
    page = open_page("tasks", domain=DOMAIN, tag="odd")
    assert "1 to 1 of 1" in shown(page)
    with Store.open(full_store) as store:
        store.reviews.record(DOMAIN, FIRST, "undo", "ada")
    page.run()
    assert not page.exception
    assert "No task fits" in page.info[0].value
    with Store.open(full_store) as store:
        store.domains.delete(DOMAIN)
    page.run()
    assert not page.exception
    assert "Start one on the Domains page" in page.info[0].value


def test_coming_back_by_the_name_of_the_page_finds_the_filter_as_it_was(full_store: Path) -> None:
    page = open_page("tasks", domain=DOMAIN, words="cancel")
    page.switch_page("views/traces.py").run()
    for name in list(page.query_params):
        del page.query_params[name]
    page.switch_page("views/tasks.py").run()
    assert page.text_input(key="tasks-words").value == "cancel"
    assert page.query_params["words"] == "cancel"


def test_failed_attempts_are_listed_with_their_reasons(full_store: Path) -> None:
    bad = task(full_store).model_copy(update={"id": "bad", "reason": "solvable: it is not", "audits": ()})
    with Store.open(full_store) as store:
        store.tasks.add(DOMAIN, TaskOutcome(position=90, id="bad", state="rejected", difficulty="easy", cause="solvable", reason="solvable: it is not", task=bad))  # fmt: skip
        store.tasks.add(DOMAIN, TaskOutcome(position=91, id="none", state="rejected", difficulty="easy", cause="not built", reason="No state was found"))  # fmt: skip
    page = open_page("tasks", domain=DOMAIN, show="attempts")
    assert opened(page) == "bad"
    assert "solvable: it is not" in drawn(page)
    assert not [button for button in page.button if button.label == "Approve"]
    page.button(key=f"tasks-next-{DOMAIN}-bad").click().run()
    assert "No state was found" in drawn(page)
    assert "not built" in drawn(page)


# edits


def test_an_edit_that_passes_is_saved_and_can_be_taken_back(full_store: Path) -> None:
    page = open_page("tasks", **EDIT)
    page.session_state["task-section"] = "Edit"
    page.run()
    before = task(full_store).instruction
    page.text_area(key=f"{DRAFT}-instruction").set_value(f"Good evening! {before}")
    page.text_input(key=f"{DRAFT}-note").set_value("kinder")
    page.button(key=f"{DRAFT}-save").click().run()
    assert not page.exception
    assert not page.error
    assert task(full_store).instruction == f"Good evening! {before}"
    assert "Good evening!" in drawn(page)
    page.session_state["task-section"] = "Earlier words"
    page.run()
    assert "kinder" in drawn(page)
    assert '<ins class="se-in">Good evening! </ins>' in drawn(page)
    with Store.open(full_store) as store:
        (edit,) = store.task_edits.of(DOMAIN, FIRST)
    page.button(key=f"{DRAFT}-revert-{edit.seq}").click().run()
    assert not page.exception
    assert task(full_store).instruction == before


def test_a_refused_edit_keeps_the_task_and_the_draft_and_says_why(full_store: Path) -> None:
    page = open_page("tasks", **EDIT)
    page.session_state["task-section"] = "Edit"
    page.run()
    before = task(full_store)
    page.text_area(key=f"{DRAFT}-instruction").set_value("Please confirm my booking.")
    page.button(key=f"{DRAFT}-save").click().run()
    text = drawn(page)
    assert "not saved" in text
    assert "provenance" in text
    assert "does not say 865.36, by which step 2 (`confirm_booking`) picks the right one" in text
    assert task(full_store) == before
    page.toggle(key=f"{DRAFT}-shown-{FIRST}:solvable:0").set_value(True).run()
    assert not page.exception
    assert page.text_area(key=f"{DRAFT}-instruction").value == "Please confirm my booking."
    page.button(key=f"tasks-next-{DOMAIN}-{FIRST}").click().run()
    page.button(key=f"tasks-previous-{DOMAIN}-{SECOND}").click().run()
    assert page.text_area(key=f"{DRAFT}-instruction").value == "Please confirm my booking.", "the draft waits"
    page.button(key=f"{DRAFT}-discard").click().run()
    assert page.text_area(key=f"{DRAFT}-instruction").value == before.instruction


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unread(full_store: Path) -> None:
    page = open_page("tasks", **EDIT)
    page.session_state["task-section"] = "Edit"
    page.run()
    before = task(full_store)
    page.text_area(key=f"{DRAFT}-instruction").set_value(f"Mine. {before.instruction}").run()
    theirs = TaskWords(instruction=f"Theirs. {before.instruction}", profile=before.user_profile)
    with Store.open(full_store) as store:
        assert edit_task(store, DOMAIN, FIRST, theirs, "bob", started_from=store.tasks.digest(DOMAIN, FIRST)).counts
    page.button(key=f"{DRAFT}-save").click().run()
    assert "Somebody else changed the task" in shown(page)
    assert task(full_store).instruction == theirs.instruction
    assert "bob saved other words" in drawn(page)
    page.button(key=f"{DRAFT}-rebase").click().run()
    assert page.text_area(key=f"{DRAFT}-instruction").value == f"Mine. {before.instruction}"
    page.button(key=f"{DRAFT}-save").click().run()
    assert task(full_store).instruction == f"Mine. {before.instruction}"


def test_a_profile_that_cannot_be_read_is_refused_with_its_line(full_store: Path) -> None:
    page = open_page("tasks", **EDIT)
    page.session_state["task-section"] = "Edit"
    page.run()
    page.text_area(key=f"{DRAFT}-profile").set_value("name: Ada\nnonsense")
    page.button(key=f"{DRAFT}-save").click().run()
    assert "Line 2 of the profile" in shown(page)
    assert page.text_area(key=f"{DRAFT}-profile").value == "name: Ada\nnonsense"


def test_a_large_initial_state_is_searched_and_paged(full_store: Path) -> None:
    original = task(full_store)
    rows = [{"room_id": f"ROOM-{number:05d}", "name": f"Hall {number}"} for number in range(3000)]
    state = original.initial_state.model_copy(update={"rows": {**original.initial_state.rows, "room": rows}})
    add(full_store, 1, initial_state=state)
    page = open_page("tasks", task="more-1000")
    page.session_state["task-section"] = "Initial state"
    page.run()
    key = f"task-{DOMAIN}-more-1000"
    page.selectbox(key=f"{key}-table").set_value("room").run()
    assert "1 to 50 of 3,000 rows" in drawn(page)
    page.text_input(key=f"{key}-words").set_value("hall 2999").run()
    assert "1 to 1 of 1 rows" in drawn(page)
    assert "ROOM-02999" in drawn(page)
