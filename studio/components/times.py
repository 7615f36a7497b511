"""Moments as people say them."""

from __future__ import annotations

import time

STEPS = ((60, "s"), (60, "min"), (24, "h"), (365, "d"))


def ago(at: float, *, now: float | None = None) -> str:
    """How long ago a moment was, in its largest whole unit.

    Args:
        at: Seconds since 1970; 0 or less means never.
        now: The same for the present; the machine's clock where left out.
    """
    if at <= 0:
        return "never"
    left = max((time.time() if now is None else now) - at, 0.0)
    for size, unit in STEPS:
        if left < size:
            # No break within: a column of such moments stays narrow and on one line each.
            return "just\u00a0now" if unit == "s" and left < 5 else f"{int(left)}\u00a0{unit}\u00a0ago"
        left /= size
    return f"{left:.1f}\u00a0years\u00a0ago"


def on(at: float) -> str:
    """A moment to the minute, in the machine's own time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def size(count: float) -> str:
    """Bytes with the unit that leaves one to three digits."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
