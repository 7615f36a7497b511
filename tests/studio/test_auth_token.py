"""The gate of the shared token: nothing passes without it, and guessing takes for ever."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.auth.token import ADDRESSES, DAYS, TRIES, TRIES_SECONDS, TokenGate, WrongTokens
from tests.store.test_runs import Clock
from tests.studio.asgi import Answer, ask, inner

TOKEN = "correct-horse-battery-staple"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> TokenGate:
    return TokenGate(inner, TOKEN, clock, WrongTokens(clock))


def log_in(gate: TokenGate, token: str = TOKEN, **more: str) -> Answer:
    return ask(gate, "/login", method="POST", body=urlencode({"token": token, **more}).encode())


@pytest.mark.parametrize(
    "path", ["/", "/tasks", "/_stcore/host-config", "/media/x", "/static/js/x.js", "/logi", "//login"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_nothing_passes_without_the_token(gate: TokenGate, path: str, method: str) -> None:
    answer = ask(gate, path, method=method)
    assert answer.status == 401
    assert "secret" not in answer.body


def test_no_websocket_passes_without_the_token(gate: TokenGate) -> None:
    assert ask(gate, "/_stcore/stream", websocket=True).status == 403
    cookie = log_in(gate).cookie
    assert ask(gate, "/_stcore/stream", websocket=True, headers={"cookie": cookie}).status == 101


def test_whether_the_server_lives_is_no_secret(gate: TokenGate) -> None:
    assert ask(gate, "/_stcore/health").status == 200


def test_the_token_opens_and_leaves_a_careful_cookie(gate: TokenGate) -> None:
    answer = log_in(gate, next="/tasks?domain=a&task=b")
    assert (answer.status, answer.headers["location"]) == (303, "/tasks?domain=a&task=b")
    whole = answer.headers["set-cookie"].lower()
    assert "httponly" in whole
    assert "samesite=strict" in whole
    assert "secure" not in whole
    assert TOKEN not in whole
    assert ask(gate, headers={"cookie": answer.cookie}).body == "secret"


def test_over_https_the_cookie_never_travels_in_the_clear(gate: TokenGate) -> None:
    answer = ask(gate, "/login", method="POST", body=f"token={TOKEN}".encode(), scheme="https")
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_token_in_the_address_is_taken_once_and_leaves_it(gate: TokenGate) -> None:
    answer = ask(gate, "/tasks", query=f"domain=a&token={TOKEN}&x=1%202")
    assert (answer.status, answer.headers["location"]) == (303, "/tasks?domain=a&x=1+2")
    assert ask(gate, headers={"cookie": answer.cookie}).status == 200
    assert ask(gate, "/tasks", query="token=wrong-wrong-wrong-wrong").status == 401


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", "/a\r\nx: y"]
)
def test_the_login_leads_nowhere_else(gate: TokenGate, there: str) -> None:
    assert log_in(gate, next=there).headers["location"] == "/"


def test_the_form_remembers_where_one_wanted_to_go(gate: TokenGate) -> None:
    page = ask(gate, "/tasks", query='domain="><script>').body
    assert 'value="/tasks?domain=&#34;&gt;&lt;script&gt;"' in page


def test_a_wrong_token_is_told_and_remembered(gate: TokenGate, clock: Clock) -> None:
    for _ in range(TRIES):
        answer = log_in(gate, "wrong")
        assert (answer.status, answer.cookie) == (401, "")
        assert "not the token" in answer.body
    refused = log_in(gate)
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= TRIES_SECONDS + 1
    assert log_in(gate, "wrong").status == 429
    clock.now += TRIES_SECONDS + 1
    assert log_in(gate).status == 303


def test_one_address_does_not_lock_another_one_out(gate: TokenGate) -> None:
    for _ in range(TRIES):
        ask(gate, "/", query="token=wrong", client=("10.0.0.1", 1))
    assert ask(gate, "/", query=f"token={TOKEN}", client=("10.0.0.1", 1)).status == 429
    assert ask(gate, "/", query=f"token={TOKEN}", client=("10.0.0.2", 1)).status == 303


def test_not_more_than_so_many_addresses_are_remembered(clock: Clock) -> None:
    wrong = WrongTokens(clock)
    for n in range(ADDRESSES + 50):
        wrong.add(str(n))
    assert len(wrong._at) == ADDRESSES


def test_a_cookie_ends_with_its_time(gate: TokenGate, clock: Clock) -> None:
    cookie = log_in(gate).cookie
    clock.now += DAYS * 86400 - 1
    assert ask(gate, headers={"cookie": cookie}).status == 200
    clock.now += 2
    assert ask(gate, headers={"cookie": cookie}).status == 401


def test_another_token_ends_all_cookies(gate: TokenGate, clock: Clock) -> None:
    cookie = log_in(gate).cookie
    assert ask(TokenGate(inner, TOKEN + "2", clock), headers={"cookie": cookie}).status == 401


def test_two_studios_on_one_machine_do_not_mix_up_their_cookies(gate: TokenGate) -> None:
    names = {
        ask(gate, query=f"token={TOKEN}", server=("127.0.0.1", port)).cookie.partition("=")[0] for port in (8501, 8502)
    }
    assert len(names) == 2


def test_leaving_takes_the_cookie_away(gate: TokenGate) -> None:
    answer = ask(gate, "/logout")
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert "max-age=0" in answer.headers["set-cookie"].lower()


def test_a_link_from_elsewhere_is_led_on_by_a_page_of_ours(gate: TokenGate) -> None:
    """Browsers keep a strict cookie back on the first request after a click in a chat or an e-mail."""
    answer = ask(gate, "/tasks", query="domain=a&task=b", headers={"sec-fetch-site": "cross-site"})
    assert answer.status == 200
    assert 'content="0;url=/tasks?domain=a&amp;task=b"' in answer.body
    assert "secret" not in answer.body


@given(cookie=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=";"), max_size=100))
def test_no_other_cookie_opens(cookie: str) -> None:
    gate = TokenGate(inner, TOKEN, lambda: 1000.0)
    for value in (cookie, f"1000.{cookie}"):
        assert ask(gate, headers={"cookie": f"scaleenv_studio_8501={value}"}).status == 401


@given(body=st.binary(max_size=6000))
def test_no_form_breaks_the_gate(body: bytes) -> None:
    assert ask(TokenGate(inner, TOKEN), "/login", method="POST", body=body).status in (401, 413)
