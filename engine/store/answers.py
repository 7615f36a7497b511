"""What language models answered, by the digest of what they were asked: asked again, it costs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from engine.errors import StoreError
from engine.models.base import digest
from engine.models.call import Answer
from engine.store.codec import pack, to_text, unpack
from engine.store.connection import Connection

_COLUMNS = "key, model, request, text, finish, prompt_tokens, completion_tokens, cost, seconds"


class Answers:
    """The answers of a store. They belong to no run: every run may use them, and none takes them along when it goes.

    Args:
        connection: Where they are.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Answer | None:
        """The answer to a request, if there is one.

        Args:
            key: SHA-256 of the request in canonical JSON.

        Raises:
            StoreError: It is damaged.
        """
        row = self._connection.one(f"select {_COLUMNS} from answer where key = ?", (key,))
        if row is None:
            return None
        what = f"answer {key[:12]}"
        request = json.loads(unpack(row["request"], what))
        if digest(request) != key:
            raise StoreError(
                f"The stored {what} is damaged (its request has another key); restore a copy of the store."
            )
        return Answer.model_validate({**dict(row), "request": request, "text": unpack(row["text"], what)})

    def put(self, answer: Answer) -> Answer:
        """Keeps an answer for ever and returns the one that is kept: the first, where two runs asked the same at once."""
        added = self._connection.write(
            f"insert or ignore into answer ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?)",
            (
                *(answer.key, answer.model, pack(to_text(answer.request)), pack(answer.text), answer.finish),
                *(answer.prompt_tokens, answer.completion_tokens, answer.cost, answer.seconds),
            ),
        )
        return answer if added else self.get(answer.key) or answer

    def export(self, keys: Iterable[str]) -> Iterator[Answer]:
        """The answers of some keys, each once, sorted by key; keys without an answer are left out."""
        for key in sorted(set(keys)):
            answer = self.get(key)
            if answer is not None:
                yield answer

    def count(self) -> int:
        """How many there are."""
        return int(self._connection.value("select count(*) from answer"))
