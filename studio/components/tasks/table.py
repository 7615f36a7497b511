"""The list of tasks: a page of rows, one of which is open beneath."""

from __future__ import annotations

from hashlib import sha256

import streamlit as st

from engine.store.tasks import TaskSummary
from studio.components.tasks.pieces import REVIEWS
from studio.components.times import ago
from studio.queries.tasks import TaskPage

Place = tuple[str, str]
"""A task: its domain and its id."""

_ROWS_IN_SIGHT = 8
_ROW_HEIGHT = 28


def list_tasks(page: TaskPage, opened: Place | None, *, attempts: bool, many_domains: bool) -> None:
    """Draws the rows; a click opens one.

    Args:
        page: What to list.
        opened: The task that is open.
        attempts: The rows are attempts that were rejected.
        many_domains: Say of each row which domain it is of.
    """
    places = [(item.domain, item.id) for item in page.items]
    at = places.index(opened) if opened in places else None
    # The grid keeps the numbers of selected rows, whatever they hold: other rows, or another task opened, make another grid.
    name = f"tasks-list-{sha256(repr((places, at)).encode()).hexdigest()[:16]}"

    def choose() -> None:
        rows = st.session_state[name]["selection"]["rows"]
        if rows and rows[0] < len(places):
            open_task(places[rows[0]])

    st.dataframe(
        _lines(page, attempts, many_domains),
        key=name,
        hide_index=True,
        on_select=choose,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if at is None else [at]}},
        row_height=_ROW_HEIGHT,
        placeholder="",
        height=_ROW_HEIGHT * (min(len(places), _ROWS_IN_SIGHT) + 1) + 10,
        column_config={
            "instruction": st.column_config.TextColumn(width="large"),
            "why it was rejected": st.column_config.TextColumn(width="large"),
            "steps": st.column_config.NumberColumn(width=52),
            "rating": st.column_config.NumberColumn(format="%.1f", width=56),
            "task": st.column_config.TextColumn(width=184),
            "review": st.column_config.TextColumn(width=98),
            "difficulty": st.column_config.TextColumn(width=72),
            "curators": st.column_config.TextColumn(width=62),
            "marks": st.column_config.TextColumn(width=66),
            "tags": st.column_config.TextColumn(width=80),
            "last": st.column_config.TextColumn(width=86),
        },
    )


def _line(item: TaskSummary, attempts: bool, many_domains: bool) -> dict[str, object]:
    line: dict[str, object] = {"task": item.id}
    if many_domains and not item.id.startswith(f"{item.domain}-"):
        line["domain"] = item.domain
    if attempts:
        return {
            **line,
            "difficulty": item.difficulty,
            "why it was rejected": item.reason,
            "instruction": item.instruction,
        }
    return {
        **line,
        "review": REVIEWS[item.review][0],
        "difficulty": item.difficulty,
        "steps": item.steps,
        "curators": _curators(item),
        "rating": item.rating,
        "marks": _marks(item),
        "instruction": item.instruction,
        "tags": ", ".join(item.tags),
        "last": ago(item.reviewed_at) if item.reviewed_at else "",
    }


def _lines(page: TaskPage, attempts: bool, many_domains: bool) -> list[dict[str, object]]:
    """The rows; columns that are empty on the whole page are left out, for the instruction needs the room."""
    lines = [_line(item, attempts, many_domains) for item in page.items]
    names = dict.fromkeys(name for line in lines for name in line)
    filled = [name for name in names if any(line.get(name) not in (None, "") for line in lines)]
    return [{name: line.get(name) for name in filled} for line in lines]


def _curators(item: TaskSummary) -> str:
    return "" if not item.reviewers else f"{item.reviewers} ≠" if item.agreed is False else str(item.reviewers)


def _marks(item: TaskSummary) -> str:
    return " ".join([*(["⟳ stale"] if item.stale else []), *([f"✎ {item.edits}"] if item.edits else [])])


def open_task(place: Place | None) -> None:
    """Opens a task beneath the list."""
    st.session_state["tasks-open"] = place


def step_buttons(page: TaskPage, opened: Place | None) -> None:
    """Previous and next task of the list, over the ends of its pages too.

    A task that left the list (it was decided on, and only open ones are listed) is followed by the one that took its
    place.
    """
    state = st.session_state
    places = [(item.domain, item.id) for item in page.items]
    if opened in places:
        state["tasks-row"] = places.index(opened)
    row = min(state.get("tasks-row", 0), len(places))
    here = opened in places

    def go(to: int) -> None:
        if 0 <= to < len(places):
            open_task(places[to])
        elif to < 0:
            state["tasks-at"], state["tasks-go"] = page.number - 1, -1
        else:
            state["tasks-at"], state["tasks-go"] = page.number + 1, 0

    before, after = row - 1, row + 1 if here else row
    mark = f"{opened[0]}-{opened[1]}" if opened else ""
    # The keys name the task that is left: a press that comes late must not skip one.
    st.button(
        "Previous", icon=":material/arrow_upward:", shortcut="K", key=f"tasks-previous-{mark}", on_click=go, args=(before,),
        disabled=before < 0 and page.number == 1,
    )  # fmt: skip
    st.button(
        "Next", icon=":material/arrow_downward:", shortcut="J", key=f"tasks-next-{mark}", on_click=go, args=(after,),
        disabled=after >= len(places) and page.number == page.pages,
    )  # fmt: skip


def arrive(page: TaskPage) -> None:
    """Opens the first or the last row where a step led over the end of a page."""
    go = st.session_state.pop("tasks-go", None)
    if go is not None and page.items:
        item = page.items[go]
        open_task((item.domain, item.id))
