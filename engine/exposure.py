"""Who may reach the studio: this machine alone, or others after a login."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import tomllib
from collections.abc import Iterable
from pathlib import Path

from engine.errors import UsageError

TOKEN_VARIABLE = "SCALEENV_TOKEN"
"""The environment variable with the shared token."""

LEAST_TOKEN = 16
"""Characters that a token has at least."""

_REMEDY = (
    f"give a shared token (--token, or {TOKEN_VARIABLE}, of at least {LEAST_TOKEN} characters), "
    "or set up a login in `.streamlit/secrets.toml` (section [auth], needs `pip install Authlib`)"
)


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches an address; `None`, as the server's default, means every address."""
    if not address:
        return False
    if address.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def checked_token(token: str) -> str:
    """A shared token that is worth the name.

    Raises:
        UsageError: It is too short, or a browser or a shell would change it.
    """
    if len(token) < LEAST_TOKEN or len(set(token)) < LEAST_TOKEN // 3:
        raise UsageError(
            f"The token is too easy to guess: give at least {LEAST_TOKEN} characters ({TOKEN_VARIABLE} or --token), "
            f"such as {secrets.token_urlsafe(24)}"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("The token may hold only printable ASCII characters, and no blanks.")
    return token


def login_in(files: Iterable[Path]) -> bool:
    """Whether one of Streamlit's files of secrets sets up a login.

    Raises:
        UsageError: A file is not TOML: what it was meant to protect must not be served without.
    """
    found = False
    for file in files:
        try:
            found = found or "auth" in tomllib.loads(file.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise UsageError(f"`{file}` can't be read ({error}); mend or remove it.") from error
    return found


def check_exposure(address: str | None, *, token: str, login: bool) -> None:
    """Refuses to listen where others could reach the studio without saying who they are.

    Args:
        address: Where it would listen; `None` for every address.
        token: The shared token, or empty.
        login: Streamlit's own login is set up.

    Raises:
        UsageError: The address is not this machine's alone, and neither is set.
    """
    if not is_loopback(address) and not token and not login:
        raise UsageError(
            f"The studio does not listen on {address or 'every address'} without authentication: others could read, change and "
            f"start everything. Leave it on 127.0.0.1, or {_REMEDY}."
        )


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now.

    Raises:
        UsageError: This machine has no such address.
    """
    try:
        family, kind, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
                probe.listen(1)
            except PermissionError:
                return False
            except OSError as error:
                import errno

                if error.errno != errno.EADDRINUSE:
                    raise
                return False
    except OSError as error:
        raise UsageError(f"The studio can't listen on {address}: {error.strerror or error}.") from error
    return True


def free_port(address: str, after: int) -> int | None:
    """The next port behind `after` that a server could listen on, among the next hundred."""
    return next((port for port in range(after + 1, min(after + 101, 65536)) if is_free(address, port)), None)
