"""Calls of language models on the pages: sums, lists, one call with what came of it, a larger budget, asking again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.models.call import ModelCall
from engine.models.run import Budget, RunOptions
from engine.store import Store
from engine.store.call_log import CallFilter, CallSums
from engine.store.lease import new_owner
from studio import jobs
from studio.components.models.amounts import dollars, total_cost
from studio.queries import calls as queries
from studio.queries import domains
from tests.studio.called import CODE, MODEL, RUN, SMALL, fill_with_calls
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks


def html(page: Any) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


@pytest.fixture
def calls(empty_store: Path) -> list[ModelCall]:
    return fill_with_calls(empty_store)


def test_a_run_that_asked_nobody_shows_its_log_alone(full_store: Path) -> None:
    page = open_page("runs", run=RUN, part="calls")
    assert not page.exception
    assert "Log" in [element.value for element in page.subheader]


def test_a_run_says_what_it_spent(calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN)
    assert not page.exception
    assert "models: 6 calls (1 from memory) · 4,800 tokens · $0.750 + price unknown" in html(page)


def test_sums_by_role_are_the_papers_table(calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN, part="calls")
    assert not page.exception
    drawn = html(page)
    assert "<td" in drawn
    for words in ("code", "debug", "instruction", "all", MODEL, SMALL, "price unknown"):
        assert f">{words}<" in drawn
    by_task = open_page("runs", run=RUN, part="calls", by="task")
    assert not by_task.exception
    assert f">{calls[4].task}<" in html(by_task)


def test_a_call_shows_prompt_answer_correction_and_what_came_of_it(calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN, call=str(calls[0].seq))
    assert not page.exception
    assert page.query_params["part"] == "calls"
    said = shown(page)
    assert "Write two tools." in said
    assert "Role: code" in said
    assert "Here you are: def" in said
    drawn = html(page)
    assert "It was cut off after 17 characters." in drawn
    assert "corrected" in drawn
    assert "admitted" in drawn
    view = queries.one(calls[0].seq, CallFilter(run=RUN))
    assert view is not None
    assert view.asked_again == calls[1]
    assert [each.tool for each in view.verdicts] == calls[0].subject.split(", ")
    links = {link.proto.query_string for link in page.get("page_link")}
    assert {f"domain={DOMAIN}&tool={tool}" for tool in calls[0].subject.split(", ")} <= links
    page.button(key=f"again-{calls[0].seq}").click().run()
    assert not page.exception
    assert CODE.strip() in shown(page)


def test_rounds_of_a_repair_lead_to_each_other(calls: list[ModelCall]) -> None:
    view = queries.one(calls[2].seq, CallFilter())
    assert view is not None
    assert [each.seq for each in view.around] == [calls[2].seq, calls[3].seq]
    page = open_page("runs", run=RUN, call=str(calls[3].seq))
    assert not page.exception
    assert "repair 2" in html(page)
    assert "from memory" in html(page)
    page.button(key=f"close-call-{calls[3].seq}").click().run()
    assert "call" not in page.query_params


def test_a_call_for_a_task_leads_to_the_task(calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN, call=str(calls[4].seq))
    assert not page.exception
    assert f"domain={DOMAIN}&task={calls[4].task}" in {link.proto.query_string for link in page.get("page_link")}
    failed = open_page("runs", run=RUN, call=str(calls[5].seq))
    assert not failed.exception
    assert "429: busy" in html(failed)
    assert "no answer came" in shown(failed)


@pytest.mark.parametrize("asked", ["999", "x", ATTACK, "-1", "9" * 40])
def test_a_link_to_a_call_that_is_not_there_says_so(asked: str, calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN, call=asked)
    assert not page.exception
    assert "names a call that is not here" in page.warning[0].value
    assert asked in [element.value for element in page.text]


def test_a_call_about_several_tasks_leads_to_each(calls: list[ModelCall], empty_store: Path) -> None:
    with Store.open(empty_store) as store:
        ids = [task.id for task in store.tasks.iterate(DOMAIN)]
        planned = store.calls.add(calls[4].model_copy(update={"role": "chain", "task": "", "subject": ", ".join(ids)}))
    view = queries.one(planned.seq, CallFilter())
    assert view is not None
    assert [task.id for task in view.tasks] == ids
    assert not open_page("runs", run=RUN, call=str(planned.seq)).exception


def test_a_call_of_another_run_or_tool_is_not_shown_as_this_ones(calls: list[ModelCall], empty_store: Path) -> None:
    assert queries.one(calls[0].seq, CallFilter(run="other-1")) is None
    assert queries.one(calls[0].seq, CallFilter(domain=DOMAIN)) is not None
    with Store.open(empty_store) as store:
        store.runs.create("other", RunOptions(models={"code": MODEL}), seed_kind="keyword", seed_digest="d", seed="{}")
    page = open_page("runs", run="other-1", part="calls", call=str(calls[0].seq))
    assert not page.exception
    assert not page.warning
    assert "call" not in page.query_params
    assert "Write two tools." not in shown(page)


def test_the_list_is_filtered_and_paged(calls: list[ModelCall], empty_store: Path) -> None:
    assert [each.seq for each in queries.page(CallFilter(role="debug"), 1).calls] == [calls[3].seq, calls[2].seq]
    page = open_page("runs", run=RUN, part="calls", role="debug")
    assert "2 calls, newest first" in shown(page)
    assert "1 call, newest" in shown(open_page("runs", run=RUN, part="calls", outcome="failed"))
    assert "No call is like that." in shown(open_page("runs", run=RUN, part="calls", role="gate"))
    with Store.open(empty_store) as store:
        for _ in range(queries.PER_PAGE):
            store.calls.add(calls[0])
    assert len(queries.page(CallFilter(run=RUN), 2).calls) == 6
    assert "31 calls" in shown(open_page("runs", run=RUN, part="calls"))


def test_every_outcome_can_be_asked_for(calls: list[ModelCall]) -> None:
    page = open_page("runs", run=RUN, part="calls")
    page.selectbox(key="call-outcome").select("corrected").run()
    assert not page.exception
    assert page.query_params["outcome"] == "corrected"
    assert "1 call, newest" in shown(page)


def exhausted(path: Path, budget: Budget) -> str:
    with Store.open(path) as store:
        run = store.runs.create("shop", RunOptions(models={"code": MODEL}, budget=budget), seed_kind="keyword", seed_digest="d", seed="{}")  # fmt: skip
        owner = new_owner()
        store.runs.claim(run.id, owner)
        store.runs.end(run.id, owner, "exhausted", error="Its budget of 12 calls is used up.")
        return run.id


def test_an_exhausted_run_goes_on_with_a_larger_budget(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    id = exhausted(empty_store, Budget(calls=12))
    page = open_page("runs", run=id)
    assert not page.exception
    assert "Its budget of 12 calls is used up." in shown(page)
    assert "budget: 12 calls" in html(page)
    assert "Resume" not in [button.label for button in page.button]
    page.button(key=f"enlarge-{id}").click().run()
    assert not page.exception
    assert [field.value for field in page.number_input] == [None, None, 24]
    # What is pressed within a dialog needs a browser (tests/browser/test_models.py).
    jobs.resume(id, budget=Budget(calls=30), by="Ada")
    assert started == [id]
    with Store.open(empty_store) as store:
        run = store.runs.get(id)
    assert (run.status, run.options.budget, run.options.models) == ("queued", Budget(calls=30), {"code": MODEL})


def test_an_exhausted_run_is_told_where_domains_and_failures_are_listed(full_store: Path) -> None:
    with Store.open(full_store) as store:
        run = store.runs.get(RUN)
        store.runs.retarget(RUN, run.options)
        owner = new_owner()
        store.runs.claim(RUN, owner)
        store.runs.end(RUN, owner, "exhausted", error="Its budget is used up.")
    assert domains.domains()[0].run_status == "exhausted"
    page = open_page("overview")
    assert not page.exception
    assert "Its budget is used up." in html(page)
    assert "run out of budget" in html(open_page("domains", domain=DOMAIN))


def test_a_tool_shows_the_calls_about_it(calls: list[ModelCall]) -> None:
    tool = calls[2].subject
    page = open_page("tools", domain=DOMAIN, tool=tool, tab="models")
    assert not page.exception
    assert "4 calls, newest first" in shown(page)
    page = open_page("tools", domain=DOMAIN, tool=tool, tab="models", call=str(calls[2].seq))
    assert not page.exception
    assert "a comma" in shown(page)


def test_a_tool_that_nobody_was_asked_for_says_who_wrote_it(full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN, tab="models")
    assert not page.exception
    assert "it was written by composer" in html(page)


def test_a_task_shows_who_made_it_and_the_calls_it_took(calls: list[ModelCall], empty_store: Path) -> None:
    with Store.open(empty_store) as store:
        task = store.tasks.get(DOMAIN, calls[4].task)
        store.tasks.replace(DOMAIN, task.model_copy(update={"made_by": {"instruction": SMALL, "chain": SMALL}}))
    page = open_page("tasks", domain=DOMAIN, task=task.id, call=str(calls[4].seq))
    assert not page.exception
    assert f"{SMALL}</span> instruction, chain" in html(page)
    page.session_state["task-section"] = "Made by"
    page.run()
    assert not page.exception
    assert "2 calls, newest first" in shown(page)
    assert "Please cancel my booking." in shown(page)


def test_who_played_which_role_stands_with_the_domain(calls: list[ModelCall]) -> None:
    page = open_page("domains", domain=DOMAIN)
    assert not page.exception
    assert "thinks a domain through from its keyword" in html(page)
    assert f"run={RUN}&part=calls" in {link.proto.query_string for link in page.get("page_link")}


@pytest.mark.parametrize("number", range(1, 8))
def test_hostile_prompts_and_answers_are_text(number: int, empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("runs", run="hostile-2", call=str(number))
    assert not page.exception
    assert not page.warning
    assert "<img src=x" not in html(page)
    assert "&lt;img src=x" in html(page)
    for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success", "expander"):
        assert not [element for element in page.get(kind) if "hacked" in str(getattr(element, "value", ""))]
    assert not [button.label for button in page.button if "hacked" in button.label]


@pytest.mark.parametrize(
    "cost, words", [(None, "price unknown"), (0, "$0"), (0.000123, "$0.00012"), (0.25, "$0.250"), (1234.5, "$1,234.50")]
)
def test_costs_are_said_with_as_many_digits_as_matter(cost: float | None, words: str) -> None:
    assert dollars(cost) == words


def test_a_sum_says_where_a_price_is_missing() -> None:
    assert total_cost(CallSums(cost=2.0)) == "$2.00"
    assert total_cost(CallSums(cost=2.0, unpriced=1)) == "$2.00 + price unknown"
    assert total_cost(CallSums(unpriced=1)) == "price unknown"


def test_more_tasks_and_new_runs_keep_models_and_budget(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_start_process", lambda run: None)
    with Store.open(full_store) as store:
        options = store.runs.get(RUN).options
        store.runs.retarget(RUN, options.model_copy(update={"models": {"code": MODEL}, "budget": Budget(cost=1.0)}))
    again = jobs.rerun(RUN).run
    assert (again.options.models, again.options.budget) == ({"code": MODEL}, Budget(cost=1.0))


def test_a_model_is_asked_again_for_a_tool_with_a_hint(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    monkeypatch.setenv("SCALEENV_MODEL", MODEL)
    monkeypatch.setenv("SCALEENV_MAX_CALLS", "7")
    page = open_page("tools", domain=DOMAIN, tool="book_room", tab="models")
    key = f"again-{DOMAIN}-book_room"
    page.text_area(key=f"{key}-hint").set_value(ATTACK).run()
    page.button(key=f"{key}-go").click().run()
    assert not page.exception
    assert started == [f"{DOMAIN}-2"]
    with Store.open(full_store) as store:
        run, edit = store.runs.get(started[0]), store.tool_edits.of_run(started[0])
        assert json.loads(store.runs.seed(run.id)) == {
            "tool": "book_room",
            "role": "code",
            "model": MODEL,
            "hint": ATTACK,
        }
        assert json.loads(store.runs.seed(run.id))["hint"] == edit.note
    assert (run.kind, run.options.models) == ("revision", {"code": MODEL})
    assert run.options.budget == Budget(calls=7)
    assert edit.curator == f"me ({MODEL})"
    page = open_page("tools", domain=DOMAIN, tool="book_room", tab="models")
    assert not page.exception
    assert page.button(key=f"{key}-go").disabled  # one at a time
    assert f"by me ({MODEL})" in html(page)
    assert not open_page("tools", domain=DOMAIN, tool="book_room", tab="history").exception
    assert not open_page("runs", run=run.id).exception


def test_without_a_model_asking_again_leads_to_the_setup(full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN, tab="models")
    assert not page.exception
    assert "Models" in [link.proto.label for link in page.get("page_link")]
    assert not [button for button in page.button if str(button.key).startswith("again-")]
