"""A map of tools: those that say alike things lie near each other, whatever domain they are from.

Words of names, descriptions and parameters are weighed by how rare they are (TF-IDF), reduced to a few dimensions
(singular values), and laid out in the plane so that neighbours stay neighbours (t-SNE, exact, from a fixed start).
Nothing is drawn at random: on one machine the same tools always get the same places.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.models.tool import Tool

Matrix = NDArray[np.float64]

DIMENSIONS = 30
"""Of the space between words and plane."""

NAME_WEIGHT = 3
"""A word of a tool's name counts as often."""

PERPLEXITY = 12.0
"""About how many neighbours each tool keeps."""

STEPS = 320
EARLY = 90
"""Steps in which likeness is exaggerated, so that groups form before they settle."""

CROWD = 0.012
"""How far apart tools with the same words are drawn, in widths of the map."""

_PLAIN = frozenset(
    (
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "id",
        "ids",
        "in",
        "is",
        "it",
        "its",
        "not",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "this",
        "to",
        "with",
        "without",
    )
)
"""Words that tell no tools apart."""


class Place(NamedTuple):
    """Where a tool lies; both numbers are in [0, 1]."""

    x: float
    y: float


def words_of(tool: Tool) -> list[str]:
    """The words by which a tool is compared; those of its name several times."""
    text = " ".join((tool.description, *(f"{each.name} {each.description}" for each in tool.parameters)))
    return _split(tool.name) * NAME_WEIGHT + _split(text)


def _split(text: str) -> list[str]:
    found = re.findall(r"[^\W\d_]{2,}", text.lower())
    return [_stem(word) for word in found if word not in _PLAIN]


def _stem(word: str) -> str:
    """Takes an ending off, so that `returns` and `return` are one word."""
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def map_tools(tools: Sequence[Tool]) -> list[Place]:
    """Lays tools out by the likeness of their words; the same tools in the same order give the same places.

    About 1.5 s for 1,000 tools of different words on one core; the time grows with the square of their number.
    """
    bags = [tuple(sorted(Counter(words_of(tool)).items())) for tool in tools]
    unlike = list(dict.fromkeys(bags))
    places = dict(zip(unlike, layout(reduce(weigh([dict(bag) for bag in unlike]))), strict=True)) if unlike else {}
    met: Counter[tuple[tuple[str, int], ...]] = Counter()
    result: list[Place] = []
    for bag in bags:
        # Tools with the same words would hide each other: they are drawn around their place, like seeds of a sunflower.
        number, (x, y) = met[bag], places[bag]
        met[bag] += 1
        far, angle = CROWD * math.sqrt(number), 2.399963 * number
        result.append(Place(round(x + far * math.cos(angle), 5), round(y + far * math.sin(angle), 5)))
    return _fitted(result)


def _fitted(places: list[Place]) -> list[Place]:
    """Moves what a crowd pushed over the edge back inside."""
    return [Place(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in places]


def weigh(bags: Sequence[dict[str, int]]) -> Matrix:
    """TF-IDF: one row a text, one column a word, rows of length 1 (or 0 where a text has no words)."""
    documents: Counter[str] = Counter(word for bag in bags for word in bag)
    column = {word: at for at, word in enumerate(sorted(documents))}
    weights = np.zeros((len(bags), max(len(column), 1)))
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            rarity = math.log((1 + len(bags)) / (1 + documents[word])) + 1
            weights[row, column[word]] = (1 + math.log(count)) * rarity
    length = np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return weights / np.where(length > 0, length, 1)


def reduce(weights: Matrix, dimensions: int = DIMENSIONS) -> Matrix:
    """The rows in the few dimensions in which they differ most (truncated singular value decomposition)."""
    # Of the small square matrix of likenesses: a tenth of the work of decomposing the tall one.
    values, vectors = np.linalg.eigh(weights @ weights.T)
    kept = min(dimensions, len(values))
    values, vectors = values[::-1][:kept], vectors[:, ::-1][:, :kept]
    # An axis may come out either way round; its largest entry decides.
    largest = np.abs(vectors).round(9).argmax(axis=0)
    signs = np.sign(vectors[largest, np.arange(kept)])
    return vectors * np.where(signs == 0, 1, signs) * np.sqrt(np.clip(values, 0, None))


def layout(points: Matrix) -> list[Place]:
    """Lays points of many dimensions out in the plane, neighbours near each other."""
    count = len(points)
    if count < 3:
        return [Place(0.5 + 0.2 * at, 0.5) for at in range(count)]
    likeness = _likeness(points)
    start = points[:, :2] if points.shape[1] > 1 else np.column_stack((points[:, 0], np.zeros(count)))
    spread = max(float(start.std()), 1e-9)
    # A step aside along a spiral parts those that begin at one point.
    turn = 2.399963 * np.arange(count)
    aside = np.column_stack((np.cos(turn), np.sin(turn))) * np.sqrt(np.arange(count)[:, None] + 1.0)
    at = (start / spread * 1e-2 + aside * 1e-4).astype(np.float32)
    return _scaled(_descend(likeness, at))


def _likeness(points: Matrix) -> NDArray[np.float32]:
    """How much each point counts as another's neighbour; symmetrical, and 1 in all."""
    count = len(points)
    squares = (points**2).sum(axis=1)
    far = np.clip(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0, None).round(9)
    np.fill_diagonal(far, np.inf)
    wanted = math.log(min(PERPLEXITY, (count - 1) / 3 if count > 4 else 1.0))
    low, high = np.zeros(count), np.full(count, np.inf)
    sharp = np.ones(count)
    nearest = far.min(axis=1, keepdims=True)
    shifted = np.where(np.isinf(far), 0, far - nearest)
    inside = ~np.isinf(far)
    weight = np.zeros_like(far)
    for _ in range(40):  # bisection of all rows at once, until each has the wanted number of neighbours
        weight = np.exp(-shifted * sharp[:, None]) * inside
        total = weight.sum(axis=1)
        entropy = np.log(total) + sharp * (shifted * weight).sum(axis=1) / total
        wide = entropy > wanted
        low, high = np.where(wide, sharp, low), np.where(wide, high, sharp)
        sharp = np.where(np.isinf(high), sharp * 2, (low + high) / 2)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.maximum((weight + weight.T) / (2 * count), 1e-12).astype(np.float32)


def _descend(likeness: NDArray[np.float32], at: NDArray[np.float32]) -> Matrix:
    count = len(at)
    velocity, gain = np.zeros_like(at), np.ones_like(at)
    rate = max(count / 12.0 / 4, 10.0)
    for step in range(STEPS):
        exaggerated = likeness * 12 if step < EARLY else likeness
        across = at[:, 0][:, None] - at[:, 0][None, :]
        along = at[:, 1][:, None] - at[:, 1][None, :]
        near = 1 / (1 + across * across + along * along)
        np.fill_diagonal(near, 0)
        pull = (exaggerated - near / near.sum(dtype=np.float64).astype(np.float32)) * near
        gradient = 4 * np.column_stack((_sum(pull * across), _sum(pull * along)))
        gain = np.where(np.sign(gradient) == np.sign(velocity), gain * 0.8, gain + 0.2).clip(0.01)
        velocity = (0.5 if step < EARLY else 0.8) * velocity - rate * 4 * gain * gradient
        at = (at + velocity - (at + velocity).mean(axis=0)).astype(np.float32)
    return at.astype(np.float64)


def _sum(values: Any) -> NDArray[np.float32]:
    return values.sum(axis=1)


def _scaled(at: Matrix) -> list[Place]:
    """Both axes on one scale, the longer one from 0.03 to 0.97."""
    low, high = at.min(axis=0), at.max(axis=0)
    size = max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    return [Place(float(0.5 + 0.94 * x), float(0.5 + 0.94 * y)) for x, y in (at - middle) / size]
