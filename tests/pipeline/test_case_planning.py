"""Cases that are planned beside everything else are those that testing a tool would plan itself."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

from engine.executors.local import InlineExecutor, ProcessExecutor
from engine.foundation.cases import plan_cases
from engine.pipeline.case_planning import CasePlanning
from tests.fakes.bookings import bookings_domain

DOMAIN = bookings_domain()


class Watched(ProcessExecutor):
    """Says when all answers of the work are there."""

    def __init__(self) -> None:
        super().__init__(1)
        self.all_there = threading.Event()

    def map(self, *args: Any, **more: Any) -> Generator[Any, None, None]:
        yield from super().map(*args, **more)
        self.all_there.set()


def test_what_is_planned_elsewhere_is_what_testing_would_plan() -> None:
    tools = DOMAIN.tools[:4]
    with Watched() as executor, CasePlanning(executor, DOMAIN.spec, tools, seed=3) as planning:
        assert executor.all_there.wait(60)
    assert planning.cases == {tool.name: plan_cases(DOMAIN.spec, tool, 3) for tool in tools}


def test_nobody_waits_for_cases_when_the_waiting_for_models_is_over() -> None:
    with ProcessExecutor(1) as executor, CasePlanning(executor, DOMAIN.spec, DOMAIN.tools * 50, seed=3) as planning:
        pass
    assert len(planning.cases) < len(DOMAIN.tools)


def test_an_unsound_contract_has_no_cases_and_ends_nothing() -> None:
    tool, other = DOMAIN.tools[:2]
    requirement = tool.contract.requires[0].model_copy(update={"condition": "nothing_like_it > 1"})
    unsound = tool.model_copy(update={"contract": tool.contract.model_copy(update={"requires": (requirement,)})})
    with Watched() as executor, CasePlanning(executor, DOMAIN.spec, (unsound, other), seed=3) as planning:
        assert executor.all_there.wait(60)
    assert list(planning.cases) == [other.name]


def test_one_process_has_other_things_to_do() -> None:
    with CasePlanning(InlineExecutor(), DOMAIN.spec, DOMAIN.tools, seed=3) as planning:
        pass
    assert planning.cases == {}


def test_an_error_of_the_work_is_told_when_the_waiting_is_over() -> None:
    class Broken(ProcessExecutor):
        def map(self, *_: Any, **__: Any) -> Generator[Any, None, None]:
            raise RuntimeError("the processes are gone")

    with (
        Broken(1) as executor,
        pytest.raises(RuntimeError, match="gone"),
        CasePlanning(executor, DOMAIN.spec, DOMAIN.tools, seed=3),
    ):
        pass
