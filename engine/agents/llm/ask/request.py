"""Requests: everything that determines a model's answer, and the key under which that is kept for ever."""

from __future__ import annotations

from typing import Any, Literal

from engine.models.base import Model, digest

VERSION = 1
"""Of the request's form; another one makes every kept answer one to another question."""


class Message(Model):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(Model):
    """What a model is asked, whoever asks and however the provider wants it sent."""

    version: int = VERSION
    model: str
    messages: tuple[Message, ...]
    schema_: dict[str, Any] | None
    temperature: float
    most_tokens: int
    sample: int

    @property
    def content(self) -> dict[str, Any]:
        """As plain data; its digest is the key."""
        return {
            "version": self.version,
            "model": self.model,
            "messages": [message.model_dump() for message in self.messages],
            "schema": self.schema_,
            "temperature": self.temperature,
            "most_tokens": self.most_tokens,
            "sample": self.sample,
        }

    @property
    def key(self) -> str:
        """SHA-256 of the content in canonical JSON."""
        return digest(self.content)
