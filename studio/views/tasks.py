"""Tasks: find them by filter, search and sort, read one in full, decide, edit its words, act on many."""

from __future__ import annotations

import streamlit as st

from engine.errors import UsageError
from studio.components.empty import say_empty
from studio.components.markup import badge, mono, row, show, table
from studio.components.messages import tell
from studio.components.review.decide import decide
from studio.components.tasks.bulk import bulk_menu, undo_offer
from studio.components.tasks.detail import show_sections, show_task, show_words, stale_line
from studio.components.tasks.editor import told_about_edit
from studio.components.tasks.filters import Asked, choose_tasks, read_address, write_address
from studio.components.tasks.table import Place, arrive, list_tasks, open_task, step_buttons
from studio.queries import tasks as queries
from studio.queries.tasks import TaskPage


def page() -> None:
    """Draws the page."""
    st.title("Tasks")
    facets = queries.facets()
    if not facets.domains:
        say_empty("There is no domain yet. Start one on the Domains page.", "domains", "Go to Domains")
        return
    if read_address(facets):
        _find_opened()
    _say_lost()
    asked = choose_tasks(facets, queries.figures)
    if st.session_state["tasks-at"] is None:
        st.session_state["tasks-at"] = _page_of_opened(asked)
    listed = queries.page(asked.chosen, asked.sort, descending=asked.descending, number=st.session_state["tasks-at"])
    st.session_state["tasks-at"] = listed.number
    arrive(listed)
    opened: Place | None = st.session_state.get("tasks-open")
    if opened is None and listed.items:
        opened = (listed.items[0].domain, listed.items[0].id)
        open_task(opened)
    attempts = asked.chosen.state == "rejected"
    undo_offer()
    told_about_edit()
    if listed.total:
        list_tasks(listed, opened, attempts=attempts, many_domains=len(asked.chosen.domains) != 1)
    else:
        _say_none(asked)
    if listed.total or opened is not None:
        _footer(listed, asked, opened, attempts=attempts)
    if opened is not None:
        _detail(opened, inside=any((item.domain, item.id) == opened for item in listed.items))
    if attempts:
        _causes(asked)
    write_address(opened)


def _find_opened() -> None:
    """Finds the task that the address names, which may say no domain."""
    opened: Place | None = st.session_state.get("tasks-open")
    if opened is None:
        return
    found = queries.find(opened[1], (opened[0],) if opened[0] else ())
    if found is None:
        st.session_state["tasks-lost"] = ("task", opened[1])
        st.session_state["tasks-at"] = st.session_state["tasks-at"] or 1
    open_task((found.domain, found.id) if found is not None else None)


def _page_of_opened(asked: Asked) -> int:
    opened: Place | None = st.session_state.get("tasks-open")
    found = queries.find(opened[1], (opened[0],)) if opened is not None else None
    if found is None:
        return 1
    return queries.page_of(asked.chosen, asked.sort, descending=asked.descending, task=found) or 1


def _say_lost() -> None:
    """Says that a link leads to what is not here."""
    lost = st.session_state.pop("tasks-lost", None)
    if lost is not None:
        st.warning(f"The link names a {lost[0]} that is not here:", icon=":material/link_off:")
        st.text(lost[1])


def _say_none(asked: Asked) -> None:
    figures = queries.figures(asked.chosen.domains)
    if asked.chosen.state == "audited" and not figures.audited:
        st.info("There is no audited task yet. Start a run with tasks on the Domains page.", icon=":material/info:")
        if figures.attempts:
            st.caption(f"{figures.attempts:,} attempts were rejected: choose Failed attempts to see why.")
    else:
        st.info("No task fits. Loosen the filter.", icon=":material/info:")


def _footer(listed: TaskPage, asked: Asked, opened: Place | None, *, attempts: bool) -> None:
    """Pages, steps to the neighbours, and actions for all that is listed."""

    def turn() -> None:
        st.session_state["tasks-at"] = st.session_state[f"tasks-pagination-{listed.pages}-{listed.number}"]

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if listed.total:
            first = (listed.number - 1) * queries.PAGE
            st.caption(f"{first + 1:,} to {first + len(listed.items):,} of {listed.total:,}", width="content")
        if listed.pages > 1:
            # The key names the page, since the page is turned by other means too.
            st.pagination(
                listed.pages,
                default=listed.number,
                key=f"tasks-pagination-{listed.pages}-{listed.number}",
                on_change=turn,
                width="stretch",
            )
        step_buttons(listed, opened)
        if not attempts:
            bulk_menu(asked.chosen, listed.total)


def _detail(opened: Place, *, inside: bool) -> None:
    """The open task: who it is, what to decide, and all there is to know."""
    domain, id = opened
    try:
        view = queries.task(domain, id)
    except UsageError as error:
        _unbuilt(opened, error)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        parts = [mono(id), *([] if view.task.audited else [badge("✗ failed attempt", "bad")])]
        show(row(*parts, *([] if inside else [badge("not on this page of the list", "quiet")])))
        st.page_link("views/play.py", label="Play", icon=":material/sports_esports:", query_params=_query(opened))
        st.page_link("views/graph.py", label="Graph", icon=":material/graph_3:", query_params=_query(opened))
    if view.stale:
        show(stale_line(view))
    if not view.task.audited:
        show(row(badge("why it was rejected", "bad"), view.task.reason))
        show_task(view)
        return
    words, review = st.columns([7, 3], gap="medium")
    with words:
        show_words(view, narrow=True)
    with review:
        decide(domain, id, key="tasks")
    show_sections(view, key="task", editable=True)


def _query(opened: Place) -> dict[str, str]:
    return {"domain": opened[0], "task": opened[1]}


def _unbuilt(opened: Place, error: UsageError) -> None:
    """An attempt that gave no task: there is nothing but the reason."""
    found = queries.find(opened[1], (opened[0],))
    if found is None:
        tell(error)
    else:
        show(row(mono(found.id), badge("✗ no task came about", "bad"), found.reason))


def _causes(asked: Asked) -> None:
    """Why attempts came to nothing."""
    causes = queries.rejections(*asked.chosen.domains)
    if causes:
        st.caption("Why attempts were rejected, and how many")
        show(table(({"cause": cause, "attempts": count} for cause, count in causes.items()), height=300))


page()
