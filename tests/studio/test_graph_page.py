"""The states of the page about the graph, and what its address leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Router

from engine.models.domain import ToolReport
from engine.models.graph import Edge
from engine.store import Store
from studio.components.graph.controls import read_address, write_address
from studio.queries import graph as queries
from studio.queries.graph import LARGE, Choice, GraphView
from studio.scripts import address, routes, scripts
from tests.studio.asgi import run
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks
from tests.studio.graphs import view_of
from tests.studio.large_graph import LARGE as LARGE_DOMAIN
from tests.studio.large_graph import fill_large

EDGES = (
    Edge(source="get_job", target="drop_job", kind="data_flow", via="x", proven=True),
    Edge(source="drop_job", target="get_job", kind="state", via="x", reason="no state"),
    Edge(source="get_offer", target="get_job", kind="precondition", via="x", proven=True),
)


@pytest.fixture
def view() -> GraphView:
    return view_of(["get_job", "drop_job", "get_offer", "list_offer"], EDGES)


def _html(app: object) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))  # type: ignore[attr-defined]


def test_without_a_domain_the_page_says_where_to_begin(empty_store: Path) -> None:
    app = open_page("graph")
    assert "no domain yet" in shown(app)


def test_a_domain_without_tools_is_told_in_words(full_store: Path) -> None:
    with Store.open(full_store) as store:
        for stored in store.tools.all(DOMAIN):
            report = ToolReport(tool=stored.tool.name, admitted=False, reasons=("refused",), cases=0)
            store.tools.judge(DOMAIN, stored.tool, report, [])
    app = open_page("graph", domain=DOMAIN)
    assert "No tool of this domain is admitted yet" in shown(app)
    assert not app.exception


def test_figures_stand_beside_the_picture_at_first(full_store: Path) -> None:
    app = open_page("graph", domain=DOMAIN)
    assert not app.exception
    for words in ("density", "longest chain", "Sources:", "Unreachable:"):
        assert words in _html(app)


def test_a_link_to_a_tool_shows_its_contract(full_store: Path) -> None:
    app = open_page("graph", domain=DOMAIN, tool="cancel_booking")
    assert "cancel_booking" in _html(app)
    assert "Refused with, unless" in _html(app)
    assert app.query_params["tool"] == "cancel_booking"


def test_a_link_to_an_edge_shows_its_evidence(full_store: Path) -> None:
    with Store.open(full_store) as store:
        proven = next(edge for edge in store.edges.all(DOMAIN) if edge.proven and edge.kind == "state")
    app = open_page("graph", domain=DOMAIN, edge=proven.id)
    assert "The execution that proves it" in _html(app)
    assert proven.via in _html(app)
    # It is drawn although state edges are not usually.
    assert "state" in app.query_params["kinds"]


def test_an_unproven_edge_says_why(empty_store: Path) -> None:
    fill_large(empty_store, 20)
    with Store.open(empty_store) as store:
        edge = next(edge for edge in store.edges.all(LARGE_DOMAIN) if not edge.proven)
    app = open_page("graph", domain=LARGE_DOMAIN, edge=edge.id)
    assert "no state was found" in _html(app)
    assert "What was tried" in _html(app)
    assert app.query_params["unproven"] == "1"


def test_a_link_to_a_task_numbers_its_chain(full_store: Path) -> None:
    with Store.open(full_store) as store:
        task = next(iter(store.tasks.iterate(DOMAIN)))
    part = queries.task_part(queries.graph(DOMAIN), task.id)
    assert part is not None
    numbered = sorted((number, name) for name, numbers in part.steps.items() for number in numbers)
    assert [name for _, name in numbered] == [step.tool for step in task.chain.steps]
    app = open_page("graph", domain=DOMAIN, task=task.id)
    assert task.id in _html(app)
    assert app.query_params["view"] == "task"


def test_links_to_what_is_not_there_are_told(full_store: Path) -> None:
    app = open_page("graph", domain=DOMAIN, tool="nobody", edge="nothing")
    assert "nobody\nnothing" in shown(app)
    app = open_page("graph", domain=DOMAIN, task="no-task")
    assert "no such task" in shown(app)
    assert not app.exception


def test_filters_that_let_nothing_through_say_so(full_store: Path) -> None:
    app = open_page("graph", domain=DOMAIN, degree="99")
    assert "No tool passes these filters" in shown(app)
    assert not app.exception


def test_controls_change_what_is_drawn_and_the_address(full_store: Path) -> None:
    app = open_page("graph", domain=DOMAIN)
    app.get("button_group")[0].set_value("tables").run()
    assert app.query_params["view"] == "tables"
    app.toggle[0].set_value(True).run()
    assert app.query_params["unproven"] == "1"
    assert not app.exception


def test_a_large_graph_opens_by_table_and_a_tool_of_it_with_its_neighbours(empty_store: Path) -> None:
    fill_large(empty_store, LARGE + 80)
    app = open_page("graph", domain=LARGE_DOMAIN)
    assert app.query_params["view"] == "tables"
    app = open_page("graph", domain=LARGE_DOMAIN, tool="get_thing_03")
    assert (app.query_params["view"], app.query_params["focus"]) == ("near", "get_thing_03")
    app = open_page("graph", domain=LARGE_DOMAIN, view="all")
    assert app.query_params["view"] == "all"
    assert not app.exception


def test_hostile_words_are_text_beside_the_graph(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    app = open_page("graph", domain="hostile", tool=f"write_{ATTACK}")
    assert not app.exception
    assert "&lt;img src=x" in _html(app)
    assert "<img" not in _html(app)


def test_the_graph_is_read_again_only_when_it_changed(full_store: Path) -> None:
    before = queries.graph(DOMAIN)
    assert queries.graph(DOMAIN) is before
    with Store.open(full_store) as store:
        edge = next(edge for edge in store.edges.all(DOMAIN) if edge.proven)
        store.edges.judge(DOMAIN, [edge.model_copy(update={"proven": False, "reason": "gone"})])
    after = queries.graph(DOMAIN)
    assert after.edge[edge.id].reason == "gone"
    assert after.revision != before.revision


@pytest.mark.parametrize(
    "choice",
    [
        Choice(focus="get_job"),
        Choice(view="near", focus="get_offer", steps=3, way="in"),
        Choice(view="tables", kinds=("state",), unproven=True, focus="get_job"),
        Choice(kinds=(), tables=("job",), categories=("get",), does="reads", degree=2, focus="get_job"),
        Choice(view="task", task="t-1", focus="get_job"),
    ],
)
def test_an_address_leads_back_to_what_was_chosen(choice: Choice, view: GraphView) -> None:
    asked = read_address(view, write_address(choice, None, None))
    assert asked.choice == choice
    assert asked.wrong == ()


@pytest.mark.parametrize("bad", ["x", "-1", "99999999", "²", "1.5"])
def test_nonsense_in_an_address_is_passed_over(bad: str, view: GraphView) -> None:
    query = dict.fromkeys(("steps", "way", "view", "kinds", "table", "category", "does", "degree"), bad)
    asked = read_address(view, query)
    assert asked.choice == Choice(kinds=(), focus="get_job")


def test_parts_of_a_graph(view: GraphView) -> None:
    assert view.part(Choice()).edges == (EDGES[0], EDGES[2])
    assert view.part(Choice(kinds=("state",), unproven=True)).edges == (EDGES[1],)
    assert view.part(Choice(tables=("offer",))).tools == ("get_offer", "list_offer")
    assert view.part(Choice(does="writes")).tools == ("drop_job",)
    assert view.part(Choice(degree=2)).tools == ("get_job",)
    near = view.part(Choice(view="near", focus="drop_job", steps=1))
    assert near.tools == ("get_job", "drop_job")
    assert view.between("get_job", "drop_job") == [EDGES[0], EDGES[1]]


def _asked(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that the scripts' routes answer with."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    run(Router(routes=routes())(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], headers, b"".join(message.get("body", b"") for message in said[1:])


def test_scripts_are_served_once_and_only_they() -> None:
    assert {"graph.js", "graph_png.js", "vis-network.min.js"} == set(scripts())
    for name, text in scripts().items():
        status, headers, body = _asked(f"/{address(name)}")
        assert (status, body) == (200, text)
        assert headers["content-type"].startswith("text/javascript")
        assert "immutable" in headers["cache-control"]
    for wrong in (address("other.js"), address("graph.py"), "studio-scripts/0/graph.js", address("../app.py")):
        assert _asked(f"/{wrong}")[0] == 404
