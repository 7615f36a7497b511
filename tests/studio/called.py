"""A store whose domain was made with a language model: calls of every outcome, with prompts and answers."""

from __future__ import annotations

from pathlib import Path

from engine.models.call import ModelCall
from engine.store import Store
from tests.studio.filled import DOMAIN, asked, fill

RUN = f"{DOMAIN}-1"
MODEL = "openai/large"
SMALL = "ollama/small"
CODE = 'def cancel_booking(db, booking_id):\n    return {"booking_id": booking_id}\n'


def fill_with_calls(path: Path) -> list[ModelCall]:
    """Writes a store with a domain and the calls that made it; answers the calls in order.

    The code of two tools was asked for at once and came corrected; one of them was repaired in vain, then in success; a task
    has its words from a small model without a price; an answer came from memory, and a request brought none.
    """
    fill(path)
    with Store.open(path) as store:
        tools = [each.name for each in store.tools.summaries(DOMAIN)][:2]
        task = next(store.tasks.iterate(DOMAIN)).id
        first = asked("Write two tools.", "Here you are: def", model=MODEL)
        second = asked("Write two tools. That was cut off.", CODE, model=MODEL)
        repair = asked("Repair the tool.", '{"kind": "tool", "reason": "a comma"}', model=MODEL)
        words = asked("Say it.", "Please cancel my booking.", model=SMALL)
        for answer in (first, second, repair, words):
            store.answers.put(answer)
        both = ", ".join(tools)
        base = ModelCall(run=RUN, domain=DOMAIN, role="code", model=MODEL, prompt_tokens=1000, completion_tokens=200, cost=0.25, seconds=2.0)  # fmt: skip
        return [
            store.calls.add(base.model_copy(update=changes))
            for changes in (
                {"subject": both, "key": first.key, "outcome": "corrected", "problem": "It was cut off after 17 characters."},
                {"subject": both, "key": second.key, "turn": 2},
                {"role": "debug", "subject": tools[0], "key": repair.key, "round": 1, "outcome": "refused", "problem": "no source"},
                {"role": "debug", "subject": tools[0], "key": second.key, "round": 2, "cached": True, "cost": None},
                {"role": "instruction", "subject": task, "task": task, "key": words.key, "model": SMALL, "cost": None},
                {"role": "instruction", "subject": task, "task": task, "model": SMALL, "outcome": "failed", "problem": "429: busy", "cost": None, "prompt_tokens": 0, "completion_tokens": 0, "retries": 5},
            )
        ]  # fmt: skip
