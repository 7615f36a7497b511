"""Two processes that work on one store at the same time, and ask the same of a model that never says the same twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

from engine.models.domain import Domain
from engine.models.run import Run, RunOptions
from engine.pipeline import keyword_seed_text, request
from engine.store import Store
from tests.fakes.material import KEYWORD, load
from tests.fakes.model_server import ModelServer
from tests.fakes.runs import options

NAMES = ("workshop_one", "workshop_two")
TOOLS = ("find_customer_by_email", "join_repair_club", "register_bicycle", "update_bicycle")
ROOT = Path(__file__).resolve().parents[3]


class Moody(ModelServer):
    """Thinks of another domain each time, and says so only when both have asked."""

    def __init__(self) -> None:
        super().__init__(load(TOOLS), latency=0.1)
        self.both = threading.Barrier(len(NAMES))
        usual, numbers = self.script.answer, count(1)

        def answer(role: str, request: str) -> str:
            said = usual(role, request)
            if role != "domain":
                return said
            self.both.wait(200)
            idea = json.loads(said)
            return json.dumps({**idea, "description": f"{idea['description']} Thought of in attempt {next(numbers)}."})

        self.script.answer = answer  # type: ignore[method-assign]


def test_both_end_with_the_answers_that_were_kept_first(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with Moody() as server:
        with Store.open(path) as store:
            runs = [asked(store, name, options(server.base_url, tools=TOOLS)) for name in NAMES]
        command = [sys.executable, "-m", "engine.pipeline.worker", "--db", str(path)]
        processes = [subprocess.Popen([*command, run.id], cwd=ROOT, stderr=subprocess.PIPE) for run in runs]
        said = [process.communicate(timeout=400)[1].decode() for process in processes]
        questions = {each.request for each in server.log}
        assert len(server.asked("domain")) == len(NAMES)
    assert said == ["", ""]
    with Store.open(path) as store:
        assert [(run.status, run.error) for run in map(store.runs.get, (run.id for run in runs))] == [("done", "")] * 2
        assert store.problems() == []
        assert store.answers.count() == len(questions)
        one, two = (store.domain(name) for name in NAMES)
        assert without_name(one) == without_name(two)
        assert [edge.id for edge in store.edges.all(NAMES[0])] == [edge.id for edge in store.edges.all(NAMES[1])]
        assert len({frozenset(store.calls.keys([run.id])) for run in runs}) == 1


def asked(store: Store, name: str, wanted: RunOptions) -> Run:
    """A run that waits for a process."""
    return request(store, keyword_seed_text(KEYWORD, name=name, tools=wanted.tools), wanted).run


def without_name(domain: Domain) -> dict[str, object]:
    """What two domains of one keyword have in common: all but name and seed."""
    content = domain.model_dump(mode="json")
    for key in ("name", "seed_digest"):
        content["spec"].pop(key)
    return content
