"""A choice among a few options, on pages as they run in the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.studio.conftest import open_page, shown


@pytest.mark.parametrize(
    "page, query, key",
    [
        ("domains", {"view": "new"}, "domains-part"),
        ("domains", {"view": "new"}, "new-source"),
        ("datasets", {}, "datasets-part"),
        ("datasets", {"review": "open"}, "plan-by"),
        ("datasets", {"review": "open"}, "plan-preset-small"),
        ("review", {}, "queue-mode"),
        ("tasks", {}, "tasks-show"),
    ],
)
def test_a_choice_that_comes_without_one_is_drawn_as_usual(
    full_store: Path, page: str, query: dict[str, str], key: str
) -> None:
    app = open_page(page, **query)
    usual, words = app.session_state[key], shown(app)
    app.session_state[key] = None
    app.run()
    assert not app.exception
    assert usual is not None
    assert app.session_state[key] == usual
    assert shown(app) == words
