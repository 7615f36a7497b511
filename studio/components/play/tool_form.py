"""A form for one tool, made from its parameters: the widget fits the type, and an empty one is left out of the call.

Whatever the widgets can't express (a wrong type, an unknown argument) can be written as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import streamlit as st
from markupsafe import Markup

from engine.errors import UsageError
from engine.models.tool import Parameter, Tool
from engine.rollouts.offers import Offer
from studio.components.markup import show

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_SAFE = 2**53 - 1
"""Largest whole number that a browser keeps exactly."""


def tool_form(tool: Tool, offers: Mapping[str, Sequence[Offer]], key: str) -> None:
    """Draws the form; `read_form` gives what was filled in.

    Args:
        tool: The tool.
        offers: Values for its parameters that were seen before.
        key: Tells this form from others.
    """
    if not tool.parameters:
        show(Markup('<div class="se-field"><span>This tool takes no arguments.</span></div>'))
    if st.toggle("Write the arguments as JSON", key=f"{key}-raw"):
        text = f"{key}-json"
        if text not in st.session_state:
            st.session_state[text] = json.dumps(_filled(tool, key), ensure_ascii=False, indent=2)
        st.text_area("Arguments as JSON", key=text, height=200, label_visibility="collapsed")
        return
    st.session_state.pop(f"{key}-json", None)
    for number, parameter in enumerate(tool.parameters):
        show(_heading(parameter))
        _widget(parameter, offers.get(parameter.name, ()), f"{key}-{number}", _label(parameter, number))
    optional = [parameter.name for parameter in tool.parameters if not parameter.required]
    if optional:
        st.multiselect(
            "Send as null",
            optional,
            key=f"{key}-null",
            placeholder="optional arguments to send as null; empty ones are left out",
            label_visibility="collapsed",
        )


def read_form(tool: Tool, key: str) -> dict[str, Any]:
    """The arguments as they are filled in now.

    Raises:
        UsageError: What was written as JSON is no JSON object.
    """
    if not st.session_state.get(f"{key}-raw"):
        return _filled(tool, key)
    text = str(st.session_state.get(f"{key}-json") or "{}")
    try:
        given = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The arguments are no JSON ({error}); write an object such as {{}}.") from error
    if not isinstance(given, dict):
        raise UsageError('The arguments must be a JSON object, such as {"name": "value"}.')
    return given


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _filled(tool: Tool, key: str) -> dict[str, Any]:
    nulls = set(st.session_state.get(f"{key}-null") or ())
    given: dict[str, Any] = {}
    for number, parameter in enumerate(tool.parameters):
        if parameter.name in nulls:
            given[parameter.name] = None
            continue
        value = _value(parameter, st.session_state.get(f"{key}-{number}"))
        if value is not None and value != "" and value != []:
            given[parameter.name] = value
    return given


def _value(parameter: Parameter, held: Any) -> Any:
    """What a widget holds, as the tool takes it."""
    if isinstance(held, list | tuple):
        return [_single(parameter, item) for item in held]
    return _single(parameter, held)


def _single(parameter: Parameter, held: Any) -> Any:
    if isinstance(held, datetime):
        return held.isoformat(timespec="seconds")
    if isinstance(held, date):
        return held.isoformat()
    if hasattr(held, "strftime"):
        return held.strftime("%H:%M")
    if isinstance(held, str) and parameter.type in ("integer", "real"):
        try:
            return int(held) if parameter.type == "integer" else float(held)
        except ValueError:
            return held  # the tool says what is wrong with it
    return held


def _heading(parameter: Parameter) -> Markup:
    kind = f"list of {parameter.type}" if parameter.array else parameter.type
    need = "required" if parameter.required else "optional"
    default = f", default {json.dumps(parameter.default)}" if parameter.default is not None else ""
    return Markup('<div class="se-field"><b>{}</b> <span>{}, {}{}{}</span></div>').format(
        parameter.name, kind, need, default, f" · {parameter.description}" if parameter.description else ""
    )


def _label(parameter: Parameter, number: int) -> str:
    """The name for screen readers. Labels are read as Markdown, so only a plain word is taken as it is."""
    return parameter.name if re.fullmatch(r"[A-Za-z]\w{0,60}", parameter.name, re.ASCII) else f"argument {number + 1}"


def _widget(parameter: Parameter, offers: Sequence[Offer], key: str, label: str) -> None:
    common: dict[str, Any] = {"key": key, "label_visibility": "collapsed"}
    where = {str(offer.value): offer.where for offer in offers}

    def told(value: Any) -> str:
        return f"{value}  ·  {where[value]}" if value in where else str(value)

    if where and not parameter.array and parameter.enum is None and parameter.type in ("text", "integer"):
        with st.container(horizontal=True, gap="small"):
            _plain_widget(parameter, label, common)
            _seen(parameter, list(where), told, key)
    elif parameter.array:
        options = list(parameter.enum) if parameter.enum is not None else list(where)
        st.multiselect(
            label,
            options,
            format_func=told,
            accept_new_options=parameter.enum is None,
            placeholder="choose" if parameter.enum is not None else "choose or type, then Enter",
            **common,
        )
    elif parameter.enum is not None:
        st.selectbox(label, parameter.enum, index=None, placeholder="choose", **common)
    elif parameter.type == "boolean":
        st.segmented_control(label, [True, False], format_func=lambda value: "true" if value else "false", **common)
    elif parameter.type == "real":
        st.number_input(
            label,
            min_value=_number(parameter.minimum),
            max_value=_number(parameter.maximum),
            value=None,
            step=0.01,
            format="%.10g",
            **common,
        )
    elif parameter.type == "date":
        st.date_input(
            label,
            value=None,
            min_value=_day(parameter.minimum, EARLIEST),
            max_value=_day(parameter.maximum, LATEST),
            format="YYYY-MM-DD",
            **common,
        )
    elif parameter.type == "datetime":
        st.datetime_input(
            label,
            value=None,
            min_value=datetime.combine(_day(parameter.minimum, EARLIEST), datetime.min.time()),
            max_value=datetime.combine(_day(parameter.maximum, LATEST), datetime.max.time()),
            format="YYYY-MM-DD",
            step=900,
            **common,
        )
    elif parameter.type == "time":
        st.time_input(label, value=None, step=900, **common)
    else:
        _plain_widget(parameter, label, common)


def _plain_widget(parameter: Parameter, label: str, common: Mapping[str, Any]) -> None:
    if parameter.type == "integer":
        st.number_input(
            label,
            min_value=_whole(parameter.minimum, -_SAFE),
            max_value=_whole(parameter.maximum, _SAFE),
            value=None,
            step=1,
            **common,
        )
    else:
        st.text_input(label, value=None, max_chars=4000, **common)


def _seen(parameter: Parameter, values: list[str], told: Callable[[Any], str], key: str) -> None:
    """Values of earlier answers to take over with a click; what is typed stands beside it and wins."""

    def take() -> None:
        value = st.session_state[f"{key}-seen"]
        if value is not None:
            st.session_state[key] = _single(parameter, value)
            st.session_state[f"{key}-seen"] = None

    st.selectbox(
        "Values that you saw",
        values,
        index=None,
        key=f"{key}-seen",
        format_func=told,
        placeholder=f"seen: {len(values)}",
        label_visibility="collapsed",
        on_change=take,
        width=130,
    )


def _whole(bound: float | str | None, otherwise: int) -> int:
    return int(bound) if isinstance(bound, int | float) else otherwise


def _number(bound: float | str | None) -> float | None:
    return float(bound) if isinstance(bound, int | float) else None


def _day(bound: float | str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(bound[:10]) if isinstance(bound, str) else otherwise
    except ValueError:
        return otherwise
