"""What goes wrong between us and a provider, by what can be done about it; keys never stay in the words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast
from urllib.parse import quote, quote_plus

FaultKind = Literal["busy", "timeout", "unreachable", "broken", "setup", "too_long", "filtered", "form", "refused"]
"""`busy`: too many requests. `timeout`: no answer in time. `unreachable`: no connection, or one that broke. `broken`: the
server's own fault. These four may pass. `setup`: key, name or address. `too_long`: prompt and answer don't fit the model.
`filtered`: refused for its content. `form`: refused for the way in which a schema was sent. `refused`: for anything else."""

PASSING: frozenset[FaultKind] = frozenset({"busy", "timeout", "unreachable", "broken"})
"""Faults after which the same request may succeed."""

CONGESTION: frozenset[FaultKind] = frozenset({"busy", "timeout"})
"""Faults that speak for fewer requests at once."""

_LONGEST_WORDS = 300
_SHORTEST_KEY = 6

_SECRETS = re.compile(
    r"(?i:bearer|basic)\s+[\w.~+/=*-]{6,}"
    r"|\b(?:sk|pk|rk|gsk|xai|hf|r8|key|AIza)[-_]?[A-Za-z0-9][\w-]{6,}[\w*.-]*\*{2,}[\w*-]*"  # as providers shorten them
    r"|\b(?:sk|pk|rk|gsk|xai|hf|r8)[-_][\w-]{12,}"
    r"|\bAIza[\w-]{20,}"
    r"|[\w-]*\*{3,}[\w-]*"
)
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|maximum context|too long|n_ctx|too many tokens|exceeds?.{0,30}tokens|token limit"
    r"|max_(?:completion_|output_|new_)?tokens.{0,40}(?:too large|exceed|at most|less than|out of range)",
    re.I,
)
_FILTERED = re.compile(r"content.{0,12}(policy|filter|management)|safety system|moderation|responsibleai", re.I)
_FORM = re.compile(
    r"response.?format|json.?schema|json.?object|json.?mode|structured.?output|grammar|guided|schema|output_(?:config|format)|tool_choice",
    re.I,
)
_NO_QUOTA = re.compile(r"insufficient_quota|credit balance|payment required", re.I)
_NO_PROVIDER = re.compile(
    r"LLM Provider NOT provided|No module named|pip install|not a valid URL|UnsupportedProtocol", re.I
)
_NO_KEY = re.compile(r"missing credentials|missing.{0,30}api.?key|api_key client option must be set", re.I)
_NO_CONNECTION = re.compile(r"connection|connect|disconnected|reset by peer|network|name resolution|EOF", re.I)
_PREFIX = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Exception|Timeout)\s*(?:-|:)\s*|litellm\.)+")


class Fault(Exception):
    """A request brought no answer.

    Attributes:
        kind: What can be done about it.
        words: What the provider or the network said, in one line and without keys.
        retry_after: Seconds that the provider wants us to wait, where it says so.
    """

    def __init__(self, kind: FaultKind, words: str, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.kind: FaultKind = kind
        self.words = words
        self.retry_after = retry_after


def fault_of(error: BaseException, *, key: str | None, now: datetime | None = None) -> Fault:
    """An error of litellm, httpx or asyncio as what can be done about it.

    Args:
        error: As it was raised; its classes are told by name, so that litellm need not be there.
        key: The key of the request, to be struck out.
        now: The time, for a `Retry-After` that is a date.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    said = str(error)
    status = getattr(error, "status_code", None)
    words = scrubbed(_PREFIX.sub("", said.strip()) or type(error).__name__, key)
    if isinstance(error, TimeoutError) or names & {"Timeout", "APITimeoutError"} or status in (408, 504):
        return Fault("timeout", words)
    kind = _kind(names, status if isinstance(status, int) else 0, said)
    return Fault(kind, words, _retry_after(error, now) if kind in PASSING else None)


def _kind(names: set[str], status: int, said: str) -> FaultKind:
    if _NO_PROVIDER.search(said) or _NO_KEY.search(said) or (status in (400, 402, 429) and _NO_QUOTA.search(said)):
        return "setup"
    if "ContextWindowExceededError" in names or (status in (400, 413, 422) and _TOO_LONG.search(said)):
        return "too_long"
    if "ContentPolicyViolationError" in names or (status in (400, 422) and _FILTERED.search(said)):
        return "filtered"
    if status in (429, 503, 529):
        return "busy"
    if status in (401, 402, 403, 404, 405):
        return "setup"
    # The server of llama-cpp-python calls what it can't read an error of its own.
    unread = status in (400, 422) or (status == 500 and "validation error" in said)
    if "UnsupportedParamsError" in names or (unread and _FORM.search(said)):
        return "form"
    if 400 <= status < 500:
        return "refused"
    if (
        status == 502
        or names & {"APIConnectionError", "ConnectionError", "TransportError"}
        or _NO_CONNECTION.search(said)
    ):
        return "unreachable"
    return "broken"


def _retry_after(error: BaseException, now: datetime | None) -> float | None:
    for holder in (getattr(error, "response", None), error):
        headers: Any = getattr(holder, "headers", None) or getattr(holder, "litellm_response_headers", None)
        if (
            isinstance(headers, Mapping)
            and (seconds := retry_after(cast("Mapping[str, Any]", headers), now)) is not None
        ):
            return seconds
    return None


def retry_after(headers: Mapping[str, Any], now: datetime | None = None) -> float | None:
    """How many seconds a provider wants us to wait; never less than 0.

    Args:
        headers: Of the response; `Retry-After` is a number of seconds or a date.
        now: The time, for a date.
    """
    found = {str(name).lower(): str(value).strip() for name, value in headers.items()}
    text = found.get("retry-after", "")
    if milliseconds := found.get("retry-after-ms", ""):
        text = milliseconds
    try:
        seconds = float(text) / (1_000 if milliseconds else 1)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None  # NaN is no wish


def scrubbed(text: str, key: str | None) -> str:
    """A foreign text in one line of bounded length, without anything that looks like a key."""
    line = " ".join(without_key(text, key).split())
    line = _SECRETS.sub("[key]", line)
    return line if len(line) <= _LONGEST_WORDS else line[:_LONGEST_WORDS].rstrip() + " ..."


def without_key(text: str, key: str | None) -> str:
    """A text with a key struck out; very short ones are no keys, and would strike out words."""
    if not key or len(key) < _SHORTEST_KEY:
        return text
    # As it is, and as addresses, JSON and Python's own errors write it.
    for form in dict.fromkeys((key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], repr(key)[1:-1])):
        text = text.replace(form, "[key]")
    return text
