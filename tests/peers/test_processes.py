"""What rival servers leave behind, hang on, and let code see."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.runtime.sandbox import SandboxRuntime
from engine.runtime.worker import shut_down
from tests.fakes.processes import sandbox_workers
from tests.runtime.shop import NOW, ROWS, call, shop

SECRET = "sk-peers-4711"
CHATTY = """
def chatty(db: Database, text: str = "x") -> dict:
    print("a line that nobody ever reads " * 20)
    return {"people": db.count("person")}
"""
SPIES = {
    "environment": "import os\n    return {'seen': os.environ['SCALEENV_TEST_SECRET']}",
    "environment_by_getenv": "import os\n    return {'seen': os.getenv('SCALEENV_TEST_SECRET')}",
    "process_table": "return {'seen': open('/proc/self/environ').read()}",
    "files": "from pathlib import Path\n    return {'seen': Path('SECRET_FILE').read_text()}",
    "files_by_open": "return {'seen': open('SECRET_FILE').read()}",
    "folders": "import os\n    return {'seen': os.listdir('/')}",
    "commands": "import subprocess\n    return {'seen': subprocess.run(['env'])}",
    "shell": "return {'seen': __import__('os').popen('env').read()}",
    "builtins": "return {'seen': [].__class__.__base__.__subclasses__()}",
    "globals": "return {'seen': str(chatty.__globals__)}",
    "network": "import socket\n    return {'seen': socket.create_connection(('127.0.0.1', 80))}",
}


def test_killed_workers_leave_nothing_alive() -> None:
    """Servers that were killed stayed alive."""
    before = sandbox_workers()
    runtimes = [SandboxRuntime(shop()) for _ in range(3)]
    episodes = [runtime.open(runtime.base(ROWS, NOW)) for runtime in runtimes]
    for runtime, episode in zip(runtimes, episodes, strict=True):
        runtime.run(episode, [call("hire", names=["kept"])])
    started = sandbox_workers() - before
    assert len(started) >= 3
    for pid in started:
        os.kill(pid, 9)
    for runtime, episode in zip(runtimes, episodes, strict=True):
        runtime.run(episode, [call("search", text="a")])  # may be the one that finds its worker gone
        record = runtime.run(episode, [call("get_person", person_id="PER-0011")])[0]
        assert record.result == {"person": {**record.result["person"], "name": "kept"}}
        runtime.close_all()
    shut_down()
    deadline = time.monotonic() + 10
    while sandbox_workers() - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sandbox_workers() - before == set()


def test_thousands_of_talkative_calls_do_not_hang() -> None:
    """Pipes that nobody drained stopped a server after two thousand calls."""
    with SandboxRuntime(shop({"chatty": CHATTY})) as runtime:
        episode = runtime.open(runtime.base(ROWS, NOW))
        outcomes = {runtime.run(episode, [call("chatty")])[0].outcome for _ in range(3_000)}
        assert outcomes == {"success"}
        assert runtime.run(episode, [call("chatty")])[0].result == {"people": 3}


@pytest.mark.parametrize("name", SPIES)
def test_code_sees_neither_the_environment_nor_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code of models ran with all of Python beside the keys of paid services."""
    secret = tmp_path / "key.txt"
    secret.write_text(SECRET)
    monkeypatch.setenv("SCALEENV_TEST_SECRET", SECRET)
    source = f"def spy(db: Database) -> dict:\n    {SPIES[name]}\n".replace("SECRET_FILE", str(secret))
    with SandboxRuntime(shop({"chatty": CHATTY, "spy": source})) as runtime:
        episode = runtime.open(runtime.base(ROWS, NOW))
        record = runtime.run(episode, [call("spy")])[0]
    assert record.outcome == "failure", record
    assert SECRET not in repr(record)
    assert record.problem is not None
    assert record.problem["code"] == "internal_error"
