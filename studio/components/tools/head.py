"""A tool's head: what it is, how it stands, and its figures."""

from __future__ import annotations

from markupsafe import Markup

from studio.components.markup import Tone, badge, row, show
from studio.components.times import ago
from studio.components.tools.tests import show_reasons
from studio.queries.tools import ToolLine, ToolView

_STATES: dict[str, tuple[str, Tone]] = {
    "admitted": ("✓ admitted", "good"),
    "rejected": ("✗ rejected", "bad"),
    "untested": ("… not tested yet", "info"),
}


def show_head(view: ToolView, line: ToolLine) -> None:
    """Name, state, description and figures; for a rejected tool the reasons, and what came of its last edit."""
    tool, each = view.tool, line.summary
    words, tone = _STATES[line.state]
    parts = [
        badge(words, tone),
        badge(tool.category),
        badge(f"of {tool.entity}"),
        badge("changes state" if tool.mutates_state else "only reads", "warn" if tool.mutates_state else "quiet"),
    ]
    if view.stored.stale:
        parts.append(badge(f"! stale since {view.stored.stale}", "warn"))
    reachable = each.rules - each.unreachable
    figures = (
        (f"{each.cases} cases", f"{each.failures} failed"),
        (
            f"{each.covered} of {reachable} preconditions seen both ways",
            f"{each.unreachable} unreachable" if each.unreachable else "",
        ),
        (f"{each.inputs} edges in", f"{each.outputs} out", f"{each.unproven} unproven" if each.unproven else ""),
        ("1 task uses it" if each.tasks == 1 else f"{each.tasks} tasks use it",),
    )
    said = " · ".join(", ".join(filter(None, parts)) for parts in figures)
    person = f"In a person's words: “{tool.summary}”. " if tool.summary else ""
    show(
        row(*parts, Markup('<span class="se-dimmed">{}</span>').format(said)),
        Markup('<div class="se-about">{}</div>').format(tool.description),
        Markup('<div class="se-dimmed">{}Written by {}.</div>').format(person, tool.made_by),
    )
    if view.stored.report is not None and view.stored.report.reasons:
        show_reasons(view.stored.report.reasons)
    _show_edit(view)


def _show_edit(view: ToolView) -> None:
    edit = view.edit
    if edit is None or edit.state not in ("refused", "counts") or view.run is not None:
        return
    if edit.state == "counts":
        cases = edit.report.cases if edit.report else 0
        show(
            row(
                badge(f"✓ edit {edit.seq} counts", "good"),
                f"by {edit.curator}, {ago(edit.at)}: all {cases} cases passed",
            )
        )
        return
    reasons = edit.report.reasons if edit.report else ()
    show(
        row(
            badge(f"✗ edit {edit.seq} was refused", "bad"),
            f"by {edit.curator}, {ago(edit.at)}; the tool stays as it was. {len(reasons)} reasons, under “History”:",
            reasons[0] if reasons else "",
        )
    )
