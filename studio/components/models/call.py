"""One call to a language model: what was asked and answered, what was wrong with it, what it cost, and what came of it."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st
from markupsafe import Markup

from engine.models.call import ModelCall
from engine.store.call_log import CallFilter
from studio.components.durations import duration
from studio.components.markup import Tone, badge, facts, head, mono, quote, row, show
from studio.components.models.amounts import call_cost
from studio.components.models.calls import OUTCOMES, PARAMETER, choose_calls, open_call, show_calls
from studio.components.reveal import reveal
from studio.components.times import on
from studio.queries import calls as queries
from studio.queries.calls import CallView

TEXT_HEIGHT = 430
"""Pixels after which a prompt or an answer scrolls."""

VERDICTS: dict[bool | None, tuple[str, Tone]] = {
    True: ("✓ admitted", "good"),
    False: ("✗ rejected", "bad"),
    None: ("… not tested yet", "info"),
}
TURNS = {1: "the question", 2: "the corrective turn"}


def show_calls_of(scope: CallFilter, *, key: str, filtered: bool = False) -> None:
    """A list of calls about one thing and, above it, the one that is open.

    Args:
        scope: Which calls.
        key: Tells this list from others.
        filtered: Offer a filter, where the list is long.
    """
    show_chosen_call(scope)
    chosen = choose_calls(scope) if filtered else scope
    show_calls(chosen, key=key, drawn=st.query_params.get(PARAMETER))


def show_chosen_call(scope: CallFilter) -> None:
    """The call that the address names, in a frame, if it names one of these.

    Args:
        scope: The calls of what the page shows.
    """
    asked = st.query_params.get(PARAMETER)
    if asked is None:
        return
    seq = int(asked) if asked.isdecimal() and len(asked) < 16 else 0
    view = queries.one(seq, scope)
    if view is not None:
        with st.container(border=True):
            reveal(asked, key="reveal-call")
            show_call(view)
    elif queries.is_there(seq):
        _close()  # it was open when the page showed another run, tool or task
    else:
        st.warning("The link names a call that is not here:", icon=":material/link_off:")
        st.text(asked)


def show_call(view: CallView) -> None:
    """Draws the call."""
    call = view.call
    words, tone = OUTCOMES[call.outcome]
    marks = [badge(words, tone), badge(call.role.replace("_", " ")), badge(TURNS.get(call.turn, f"turn {call.turn}"))]
    if call.round:
        marks.append(badge(f"repair {call.round}", "warn"))
    if call.cached:
        marks.append(badge("from memory", "info"))
    with st.container(horizontal=True, vertical_alignment="center"):
        show(row(Markup("<b>Call {}</b>").format(call.seq), *marks, mono(call.model)))
        st.button("Close", key=f"close-call-{call.seq}", icon=":material/close:", on_click=_close)
    if call.problem:
        show(head("What was wrong with the answer" if call.key else "Why there was no answer"), quote(call.problem))
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        _show_prompt(view)
    with right:
        _show_answer(view)
        _show_outcome(view)
        _show_around(view)


def _close() -> None:
    st.query_params.pop(PARAMETER, None)


def _show_prompt(view: CallView) -> None:
    show(head("What was asked"))
    if not view.messages:
        st.caption("Its words are not kept: no answer came, or it was removed from the store.")
        return
    said = 0
    for message in view.messages:
        # The instructions are the same for every call of a role: they are there, but not in the way.
        if message.speaker == "system":
            with st.expander("Instructions, the same for every call of the role", icon=":material/menu_book:"):
                st.code(message.text, language=None, wrap_lines=True)
            continue
        if said or message.speaker != "user":
            show(row(badge(message.speaker or "–")))
        said += 1
        st.code(message.text, language=None, wrap_lines=True, height=_height(message.text))
    if view.schema:
        with st.expander("Form of the answer (JSON schema)", icon=":material/data_object:"):
            st.code(json.dumps(view.schema, ensure_ascii=False, indent=1), language="json", height=TEXT_HEIGHT)


def _show_answer(view: CallView) -> None:
    show(head("What was answered"))
    if view.answer is None:
        st.caption("Nothing.")
        return
    text, language = _readable(view.answer.text)
    if text.strip():
        st.code(text, language=language, wrap_lines=True, height=_height(text))
    else:
        st.caption("An empty answer.")
    if view.answer.finish != "stop":
        show(row("It ended because of", mono(view.answer.finish)))


def _readable(text: str) -> tuple[str, str | None]:
    """A text as it is best read: JSON is indented, everything else stays as it came."""
    if text.lstrip().startswith("{"):
        try:
            return json.dumps(json.loads(text), ensure_ascii=False, indent=1), "json"
        except (ValueError, RecursionError):
            return text, None
    return text, "python" if "def " in text else None


def _height(text: str) -> int | str:
    """Long texts scroll; short ones take what they need."""
    return TEXT_HEIGHT if text.count("\n") + len(text) // 90 > TEXT_HEIGHT // 22 else "content"


def _show_outcome(view: CallView) -> None:
    call = view.call
    show(head("What came of it"))
    if view.asked_again is not None:
        st.button(
            f"Asked again: call {view.asked_again.seq}",
            key=f"again-{call.seq}",
            icon=":material/arrow_forward:",
            on_click=open_call,
            args=(str(view.asked_again.seq),),
        )
    for task in view.tasks:
        audited = task.state == "audited"
        with st.container(horizontal=True, vertical_alignment="center"):
            show(row(badge("✓ audited" if audited else "✗ rejected", "good" if audited else "bad"), mono(task.id)))
            if audited:
                st.page_link("views/tasks.py", label="Open", query_params={"domain": call.domain, "task": task.id})
        if task.reason:
            show(quote(task.reason))
    for each in view.verdicts:
        words, tone = VERDICTS[each.admitted]
        repaired = [f"after {each.repairs} repairs" if each.repairs > 1 else "after a repair"] if each.repairs else []
        with st.container(horizontal=True, vertical_alignment="center"):
            show(row(badge(words, tone), mono(each.tool), *repaired, f"written by {each.made_by}"))
            st.page_link("views/tools.py", label="Open", query_params={"domain": call.domain, "tool": each.tool})
        if each.reasons:
            show(quote("\n".join(each.reasons[:4])))
    if not view.tasks and not view.verdicts:
        if view.exists:
            st.page_link("views/domains.py", label="The domain", query_params={"domain": call.domain})
        else:
            st.caption("Nothing yet: the domain, the tool or the task is not there.")
    used: dict[str, Any] = {
        "tokens read": f"{call.prompt_tokens:,}",
        "tokens written": f"{call.completion_tokens:,}",
        "cost": call_cost(call),
        "took": "–" if call.cached else duration(call.seconds),
        "retries": call.retries or "–",
        "at": on(call.at),
        "run": call.run,
        "about": call.subject or call.task or "–",
    }
    show(facts(used))


def _show_around(view: CallView) -> None:
    """The other turns and rounds on the same, oldest first."""
    if len(view.around) < 2:
        return
    show(head("Asked about the same, in order"))
    with st.container(horizontal=True):
        for each in view.around:
            st.button(
                _label(each),
                key=f"to-call-{each.seq}",
                on_click=open_call,
                args=(str(each.seq),),
                disabled=each.seq == view.call.seq,
                help=None,
            )


def _label(call: ModelCall) -> str:
    turn = "corrective turn" if call.turn > 1 else f"repair {call.round}" if call.round else "question"
    return f"{OUTCOMES[call.outcome][0].split()[0]} {call.seq}: {turn}"
