"""One call of a trace in full: arguments with their origins, conditions, answer, reads, writes, changes, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from engine.models.base import Row, Rows
from engine.models.trace import Outcome, RowChange, TraceStep
from engine.traces.origins import UNKNOWN, Origin
from engine.traces.states import TableState
from studio.components.markup import Tone, badge, beside, cell, head, mono, pre, row, table

SIGNS: dict[Outcome, tuple[str, Tone, str]] = {
    "success": ("✓", "good", "success"),
    "rejection": ("⊘", "warn", "anticipated rejection"),
    "failure": ("✗", "bad", "unexpected failure"),
}
"""How an outcome is shown: a sign, a tone and words, so that none of them is needed alone."""

_TRUTHS: dict[bool | None, tuple[str, Tone]] = {
    True: ("✓ holds", "good"),
    False: ("✗ violated", "bad"),
    None: ("– not reached", "quiet"),
}
_OPERATIONS: dict[str, tuple[str, Tone]] = {
    "insert": ("+ insert", "good"),
    "update": ("~ update", "warn"),
    "delete": ("− delete", "bad"),
}
_SOURCES: dict[str, Tone] = {"unknown": "bad", "row": "quiet", "test": "quiet"}
_ACCESSES = 60
"""Rows read or written that are listed one by one."""


def step_markup(step: TraceStep, origins: Mapping[str, Origin], *, narrow: bool = False) -> Markup:
    """One call in full."""
    sign, tone, words = SIGNS[step.outcome]
    title = row(badge(f"{sign} step {step.index + 1}: {words}", tone), mono(step.call.name))
    return Markup("").join(
        [
            title,
            beside(
                _arguments(step, origins) + _conditions(step),
                _answer(step),
                narrow=narrow,
            ),
            changes_markup(step.diff, "What changed"),
            _accesses(step),
        ]
    )


def _arguments(step: TraceStep, origins: Mapping[str, Origin]) -> Markup:
    if not step.call.arguments:
        return head("Arguments") + row("none")
    return head("Arguments, and where each came from") + table(
        {
            "argument": named(name),
            "value": short(value),
            "from": origin_markup(origins.get(name, UNKNOWN)),
        }
        for name, value in step.call.arguments.items()
    )


def origin_markup(origin: Origin) -> Markup:
    """Where a value came from; what was found by an equal value only says so."""
    tone = _SOURCES.get(origin.kind, "info")
    found = "" if origin.certain or origin.kind in ("unknown", "test") else " (an equal value)"
    return badge(_short(origin), tone) + Markup(" {}{}").format(origin.words, found)


def named(name: str) -> Markup:
    """A name that is kept on one line, and cut where it is very long."""
    return Markup('<code class="se-name" title="{}">{}</code>').format(name, name)


def _short(origin: Origin) -> str:
    if origin.step is not None:
        return f"answer {origin.step + 1}"
    return {"unknown": "?", "row": "initial row", "test": "test"}.get(origin.kind, origin.kind)


def short(value: Any) -> Markup:
    """A value that is kept on one line if it is short."""
    text = cell(value)
    return Markup('<span class="{}">{}</span>').format("se-line" if len(text) <= 24 else "", text)


def _conditions(step: TraceStep) -> Markup:
    if not step.conditions:
        return Markup("")
    return head("The contract's conditions, before the call") + table(
        {
            "truth": badge(*_TRUTHS[item.holds]),
            "condition": mono(item.condition),
            "else rejected with": named(item.code),
        }
        for item in step.conditions
    )


def _answer(step: TraceStep) -> Markup:
    problem = step.problem
    if problem is None:
        return head("Answer") + pre(step.result)
    words = "Rejected" if step.outcome == "rejection" else "Failed"
    details = pre(problem.details, height=200) if problem.details else Markup("")
    return head(words) + row(badge(problem.code, SIGNS[step.outcome][1]), problem.message) + details


def _accesses(step: TraceStep) -> Markup:
    reads = list(dict.fromkeys(step.reads))
    parts = [head("Reads and writes, in order")]
    if reads:
        seen = [mono(f"{name} {'(nothing found)' if key is None else cell(key)}") for name, key in reads[:_ACCESSES]]
        parts.append(row(badge(_counted(len(reads), "row", "read")), *seen, *_more(len(reads))))
    else:
        parts.append(row(badge("no row read")))
    if step.writes:
        made = [
            row(badge(*_OPERATIONS[operation]), mono(f"{name} {cell(key)}"))
            for operation, name, key in step.writes[:_ACCESSES]
        ]
        parts.append(row(badge(_counted(len(step.writes), "write")), *made, *_more(len(step.writes))))
    else:
        parts.append(row(badge("no write")))
    return Markup("").join(parts)


def _counted(count: int, one: str, rest: str = "") -> str:
    return f"{count} {one}{'' if count == 1 else 's'} {rest}".strip()


def _more(count: int) -> list[str]:
    return [f"and {count - _ACCESSES} more"] if count > _ACCESSES else []


def changes_markup(changes: Sequence[RowChange], words: str) -> Markup:
    """Rows before and after, a table for each table; a changed cell shows both values."""
    if not changes:
        return Markup("")
    parts = [head(words)]
    for name in dict.fromkeys(change.table for change in changes):
        listed = [change for change in changes if change.table == name]
        shown = [
            {
                "": badge(*_OPERATIONS[change.operation]) + Markup(" ") + mono(change.key),
                **_cells(change.before, change.after),
            }
            for change in listed
        ]
        parts.append(_named(name) + wide(shown, columns=changed_first(shown, listed)))
    return Markup("").join(parts)


def _named(name: str) -> Markup:
    return row(mono(name))


def _cells(before: Row | None, after: Row | None) -> dict[str, Any]:
    """The cells of a row that may have changed."""
    if before is None:
        return {name: tinted(value, "inserted") for name, value in (after or {}).items()}
    if after is None:
        return {name: tinted(value, "deleted") for name, value in before.items()}
    names = dict.fromkeys([*after, *before])
    return {
        name: after.get(name) if before.get(name) == after.get(name) else changed(before.get(name), after.get(name))
        for name in names
    }


def changed_first(rows: Sequence[Mapping[str, Any]], changes: Sequence[RowChange]) -> list[str]:
    """The columns of changed rows: those that an update changed come before the others, to be in sight."""
    names = list(dict.fromkeys(name for item in rows for name in item))
    touched = {
        name
        for change in changes
        if change.before is not None and change.after is not None
        for name in change.after
        if change.before.get(name) != change.after[name]
    }
    own = [name for name in names if name in ("", "side")]
    return [*own, *sorted((name for name in names if name not in own), key=lambda name: name not in touched)]


def changed(before: Any, after: Any) -> Markup:
    """A cell with the value before and after."""
    return Markup('<span class="se-cell se-changed"><del>{}</del> → <b>{}</b></span>').format(cell(before), cell(after))


def tinted(value: Any, mark: str) -> Markup:
    """A cell of a row that was inserted or deleted."""
    return Markup('<span class="se-cell se-{}">{}</span>').format(mark, cell(value))


def wide(rows: Any, **options: Any) -> Markup:
    """A table of database rows, one line each: long values are cut until the pointer is on them."""
    return Markup(str(table(rows, **options)).replace('class="se-table"', 'class="se-table se-wide"', 1))


def state_markup(tables: Sequence[TableState]) -> Markup:
    """The touched tables as they stood after a step; what differs from the start is marked."""
    parts: list[Markup] = []
    for state in tables:
        marks = {
            mark: sum(1 for item in state.rows if item.mark == mark) for mark in ("inserted", "changed", "deleted")
        }
        told = [badge(f"{count} {mark}", "warn") for mark, count in marks.items() if count]
        rest = [f"{state.hidden} more rows, untouched"] if state.hidden else []
        parts.append(row(mono(state.table), *told, *rest))
        if not state.rows:
            parts.append(row("no rows"))
            continue
        parts.append(
            wide(
                (
                    {
                        "": _state_badge(item.mark, item.here, item.read),
                        **(
                            _cells(item.before, None)
                            if item.mark == "deleted" and item.before is not None
                            else _cells(None, item.values)
                            if item.mark == "inserted"
                            else _cells(item.before, item.values)
                        ),
                    }
                    for item in state.rows
                ),
                tones=["warn" if item.here else "info" if item.read else None for item in state.rows],
                height=360,
            )
        )
    return Markup("").join(parts)


def _state_badge(mark: str, here: bool, read: bool) -> Markup:
    sign = {"inserted": ("+", "good"), "changed": ("~", "warn"), "deleted": ("−", "bad")}
    parts: list[Markup] = []
    if mark:
        text, tone = sign[mark]
        parts.append(badge(f"{text} {'now' if here else 'before'}", tone))
    if read:
        parts.append(badge("read", "info"))
    return Markup(" ").join(parts)


def rows_markup(rows: Rows) -> Markup:
    """A database state, table by table."""
    return Markup("").join(
        _named(name)
        + wide(listed[:200], height=300)
        + row(*([f"{len(listed) - 200} more rows"] if len(listed) > 200 else []))
        for name, listed in rows.items()
        if listed
    )
