"""The SQL seed from end to end: schemas that compose, files that are refused, rows that become a base state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.agents.composer.compose import compose
from engine.contracts.check import check_contract
from engine.contracts.state import PlainState
from engine.errors import SeedError
from engine.runtime.spec import compile_database
from engine.seeds import sql_source
from engine.seeds.blueprint import Blueprint
from engine.seeds.sql import SqlSeed, read_sql
from tests.seeds.sql_schemas import SCHEMAS


def read(tmp_path: Path, text: str, *, with_rows: bool = False) -> SqlSeed:
    path = tmp_path / "seed.sql"
    path.write_text(text, encoding="utf-8")
    return read_sql(path, with_rows=with_rows)


def blueprint(tmp_path: Path, name: str) -> Blueprint:
    return read(tmp_path, SCHEMAS[name]).blueprint


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_schema_composes_into_tools_with_sound_contracts(tmp_path: Path, name: str) -> None:
    composition = compose(blueprint(tmp_path, name))
    database = composition.spec.database
    compile_database(database)
    assert 4 <= len(composition.tools) <= 70
    assert [problem for tool in composition.tools for problem in check_contract(tool, database)] == []


@pytest.mark.parametrize("name", ["northwind", "crm", "unicode"])
def test_same_file_gives_the_same_blueprint(tmp_path: Path, name: str) -> None:
    assert blueprint(tmp_path, name) == blueprint(tmp_path, name)


def test_sqlite_file_gives_what_its_sql_gives(tmp_path: Path) -> None:
    path = tmp_path / "seed.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMAS["forum"])
    connection.close()
    before = path.read_bytes()
    seed = read_sql(path)
    assert seed.kind == "sqlite"
    assert seed.blueprint.entities == blueprint(tmp_path, "forum").entities
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["seed.db", "seed.sql"]


# What is refused


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "empty"),
        (b"-- just a comment\n", "no SQL statement"),
        (b"SQLite format 3\x00" + b"\x07" * 300, "can't be read"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00", "neither a SQLite database nor text"),
        (b"Dear all,\nplease find attached.", "line 1"),
        (b"SELECT 1;", "no table"),
        (b"PRAGMA foreign_keys = ON;", "no table"),
        (b"CREATE TABLE a (x);\n\nCREATE TABLE b (\n  y INT,,\n z);", "line 3"),
        (b"CREATE TABLE a (s ENUM('x','y'), id INT AUTO_INCREMENT) ENGINE=InnoDB;", "MySQL"),
        (b"CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE a (x mood);", "PostgreSQL"),
        (b"CREATE TABLE a (x NVARCHAR(MAX));\nGO\n", "SQL Server"),
    ],
    ids=["empty", "comment", "broken-header", "image", "prose", "query-only", "pragma-only", "syntax", "mysql", "postgres", "t-sql"],
)  # fmt: skip
def test_unusable_file_is_refused_with_one_message(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "seed.sql"
    path.write_bytes(content)
    with pytest.raises(SeedError) as caught:
        read_sql(path)
    message = str(caught.value)
    assert says in message
    assert message.startswith(str(path))
    assert "\n" not in message


@pytest.mark.parametrize(
    "bound, select, says",
    [
        pytest.param("_MAX_PAGES", "SELECT x FROM n", "full", id="room"),
        pytest.param("_MAX_WORK", "SELECT count(*) AS found FROM n", "interrupted", id="work"),
    ],
)
def test_a_script_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, select: str, says: str
) -> None:
    """By what it keeps or by what it does; the bounds are made smaller, to be reached in less than seconds."""
    monkeypatch.setattr(sql_source, bound, getattr(sql_source, bound) // 64)
    endless = f"CREATE TABLE big AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) {select};"
    with pytest.raises(SeedError, match=f"more than is read from one file .*{says}"):
        read(tmp_path, f"CREATE TABLE a (x);\n{endless}")


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "nothing.db"
    with pytest.raises(SeedError, match=r"no such file|not a regular file"):
        read_sql(path)


def test_script_can_reach_nothing_outside(tmp_path: Path) -> None:
    victim = tmp_path / "victim.db"
    sqlite3.connect(victim).close()
    outside = tmp_path / "copy.db"
    script = f"""
        CREATE TABLE a (x);
        ATTACH '{victim}' AS v;
        CREATE TABLE v.stolen (x);
    """
    with pytest.raises(SeedError, match="unknown database v"):
        read(tmp_path, script)
    seed = read(
        tmp_path,
        f"CREATE TABLE a (x); VACUUM INTO '{outside}'; SELECT load_extension('x'); PRAGMA journal_mode = DELETE;",
    )
    assert not outside.exists()
    assert list(seed.blueprint.entities) == ["a"]


def test_statements_that_define_no_table_are_skipped_with_a_warning(tmp_path: Path) -> None:
    script = """
        .mode csv
        SET NAMES utf8; BEGIN; DROP TABLE IF EXISTS a;
        CREATE TABLE sqlite_sequence(name,seq);
        CREATE TABLE a (x TEXT NOT NULL); CREATE TABLE a (y);
        INSERT INTO nowhere VALUES (1); COMMIT;
        CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;
        CREATE VIEW v AS SELECT * FROM a;
        CREATE VIRTUAL TABLE f USING fts5(x); CREATE TABLE 'f_data'(id INTEGER PRIMARY KEY, block BLOB);
        CREATE TABLE schema_migrations (version TEXT);
        CREATE TABLE c (e TEXT CHECK (e REGEXP 'x'), g TEXT COLLATE other UNIQUE)
    """
    seed = read(tmp_path, script)
    assert list(seed.blueprint.entities) == ["a", "c"]
    said = "\n".join(seed.blueprint.warnings)
    for part in (
        "shell commands",
        "SET",
        "already exists",
        "nowhere",
        "Triggers",
        "'v'",
        "Virtual",
        "schema_migrations",
        "REGEXP",
    ):
        assert part in said


# What is inferred


def test_northwind_like_names_and_links(tmp_path: Path) -> None:
    found = blueprint(tmp_path, "northwind").entities
    assert {"order_detail", "employee", "territory", "category"} <= set(found)
    assert found["order_detail"].source_name == "Order Details"
    assert found["employee"].columns["manager_id"].to == "employee.employee_id"
    assert found["employee"].columns["manager_id"].source_name == "ReportsTo"
    assert "photo" not in found["employee"].columns
    assert found["order_detail"].key == ("order_id", "product_id")
    assert {"add_territory_to_employee", "remove_territory_from_employee"} <= set(found["employee_territory"].tools)


def test_checks_become_bounds_enums_flags_and_rules(tmp_path: Path) -> None:
    found = blueprint(tmp_path, "shop").entities
    assert found["review"].columns["rating"].minimum == 1
    assert found["review"].columns["rating"].maximum == 5
    assert found["product"].columns["is_active"].type == "boolean"
    assert found["product"].columns["is_active"].default is True
    assert found["order"].columns["status"].enum == ("pending", "paid", "shipped", "delivered", "cancelled")
    assert found["order_item"].columns["quantity"].minimum == 1
    assert "line_total" not in found["order_item"].columns
    assert "arrival_time > departure_time" in [
        check.that for check in blueprint(tmp_path, "airline").entities["flight"].checks
    ]


def test_status_becomes_a_lifecycle_with_a_tool_per_transition(tmp_path: Path) -> None:
    order = blueprint(tmp_path, "shop").entities["order"]
    assert order.lifecycle is not None
    assert order.lifecycle.first == "pending"
    assert order.tools["ship_order"].states == ("paid",)
    assert order.tools["cancel_order"].states == ("pending", "paid")
    assert order.tools["update_order"].states == ("pending", "paid", "shipped")


def test_status_values_are_read_from_a_comment(tmp_path: Path) -> None:
    booking = blueprint(tmp_path, "airline").entities["booking"]
    assert booking.columns["status"].enum == ("confirmed", "checked_in", "cancelled")


def test_unknown_states_stay_a_plain_value(tmp_path: Path) -> None:
    seed = read(
        tmp_path, "CREATE TABLE job (id INTEGER PRIMARY KEY, status TEXT CHECK (status IN ('foo','bar','baz')))"
    )
    job = seed.blueprint.entities["job"]
    assert job.lifecycle is None
    assert job.columns["status"].enum == ("foo", "bar", "baz")
    assert job.tools["update_job"].columns == ("status",)


def test_business_rules_follow_from_the_schema(tmp_path: Path) -> None:
    item = blueprint(tmp_path, "shop").entities["order_item"].tools
    create = next(tool for tool in item.values() if tool.kind == "create")
    assert [rule.code for rule in create.rules] == ["insufficient_stock", "order_closed"]
    assert create.set["unit_price"] == "product.unit_price"
    assert {effect.table for effect in create.effects} == {"product", "order"}
    booking = blueprint(tmp_path, "hotel").entities["booking"].tools["create_booking"]
    assert "room_taken" in [rule.code for rule in booking.rules]


def test_user_and_ownership_are_guessed(tmp_path: Path) -> None:
    shop = blueprint(tmp_path, "shop")
    assert shop.user is not None
    assert (shop.user.entity, shop.user.knows) == ("customer", ("email", "name"))
    assert shop.entities["order"].owner == "customer_id"
    assert shop.entities["order_item"].owner == "order.customer_id"
    assert blueprint(tmp_path, "recipes").user is None


def test_undeclared_references_are_inferred_with_a_warning(tmp_path: Path) -> None:
    seed = read(tmp_path, SCHEMAS["music"])
    found = seed.blueprint.entities
    assert found["track"].columns["album_id"].to == "album.album_id"
    assert found["playlist"].columns["user_id"].to == "user.user_id"
    assert any("not declared were inferred" in warning for warning in seed.blueprint.warnings)


def test_inferred_reference_must_hold_for_the_rows(tmp_path: Path) -> None:
    script = "CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE fan (id INTEGER PRIMARY KEY, team_id INTEGER);"
    rows = "INSERT INTO team VALUES (1, 'A'); INSERT INTO fan VALUES (1, 77), (2, 78);"
    assert read(tmp_path, script).blueprint.entities["fan"].columns["team_id"].role == "reference"
    assert read(tmp_path, script + rows).blueprint.entities["fan"].columns["team_id"].role == "number"


def test_cycles_of_required_references_are_broken(tmp_path: Path) -> None:
    seed = read(tmp_path, SCHEMAS["cycles"])
    found = seed.blueprint.entities
    assert found["department"].columns["head_id"].nullable or found["employee"].columns["department_id"].nullable
    assert found["employee"].columns["mentor_id"].nullable
    assert sum("form a cycle" in warning for warning in seed.blueprint.warnings) == 4


def test_broken_references_are_dropped_with_a_warning(tmp_path: Path) -> None:
    seed = read(tmp_path, SCHEMAS["broken_links"])
    dropped = [warning for warning in seed.blueprint.warnings if "is dropped" in warning]
    assert len(dropped) == 4
    assert "gone" not in seed.blueprint.entities


def test_composite_references_are_kept(tmp_path: Path) -> None:
    enrollment = blueprint(tmp_path, "composites").entities["enrollment"]
    assert {reference.to for reference in enrollment.references} == {"student", "course"}


def test_partial_and_expression_indexes_are_not_unique(tmp_path: Path) -> None:
    shop = blueprint(tmp_path, "shop").entities
    assert shop["order"].unique == ()
    assert not shop["order"].columns["customer_id"].unique


def test_reserved_and_foreign_names_become_plain_ones(tmp_path: Path) -> None:
    found = blueprint(tmp_path, "keywords").entities
    assert "class_record" in found
    assert found["class_record"].columns["class_record_from"].source_name == "from"
    assert list(blueprint(tmp_path, "unicode").entities) == ["grosse", "table_2", "table_3", "table_4", "table_5"]


def test_big_schema_gets_tools_for_its_centre_only(tmp_path: Path) -> None:
    many = blueprint(tmp_path, "many")
    assert len(many.entities) == 120
    assert sum(bool(entity.tools) for entity in many.entities.values()) <= 24
    assert any("get none" in warning for warning in many.warnings)


def test_table_without_a_key_is_numbered(tmp_path: Path) -> None:
    recipe = blueprint(tmp_path, "recipes").entities["recipe"]
    assert recipe.key == ("recipe_row_id",)
    assert recipe.columns["recipe_row_id"].generated


# Rows


def test_rows_become_a_consistent_base(tmp_path: Path) -> None:
    seed = read(tmp_path, SCHEMAS["education"], with_rows=True)
    assert len(seed.rows["student"]) == 2
    assert seed.rows["student"][0]["enrollment_date"] == "2024-01-05"
    enrollments = seed.rows["enrollment"]
    assert [row["enrollment_id"] for row in enrollments] == [1, 2, 3, 4, 5, 6]
    assert enrollments[4]["student_id"] is None  # student 9 is not there, and the reference may be empty
    database = compose(seed.blueprint).spec.database
    for table in database.tables:
        for row in seed.rows.get(table.name, []):
            assert set(row) == {column.name for column in table.columns}
    PlainState(database, seed.rows, seed.blueprint.now)
    assert read(tmp_path, SCHEMAS["education"]).rows == {}


def test_rows_that_do_not_fit_are_left_out_with_a_warning(tmp_path: Path) -> None:
    script = """
        CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE pet (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES owner, born DATE, vaccinated BOOLEAN, weight REAL, photo BLOB, tag TEXT);
        INSERT INTO owner VALUES (1, 'Ann'), (2, 'Bob');
        INSERT INTO pet VALUES (1, 1, '2020-01-02 00:00:00', 1, 3, x'00ff', 'a'), (2, 9, '2020/1/3', 0, 9e999, NULL, x'aa'), (3, 2, '2020-01-04', 'true', 2.5, NULL, NULL);
    """
    seed = read(tmp_path, script, with_rows=True)
    assert seed.rows["pet"] == [
        {"pet_id": 1, "owner_id": 1, "born": "2020-01-02", "vaccinated": True, "weight": 3.0, "tag": "a"},
        {"pet_id": 3, "owner_id": 2, "born": "2020-01-04", "vaccinated": True, "weight": 2.5, "tag": None},
    ]
    assert any("point to rows that are not there" in warning for warning in seed.blueprint.warnings)


def test_statuses_are_learnt_from_rows(tmp_path: Path) -> None:
    values = ", ".join(f"({n}, '{('open', 'in progress', 'closed')[n % 3]}')" for n in range(1, 31))
    seed = read(
        tmp_path,
        f"CREATE TABLE ticket (id INTEGER PRIMARY KEY, status TEXT); INSERT INTO ticket VALUES {values};",
        with_rows=True,
    )
    ticket = seed.blueprint.entities["ticket"]
    assert ticket.lifecycle is not None
    assert ticket.lifecycle.states == ("open", "in progress", "closed")
    assert "close_ticket" in ticket.tools
    assert len(seed.rows["ticket"]) == 30


def test_foreign_names_and_values_survive(tmp_path: Path) -> None:
    path = tmp_path / "größe.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        'CREATE TABLE "Mitarbeiter Löhne" ("Größe" TEXT NOT NULL); INSERT INTO "Mitarbeiter Löhne" VALUES (\'ß € 漢\');'
    )
    connection.close()
    seed = read_sql(path, with_rows=True)
    assert seed.blueprint.name == "grosse"
    assert seed.rows == {"mitarbeiter_lohne": [{"mitarbeiter_lohne_row_id": 1, "grosse": "ß € 漢"}]}
