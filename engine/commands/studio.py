"""`scaleenv studio`: the browser studio, on this machine alone unless there is a login."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, say, show

if TYPE_CHECKING:
    import subprocess

STARTING_SECONDS = 60.0
"""How long a server may take to answer before no browser is opened any more."""


def studio(
    db: Db = DEFAULT_DB,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where it listens.")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="Where it listens; others than this machine need a token or a login.")
    ] = "127.0.0.1",
    token: Annotated[
        str,
        typer.Option(
            "--token",
            envvar="SCALEENV_TOKEN",
            show_envvar=True,
            show_default=False,
            help="A shared password; the variable keeps it out of the list of processes.",
        ),
    ] = "",
    headless: Annotated[bool, typer.Option("--headless", help="Don't open a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Open the studio in the browser (on 127.0.0.1 unless told otherwise)."""
    import os
    import subprocess
    import sys
    import threading

    from engine.doctor import studio_home, studio_script
    from engine.errors import UsageError
    from engine.exposure import (
        TOKEN_VARIABLE,
        check_exposure,
        checked_token,
        free_port,
        is_free,
        login_in,
    )
    from engine.pipeline.keys import SECRETS_VARIABLE
    from engine.pipeline.model_settings import CONFIG_VARIABLE, find_settings

    script = studio_script()
    home = studio_home(script)
    secrets = [place / ".streamlit" / "secrets.toml" for place in dict.fromkeys((Path.home(), home, Path.cwd()))]
    if token:
        checked_token(token)
    check_exposure(address, token=token, login=login_in(secrets))
    if not is_free(address, port):
        free = free_port(address, port)
        raise UsageError(
            f"Port {port} is taken, perhaps by another studio"
            + (f"; try `scaleenv studio --port {free}`." if free else "; choose another one with --port.")
        )
    shown = f"[{address}]" if ":" in address else address
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, shown)
    url = f"http://{reached}:{port}"
    show({"url": url, "db": str(db.resolve())}, as_json, lambda: [f"The studio is at {url} (Ctrl-C ends it)."])
    sys.stdout.flush()
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(script)),
        *("--server.address", address, "--server.port", str(port), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false", "--server.showEmailPrompt", "false"),
    ]
    for file in secrets:
        if file.exists():
            command += ["--secrets.files", str(file)]
    environment = {**os.environ, "SCALEENV_DB": str(db.resolve()), TOKEN_VARIABLE: token}
    # The server starts in another folder; settings and keys of language models stay those of this one.
    environment[SECRETS_VARIABLE] = os.pathsep.join(str(file) for file in secrets if file.exists())
    if (settings := find_settings(store=db)) is not None:
        environment[CONFIG_VARIABLE] = str(settings.resolve())
    # What the server itself says belongs to the messages.
    server = subprocess.Popen(command, env=environment, cwd=home, stdout=sys.stderr)
    if not headless:
        threading.Thread(target=_open_browser, args=(url, server), daemon=True).start()
    code = _wait(server)
    if code not in (0, 130, -2, -15):
        raise Failed(f"The studio ended with code {code}.")


def _wait(server: subprocess.Popen[bytes]) -> int:
    """The server's exit code; Ctrl-C reaches it as well, and it gets the time to end in order."""
    import signal
    import subprocess

    def end(_signal: int, _frame: object) -> None:
        server.terminate()

    signal.signal(signal.SIGTERM, end)
    try:
        return server.wait()
    except KeyboardInterrupt:
        try:
            server.wait(10)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            server.kill()
        return 130


def _open_browser(url: str, server: subprocess.Popen[bytes]) -> None:
    """Opens the browser once the server answers; a machine without one is told where to look, by the message before."""
    import time
    import webbrowser
    from urllib.error import URLError
    from urllib.request import urlopen

    ends = time.monotonic() + STARTING_SECONDS
    while server.poll() is None and time.monotonic() < ends:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=2):
                break
        except (URLError, OSError):
            time.sleep(0.1)
    else:
        return
    try:
        webbrowser.open(url)
    except webbrowser.Error as error:
        say(f"No browser could be opened ({error}).")
