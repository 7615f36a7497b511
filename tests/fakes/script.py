"""What a good language model answers to the roles' prompts about the bicycle workshop, from hand-written material.

It answers what it is asked for and no more: only the entities and tools that the request names, only as many steps as it
wants, and instructions from the facts that the request gives.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from tests.fakes.material import Material

_BLOCK = re.compile(r'<data name="([a-z_]+)">\n(.*?)\n</data>', re.DOTALL)
_GREETINGS = ("Hello,", "Good morning!", "Hi there,", "Hello! It's about my bicycle:", "Hi!", "Good day,")
_FIRST = ("I'd like to {0}", "I want to {0}", "please help me to {0}", "I need to {0}")
_NEXT = ("Then I'd like to {0}", "After that I want to {0}", "Also, I need to {0}", "And please let me {0}")


def blocks_of(text: str) -> dict[str, str]:
    """The data of a request, by name."""
    return dict(_BLOCK.findall(text))


def role_of(system: str) -> str:
    """The role that instructions name in their first line."""
    match = re.match(r"\s*Role: ([a-z_]+)", system)
    return match[1] if match else ""


def number_of(text: str) -> int:
    """A number that only the text decides, for choices that shall look like somebody's."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


class Script:
    """Answers requests from material."""

    def __init__(self, material: Material) -> None:
        self.material = material

    def answer(self, role: str, request: str) -> str:
        """The text that the model of a role writes.

        Args:
            role: Who is asked.
            request: The user's message, with its data.

        Raises:
            KeyError: There is no such role.
        """
        data = blocks_of(request)
        roles: dict[str, Callable[[dict[str, str]], Any]] = {
            "domain": lambda _: self.material.idea,
            "tool_schema": self._sketches,
            "database": self._tables,
            "contract": self._entries,
            "code": self._code,
            "test": self._cases,
            "debug": self._repair,
            "dependency": self._flows,
            "chain": self._chains,
            "state": self._furniture,
            "instruction": self._instruction,
            "gate": self._probability,
            "user": self._reply,
            "trial": lambda asked: {"word": asked["word"]},
        }
        made = roles[role](data)
        return made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)

    # The foundation.

    def _sketches(self, data: dict[str, str]) -> Any:
        entities = _first_words(data["entities"], self.material.entities)
        known = set(_first_words(data.get("known", ""), self.material.tools))
        return {
            "tools": [
                sketch
                for sketch in self.material.sketches
                if sketch["entity"] in entities and sketch["name"] not in known
            ]
        }

    def _tables(self, data: dict[str, str]) -> Any:
        asked = _first_words(data["entities"], self.material.entities)
        return {"tables": [table for table in self.material.tables if table["entity"] in asked]}

    def _entries(self, data: dict[str, str]) -> Any:
        asked = _first_words(data["tools"], self.material.tools)
        return {"tools": [self.material.entries[name] for name in asked if name in self.material.entries]}

    def _code(self, data: dict[str, str]) -> str:
        return self._sources(re.findall(r"^def (\w+)\(", data["tools"], re.MULTILINE))

    def _sources(self, names: Iterable[str]) -> str:
        sources = [self.material.sources[name] for name in names if name in self.material.sources]
        return "```python\n{}```".format("\n\n".join(sources))

    def _cases(self, data: dict[str, str]) -> Any:
        asked = re.findall(r"^(\w+)\(", data["tools"], re.MULTILINE)
        return {"cases": [case for name in asked for case in self.material.cases.get(name, ())]}

    def _repair(self, data: dict[str, str]) -> Any:
        if "steps" in data:
            return self._sources(re.findall(r"^def (\w+)\(", data["steps"], re.MULTILINE)[:1])
        # The cases are right in what they mean; one that the contract judges otherwise was furnished badly.
        return {"kind": "instance", "reason": "The rows do not say all that matters.", "case": None, "changes": []}

    def _flows(self, data: dict[str, str]) -> Any:
        """Pairs whose names say the same: `rental.price -> ... takes price`."""
        flows: list[int] = []
        for line in data["pairs"].splitlines():
            match = re.match(r"(\d+)\. .* answers (\S+) -> .* takes (\w+)", line)
            if match and match[2].rpartition(".")[2].rpartition("_")[2] == match[3].rpartition("_")[2]:
                flows.append(int(match[1]))
        return {"flows": flows}

    # Tasks.

    def _chains(self, data: dict[str, str]) -> Any:
        used: set[str] = set(data.get("avoid", "").splitlines())
        chains: list[dict[str, Any]] = []
        for line in data["wishes"].splitlines():
            match = re.match(r"(\d+)\. (?:\d+ to )?(\d+) steps?, must have (\w+)", line)
            if match is None:
                continue
            story, steps = self._chain(match[3], int(match[2]), used)
            used.add(" > ".join(step["tool"] for step in steps))
            chains.append({"number": int(match[1]), "story": story, "steps": steps})
        return {"chains": chains}

    def _chain(self, first: str, most: int, used: set[str]) -> tuple[str, list[dict[str, Any]]]:
        """The first chain that has the tool, fits and was not used; a chain that is too long is cut around the tool."""
        found: list[tuple[str, list[dict[str, Any]]]] = []
        for chain in self.material.chains:
            steps = chain["steps"]
            at = next((number for number, step in enumerate(steps) if step["tool"] == first), None)
            if at is None:
                continue
            start = max(0, at - most + 1)
            found.append((chain["story"], [_step(step, start) for step in steps[start : start + most]]))
        for story, steps in found:
            if " > ".join(step["tool"] for step in steps) not in used:
                return story, steps
        return found[0] if found else ("It is time for it.", [{"tool": first, "values": [], "about": 0}])

    def _furniture(self, data: dict[str, str]) -> Any:
        rows = dict(_row(line) for line in data["rows"].splitlines())
        cells: list[dict[str, Any]] = []
        for line in data.get("cells", "").splitlines():
            match = re.match(r"(\d+)\. (\w+) of row (\d+)", line)
            if match is None:
                continue
            entity = rows[int(match[3])][0]
            texts = self.material.lists.get((entity, match[2]), ("Please take care of it", "As discussed", "No hurry"))
            cells.append({"number": int(match[1]), "text": texts[number_of(line + data["rows"]) % len(texts)]})
        targets = [number for number, (_, target, _) in rows.items() if target]
        distractors: list[dict[str, Any]] = []
        for count in range(int(data.get("distractors", "0") or 0) if targets else 0):
            number = targets[count % len(targets)]
            entity, _, values = rows[number]
            if change := self._other(entity, values, count):
                distractors.append({"like": number, "changes": [change]})
        return {"cells": cells, "distractors": distractors}

    def _other(self, entity: str, values: dict[str, str], count: int) -> str:
        """A column of a row with another value, by which it can be mistaken: its name, else a day, else an amount."""
        for (table, column), texts in self.material.lists.items():
            if table == entity and column in values:
                others = [text for text in texts if text != values[column]]
                return f"{column}={others[(number_of(values[column]) + count) % len(others)]}"
        for column, value in values.items():
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return f"{column}={date.fromisoformat(value) + timedelta(days=count + 1)}"
        for column, value in values.items():
            if re.fullmatch(r"\d+\.\d+", value):
                return f"{column}={float(value) + count + 1}"
        return ""

    def _instruction(self, data: dict[str, str]) -> Any:
        taste = number_of(data["goals"] + data.get("tone", ""))
        sentences: list[str] = []
        for line in data["goals"].splitlines():
            goal = re.match(r"\d+\. (.*)", line)
            fact = re.match(r"   - ([^:]+): (.*)", line)
            if goal:
                leads = _NEXT if sentences else _FIRST
                sentences.append(leads[(taste + len(sentences)) % len(leads)].format(goal[1].rstrip(".")))
            elif fact:
                sentences[-1] += f", {fact[1]}: {fact[2].rstrip('.')}"
        greeting = _GREETINGS[taste % len(_GREETINGS)]
        return {"instruction": f"{greeting} {'. '.join(sentences)}."}

    @staticmethod
    def _probability(data: dict[str, str]) -> Any:
        unused, complexity, feasibility = (float(data[name]) for name in ("unused", "complexity", "feasibility"))
        return {"probability": round(min(1.0, unused / 20) * max(0.0, 1 - complexity) * feasibility, 2)}

    @staticmethod
    def _reply(data: dict[str, str]) -> Any:
        said = data.get("said", "").strip()
        if not said:
            return {"text": data["request"], "ends": False}
        if re.search(r"\b(done|anything else|have a nice day)\b", said.splitlines()[-1], re.IGNORECASE):
            return {"text": "No, that was all. Thank you, goodbye.", "ends": True}
        return {"text": "Yes, please. More I don't know.", "ends": False}


def _first_words(text: str, known: tuple[str, ...]) -> list[str]:
    """The known names with which lines begin, whatever stands before and after them, in the order of the lines."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        for word in re.findall(r"[a-z][a-z0-9_]*", line)[:2]:
            if word in known:
                found[word] = None
                break
    return list(found)


def _step(step: dict[str, Any], start: int) -> dict[str, Any]:
    return {
        "tool": step["tool"],
        "values": step.get("values", []),
        "about": max(0, step.get("about", 0) - start),
    }


def _row(line: str) -> tuple[int, tuple[str, bool, dict[str, str]]]:
    """`3. bicycle (target): brand=Lumen, model=Daily Step` in parts."""
    match = re.match(r"(\d+)\. (\w+)( \(target\))?: ?(.*)", line)
    if match is None:
        raise ValueError(f"not a row: {line!r}")
    values = dict(re.findall(r"(\w+)=(.*?)(?=, \w+=|$)", match[4]))
    return int(match[1]), (match[2], match[3] is not None, values)
