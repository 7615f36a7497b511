"""The outcome reward on plain data: did an episode change what the reference changed? (paper, section 4.1).

Compares two diffs against the same initial state. Rows of the initial state are matched by key; inserted rows
are paired by content, because the database makes up their ids: hard columns equal, semantic columns similar,
and references to other inserted rows in agreement *under the pairing itself*. Anything beyond the reference
is a miss. No model judges anything.

This file needs the standard library alone and is shipped inside every bundle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .pairing import Search, in_order
from .policies import Change, Inserted, Link, Policies, Row, Side
from .similarity import Similarity, text_similarity

Mismatch = dict[str, Any]

SWAP_LIMIT = 12
"""Most inserted rows for which partners are swapped to find a pairing with fewer differences to report."""


class Matcher:
    """Scores diffs of one database; make it once and use it for every episode.

    Args:
        policies: Per table its `key`, `generated` columns, `columns` (name, policy, threshold) and `links`
            (columns, table, references), as plain data.
        similarity: Similarity in [0, 100] of two texts, for semantic columns.
    """

    def __init__(self, policies: dict[str, Any], similarity: Similarity = text_similarity) -> None:
        self._policies = Policies(policies, similarity)

    def prepare(self, gold: Sequence[Change]) -> Side:
        """The reference's diff in the form that scores fastest; good for any number of episodes."""
        return Side(gold, self._policies)

    def score(self, gold: Sequence[Change] | Side, diff: Sequence[Change]) -> dict[str, Any]:
        """The reward of an episode that changed `diff` where the reference changed `gold`, both net against s0.

        Returns:
            `reward`: 1.0 or 0.0; `mismatches`: every difference with table, key, column, policy, expected,
            found and message, in a stable order, empty exactly if the reward is 1. The key is that of the
            episode's row, or the reference's where the episode has none.
        """
        expected = gold if isinstance(gold, Side) else Side(gold, self._policies)
        if expected.changes == diff:
            return {"reward": 1.0, "mismatches": []}
        found = Side(diff, self._policies)
        problems = list(self._existing(expected, found))
        if (expected.inserted or found.inserted) and (problems or not self._pairs(expected, found)):
            problems.extend(_Report(self._policies).run(expected, found))
        if not problems:
            return {"reward": 1.0, "mismatches": []}
        problems.sort(key=lambda problem: (problem["table"], repr(problem["key"])))
        return {"reward": 0.0, "mismatches": problems}

    def _pairs(self, expected: Side, found: Side) -> bool:
        """Whether all inserted rows can be paired without any difference."""
        if len(expected.inserted) != len(found.inserted):
            return False
        for table, rows in expected.inserted.items():
            if len(rows) != len(found.inserted.get(table, ())):
                return False
        return in_order(expected, found, self._policies) or Search(self._policies).run(expected, found)

    def _existing(self, expected: Side, found: Side) -> Iterator[Mismatch]:
        """Differences in rows of the initial state."""
        for name, (before, wanted) in expected.existing.items():
            other = found.existing.get(name)
            yield from self._changes(name, before, wanted, before if other is None else other[1], expected, found)
        for name, (before, after) in found.existing.items():
            if name not in expected.existing:
                yield from self._changes(name, before, before, after, expected, found)

    def _changes(
        self, name: tuple[str, Any], before: Row, wanted: Row | None, after: Row | None, expected: Side, found: Side
    ) -> Iterator[Mismatch]:
        table, key = name
        if wanted is None or after is None:
            if wanted is not after:
                said = "must be deleted" if wanted is None else "was deleted, which the reference does not do"
                yield mismatch(table, key, None, "row", wanted, after, f"{table} {key!r} {said}")
            return
        rules = self._policies.table[table]
        followed: set[str] = set()  # columns that are compared through the inserted row they point to
        for link in rules.links:
            there, here = expected.target(link, wanted), found.target(link, after)
            if there is not None or here is not None:
                followed.update(link.columns)
                if there is None or here is None:
                    yield _wrong_link(table, key, link, wanted, after)
        if wanted == after:
            return
        for column, policy, threshold in rules.changed:
            want, have, old = wanted[column], after[column], before[column]
            if want == have or column in followed:
                continue
            # A semantic column must really change where the reference changes it, and stay where that leaves it.
            moved = want != old and have != old
            if policy != "semantic" or not moved or not self._policies.similar(want, have, threshold):
                yield _wrong_value(table, key, column, policy, want, have)


def score(
    policies: dict[str, Any], gold: Sequence[Change], diff: Sequence[Change], similarity: Similarity = text_similarity
) -> dict[str, Any]:
    """`Matcher(policies, similarity).score(gold, diff)`."""
    return Matcher(policies, similarity).score(gold, diff)


def mismatch(
    table: str, key: Any, column: str | None, policy: str, expected: Any, found: Any, message: str
) -> Mismatch:
    """One difference as plain data; `column` is null where a whole row is missing or too much."""
    return {
        "table": table,
        "key": key,
        "column": column,
        "policy": policy,
        "expected": dict(expected) if policy == "row" and expected is not None else expected,
        "found": dict(found) if policy == "row" and found is not None else found,
        "message": message + ".",
    }


def _wrong_value(table: str, key: Any, column: str, policy: str, expected: Any, found: Any) -> Mismatch:
    kind = "text like " if policy == "semantic" else ""
    message = f"{table} {key!r}: {column} must be {kind}{expected!r}, found {found!r}"
    return mismatch(table, key, column, policy, expected, found, message)


def _wrong_link(table: str, key: Any, link: Link, expected: Row, found: Row) -> Mismatch:
    want, have = link.of(expected), link.of(found)
    columns = ", ".join(link.columns)
    message = f"{table} {key!r}: {columns} must point to the {link.table} row that stands for {want!r}, found {have!r}"
    return mismatch(table, key, columns, "link", want, have, message)


class _Report:
    """Names the differences of a pairing that has as few of them as a short search finds."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._partner: dict[int, Inserted] = {}
        self._anchors: set[tuple[str, Any, tuple[str, ...]]] = set()  # of the episode's rows

    def run(self, expected: Side, found: Side) -> list[Mismatch]:
        """The differences between the inserted rows of both sides; none if the pairing happens to be perfect."""
        self._anchors = {anchor for rows in found.inserted.values() for item in rows for anchor in item.anchors}
        wanted = [item for rows in expected.inserted.values() for item in rows]
        order = self._order(expected, found)
        self._partner = self._pairing(expected, found, order)
        if len(wanted) > len(expected.inserted):  # some table has several rows, so there is a choice
            tries = [self._partner, self._pairing(expected, found, order[::-1])]
            self._partner = min(tries, key=lambda partner: self._total(expected, partner))
            if len(wanted) <= SWAP_LIMIT:
                self._improve(expected)
        problems: list[Mismatch] = []
        for item in wanted:
            if id(item) in self._partner:
                problems.extend(self._differences(item, self._partner[id(item)]))
            else:
                message = f"{item.table}: no inserted row stands for the reference's {item.key!r}"
                problems.append(mismatch(item.table, item.key, None, "row", item.row, None, message))
        used = {id(item) for item in self._partner.values()}
        for item in [item for rows in found.inserted.values() for item in rows if id(item) not in used]:
            message = f"{item.table} {item.key!r} was inserted, which the reference does not do"
            problems.append(mismatch(item.table, item.key, None, "row", None, item.row, message))
        return problems

    def _order(self, expected: Side, found: Side) -> list[str]:
        """Tables with inserted rows, those that others point to first where that is possible."""
        left = sorted({*expected.inserted, *found.inserted})
        ordered: list[str] = []
        while left:
            ready = [
                table
                for table in left
                if not any(link.table in left and link.table != table for link in self._policies.table[table].links)
            ]
            ordered.append((ready or left)[0])
            left.remove(ordered[-1])
        return ordered

    def _pairing(self, expected: Side, found: Side, order: list[str]) -> dict[int, Inserted]:
        """Pairs the rows table by table, the pairs with the fewest differences first."""
        self._partner = {}
        for table in order:
            wanted, had = expected.inserted.get(table, []), found.inserted.get(table, [])
            costs = sorted((self._cost(item, other), item.place, other.place) for item in wanted for other in had)
            places: set[int] = set()
            for _, row, place in costs:
                if id(wanted[row]) not in self._partner and place not in places:
                    places.add(place)
                    self._partner[id(wanted[row])] = had[place]
        return self._partner

    def _cost(self, item: Inserted, other: Inserted) -> int:
        """Differences of a pair, with those that it leaves to rows paired before it."""
        left = 0
        for number, referrer in item.referrers:
            partner = self._partner.get(id(referrer))
            if partner is not None and partner.targets[number] is not other:
                left += 1
        return left + sum(1 for _ in self._differences(item, other))

    def _improve(self, expected: Side) -> None:
        """Swaps partners within a table while that leaves fewer differences."""
        partner = self._partner
        best = self._total(expected, partner)
        pairs = [
            (id(first), id(second))
            for rows in expected.inserted.values()
            for place, first in enumerate(rows)
            for second in rows[place + 1 :]
            if id(first) in partner and id(second) in partner
        ]
        better = True
        while better and best:
            better = False
            for first, second in pairs:
                partner[first], partner[second] = partner[second], partner[first]
                total = self._total(expected, partner)
                if total < best:
                    best, better = total, True
                else:
                    partner[first], partner[second] = partner[second], partner[first]

    def _total(self, expected: Side, partner: dict[int, Inserted]) -> int:
        self._partner = partner
        return sum(
            1
            for rows in expected.inserted.values()
            for item in rows
            if id(item) in partner
            for _ in self._differences(item, partner[id(item)])
        )

    def _differences(self, item: Inserted, other: Inserted) -> Iterator[Mismatch]:
        """Differences of a pair; a link to a row that has no partner (yet) is not held against it."""
        for column in item.rules.fixed:
            if item.row[column] != other.row[column]:
                yield _wrong_value(item.table, other.key, column, "hard", item.row[column], other.row[column])
        for column, threshold in item.rules.fuzzy:
            if not self._policies.similar(item.row[column], other.row[column], threshold):
                yield _wrong_value(item.table, other.key, column, "semantic", item.row[column], other.row[column])
        for link, there, here in zip(item.rules.links, item.targets, other.targets, strict=True):
            if there is None or here is None:
                wrong = there is not here or link.of(item.row) != link.of(other.row)
            else:
                wrong = self._partner.get(id(there), here) is not here
            if wrong:
                yield _wrong_link(item.table, other.key, link, item.row, other.row)
        for table, key, columns in item.anchors:
            if (table, key, columns) in self._anchors and (table, key, columns) not in other.anchors:
                message = f"{table} {key!r}: {', '.join(columns)} points to another inserted {item.table} row"
                yield mismatch(table, key, ", ".join(columns), "link", item.key, other.key, message)
