"""The page about traces: list, filters, links, stepping, comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markupsafe import escape
from streamlit.testing.v1 import AppTest

from engine.models.trace import Trace
from engine.store import Store
from engine.store.traces import TraceFilter, TraceSummary
from studio.components.traces.step import SIGNS
from studio.components.traces.stepper import NAMES_UP_TO, overview
from studio.queries import traces as queries
from tests.studio.conftest import open_page
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks


def drawn(page: AppTest) -> str:
    """The page's own HTML."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def long_trace(path: Path, kind: str = "audit", steps: int = 2) -> TraceSummary:
    with Store.open(path) as store:
        return next(item for item in store.traces.of(DOMAIN) if item.kind == kind and item.steps >= steps)


def stepper(trace: str) -> str:
    return f"trace-{DOMAIN}-{trace}"


def test_a_link_leads_to_its_trace_and_step(full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, trace=trace.id, step="2")
    assert not page.exception
    assert trace.title in drawn(page)
    assert "step 2:" in drawn(page)
    assert page.slider(key=f"{stepper(trace.id)}-step").value == 2


@pytest.mark.parametrize(
    "step", ["0", "999999", "²", "-1", "x", "1" * 5000], ids=["low", "high", "superscript", "negative", "word", "long"]
)
def test_a_step_in_the_address_that_makes_no_sense_does_no_harm(step: str, full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, trace=trace.id, step=step)
    assert not page.exception
    assert 1 <= page.slider(key=f"{stepper(trace.id)}-step").value <= trace.steps


def test_stepping_moves_through_a_trace_and_stops_at_its_ends(full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, trace=trace.id)
    key = stepper(trace.id)
    for _ in range(trace.steps + 1):
        page.button(key=f"{key}-next").click().run()
    assert page.slider(key=f"{key}-step").value == trace.steps
    assert page.query_params["step"] == str(trace.steps)
    for _ in range(trace.steps + 1):
        page.button(key=f"{key}-back").click().run()
    assert page.slider(key=f"{key}-step").value == 1


def test_the_filters_and_the_trace_are_kept_in_the_address(full_store: Path) -> None:
    page = open_page("traces", domain=DOMAIN, kind="edge_proof", verdict="passed")
    with Store.open(full_store) as store:
        first = store.traces.page(TraceFilter(domain=DOMAIN, kind="edge_proof", passed=True), limit=1)[0]
    assert page.query_params["trace"] == first.id
    assert page.query_params["kind"] == "edge_proof"
    page.text_input(key="trace-words").set_value("cancel_booking").run()
    assert page.query_params["words"] == "cancel_booking"
    assert "cancel_booking" in str(page.query_params["trace"])
    page.text_input(key="trace-words").set_value("no such thing").run()
    assert "Loosen the filter" in page.info[0].value


def test_the_next_and_the_previous_trace_of_the_list(full_store: Path) -> None:
    page = open_page("traces", domain=DOMAIN, kind="audit")
    with Store.open(full_store) as store:
        ids = [item.id for item in store.traces.page(TraceFilter(domain=DOMAIN, kind="audit"), limit=12)]
    state = f"trace-chosen-{DOMAIN}"
    assert page.button(key=f"{state}-previous").disabled
    for id in ids[1:]:  # over the end of a page of the list
        page.button(key=f"{state}-next").click().run()
        assert page.query_params["trace"] == id
    page.button(key=f"{state}-previous").click().run()
    assert page.query_params["trace"] == ids[-2]
    assert "step" not in page.query_params or page.query_params["step"] == "1"


def test_only_the_evidence_for_a_subject(full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, subject=trace.subject)
    assert trace.subject in str(page.query_params["trace"])
    page.button(key=f"no-subject-{DOMAIN}").click().run()
    assert "subject" not in page.query_params


def test_the_database_after_a_step_is_shown_when_it_is_asked_for(full_store: Path) -> None:
    with Store.open(full_store) as store:
        id = next(
            item.id
            for item in store.traces.of(DOMAIN, "audit")
            if item.id.endswith("solvable:0") and any(step.diff for step in store.traces.get(DOMAIN, item.id).steps)
        )
        trace = store.traces.get(DOMAIN, id)
    at = next(step.index for step in trace.steps if step.diff)
    page = open_page("traces", domain=DOMAIN, trace=id, step=str(at + 1))
    assert "what its calls touched" not in drawn(page)
    page.button(key=f"{stepper(id)}-after-turn").click().run()
    assert "what its calls touched" in drawn(page)
    assert "now" in drawn(page)  # the mark of a row that this step changed
    page.button(key=f"{stepper(id)}-after-turn").click().run()
    assert "what its calls touched" not in drawn(page)


def test_two_traces_of_a_task_are_compared_with_rewards_and_mismatches(full_store: Path) -> None:
    with Store.open(full_store) as store:
        task = next(store.tasks.iterate(DOMAIN))
    page = open_page("traces", domain=DOMAIN, trace=f"{task.id}:solvable:0", **{"with": f"{task.id}:do_nothing:0"})
    assert not page.exception
    html = drawn(page)
    assert "reward 1" in html
    assert "reward 0" in html
    assert html.count("missing on the right") == len(task.reference_calls)
    page.selectbox(key=f"trace-with-{DOMAIN}-{task.id}:solvable:0").set_value(None).run()
    assert "with" not in page.query_params
    assert "missing on the right" not in drawn(page)


def test_a_comparison_begins_where_the_two_differ_first(full_store: Path) -> None:
    with Store.open(full_store) as store:
        ids = [item.id for item in store.traces.of(DOMAIN, "audit") if ":altered_argument:" in item.id]
    left = ids[0].partition(":")[0] + ":solvable:0"
    page = open_page("traces", domain=DOMAIN, trace=left, **{"with": ids[0]})
    found = queries.comparison(
        *(queries.view(queries.trace(DOMAIN, id), DOMAIN) for id in (left, ids[0])),
    )
    first = next(number for number, step in enumerate(found.steps, 1) if step.differences)
    assert page.query_params["step"] == str(first)
    assert not page.exception


def test_a_link_that_compares_with_nothing_says_so(full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, trace=trace.id, **{"with": ATTACK})
    assert "compares with a trace that is not here" in page.warning[0].value
    assert not page.exception


def test_hostile_text_is_shown_as_text_in_steps_comparison_and_rows(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    for query in ({}, {"with": "trace-2"}):
        page = open_page("traces", domain="hostile", trace="trace-1", **query)
        assert not page.exception
        html = drawn(page)
        assert "&lt;img src=x onerror=" in html
        assert "<img" not in html
        assert "<script" not in html


def test_the_overview_tells_each_verdict_by_sign_and_has_names_where_there_is_room(full_store: Path) -> None:
    with Store.open(full_store) as store:
        trace: Trace = store.traces.get(DOMAIN, long_trace(full_store).id)
    choices = overview(trace.steps)
    assert [choice.cells[0] for choice in choices] == [SIGNS[step.outcome][0] for step in trace.steps]
    assert trace.steps[0].call.name in choices[0].cells[1]
    many = overview(trace.steps * (NAMES_UP_TO + 1))
    assert trace.steps[0].call.name not in many[0].cells[1]
    assert trace.steps[0].call.name in many[0].title


def test_what_is_downloaded_is_the_trace(full_store: Path) -> None:
    trace = long_trace(full_store)
    page = open_page("traces", domain=DOMAIN, trace=trace.id)
    assert [button for button in page.get("download_button") if button.proto.label == "JSON"]
    text = queries.view(queries.trace(DOMAIN, trace.id), DOMAIN).trace.model_dump_json(indent=2)
    assert Trace.model_validate(json.loads(text)).id == trace.id


def test_a_trace_whose_task_is_gone_is_still_shown(full_store: Path) -> None:
    with Store.open(full_store) as store:
        trace = store.traces.get(DOMAIN, long_trace(full_store).id)
        store.traces.put(DOMAIN, "nothing", trace.model_copy(update={"id": "orphan", "task_id": "no such task"}))
    page = open_page("traces", domain=DOMAIN, trace="orphan")
    assert not page.exception
    assert not page.error
    assert trace.steps[0].call.name in drawn(page)


@pytest.mark.parametrize("name", ["traces", "play"])
def test_another_domain_begins_anew(name: str, full_store: Path) -> None:
    fill_with_attacks(full_store)  # a second domain beside the first
    page = open_page(name, domain=DOMAIN)
    assert not page.warning
    page.selectbox(key="choose-domain-").set_value("hostile").run()
    assert not page.exception
    assert not page.warning
    assert page.query_params["domain"] == "hostile"
    page.selectbox(key="choose-domain-").set_value(DOMAIN).run()
    assert not page.exception
    assert not page.warning


def test_a_link_counts_more_than_what_was_looked_at_before(full_store: Path) -> None:
    with Store.open(full_store) as store:
        ids = [item.id for item in store.traces.page(TraceFilter(domain=DOMAIN), limit=60)]
    page = open_page("traces", domain=DOMAIN, trace=ids[1])
    page.query_params["trace"] = ids[50]
    page.run()
    assert page.query_params["trace"] == ids[50]
    assert escape(ids[50]) in drawn(page)
    state = f"trace-chosen-{DOMAIN}"
    page.button(key=f"{state}-next").click().run()
    assert page.query_params["trace"] == ids[51]
