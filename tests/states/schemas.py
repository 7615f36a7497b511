"""Schemas of every shape, for properties: composite and generated keys, self and cyclic references, odd names."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.models.database import Check, Column, DatabaseSchema, ForeignKey, Table

TYPES = ("text", "integer", "real", "boolean", "date", "datetime", "time")
ROLES = (
    "code", "person_name", "email", "phone", "username", "title", "text", "label", "status", "enum", "money", "quantity",
    "number", "percent", "rating", "duration", "flag", "date", "datetime", "time", "created_at", "updated_at", "address",
    "city", "country", "url",
)  # fmt: skip
NAMES = ("select", "Größe", "first name", "a", "start_at", "end_at", "Order", "x1", "value", "class")


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    """A column without keys."""
    kind: Any = draw(st.sampled_from(TYPES))
    role: Any = draw(st.sampled_from(ROLES))
    extra: dict[str, Any] = {}
    if kind == "text" and draw(st.integers(0, 3)) == 0:
        extra["enum"] = tuple(
            draw(st.lists(st.sampled_from(("open", "closed", "new", "old")), min_size=1, unique=True))
        )
    if kind in ("integer", "real") and draw(st.booleans()):
        low = draw(st.integers(-1000, 1000))
        extra["minimum"] = low
        if draw(st.booleans()):
            extra["maximum"] = low + draw(st.integers(30, 2000))
    return Column(name=name, type=kind, role=role, nullable=draw(st.booleans()), **extra)


@st.composite
def schemas(draw: st.DrawFn) -> DatabaseSchema:
    """A schema in which rows exist: not-null references that close a loop are single columns."""
    count = draw(st.integers(1, 5))
    names = [f"t{number}" for number in range(count)]
    plain: list[dict[str, Any]] = []
    for name in names:
        form = draw(st.sampled_from(("integer", "text", "composite", "code")))
        if form == "integer":
            keys = [Column(name="id", type="integer", role="id", generated=True)]
        elif form == "text":
            keys = [Column(name="id", type="text", role="id", generated=True)]
        elif form == "code":
            keys = [Column(name="code", type="text", role="code")]
        else:
            keys = [Column(name="k1", type="integer", role="number"), Column(name="k2", type="text", role="label")]
        own = [draw(columns(label)) for label in draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True))]
        plain.append({"name": name, "keys": keys, "own": own, "links": [], "foreign_keys": []})
    for entry in plain:
        for number in range(draw(st.integers(0, 2))):
            target = draw(st.sampled_from(plain))
            nullable = draw(st.booleans())
            link = []
            for key in target["keys"]:
                name = f"ref{number}_{key.name}"
                nulls = nullable or len(target["keys"]) > 1
                link.append(
                    key.model_copy(update={"name": name, "role": "reference", "generated": False, "nullable": nulls})
                )
            entry["links"].extend(link)
            entry["foreign_keys"].append(
                ForeignKey(
                    columns=tuple(column.name for column in link),
                    table=target["name"],
                    references=tuple(key.name for key in target["keys"]),
                )
            )
    tables: list[Table] = []
    for entry in plain:
        own: list[Column] = entry["own"]
        wide = [
            column
            for column in own
            if column.type not in ("boolean", "time") and not column.enum and column.maximum is None
        ]
        unique = ((wide[0].name,),) if wide and draw(st.booleans()) else ()
        checks: list[Check] = []
        ordered = [column for column in own if column.name in ("start_at", "end_at") and column.type == "date"]
        if len(ordered) == 2:
            checks.append(Check(expression="start_at <= end_at"))
        numbers = [
            column
            for column in own
            if column.type == "integer" and column.name.isidentifier() and column.minimum is None
        ]
        if numbers and numbers[0].name != "class":
            checks.append(Check(expression=f"{numbers[0].name} > 3 and {numbers[0].name} < 90"))
        tables.append(
            Table(
                name=entry["name"],
                columns=(*entry["keys"], *entry["links"], *own),
                primary_key=tuple(key.name for key in entry["keys"]),
                foreign_keys=tuple(entry["foreign_keys"]),
                unique=unique,
                checks=tuple(checks),
                id_prefix=entry["name"].upper(),
            )
        )
    return DatabaseSchema(tables=tuple(tables))
