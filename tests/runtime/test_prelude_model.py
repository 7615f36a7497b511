"""The database behaves as a plain dictionary of rows does, through writes, undo, save and load."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.models.database import DatabaseSchema, Table
from engine.runtime.prelude import Database
from engine.runtime.spec import compile_database
from engine.runtime.tables import Base, Schema
from tests.runtime.shop import NOW, column, link

SCHEMA = Schema(
    compile_database(
        DatabaseSchema(
            tables=(
                Table(
                    name="parent", primary_key=("id",), columns=(column("id", "integer", generated=True), column("tag"))
                ),
                Table(
                    name="child",
                    primary_key=("a", "b"),
                    unique=(("code",), ("parent_id", "b")),
                    foreign_keys=(link("parent_id", "parent", "id"),),
                    columns=(
                        column("a"),
                        column("b", "integer"),
                        column("parent_id", "integer", nullable=True),
                        column("code", nullable=True),
                    ),
                ),
            )
        )
    )
)
IDS = st.integers(1, 5)
KEYS = st.tuples(st.sampled_from("xyz"), st.integers(1, 3))
CODES = st.sampled_from([None, "p", "q", "r"])
PARENTS = st.none() | IDS


class Model(RuleBasedStateMachine):
    """Drives a database and a dictionary of rows side by side."""

    @initialize(parents=st.sets(IDS), keys=st.sets(KEYS, max_size=4))
    def begin(self, parents: set[int], keys: set[tuple[str, int]]) -> None:
        self.base = Base(SCHEMA)
        self.base.add("parent", [{"id": number, "tag": "t"} for number in sorted(parents, reverse=True)])
        self.base.add("child", [{"a": a, "b": b, "parent_id": None, "code": None} for a, b in sorted(keys)])
        self.db = Database(self.base, NOW)
        self.initial = {"parent": dict(self.base.rows["parent"]), "child": dict(self.base.rows["child"])}
        self.parents: dict[Any, Any] = dict(self.initial["parent"])
        self.children: dict[Any, Any] = dict(self.initial["child"])
        self.counter = max(parents, default=0)
        self.mark()

    @rule()
    def mark(self) -> None:
        """A call ends well: there is no way back behind this point."""
        self.db.begin()
        self.kept = (dict(self.parents), dict(self.children), self.counter)

    @rule()
    def fail(self) -> None:
        """A call fails: everything since the last one is taken back."""
        self.db.undo()
        parents, children, self.counter = self.kept
        self.parents, self.children = dict(parents), dict(children)
        self.mark()

    @rule()
    def save_and_load(self) -> None:
        fresh = Database(self.base, NOW)
        fresh.load(self.db.save())
        assert fresh.save() == self.db.save()
        self.db = fresh
        self.mark()

    @rule(tag=st.sampled_from("uv"))
    def add_parent(self, tag: str) -> None:
        self.counter += 1
        assert self.db.insert("parent", {"tag": tag})["id"] == self.counter
        self.parents[self.counter] = {"id": self.counter, "tag": tag}

    @rule(key=KEYS, parent=PARENTS, code=CODES)
    def put_child(self, key: tuple[str, int], parent: int | None, code: str | None) -> None:
        row = {"a": key[0], "b": key[1], "parent_id": parent, "code": code}
        allowed = parent is None or parent in self.parents
        for other, known in self.children.items():
            if other != key:
                allowed = allowed and not (code is not None and known["code"] == code)
                allowed = allowed and not (parent is not None and (known["parent_id"], known["b"]) == (parent, key[1]))
        exists = key in self.children
        try:
            if exists:
                self.db.update("child", key, {"parent_id": parent, "code": code})
            else:
                self.db.insert("child", row)
        except ValueError:
            assert not allowed
        else:
            assert allowed
            self.children[key] = row

    @rule(key=KEYS)
    def delete_child(self, key: tuple[str, int]) -> None:
        try:
            self.db.delete("child", key)
        except ValueError:
            assert key not in self.children
        else:
            self.children.pop(key)

    @rule(number=IDS)
    def delete_parent(self, number: int) -> None:
        allowed = number in self.parents and all(row["parent_id"] != number for row in self.children.values())
        try:
            self.db.delete("parent", number)
        except ValueError:
            assert not allowed
        else:
            assert allowed
            self.parents.pop(number)

    @precondition(lambda self: hasattr(self, "db"))
    @invariant()
    def everything_agrees(self) -> None:
        ordered = [self.children[key] for key in sorted(self.children)]
        assert self.db.find("child") == ordered
        assert self.db.count("parent") == len(self.parents)
        for parent in (None, 1, 2, 3):
            assert self.db.find("child", {"parent_id": parent}) == [r for r in ordered if r["parent_id"] == parent]
        for code in (None, "p", "q"):
            assert self.db.find("child", {"code": code}) == [r for r in ordered if r["code"] == code]
        assert self.db.find("child", {"parent_id": 1, "b": 2}) == [
            r for r in ordered if (r["parent_id"], r["b"]) == (1, 2)
        ]
        expected = []
        for table, now in (("child", self.children), ("parent", self.parents)):
            before = self.initial[table]
            expected += [
                (table, key, before.get(key), now.get(key))
                for key in sorted({*before, *now})
                if before.get(key) != now.get(key)
            ]
        assert self.db.diff() == expected


Model.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
test_database_behaves_as_a_dictionary = Model.TestCase
