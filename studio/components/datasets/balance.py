"""How balanced a choice or a version is: a bar for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from markupsafe import Markup, escape

from engine.models.dataset import SPLITS, Balance, SplitReport
from studio.components.markup import badge, bars, facts, row, show, table

LISTED = 12
"""Bars of a chart; the rest is counted beneath."""

TITLES = {
    "domains": "Domains",
    "difficulty": "Difficulty",
    "steps": "Steps of the chain",
    "rules": "Business rules on the chain",
    "tools": "Tools of the chain",
    "reviews": "Review state",
    "tags": "Tags",
}
"""What is shown of a balance, in this order."""


def show_balance(balance: Balance) -> None:
    """Draws the charts beside each other."""
    counts: dict[str, Mapping[str, int]] = {name: getattr(balance, name) for name in TITLES if getattr(balance, name)}
    if len(balance.domains) == 1:
        # The tools of a single domain need no prefix, and its one bar says nothing.
        only = next(iter(balance.domains))
        counts["tools"] = {name.removeprefix(f"{only}."): count for name, count in balance.tools.items()}
        counts.pop("domains")
    if list(counts.get("reviews", {})) == ["approved"]:
        counts.pop("reviews")
    columns = st.columns(3, gap="medium")
    heights = [0] * len(columns)
    for name, values in counts.items():
        lowest = heights.index(min(heights))
        heights[lowest] += min(len(values), LISTED) + 3
        with columns[lowest]:
            show(_chart(TITLES[name], values, balance.tasks))


def _chart(title: str, counts: Mapping[str, int], total: int) -> Markup:
    listed = dict(list(counts.items())[:LISTED])
    rest = len(counts) - len(listed)
    more = Markup('<div class="se-chart-more">and {} more</div>').format(f"{rest:,}") if rest else Markup("")
    return Markup('<div class="se-chart"><div class="se-chart-title">{}</div>{}{}</div>').format(
        title, bars({_breaking(name): count for name, count in listed.items()}, of=total), more
    )


def _breaking(name: str) -> Markup:
    """A name that may go on in the next line behind each underscore and dot."""
    escaped = str(escape(name))
    return Markup(escaped.replace("_", "_<wbr>").replace(".", ".<wbr>"))


def show_split(report: SplitReport) -> None:
    """Draws the splits with their asked and reached shares, and the leakage check."""
    plan = report.plan
    rows = [
        {
            "split": split,
            "asked": f"{plan.shares[split]:.0%}",
            "reached": f"{report.reached.get(split, 0):.1%}",
            "tasks": report.sizes.get(split, 0),
        }
        for split in SPLITS
        if plan.shares[split] or report.sizes.get(split)
    ]
    leaks = report.leaks
    verdict = badge("no leak", "good") if leaks.passed else badge("leaks", "bad")
    looked = ", ".join(leaks.looked_for)
    largest = report.largest[0] if report.largest else 0
    if leaks.looked_for == ("domain",):
        together = "domains stay whole"
    elif largest <= 1:
        together = "no two tasks are alike, so each goes where it is needed"
    else:
        together = f"{report.groups:,} groups of alike tasks stay whole, the largest has {largest:,}"
    show(
        table(rows),
        Markup('<div class="se-under">{}</div>').format(row(verdict, f"looked for {looked} in two splits; {together}")),
    )


def show_figures(before: Balance, after: Balance) -> None:
    """Draws the figures of two versions beside each other; only those that differ."""
    columns: Sequence[tuple[str, str]] = (
        ("difficulty", "Difficulty"),
        ("steps", "Steps"),
        ("rules", "Rules"),
        ("domains", "Domains"),
    )
    rows = [
        {"figure": "tasks", "before": before.tasks, "after": after.tasks, "change": _signed(after.tasks - before.tasks)}
    ]
    for name, title in columns:
        old, new = getattr(before, name), getattr(after, name)
        rows += [
            {
                "figure": f"{title}: {value.replace('_', ' ')}",
                "before": old.get(value, 0),
                "after": new.get(value, 0),
                "change": _signed(new.get(value, 0) - old.get(value, 0)),
            }
            for value in dict.fromkeys([*old, *new])
            if old.get(value, 0) != new.get(value, 0)
        ]
    show(
        table(rows, height=320)
        if len(rows) > 1
        else facts({"tasks": f"{before.tasks:,}, and every figure is the same"})
    )


def _signed(change: int) -> str:
    return f"{change:+,}" if change else "0"
