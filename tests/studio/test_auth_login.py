"""Streamlit's own login: a page is drawn for those who are known, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit import config

from engine.errors import UsageError
from studio import auth
from studio.auth import login as login_gate
from tests.studio.conftest import open_page, shown
from tests.studio.filled import DOMAIN


class User(dict[str, Any]):
    """Stands for `st.user`: nobody where it is empty."""

    @property
    def is_logged_in(self) -> bool:
        return bool(self)


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A login is set up, and the library that it needs is there."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nclient_id = "x"\n')
    config.set_option("secrets.files", [str(secrets)])
    monkeypatch.setattr(login_gate, "util", SimpleNamespace(find_spec=lambda _name: object()))
    yield secrets
    config.set_option("secrets.files", [])


def test_without_the_library_the_page_says_which(
    full_store: Path, login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_gate, "util", SimpleNamespace(find_spec=lambda _name: None))
    page = open_page("runs")
    assert not page.exception
    assert "pip install 'Authlib" in shown(page)
    assert DOMAIN not in shown(page)
    assert util.find_spec("streamlit") is not None


def test_a_stranger_sees_a_button_and_nothing_else(
    full_store: Path, login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", User())
    page = open_page("runs")
    assert not page.exception
    assert [button.label for button in page.button] == ["Log in"]
    assert DOMAIN not in shown(page)


def test_who_is_logged_in_works_under_that_name(full_store: Path, login: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", User(name="Ada <b>", email="ada@example.org"))
    page = open_page("runs")
    assert not page.exception
    assert page.session_state["curator"] == "Ada <b>"
    assert "Ada <b>" in [text.value for text in page.text]
    assert not [widget for widget in page.get("text_input") if widget.label == "Curator"]


def test_who_is_not_on_the_list_stays_outside(full_store: Path, login: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", User(name="Eve", email="eve@example.com"))
    monkeypatch.setenv(auth.USERS_VARIABLE, "ada@example.org, @example.net")
    page = open_page("runs")
    assert "not among those" in page.error[0].value
    assert DOMAIN not in shown(page)


@pytest.mark.parametrize(
    "allowed, email, may",
    [
        ("", "anybody@example.org", True),
        ("ada@example.org", "Ada@Example.org", True),
        ("ada@example.org", "eve@example.org", False),
        ("@example.org", "eve@example.org", True),
        ("@example.org", "eve@evil-example.org", False),
        ("@example.org", "eve@example.org.evil", False),
        ("@example.org", "", False),
    ],
)
def test_who_may_enter(allowed: str, email: str, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(auth.USERS_VARIABLE, allowed)
    assert auth.may_enter(email) is may


def test_the_page_alone_does_not_pretend_to_ask_for_a_token(full_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`streamlit run studio/app.py` has no middleware that would."""
    monkeypatch.setenv("SCALEENV_TOKEN", "correct-horse-battery-staple")
    page = open_page("runs")
    assert "scaleenv studio" in shown(page)
    assert DOMAIN not in shown(page)


def test_the_token_is_not_left_to_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_guarded", None)
    monkeypatch.setenv("SCALEENV_TOKEN", "correct-horse-battery-staple")
    assert auth.guard() == ("token", "correct-horse-battery-staple")
    assert auth.current().kind == "token"
    with pytest.MonkeyPatch.context() as clean:
        clean.setattr(auth, "_guarded", None)
        assert auth.current() == ("local", "")


def test_an_open_address_needs_one_of_the_two(monkeypatch: pytest.MonkeyPatch, login: Path) -> None:
    config.set_option("server.address", "0.0.0.0")
    assert auth.access().kind == "login"
    login.unlink()
    with pytest.raises(UsageError, match="without authentication"):
        auth.access()
