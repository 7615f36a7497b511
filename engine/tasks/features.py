"""What makes two tasks too alike to be in different splits, as small numbers that a store can compare by the thousand."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, NamedTuple

from engine.models.base import canonical_json
from engine.models.task import Mention, Task
from engine.tasks.duplicates import fingerprint


class Features(NamedTuple):
    """Each is the first 8 bytes of a SHA-256 as a signed number, so that it fits into a cell.

    Attributes:
        structure: The chain without its values. Near-duplicates always share it.
        wording: The instruction without numbers and quotations.
        entities: The user and all entities that the instruction names; 0 where there are none.
        chain: The domain and the tools of the chain in order.
    """

    structure: int
    wording: int
    entities: int
    chain: int


def features(task: Task) -> Features:
    """The features of a task; they don't depend on its id, audits or reviews."""
    spoken = re.findall(r'[a-z\']+|""', re.sub(r'"[^"]*"', '""', task.instruction.lower()))
    named = [_entity(mention) for mention in task.mentions]
    known = {name: value for name, value in task.user_profile.items() if value is not None}
    return Features(
        structure=int.from_bytes(bytes.fromhex(fingerprint(task).structure)[:8], signed=True),
        wording=number_of(spoken),
        entities=number_of([known, sorted(named, key=canonical_json)]) if known or named else 0,
        chain=number_of([task.domain, tools_of(task)]),
    )


def tools_of(task: Task) -> list[str]:
    """The tools of the task's chain, in order."""
    return [step.tool for step in task.chain.steps]


def number_of(value: Any) -> int:
    """The first 8 bytes of the SHA-256 of plain data, as a signed number."""
    return int.from_bytes(sha256(canonical_json(value).encode()).digest()[:8], signed=True)


def _entity(mention: Mention) -> list[Any]:
    """An entity by what is said of it: in another initial state the same one has another key."""
    links = {name: _entity(link) for name, link in mention.links.items()}
    return [mention.table, {} if mention.me else {"facts": mention.facts, "links": links}]
