"""What the reward compares: columns, keys and links of each table, and diffs sorted by them (paper, section 4.1).

This file needs the standard library alone and is shipped inside every bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

TEXTS_REMEMBERED = 8_192
TEXT_REMEMBERED = 1_000
"""Pairs of texts whose similarity is remembered, and the most characters of such a pair."""

Row = dict[str, Any]
Change = tuple[str, Any, "Row | None", "Row | None"]
"""(table, key, row before, row after), net against the initial state."""


def _getter(names: Sequence[str]) -> Callable[[Row], Any]:
    return itemgetter(*names) if names else lambda row: ()


class Link:
    """A foreign key that the reward follows, because one of its columns is compared."""

    __slots__ = ("_single", "columns", "of", "reference", "references", "table")

    def __init__(self, columns: Sequence[str], table: str, references: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.table = table
        self.references = tuple(references)
        self.of = _getter(self.columns)
        self.reference = _getter(self.references)
        self._single = len(self.columns) == 1

    def value(self, row: Row) -> Any:
        """The referenced value, or `None` where a part of it is null and so nothing is referenced."""
        value = self.of(row)
        return value if self._single or None not in value else None


class TableRules:
    """How rows of one table are compared.

    A generated column is free in an inserted row, a key column that is not generated is hard whatever its policy,
    and the columns of a foreign key are compared through the row they point to where that row is new.

    Attributes:
        changed: (column, policy, threshold) of what is compared in a row of the initial state.
        fixed: Hard columns of inserted rows that belong to no link; `fixed_of` gives their values.
        fuzzy: (column, threshold) of semantic columns of inserted rows.
    """

    __slots__ = ("changed", "fixed", "fixed_of", "fuzzy", "links")

    def __init__(self, rules: dict[str, Any]) -> None:
        self.changed = [(c["name"], c["policy"], c["threshold"]) for c in rules["columns"] if c["policy"] != "exempt"]
        policy = {column["name"]: column["policy"] for column in rules["columns"]}
        policy.update(dict.fromkeys(rules["key"], "hard"))
        policy.update(dict.fromkeys(rules["generated"], "exempt"))
        self.links = [
            Link(link["columns"], link["table"], link["references"])
            for link in rules["links"]
            if any(policy[name] != "exempt" for name in link["columns"])
        ]
        linked = {name for link in self.links for name in link.columns}
        self.fixed = [name for name, kind in policy.items() if kind == "hard" and name not in linked]
        self.fixed_of = _getter(self.fixed)
        self.fuzzy = [
            (c["name"], c["threshold"])
            for c in rules["columns"]
            if policy[c["name"]] == "semantic" and c["name"] not in linked
        ]


class Policies:
    """The rules of all tables, with the measure of similarity for semantic columns.

    The same texts are compared again and again while a policy is trained, so short ones are remembered.
    """

    def __init__(self, policies: dict[str, Any], similarity: Callable[[str, str], float]) -> None:
        self.table = {name: TableRules(rules) for name, rules in policies.items()}
        self._similarity = similarity
        self._remembered = lru_cache(maxsize=TEXTS_REMEMBERED)(similarity)

    def similar(self, expected: Any, found: Any, threshold: float) -> bool:
        """Whether the values of a semantic column agree; values that are not text must be equal."""
        if expected == found:
            return True
        if not isinstance(expected, str) or not isinstance(found, str):
            return False
        if len(expected) + len(found) > TEXT_REMEMBERED:
            return self._similarity(expected, found) >= threshold
        return self._remembered(expected, found) >= threshold


class Inserted:
    """An inserted row with what it hangs together with.

    Attributes:
        place: Its index among the inserted rows of its table.
        targets: For each link of its table, the inserted row it points to, or `None`.
        referrers: The inserted rows that point to it, each with the number of the link.
        anchors: Rows of the initial state that were made to point to it: (table, key, columns).
    """

    __slots__ = ("anchors", "key", "place", "referrers", "row", "rules", "table", "targets")

    def __init__(self, table: str, key: Any, row: Row, place: int, rules: TableRules) -> None:
        self.table = table
        self.key = key
        self.row = row
        self.place = place
        self.rules = rules
        self.targets: list[Inserted | None] = []
        self.referrers: list[tuple[int, Inserted]] = []
        self.anchors: list[tuple[str, Any, tuple[str, ...]]] = []


class Side:
    """One diff, sorted into rows of the initial state and inserted rows; not changed once it is made."""

    __slots__ = ("_found", "changes", "existing", "inserted")

    def __init__(self, changes: Sequence[Change], policies: Policies) -> None:
        self.changes = changes
        self.existing: dict[tuple[str, Any], tuple[Row, Row | None]] = {}
        self.inserted: dict[str, list[Inserted]] = {}
        self._found: dict[tuple[str, tuple[str, ...]], dict[Any, Inserted]] = {}
        for table, key, before, after in changes:
            name = tuple(key) if key.__class__ is list else key  # keys of several columns are lists in JSON
            if before is not None:
                self.existing[table, name] = (before, after)
            elif after is not None:
                rows = self.inserted.setdefault(table, [])
                rows.append(Inserted(table, name, after, len(rows), policies.table[table]))
        if self.inserted:
            self._connect(policies)

    def target(self, link: Link, row: Row) -> Inserted | None:
        """The inserted row that `row` points to by `link`, if it is an inserted one."""
        rows = self.inserted.get(link.table)
        if rows is None:
            return None
        name = (link.table, link.references)
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = {link.reference(item.row): item for item in rows}
        value = link.value(row)
        return None if value is None else found.get(value)  # a null points to nothing, not to a null

    def _connect(self, policies: Policies) -> None:
        for rows in self.inserted.values():
            for item in rows:
                for number, link in enumerate(item.rules.links):
                    target = self.target(link, item.row)
                    item.targets.append(target)
                    if target is not None:
                        target.referrers.append((number, item))
        for (table, key), (_, after) in self.existing.items():
            if after is not None:
                for link in policies.table[table].links:
                    target = self.target(link, after)
                    if target is not None:
                        target.anchors.append((table, key, link.columns))
