"""A tool as agents and reviewers read it: parameters, contract as rules, schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st
from markupsafe import Markup

from engine.models.tool import Contract, Effect, Parameter, Query, ReturnField, Tool
from studio.components.markup import badge, head, marked, mono, show, table

_OPERATIONS = {"insert": "good", "update": "warn", "delete": "bad"}


def show_contract(tool: Tool, schema: Mapping[str, object]) -> None:
    """Parameters, rules and answer, and beside them what an agent sees."""
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        show(head("Parameters"), parameters(tool), *contract_pieces(tool.contract))
    with right:
        show(head("What agents see (OpenAI function)"))
        st.code(json.dumps(schema, ensure_ascii=False, indent=2), language="json", height=640, wrap_lines=True)


def parameters(tool: Tool) -> Markup:
    """What the agent gives."""
    if not tool.parameters:
        return Markup('<div class="se-dimmed">None.</div>')
    return filled_columns(
        [
            {
                "name": named(each.name),
                "type": Markup('<span class="se-line">{}</span>').format(
                    f"list of {each.type}" if each.array else each.type
                ),
                "given": "required" if each.required else f"optional, else {json.dumps(each.default)}",
                "allowed": _allowed(each),
                "refers to": mono(each.refers_to) if each.refers_to else None,
                "description": each.description,
            }
            for each in tool.parameters
        ]
    )


def named(name: str) -> Markup:
    """A name that stays on one line."""
    return Markup('<code class="se-line">{}</code>').format(name)


def filled_columns(rows: list[dict[str, Any]]) -> Markup:
    """A table without the columns that are empty in every row."""
    columns = [name for name in (rows[0] if rows else ()) if any(item.get(name) not in (None, "") for item in rows)]
    return table(rows, columns=columns)


def _allowed(parameter: Parameter) -> str | None:
    if parameter.enum is not None:
        return ", ".join(parameter.enum)
    low, high = parameter.minimum, parameter.maximum
    if low is None and high is None:
        return None
    return f"{'' if low is None else f'{low:g} to ' if isinstance(low, float) else f'{low} to '}" + (
        "any" if high is None else f"{high:g}" if isinstance(high, float) else str(high)
    )


def contract_pieces(contract: Contract) -> list[Markup]:
    """The contract, part by part: what each name stands for, what must hold, what changes, what is answered."""
    pieces: list[Markup] = []
    if contract.bindings:
        pieces += [
            head("Names that the rules below use, worked out over the rows before the call"),
            table([{"name": named(each.name), "stands for": mono(each.expression)} for each in contract.bindings]),
        ]
    pieces.append(head("Requires, tried in this order; the first that fails decides"))
    pieces.append(
        _rules(
            [
                (
                    Markup("<code>{}</code> {}<p>otherwise {} “{}”</p>").format(
                        each.condition,
                        badge(each.rule, "info") if each.rule else badge("validity"),
                        marked(each.code, "bad"),
                        each.message,
                    )
                )
                for each in contract.requires
            ],
            "Nothing: every call with valid arguments succeeds.",
        )
    )
    pieces.append(head("Effects; nothing else may change"))
    pieces.append(_rules([_effect(each) for each in contract.effects], "None: it only reads."))
    pieces.append(head("Answers"))
    pieces.append(_rules([_field(each) for each in contract.returns], "An empty object."))
    return pieces


def _rules(items: list[Markup], none: str) -> Markup:
    if not items:
        return Markup('<div class="se-dimmed">{}</div>').format(none)
    return Markup("").join(
        Markup('<div class="se-rule"><b>{}</b><div>{}</div></div>').format(number, item)
        for number, item in enumerate(items, start=1)
    )


def _effect(effect: Effect) -> Markup:
    words = [
        badge(effect.operation, _OPERATIONS[effect.operation]),  # type: ignore[arg-type]
        Markup("{} <code>{}</code>").format("into" if effect.operation == "insert" else "of", effect.table),
    ]
    for name, value in (
        ("row", effect.key),
        ("for each", effect.each),
        ("where", effect.when),
        ("called", effect.bind),
    ):
        if value is not None:
            words.append(Markup("{} <code>{}</code>").format(name, value))
    return Markup(" ").join(words) + _assigned(effect.values)


def _field(field: ReturnField) -> Markup:
    kind = badge("rows" if field.query is not None else field.type)
    refers = Markup(" refers to <code>{}</code>").format(field.refers_to) if field.refers_to else Markup()
    about = Markup("<p>{}</p>").format(field.description) if field.description else Markup()
    if field.query is not None:
        return Markup("<code>{}</code> {}{}{}{}").format(field.name, kind, refers, about, _query(field.query))
    return Markup("<code>{}</code> {} = <code>{}</code>{}{}").format(field.name, kind, field.value, refers, about)


def _query(query: Query) -> Markup:
    words = [Markup("rows <code>{}</code> of <code>{}</code>").format(query.name, query.table)]
    if query.where is not None:
        words.append(Markup("where <code>{}</code>").format(query.where))
    if query.order:
        keys = ", ".join(f"{each.expression}{' descending' if each.descending else ''}" for each in query.order)
        words.append(Markup("by <code>{}</code>").format(keys))
    if query.limit is not None:
        words.append(Markup("at most <code>{}</code>").format(query.limit))
    return Markup("<div>{}</div>{}").format(Markup(" ").join(words), _assigned(query.fields, query.refers_to))


def _assigned(values: Mapping[str, str], refers: Mapping[str, str] | None = None) -> Markup:
    if not values:
        return Markup()
    rows = Markup("").join(
        Markup("<code>{}</code><span>=</span><div><code>{}</code>{}</div>").format(
            name,
            value,
            Markup(" <span>refers to {}</span>").format((refers or {})[name]) if name in (refers or {}) else "",
        )
        for name, value in values.items()
    )
    return Markup('<div class="se-assign">{}</div>').format(rows)
