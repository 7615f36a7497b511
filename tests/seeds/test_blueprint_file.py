import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.composer.compose import compose
from engine.errors import SeedError
from engine.seeds.blueprint import Blueprint
from engine.seeds.blueprint_file import parse_blueprint, read_blueprint
from engine.seeds.problems import BlueprintError
from tests.seeds.library import LIBRARY, line_of


def read(text: str) -> Blueprint:
    """Reads and composes, as a synthesis does."""
    file = parse_blueprint(text, "library.yaml")
    try:
        compose(file.blueprint)
    except BlueprintError as error:
        raise file.locate(error.problems) from None
    return file.blueprint


MISTAKES = {
    "unknown key": ("title: City Library", "titel: City Library", "did you mean `title`"),
    "unknown role": ("{role: label", "{role: lable", "did you mean `label`"),
    "unknown role in short": ("due_on: date", "due_on: dat", "did you mean `date`"),
    "reference to nothing": ("book_id: -> book", "book_id: -> boook", "did you mean `book`"),
    "unknown kind": ("kind: transition", "kind: transiton", "did you mean `transition`"),
    "unknown key of a tool": ("from: open", "form: open", "did you mean `from`"),
    "unknown state": ("to: returned", "to: retuned", "did you mean `returned`"),
    "unknown rule": ("rule: quota", "rule: qouta", "did you mean `quota`"),
    "unknown key of a rule": ("limit: 5}", "limits: 5}", "did you mean `limit`"),
    "rule without a kind": ("{rule: balance, has", "{has", "add `rule: KIND`"),
    "unknown column in a rule": ("column: book.status", "column: book.state", "did you mean `status`"),
    "unknown value in a rule": ("in: available", "in: availabel", "did you mean `available`"),
    "unknown table in a rule": ("rows: loan", "rows: loans", "did you mean `loan`"),
    "unknown column to match": ("match: [member_id]", "match: [membr_id]", "did you mean `member_id`"),
    "no expression": ("has: book.copies,", "has: book.copies +,", "is not an expression"),
    "unknown name": ("needs: 1}", "needs: wanted}", "no `wanted` is in scope"),
    "unknown column to give": ("columns: [book_id]", "columns: [bookid]", "did you mean `book_id`"),
    "owner path that leads nowhere": ("owner: member_id", "owner: user_id", "`loan` has no column `user_id`"),
    "unknown value list": ("values: shelf_marks", "values: shelf_mark", "did you mean `shelf_marks`"),
    "unknown column of the user": ("knows: [full_name,", "knows: [fullname,", "did you mean `full_name`"),
    "unfinished filter": ("copies >= minimum_copies", "copies >= ", "COLUMN OP PARAMETER"),
    "unknown column to filter": ("minimum_copies]", "minimum_copies, pages]", "`book` has no column `pages`"),
    "key of another kind": ("get_book: get", "get_book: {kind: get, filters: [title]}", "does not belong to a `get` tool"),
    "a tool's name twice": ("get_book: get", "find_member: get", "there is a tool `find_member` in `member` already"),
    "unknown column to set": ("{copies: book.copies - 1}", "{copis: book.copies - 1}", "did you mean `copies`"),
    "unknown table to change": ("{update: book, key: book_id", "{update: boook, key: book_id", "did you mean `book`"),
    "unknown reference to follow": ("loan.book.copies + 1", "loan.boook.copies + 1", "did you mean `book`"),
    "text that YAML reads as a mapping": ("Members borrow books.", "Members: borrow books.", "quote texts"),
    "bound of the wrong type": ("minimum: 0", "minimum: []", "not `[]`"),
    "lookup by what is not unique": ("{kind: lookup, by: email}", "{kind: lookup, by: full_name}", "make it `unique`"),
    "name that is none": ("domain: library", "domain: My Library", "use lower-case letters"),
    "first state that is none": ("[open, returned]", "{states: [open, returned], initial: opn}", "is not one of the states"),
    "unknown name in a message": ("shelf_full}", 'shelf_full, message: "{loan.pages}"}', "`loan` has no column `pages`"),
}  # fmt: skip


def test_the_library_itself_is_sound() -> None:
    assert list(read(LIBRARY).tools) == ["find_member", "search_books", "get_book", "borrow_book", "return_book"]


@pytest.mark.parametrize("right, wrong, says", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_reported_with_file_line_and_fix(right: str, wrong: str, says: str) -> None:
    text = LIBRARY.replace(right, wrong, 1)
    with pytest.raises(SeedError) as caught:
        read(text)
    lines = str(caught.value).splitlines()
    assert all(re.match(r"library\.yaml:\d+: ", line) for line in lines)
    place = f"library.yaml:{line_of(wrong, text)}: "
    assert [line for line in lines if line.startswith(place) and says in line], str(caught.value)


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    text = LIBRARY.replace("rows: loan", "rows: loans").replace("to: returned", "to: retuned")
    with pytest.raises(SeedError) as caught:
        read(text)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "- a", "just words", "domain: x\ntitle: X\nentities: {}", "a: &a [*a]"])
def test_texts_that_are_no_blueprint_are_refused(text: str) -> None:
    with pytest.raises(SeedError, match=r"library\.yaml:\d+: "):
        read(text)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="can't be read"):
        read_blueprint(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    with pytest.raises(SeedError, match="not UTF-8"):
        read_blueprint(tmp_path / "latin.yaml")


def test_dates_of_yaml_become_text() -> None:
    text = LIBRARY.replace("due_on: date", "due_on: {role: date, minimum: 2026-01-01}")
    blueprint = read(text.replace("title: City", "now: 2026-04-01T08:00:00\ntitle: City"))
    assert blueprint.now == "2026-04-01T08:00:00"
    assert blueprint.entities["loan"].columns["due_on"].minimum == "2026-01-01"


@settings(deadline=None, max_examples=60)
@given(
    start=st.integers(0, len(LIBRARY) - 1),
    length=st.integers(0, 12),
    put=st.sampled_from(["", "x", ": ", "{", "[", "'", "\n", "9", "-> "]),
)
def test_a_damaged_blueprint_is_read_or_refused_with_a_line(start: int, length: int, put: str) -> None:
    text = LIBRARY[:start] + put + LIBRARY[start + length :]
    said = "library.yaml:1: "
    try:
        read(text)
    except SeedError as error:
        said = str(error)
    assert re.match(r"library\.yaml:\d+: ", said)
