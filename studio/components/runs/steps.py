"""A run drawn as its phases: what is behind it, where it is, and what came out."""

from __future__ import annotations

from markupsafe import Markup

from studio.components.durations import duration
from studio.components.markup import badge
from studio.queries.run_figures import PhaseView

# A sign beside the colour, for those who don't tell colours apart.
_SIGNS = {"done": "✓", "now": "▶", "stopped": "❚❚", "ahead": ""}


def stepper(phases: tuple[PhaseView, ...]) -> Markup:
    """The phases beside each other, each with its counts and the time it took."""
    return Markup('<ol class="se-steps">{}</ol>').format(Markup("").join(_step(n, v) for n, v in enumerate(phases, 1)))


def _step(number: int, view: PhaseView) -> Markup:
    time = duration(view.seconds) if view.seconds else ""
    counts = Markup(" ").join(badge(f"{count.number:,} {count.words}", count.verdict) for count in view.counts)
    bar = Markup("")
    if view.state in ("now", "stopped"):
        width = 100 * view.share if view.share is not None else 0
        bar = Markup('<i class="se-meter"><b style="width:{}%"></b></i>').format(f"{width:.1f}")
    return Markup(
        '<li class="se-step se-step-{}"{}><div class="se-step-title"><span>{}</span>{}</div>'
        '<div class="se-step-facts"><span>{}</span><span>{}</span></div>{}<div class="se-row">{}</div></li>'
    ).format(
        view.state,
        Markup(' aria-current="step"') if view.state in ("now", "stopped") else "",
        _SIGNS[view.state] or number,
        view.title,
        view.steps,
        time,
        bar,
        counts,
    )
