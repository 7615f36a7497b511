"""How tests are spread over processes: together what shares costly things, and first what mostly waits or takes long.

By default pytest-xdist gives each process tests one by one, wherever they stand. A file's stores, studios and runs are
then made once for every process, litellm is imported in all of them, and the longest tests may come last.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

SHARED_STUDIOS = "browser tests of the studios that serve a whole session"
OWN_STUDIOS = "browser tests that start studios of their own"
MODELS = "tests that import litellm"
STATIC = "tests/quality/test_static.py"
FIRST = (SHARED_STUDIOS, OWN_STUDIOS, MODELS, STATIC)

UNITS = {
    **{
        f"tests/browser/test_{name}.py": SHARED_STUDIOS
        for name in ("datasets", "domains", "flows", "graph", "hostile_text", "play", "traces")
    },
    "tests/agents/llm/ask/test_client.py": MODELS,
    "tests/agents/llm/test_end_to_end.py": MODELS,
    "tests/agents/llm/test_model_server.py": MODELS,
    "tests/bench/test_bench_models.py": MODELS,
    "tests/cli/test_models.py": MODELS,
}
"""Files -> what they are run with. Other files are run each by itself."""


def unit(nodeid: str) -> str:
    """What a test is run together with, one after another in one process."""
    file = nodeid.partition("::")[0]
    return UNITS.get(file, OWN_STUDIOS if file.startswith("tests/browser/") else file)


def rank(nodeid: str) -> int:
    """The place of a test's unit; units of equal rank keep the order in which they were collected."""
    found = unit(nodeid)
    return FIRST.index(found) if found in FIRST else len(FIRST)


class Spread(LoadScopeScheduling):
    """Hands out unit after unit, in the order of the tests."""

    def __init__(self, config: Any, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)
