"""Records the cassette that `scaleenv bench tokens` replays: `python -m tests.fakes.record`. To be done whenever prompts change."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from pathlib import Path

from engine.bench.tokens import KEYWORD, OPTIONS, report_of
from engine.pipeline import keyword_seed_text, synthesize
from engine.pipeline.cassette import export_cassette
from engine.store import Store
from tests.fakes.material import load
from tests.fakes.model_server import ModelServer
from tests.fakes.runs import settings

PLACE = Path(__file__).parents[2] / "data" / "cassettes" / "bicycle_workshop.jsonl.gz"


def main() -> int:
    """Records it; whether all went well, as an exit code."""
    os.environ.setdefault("OPENAI_API_KEY", "sk-scripted")
    with tempfile.TemporaryDirectory() as folder, ModelServer(load()) as server:
        with Store.open(Path(folder) / "studio.db") as store:
            asked = OPTIONS.model_copy(update={"base_url": server.base_url})
            run, _ = synthesize(store, keyword_seed_text(KEYWORD, tools=asked.tools), asked, settings=settings())
            print(run.status, run.error, run.counts)
            if run.status != "done":
                return 1
            tape = Path(folder) / "tape.jsonl"
            answers = export_cassette(store, [run.id], tape)
            report = report_of(store, run)
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        # Neither name nor time of the file, so that the same answers give the same bytes.
        with PLACE.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(tape.read_bytes())
    print(f"{answers} answers, {PLACE.stat().st_size:,} bytes in {PLACE}")
    print(f"{report.per_foundation:,.0f} tokens for a foundation of 50 tools, {report.per_task:,.0f} for a task")
    return 0


if __name__ == "__main__":
    sys.exit(main())
