"""Cassettes: the answers of language models that runs used, in a file, so that the runs can be repeated with no network.

A line of JSON each, sorted by key and written in one canonical way, below a first line that says what the file is.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from pydantic import ValidationError

from engine.agents.llm.ask.request import VERSION as REQUEST_VERSION
from engine.agents.llm.ask.request import Request
from engine.errors import UsageError
from engine.export.files import write_file
from engine.models.base import Model, canonical_json, digest
from engine.models.call import Answer
from engine.store import Store

FORMAT = "scaleenv-cassette"
VERSION = 1

LONGEST_LINE = 16_000_000
"""Bytes of an answer with its request; real ones have some thousand."""

_MOST = 2**53
"""Numbers beyond this can't be stored, or not exactly."""

_FIELDS = ("version", "model", "messages", "schema", "temperature", "most_tokens", "sample")


class Header(Model):
    """The first line.

    Attributes:
        format: What the file is.
        version: Of the file's form.
        requests: Version of the requests' form: with another one no key would be found.
        answers: How many lines follow.
    """

    format: str = FORMAT
    version: int = VERSION
    requests: int = REQUEST_VERSION
    answers: int


def export_cassette(store: Store, run_ids: Iterable[str], path: Path) -> int:
    """Writes every answer that some runs used; the same runs of the same store give the same bytes.

    Args:
        store: Where they are.
        run_ids: The runs.
        path: The file; it is there as a whole or not at all.

    Returns:
        How many answers it holds.

    Raises:
        UsageError: There is no such run, or the runs asked no language model.
        ExportError: The file can't be written.
    """
    with store.snapshot():
        runs = [store.runs.get(id).id for id in run_ids]
        keys = store.calls.keys(runs)
        count = sum(1 for _ in store.answers.export(keys))
        if not count:
            raise UsageError(
                f"No language model answered anything in {', '.join(f'`{run}`' for run in runs) or 'no run at all'}, so there "
                "is nothing to put on a cassette."
            )

        def write(draft: Path) -> None:
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                file.write(canonical_json(Header(answers=count).model_dump()) + "\n")
                for answer in store.answers.export(keys):
                    file.write(canonical_json(answer.model_dump()) + "\n")

        write_file(path, write)
    return count


def import_cassette(store: Store, path: Path) -> int:
    """Keeps the answers of a cassette, all or none; where the store has an answer already, that one stays.

    Args:
        store: Where they go.
        path: The file, compressed with gzip or not.

    Returns:
        How many of them the store did not have.

    Raises:
        UsageError: The file can't be read or is no cassette; the message names the line.
    """
    with store.transaction():
        before = store.answers.count()
        for answer in _answers(path):
            store.answers.put(answer)
        return store.answers.count() - before


def _answers(path: Path) -> Iterator[Answer]:
    try:
        with _opened(path) as file:
            lines = _lines(path, file)
            header = _header(path, next(lines, (1, b""))[1])
            number = 1
            for number, line in lines:
                if number > header.answers + 1:
                    raise _wrong(
                        path, number, f"the first line says that {header.answers:,} answers follow, here is another"
                    )
                yield _answer(path, number, line)
            if number != header.answers + 1:
                raise _wrong(path, number, f"the file ends after {number - 1:,} of {header.answers:,} answers")
    except OSError as error:
        raise UsageError(f"The cassette {path} can't be read ({error.strerror or error}).") from error
    except (EOFError, zlib.error) as error:
        raise UsageError(f"The cassette {path} can't be unpacked ({error}); copy it again.") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers, from 1; a small packed file may hold one that would fill the memory."""
    number = 1
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise _wrong(path, number, f"the line has more than {LONGEST_LINE:,} bytes")
        yield number, line
        number += 1


def _header(path: Path, line: bytes) -> Header:
    data = _data(path, 1, line)
    if data.get("format") != FORMAT:
        raise _wrong(path, 1, "this is no cassette; `scaleenv cassette export` writes one")
    if (data.get("version"), data.get("requests")) != (VERSION, REQUEST_VERSION):
        raise _wrong(path, 1, "the cassette is of another version of ScaleEnv Studio; record it again with this one")
    try:
        return Header.model_validate(data)
    except ValidationError as error:
        raise _wrong(path, 1, _first(error)) from None


def _answer(path: Path, number: int, line: bytes) -> Answer:
    try:
        answer = Answer.model_validate(_data(path, number, line))
    except ValidationError as error:
        raise _wrong(path, number, _first(error)) from None
    if sorted(answer.request) != sorted(_FIELDS) or answer.request["model"] != answer.model:
        raise _wrong(path, number, "`request` is no request to a model")
    try:
        Request.model_validate(
            {("schema_" if name == "schema" else name): part for name, part in answer.request.items()}
        )
    except ValidationError as error:
        raise _wrong(path, number, f"`request` is no request to a model ({_first(error)})") from None
    if not (0 <= answer.prompt_tokens <= _MOST and 0 <= answer.completion_tokens <= _MOST):
        raise _wrong(path, number, "its numbers of tokens can't be")
    if digest(answer.request) != answer.key:
        raise _wrong(path, number, "`key` is not the digest of `request`, so this would answer another question")
    return answer


def _data(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line, parse_constant=_no_constant)
        line.decode().encode()
        # A lone surrogate can't be stored, nor can what reads as infinite (1e999).
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise _wrong(path, number, f"this is no JSON ({type(error).__name__})") from None
    if not isinstance(data, dict):
        raise _wrong(path, number, "this is no JSON object")
    return cast("dict[str, Any]", data)


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"`{'.'.join(str(part) for part in first['loc'])}`: {first['msg']}"


def _wrong(path: Path, number: int, words: str) -> UsageError:
    return UsageError(f"The cassette {path} can't be used, line {number:,}: {words}.")
