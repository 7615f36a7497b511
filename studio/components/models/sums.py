"""Calls added up, as a table: by role it is the paper's Table 9."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from engine.store.call_log import CallSums
from studio.components.durations import duration
from studio.components.markup import Tone, table
from studio.components.models.amounts import named, total_cost
from studio.components.models.roles import shown_role

EXPLAINED = (
    "Tokens and cost are what was paid for. An answer that was given before is taken from memory and costs nothing. In vain: "
    "refused, or never answered. Times are those of all calls one after the other; calls run at once."
)


def sums_table(
    sums: Sequence[CallSums],
    what: str,
    *,
    total: CallSums | None = None,
    height: int | None = None,
) -> Markup:
    """A table of sums.

    Args:
        sums: One for each line.
        what: What they are told apart by.
        total: The last line, over all of them.
        height: Greatest height in pixels.
    """
    listed = [*sums, *([total.model_copy(update={"of": "all"})] if total is not None else [])]
    tones: list[Tone | None] = [*(_tone(each) for each in sums), *([None] if total is not None else [])]
    return table([_line(each, what) for each in listed], tones=tones, height=height, counts=True)


def _tone(sums: CallSums) -> Tone | None:
    return "bad" if sums.failed else "warn" if sums.refused else None


def _line(sums: CallSums, what: str) -> dict[str, Any]:
    name = shown_role(sums.of) if what == "role" else sums.of
    return {
        what: Markup('<span class="se-name">{}</span>').format(name),
        **({} if what == "model" else {"model": named(*sums.models.split(","))}),
        "calls": sums.calls,
        "from memory": sums.cached,
        "corrected": sums.corrected,
        "in vain": sums.refused + sums.failed,
        "repairs": sums.repairs,
        "tokens read": sums.prompt_tokens,
        "written": sums.completion_tokens,
        "together": sums.tokens,
        "saved": sums.saved_tokens,
        "cost": Markup('<span class="se-line">{}</span>').format(total_cost(sums)),
        "took": Markup('<span class="se-line">{}</span>').format(duration(sums.seconds)),
        "retries": sums.retries,
    }
