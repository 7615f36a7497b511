"""Schemas whose shape is hostile to tools or tasks still give admitted tools and audited tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.agents.composer.compose import compose_seed
from engine.foundation.build import verify_tools
from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, synthesize
from engine.seeds import read_seed
from engine.store import Store

HOSTILE = {
    "one_table": "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);",
    "one_column": "CREATE TABLE word (word TEXT PRIMARY KEY);",
    "links_only": """
        CREATE TABLE follows (follower INTEGER, followed INTEGER, PRIMARY KEY (follower, followed));
        CREATE TABLE liked (who INTEGER, what INTEGER, PRIMARY KEY (who, what));""",
    "integers_without_keys": "CREATE TABLE t1 (a INTEGER, b INTEGER, c INTEGER); CREATE TABLE t2 (d INTEGER, e INTEGER NOT NULL);",
    "unlabelled": """
        CREATE TABLE sensor (id INTEGER PRIMARY KEY, x REAL, y REAL);
        CREATE TABLE reading (id INTEGER PRIMARY KEY, sensor_id INTEGER NOT NULL REFERENCES sensor, value REAL NOT NULL);""",
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_schema_gives_tasks(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.sql"
    path.write_text(HOSTILE[name])
    with Store.open(tmp_path / "studio.db") as store:
        run, _ = synthesize(store, read_seed_text(str(path)), RunOptions(tasks=3, trusted=True))
    assert (run.counts.tasks_audited, run.counts.tools_rejected) == (3, 0)


def test_rows_with_a_key_of_their_own_can_be_created(tmp_path: Path) -> None:
    path = tmp_path / "books.sql"
    path.write_text("""
        CREATE TABLE book (isbn TEXT PRIMARY KEY, title TEXT NOT NULL);
        CREATE TABLE airport (code CHAR(3) PRIMARY KEY, name TEXT NOT NULL, city TEXT);
        CREATE TABLE copy (barcode TEXT PRIMARY KEY, isbn TEXT NOT NULL REFERENCES book(isbn));
    """)
    composition = compose_seed(read_seed(str(path)))
    tools = {tool.name: tool for tool in composition.tools}
    created = [tools[name] for name in ("create_book", "create_airport", "create_copy")]
    assert tools["create_airport"].parameter["code"].refers_to is None
    assert tools["create_copy"].parameter["book_id"].refers_to == "book.isbn"
    assert tools["get_airport"].parameter["code"].refers_to == "airport.code"
    report = verify_tools(composition.spec, created, seed=0)
    assert [tool.name for tool in report.tools] == ["create_book", "create_airport", "create_copy"]
    assert all(item.satisfied and item.violated for report in report.reports for item in report.coverage)


def test_choices_of_a_composite_parent_do_not_make_the_search_explode(tmp_path: Path) -> None:
    path = tmp_path / "college.sql"
    path.write_text("""
        CREATE TABLE course (id TEXT PRIMARY KEY, title TEXT NOT NULL);
        CREATE TABLE section (course_id TEXT, semester TEXT CHECK (semester IN ('Fall', 'Spring')), year INTEGER CHECK (year > 1900 AND year < 2100),
          PRIMARY KEY (course_id, semester, year), FOREIGN KEY (course_id) REFERENCES course);
        CREATE TABLE teaches (teacher TEXT, course_id TEXT, semester TEXT, year INTEGER, PRIMARY KEY (teacher, course_id, semester, year),
          FOREIGN KEY (course_id, semester, year) REFERENCES section);
    """)
    composition = compose_seed(read_seed(str(path)))
    report = verify_tools(composition.spec, composition.tools, seed=0)
    assert len(report.tools) == len(composition.tools)
