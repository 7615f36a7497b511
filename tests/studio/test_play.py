"""The page on which a person plays the agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.models.task import Task
from engine.models.trace import Call
from engine.store import Store
from studio.queries import play as queries
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks
from tests.studio.test_traces import drawn


def a_task(path: Path) -> Task:
    with Store.open(path) as store:
        return next(store.tasks.iterate(DOMAIN))


def started(task: Task, calls: tuple[Call, ...] = ()) -> str:
    id = queries.start(DOMAIN, task.id, "me")
    for number, call in enumerate(calls):
        queries.call(DOMAIN, id, call, after=number)
    return id


def choose_tool(page: AppTest, attempt: str, name: str) -> AppTest:
    return page.selectbox(key=f"play-{DOMAIN}-{attempt}-tool").set_value(name).run()


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def write_json(page: AppTest, text: str) -> AppTest:
    next(toggle for toggle in page.toggle if "JSON" in toggle.label).set_value(True).run()
    return page.text_area[0].set_value(text).run()


def test_a_task_is_begun_from_its_link(full_store: Path) -> None:
    task = a_task(full_store)
    page = open_page("play", domain=DOMAIN, task=task.id)
    assert task.instruction in drawn(page).replace("&#34;", '"').replace("&#39;", "'")
    assert task.initial_state.now.replace("T", " ") not in drawn(page)
    press(page, "Start")
    assert page.query_params["attempt"] == f"{task.id}:1"
    assert task.initial_state.now.replace("T", " ") in drawn(page)
    with Store.open(full_store) as store:
        (line,) = store.trajectories.of_task(DOMAIN, task.id)
    assert (line.state, line.agent) == ("open", "person:me")


def test_the_reference_played_by_hand_earns_one(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    for call in task.reference_calls:
        choose_tool(page, attempt, call.name)
        write_json(page, json.dumps(call.arguments))
        press(page, "Call")
        assert not page.exception
    press(page, "Finish and score")
    assert "reward 1" in drawn(page)
    with Store.open(full_store) as store:
        done = store.trajectories.get(DOMAIN, attempt)
        trace = store.traces.get(DOMAIN, done.trace_id)
    assert done.calls == task.reference_calls
    assert done.reward == 1.0
    assert done.terminated
    assert trace.passed
    attempts = next(box for box in page.selectbox if box.label.startswith("Attempts"))
    assert [option.partition(" · ")[0] for option in attempts.options] == ["✓ reward 1"]


def test_doing_nothing_earns_none_and_every_mismatch_is_named(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    press(page, "Finish and score")
    html = drawn(page)
    assert "reward 0" in html
    with Store.open(full_store) as store:
        done = store.trajectories.get(DOMAIN, attempt)
    assert done.mismatches
    assert html.count('<tr class="se-bad">') == len(done.mismatches)


def test_nothing_of_the_reference_is_shown_before_the_end(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    links = [link.proto.page or link.proto.label for link in page.get("page_link")]
    assert not links
    assert "reward" not in drawn(page)
    made_up = {
        value
        for rows in task.initial_state.rows.values()
        for row in rows
        for value in row.values()
        if isinstance(value, str) and len(value) > 8 and value not in task.instruction
    } - set(task.user_profile.values())
    assert not [value for value in made_up if value in drawn(page)]
    next(toggle for toggle in page.toggle if "database" in toggle.label).set_value(True).run()
    assert [value for value in made_up if value in drawn(page)]


def test_bad_arguments_come_back_as_the_runtimes_observation_and_the_form_is_kept(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    choose_tool(page, attempt, task.tools[0])
    write_json(page, '{"bogus": 1}')
    press(page, "Call")
    assert not page.exception
    assert "invalid_arguments" in drawn(page)
    assert page.text_area[0].value == '{"bogus": 1}'
    with Store.open(full_store) as store:
        assert len(store.trajectories.get(DOMAIN, attempt).calls) == 1


@pytest.mark.parametrize(
    "text", ["{", "[1]", "NaN", '{"a": NaN}', "[" * 100_000], ids=["open", "list", "nan", "in", "deep"]
)
def test_what_is_no_json_object_is_refused_in_words_and_nothing_is_called(text: str, full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    choose_tool(page, attempt, task.tools[0])
    write_json(page, text)
    press(page, "Call")
    assert not page.exception
    assert "JSON" in shown(page)
    assert page.text_area[0].value == text
    with Store.open(full_store) as store:
        assert store.trajectories.get(DOMAIN, attempt).calls == ()


def test_two_tabs_do_not_go_on_with_one_attempt_unseen(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    choose_tool(page, attempt, task.tools[0])
    queries.call(DOMAIN, attempt, task.reference_calls[0], after=0)
    press(page, "Call")
    assert "another tab" in shown(page)
    assert task.reference_calls[0].name in drawn(page)
    with Store.open(full_store) as store:
        assert store.trajectories.get(DOMAIN, attempt).calls == task.reference_calls[:1]


def test_only_who_began_an_attempt_goes_on_with_it(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = queries.start(DOMAIN, task.id, "somebody else")
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    assert "somebody else" in drawn(page)
    assert "Finish and score" not in [button.label for button in page.button]


def test_an_attempt_needs_a_name(full_store: Path) -> None:
    from engine.errors import UsageError

    with pytest.raises(UsageError, match="needs the player's name"):
        queries.start(DOMAIN, a_task(full_store).id, "")


def test_a_task_that_was_changed_meanwhile_ends_the_attempt(full_store: Path) -> None:
    task = a_task(full_store)
    attempt = started(task)
    with Store.open(full_store) as store:
        store.tasks.replace(DOMAIN, task.model_copy(update={"instruction": "Something else."}))
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    assert "was changed after this attempt began" in page.warning[0].value
    assert "Finish and score" not in [button.label for button in page.button]


def test_a_link_to_an_attempt_that_is_not_there_says_so(full_store: Path) -> None:
    task = a_task(full_store)
    started(task)
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=ATTACK)
    assert not page.exception
    assert "names an attempt that is not here" in page.warning[0].value


def test_tasks_are_found_by_words(full_store: Path) -> None:
    page = open_page("play", domain=DOMAIN)
    page.text_input(key="play-words").set_value("nothing has these words").run()
    assert not page.exception
    page = open_page("play", domain=DOMAIN, task=ATTACK)
    assert "names a task that is not here" in page.warning[0].value


def test_values_that_were_answered_are_offered_and_taken_over(full_store: Path) -> None:
    with Store.open(full_store) as store:
        domain = store.domain(DOMAIN)
        task, step, name, value = next(
            (task, index, name, task.reference_calls[index].arguments[name])
            for task in store.tasks.iterate(DOMAIN)
            for index, step in enumerate(task.chain.steps)
            for name, argument in step.arguments.items()
            if argument.kind == "output" and domain.tool[step.tool].parameter[name].type == "text"
        )
    attempt = started(task, task.reference_calls[:step])
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=attempt)
    tool = domain.tool[task.reference_calls[step].name]
    choose_tool(page, attempt, tool.name)
    number = list(tool.parameter).index(name)
    seen = next(box for box in page.selectbox if str(box.key).endswith(f"{number}-seen"))
    option = next(option for option in seen.options if option.startswith(str(value)))
    assert "step" in option or "profile" in option
    seen.set_value(value).run()
    field = next(field for field in page.text_input if str(field.key) == str(seen.key).removesuffix("-seen"))
    assert field.value == value


def test_hostile_tools_and_tasks_are_shown_as_text(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("play", domain="hostile", task="hostile-0000")
    assert not page.exception
    for kind in ("markdown", "caption", "info", "error", "warning"):
        assert not [element for element in page.get(kind) if "hacked" in str(element.value)]
    labels: list[Any] = [widget.label for widget in (*page.selectbox, *page.button, *page.text_input)]
    assert not [label for label in labels if "hacked" in label]
    assert "<img" not in drawn(page)


def test_a_link_to_another_attempt_counts_more_than_the_one_before(full_store: Path) -> None:
    task = a_task(full_store)
    one, other = started(task), started(task, task.reference_calls[:1])
    page = open_page("play", domain=DOMAIN, task=task.id, attempt=one)
    assert "0 calls made" in drawn(page)
    page.query_params["attempt"] = other
    page.run()
    assert "1 call made" in drawn(page)
    box = next(box for box in page.selectbox if box.label.startswith("Attempts"))
    box.set_value(one).run()
    assert page.query_params["attempt"] == one
    assert "0 calls made" in drawn(page)
