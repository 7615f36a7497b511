"""Whatever a file holds, the SQL seed answers with a blueprint that composes, or with one `SeedError`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.agents.composer.compose import compose
from engine.errors import SeedError
from engine.runtime.spec import compile_database
from engine.seeds.sql import read_sql

FUZZ = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = st.sampled_from(
    ["user", "Users", "order", "Order Items", "class", "from", "id", "ID", "parent_id", "user_id", "userId", "status", "state", "price", "now",
     "group", "größe", "名前", "", "a-b", "1st", "t1", "tbl_x", "Name", "name", "email", "created_at", "total", "quantity", "stock", "rows", "get",
     "start_date", "end_date", "is_active", "x", "y", "None", "__", "_id", "order_id", "customer", "customers", "capacity", "bookings", "sqlite"]
)  # fmt: skip
TYPES = st.sampled_from(
    ["", "INTEGER", "INT", "TEXT", "REAL", "BLOB", "NUMERIC(10,2)", "VARCHAR(20)", "BOOLEAN", "DATE", "DATETIME", "TIME", "TINYINT(1)", "JSON",
     "DECIMAL(8, 0)", "TIMESTAMP WITH TIME ZONE", "POINT", "UNSIGNED BIG INT", "FLOAT", "foo bar"]
)  # fmt: skip
DEFAULTS = st.sampled_from(
    ["", "", "DEFAULT 0", "DEFAULT -1.5", "DEFAULT 'open'", "DEFAULT CURRENT_TIMESTAMP", "DEFAULT (datetime('now'))", "DEFAULT NULL", "DEFAULT TRUE",
     "DEFAULT (1 + 2)", "DEFAULT ''", "DEFAULT \"dq\"", "DEFAULT 9e99", "DEFAULT 0x10", "DEFAULT (random())"]
)  # fmt: skip
CHECKS = st.sampled_from(
    ["", "", "", "{} > 0", "{} IN ('open','closed','cancelled')", "{} BETWEEN 1 AND 5", "length({}) <= 10", "{} LIKE '%@%'", "{} GLOB 'a*'", "{} IN (0,1)",
     "{} <> ''", "{} IS NULL OR {} > 3", "NOT ({} = 1 AND {} = 2)", "{} IN (1,5,9)", "typeof({}) = 'integer'", "{} >= '2000-01-01'", "1", "{} = {} * 2",
     "CASE WHEN {} THEN 1 ELSE 0 END", "{} > 5 AND {} < 3", "{} IN ('active', 'inactive', 'weird value!')", "coalesce({}, 0) = 0", "{} IN ('é', '')",
     "{} NOT IN ('', 'open')", "NOT ({} = 'é' AND {} > 'x')", "{} = 'a' OR {} = 'weird'"]
)  # fmt: skip


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@st.composite
def a_table(draw: st.DrawFn, name: str, others: list[str]) -> str:
    columns = draw(st.lists(NAMES, min_size=1, max_size=7, unique_by=str.lower))
    parts: list[str] = []
    for column in columns:
        check = draw(CHECKS).replace("{}", quoted(column))
        reference = f" REFERENCES {quoted(draw(st.sampled_from(others)))}" if draw(st.integers(0, 3)) == 0 else ""
        words = [
            quoted(column),
            draw(TYPES),
            draw(st.sampled_from(["", "NOT NULL", "UNIQUE", "UNIQUE NOT NULL"])),
            draw(DEFAULTS),
        ]
        parts.append(" ".join(words) + (f" CHECK ({check})" if check else "") + reference)
    for kind in draw(
        st.lists(st.sampled_from(["PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK", "AS"]), max_size=3, unique=True)
    ):
        chosen = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3, unique=True))
        listed = ", ".join(map(quoted, chosen))
        if kind == "FOREIGN KEY":
            parts.append(f"FOREIGN KEY ({listed}) REFERENCES {quoted(draw(st.sampled_from(others)))}")
        elif kind == "CHECK":
            parts.append(f"CHECK ({quoted(chosen[0])} <= {quoted(chosen[-1])})")
        elif kind == "AS":
            parts.insert(0, f"made_up AS ({quoted(chosen[0])} || 'x')")
        else:
            parts.append(f"{kind} ({listed})")
    ordered = [part for part in parts if not part.startswith(("PRIMARY", "UNIQUE (", "FOREIGN", "CHECK ("))]
    ordered += [part for part in parts if part not in ordered]
    return f"CREATE TABLE {quoted(name)} ({', '.join(ordered)});"


@st.composite
def schemas(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.lower))
    targets = [*names, "missing"]
    statements = [draw(a_table(name, targets)) for name in names]
    for name in names:
        if draw(st.booleans()):
            values = ", ".join(
                draw(
                    st.lists(
                        st.sampled_from(["1", "'a'", "NULL", "2.5", "'2024-01-02'", "x'00'"]), min_size=1, max_size=4
                    )
                )
            )
            statements.append(f"INSERT INTO {quoted(name)} VALUES ({values});")
    return "\n".join(statements)


def sqlite_refuses(text: str) -> bool:
    """Whether SQLite itself can't read some table of the script."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in text.split("\n"):
            if statement.startswith("CREATE"):
                try:
                    connection.execute(statement)
                except sqlite3.Error as error:
                    if "reserved" not in str(error):
                        return True
    return False


@FUZZ
@given(text=schemas(), with_rows=st.booleans())
def test_any_schema_that_sqlite_reads_composes(tmp_path: Path, text: str, with_rows: bool) -> None:
    path = tmp_path / "seed.sql"
    path.write_text(text, encoding="utf-8")
    try:
        seed = read_sql(path, with_rows=with_rows)
    except SeedError as error:
        refused = str(error)
    else:
        refused = ""
        composition = compose(seed.blueprint)
        compile_database(composition.spec.database)
        assert composition.tools
    assert bool(refused) == (sqlite_refuses(text) or "no table" in refused)
    assert not refused or str(path) in refused


@FUZZ
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_a_blueprint_or_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed.sql"
    path.write_bytes(content)
    with pytest.raises(SeedError) as caught:
        read_sql(path)
    assert str(path) in str(caught.value)


@FUZZ
@given(data=st.data())
def test_a_damaged_database_gives_a_blueprint_or_one_error(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "seed.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA page_size = 512; CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX n ON person (name);"
        + "".join(f"INSERT INTO person VALUES ({n}, 'name {n}');" for n in range(40))
    )
    connection.close()
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(16, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(100, len(content)))]))
    refused = ""
    try:
        compose(read_sql(path, with_rows=True).blueprint)
    except SeedError as error:
        refused = str(error)
    assert not refused or str(path) in refused
