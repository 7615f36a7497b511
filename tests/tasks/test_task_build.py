"""Tasks as they are built: deterministic, executable, steered by difficulty."""

from __future__ import annotations

import re
from statistics import mean

import pytest

from engine.models.base import canonical_json
from engine.models.chain import FromOutput
from engine.tasks.audit import start_of
from engine.tasks.build import LONGEST, SHORTEST, Candidate, Rejected, TaskBuilder, propose
from engine.tasks.mentions import fitting
from engine.tasks.replay import needs, play
from engine.tasks.sampling import sample
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import COUNT, SEED, room_candidates, room_graph


def test_most_indexes_give_a_task() -> None:
    assert len(room_candidates()) >= 0.9 * COUNT


def test_the_same_seed_and_index_give_the_same_bytes_in_any_order() -> None:
    builder = TaskBuilder(bookings_domain(), room_graph(), SEED)
    later = [builder.propose(index) for index in (9, 2, 5)]
    for candidate, index in zip(later, (9, 2, 5), strict=True):
        assert isinstance(candidate, Candidate)
        again = propose(bookings_domain(), room_graph(), index, SEED)
        assert isinstance(again, Candidate)
        assert canonical_json(candidate.task.model_dump(mode="json")) == canonical_json(
            again.task.model_dump(mode="json")
        )


def test_another_seed_gives_other_tasks() -> None:
    other = propose(bookings_domain(), room_graph(), 0, SEED + 1)
    assert isinstance(other, Candidate)
    assert other.task.instruction != room_candidates()[0].instruction


@pytest.mark.parametrize("task", room_candidates(), ids=lambda task: task.id)
def test_chains_are_programs_whose_steps_all_matter(task) -> None:
    domain = bookings_domain()
    assert SHORTEST <= len(task.chain.steps) <= LONGEST
    used = {earlier for step in task.chain.steps for earlier in needs(step)}
    writes = [index for index, step in enumerate(task.chain.steps) if domain.tool[step.tool].mutates_state]
    assert writes
    assert set(range(len(task.chain.steps))) == used | set(writes)
    played = play(task.chain, domain, start_of(task, domain))
    assert played.calls == task.reference_calls
    assert played.changes == task.gold_diff


@pytest.mark.parametrize("task", room_candidates(), ids=lambda task: task.id)
def test_every_step_lies_on_a_proven_edge(task) -> None:
    flows = {(edge.source, edge.target, edge.via) for edge in room_graph().proven if edge.kind == "data_flow"}
    for step in task.chain.steps:
        for name, argument in step.arguments.items():
            if isinstance(argument, FromOutput):
                source = task.chain.steps[argument.step].tool
                field = argument.path if argument.field is None else f"{argument.path}[].{argument.field}"
                assert (source, step.tool, f"{field} -> {name}") in flows or any(
                    edge[:2] == (source, step.tool) for edge in flows
                )


def test_mentions_fit_their_row_alone_although_near_misses_stand_beside_it() -> None:
    domain = bookings_domain()
    for task in room_candidates():
        state = start_of(task, domain)
        for mention in task.mentions:
            assert fitting(mention, domain.database, state) == (mention.key,)
        keys = {
            (table, domain.database.table[table].key_of(row))
            for table, rows in task.initial_state.rows.items()
            for row in rows
        }
        assert set(task.initial_state.distractors) <= keys


def test_harder_tasks_have_more_steps_and_more_distractors() -> None:
    builder = TaskBuilder(bookings_domain(), room_graph(), 11)
    sizes = {}
    for difficulty in ("easy", "medium", "hard"):
        built = [builder.propose(index, difficulty) for index in range(8)]
        tasks = [candidate.task for candidate in built if isinstance(candidate, Candidate)]
        assert {task.difficulty for task in tasks} == {difficulty}
        sizes[difficulty] = (
            mean(len(task.chain.steps) for task in tasks),
            mean(len(task.initial_state.distractors) for task in tasks),
        )
    assert sizes["easy"] < sizes["medium"] < sizes["hard"]
    assert sizes["easy"][1] < sizes["hard"][1]


def test_ids_tell_nothing() -> None:
    firsts = 0
    for task in room_candidates():
        for table, rows in task.initial_state.rows.items():
            keys = [str(row[f"{table}_id"]) for row in rows if f"{table}_id" in row]
            asked = {mention.key for mention in task.mentions if mention.table == table}
            firsts += bool(keys) and len(keys) > 2 and min(keys) in asked
    assert firsts < len(room_candidates()) / 2


def test_a_graph_without_proofs_gives_no_task_that_needs_them() -> None:
    empty = room_graph().model_copy(update={"edges": ()})
    built = [propose(bookings_domain(), empty, index, SEED) for index in range(3)]
    for candidate in built:
        if isinstance(candidate, Rejected):
            assert candidate.reasons
        else:
            assert not any(
                isinstance(argument, FromOutput)
                for step in candidate.task.chain.steps
                for argument in step.arguments.values()
            )


def test_base_rows_stay_and_new_ids_come_after_them() -> None:
    plain = bookings_domain()
    base = dict(room_candidates()[1].initial_state.rows.items())
    domain = plain.model_copy(update={"spec": plain.spec.model_copy(update={"base_rows": base})})
    numbers = {name: {plain.database.table[name].key_of(row) for row in rows} for name, rows in base.items()}
    candidate = next(
        found for index in range(6) if isinstance(found := propose(domain, room_graph(), index, SEED), Candidate)
    )
    task = candidate.task
    assert task.initial_state.extends_base
    for name, rows in task.initial_state.rows.items():
        assert not numbers.get(name, set()) & {plain.database.table[name].key_of(row) for row in rows}
    assert play(task.chain, domain, start_of(task, domain)).changes == task.gold_diff


def test_a_sample_keeps_what_its_rows_point_to() -> None:
    import random

    database = bookings_domain().database
    rows = {
        "customer": [{"customer_id": f"CUS-{n:04d}", "name": "x"} for n in range(400)],
        "room": [{"room_id": f"ROM-{n:04d}"} for n in range(400)],
        "booking": [
            {"booking_id": f"BKG-{n:04d}", "customer_id": f"CUS-{n:04d}", "room_id": f"ROM-{n:04d}"} for n in range(400)
        ],
        "attendee": [],
    }
    chosen = sample(database, rows, random.Random(1))  # type: ignore[arg-type]
    assert len(chosen["booking"]) == 25
    customers = {row["customer_id"] for row in chosen["customer"]}
    assert {row["customer_id"] for row in chosen["booking"]} <= customers
    assert len(customers) <= 50


def test_instructions_differ_in_how_they_begin_and_name_no_tool_or_id() -> None:
    texts = [task.instruction for task in room_candidates()]
    assert len({" ".join(text.split()[:5]) for text in texts}) > 0.8 * len(texts)
    for text in texts:
        assert text[0].isupper()
        assert text.rstrip()[-1] in '.!?"'
        assert "  " not in text
        assert not re.search(r"\b(BKG|ROM|CUS)-\d", text)
        assert "_" not in text
