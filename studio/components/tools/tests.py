"""What procedural tests saw of a tool: preconditions, effects, and every case by its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from markupsafe import Markup

from engine.models.domain import TestCase, ToolReport
from engine.models.tool import Tool
from engine.models.trace import Trace
from studio.components.markup import badge, head, mono, row, show, table
from studio.components.segment import settle
from studio.components.tools.contract import filled_columns, named
from studio.components.traces.stepper import show_trace

VERDICTS = {
    "failed": "not as the contract says",
    "success": "success",
    "rejection": "anticipated rejection",
    "failure": "unexpected failure",
}
_LISTED = 150
"""Cases that are listed at most; failures come first."""


def show_reasons(reasons: Sequence[str]) -> None:
    """Why a tool was rejected, each reason by itself."""
    show(
        head("Rejected, because"),
        Markup("").join(
            Markup('<div class="se-rule"><b>{}</b><div>{}</div></div>').format(number, reason)
            for number, reason in enumerate(reasons, start=1)
        ),
    )


def show_coverage(tool: Tool, report: ToolReport) -> None:
    """Which preconditions were seen to hold and to fail, alone, and which effects were seen."""
    pieces = [head("Preconditions, as the tests saw them")]
    if report.coverage:
        pieces.append(
            filled_columns(
                [
                    {
                        "#": str(number),
                        "condition": mono(each.condition),
                        "rejection": named(each.code),
                        "satisfied": badge("✓ seen", "good") if each.satisfied else badge("✗ not seen", "bad"),
                        "violated, alone": _violated(each.violated, each.unreachable),
                        "why it can't be violated": each.unreachable,
                    }
                    for number, each in enumerate(report.coverage, start=1)
                ]
            )
        )
    else:
        pieces.append(Markup('<div class="se-dimmed">{}</div>').format("It has none, or nothing was run."))
    if report.effects_seen:
        shown = zip(tool.contract.effects, report.effects_seen, strict=False)
        pieces += [
            head("Effects"),
            row(
                *[
                    part
                    for effect, seen in shown
                    for part in (
                        f"{effect.operation} of {effect.table}",
                        badge("✓ seen", "good") if seen else badge("✗ not seen", "bad"),
                    )
                ]
            ),
        ]
    show(*pieces)


def _violated(seen: bool, unreachable: str) -> Markup:
    if seen:
        return badge("✓ seen", "good")
    return badge("– unreachable", "warn") if unreachable else badge("✗ not seen", "bad")


def show_cases(cases: Sequence[TestCase], read: Callable[[str], Trace | None], *, key: str) -> None:
    """Every case, failures first, with a filter by verdict, and the execution of the one that is chosen.

    Args:
        cases: As they ran.
        read: Reads a trace by its id.
        key: Tells these cases from others on the page.
    """
    if not cases:
        show(Markup('<div class="se-dimmed">No case was run: it was refused before.</div>'))
        return
    groups = {
        name: [
            case for case in cases if (not case.passed if name == "failed" else case.passed and case.verdict == name)
        ]
        for name in VERDICTS
    }
    offered = ["all", *(name for name, found in groups.items() if found)]
    settle(f"{key}-verdict", offered, "all")
    chosen = st.segmented_control(
        "Verdict",
        offered,
        required=True,
        key=f"{key}-verdict",
        format_func=lambda name: f"all {len(cases)}" if name == "all" else f"{VERDICTS[name]} {len(groups[name])}",
        label_visibility="collapsed",
    )
    listed = [case for name in VERDICTS if chosen in ("all", name) for case in groups[name]]
    left, right = st.columns([1, 1.15], gap="medium")
    with left:
        show(
            table(
                [
                    {
                        "case": case.index,
                        "kind": Markup('<span class="se-line">{}</span>').format(case.kind),
                        "verdict": _badge(case),
                        "what was tried": Markup("{}{}").format(
                            Markup("<code>{}</code> ").format(case.target) if case.target else "", case.detail
                        ),
                        "trace": "▸" if case.trace else "",
                    }
                    for case in listed[:_LISTED]
                ],
                tones=[None if case.passed else "bad" for case in listed[:_LISTED]],
                height=460,
            )
        )
        if len(listed) > _LISTED:
            st.caption(f"The first {_LISTED} of {len(listed)}.")
    with right:
        _show_execution([case for case in listed if case.trace], read, key)


def _badge(case: TestCase) -> Markup:
    if not case.passed:
        return badge(f"✗ {case.verdict}", "bad")
    return badge("✓ success", "good") if case.verdict == "success" else badge(f"✓ {case.verdict}", "info")


def _show_execution(recorded: Sequence[TestCase], read: Callable[[str], Trace | None], key: str) -> None:
    if not recorded:
        st.caption("None of these was recorded: all failures are, and one case of each kind.")
        return
    said = {case.index: f"case {case.index}: {case.kind} {case.target}".strip() for case in recorded}
    picked = st.selectbox(
        "Execution of", list(said), format_func=lambda index: said[index], key=f"{key}-case-{len(recorded)}"
    )
    found = next((case for case in recorded if case.index == picked), recorded[0])
    trace = read(found.trace or "")
    if trace is None:
        st.caption("Its trace is not here any more.")
        return
    show_trace(trace, key=f"{key}-trace-{found.index}", linked=False, narrow=True)
