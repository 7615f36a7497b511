"""The contract agent on a language model (paper, section 4.1, step 1, where conditions stay prose): rules become expressions.

What a tool's kind implies is never asked for. A tool that does not hold is asked for once more with its mistakes; what
then still fails of it is left out with its reason, so that one rule too hard for the model costs a rule, not a tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.agents.checks.direction import is_backwards, turned
from engine.agents.checks.entries import check_entry
from engine.agents.composer.schema import compose_database
from engine.agents.composer.tool_scope import scope_of
from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, NoAnswer, Question, Unusable
from engine.agents.llm.ask.structured import json_answer, schema_of
from engine.agents.llm.roles.domain import named_in
from engine.agents.llm.text.entries import WireEffect, WireEntries, WireEntry, WireRule, read_entry
from engine.agents.llm.text.outline import sketch_text, sketch_words
from engine.agents.llm.text.tables import TABLES_KEY, tables_text
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import ContractAnswer, ContractRequest
from engine.models.database import DatabaseSchema
from engine.seeds.idea import ToolSketch
from engine.seeds.tool_entry import ToolEntry

FEW_TABLES = 5
"""Up to so many tables are told whole; of more, those that the tools at hand can reach."""

_PARTS = ("parameters", "bind", "set", "effects", "returns", "rules")
_LONGEST_PART = 60
_MOST_PROBLEMS = 12


class ModelContract:
    """Asks a model for the rules of a batch of tools, and once more for those that do not hold."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def formalise(self, request: ContractRequest) -> ContractAnswer:
        """The entries for some sketches; a sketch is missing where nothing usable was said of it.

        Raises:
            CannotAnswer: Not a single usable entry came.
        """
        work = _Work(request)
        refusal = ""
        hint = request.hint
        left = list(work.sketches)
        for round_number in range(2):
            if not left:
                break
            try:
                work.take(await self._asker.ask(work.question(left, hint, round_number)))
            except NoAnswer as error:
                refusal = str(error)
                break
            left = [name for name in left if name not in work.entries]
            hint = "\n".join(work.problems_of(left)[:_MOST_PROBLEMS])
        work.take_what_holds(left)
        if not work.entries:
            raise CannotAnswer(refusal or f"No rule of {', '.join(work.sketches)} could be made executable.")
        return ContractAnswer(
            tools={name: work.entries[name] for name in work.sketches if name in work.entries},
            left_out={name: tuple(problems) for name, problems in work.left_out.items() if problems},
        )


class _Work:
    """The tools of one request on their way."""

    def __init__(self, request: ContractRequest) -> None:
        self.request = request
        self.database: DatabaseSchema = compose_database(request.blueprint)
        self.sketches: dict[str, ToolSketch] = {}
        self.scopes: dict[str, str] = {}
        self.entries: dict[str, ToolEntry] = {}
        self.said: dict[str, WireEntry] = {}
        self.problems: dict[str, list[str]] = {}
        self.left_out: dict[str, list[str]] = {}
        self._judgements: dict[WireEntry, tuple[ToolEntry | None, list[str]]] = {}
        refused: list[str] = []
        for sketch in request.tools:
            try:
                self.scopes[sketch.name] = self._scope(sketch)
                self.sketches[sketch.name] = sketch
            except CannotAnswer as error:
                refused.append(str(error))
        if not self.sketches:
            raise CannotAnswer(" ".join(refused) or "There is no tool to make formal.")

    def _scope(self, sketch: ToolSketch) -> str:
        scope = scope_of(sketch, self.request.blueprint, self.database)
        parameters = [f"{one.name}{'' if one.required else '?'}" for one in scope.parameters if one.name != "limit"]
        rows = [name if name == table else f"{name} ({table})" for name, table in scope.rows.items()]
        text = f"parameters {', '.join(parameters)}" if parameters else "no parameters"
        if rows:
            text += f"; rows {', '.join(rows)}"
        if scope.new:
            text += f"; in effects and returns also the new row {scope.new}"
        if sketch.kind == "batch":
            text += f"; rules hold for each {sketch.entity}"
        return text

    def question(self, names: list[str], hint: str, round_number: int) -> Question[dict[str, WireEntry]]:
        sketches = [self.sketches[name] for name in names]
        told = "\n".join(
            "\n  ".join([f"{sketch_text(sketch)}: {sketch.description}", f"in scope: {self.scopes[sketch.name]}", *sketch_words(sketch)])
            for sketch in sketches
        )  # fmt: skip
        tables = tables_text(self.database, self._tables(sketches), rules=True)
        system, user = fill("contract", tables=tables, tools=told, problems=hint)
        read = json_answer(WireEntries)
        schema = schema_of(WireEntries)
        schema["properties"]["tools"]["items"]["properties"]["name"] = {"type": "string", "enum": names}
        return Question(
            role="contract",
            system=f"{system}\n\n{TABLES_KEY}",
            user=user,
            parse=lambda text: self._named(read(text), names),
            schema=schema,
            schema_name="contract",
            subject=", ".join(names),
            round=round_number,
        )

    def _named(self, wire: WireEntries, names: list[str]) -> dict[str, WireEntry]:
        """The answer by tool; a problem for the corrective turn only where nothing in it holds."""
        said = {entry.name: entry for entry in reversed(wire.tools) if entry.name in names}
        if not said:
            raise Unusable([f"there is none of the tools that were asked for: {', '.join(names)}"])
        problems = {name: self._judged(name, entry)[1] for name, entry in said.items()}
        self.said.update(said)  # even where nothing holds as it stands, parts of it may
        self.problems.update(problems)
        if all(problems.values()):
            raise Unusable([text for found in problems.values() for text in found][:_MOST_PROBLEMS])
        return {name: said[name] for name in names if name in said}

    def take(self, said: Mapping[str, WireEntry]) -> None:
        """Keeps what holds, and notes what is wrong with the rest."""
        for name, wire in said.items():
            entry, self.problems[name] = self._judged(name, wire)
            if entry is not None and not self.problems[name]:
                self.entries[name] = entry

    def problems_of(self, names: Iterable[str]) -> list[str]:
        """Everything that is wrong with some tools, in words for the model."""
        return [text for name in names for text in self.problems.get(name, [f"{name}: it is missing in your answer"])]

    def take_what_holds(self, names: Iterable[str]) -> None:
        """Of tools that fail as a whole, keeps each part that holds beside the ones before it, and notes why others don't."""
        for name in names:
            wire = self.said.get(name)
            if wire is None:
                continue
            kept, problems = self._what_holds(name, wire)
            entry = self._judged(name, kept)[0]
            if entry is not None and not self._judged(name, kept)[1] and _says_enough(self.sketches[name], kept):
                self.entries[name] = entry
                self.left_out[name] = problems

    def _what_holds(self, name: str, wire: WireEntry) -> tuple[WireEntry, list[str]]:
        """The entry with the parts that hold, and what is wrong with those that are left out.

        Parts come in the order in which they lean on each other: an answer may read a row that an effect binds, and a rule
        a parameter.
        """
        kept, problems = WireEntry(name=name, owner=wire.owner), list[str]()
        if wire.owner and self._judged(name, kept)[1]:
            problems += self._judged(name, kept)[1][:1]
            kept = WireEntry(name=name)
        for field in _PARTS:
            for part in map(_the_right_way_round, getattr(wire, field)):
                wider = kept.model_copy(update={field: (*getattr(kept, field), part)})
                wrong = self._judged(name, wider)[1]
                before = self._judged(name, kept)[1]
                # What fails for what is yet to come, as an update does that sets nothing so far, is judged with the next part.
                if not wrong or (before and set(wrong) <= set(before)):
                    kept = wider
                else:
                    called = _named(part)
                    problems.append(f"{called}: {wrong[0].removeprefix(f'{name}: ').removeprefix(f'rule {called}: ')}")
        return (self._without_idle(name, kept) if problems else kept), problems

    def _without_idle(self, name: str, wire: WireEntry) -> WireEntry:
        """The entry without parameters that only what was left out had use for."""
        for part in wire.parameters:
            less = wire.model_copy(update={"parameters": tuple(each for each in wire.parameters if each != part)})
            if not self._judged(name, less)[1]:
                wire = less
        return wire

    def _judged(self, name: str, wire: WireEntry) -> tuple[ToolEntry | None, list[str]]:
        """The entry that the agent means, and what is wrong with it; composing it is dear, so it is done once for each."""
        if wire not in self._judgements:
            sketch = self.sketches[name]
            try:
                entry = read_entry(wire, sketch, self.request.blueprint, self.database)
            except (ValueError, CannotAnswer) as error:
                self._judgements[wire] = None, [f"{name}: {error}"]
            else:
                found = check_entry(name, sketch.entity, entry, self.request.blueprint, self.database)
                self._judgements[wire] = entry, found
        return self._judgements[wire]

    def _tables(self, sketches: list[ToolSketch]) -> set[str]:
        """The tables that tools can reach: their own, what those point to, what the words speak of."""
        known = self.database.table
        if len(known) <= FEW_TABLES:
            return set(known)
        found = {sketch.entity for sketch in sketches}
        for _ in range(2):
            found |= {key.table for name in found for key in known[name].foreign_keys}
        for sketch in sketches:
            words = " ".join([sketch.description, *sketch_words(sketch), *sketch.parameters]).lower()
            spoken = set(words.replace("_", " ").split())
            found |= {name for name in known if name.replace("_", " ") in words.replace("_", " ")}
            found |= {named for word in spoken if (named := named_in(word.strip(".,:;()"), tuple(known)))}
        return found


def _the_right_way_round(part: str | WireRule | WireEffect) -> str | WireRule | WireEffect:
    """A rule that still says what its code refuses, the corrective turn notwithstanding, as the opposite: so both agree."""
    if isinstance(part, WireRule) and is_backwards(part.code, part.check):
        return part.model_copy(update={"check": turned(part.check)})
    return part


def _says_enough(sketch: ToolSketch, wire: WireEntry) -> bool:
    """Whether a tool that is nothing but what the agent says of it does anything yet."""
    return {"compute": bool(wire.returns), "action": bool(wire.set or wire.effects)}.get(sketch.kind, True)


def _named(part: str | WireRule | WireEffect) -> str:
    """A part of an entry as its tool's readers know it."""
    match part:
        case WireRule(code=code):
            return f"`{code}`"
        case WireEffect():
            return f"the change of `{part.insert or part.update or part.delete}`"
        case _:
            return f"`{part if len(part) <= _LONGEST_PART else part[:_LONGEST_PART] + '...'}`"
