"""Addresses of model servers: which may be stored with a run, and which are on this machine or network."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from engine.errors import UsageError


def checked_address(address: str, where: str) -> str:
    """A base URL as it may be stored, without a slash at its end.

    Args:
        address: As given; empty for the provider's own.
        where: Who gave it, for the message.

    Raises:
        UsageError: It is no address, or holds what could be a secret. The message never quotes it.
    """
    address = address.strip()
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\s\x00-\x1f\x7f\\]", address):
        raise UsageError(f"{where}: that is no base URL; write it as in `http://127.0.0.1:8000/v1`.")
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"{where}: a base URL may hold no user name or password, because it is stored with each run; put the key into an "
            "environment variable and name that as `key_variable`."
        )
    if parts.query or parts.fragment or "?" in address or "#" in address:
        raise UsageError(
            f"{where}: a base URL may hold nothing behind `?` or `#`, because it is stored with each run and keys are often "
            "passed there; end it with the path, as in `http://127.0.0.1:8000/v1`."
        )
    address = address.rstrip("/")
    if address.endswith("/completions"):
        raise UsageError(f"{where}: a base URL ends before `/chat/completions`, as in `http://127.0.0.1:8000/v1`.")
    return address


def is_local(address: str) -> bool:
    """Whether a base URL is on this machine or in a private network."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return "." not in host and bool(host)
    return found.is_loopback or found.is_private or found.is_link_local
