"""What a real small model wrote and got wrong is refused, each with words that say what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.foundation.build import verify_tools
from engine.models.tool import Tool
from engine.pipeline.seeds import composed_of, read_seed_text

HERE = Path(__file__).parent
COMPOSED = composed_of(read_seed_text(str(HERE / "tool_library.yaml")).text)
TOOL = {tool.name: tool for tool in COMPOSED.tools}
FAULTS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(HERE / "coder_faults.yaml")


def _written(fault: dict[str, Any]) -> Tool:
    return TOOL[fault["tool"]].model_copy(update={"source": fault["source"], "made_by": "qwen2.5-coder-1.5b"})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['tool']}: {fault['fault']}")
def test_it_is_refused_with_its_reason(fault: dict[str, Any]) -> None:
    report = verify_tools(COMPOSED.spec, [_written(fault)], seed=0, sandbox=None).reports[0]
    assert not report.admitted
    assert fault["says"] in " ".join(report.reasons)
