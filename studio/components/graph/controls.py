"""The controls above the picture of a graph: which part of it is drawn. All of them are kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import streamlit as st

from studio.components.graph.style import KINDS, words
from studio.components.segment import settle
from studio.queries.graph import LARGE, USUAL, Choice, GraphView, TaskPart, View, Way, some_tasks, task_part

VIEWS: dict[str, str] = {"all": "All tools", "near": "Neighbourhood", "task": "Task", "tables": "By table"}
WAYS: dict[str, str] = {"both": "either way", "in": "what leads to it", "out": "what it leads to"}
DOES: dict[str, str] = {"": "read or write", "reads": "only read", "writes": "change the state"}
STEPS = 4
"""Most steps of a neighbourhood; in these graphs hardly a tool is further away."""

PARAMETERS = (
    "tool",
    "edge",
    "task",
    "focus",
    "steps",
    "way",
    "view",
    "kinds",
    "unproven",
    "table",
    "category",
    "does",
    "degree",
)


class Asked(NamedTuple):
    """What an address asks for.

    Attributes:
        tool: The tool that is chosen.
        edge: The edge that is chosen.
        wrong: What it names that the graph does not have.
    """

    choice: Choice
    tool: str | None
    edge: str | None
    wrong: tuple[str, ...]


def read_address(view: GraphView, query: Mapping[str, str]) -> Asked:
    """What a deep link asks for; a link to something draws the part of the graph that shows it."""
    tool, edge, focus, task = (query.get(name) or None for name in ("tool", "edge", "focus", "task"))
    wrong = tuple(
        name for name, known in ((tool, view.tool), (edge, view.edge), (focus, view.tool)) if name and name not in known
    )
    tool, focus = (name if name in view.tool else None for name in (tool, focus))
    edge = edge if edge in view.edge else None
    kinds = [kind for kind in query.get("kinds", ",".join(USUAL)).split(",") if kind in KINDS]
    unproven = query.get("unproven") == "1"
    if edge:
        # A link to an edge must show it, whatever is drawn usually.
        kinds = list(dict.fromkeys([*kinds, view.edge[edge].kind]))
        unproven = unproven or not view.edge[edge].proven
    start = focus or tool or (view.edge[edge].source if edge else None)
    large = len(view.tools) > LARGE
    drawn: Any = query.get("view")
    if drawn not in get_args(View):
        drawn = "task" if task else "near" if focus or (large and start) else "tables" if large else "all"
    return Asked(
        Choice(
            view=drawn,
            kinds=tuple(kinds),
            unproven=unproven,
            focus=start or (view.tools[0].name if view.tools else ""),
            steps=_number(query.get("steps"), 1, STEPS, 1),
            way=_one(query.get("way"), get_args(Way), "both"),
            task=task or "",
            tables=_some(query.get("table"), view.tables),
            categories=_some(query.get("category"), view.categories),
            does=_one(query.get("does"), tuple(DOES), ""),
            degree=_number(query.get("degree"), 0, 99, 0),
        ),
        tool,
        edge,
        wrong,
    )


def _number(text: str | None, least: int, most: int, fallback: int) -> int:
    return (
        min(max(int(text), least), most) if text and text.isascii() and text.isdigit() and len(text) < 7 else fallback
    )


def _one(text: str | None, known: tuple[str, ...], fallback: str) -> Any:
    return text if text in known else fallback


def _some(text: str | None, known: list[str]) -> tuple[str, ...]:
    return tuple(name for name in (text or "").split(",") if name in known)


def write_address(choice: Choice, tool: str | None, edge: str | None) -> dict[str, str]:
    """The query parameters that lead back to what is shown; what is as usual is left out."""
    told = {
        "tool": tool or "",
        "edge": edge or "",
        "task": choice.task if choice.view == "task" else "",
        "focus": choice.focus if choice.view == "near" else "",
        "steps": str(choice.steps) if choice.view == "near" else "",
        "way": choice.way if choice.view == "near" and choice.way != "both" else "",
        "view": choice.view,
        "kinds": ",".join(choice.kinds) if set(choice.kinds) != set(USUAL) else "",
        "unproven": "1" if choice.unproven else "",
        "table": ",".join(choice.tables),
        "category": ",".join(choice.categories),
        "does": choice.does,
        "degree": str(choice.degree) if choice.degree else "",
    }
    if not choice.kinds:
        told["kinds"] = "none"
    return {name: value for name, value in told.items() if value}


def choose_part(view: GraphView, first: Choice, scope: str) -> tuple[Choice, TaskPart | None]:
    """Draws the controls; what is chosen, and the task's part where one is chosen.

    Args:
        first: What is chosen until a control is used.
        scope: Tells the controls of this visit and domain from others.
    """
    domain = view.domain.spec.name
    settle(f"view-{scope}", list(VIEWS), first.view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drawn = st.segmented_control(
            "Show",
            list(VIEWS),
            format_func=VIEWS.__getitem__,
            required=True,
            key=f"view-{scope}",
        )
        choice = first._replace(view=drawn)
        task = None
        if drawn == "near":
            choice = choice._replace(
                focus=_select("Around", sorted(view.tool), first.focus, f"focus-{scope}", 290),
                steps=_select("Steps", list(range(1, STEPS + 1)), first.steps, f"steps-{scope}", 90),
                way=_select("Along", list(WAYS), first.way, f"way-{scope}", 170, WAYS.__getitem__),
            )
        elif drawn == "task":
            choice, task = _choose_task(view, domain, choice, scope)
        kinds = st.pills(
            "Edges",
            list(KINDS),
            selection_mode="multi",
            default=list(first.kinds),
            format_func=words,
            key=f"kinds-{scope}",
        )
        unproven = st.toggle("Unproven too", value=first.unproven, key=f"unproven-{scope}")
        choice = choice._replace(kinds=tuple(kind for kind in KINDS if kind in kinds), unproven=unproven)
        with st.popover("Filter tools", icon=":material/filter_list:"):
            choice = choice._replace(
                tables=tuple(st.multiselect("Table", view.tables, default=first.tables, key=f"table-{scope}")),
                categories=tuple(
                    st.multiselect("Category", view.categories, default=first.categories, key=f"category-{scope}")
                ),
                does=_select("Tools that", list(DOES), first.does, f"does-{scope}", 200, DOES.__getitem__),
                degree=int(
                    st.number_input(
                        "Joined to at least so many others", 0, 99, value=first.degree, key=f"degree-{scope}"
                    )
                ),
            )
    return choice, task


def _select(label: str, options: list[Any], value: Any, key: str, width: int, say: Any = str) -> Any:
    at = options.index(value) if value in options else 0
    return st.selectbox(label, options, index=at, key=key, width=width, format_func=say)


def _choose_task(view: GraphView, domain: str, choice: Choice, scope: str) -> tuple[Choice, TaskPart | None]:
    known = some_tasks(domain)
    if choice.task and choice.task not in known:
        known.insert(0, choice.task)
    chosen = st.selectbox(
        "Task",
        known,
        index=known.index(choice.task) if choice.task else 0 if known else None,
        key=f"task-{scope}",
        width=290,
        accept_new_options=True,
        placeholder="Its id",
    )
    return choice._replace(task=chosen or ""), task_part(view, chosen) if chosen else None
