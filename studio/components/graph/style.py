"""How the picture of a tool dependency graph looks: colours, lines, arrowheads and labels, for the browser and for SVG.

Kinds of edges differ in colour, in the pattern of their line and in their arrowhead, so no reader depends on one of them.
"""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup


class Line(NamedTuple):
    """How a kind of edge is drawn.

    Attributes:
        light: Colour on a light ground, of Okabe and Ito's palette for colour-blind readers.
        dark: The same hue, brighter, on a dark ground.
        dashes: Lengths of strokes and gaps in pixels; none for a solid line.
        head: vis-network's name of the arrowhead.
        meaning: What such an edge says, after its source.
    """

    light: str
    dark: str
    dashes: tuple[int, ...]
    head: str
    meaning: str


KINDS: dict[str, Line] = {
    "data_flow": Line("#0072B2", "#56B4E9", (), "arrow", "an output feeds a parameter"),
    "precondition": Line("#C04E00", "#F28E3C", (12, 4, 2, 4), "vee", "makes the other possible"),
    "state": Line("#007D5A", "#2FC79B", (2, 4), "circle", "changes what the other answers"),
}
"""Edge kind -> how it is drawn."""

CHAIN = "chain"
LINES: dict[str, Line] = {
    **KINDS,
    CHAIN: Line("#9B2F77", "#EE9BCD", (), "arrow", "one step of the task after the other"),
}
"""All lines that are drawn: those of edges, and the way that a task takes."""

UNPROVEN = (9, 7)
"""Dashes of every unproven edge; its colour and arrowhead still tell the kind."""


class Ground(NamedTuple):
    """The colours of one theme apart from those of the edges: paper, ink and boxes."""

    paper: str
    ink: str
    read: str
    write: str
    table: str
    border: str
    chain: str


LIGHT = Ground("#ffffff", "#0b1526", "#D9E9F6", "#FBE3C8", "#E7E9EE", "#7d93a6", "#9B2F77")
DARK = Ground("#0e1117", "#e9eef5", "#1d3a54", "#553a1c", "#333a45", "#7f95a8", "#EE9BCD")

ROUND, SQUARE = 9, 1
"""Radius of the corners of tools that only read, and of those that change the state."""

LINE = 13
"""Letters of a label on one line, where its words allow it."""

LONGEST = 4
"""Lines of a label; the rest is in the tooltip."""


def folded(name: str) -> str:
    """A long name on several lines, broken behind underscores and, where there are none, anywhere."""
    lines = [""]
    for word in name.replace("_", "_ ").split(" "):
        for at in range(0, len(word), 2 * LINE):
            part = word[at : at + 2 * LINE]
            if lines[-1] and len(lines[-1]) + len(part) > LINE:
                lines.append("")
            lines[-1] += part
    if len(lines) > LONGEST:
        lines = [*lines[: LONGEST - 1], lines[LONGEST - 1][:LINE] + "…"]
    return "\n".join(lines)


def words(kind: str) -> str:
    """A kind's name as it is read."""
    return kind.replace("_", " ")


def legend() -> Markup:
    """What lines and boxes mean."""
    entries = [
        _stroke(f"var(--{kind})", line.dashes) + Markup("{}: {}").format(words(kind), line.meaning)
        for kind, line in KINDS.items()
    ]
    entries.append(_stroke("currentColor", UNPROVEN) + Markup("unproven"))
    entries.append(_stroke(f"var(--{CHAIN})", (), 3) + Markup("a task's steps"))
    for name, radius, says in (("read", ROUND, "reads"), ("write", SQUARE, "changes state")):
        entries.append(
            Markup('<i style="background:var(--{});border-radius:{}px"></i>{}').format(name, radius // 2, says)
        )
    return Markup("").join(Markup("<span>{}</span>").format(entry) for entry in entries)


def _stroke(colour: str, dashes: tuple[int, ...], width: int = 2) -> Markup:
    return Markup(
        '<svg width="36" height="8" aria-hidden="true"><line x1="0" y1="4" x2="36" y2="4" style="stroke:{}" '
        'stroke-width="{}" stroke-dasharray="{}"/></svg>'
    ).format(colour, width, " ".join(map(str, dashes)) or "none")


def variables() -> str:
    """The colours as CSS variables of either theme, for the legend."""
    pairs = [(kind, line.light, line.dark) for kind, line in LINES.items()]
    pairs += [("read", LIGHT.read, DARK.read), ("write", LIGHT.write, DARK.write)]
    return ":host {" + "".join(f"--{name}: light-dark({light}, {dark});" for name, light, dark in pairs) + "}"
