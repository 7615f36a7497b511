"""Without a login the studio answers to this machine alone; every answer forbids what is foreign."""

from __future__ import annotations

import pytest

from studio.auth.local import LocalGate
from studio.headers import HEADERS, POLICY, SafeHeaders
from tests.studio.asgi import ask, inner

GATE = LocalGate(inner)


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501", "127.0.0.1"])
def test_this_machine_is_let_in(host: str) -> None:
    assert ask(GATE, headers={"host": host}).body == "secret"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "10.0.0.1:8501", "", "127.0.0.1.evil.example", "[::", "a@127.0.0.2.x"]
)
def test_a_foreign_name_is_refused_with_the_way_out(host: str) -> None:
    answer = ask(GATE, headers={"host": host})
    assert answer.status == 403
    assert "SCALEENV_TOKEN" in answer.body
    assert ask(GATE, websocket=True, headers={"host": host}).status == 403


def test_the_address_on_which_it_arrived_counts_not_the_one_in_the_settings() -> None:
    assert ask(GATE, server=("192.168.0.7", 8501)).status == 403
    assert ask(GATE, server=("192.168.0.7", 8501), websocket=True).status == 403


@pytest.mark.parametrize(
    "origin, status",
    [
        ("http://127.0.0.1:8501", 101),
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8501", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_another_sites_page_cannot_press_buttons(origin: str, status: int) -> None:
    assert ask(GATE, websocket=True, headers={"origin": origin}).status == status


def test_every_answer_forbids_what_is_foreign() -> None:
    headers = ask(SafeHeaders(inner)).headers
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= headers.items()
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "sha256-" in rules["script-src"]
    assert not [word for rule in rules.values() for word in rule.split() if "http" in word or "*" in word]
    assert ask(SafeHeaders(inner), websocket=True).status == 101
