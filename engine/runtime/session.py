"""The inner side of the sandbox: holds bases and episodes, and answers the host's requests.

Runs inside the interpreter, on the joined source of `engine.runtime.portable.DATABASE_MODULES`; see `execution.py`
for what it may use. Requests and answers are JSON texts, because that is the fastest way in and out.
"""

from __future__ import annotations

import json
from typing import Any

from engine.runtime.execution import DEPTH_LIMIT, failure, measure, perform
from engine.runtime.functions import TOOL_FUNCTIONS
from engine.runtime.prelude import Database
from engine.runtime.tables import Base, Schema

SMALL = 4_000
"""Characters of an answer up to which it is written and read back to be checked."""


class Session:
    """Everything that lives in one worker.

    Args:
        spec: The compiled database, as JSON.
        output_limit: Largest answer of one call, in characters.
    """

    def __init__(self, spec: str, output_limit: int) -> None:
        self.schema = Schema(json.loads(spec))
        self.output_limit = output_limit
        self.scope: dict[str, Any] = {"Database": Database, **TOOL_FUNCTIONS}
        self.tools: dict[str, Any] = {}
        self.bases: dict[int, Any] = {}
        self.episodes: dict[int, Database] = {}
        self.text = ""  # the answer that was checked last

    def define(self, name: str, source: str) -> None:
        """Loads a tool; one that does not load fails whenever it is called."""
        try:
            exec(source, self.scope)
            self.tools[name] = self.scope[name]
        except Exception as error:
            self.tools[name] = f"the tool's source does not load: {type(error).__name__}: {error}"

    def answer(self, request: str) -> str:
        """Answers one request: `[closed episodes, operation, ...]`."""
        message = json.loads(request)
        for episode in message[0]:
            self.episodes.pop(episode, None)
        operation = message[1]
        if operation == "run":
            db = self.episode(message[2], message[3])
            records = ",".join([self.call(db, name, arguments) for name, arguments in message[4]])
            return f"[[{records}],{json.dumps(db.counters())}]"
        if operation == "experiments":
            bases: list[Any] = [self.fill(rows) for rows in message[2]]
            return f"[{','.join([self.experiment(bases[base], now, calls) for base, now, calls in message[3]])}]"
        if operation == "base":
            self.bases[message[2]] = (Base(self.schema), message[3])
        elif operation == "rows":
            self.bases[message[2]][0].append(message[3], message[4])
        elif operation == "drop":
            self.bases.pop(message[2], None)
        elif operation == "load":
            self.episode(message[2], message[3]).load(message[4])
        elif operation == "diff":
            return json.dumps(self.episode(message[2], message[3]).diff())
        elif operation == "save":
            return json.dumps(self.episode(message[2], message[3]).save())
        return "null"

    def episode(self, number: int, base: int) -> Database:
        """The episode, which begins when it is first named."""
        db = self.episodes.get(number)
        if db is None:
            rows, now = self.bases[base]
            db = self.episodes[number] = Database(rows, now)
        return db

    def call(self, db: Database, name: str, arguments: dict[str, Any]) -> str:
        """The record of one call, as JSON."""
        tool = self.tools[name]
        if type(tool) is str:
            return json.dumps(("failure", None, failure("RuntimeError", tool), [], [], []))
        outcome, result, problem, reads, writes, diff = perform(db, tool, arguments, self.output_limit, self.check)
        if result is None:
            return json.dumps((outcome, None, problem, reads, writes, diff))
        return f'["success",{self.text},null,{json.dumps((reads, writes, diff))[1:-1]}]'

    def check(self, answer: dict[str, Any], limit: int) -> None:
        """What `measure` says, found faster for the small answers that most are: JSON gives them back unchanged."""
        self.text = text = json.dumps(answer)
        small = len(text) <= SMALL and len(text) <= limit and text.count("{") + text.count("[") <= DEPTH_LIMIT
        if not small or "NaN" in text or "Infinity" in text or json.loads(text) != answer:
            measure(answer, limit)

    def fill(self, rows: dict[str, list[dict[str, Any]]]) -> Base:
        """A base with these rows."""
        base = Base(self.schema)
        for table, content in rows.items():
            base.add(table, content)
        return base

    def experiment(self, base: Base, now: str, calls: list[Any]) -> str:
        """The records of the calls and their net diff, as JSON."""
        db = Database(base, now)
        records = ",".join([self.call(db, name, arguments) for name, arguments in calls])
        return f"[[{records}],{json.dumps(db.diff())}]"
