"""Two domains beside each other: what was admitted, repaired and rejected, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st
from markupsafe import Markup

from studio.components.durations import duration
from studio.components.empty import say_empty
from studio.components.markup import Tone, badge, head, lines, mono, row, show, table
from studio.components.models.amounts import named, total_cost
from studio.components.models.roles import shown_role
from studio.queries import comparison as queries
from studio.queries.comparison import Pair, ToolWork, Work

PARAMETER = "compare"
SIDES = ("Left", "Right")


def show_comparison() -> None:
    """Draws the part; the two domains are kept in the address."""
    names = queries.candidates()
    if len(names) < 2:
        say_empty("Two domains are needed to compare. Start another on the Domains page.", "domains", "Go to Domains")
        return
    left, right = _choose(names)
    if left == right:
        st.info("Choose two different domains.", icon=":material/info:")
        return
    one, other = queries.work(left), queries.work(right)
    show(
        table(
            [
                {"": name, one.domain: a, other.domain: b}
                for name, a, b in zip(_figures(one), _figures(one).values(), _figures(other).values(), strict=True)
            ]
        )
    )
    show(head("By role: who played it, and what it took"), _roles(one, other))
    places = st.columns(2, gap="medium")
    for place, work in zip(places, (one, other), strict=True):
        with place:
            _show_troubles(work)
    _show_tools(one, other)


def _choose(names: list[str]) -> tuple[str, str]:
    asked = [name for name in st.query_params.get(PARAMETER, "").split(",") if name]
    if gone := [name for name in asked if name not in names]:
        st.warning("The link names a domain that is not here:", icon=":material/link_off:")
        st.text(", ".join(gone))
    chosen: list[str] = []
    for number, (side, place) in enumerate(zip(SIDES, st.columns(2), strict=True)):
        key = f"compare-{side}"
        if st.session_state.get(key) not in names:
            wanted = asked[number] if number < len(asked) else ""
            taken = [*chosen, *asked[number + 1 :]]
            free = next((name for name in names if name not in taken), names[number])
            st.session_state[key] = wanted if wanted in names else free
        chosen.append(place.selectbox(side, names, key=key))
    st.query_params[PARAMETER] = ",".join(chosen)
    return chosen[0], chosen[1]


def _figures(work: Work) -> dict[str, Any]:
    made = work.first_try + work.repaired + work.rejected
    share = f" ({work.first_try / made:.0%} of those tested)" if made else ""
    return {
        "title": work.title,
        "models": work.models,
        "tables": work.tables,
        "tools admitted": work.first_try + work.repaired,
        "at the first try": f"{work.first_try}{share}",
        "after repair": work.repaired,
        "repairs of all tools": work.repairs,
        "rejected": badge(work.rejected, "bad") if work.rejected else 0,
        "not tested": work.untested,
        "edges proven / unproven": f"{work.edges_proven} / {work.edges_unproven}",
        "tasks audited": work.audited,
        "attempts that failed": work.failed,
        "model calls": f"{work.spent.calls:,}, {work.spent.cached:,} from memory" if work.spent.calls else "none",
        "answers corrected / refused": f"{work.spent.corrected} / {work.spent.refused + work.spent.failed}",
        "tokens read + written": f"{work.spent.prompt_tokens:,} + {work.spent.completion_tokens:,}",
        "tokens an admitted tool": _each(work.spent.tokens, work.first_try + work.repaired),
        "cost": total_cost(work.spent) if work.spent.calls else "$0",
        "time worked": duration(work.seconds),
    }


def _each(tokens: int, tools: int) -> str:
    return f"{tokens / tools:,.0f}" if tools and tokens else "–"


def _roles(one: Work, other: Work) -> Markup:
    listed = []
    for role in one.players:
        sums = [work.by_role.get(role) for work in (one, other)]
        listed.append(
            {
                "role": Markup('<span class="se-line">{}</span>').format(shown_role(role)),
                **{work.domain: named(work.players[role]) for work in (one, other)},
                "calls": _both(f"{each.calls:,}" if each else "–" for each in sums),
                "tokens": _both(f"{each.tokens:,}" if each else "–" for each in sums),
                "cost": _both(total_cost(each) if each else "–" for each in sums),
            }
        )
    return table(listed)


def _both(figures: Iterable[str]) -> Markup:
    """Left and right in one cell: two columns of each would not fit."""
    return Markup('<span class="se-line">{}</span>').format(" / ".join(figures))


def _show_troubles(work: Work) -> None:
    rejected = [tool for tool in work.tools.values() if tool.admitted is False]
    show(head("Rejected, and why"))
    show(row(mono(work.domain)))
    if rejected:
        show(table([{"tool": mono(each.name), "reason": lines(*each.reasons[:3])} for each in rejected], height=260))
    else:
        st.caption("No tool was rejected.")
    if work.failures:
        show(
            head("Attempts at tasks that failed, by cause"),
            table([{"attempts": count, "cause": cause} for cause, count in work.failures.items()], height=200),
        )


def _show_tools(one: Work, other: Work) -> None:
    pairs = queries.side_by_side(one, other)
    both = sum(pair.left is not None and pair.right is not None for pair in pairs)
    show(head(f"Tools by name: {both} that both have, {len(pairs) - both} that one has"))
    show(
        table(
            [
                {
                    "tool": mono(pair.name),
                    one.domain: _verdict(pair.left),
                    other.domain: _verdict(pair.right),
                    "cases": f"{_of(pair.left, 'cases')} / {_of(pair.right, 'cases')}",
                    "lines": f"{_of(pair.left, 'lines')} / {_of(pair.right, 'lines')}",
                }
                for pair in pairs
            ],
            tones=[_tone(pair) for pair in pairs],
            height=430,
        )
    )
    shared = [pair.name for pair in pairs if pair.left is not None and pair.right is not None]
    if not shared:
        return
    name = st.selectbox(
        "Code of a tool that both have", shared, key=f"compare-tool-{one.domain}-{other.domain}", width=420
    )
    for place, work in zip(st.columns(2, gap="medium"), (one, other), strict=True):
        with place:
            show(row(mono(work.domain), f"written by {work.tools[name].made_by}"))
            st.code(work.tools[name].source, language="python", wrap_lines=True)
            st.page_link("views/tools.py", label="Open", query_params={"domain": work.domain, "tool": name})


def _of(tool: ToolWork | None, name: str) -> Any:
    return "–" if tool is None else getattr(tool, name)


def _verdict(tool: ToolWork | None) -> Any:
    if tool is None:
        return None
    marks: list[tuple[str, Tone]] = [
        {True: ("✓ admitted", "good"), False: ("✗ rejected", "bad"), None: ("… untested", "info")}[tool.admitted]  # type: ignore[list-item]
    ]
    if tool.repairs:
        marks.append((f"{tool.repairs} repairs" if tool.repairs > 1 else "1 repair", "warn"))
    return row(*(badge(words, tone) for words, tone in marks), tool.made_by)


def _tone(pair: Pair) -> Tone | None:
    if pair.left is None or pair.right is None:
        return "quiet"
    return None if pair.left.admitted == pair.right.admitted else "warn"
