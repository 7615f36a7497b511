"""Measures and expansion of the dependency graph."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.analysis import arcs_within, complexity, degrees, density, expand, feeders, reachable
from engine.graph.infer import infer
from engine.graph.knowledge import natural_columns, root, sayable, sayable_key
from engine.models.database import Column, DatabaseSchema, ForeignKey, Table
from engine.models.graph import Edge, ToolGraph
from tests.fakes.bookings import bookings_domain


def _edge(source: str, target: str, proven: bool = True, via: str = "x -> y") -> Edge:
    return Edge(source=source, target=target, kind="data_flow", via=via, proven=proven)


LINE = ToolGraph(tools=("a", "b", "c", "d"), edges=(_edge("a", "b"), _edge("b", "c"), _edge("c", "d", proven=False)))


def test_only_proven_edges_count() -> None:
    assert density(LINE) == 2 / 12
    assert reachable(LINE, ["a"]) == ("a", "b", "c")
    assert degrees(LINE)["b"] == (1, 1)
    assert degrees(LINE)["d"] == (0, 0)


def test_parallel_edges_count_once() -> None:
    doubled = LINE.model_copy(update={"edges": (*LINE.edges, _edge("a", "b", via="z -> y"))})
    assert arcs_within(doubled, ["a", "b"]) == 1


def test_complexity_is_the_papers_formula() -> None:
    assert complexity(LINE, ["a", "b", "c"]) == (3 + 0.5 * 2) / 50
    assert complexity(LINE, [], weight=1.0, saturation=10.0) == 0


def _graph() -> ToolGraph:
    domain = bookings_domain()
    edges = tuple(edge.model_copy(update={"proven": True}) for edge in infer(domain))
    return ToolGraph(tools=tuple(tool.name for tool in domain.tools), edges=edges)


def test_expansion_takes_no_dead_ends_and_says_what_feeds_whom() -> None:
    domain, graph = bookings_domain(), _graph()
    alone = graph.model_copy(update={"edges": tuple(edge for edge in graph.edges if edge.kind != "data_flow")})
    assert "get_booking" not in expand(domain, alone, ["book_room"]).tools
    found = expand(domain, graph, ["search_rooms"])
    assert found.tools[0] == "search_rooms"
    fed = {joined.tool: joined.fed_by for joined in found.joined}
    assert fed["book_room"]["room_id"] == ("search_rooms", "rooms[].room_id")
    assert {joined.depth for joined in found.joined} >= {1, 2}


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_expansion_is_closed_and_grows_with_its_start(data: st.DataObject) -> None:
    domain, graph = bookings_domain(), _graph()
    start = data.draw(st.lists(st.sampled_from(graph.tools), min_size=1, max_size=4, unique=True))
    found = expand(domain, graph, start)
    assert len(set(found.tools)) == len(found.tools)
    assert expand(domain, graph, found.tools).tools == found.tools
    assert set(expand(domain, graph, start[:1]).tools) <= set(found.tools)
    inside = list(start)
    sources = feeders(graph)
    for joined in found.joined:
        for parameter, feeder in joined.fed_by.items():
            assert feeder in sources[joined.tool, parameter]
            assert feeder[0] in inside
        inside.append(joined.tool)


def test_limit_stops_the_expansion() -> None:
    assert len(expand(bookings_domain(), _graph(), ["search_rooms"], limit=3).tools) == 3


SHOP = DatabaseSchema(
    tables=(
        Table(
            name="invoice",
            columns=(
                Column(name="invoice_id", type="integer", role="id", generated=True),
                Column(name="total", type="real", role="money"),
            ),
            primary_key=("invoice_id",),
        ),
        Table(
            name="album",
            columns=(
                Column(name="album_id", type="integer", role="id", generated=True),
                Column(name="title", type="text", role="title"),
                Column(name="invoice_id", type="integer", role="reference"),
            ),
            primary_key=("album_id",),
            foreign_keys=(ForeignKey(columns=("invoice_id",), table="invoice", references=("invoice_id",)),),
        ),
        Table(name="stock", columns=(Column(name="sku", type="text", role="code"),), primary_key=("sku",)),
    )
)


def test_people_know_codes_and_numbers_of_what_has_no_name_but_no_other_ids() -> None:
    assert sayable_key(SHOP.table["invoice"])
    assert not sayable_key(SHOP.table["album"])
    assert sayable_key(SHOP.table["stock"])
    assert natural_columns(SHOP.table["album"]) == ("title",)
    assert root(SHOP, "album.invoice_id") == "invoice.invoice_id"
    assert sayable(SHOP, "album.invoice_id")
    assert not sayable(SHOP, "album.album_id")
