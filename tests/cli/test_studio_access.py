"""Starting the studio where others could reach it, with real servers and clients."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from engine.cli import run
from tests.cli.test_studio import ROOT, free_port, is_up

TOKEN = "correct-horse-battery-staple"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["studio", "--headless", *arguments]) == 2
    return capsys.readouterr().err


@pytest.fixture(autouse=True)
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder and an environment in which nothing is set up."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SCALEENV_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.0.7"])
def test_others_are_not_let_in_without_authentication(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = refusal(capsys, "--address", address)
    assert f"does not listen on {address} without authentication" in words
    assert "Traceback" not in words


def test_a_weak_token_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "too easy to guess" in refusal(capsys, "--address", "0.0.0.0", "--token", "short")
    monkeypatch.setenv("SCALEENV_TOKEN", "short")
    assert "too easy to guess" in refusal(capsys)


def test_a_taken_port_is_told_with_a_free_one(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = refusal(capsys, "--port", str(port))
        assert f"Port {port} is taken" in words
        assert f"scaleenv studio --port {port + 1}" in words or "--port" in words
        assert run(["studio", "--headless", "--json", "--port", str(port)]) == 2
        assert "taken" in json.loads(capsys.readouterr().out)["error"]


@contextmanager
def serving(command: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCALEENV_DB": str(folder / "studio.db"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def test_the_server_itself_refuses_where_the_command_is_not_asked(tmp_path: Path) -> None:
    script = str(ROOT / "studio" / "server.py")
    command = ["streamlit", "run", script, "--server.address", "0.0.0.0", "--server.port", str(free_port())]
    with serving([*command, "--server.headless", "true"], tmp_path) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "without authentication" in out
    assert "Traceback" not in out


def get(port: int, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Accept": "text/html", **headers})
    return connection.getresponse()


def test_the_token_guards_pages_and_websockets_of_a_real_server(tmp_path: Path) -> None:
    port = free_port()
    command = ["engine.cli", "studio", "--headless", "--address", "0.0.0.0", "--port", str(port)]
    with serving(command, tmp_path, SCALEENV_TOKEN=TOKEN):
        assert is_up(port)
        stranger = get(port, "/")
        assert stranger.status == 401
        assert "Token" in stranger.read().decode()
        assert get(port, "/_stcore/host-config").status == 401
        stream = f"ws://127.0.0.1:{port}/_stcore/stream"
        with pytest.raises(InvalidStatus, match="403"), connect(stream, proxy=None):
            pass
        entered = get(port, f"/runs?token={TOKEN}")
        assert (entered.status, entered.getheader("location")) == (303, "/runs")
        cookie = str(entered.getheader("set-cookie")).partition(";")[0]
        page = get(port, "/runs", Cookie=cookie)
        assert page.status == 200
        assert "script-src 'self'" in str(page.getheader("content-security-policy"))
        with connect(stream, proxy=None, additional_headers={"Cookie": cookie}) as open_stream:
            assert open_stream.protocol.state.name == "OPEN"
