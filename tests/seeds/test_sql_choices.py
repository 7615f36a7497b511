"""Row checks of a SQL schema beside the values that columns may hold: what always holds is left out, the rest agrees."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.agents.composer.compose import compose
from engine.contracts.check import check_contract
from engine.contracts.expression import Scope, parse
from engine.contracts.state import PlainState
from engine.models.database import DatabaseSchema
from engine.seeds.blueprint import Blueprint
from engine.seeds.sql import read_sql

ALWAYS_MET = "that its values always meet are left out"
DROPPED = "that can't be stated are dropped"
EMPTY = PlainState(DatabaseSchema(tables=()), {}, "2026-01-01T00:00:00")


def read(tmp_path: Path, text: str) -> Blueprint:
    """The blueprint of a script, which composes into tools with sound contracts."""
    path = tmp_path / "seed.sql"
    path.write_text(text, encoding="utf-8")
    blueprint = read_sql(path).blueprint
    composition = compose(blueprint)
    database = composition.spec.database
    assert [problem for tool in composition.tools for problem in check_contract(tool, database)] == []
    return blueprint


def checks_of(blueprint: Blueprint, entity: str) -> list[str]:
    return [check.that for check in blueprint.entities[entity].checks]


def warned(blueprint: Blueprint, words: str) -> bool:
    return any(words in warning for warning in blueprint.warnings)


def test_reference_to_listed_values_needs_no_check_of_others(tmp_path: Path) -> None:
    script = """
        CREATE TABLE "stock" ("user" CHECK ("user" IN ('é', '')), PRIMARY KEY ("user"));
        CREATE TABLE "order" ("group" CHECK ("group" <> '') REFERENCES "stock", "note");
    """
    found = read(tmp_path, script)
    assert checks_of(found, "order") == []
    assert warned(found, f"'order' {ALWAYS_MET}: group_id != ''.")
    assert "assign_group_to_order" in found.entities["order"].tools


def test_reference_over_several_steps_has_the_values_of_the_last(tmp_path: Path) -> None:
    script = """
        CREATE TABLE shade (name TEXT PRIMARY KEY CHECK (name IN ('red', 'blue', '')));
        CREATE TABLE paint (shade TEXT PRIMARY KEY REFERENCES shade, price REAL);
        CREATE TABLE wall (id INTEGER PRIMARY KEY, paint TEXT REFERENCES paint CHECK (paint NOT IN ('', 'red')));
    """
    assert checks_of(read(tmp_path, script), "wall") == ["paint_id != 'red'"]


def test_composite_reference_has_the_values_of_what_it_refers_to(tmp_path: Path) -> None:
    script = """
        CREATE TABLE seat (line TEXT CHECK (line IN ('a', 'b')), side TEXT CHECK (side IN ('l', 'r')), PRIMARY KEY (line, side));
        CREATE TABLE guest (id INTEGER PRIMARY KEY, line TEXT CHECK (line <> ''), side TEXT CHECK (side NOT IN ('m', 'r')),
            FOREIGN KEY (line, side) REFERENCES seat (line, side));
    """
    found = read(tmp_path, script)
    assert checks_of(found, "guest") == ["side != 'r'"]
    assert warned(found, f"'guest' {ALWAYS_MET}: line != ''.")


def test_references_in_a_circle_have_no_values_of_their_own(tmp_path: Path) -> None:
    script = """
        CREATE TABLE one (k TEXT PRIMARY KEY REFERENCES two, n TEXT);
        CREATE TABLE two (k TEXT PRIMARY KEY REFERENCES one, n TEXT, up TEXT REFERENCES two CHECK (up <> ''));
    """
    assert checks_of(read(tmp_path, script), "two") == ["up_id != ''"]


def test_guessed_states_leave_out_what_they_always_meet(tmp_path: Path) -> None:
    found = read(tmp_path, "CREATE TABLE ticket (id INTEGER PRIMARY KEY, status TEXT CHECK (status <> ''));")
    assert found.entities["ticket"].lifecycle is not None
    assert checks_of(found, "ticket") == []


@pytest.mark.parametrize(
    "condition, stated",
    [
        ("x <> ''", None),
        ("'' <> x", None),
        ("x <> 'c'", None),
        ("x NOT IN ('', 'c')", None),
        ("NOT (x = 'c')", None),
        ("NOT (x = 'c' AND y = 'q')", None),
        ("x <> 'c' OR y = 'q'", None),
        ("x > ''", None),
        ("x NOT IN ('', 'a')", "x != 'a'"),
        ("x NOT IN ('', 'a', 'b')", "x not in ('a', 'b')"),
        ("x IN ('a', 'c') OR y = 'q'", "x == 'a' or y == 'q'"),
        ("x IN ('a', 'b', 'c') OR y = 'q'", "x in ('a', 'b') or y == 'q'"),
        ("x = 'c' OR y = 'q'", "y == 'q'"),
        ("(x <> 'c' AND y = 'q') OR y = 's'", "y == 'q' or y == 's'"),
        ("x >= 'aa'", "x in ('b', 'd')"),
        ("'aa' > x", "x == 'a'"),
        ("x BETWEEN 'aa' AND 'c'", "x in ('b', 'd')"),
        ("x NOT BETWEEN 'b' AND 'c'", "not (x >= 'b' and x in ('a', 'b'))"),
        ("x <> 'a' OR y <> 'q'", "x != 'a' or y != 'q'"),
        ("x < y", "x < y"),
    ],
)
def test_check_is_told_in_values_that_the_column_may_hold(tmp_path: Path, condition: str, stated: str | None) -> None:
    found = read(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT NOT NULL CHECK (x IN ('a', 'b', 'd', '')), "
        f"y TEXT NOT NULL CHECK (y IN ('q', 'r', 's')), CHECK ({condition}));",
    )
    checks = checks_of(found, "a")
    assert stated in checks if stated else checks == []
    assert warned(found, ALWAYS_MET) == (stated is None)
    assert not warned(found, DROPPED)
    with closing(sqlite3.connect(":memory:")) as connection:
        for x, y in itertools.product("abd", "qrs"):
            (holds,) = connection.execute(f"SELECT {condition} FROM (SELECT ? AS x, ? AS y)", (x, y)).fetchone()
            mine = all(parse(check).evaluate(Scope({"x": x, "y": y}, EMPTY)) for check in checks)
            assert mine == bool(holds), (x, y)


@pytest.mark.parametrize(
    "condition", ["x NOT IN ('a', 'b')", "x > 'z'", "NOT (x <> 'c')", "x = 'c' AND y = 'q' OR x = ''"]
)
def test_check_that_no_value_meets_is_dropped_with_a_warning(tmp_path: Path, condition: str) -> None:
    script = f"CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT NOT NULL CHECK (x IN ('a', 'b', '')), y TEXT, CHECK ({condition}));"
    found = read(tmp_path, script)
    assert checks_of(found, "a") == []
    assert warned(found, f"'a' {DROPPED}")


def test_check_that_a_null_would_meet_is_not_made_stricter(tmp_path: Path) -> None:
    table = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT {} CHECK (x IN ('a', 'b')), y TEXT, CHECK (x = 'c' OR y = 'q'));"
    assert checks_of(read(tmp_path, table.format("NOT NULL")), "a") == ["y == 'q'"]
    found = read(tmp_path, table.format(""))
    assert checks_of(found, "a") == []
    assert warned(found, f"'a' {DROPPED}: x == 'c' or y == 'q'.")


def test_listed_values_stay_text_beside_a_default_of_the_clock(tmp_path: Path) -> None:
    script = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT DEFAULT CURRENT_TIMESTAMP CHECK (x IN ('a', 'b')), y TEXT NULL);"
    column = read(tmp_path, script).entities["a"].columns["x"]
    assert (column.type, column.role, column.enum) == ("text", "enum", ("a", "b"))
