"""What an error of a provider means, and that no key is left in its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agents.llm.ask.faults import fault_of, retry_after, scrubbed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def error(name: str, status: int | None, words: str = "words") -> Exception:
    made = type(name, (Exception,), {})(words)
    if status is not None:
        made.status_code = status  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    "name, status, words, kind",
    [
        ("RateLimitError", 429, "slow down", "busy"),
        ("RateLimitError", 429, "code: insufficient_quota", "setup"),
        ("ServiceUnavailableError", 503, "", "busy"),
        ("Timeout", 408, "", "timeout"),
        ("Timeout", 504, "", "timeout"),
        ("InternalServerError", 500, "OpenAIException - Connection error.", "unreachable"),
        ("APIConnectionError", None, "Server disconnected", "unreachable"),
        ("InternalServerError", 500, "out of memory", "broken"),
        ("AttributeError", None, "'NoneType' object has no attribute 'x'", "broken"),
        ("AuthenticationError", 401, "no", "setup"),
        ("APIError", 403, "no", "setup"),
        ("NotFoundError", 404, "no", "setup"),
        ("BadRequestError", 400, "LLM Provider NOT provided. Pass in the LLM provider", "setup"),
        ("APIConnectionError", 500, "No module named 'boto3'", "setup"),
        ("InternalServerError", 500, "OpenAIException - Missing credentials. Please pass an `api_key`", "setup"),
        ("APIConnectionError", 500, "Missing Mistral API Key - A call is being made", "setup"),
        ("ContextWindowExceededError", 400, "", "too_long"),
        ("BadRequestError", 400, "This model's maximum context length is 8 tokens", "too_long"),
        (
            "BadRequestError",
            400,
            "max_tokens is too large: 9000. This model supports at most 8 completion tokens",
            "too_long",
        ),
        ("BadRequestError", 400, "Unsupported parameter: 'max_tokens' is not supported with this model", "refused"),
        ("ContentPolicyViolationError", 400, "", "filtered"),
        ("BadRequestError", 400, "blocked by our content management policy", "filtered"),
        ("UnsupportedParamsError", 400, "", "form"),
        ("UnprocessableEntityError", 422, "response_format: extra fields", "form"),
        ("BadRequestError", 400, "Invalid schema for response_format 'x'", "form"),
        ("BadRequestError", 400, "temperature is out of range", "refused"),
    ],
)
def test_an_error_is_told_by_what_can_be_done_about_it(name: str, status: int | None, words: str, kind: str) -> None:
    assert fault_of(error(name, status, words), key=None).kind == kind


def test_our_own_patience_ends_like_the_providers() -> None:
    assert fault_of(TimeoutError(), key=None).kind == "timeout"


def test_the_words_are_the_providers() -> None:
    told = fault_of(error("BadRequestError", 400, "litellm.BadRequestError: OpenAIException - it\nis  wrong"), key=None)
    assert told.words == "it is wrong"
    assert fault_of(error("BadRequestError", 400, ""), key=None).words == "BadRequestError"
    assert len(fault_of(error("X", 500, "long " * 1_000), key=None).words) < 310


@given(st.integers(0, 10**6))
def test_retry_after_is_seconds_or_a_date(seconds: int) -> None:
    assert retry_after({"Retry-After": str(seconds)}) == seconds
    assert retry_after({"retry-after-ms": str(seconds * 1_000), "retry-after": "1"}) == seconds
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"RETRY-AFTER": date}, NOW) == seconds


@given(st.text(max_size=40))
def test_any_other_retry_after_is_none_or_no_wait_into_the_past(text: str) -> None:
    seconds = retry_after({"retry-after": text}, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("text", ["soon", "", "nan", "Wed, 99 Foo 2026", "-5"])
def test_a_wish_that_is_none(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) in (None, 0.0)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=60),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_the_key_of_the_request_never_stays(key: str, before: str, after: str) -> None:
    assert key not in scrubbed(f"{before} {key}{after}{key}", key) or key in "[key]"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abc***wxyz. You can find",
        "Incorrect API key provided: sk-abcdefghijklmnop1234.",
        "header Authorization: Bearer abcdefghijkl",
        "invalid x-api-key AIzaSyA1234567890abcdefghij",
        "key gsk_0123456789abcdefghij is revoked",
        "key ab12****cd34 is wrong",
    ],
)
def test_what_looks_like_a_key_does_not_stay_either(text: str) -> None:
    told = scrubbed(text, None)
    assert "[key]" in told
    assert not any(part in told for part in ("abc", "wxyz", "SyA", "0123", "cd34"))


def test_words_that_are_no_keys_stay() -> None:
    words = "The model `some-model-with-a-long-name-2024` does not exist; asked for key-value pairs, risk-free"
    assert scrubbed(words, "") == words
    assert scrubbed(words, "model") == words


@pytest.mark.parametrize("written", ["ab%2Bcd%2Fef%22%C3%A9", 'ab+cd/ef\\"\\u00e9', 'ab+cd/ef"é'])
def test_a_key_does_not_stay_in_another_spelling(written: str) -> None:
    assert scrubbed(f"GET /models?key={written}&x=1", 'ab+cd/ef"é') == "GET /models?key=[key]&x=1"
