"""Which operand would give an operation the value that is wanted, everything else staying as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from engine.contracts import clock


def tidy(number: Any) -> Any:
    """A float without the dust of arithmetic."""
    return clock.money(number) if isinstance(number, float) else number


def inverted(operator: ast.operator, left: Any, right: Any, value: Any) -> Iterator[tuple[int, Any]]:
    """(which side, its new value) such that the operation gives `value` with the other side as it is."""
    numbers = [item for item in (left, right, value) if isinstance(item, int | float)]
    if len(numbers) < 3:
        return
    if isinstance(operator, ast.Add):
        yield from ((0, tidy(value - right)), (1, tidy(value - left)))
    elif isinstance(operator, ast.Sub):
        yield from ((0, tidy(value + right)), (1, tidy(left - value)))
    elif isinstance(operator, ast.Mult):
        for side, other in ((0, right), (1, left)):
            if other:
                quotient = value / other
                yield side, int(quotient) if quotient == int(quotient) else tidy(quotient)
                yield side, int(quotient)
                yield side, int(quotient) + 1
    elif isinstance(operator, ast.Div | ast.FloorDiv):
        yield 0, tidy(value * right)
        if value:
            yield 1, tidy(left / value)
    elif isinstance(operator, ast.Mod):
        yield 0, left + value - (left % right if right else 0)


def inverted_clock(function: str, known: list[Any], value: Any) -> Iterator[tuple[int, Any]]:
    """The same for the language's functions on dates."""
    try:
        if function == "days_between" and isinstance(value, int):
            if isinstance(known[0], str):
                yield 1, clock.add_days(known[0], value)
            if isinstance(known[1], str):
                yield 0, clock.add_days(known[1], -value)
        elif function == "minutes_between" and isinstance(value, int):
            if isinstance(known[0], str):
                yield 1, clock.add_minutes(known[0], value)
            if isinstance(known[1], str):
                yield 0, clock.add_minutes(known[1], -value)
        elif function in ("add_days", "add_minutes") and isinstance(value, str):
            if isinstance(known[1], int):
                yield 0, (clock.add_days if function == "add_days" else clock.add_minutes)(value, -known[1])
            if isinstance(known[0], str):
                between = clock.days_between if function == "add_days" else clock.minutes_between
                yield 1, between(known[0], value)
        elif function == "date_of" and isinstance(value, str):
            rest = known[0][10:] if isinstance(known[0], str) else "T10:00:00"
            yield 0, value[:10] + rest
        elif function == "time_of" and isinstance(value, str) and isinstance(known[0], str):
            yield 0, f"{known[0][:10]}T{value}:00"
        elif function == "weekday" and isinstance(value, int) and isinstance(known[0], str):
            yield 0, clock.add_days(known[0], (value - clock.weekday(known[0])) % 7)
    except (ValueError, OverflowError):
        return  # Not dates after all: nothing to wish for here.
