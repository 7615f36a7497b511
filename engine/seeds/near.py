"""Which built-in domains come nearest to a keyword: by what they are about, not by spelling alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from engine.datafiles import data_directory, data_path

LIKE = 84.0
"""Likeness of two words, of 100, from which one may be meant for the other: a letter lost or changed, or another ending."""

_NAME_WEIGHT, _TOPIC_WEIGHT, _TEXT_WEIGHT = 3.0, 2.0, 1.0
_EMPTY = frozenset(
    {
        *("and", "any", "app", "application", "ask", "each", "find", "for", "from", "get", "its"),
        *("keep", "my", "other", "our", "platform", "service", "site", "system", "the", "their", "they"),
        *("things", "through", "use", "where", "with", "work", "your"),
    }
)


def near_built_ins(keyword: str, *, most: int = 3) -> list[str]:
    """The built-in domains that a keyword may stand for, the nearest first; none where it has nothing to do with any."""
    wanted = _words(keyword)
    if not wanted:
        return []
    scored = [(_score(wanted, weights), name) for name, weights in _vocabularies().items()]
    best = max((score for score, _ in scored), default=0.0)
    # One that fits far less than the best is no offer, only noise.
    return [name for score, name in sorted(scored, key=lambda each: (-each[0], each[1])) if score > best / 3][:most]


def nearest_name(text: str) -> str:
    """The built-in domain whose name a text misspells, or empty."""
    from rapidfuzz import fuzz

    plain = re.sub(r"[\s_-]+", "_", text.strip().lower())
    alike = {name: fuzz.ratio(plain, name) for name in _vocabularies()}
    best = max(alike, key=lambda name: alike[name], default="")
    return best if best and alike[best] >= LIKE else ""


def _score(wanted: Iterable[str], weights: dict[str, float]) -> float:
    from rapidfuzz import fuzz

    return sum(
        max(
            (weight * like for word, weight in weights.items() if (like := fuzz.ratio(each, word)) >= LIKE), default=0.0
        )
        for each in wanted
    )


@cache
def _vocabularies() -> dict[str, dict[str, float]]:
    """Built-in domain -> the words by which it is known, with their weights."""
    topics = _topics()
    found: dict[str, dict[str, float]] = {}
    for path in sorted(data_directory("blueprints").glob("*.yaml")):
        weights: dict[str, float] = {}
        for text, weight in (
            (_head(path.read_text("utf-8")), _TEXT_WEIGHT),
            (topics.get(path.stem, ""), _TOPIC_WEIGHT),
            (path.stem, _NAME_WEIGHT),
        ):
            weights |= dict.fromkeys(_words(text), weight)
        found[path.stem] = weights
    return found


def _head(text: str) -> str:
    """Title and description of a blueprint and the names of its entities, without reading it as YAML."""
    title = re.search(r"^title:\s*(.+)$", text, re.MULTILINE)
    description = re.search(r"^description:\s*(?:>-?|\|-?)?\s*\n?((?:.+\n)(?:[ \t]+.+\n)*)", text, re.MULTILINE)
    entities = text.partition("\nentities:\n")[2]
    names = re.findall(r"^  ([a-z_]+):", re.split(r"^\S", entities, maxsplit=1, flags=re.MULTILINE)[0], re.MULTILINE)
    return " ".join([title[1] if title else "", description[1] if description else "", *names])


def _topics() -> dict[str, str]:
    lines = data_path("blueprints", "topics.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): words for name, _, words in pairs}


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in _EMPTY]
