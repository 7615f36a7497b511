"""A page runs as in the server, without a browser, on a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.studio.filled import fill

APP = Path(__file__).resolve().parents[2] / "studio" / "app.py"


@pytest.fixture(autouse=True)
def loopback() -> Iterator[None]:
    """The server's address as `.streamlit/config.toml` has it; AppTest does not read that file."""
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", None)


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a store that is not there yet."""
    path = tmp_path / "studio.db"
    monkeypatch.setenv("SCALEENV_DB", str(path))
    return path


@pytest.fixture
def full_store(empty_store: Path) -> Path:
    """A store with a domain, its graph and audited tasks."""
    return fill(empty_store)


def open_page(name: str, **query: str) -> AppTest:
    """A page of the studio as it is first drawn, by its name and query parameters."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"views/{name}.py")
    return app.run()


def shown(app: AppTest) -> str:
    """All text that the page shows outside of tables."""
    kinds = ("title", "subheader", "text", "code", "caption", "info", "warning", "error", "success", "markdown")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
