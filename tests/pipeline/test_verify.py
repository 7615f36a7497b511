"""Verifying finds nothing in what was made, and whatever was changed since."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UsageError
from engine.pipeline import execute
from engine.store import Store
from engine.verify import VerifyReport, verify_domain
from tests.pipeline import samples


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.make(tmp_path_factory.mktemp("verify") / "studio.db")


@pytest.fixture
def db(finished: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy to tamper with."""
    with Store.open(finished) as store:  # folds the log into the file
        store.domains.names()
    with sqlite3.connect(finished) as source, sqlite3.connect(tmp_path / "studio.db") as copy:
        source.backup(copy)
    source.close()
    yield copy
    copy.close()


def verified(db: sqlite3.Connection) -> VerifyReport:
    db.commit()
    path = db.execute("pragma database_list").fetchone()[2]
    with Store.open(path, create=False) as store:
        return verify_domain(store, "library")


def failures(report: VerifyReport) -> str:
    return "\n".join(f"{failure.what}: {failure.difference}" for failure in report.failures)


def edit(
    db: sqlite3.Connection, table: str, key: str, change: Callable[[dict[str, Any]], None], *, cover: bool = True
) -> None:
    """Changes a stored body, and its digest as well where the traces are to be covered."""
    column = "name" if table == "tool" else "id"
    (body,) = db.execute(f"select body from {table} where {column} = ?", (key,)).fetchone()
    data = json.loads(zlib.decompress(body))
    before = json.dumps(data)
    change(data)
    assert json.dumps(data) != before
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    db.execute(f"update {table} set body = ? where {column} = ?", (zlib.compress(text.encode()), key))
    if cover:
        db.execute(f"update {table} set digest = ? where {column} = ?", (sha256(text.encode()).hexdigest(), key))


def first_task(db: sqlite3.Connection) -> str:
    return str(db.execute("select id from task where state = 'audited' order by position").fetchone()[0])


def test_what_was_made_is_confirmed(finished: Path) -> None:
    for workers in (1, 2):
        with Store.open(finished) as store:
            report = verify_domain(store, "library", workers=workers)
            summary = store.domains.summary("library")
        assert report.failures == ()
        edges = summary.edges_proven + summary.edges_unproven
        assert report.checked >= 1 + summary.tools_admitted + edges + summary.tasks_audited


def test_verifying_changes_nothing(finished: Path, tmp_path: Path) -> None:
    before = samples.content(finished)
    with Store.open(finished) as store:
        verify_domain(store, "library")
    assert samples.content(finished) == before


def test_an_unknown_domain(finished: Path) -> None:
    with Store.open(finished) as store, pytest.raises(UsageError, match="no domain `nowhere`"):
        verify_domain(store, "nowhere")


def test_a_tool_whose_check_was_removed_is_found(db: sqlite3.Connection) -> None:
    def change(tool: dict[str, Any]) -> None:
        tool["source"] = tool["source"].replace("list_full", "list_is_full")

    edit(db, "tool", "add_wish", change)
    report = verified(db)
    assert "tool add_wish: `admitted` is stored as True, but comes out as False" in failures(report)


def test_a_tool_with_code_that_is_not_allowed_is_found(db: sqlite3.Connection) -> None:
    edit(db, "tool", "drop_wish", lambda tool: tool.update(source="import os\n" + tool["source"]))
    assert "tool drop_wish: `admitted` is stored as True, but comes out as False" in failures(verified(db))


def test_a_harmless_change_of_code_is_found_as_well(db: sqlite3.Connection) -> None:
    edit(db, "tool", "drop_wish", lambda tool: tool.update(source=tool["source"] + "\n# a remark\n"), cover=False)
    assert "tool drop_wish: the stored text is not what was written" in failures(verified(db))


def test_a_contract_that_says_something_else_is_found(db: sqlite3.Connection) -> None:
    def change(tool: dict[str, Any]) -> None:
        tool["contract"]["effects"][0]["values"]["priority"] = "1"

    edit(db, "tool", "add_wish", change)
    assert "tool add_wish" in failures(verified(db))


def test_a_gold_diff_that_the_reference_does_not_reach_is_found(db: sqlite3.Connection) -> None:
    task = first_task(db)
    edit(db, "task", task, lambda body: body["gold_diff"].pop())
    report = verified(db)
    assert f"task {task}: `audits` is stored as" in failures(report)


@pytest.mark.parametrize("cover", [True, False], ids=["covered", "open"])
def test_a_changed_row_of_the_initial_state_is_found(db: sqlite3.Connection, cover: bool) -> None:
    def change(body: dict[str, Any]) -> None:
        for rows in body["initial_state"]["rows"].values():
            for row in rows:
                for column, value in row.items():
                    if column in ("title", "full_name"):
                        row[column] = f"{value} Jr"

    task = first_task(db)
    edit(db, "task", task, change, cover=cover)
    assert f"task {task}" in failures(verified(db))


def test_changed_reference_calls_are_found(db: sqlite3.Connection) -> None:
    task = first_task(db)
    edit(db, "task", task, lambda body: body["reference_calls"][-1].update(name="search_books", arguments={}))
    assert f"task {task}" in failures(verified(db))


def test_a_task_of_nonsense_does_not_stop_the_others_from_being_checked(finished: Path, db: sqlite3.Connection) -> None:
    task = first_task(db)
    edit(db, "task", task, lambda body: body["chain"]["steps"][0].update(tool="no_such_tool"))
    report = verified(db)
    assert f"task {task}" in failures(report)
    assert not [failure for failure in report.failures if failure.what.startswith(("tool", "edge"))]


def test_a_missing_trace_of_an_edge_is_found(db: sqlite3.Connection) -> None:
    (edge, trace) = db.execute("select id, evidence from edge where proven = 1").fetchone()
    db.execute("delete from trace where id = ?", (trace,))
    assert f"edge {edge}: its trace `{trace}` is not stored" in failures(verified(db))


def test_an_edge_with_the_evidence_of_another_is_found(db: sqlite3.Connection) -> None:
    one, other = db.execute("select id, evidence from edge where proven = 1 limit 2").fetchall()
    db.execute("update edge set evidence = ? where id = ?", (other[1], one[0]))
    assert f"edge {one[0]}: `evidence` is stored as '{other[1]}', but comes out as '{one[1]}'" in failures(verified(db))


def test_an_edge_whose_proof_was_denied_is_found(db: sqlite3.Connection) -> None:
    (edge,) = db.execute("select id from edge where proven = 1").fetchone()
    db.execute("update edge set proven = 0, reason = 'no' where id = ?", (edge,))
    assert f"edge {edge}: `proven` is stored as False, but comes out as True" in failures(verified(db))


def test_edges_that_were_made_up_or_removed_are_found(db: sqlite3.Connection) -> None:
    (gone,) = db.execute("select id from edge where proven = 1").fetchone()
    db.execute("delete from edge where id = ?", (gone,))
    db.execute(
        "insert into edge (domain, position, id, kind, source, target, via, proven, reason, evidence) values ('library', 99, 'state:find_member>drop_wish:wish', 'state', 'find_member', 'drop_wish', "
        "'wish', 1, '', null)"
    )
    said = failures(verified(db))
    assert f"edge {gone}: is inferred now, but not stored" in said
    assert "edge state:find_member>drop_wish:wish: is stored, but not inferred now" in said


def test_a_forged_trace_is_found(db: sqlite3.Connection) -> None:
    (trace,) = db.execute("select id from trace where kind = 'audit'").fetchone()
    edit(db, "trace", trace, lambda body: body.update(verdict="all is well"))
    assert f"its trace `{trace}` is not what the execution gives" in failures(verified(db))


def test_an_audit_that_was_turned_round_is_found(db: sqlite3.Connection) -> None:
    db.execute("update audit set detail = 'trust me' where task = 0 and position = 0")
    assert f"task {first_task(db)}: `audits`" in failures(verified(db))


def test_a_verdict_on_a_test_case_that_was_changed_is_found(db: sqlite3.Connection) -> None:
    db.execute("update test_case set verdict = 'failure' where tool = 'add_wish' and position = 0")
    assert "tool add_wish: test cases: `verdict` is stored as 'failure'" in failures(verified(db))


def test_a_damaged_cell_is_found(db: sqlite3.Connection) -> None:
    db.execute("update tool set body = x'00010203' where name = 'add_wish'")
    report = verified(db)
    assert "damaged" in failures(report)


def test_copies_are_as_good_as_the_original(finished: Path, tmp_path: Path) -> None:
    with Store.open(finished) as store:
        store.domains.names()
    shutil.copy(finished, tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db", create=False) as store:
        assert verify_domain(store, "library").failures == ()


def test_what_an_unfinished_run_has_made_so_far_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:
        for steps in (1, 4, 7, 8, 10):

            def stop(progress: object, events: object, steps: int = steps) -> None:
                if len(store.runs.steps(run)) == steps:
                    store.runs.request_cancel(run)

            assert execute(store, run, observe=stop).status == "cancelled"
            assert verify_domain(store, "library").failures == ()
