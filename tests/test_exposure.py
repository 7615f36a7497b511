"""Who may reach the studio."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.exposure import check_exposure, checked_token, free_port, is_free, is_loopback, login_in

TOKEN = "correct-horse-battery-staple"


@pytest.mark.parametrize(
    "address, alone",
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_loopback_is_this_machine_alone(address: str | None, alone: bool) -> None:
    assert is_loopback(address) is alone
    check_exposure(address, token=TOKEN, login=False)
    check_exposure(address, token="", login=True)
    if alone:
        check_exposure(address, token="", login=False)
    else:
        with pytest.raises(UsageError, match=r"--token.*\[auth\]"):
            check_exposure(address, token="", login=False)


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 40, "with blanks in between", "geheim-und-lang-genüg", "tab\tin-a-token-that-is-long"]
)
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="token"):
        checked_token(token)
    assert checked_token(TOKEN) == TOKEN


def test_a_login_is_found_in_any_file_of_secrets(tmp_path: Path) -> None:
    plain, auth = tmp_path / "plain.toml", tmp_path / "auth.toml"
    plain.write_text("key = 1\n")
    auth.write_text('[auth]\nclient_id = "x"\n')
    assert not login_in([tmp_path / "none.toml", plain])
    assert login_in([auth, plain])


def test_secrets_that_cannot_be_read_are_no_permission(tmp_path: Path) -> None:
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n")
    with pytest.raises(UsageError, match="mend or remove"):
        login_in([broken])


def test_a_taken_port_is_seen_and_the_next_free_one_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        free = free_port("127.0.0.1", port)
        assert free is not None
        assert free > port
        assert is_free("127.0.0.1", free)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(UsageError, match=r"can't listen on 192\.0\.2\.1"):
        is_free("192.0.2.1", 8501)
