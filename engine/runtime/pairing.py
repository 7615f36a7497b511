"""Can the rows that an episode inserted be paired with those of the reference without any difference?

This file needs the standard library alone and is shipped inside every bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from .policies import Inserted, Policies, Side

SEARCH_LIMIT = 5_000
"""Rows tried before the search among rows that look alike gives up (and finds no pairing)."""

_Colours = dict[int, int]


class _TooManySteps(Exception):
    """The search gave up."""


def in_order(expected: Side, found: Side, policies: Policies) -> bool:
    """Whether the inserted rows agree without any difference when paired in the order in which they stand.

    Both sides must have equally many rows in each table.
    """
    for table, rows in expected.inserted.items():
        rules = policies.table[table]
        for item, other in zip(rows, found.inserted[table], strict=True):
            if rules.fixed_of(item.row) != rules.fixed_of(other.row) or item.anchors != other.anchors:
                return False
            for link, there, here in zip(rules.links, item.targets, other.targets, strict=True):
                if there is None or here is None:
                    if there is not here or link.of(item.row) != link.of(other.row):
                        return False
                elif there.place != here.place:
                    return False
            for column, threshold in rules.fuzzy:
                if not policies.similar(item.row[column], other.row[column], threshold):
                    return False
    return True


class Search:
    """Decides exactly whether inserted rows can be paired without any difference.

    Rows get a colour from their hard values; colours are refined by those of the rows they point to and those that
    point to them, until nothing changes. Rows of different colour can't be partners. What then hangs together is
    tried row by row (each trial refines again and mostly splits the rest into independent parts), and independent
    parts are assigned to each other by bipartite matching. Where no rows look alike nothing is tried twice.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._numbers: dict[Any, int] = {}
        self._steps = 0

    def run(self, expected: Side, found: Side) -> bool:
        """Whether a perfect pairing of all inserted rows exists; also `False` after `SEARCH_LIMIT` trials."""
        wanted = [item for rows in expected.inserted.values() for item in rows]
        had = [item for rows in found.inserted.values() for item in rows]
        colours = {id(item): self._number(_content(item)) for item in [*wanted, *had]}
        partner = {colours[id(item)]: item for item in had}
        if len(partner) == len(had):  # no two rows look alike: only one pairing is possible
            return len({colours[id(item)] for item in wanted}) == len(wanted) and all(
                self._agree(item, partner.get(colours[id(item)]), partner, colours) for item in wanted
            )
        try:
            refined = self._refine(wanted, had, colours)
            return refined is not None and self._parts(wanted, had, refined)
        except _TooManySteps:
            return False

    def _agree(self, item: Inserted, other: Inserted | None, partner: dict[int, Inserted], colours: _Colours) -> bool:
        """Whether `item` and the only row of its colour agree in links and semantic columns too."""
        if other is None or not self._alike(item, other):
            return False
        return all(
            there is None or partner.get(colours[id(there)]) is here
            for there, here in zip(item.targets, other.targets, strict=True)
        )

    def _number(self, value: Any) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def _refine(self, wanted: list[Inserted], had: list[Inserted], colours: _Colours) -> _Colours | None:
        """Colours refined until stable, or `None` where the two sides can't agree any more."""
        colours = dict(colours)
        kinds = len({colours[id(item)] for item in wanted})
        while True:
            left = [(id(item), self._neighbourhood(item, colours)) for item in wanted]
            right = [(id(item), self._neighbourhood(item, colours)) for item in had]
            if sorted(colour for _, colour in left) != sorted(colour for _, colour in right):
                return None
            colours.update(left)
            colours.update(right)
            now = len({colour for _, colour in left})
            if now == kinds:
                return colours
            kinds = now

    def _neighbourhood(self, item: Inserted, colours: _Colours) -> int:
        targets = tuple([None if target is None else colours[id(target)] for target in item.targets])
        referrers = tuple(sorted([(number, colours[id(other)]) for number, other in item.referrers]))
        return self._number((colours[id(item)], targets, referrers))

    def _parts(self, wanted: list[Inserted], had: list[Inserted], colours: _Colours) -> bool:
        """Whether the rows can be paired, part by part that hangs together."""
        left, right = _by_colours(wanted, colours), _by_colours(had, colours)
        return all(
            len(parts) == len(right.get(name, ())) and assign(len(parts), self._fits(parts, right[name], colours))
            for name, parts in left.items()
        )

    def _fits(
        self, parts: list[list[Inserted]], others: list[list[Inserted]], colours: _Colours
    ) -> Callable[[int, int], bool]:
        @cache
        def fits(left: int, right: int) -> bool:
            return self._part(parts[left], others[right], colours)

        return fits

    def _part(self, part: list[Inserted], others: list[Inserted], colours: _Colours) -> bool:
        """Whether the rows of two parts with the same colours can be paired."""
        places: dict[int, list[Inserted]] = {}
        for item in others:
            places.setdefault(colours[id(item)], []).append(item)
        if len(places) == len(part):  # each colour once: only one pairing is possible
            return all(self._alike(item, places[colours[id(item)]][0]) for item in part)
        pivot = min(part, key=lambda item: (len(places[colours[id(item)]]), -len(item.referrers)))
        rest = [item for item in part if item is not pivot]
        for candidate in places[colours[id(pivot)]]:
            if not self._alike(pivot, candidate):
                continue
            self._steps += 1
            if self._steps > SEARCH_LIMIT:
                raise _TooManySteps
            tried = self._refine(part, others, {**colours, id(pivot): -self._steps, id(candidate): -self._steps})
            if tried is not None and self._parts(rest, [item for item in others if item is not candidate], tried):
                return True
        return False

    def _alike(self, item: Inserted, other: Inserted) -> bool:
        """Whether the semantic columns of two rows of one colour agree."""
        similar = self._policies.similar
        return all(similar(item.row[column], other.row[column], threshold) for column, threshold in item.rules.fuzzy)


def _content(item: Inserted) -> Any:
    """All of a row that must be the same in its partner, apart from which inserted rows it points to."""
    links = tuple(
        (link.of(item.row),) if target is None else None
        for link, target in zip(item.rules.links, item.targets, strict=True)
    )
    anchors = tuple(sorted(item.anchors, key=repr)) if item.anchors else ()
    return item.table, item.rules.fixed_of(item.row), links, anchors


def _by_colours(rows: Iterable[Inserted], colours: _Colours) -> dict[tuple[int, ...], list[list[Inserted]]]:
    """The parts of `rows` that links among them hold together, grouped by the colours of their rows."""
    left = {id(item): item for item in rows}
    groups: dict[tuple[int, ...], list[list[Inserted]]] = {}
    while left:
        part = [left.pop(next(iter(left)))]
        for member in part:  # grows while it is walked
            near = [*member.targets, *[referrer for _, referrer in member.referrers]]
            part.extend(left.pop(id(other)) for other in near if other is not None and id(other) in left)
        groups.setdefault(tuple(sorted(colours[id(item)] for item in part)), []).append(part)
    return groups


def assign(count: int, fits: Callable[[int, int], bool]) -> bool:
    """Whether each of 0..count-1 can get a place of its own among 0..count-1 where `fits` (augmenting paths)."""
    owner: dict[int, int] = {}
    place_of: dict[int, int] = {}
    for start in range(count):
        came: dict[int, int] = {}
        queue = [start]
        end: int | None = None
        for left in queue:  # grows while it is walked
            for place in (left, *range(count)):  # the same place first: enough wherever rows look alike
                if place in came or not fits(left, place):
                    continue
                came[place] = left
                if place not in owner:
                    end = place
                    break
                queue.append(owner[place])
            if end is not None:
                break
        if end is None:
            return False
        while end is not None:
            left = came[end]
            owner[end] = left
            end, place_of[left] = place_of.get(left), end
    return True
