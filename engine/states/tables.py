"""What follows from table definitions alone, worked out once."""

from __future__ import annotations

from dataclasses import dataclass

from engine.models.database import DatabaseSchema, ForeignKey, Table
from engine.states.coherence import Spans, spans


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What follows from a table's definition.

    Attributes:
        linked: Columns of its foreign keys.
        identity: Columns by which others refer to its rows, its key first.
        foreign_keys: The widest first, so that narrower ones follow them where they share columns.
        spans: Pairs of columns of which one comes before the other.
    """

    linked: frozenset[str]
    identity: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    spans: Spans

    @classmethod
    def of(cls, table: Table, database: DatabaseSchema) -> TableFacts:
        """The facts of a table."""
        referred = [name for _, foreign_key in database.children(table.name) for name in foreign_key.references]
        return cls(
            linked=frozenset(name for foreign_key in table.foreign_keys for name in foreign_key.columns),
            identity=tuple(dict.fromkeys([*table.primary_key, *referred])),
            foreign_keys=tuple(sorted(table.foreign_keys, key=lambda item: -len(item.columns))),
            spans=spans(table),
        )


def parents_first(database: DatabaseSchema) -> list[Table]:
    """The tables so that each comes after those it refers to, as far as cycles allow; else in schema order."""
    placed: dict[str, Table] = {}
    waiting = list(database.tables)
    while waiting:
        ready = [
            table
            for table in waiting
            if all(key.table in placed or key.table == table.name for key in table.foreign_keys)
        ]
        chosen = ready[0] if ready else waiting[0]
        placed[chosen.name] = chosen
        waiting.remove(chosen)
    return list(placed.values())
