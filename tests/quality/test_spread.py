"""Tests are spread over processes by name; a name that is no file's any more would spread nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spread import FIRST, MODELS, OWN_STUDIOS, UNITS, rank, unit

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("file", UNITS)
def test_named_files_are_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_a_file_stays_together_and_the_costly_units_come_first() -> None:
    assert unit("tests/store/test_runs.py::test_a[x::y]") == unit("tests/store/test_runs.py::test_b")
    assert unit("tests/browser/test_of_tomorrow.py::test_a") == OWN_STUDIOS
    assert unit("tests/agents/llm/test_end_to_end.py::test_a") == MODELS
    assert rank("tests/browser/test_flows.py::test_a") < rank("tests/quality/test_static.py::test_a") < len(FIRST)
    assert rank("tests/agents/test_compose.py::test_a") == len(FIRST)
