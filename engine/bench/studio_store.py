"""A store as large as a busy team's, for measuring the studio: made from real domains, tools, traces and tasks.

Two built-in domains are synthesised; further domains are copies of them under other names, and further tasks are copies
of their tasks under other ids and with a further sentence of their own, so that searches find few and many.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.datafiles import data_path
from engine.executors.local import default_workers
from engine.models.base import digest
from engine.models.call import Answer, CallOutcome, ModelCall
from engine.models.review import ReviewAction
from engine.models.role import RoleName
from engine.models.run import RunOptions
from engine.models.task import Task
from engine.pipeline import read_seed_text, synthesize
from engine.store import Store
from engine.store.tasks import TaskFilter, TaskOutcome

SEEDS = ("job_seeking", "second_hand_marketplace")
"""Both have 50 tools, so that 20 domains have 1,000."""

REAL_TASKS = 40
"""Tasks a domain that are synthesised; the others are copies."""

DECIDED_FROM = 2_000
"""Decisions go to the first tasks of each domain."""

CURATORS = ("ada", "bob", "eve")
MODELS = ("openai/large", "ollama/small")
OF_TOOLS: tuple[RoleName, ...] = ("contract", "code", "test", "debug")
ASKED: tuple[RoleName, ...] = (*OF_TOOLS, "chain", "state", "instruction")
OUTCOMES: tuple[CallOutcome, ...] = ("accepted", "accepted", "accepted", "accepted", "corrected", "refused")
ANSWERS = 300
"""Different prompts and answers; each is used by many calls."""
DECISIONS: tuple[ReviewAction, ...] = ("approve", "approve", "approve", "reject", "needs_edit")


def fill_store(
    path: Path,
    *,
    domains: int = 20,
    tasks: int = 100_000,
    reviews: int = 2_000,
    calls: int = 20_000,
    say: Callable[[str], None],
) -> None:
    """Fills a store that does not exist yet; the same figures give the same content.

    Args:
        path: Where.
        domains: How many domains; each has 50 tools.
        tasks: How many audited tasks over all domains.
        reviews: How many decisions of three curators.
        calls: How many calls to language models, as if these had made the tools and the tasks.
        say: Told what is being done.

    Raises:
        StoreError: The store can't be written.
    """
    with Store.open(path) as store:
        for seed in SEEDS[:domains]:
            say(f"Making `{seed}` ...")
            options = RunOptions(tasks=min(REAL_TASKS, -(-tasks // domains)), seed=7)
            synthesize(store, read_seed_text(seed), options, workers=default_workers())
        for number in range(len(SEEDS), domains):
            _copy_domain(store, SEEDS[number % len(SEEDS)], f"{SEEDS[number % len(SEEDS)]}_{number // len(SEEDS) + 1}")
        rng = random.Random(7)
        words = data_path("values", "words.txt").read_text("utf-8").split()
        names = store.domains.names()
        for at, name in enumerate(names):
            wanted = tasks // domains + (at < tasks % domains)
            say(f"Filling `{name}` with {wanted:,} tasks ...")
            _copy_tasks(store, name, wanted, rng, words)
        say(f"Deciding on {reviews:,} tasks ...")
        _decide(store, names, reviews, rng)
        say(f"Writing down {calls:,} calls to language models ...")
        _ask(store, names, calls, rng, words)


def _copy_domain(store: Store, source: str, name: str) -> None:
    with store.transaction():
        store.domains.save(store.domains.get(source).model_copy(update={"name": name}), RunOptions(seed=7))
        entries = store.tools.all(source)
        store.tools.save(name, [entry.tool for entry in entries])
        for entry in entries:
            if entry.report is not None:
                store.tools.judge(name, entry.tool, entry.report, store.tools.cases(source, entry.tool.name))
        edges = store.edges.all(source)
        store.edges.save(name, edges)
        store.edges.judge(name, edges)
        for summary in store.traces.of(source):
            if summary.kind != "audit":
                store.traces.add(name, summary.subject, [store.traces.get(source, summary.id)])
        for task in list(store.tasks.iterate(source)):
            id = task.id.replace(source, name, 1)
            _add(
                store, name, task.index, task.model_copy(update={"id": id, "domain": name}), traces_of=(source, task.id)
            )


def _copy_tasks(store: Store, domain: str, wanted: int, rng: random.Random, words: list[str]) -> None:
    originals = list(store.tasks.iterate(domain))
    first = store.tasks.next_position(domain)
    with store.transaction():
        for position in range(first, first + max(wanted - len(originals), 0)):
            original = originals[position % len(originals)]
            said = " ".join(rng.choices(words, k=5))
            copy = original.model_copy(
                update={
                    "id": f"{domain}-7-{position:06d}",
                    "index": position,
                    "instruction": f"{original.instruction} My note says: {said} {rng.randint(1, 99_999)}.",
                }
            )
            _add(store, domain, position, copy)


def _add(store: Store, domain: str, position: int, task: Task, traces_of: tuple[str, str] | None = None) -> None:
    store.tasks.add(
        domain,
        TaskOutcome(position=position, id=task.id, state="audited", difficulty=task.difficulty, task=task),
    )
    if traces_of is not None:
        source, subject = traces_of
        for summary in store.traces.of(source, "audit", subject):
            store.traces.add(domain, task.id, [store.traces.get(source, summary.id)])


def _decide(store: Store, names: list[str], reviews: int, rng: random.Random) -> None:
    for domain, id in _some_tasks(store, names, reviews, rng):
        with store.transaction():
            for curator in rng.sample(CURATORS, k=rng.choice((1, 1, 2))):
                store.reviews.record(domain, id, rng.choice(DECISIONS), curator, text="as agreed")


def _ask(store: Store, names: list[str], count: int, rng: random.Random, words: list[str]) -> None:
    answers = [_answer(rng, words) for _ in range(min(count, ANSWERS))]
    tools = {name: [each.name for each in store.tools.summaries(name)] for name in names}
    # Copies have no run of their own: their calls stand in that of their original.
    runs = {name: run.id for name in names if (run := store.runs.latest(name)) is not None}
    of_run = {
        name: runs.get(name) or runs[max((each for each in runs if name.startswith(each)), key=len)] for name in names
    }
    with store.transaction():
        for answer in answers:
            store.answers.put(answer)
        for name, task in _some_tasks(store, names, count, rng):
            answer, role = rng.choice(answers), rng.choice(ASKED)
            outcome = rng.choice(OUTCOMES)
            store.calls.add(
                ModelCall(
                    run=of_run[name],
                    domain=name,
                    role=role,
                    subject=", ".join(rng.sample(tools[name], k=2)) if role in OF_TOOLS else task,
                    task="" if role in OF_TOOLS else task,
                    key=answer.key,
                    model=answer.model,
                    turn=rng.choice((1, 1, 2)),
                    round=rng.choice((1, 2)) if role == "debug" else 0,
                    outcome=outcome,
                    problem="" if outcome == "accepted" else " ".join(rng.choices(words, k=12)),
                    prompt_tokens=answer.prompt_tokens,
                    completion_tokens=answer.completion_tokens,
                    cost=answer.cost,
                    seconds=answer.seconds,
                )
            )


def _answer(rng: random.Random, words: list[str]) -> Answer:
    model = rng.choice(MODELS)
    messages = [{"role": role, "content": " ".join(rng.choices(words, k=400))} for role in ("system", "user")]
    request = {"version": 1, "model": model, "messages": messages}
    text = " ".join(rng.choices(words, k=150))
    return Answer(
        key=digest(request),
        model=model,
        request=request,
        text=text,
        prompt_tokens=1_100,
        completion_tokens=210,
        cost=0.002,
        seconds=2.5,
    )


def _some_tasks(store: Store, names: list[str], count: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    listed = {
        name: [task.id for task in store.tasks.page(TaskFilter(domain=name, state="audited"), limit=DECIDED_FROM)]
        for name in names
    }
    for _ in range(count):
        name = rng.choice(names)
        yield name, rng.choice(listed[name])
