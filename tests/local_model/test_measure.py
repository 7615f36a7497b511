"""What the small coder gets admitted: the aim is 60 % of the tools after repair, and not a faulty one among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.bench.models import bench_models
from engine.pipeline.model_settings import ModelSettings, make_choice, read_settings

pytestmark = pytest.mark.local_model

HERE = Path(__file__).parent
MODEL = "openai/qwen2.5-coder-1.5b"


@pytest.fixture
def file_settings() -> ModelSettings:
    return read_settings(HERE / "studio.toml", environment={})


def test_code_and_repairs_over_the_reference_domain(address: str, file_settings: ModelSettings) -> None:
    data = bench_models(
        str(HERE / "tool_library.yaml"),
        make_choice("the suite", model=MODEL, base_url=address),
        file_settings,
        reference=HERE / "reference.py",
        planted=HERE / "planted.yaml",
    )
    print(json.dumps(data, indent=2))
    assert data["faults"] == []
    assert data["tools"]["composed"] == data["tools"]["asked"] == 12
    assert data["tools"]["share_admitted"] >= 0.6
    assert data["calls"]["code"]["calls"] >= 12


def test_a_keyword_with_every_role_by_the_coder(address: str, file_settings: ModelSettings) -> None:
    data = bench_models(
        "tool library", make_choice("the suite", model=MODEL, base_url=address), file_settings, tools=12
    )
    print(json.dumps(data, indent=2))
    assert data["status"] in ("done", "short")
    assert data["faults"] == []
    assert data["tools"]["share_admitted"] >= 0.6
