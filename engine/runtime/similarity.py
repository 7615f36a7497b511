"""Similarity of free text, for columns that the reward compares as text that may differ a little.

This file needs the standard library alone and is shipped inside every bundle.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

Similarity = Callable[[str, str], float]
"""Similarity in [0, 100] of two texts."""


class _Characters(dict[int, int]):
    """Translation table: punctuation, separators and control characters become spaces, all else stays."""

    def __missing__(self, code: int) -> int:
        self[code] = 32 if unicodedata.category(chr(code))[0] in "PZC" else code
        return self[code]


_CHARACTERS = _Characters()


def words(text: str) -> list[str]:
    """The words of a text, without case, punctuation and compatibility differences (NFKC)."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_CHARACTERS).split()


def common_subsequence(left: str, right: str) -> int:
    """Length of the longest common subsequence, one machine operation for all of `left` per character of `right`."""
    places: dict[str, int] = {}
    bit = 1
    for character in left:
        places[character] = places.get(character, 0) | bit
        bit <<= 1
    full = bit - 1
    free = full
    for character in right:
        hit = free & places.get(character, 0)
        free = ((free + hit) | (free - hit)) & full
    return len(left) - free.bit_count()


def indel_ratio(left: str, right: str) -> float:
    """Similarity in [0, 100]: 100 without the share of characters to delete and insert."""
    total = len(left) + len(right)
    if not total:
        return 100.0
    return (1.0 - (total - 2 * common_subsequence(left, right)) / total) * 100.0


def best_ratio(left: str, right: str, ratio: Similarity) -> float:
    """Similarity in [0, 100] of two texts: the better of the words as they stand and the words sorted."""
    if left == right:
        return 100.0
    here, there = words(left), words(right)
    if here == there:
        # Texts of nothing but punctuation have no words left to agree on.
        return 100.0 if here else 0.0
    return max(ratio(" ".join(here), " ".join(there)), ratio(" ".join(sorted(here)), " ".join(sorted(there))))


def text_similarity(left: str, right: str) -> float:
    """Similarity in [0, 100] of two texts in pure Python; the same number that rapidfuzz gives."""
    return best_ratio(left, right, indel_ratio)
