"""A run's log: filtered, a page at a time, and as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.models.base import Model
from engine.models.run import EventKind, Phase, RunEvent
from engine.store.connection import Connection

_COLUMNS = "seq, at, kind, phase, subject, message, data"

MOST_COUNTED = 10_000
"""Lines are counted up to here: a person pages no further, and counting on would take longer with every run."""


class LogFilter(Model):
    """Which lines of a log.

    Attributes:
        phases: Of these phases; of all where empty.
        kinds: Of these kinds; of all where empty.
        words: All of these words are in the line, in any order and case.
    """

    phases: tuple[Phase, ...] = ()
    kinds: tuple[EventKind, ...] = ()
    words: str = ""


class LogPage(NamedTuple):
    """Lines of a log, newest first.

    Attributes:
        events: The lines.
        matching: How many there are in all, counted up to `MOST_COUNTED`.
        more: There are more than were counted.
    """

    events: list[RunEvent]
    matching: int
    more: bool


class RunLogs:
    """The logs of a store's runs.

    Args:
        connection: Where they are.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, run: str) -> int:
        """The number of a log's last line; 0 where there is none."""
        return int(self._connection.value("select coalesce(max(seq), 0) from event where run = ?", (run,)))

    def page(self, run: str, chosen: LogFilter, *, offset: int = 0, limit: int = 100) -> LogPage:
        """A page of a run's log, newest first.

        Args:
            run: The run; an unknown one has an empty log.
            chosen: Which lines.
            offset: How many of them to pass over.
            limit: How many to give.
        """
        where, values = _where(run, chosen)
        rows = self._connection.all(
            f"select {_COLUMNS} from event where {where} order by seq desc limit ? offset ?", (*values, limit, offset)
        )
        matching = int(
            self._connection.value(
                f"select count(*) from (select 1 from event where {where} limit ?)", (*values, MOST_COUNTED + 1)
            )
        )
        return LogPage([_event(row) for row in rows], min(matching, MOST_COUNTED), matching > MOST_COUNTED)

    def each(self, run: str, chosen: LogFilter | None = None, *, chunk: int = 2_000) -> Iterator[RunEvent]:
        """All lines, oldest first, read piece by piece."""
        where, values = _where(run, chosen or LogFilter())
        after = 0
        while True:
            rows = self._connection.all(
                f"select {_COLUMNS} from event where {where} and seq > ? order by seq limit ?", (*values, after, chunk)
            )
            yield from (_event(row) for row in rows)
            if len(rows) < chunk:
                return
            after = rows[-1]["seq"]

    def first_words(self, runs: list[str]) -> dict[str, dict[str, Any]]:
        """What the first line of each run's log carries beside its words: who asked, where that is known."""
        marks = ",".join("?" * len(runs))
        rows = self._connection.all(f"select run, data from event where seq = 1 and run in ({marks})", runs)
        return {row["run"]: json.loads(row["data"]) for row in rows}


def _where(run: str, chosen: LogFilter) -> tuple[str, list[Any]]:
    parts, values = ["run = ?"], [run]
    for column, wanted in (("phase", chosen.phases), ("kind", chosen.kinds)):
        if wanted:
            parts.append(f"{column} in ({','.join('?' * len(wanted))})")
            values.extend(wanted)
    for word in chosen.words.split():
        parts.append("(message like ? escape '\\' or subject like ? escape '\\')")
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        values.extend((pattern, pattern))
    return " and ".join(parts), values


def _event(row: Any) -> RunEvent:
    return RunEvent(**{**dict(row), "data": json.loads(row["data"])})
