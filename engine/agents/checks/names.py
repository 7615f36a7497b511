"""Names in the form that tables, columns and tools have, whatever way they were written."""

from __future__ import annotations

import keyword
import re

from engine.agents.composer.naming import RESERVED

LONGEST_NAME = 60


def plain_name(text: str) -> str:
    """Words as a name: `RepairJob`, `Repair job` and `repair-job` become `repair_job`; empty where nothing is left."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")[:LONGEST_NAME].strip("_")
    if not name:
        return ""
    if name[0].isdigit():
        name = f"n_{name}"
    return f"{name}_value" if keyword.iskeyword(name) else name


def entity_name(text: str) -> str:
    """The same for an entity, whose rows stand in expressions by its name: one that means something there is changed."""
    name = plain_name(text)
    return f"{name}_record" if name in RESERVED else name
