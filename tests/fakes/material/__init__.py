"""A domain that is not built in, a bicycle workshop, as a good language model would answer for it; written by hand.

`idea.yaml`, `sketches.yaml`, `database.yaml`, `entries.yaml`, `cases.yaml` and `chains.yaml` hold the answers of the roles that
answer JSON, in the very form in which models write them; `tools.py` holds the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent
KEYWORD = "bicycle workshop"

SMALL = (
    "find_customer_by_email", "join_repair_club", "register_bicycle", "list_bicycles", "update_bicycle", "search_mechanics",
    "request_repair", "list_repairs_of_bicycle", "assign_mechanic", "unassign_mechanic", "make_express", "change_due_date",
)  # fmt: skip
"""Twelve tools that make a domain by themselves, for runs that have to be short."""


@dataclass(frozen=True)
class Material:
    """Answers by role, or the part of them that some tools need."""

    idea: dict[str, Any]
    sketches: tuple[dict[str, Any], ...]
    tables: tuple[dict[str, Any], ...]
    entries: dict[str, dict[str, Any]]
    cases: dict[str, tuple[dict[str, Any], ...]]
    chains: tuple[dict[str, Any], ...]
    sources: dict[str, str]

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools' names in order."""
        return tuple(sketch["name"] for sketch in self.sketches)

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities' names in order."""
        return tuple(entity["name"] for entity in self.idea["entities"])

    @property
    def lists(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """(entity, column) -> realistic values."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for table in self.tables:
            for line in table.get("lists", ()):
                column, _, values = line.partition(": ")
                found[table["entity"], column] = tuple(values.split("; "))
        return found


def _read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((FOLDER / name).read_text("utf-8"))


@cache
def load(tools: tuple[str, ...] = ()) -> Material:
    """The material for some tools and the entities that they need; for all of them where none are named."""
    code = (FOLDER / "tools.py").read_text("utf-8")
    sources = {
        node.name: f"{ast.get_source_segment(code, node)}\n"
        for node in ast.parse(code).body
        if isinstance(node, ast.FunctionDef)
    }
    whole = Material(
        idea=_read("idea.yaml"),
        sketches=tuple(_read("sketches.yaml")["tools"]),
        tables=tuple(_read("database.yaml")["tables"]),
        entries={entry["name"]: entry for entry in _read("entries.yaml")["tools"]},
        cases={name: tuple(cases) for name, cases in _read("cases.yaml")["cases"].items()},
        chains=tuple(_read("chains.yaml")["chains"]),
        sources=sources,
    )
    return _cut(whole, tools) if tools else whole


def _cut(whole: Material, tools: Collection[str]) -> Material:
    if unknown := set(tools) - set(whole.tools):
        raise ValueError(f"the material has no {sorted(unknown)}")
    sketches = tuple(sketch for sketch in whole.sketches if sketch["name"] in tools)
    entries = {name: entry for name, entry in whole.entries.items() if name in tools}
    entities = _needed(whole, {sketch["entity"] for sketch in sketches}, str(list(entries.values())))
    idea = {**whole.idea, "entities": [one for one in whole.idea["entities"] if one["name"] in entities]}
    return Material(
        idea=idea,
        sketches=sketches,
        tables=tuple(table for table in whole.tables if table["entity"] in entities),
        entries=entries,
        cases={name: cases for name, cases in whole.cases.items() if name in tools},
        chains=tuple(chain for chain in whole.chains if all(step["tool"] in tools for step in chain["steps"])),
        sources={name: source for name, source in whole.sources.items() if name in tools},
    )


def _needed(whole: Material, named: set[str], entries: str) -> set[str]:
    """The entities that others point to, the user's, and those of which rules and effects speak."""
    points = {entity["name"]: set(entity["of"]) for entity in whole.idea["entities"]}
    for table in whole.tables:
        references = re.findall(r":ref (\w+)", str(table.get("columns", "")))
        points[table["entity"]] |= set(references)
    found = named | {whole.idea["user"]} | {name for name in whole.entities if re.search(rf"'{name}'", entries)}
    while wider := {target for name in found for target in points[name]} - found:
        found |= wider
    return found
