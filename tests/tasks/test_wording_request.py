"""What the instruction agent is asked for: whoever says all of it, as it stands there, passes the audits."""

from __future__ import annotations

import pytest

from engine.agents.roles.tasks import InstructionRequest
from engine.models.chain import FromOutput
from engine.models.task import Task
from engine.tasks.phrases import VOICES
from engine.tasks.wording_request import LONGEST, MOST_COMPLAINTS, complaints, instruction_request, with_words
from tests.fakes.bookings import bookings_domain
from tests.tasks.room_tasks import audited, room_candidates

DOMAIN = bookings_domain()
TASKS = pytest.mark.parametrize("task", room_candidates(), ids=lambda task: task.id)


def recited(request: InstructionRequest) -> str:
    """All goals and facts, as somebody without any style would say them."""
    said = [
        f"{goal.words}: {'; '.join(f'{label} {value}' for label, value in goal.facts.items())}"
        for goal in request.goals
    ]
    return "I want to " + ". Then ".join(said) + "."


@TASKS
def test_who_says_every_fact_passes_every_audit(task: Task) -> None:
    request = instruction_request(task, DOMAIN)
    new = with_words(task, recited(request))
    assert complaints(new, DOMAIN) == ()
    assert audited((new,))[0].task.audited is audited((task,))[0].task.audited


@TASKS
def test_goals_are_the_changes_in_order_and_the_profile_is_no_fact(task: Task) -> None:
    request = instruction_request(task, DOMAIN, "A reason.")
    writes = [step.tool for step in task.chain.steps if DOMAIN.tool[step.tool].mutates_state]
    assert len(request.goals) == len(writes)
    assert (request.draft, request.task, request.story) == (task.instruction, task.id, "A reason.")
    assert request.tone in VOICES
    assert not any(value in goal.facts.values() for goal in request.goals for value in task.user_profile.values())
    assert instruction_request(task, DOMAIN, "A reason.") == request


def test_changes_of_the_same_row_each_say_which_one_it_is() -> None:
    seen = 0
    for task in room_candidates():
        request = instruction_request(task, DOMAIN)
        writes = [step for step in task.chain.steps if DOMAIN.tool[step.tool].mutates_state]
        sources: dict[object, set[str]] = {}
        for step, goal in zip(writes, request.goals, strict=True):
            for argument in step.arguments.values():
                if isinstance(argument, FromOutput) and argument.select:
                    key = (argument.step, argument.field, str(argument.select))
                    values = set(goal.facts.values())
                    seen += key in sources
                    assert sources.setdefault(key, values) & values
    assert seen


@TASKS
def test_names_of_tools_and_ids_are_hidden_and_never_asked_for(task: Task) -> None:
    request = instruction_request(task, DOMAIN)
    assert {tool.name for tool in DOMAIN.tools if "_" in tool.name} <= set(request.hidden)
    asked = recited(request)
    assert not any(word in asked for word in request.hidden)
    for word in request.hidden[-2:]:
        assert complaints(with_words(task, f"{asked} {word}"), DOMAIN)


def test_a_missing_fact_is_named_with_words_that_would_do() -> None:
    task = next(
        task for task in room_candidates() if any(goal.facts for goal in instruction_request(task, DOMAIN).goals)
    )
    said = instruction_request(task, DOMAIN).goals[0].facts
    found = complaints(with_words(task, "Please help me."), DOMAIN)
    assert 0 < len(found) <= MOST_COMPLAINTS
    assert any("does not say" in each and "write" in each for each in found)
    assert said


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST + 1), "a\x00b", "tab\tis no word"])
def test_unusable_texts_are_refused(text: str) -> None:
    assert complaints(with_words(room_candidates()[0], text), DOMAIN)
