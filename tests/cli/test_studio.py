"""`scaleenv studio` as a newcomer starts it: at a terminal, in a home folder that has never seen Streamlit."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_up(port: int, seconds: float = 40) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            time.sleep(0.2)
    return False


def test_its_address_comes_as_json(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "engine.cli", "studio", "--headless", "--json", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert is_up(port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert json.loads(out) == {"url": f"http://127.0.0.1:{port}", "db": str(tmp_path / "data" / "studio.db")}


def test_the_first_start_asks_nothing(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    port = free_port()
    command = [sys.executable, "-m", "engine.cli", "studio", "--port", str(port), "--db", str(tmp_path / "studio.db")]
    environment = {**os.environ, "HOME": str(tmp_path), "BROWSER": "true", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        assert is_up(port), os.read(ours, 10_000).decode(errors="replace")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
        os.close(theirs)
        os.close(ours)
