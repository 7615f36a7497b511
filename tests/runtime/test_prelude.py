"""The database enforces its schema, keeps what a call changed apart, and takes back what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.runtime.execution import perform
from engine.runtime.prelude import WRITES_LIMIT, Database
from engine.runtime.spec import compile_database
from engine.runtime.tables import Base, Schema
from tests.runtime.shop import DATABASE, NOW, ROWS

SCHEMA = Schema(compile_database(DATABASE))
BOOKING = {"person_id": "PER-0001", "starts_at": "2026-03-09T08:00:00"}


def make_base(rows: dict[str, Any] = ROWS) -> Base:
    base = Base(SCHEMA)
    for table, content in rows.items():
        base.add(table, content)
    return base


@pytest.fixture
def db() -> Database:
    return Database(make_base(), NOW)


RULES: dict[str, tuple[Callable[[Database], Any], str]] = {
    "unknown table": (lambda db: db.get("persons", "PER-0001"), "no table 'persons'"),
    "unknown column on insert": (lambda db: db.insert("person", {"name": "x", "age": 3}), "no column 'age'"),
    "unknown column on update": (lambda db: db.update("person", "PER-0001", {"age": 3}), "no column 'age'"),
    "unknown column in find": (lambda db: db.find("person", {"age": 3}), "no column 'age'"),
    "unknown comparison": (lambda db: db.find("person", {"name": {"~": "x"}}), "no comparison '~'"),
    "key of a wrong type": (lambda db: db.get("person", 1), "takes text, not 1"),
    "key with too few parts": (lambda db: db.get("room", ("A",)), "a tuple"),
    "key part of a wrong type": (lambda db: db.get("room", ("A", "1")), "takes integer"),
    "condition of a wrong type": (lambda db: db.find("person", {"name": 5}), "takes text"),
    "text for integer": (lambda db: db.insert("room", {"building": "C", "number": "1", "seats": 3}), "takes integer"),
    "boolean for integer": (
        lambda db: db.insert("room", {"building": "C", "number": True, "seats": 3}),
        "takes integer",
    ),
    "text for real": (lambda db: db.update("booking", 7, {"price": "1"}), "takes real"),
    "boolean for real": (lambda db: db.update("booking", 7, {"price": True}), "takes real"),
    "real for integer": (lambda db: db.update("room", ("A", 1), {"seats": 2.0}), "takes integer"),
    "integer for boolean": (lambda db: db.update("booking", 7, {"confirmed": 1}), "takes boolean"),
    "not a number": (lambda db: db.update("booking", 7, {"price": float("nan")}), "finite"),
    "huge integer": (lambda db: db.insert("room", {"building": "C", "number": 2**63, "seats": 3}), "64-bit"),
    "malformed date": (lambda db: db.update("person", "PER-0001", {"born": "2025-02-29"}), "well-formed date"),
    "malformed datetime": (lambda db: db.update("booking", 7, {"starts_at": "2026-03-03 10:00:00"}), "datetime"),
    "malformed time": (lambda db: db.update("booking", 7, {"at": "24:00"}), "well-formed time"),
    "date for datetime": (lambda db: db.update("booking", 7, {"starts_at": "2026-03-03"}), "well-formed datetime"),
    "null on insert": (lambda db: db.insert("person", {"name": None}), "must not be null"),
    "left out without default": (lambda db: db.insert("person", {}), "must not be null"),
    "null on update": (lambda db: db.update("person", "PER-0001", {"name": None}), "must not be null"),
    "not in enum": (lambda db: db.update("booking", 7, {"status": "gone"}), "takes one of"),
    "below minimum": (lambda db: db.update("room", ("A", 1), {"seats": 0}), "between"),
    "above maximum": (lambda db: db.update("room", ("A", 1), {"seats": 501}), "between"),
    "before earliest date": (lambda db: db.update("person", "PER-0001", {"born": "1899-12-31"}), "between"),
    "key taken": (lambda db: db.insert("person", {"person_id": "PER-0001", "name": "x"}), "already"),
    "composite key taken": (lambda db: db.insert("room", {"building": "A", "number": 1, "seats": 3}), "already"),
    "unique on insert": (lambda db: db.insert("person", {"name": "x", "email": "ada@x.org"}), "already"),
    "unique on update": (lambda db: db.update("person", "PER-0001", {"email": "ben@x.org"}), "already"),
    "composite unique": (
        lambda db: db.insert("booking", {**BOOKING, "building": "A", "number": 1, "starts_at": "2026-03-03T10:00:00"}),
        "already",
    ),
    "link on insert": (lambda db: db.insert("booking", {**BOOKING, "person_id": "PER-0404"}), "points to no person"),
    "link on update": (lambda db: db.update("booking", 7, {"person_id": "PER-0404"}), "points to no person"),
    "composite link": (lambda db: db.insert("booking", {**BOOKING, "building": "A", "number": 9}), "points to no room"),
    "link to a unique column": (lambda db: db.insert("badge", {"person_email": "no@x.org"}), "points to no person"),
    "check on insert": (
        lambda db: db.insert("booking", {**BOOKING, "price": 1.0, "paid": 2.0}),
        "nobody pays too much",
    ),
    "check on update": (lambda db: db.update("booking", 7, {"paid": 20.5}), "nobody pays too much"),
    "check without message": (lambda db: db.update("booking", 7, {"paid": -1}), "must satisfy paid >= 0"),
    "key changed": (lambda db: db.update("person", "PER-0001", {"person_id": "PER-0099"}), "primary key"),
    "update of nothing": (lambda db: db.update("person", "PER-0404", {"name": "x"}), "to update"),
    "delete of nothing": (lambda db: db.delete("person", "PER-0404"), "to delete"),
    "delete of a referenced row": (lambda db: db.delete("person", "PER-0002"), "still points to"),
    "delete of a boss": (lambda db: db.delete("person", "PER-0001"), "still points to"),
    "delete by composite link": (lambda db: db.delete("room", ("A", 1)), "still points to"),
    "referenced unique value changed": (
        lambda db: db.update("person", "PER-0002", {"email": "b@x.org"}),
        "still points",
    ),
    "referenced unique value removed": (lambda db: db.update("person", "PER-0002", {"email": None}), "still points"),
    "id where none is generated": (lambda db: db.new_id("room"), "no generated column"),
    "rejection without code": (lambda db: db.reject("", "x"), "a code and a message"),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_enforced_and_nothing_changes(db: Database, rule: str) -> None:
    act, message = RULES[rule]
    before = db.save()
    with pytest.raises((ValueError, TypeError)) as caught:
        act(db)
    assert message in str(caught.value)
    db.undo()
    assert db.save() == before
    assert db.diff() == []


def test_what_is_allowed(db: Database) -> None:
    assert db.insert("person", {"name": "no mail"})["email"] is None
    assert db.insert("person", {"name": "no mail either", "email": None})["person_id"] == "PER-0012"
    itself = db.new_id("person")
    assert db.insert("person", {"person_id": itself, "name": "own boss", "boss_id": itself})["boss_id"] == itself
    db.delete("person", itself)
    assert db.insert("booking", {**BOOKING, "building": "A"})["number"] is None
    assert db.insert("booking", {**BOOKING, "price": None, "paid": 3})["paid"] == 3
    assert db.insert("booking", {**BOOKING, "price": 4})["status"] == "open"
    assert db.update("person", "PER-0001", {"person_id": "PER-0001", "email": "ada@x.org"})["name"] == "Ada"


def test_cyclic_links_are_enforced_both_ways(db: Database) -> None:
    with pytest.raises(ValueError, match="still points"):
        db.delete("team", "TEAM-0001")
    db.update("team", "TEAM-0001", {"lead_id": None})
    db.delete("member", "MEM-0001")
    db.delete("team", "TEAM-0001")
    assert db.count("team") == db.count("member") == 0


def test_rows_handed_out_are_copies(db: Database) -> None:
    for row in (db.get("person", "PER-0001"), db.find("person")[0], db.insert("person", {"name": "x"})):
        assert row is not None
        row["name"] = "altered"
    assert [row["name"] for row in db.find("person")] == ["Ada", "Ben", "Cy", "x"]


def test_find_is_in_key_order_before_and_after_writes(db: Database) -> None:
    def keys() -> list[Any]:
        return [(row["building"], row["number"]) for row in db.find("room")]

    assert keys() == [("A", 1), ("A", 2), ("B", 1)]
    db.insert("room", {"building": "A", "number": 0, "seats": 1})
    db.insert("room", {"building": "AA", "number": 5, "seats": 1})
    db.delete("room", ("B", 1))
    assert keys() == [("A", 0), ("A", 1), ("A", 2), ("AA", 5)]


@pytest.mark.parametrize(
    "where, found",
    [
        (None, ["Ada", "Ben", "Cy"]),
        ({}, ["Ada", "Ben", "Cy"]),
        ({"boss_id": "PER-0001"}, ["Ben", "Cy"]),
        ({"boss_id": None}, ["Ada"]),
        ({"email": None}, ["Cy"]),
        ({"person_id": "PER-0002"}, ["Ben"]),
        ({"person_id": "PER-0002", "boss_id": None}, []),
        ({"boss_id": "PER-0001", "email": "ben@x.org", "name": "Ben"}, ["Ben"]),
        ({"name": {"contains": "B"}}, ["Ben"]),
        ({"name": {">=": "Ben", "<": "Cy"}}, ["Ben"]),
        ({"born": {"<": "1999-01-01"}}, ["Ben"]),
        ({"born": {"!=": "1990-05-01"}}, ["Ada", "Cy"]),
        ({"name": {"in": ["Cy", "Ada"]}, "boss_id": "PER-0001"}, ["Cy"]),
    ],
)
def test_find_conditions(db: Database, where: dict[str, Any] | None, found: list[str]) -> None:
    assert [row["name"] for row in db.find("person", where)] == found
    assert db.count("person", where) == len(found)


def test_generated_ids_start_after_the_largest_and_never_go_back(db: Database) -> None:
    assert db.insert("person", {"name": "a"})["person_id"] == "PER-0011"
    assert db.new_id("person") == "PER-0012"
    db.insert("person", {"person_id": "PER-0100", "name": "b"})
    db.delete("person", "PER-0100")
    assert db.new_id("person") == "PER-0101"
    assert db.insert("booking", BOOKING)["booking_id"] == 8
    assert Database(make_base({}), NOW).new_id("person") == "PER-0001"
    odd = make_base({"person": [{"person_id": key, "name": "x"} for key in ("PER-12a", "XPER-0050", "PER-10000")]})
    assert Database(odd, NOW).new_id("person") == "PER-10001"


def test_diff_is_net(db: Database) -> None:
    made = db.insert("person", {"name": "gone"})["person_id"]
    db.update("person", made, {"name": "soon gone"})
    db.delete("person", made)
    db.update("person", "PER-0001", {"name": "other"})
    db.update("person", "PER-0001", {"name": "Ada"})
    row = db.get("booking", 7)
    assert row is not None
    db.delete("booking", 7)
    db.insert("booking", row)
    assert db.diff() == []
    db.delete("booking", 7)
    assert db.diff() == [("booking", 7, row, None)]


def test_a_call_is_all_or_nothing(db: Database) -> None:
    db.insert("person", {"name": "kept"})
    before, order = db.save(), db.find("person")

    def tool(db: Database) -> dict[str, Any]:
        db.insert("person", {"name": "new", "email": "new@x.org"})
        db.update("person", "PER-0011", {"name": "changed", "boss_id": "PER-0002"})
        db.update("person", "PER-0002", {"boss_id": None})
        db.delete("person", "PER-0010")
        db.delete("person", "PER-0012")
        db.new_id("booking")
        db.reject("no", "Not today.")

    outcome, result, problem, reads, writes, diff = perform(db, tool, {})
    assert (outcome, result, reads, writes, diff) == ("rejection", None, [], [], [])
    assert problem == {"code": "no", "message": "Not today.", "details": {}}
    assert db.save() == before
    assert db.find("person") == order
    assert [row["name"] for row in db.find("person", {"boss_id": "PER-0001"})] == ["Ben", "Cy"]
    assert db.find("person", {"email": "new@x.org"}) == []


def test_the_record_of_a_call(db: Database) -> None:
    def tool(db: Database) -> dict[str, Any]:
        db.get("person", "PER-0404")
        db.find("person", {"boss_id": "PER-0001"})
        db.find("badge", {"label": "none"})
        made = db.insert("person", {"name": "x"})
        db.update("person", made["person_id"], {"name": "y"})
        return {"ok": True}

    _, result, problem, reads, writes, diff = perform(db, tool, {})
    assert (result, problem) == ({"ok": True}, None)
    assert reads == [("person", "PER-0404"), ("person", "PER-0002"), ("person", "PER-0010"), ("badge", None)]
    assert writes == [("insert", "person", "PER-0011"), ("update", "person", "PER-0011")]
    row = {"person_id": "PER-0011", "name": "y", "email": None, "born": None, "boss_id": None}
    assert diff == [("person", "PER-0011", None, row)]


def _swallow(db: Database) -> dict[str, Any]:
    db.insert("person", {"name": "x"})
    try:
        db.reject("no", "No.")
    except ValueError:
        return {"fine": True}


def _swallow_and_fall(db: Database) -> dict[str, Any]:
    try:
        db.reject("no", "No.")
    except ValueError:
        return {"x": {}["missing"]}


def _swallow_and_reject(db: Database) -> dict[str, Any]:
    try:
        db.reject("no", "No.")
    except ValueError:
        db.reject("other", "Other.")


def _many_writes(db: Database) -> dict[str, Any]:
    for number in range(WRITES_LIMIT + 1):
        db.update("person", "PER-0001", {"name": str(number)})
    return {}


def _cycle(db: Database) -> dict[str, Any]:
    loop: list[Any] = []
    loop.append(loop)
    return {"loop": loop}


def _many(db: Database) -> dict[str, Any]:
    many: list[Any] = ["x"]
    for _ in range(30):
        many = [many, many]
    return {"many": many}


BAD_TOOLS: dict[str, tuple[Callable[[Database], Any], str]] = {
    "swallowed rejection": (_swallow, "SwallowedRejection"),
    "swallowed rejection, other error": (_swallow_and_fall, "KeyError"),
    "two rejections": (_swallow_and_reject, "TypeError"),
    "answer is a list": (lambda db: [], "TypeError"),
    "answer is nothing": (lambda db: None, "TypeError"),
    "answer holds a tuple": (lambda db: {"x": (1, 2)}, "TypeError"),
    "answer holds a set": (lambda db: {"x": {1}}, "TypeError"),
    "answer holds a function": (lambda db: {"x": [len]}, "TypeError"),
    "answer holds the database": (lambda db: {"x": db}, "TypeError"),
    "answer with a key that is not text": (lambda db: {"x": {1: 2}}, "TypeError"),
    "answer holds nan": (lambda db: {"x": float("nan")}, "ValueError"),
    "answer holds infinity": (lambda db: {"x": [float("-inf")]}, "ValueError"),
    "answer holds a huge integer": (lambda db: {"x": 10**4_000}, "ValueError"),
    "answer too large": (lambda db: {"x": "y" * 2_000_000}, "ValueError"),
    "answer holds itself": (_cycle, "ValueError"),
    "answer doubles and doubles": (_many, "ValueError"),
    "too many writes": (_many_writes, "ValueError"),
    "wrong parameters": (lambda db, missing: {}, "TypeError"),
}


@pytest.mark.parametrize("name", BAD_TOOLS)
def test_a_defect_is_an_unexpected_failure(db: Database, name: str) -> None:
    tool, error = BAD_TOOLS[name]
    outcome, result, problem, _, writes, diff = perform(db, tool, {})
    assert (outcome, result, writes, diff) == ("failure", None, [], [])
    assert problem["code"] == "internal_error"
    assert problem["details"]["error"] == error
    assert db.diff() == []
    assert db.save()["counters"] == {}


def test_a_new_episode_shares_everything_with_its_base() -> None:
    base = make_base()
    fresh = Database(base, NOW)
    assert fresh.save() == {"now": NOW, "counters": {}, "changes": []}
    assert not any(
        isinstance(value, (dict, list)) and value
        for name, value in vars(fresh).items()
        if name in ("_over", "_counters")
    )
    other = Database(base, NOW)
    other.update("person", "PER-0001", {"name": "changed"})
    assert fresh.get("person", "PER-0001") != other.get("person", "PER-0001")
    assert list(vars(other)["_over"]) == ["person"]
    assert len(vars(other)["_over"]["person"][0]) == 1


def test_bases_refuse_rows_that_do_not_fit() -> None:
    base = Base(SCHEMA)
    for table, rows, message in [
        ("nothing", [], "no table"),
        ("person", [{"person_id": "a", "name": "b", "age": 1}], "no column"),
        ("room", [{"building": "A", "number": 1, "seats": 1}] * 2, "the key"),
    ]:
        with pytest.raises(ValueError, match=message):
            base.add(table, rows)


def test_looking_for_what_no_row_may_hold_finds_nothing(db: Database) -> None:
    """Bounds hold for rows, not for questions about them."""
    assert db.get("room", ("A", -(10**30))) is None
    assert db.find("room", {"seats": 0}) == []
    assert db.find("booking", {"paid": -5}) == []
    assert db.find("booking", {"status": "gone", "starts_at": "never"}) == []
    assert db.get("person", "") is None


@pytest.mark.parametrize(
    "table, key",
    [("person", {"person_id": None}), ("person", {"person_id": 1}), ("room", {"building": "A", "number": None})],
    ids=["null", "of another type", "null in a part"],
)
def test_rows_without_a_proper_key_are_refused(table: str, key: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="takes"):
        make_base({table: [*ROWS[table], {**ROWS[table][0], **key}]})


def test_an_episode_is_saved_to_the_type(db: Database) -> None:
    """2 over 2.0 is no change to the reward, but goes on as 2."""
    db.update("booking", 7, {"price": 20})
    assert db.diff() == []
    again = Database(make_base(), NOW)
    again.load(db.save())
    assert str(again.get("booking", 7)) == str(db.get("booking", 7))
    assert again.save() == db.save()
