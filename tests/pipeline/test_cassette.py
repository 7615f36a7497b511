"""A cassette takes a run's answers elsewhere: the same bytes each time, and nothing that does not fit is let in."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.agents.llm.ask.client import ModelClient
from engine.agents.llm.ask.conversation import request_of
from engine.agents.llm.ask.endpoint import Endpoint
from engine.agents.llm.ask.question import ProviderError, Question
from engine.errors import ExportError, UsageError
from engine.models.call import Answer, ModelCall, Spent
from engine.models.run import Budget
from engine.pipeline.cassette import LONGEST_LINE, export_cassette, import_cassette
from engine.store import Store
from tests.store import samples


def question(words: str) -> Question[str]:
    return Question(role="code", system="Role: code", user=words, parse=str.strip, subject="add_note")


def recorded(store: Store, *words: str) -> str:
    """A run that asked something."""
    run = store.runs.create("notes", samples.OPTIONS, seed_kind="keyword", seed_digest="d", seed="{}").id
    for each in words:
        request = request_of("openai/x", question(each))
        answer = Answer(key=request.key, model="openai/x", request=request.content, text=f" {each} – ✓\n", cost=0.1)
        store.answers.put(answer)
        store.calls.add(ModelCall(run=run, domain="notes", role="code", key=answer.key, model="openai/x"))
    return run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "studio.db")


def test_the_same_runs_give_the_same_bytes_and_only_their_answers(store: Store, tmp_path: Path) -> None:
    first, second = recorded(store, "b", "a"), recorded(store, "a", "c")
    recorded(store, "of another run")
    assert export_cassette(store, [first, second], tmp_path / "one.jsonl") == 3
    assert export_cassette(store, [second, first], tmp_path / "two.jsonl") == 3
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text("utf-8").splitlines()]
    assert lines[0] == {"answers": 3, "format": "scaleenv-cassette", "requests": 1, "version": 1}
    assert [line["key"] for line in lines[1:]] == sorted(line["key"] for line in lines[1:])


def test_what_was_recorded_here_replays_elsewhere_with_no_network(store: Store, tmp_path: Path) -> None:
    export_cassette(store, [recorded(store, "a", "b")], tmp_path / "run.jsonl")

    async def work(other: Store) -> list[Any]:
        client = ModelClient(
            lambda role: Endpoint(model="openai/x", base_url="http://127.0.0.1:9"),
            other.answers,
            read_key=lambda endpoint: None,
            budget=Budget(calls=0),
            spent=Spent(),
            log=lambda call: None,
            run="",
            domain="",
            offline=True,
        )
        asked = (client.ask(question(words)) for words in ("a", "b", "c"))
        came = await asyncio.gather(*asked, return_exceptions=True)
        await client.close()
        return came

    with Store.open(tmp_path / "elsewhere" / "studio.db") as other:
        assert import_cassette(other, tmp_path / "run.jsonl") == 2
        assert import_cassette(other, tmp_path / "run.jsonl") == 0
        assert other.answers.count() == 2
        came = asyncio.run(work(other))
    assert came[:2] == ["a – ✓", "b – ✓"]
    assert isinstance(came[2], ProviderError)


def test_an_answer_that_the_store_has_stays(store: Store, tmp_path: Path) -> None:
    run = recorded(store, "a")
    export_cassette(store, [run], tmp_path / "run.jsonl")
    with Store.open(tmp_path / "other.db") as other:
        request = request_of("openai/x", question("a"))
        own = Answer(key=request.key, model="openai/x", request=request.content, text="my own")
        other.answers.put(own)
        import_cassette(other, tmp_path / "run.jsonl")
        assert other.answers.get(own.key) == own


def test_runs_without_models_give_no_cassette(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to put on a cassette"):
        export_cassette(store, [recorded(store)], tmp_path / "run.jsonl")
    with pytest.raises(UsageError, match="There is no run"):
        export_cassette(store, ["nowhere-1"], tmp_path / "run.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError):
        export_cassette(store, [recorded(store, "a")], tmp_path / "file" / "run.jsonl")
    assert not (tmp_path / "run.jsonl").exists()


def _text(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


Spoil = Callable[[list[dict[str, Any]]], bytes]


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda lines: b"", "line 1: this is no JSON"),
        (lambda lines: b"SQLite format 3\x00\xff", "line 1: this is no JSON"),
        (lambda lines: b"[1]\n", "line 1: this is no JSON object"),
        (lambda lines: b'{"a": 1}\n', "line 1: this is no cassette"),
        (lambda lines: _text([{**lines[0], "version": 2}]), "another version"),
        (lambda lines: _text([{**lines[0], "answers": "many"}]), "line 1: `answers`"),
        (lambda lines: _text(lines[:2]), "line 2: the file ends after 1 of 2 answers"),
        (lambda lines: _text([*lines, lines[1]]), "line 4: the first line says that 2 answers follow"),
        (lambda lines: _text(lines[:2]) + b'{"key": \n', "line 3: this is no JSON"),
        (lambda lines: _text([*lines[:2], {**lines[2], "cost": "free"}]), "line 3: `cost`"),
        (lambda lines: _text(lines[:2]) + _text(lines[2:]).replace(b"0.1", b"NaN"), "line 3: this is no JSON"),
        (lambda lines: _text(lines[:2]) + _text(lines[2:]).replace(b"0.1", b"1e999"), "line 3: this is no JSON"),
        (lambda lines: _text([*lines[:2], {**lines[2], "prompt_tokens": 10**30}]), "line 3: its numbers of tokens"),
        (
            lambda lines: _text([*lines[:2], {**lines[2], "request": {**lines[2]["request"], "messages": "x"}}]),
            "line 3: `request` is no request to a model (`messages`",
        ),
        (lambda lines: _text([*lines[:2], {**lines[2], "text": "\ud800"}]), "line 3: this is no JSON"),
        (lambda lines: _text([*lines[:2], {**lines[2], "key": lines[1]["key"]}]), "line 3: `key` is not the digest"),
        (lambda lines: _text([*lines[:2], {**lines[2], "request": {}}]), "line 3: `request` is no request"),
        (lambda lines: _text([*lines[:2], {**lines[2], "model": "other"}]), "line 3: `request` is no request"),
        (lambda lines: b"[" * 100_000, "line 1: this is no JSON"),
        (lambda lines: gzip.compress(_text(lines))[:-20], "can't be unpacked"),
        (lambda lines: gzip.compress(_text(lines[:2]) + b" " * (LONGEST_LINE + 1)), "line 3: the line has more than"),
    ],
)
def test_a_spoiled_cassette_is_refused_as_a_whole(store: Store, tmp_path: Path, spoil: Spoil, words: str) -> None:
    path = tmp_path / "run.jsonl"
    export_cassette(store, [recorded(store, "a", "b")], path)
    path.write_bytes(spoil([json.loads(line) for line in path.read_text("utf-8").splitlines()]))
    with Store.open(tmp_path / "other.db") as other:
        with pytest.raises(UsageError) as caught:
            import_cassette(other, path)
        assert words in str(caught.value)
        assert other.answers.count() == 0


def test_a_packed_cassette_is_one_too(store: Store, tmp_path: Path) -> None:
    plain, packed = tmp_path / "run.jsonl", tmp_path / "packed"
    count = export_cassette(store, [recorded(store, "a", "b")], plain)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with Store.open(tmp_path / "other.db") as other:
        assert import_cassette(other, packed) == count == 2


def test_a_file_that_is_not_there_is_an_error_with_words(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        import_cassette(store, tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="can't be read"):
        import_cassette(store, tmp_path)
