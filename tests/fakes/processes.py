"""Which sandbox workers this process has."""

from __future__ import annotations

from pathlib import Path


def sandbox_workers() -> set[int]:
    """Process numbers of the living workers; one that ends while it is looked at is not among them."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:  # the thread has ended
            continue
        for pid in children:
            try:
                if "monty" in Path(f"/proc/{pid}/comm").read_text():
                    found.add(int(pid))
            except OSError:  # the process has ended
                continue
    return found
