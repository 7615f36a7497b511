"""Charts as Vega-Lite in plain data: nothing is imported to draw them, and what others wrote is only ever data.

Domains are told apart by colour *and* shape, so that colour-blind readers and grey prints keep them apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.store.domains import Shape
from studio.queries.domains import MappedTool

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a7a00")
"""Okabe and Ito's palette, its yellow darkened to be seen on white."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
CHOSEN = "chosen"
NAMED_IN_LEGEND = 24


def looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour and a shape for each name; no two of 56 names share both, since 7 and 8 have no common divisor."""
    return {name: (COLOURS[at % len(COLOURS)], SHAPES[at % len(SHAPES)]) for at, name in enumerate(names)}


def _scales(names: Sequence[str], field: str) -> dict[str, Any]:
    look = looks(names)
    # A long legend would leave no room for the picture; the tooltip names what lies under the pointer.
    legend = (
        {"title": None, "symbolOpacity": 1, "symbolStrokeWidth": 0, "labelLimit": 230, "symbolLimit": 0}
        if len(names) <= NAMED_IN_LEGEND
        else None
    )
    return {
        kind: {
            "field": field,
            "type": "nominal",
            "scale": {"domain": list(names), "range": [look[name][at] for name in names]},
            "legend": legend,
        }
        for at, kind in enumerate(("color", "shape"))
    }


def _points(values: list[dict[str, Any]], encoding: dict[str, Any], fields: list[str], height: int) -> dict[str, Any]:
    # Inside a layer: Streamlit would turn data at the top into a table, for which it imports pandas.
    return {
        "height": height,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "cursor": "pointer"},
                "params": [{"name": CHOSEN, "select": {"type": "point", "fields": fields, "toggle": False}}],
                "encoding": encoding,
            }
        ],
    }


def bubbles(shapes: Sequence[Shape]) -> dict[str, Any]:
    """All domains by tables and tools; the larger a bubble, the denser its graph."""
    values: list[dict[str, Any]] = []
    met: Counter[tuple[int, int]] = Counter()
    tables, tools = ([getattr(each, name) for each in shapes] or [0] for name in ("tables", "tools"))
    for each in shapes:
        # Domains of one size would hide each other: they are drawn around their place, like seeds of a sunflower.
        number = met[each.tables, each.tools]
        met[each.tables, each.tools] += 1
        far, angle = 0.035 * math.sqrt(number), 2.399963 * number
        values.append(
            {
                "domain": each.domain,
                "title": each.title,
                "tables": each.tables,
                "tools": each.tools,
                "density": round(each.density, 4),
                "x": round(each.tables + far * math.cos(angle) * (max(tables) - min(tables) + 4), 3),
                "y": round(each.tools + far * math.sin(angle) * (max(tools) - min(tools) + 12), 3),
            }
        )
    encoding = {
        "x": _axis("x", "tables", min(tables) - 2, max(tables) + 2),
        "y": _axis("y", "tools", min(tools) - 6, max(tools) + 6),
        "size": {
            "field": "density",
            "type": "quantitative",
            "scale": {"range": [120, 1500], "zero": True},
            "legend": {"title": "density", "format": ".0%", "symbolType": "circle"},
        },
        "opacity": {"value": 0.78},
        "tooltip": [
            {"field": "domain", "type": "nominal"},
            {"field": "title", "type": "nominal"},
            {"field": "tables", "type": "quantitative"},
            {"field": "tools", "type": "quantitative"},
            {"field": "density", "type": "quantitative", "format": ".1%", "title": "density of the graph"},
        ],
        **_scales([each.domain for each in shapes], "domain"),
    }
    return _points(values, encoding, ["domain"], 520)


def _axis(field: str, title: str, low: float, high: float) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [low, high], "nice": False},
        "axis": {"tickMinStep": 1, "format": "d"},
    }


def scatter(tools: Sequence[MappedTool]) -> dict[str, Any]:
    """All tools by the likeness of their words."""
    axis = {"type": "quantitative", "axis": None, "scale": {"domain": [-0.02, 1.02]}}
    values = [
        {"domain": each.domain, "tool": each.name, "description": each.description, "x": each.x, "y": each.y}
        for each in tools
    ]
    encoding = {
        "x": {"field": "x", **axis},
        "y": {"field": "y", **axis},
        "size": {"value": 85 if len(tools) < 400 else 48},
        "opacity": {"value": 0.85},
        "tooltip": [{"field": field, "type": "nominal"} for field in ("tool", "domain", "description")],
        **_scales(list(dict.fromkeys(each.domain for each in tools)), "domain"),
    }
    return _points(values, encoding, ["domain", "tool"], 620)


def days(
    counts: Sequence[tuple[str, Mapping[str, int]]], order: Sequence[str], colours: Sequence[str]
) -> dict[str, Any]:
    """Figures of each day, stacked by kind.

    Args:
        counts: ISO date -> kind -> figure, one a day.
        order: The kinds, from below.
        colours: One for each kind.
    """
    values = [
        {"day": day, "kind": kind, "count": each.get(kind, 0), "at": order.index(kind)}
        for day, each in counts
        for kind in order
        if each.get(kind, 0)
    ]
    return {
        "height": 170,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "bar", "cornerRadius": 1},
                "encoding": {
                    "x": {
                        "field": "day",
                        "type": "ordinal",
                        "title": None,
                        "scale": {"domain": [day for day, _ in counts]},
                        "axis": {"labelAngle": 0, "labelOverlap": True, "labelExpr": "substring(datum.value, 5)"},
                    },
                    "y": {"field": "count", "type": "quantitative", "title": None, "axis": {"tickMinStep": 1}},
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": list(order), "range": list(colours)},
                        "legend": {"title": None, "orient": "top"},
                    },
                    "order": {"field": "at", "type": "quantitative"},
                    "tooltip": [
                        {"field": "day", "type": "nominal"},
                        {"field": "kind", "type": "nominal"},
                        {"field": "count", "type": "quantitative"},
                    ],
                },
            }
        ],
    }


def choose_point(spec: dict[str, Any], *, key: str, alt: str) -> dict[str, str] | None:
    """Draws a chart and returns the fields of the point that was clicked, if one is chosen.

    Args:
        alt: What the chart shows, for screen readers; our own words.
    """
    state = st.vega_lite_chart(spec, key=key, on_select="rerun", selection_mode=CHOSEN, alt=alt)
    chosen = state.selection.get(CHOSEN) or []
    return {name: str(value) for name, value in chosen[0].items()} if chosen else None
