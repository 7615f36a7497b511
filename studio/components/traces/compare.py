"""Two executions side by side: their calls, what they changed in the end, and what that earned."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from engine.models.reward import Verdict
from engine.models.trace import RowChange, Trace
from engine.traces.alignment import ComparedStep
from engine.traces.comparison import ComparedRow, Comparison
from studio.components.markup import Tone, badge, beside, cell, head, lines, marked, mono, row, show, table
from studio.components.picker import Choice
from studio.components.traces.step import SIGNS, changed_first, named, short, step_markup, wide
from studio.components.traces.stepper import pick_step
from studio.queries.traces import TraceView

WORDS: dict[str, tuple[str, Tone]] = {
    "missing": ("− missing on the right", "bad"),
    "extra": ("+ extra on the right", "warn"),
    "arguments": ("≠ other arguments", "warn"),
    "outcome": ("≠ other outcome", "bad"),
    "answer": ("≠ other answer", "info"),
    "changes": ("≠ other changes", "warn"),
}


def show_comparison(
    left: TraceView, right: TraceView, comparison: Comparison, *, key: str, linked: bool = True
) -> None:
    """Everything about two traces, the left one being what the right one is measured against."""
    show(
        beside(
            _side("Left", left.trace, comparison.earned and comparison.earned[0]),
            _side("Right", right.trace, comparison.earned and comparison.earned[1]),
        )
    )
    if comparison.earned is not None:
        show(
            beside(
                mismatches_markup(comparison.earned[0]),
                mismatches_markup(comparison.earned[1]),
            )
        )
    if comparison.steps:
        show(head("Calls, side by side"), _calls(comparison.steps))
        _pairs(left, right, comparison, key, linked)
    else:
        show(row("Nothing was called on either side."))
    show(head("What changed in the end"), _rows(comparison.rows))


def _side(words: str, trace: Trace, earned: Verdict | None) -> Markup:
    if earned is None:
        told = badge("✓ passed", "good") if trace.passed else badge("✗ failed", "bad")
    else:
        told = badge(f"reward {earned.reward:g}", "good" if earned.reward == 1.0 else "bad")
    return row(Markup("<b>{}</b>").format(words), told, trace.title, mono(trace.id))


def mismatches_markup(verdict: Verdict) -> Markup:
    """Every mismatch of a verdict, in words and in columns."""
    if not verdict.mismatches:
        return row(badge("✓ changed exactly what the reference changes", "good"))
    return table(
        (
            {
                "mismatch": item.message,
                "table": named(item.table),
                "key": short(item.key),
                "column": item.column or "(whole row)",
                "expected": _value(item.expected),
                "found": _value(item.found),
            }
            for item in verdict.mismatches
        ),
        tones=["bad"] * len(verdict.mismatches),
        height=300,
    )


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return lines(*(f"{name}: {cell(held)}" for name, held in value.items()))
    return "nothing" if value is None else cell(value)


def _calls(steps: tuple[ComparedStep, ...]) -> Markup:
    return table(
        (
            {
                "pair": number + 1,
                "left": _call(step, "left"),
                "right": _call(step, "right"),
                "differs in": row(*(badge(*WORDS[item]) for item in step.differences))
                if step.differences
                else badge("✓ the same", "good"),
            }
            for number, step in enumerate(steps)
        ),
        height=330,
    )


def _call(compared: ComparedStep, side: str) -> Markup:
    step = compared.left if side == "left" else compared.right
    if step is None:
        return Markup("<span>–</span>")
    sign, tone, _ = SIGNS[step.outcome]
    given = [
        Markup("<span>{}: {}</span>").format(name, marked(value, "warn") if name in compared.arguments else cell(value))
        for name, value in step.call.arguments.items()
    ]
    code = [badge(step.problem.code, tone)] if step.problem is not None else []
    return row(badge(f"{sign} {step.index + 1}", tone), mono(step.call.name), *given, *code)


def _pairs(left: TraceView, right: TraceView, comparison: Comparison, key: str, linked: bool) -> None:
    """One pair of calls in full."""

    @st.fragment
    def pair() -> None:
        labels = [
            Choice(
                str(number + 1),
                ["≠" if step.differences else "✓", str(number + 1)],
                "bad" if step.differences else "good",
                f"pair {number + 1}: {', '.join(step.differences) or 'the same'}",
            )
            for number, step in enumerate(comparison.steps)
        ]
        first = next((number for number, step in enumerate(comparison.steps, 1) if step.differences), 1)
        step = comparison.steps[pick_step(labels, key, linked=linked, start=first)]
        sides = [
            row("No such call on this side.") if one is None else step_markup(one, view.origins[one.index], narrow=True)
            for one, view in ((step.left, left), (step.right, right))
        ]
        show(beside(*sides))

    pair()


def _rows(rows: tuple[ComparedRow, ...]) -> Markup:
    if not rows:
        return row("Neither side changed a row.")
    parts: list[Markup] = []
    for name in dict.fromkeys(item.table for item in rows):
        parts.append(row(mono(name)))
        listed: list[dict[str, Any]] = []
        tones: list[Tone | None] = []
        for item in rows:
            if item.table == name:
                listed += _row_pair(item)
                tones += ["good" if item.same else "bad"] * 2
        changes = [
            change for item in rows if item.table == name for change in (item.left, item.right) if change is not None
        ]
        parts.append(wide(listed, columns=changed_first(listed, changes), tones=tones, height=330))
    return Markup("").join(parts)


def _row_pair(item: ComparedRow) -> list[dict[str, Any]]:
    """A row as each side left it, one below the other."""
    words = badge("✓ alike", "good") if item.same else badge("≠ differs", "bad")
    return [
        {"": words if side == "left" else Markup(""), "side": side, **_ended(change, item)}
        for side, change in (("left", item.left), ("right", item.right))
    ]


def _ended(change: RowChange | None, item: ComparedRow) -> dict[str, Any]:
    other = item.left or item.right
    values = (other.after or other.before or {}) if other is not None else {}
    if change is None:
        # The key is the only thing that is known of a row that this side did not touch.
        keys = item.key if isinstance(item.key, tuple) else (item.key,)
        return {name: value if value in keys else marked("not touched", "bad") for name, value in values.items()}
    if change.after is None:
        return {name: Markup("<del>{}</del>").format(cell(value)) for name, value in (change.before or {}).items()}
    return {
        name: marked(value, "warn")
        if name in item.columns or (change.before is not None and change.before.get(name) != value and not item.same)
        else value
        for name, value in change.after.items()
    }
