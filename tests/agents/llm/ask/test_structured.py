"""What is read from a model's answer, and what the model is told where it can't be read."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from engine.agents.llm.ask.question import Unusable
from engine.agents.llm.ask.structured import functions_in, json_answer, schema_of
from engine.models.base import Model
from engine.seeds.idea import DomainIdea


class Item(Model):
    name: str = Field(description="As in commands.")
    kind: Literal["lookup", "create"] = "lookup"
    size: int | None = None


class Shelf(Model):
    """A docstring that no model needs to read."""

    items: tuple[Item, ...]
    note: str = ""


read = json_answer(Shelf)
SHELF = Shelf(items=(Item(name="a", kind="create"), Item(name="b")), note='a "b" {c} [d] , ]')
PLAIN = SHELF.model_dump_json()


def problems(text: str) -> str:
    with pytest.raises(Unusable) as caught:
        read(text)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"Here you are:\n\n```json\n{PLAIN}\n```\nI hope that this {{helps}}.",
        f"The form {{x}} [1] is used.\n{PLAIN}",
        f"<think>maybe {{'items': []}} or {PLAIN[:20]}</think>\n{PLAIN}",
        f"a first thought {PLAIN[:30]}\n</think>\n\n{PLAIN}",
        PLAIN.replace("}]", "},]").replace('"}', '",}'),
        PLAIN.replace("}]", "}\n , \n]"),
        PLAIN.replace('":', '":\r\n\t'),
        '{"items": []}\n\nBetter:\n' + PLAIN,
        PLAIN + '\n\nAn example of what would be wrong: {"item": 1}',
    ],
)
def test_the_value_is_found_whatever_stands_around_it(text: str) -> None:
    assert read(text) == SHELF


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", "there is no JSON"),
        ("I am sorry, but I can't help with that.", "there is no JSON"),
        ('{"items": [{"name": "a"', "cut off after 23 characters"),
        ('{"items": [{"name": "a', "cut off"),
        ('{"items": [{"name": "a", "size": 1', "cut off"),
        ('{"items": [{"name": "a", "size": nul', "cut off"),
        ('{"items": [{"name": "a\\u12', "cut off"),
        ("<think>" + "hm " * 50, "characters of reasoning"),
        ('{"items": []} and then {"items": [{"na', "cut off"),
        ('{"items": [{"name": "a "quoted" name"}]}', "Expecting ',' delimiter"),
        ('{"items": [1}', "not valid JSON at line 1"),
        ("{'items': []}", "Expecting property name"),
        ('{"items": [{"name": "a", "size": NaN}]}', "NaN is not JSON"),
        ('{"items": [{"name": "a", "size": -Infinity}]}', "-Infinity is not JSON"),
        ('{"items": [], "items": []}', "the key 'items' comes more than once"),
        ('{"items": ' + "[" * 5_000 + "]" * 5_000 + "}", "nested more than 48 levels"),
        ('{"items": [{"name": "a", "size": ' + "9" * 5_000 + "}]}", "not valid JSON"),
        ('{"items": [{"name": "a", "colour": "red"}]}', "items.0.colour: there is no such field"),
        ('{"items": [{"kind": "lookup"}]}', "items.0.name: this field is missing"),
        (
            '{"items": [{"name": "a", "kind": "delete"}]}',
            "items.0.kind: Input should be 'lookup' or 'create', not 'delete'",
        ),
        ('{"items": [{"name": "a", "size": 1.5}]}', "not 1.5"),
        ('[{"name": "a"}]', "the answer: "),
    ],
)
def test_what_is_wrong_is_said_in_words_for_the_model(text: str, expected: str) -> None:
    assert expected in problems(text)


def test_at_most_eight_mistakes_are_told() -> None:
    told = problems(json.dumps({"items": [{}] * 20})).splitlines()
    assert len(told) == 9
    assert told[-1] == "and 12 more of this kind"


def test_a_check_of_our_own_speaks_like_the_schema() -> None:
    careful = json_answer(Shelf, lambda shelf: [] if shelf.note else ["`note` is empty"])
    assert careful(PLAIN) == SHELF
    with pytest.raises(Unusable, match="`note` is empty"):
        careful('{"items": []}')


_PROSE = st.text(st.characters(exclude_characters='{}[]<`"', exclude_categories=["Cs"]), max_size=60)
_SHELVES = st.builds(
    Shelf,
    items=st.lists(st.builds(Item, name=st.text(max_size=20), size=st.none() | st.integers()), max_size=5).map(tuple),
    note=st.text(max_size=30),
)


@given(_SHELVES, _PROSE, _PROSE)
def test_every_value_survives_prose(shelf: Shelf, before: str, after: str) -> None:
    assert read(f"{before}\n{shelf.model_dump_json(indent=1)}\n{after}") == shelf


@given(_SHELVES, st.data())
def test_every_truncation_is_noticed(shelf: Shelf, data: Any) -> None:
    text = shelf.model_dump_json()
    short = text[: data.draw(st.integers(1, len(text) - 1))]
    assert "cut off" in problems(short)


@given(st.text(st.sampled_from('{}[]",:\\ \na1`<think>/-.eNul'), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Unusable):
        assert isinstance(read(text), Shelf)


def test_a_schema_is_small_closed_and_without_references() -> None:
    assert schema_of(Shelf) == {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "description": "As in commands."},
                        "kind": {"type": "string", "enum": ["lookup", "create"]},
                        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    },
                    "required": ["name"],
                    "additionalProperties": False,
                },
            },
            "note": {"type": "string"},
        },
        "required": ["items"],
        "additionalProperties": False,
    }
    text = json.dumps(schema_of(DomainIdea))
    assert "$ref" not in text
    assert "$defs" not in text


class Nested(Model):
    title: str
    parts: tuple[Nested, ...] = ()


def test_a_model_inside_itself_is_free_from_the_second_time_on() -> None:
    assert schema_of(Nested)["properties"]["parts"]["items"] == {}
    assert "title" in schema_of(Nested)["properties"]


ADD = 'def add(db, a: int, b: int) -> dict:\n    text = """\nnot the end"""\n    return {"sum": a + b}\n'
DROP = "def drop(\n    db,\n    key: str,\n) -> dict:\n    return {}\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{ADD}\n\n{DROP}",
        f"Sure!\n\n```python\n{ADD}\n{DROP}```\nDone.",
        f"```python\n{ADD}```\nand\n~~~\n{DROP}~~~",
        f"<think>def add(): pass</think>\n```\n{ADD}\n\n{DROP}",
        f"```py\nimport os\n\ndef add(db):\n    return 0\n\n{ADD}\nLIMIT = 3\n{DROP}\ndef other(db):\n    pass\n```",
        f"{ADD}\n{DROP}".replace("\n", "\r\n"),
        "  ```python\n" + "".join(f"  {line}\n" for line in f"{DROP}".splitlines()) + "  ```\n```\n" + ADD + "```",
    ],
)
def test_functions_are_found_by_name(text: str) -> None:
    assert functions_in(text, ("add", "drop", "absent")) == {"add": ADD, "drop": DROP}


def test_functions_that_python_cant_read_are_given_as_they_are() -> None:
    broken = "def add(db, a: int\n) -> dict:\n    return {'sum': a +}\n"
    text = f"Here it is:\n\n{broken}\n{DROP}\nThat is all, isn't it?"
    assert functions_in(text, ("drop", "add")) == {"drop": DROP, "add": broken}


def test_decorators_belong_to_their_function() -> None:
    assert functions_in(f"@cache\n{DROP}", ("drop",))["drop"].startswith("@cache\n")


@pytest.mark.parametrize("text", ["", "I can't.", "def other():\n    pass", "```python\n```", "<think>def add(): ..."])
def test_an_answer_without_a_wanted_function_is_unusable(text: str) -> None:
    with pytest.raises(Unusable):
        functions_in(text, ("add",))


@given(st.text(st.sampled_from("def add(b):\n\t `~'\"#@\\\r"), max_size=200))
def test_any_text_gives_functions_or_is_refused(text: str) -> None:
    try:
        found = functions_in(text, ("add", "b"))
    except Unusable:
        return
    assert set(found) <= {"add", "b"}
    assert all("def" in source for source in found.values())


@given(st.lists(st.sampled_from([ADD, DROP, "X = '''\ndef add(db):\n    no\n'''\n"]), min_size=1, max_size=6))
def test_what_python_reads_is_what_python_would_define(parts: list[str]) -> None:
    module = "\n".join(parts)
    defined = {node.name for node in ast.parse(module).body if isinstance(node, ast.FunctionDef)}
    try:
        assert functions_in(module, ("add", "drop")).keys() == defined
    except Unusable:
        assert not defined


def test_keys_without_end_are_read_in_passing() -> None:
    many = ",".join(f'"k{number}": 1' for number in range(50_000))
    with pytest.raises(Unusable, match="'k7' comes more than once"):
        json_answer(Shelf)(f'{{{many}, "k7": 2}}')
