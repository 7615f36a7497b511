"""Pieces of a task as markup: its words with what they say marked, the chain's bindings, the rows of s0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from engine.models.chain import ArgumentList, ChainArgument, FromProfile, Literal
from engine.models.task import Mention, Task
from engine.tasks.mentions import entities_of
from engine.tasks.spoken import Spoken
from studio.components.markup import Tone, badge, cell, facts, mono, row, table
from studio.components.traces.step import named, wide
from studio.queries.tasks import RowRole, StateRow

REVIEWS: dict[str, tuple[str, Tone]] = {
    "open": ("○ open", "info"),
    "approved": ("✓ approved", "good"),
    "rejected": ("✗ rejected", "bad"),
    "needs_edit": ("✎ needs edit", "warn"),
}
"""How a review state is shown: a sign and words with a tone, so that none of them is needed alone."""

ROLES: dict[RowRole, tuple[str, Tone | None]] = {
    "changed": ("~ changed by the solution", "warn"),
    "mentioned": ("◆ spoken of", "info"),
    "other": ("· needed", None),
    "distractor": ("◌ distractor", "quiet"),
    "base": ("▪ base row", None),
}


def review_badge(state: str) -> Markup:
    """A review state in a box."""
    return badge(*REVIEWS[state])


def instruction_markup(text: str, spoken: Sequence[Spoken] = ()) -> Markup:
    """The instruction in a frame; what the solution stands on is marked, and says on pointing what it is needed for."""
    parts: list[Markup] = []
    at = 0
    for place in spoken:
        why = f"{cell(place.value)}, {place.why}"
        parts.append(escape(text[at : place.start]))
        parts.append(Markup('<mark class="se-info" title="{}">{}</mark>').format(why, text[place.start : place.end]))
        at = place.end
    parts.append(escape(text[at:]))
    return Markup('<div class="se-quote">{}</div>').format(Markup("").join(parts))


def profile_markup(task: Task) -> Markup:
    """What the user knows of themselves."""
    return facts(task.user_profile) if task.user_profile else row("The user knows nothing about themselves.")


def chain_markup(task: Task) -> Markup:
    """The reference solution call by call, each argument with its value and where that comes from."""
    lines: list[dict[str, Any]] = []
    tones: list[Tone | None] = []
    for index, step in enumerate(task.chain.steps):
        call = task.reference_calls[index] if index < len(task.reference_calls) else None
        arguments: dict[str, ChainArgument | None] = dict(step.arguments) or {"": None}
        for at, (name, argument) in enumerate(arguments.items()):
            value = None if argument is None else (call.arguments.get(name) if call is not None else None)
            lines.append(
                {
                    "step": badge(str(index + 1), "info") if at == 0 else Markup(""),
                    "tool": named(step.tool) if at == 0 else Markup(""),
                    "argument": named(name) if argument is not None else Markup('<span class="se-null">none</span>'),
                    "value": Markup("") if argument is None else mono(value),
                    "where it comes from": Markup("") if argument is None else source_markup(argument),
                }
            )
            tones.append("info" if at == 0 else None)
    return table(lines, tones=tones)


def source_markup(argument: ChainArgument) -> Markup:
    """Where an argument of the chain comes from."""
    if isinstance(argument, Literal):
        return badge("instruction", "good")
    if isinstance(argument, FromProfile):
        return badge("profile", "good") + Markup(" {}").format(argument.field)
    if isinstance(argument, ArgumentList):
        return Markup("; ").join(source_markup(item) for item in argument.items)
    field = f".{argument.field}" if argument.field else ""
    chosen = ", ".join(f"{name} is {cell(value)}" for name, value in argument.select.items())
    where = f" of the one whose {chosen}" if chosen else ""
    return badge(f"answer {argument.step + 1}", "info") + Markup(" {}{}{}").format(argument.path, field, where)


def mentions_markup(task: Task, rows: dict[str, list[StateRow]], keys: dict[str, tuple[str, ...]]) -> Markup:
    """The entities that the instruction speaks of: what is said of each, and the only row of s0 that it fits."""
    lines = [
        {
            "entity": named(each.table),
            "row": named(cell(each.key)),
            "what is said of it": said_markup(each),
            "the row it fits": _row_line(each, rows, keys),
        }
        for mention in task.mentions
        for each in entities_of(mention)
    ]
    return table(lines) if lines else row("The instruction speaks of no row.")


def said_markup(mention: Mention) -> Markup:
    """What an instruction says of an entity."""
    parts = [Markup("{} is {}").format(name, mono(value)) for name, value in mention.facts.items()]
    parts += [Markup("{} is {} {}").format(name, link.table, mono(link.key)) for name, link in mention.links.items()]
    if mention.me:
        parts.insert(0, badge("the user", "good"))
    return Markup(", ").join(parts) if parts else Markup('<span class="se-null">nothing further</span>')


def _row_line(mention: Mention, rows: dict[str, list[StateRow]], keys: dict[str, tuple[str, ...]]) -> Markup:
    columns = keys.get(mention.table, ())
    wanted = mention.key if isinstance(mention.key, tuple) else (mention.key,)
    for each in rows.get(mention.table, ()):
        if tuple(each.values.get(name) for name in columns) == wanted:
            return Markup('<span class="se-cut">{}</span>').format(
                " · ".join(f"{name}: {cell(value)}" for name, value in each.values.items() if value is not None)
            )
    return Markup('<span class="se-null">not in the initial state</span>')


def state_markup(rows: Sequence[StateRow], *, height: int | None = None) -> Markup:
    """Rows of one table of s0; a word and a tone say what each is there for."""
    lines = [{"row": badge(ROLES[each.role][0], ROLES[each.role][1] or "quiet"), **each.values} for each in rows]
    return wide(lines, tones=[ROLES[each.role][1] for each in rows], height=height)


def words_diff(before: str, after: str) -> Markup:
    """Two texts as one, with what was taken out and what was put in marked word by word."""
    import re
    from difflib import SequenceMatcher

    old, new = re.findall(r"\s+|[^\s]+", before), re.findall(r"\s+|[^\s]+", after)
    parts: list[Markup] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(escape("".join(old[a:b])))
            continue
        if a < b:
            parts.append(Markup('<del class="se-out">{}</del>').format("".join(old[a:b])))
        if c < d:
            parts.append(Markup('<ins class="se-in">{}</ins>').format("".join(new[c:d])))
    return Markup('<div class="se-quote">{}</div>').format(Markup("").join(parts))
