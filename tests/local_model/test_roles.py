"""Every role once, asked of a real model through real HTTP: what comes is usable, or the role says that it has no answer."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.agents.checks.ideas import check_idea
from engine.agents.composer.blueprint_sketches import idea_of, sketches_of
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import (
    CodeRequest,
    ContractRequest,
    DatabaseRequest,
    DependencyRequest,
    DomainRequest,
    OpenPair,
    RepairRequest,
    TestRequest,
    ToolSchemaRequest,
)
from engine.agents.roles.tasks import (
    ChainRequest,
    GateRequest,
    InstructionRequest,
    SaidGoal,
    StateRequest,
    UserRequest,
    Utterance,
    WantedChain,
)
from engine.bench.planted import read_planted
from engine.foundation.build import verify_tools
from engine.models.domain import Domain
from engine.models.role import ROLES
from engine.pipeline.cast import Cast
from engine.pipeline.seeds import composed_of, read_seed_text
from engine.seeds import read_seed
from engine.store import Store
from engine.store.call_log import CallFilter

pytestmark = pytest.mark.local_model

T = TypeVar("T")

HERE = Path(__file__).parent
SEED = str(HERE / "tool_library.yaml")
BLUEPRINT = read_seed(SEED).blueprint
COMPOSED = composed_of(read_seed_text(SEED).text)
SPEC = COMPOSED.spec
TOOL = {tool.name: tool for tool in COMPOSED.tools}
DOMAIN = Domain(spec=SPEC, tools=COMPOSED.tools)
IDEA = idea_of(BLUEPRINT)
SKETCHES = sketches_of(BLUEPRINT)
PLANTED = read_planted(HERE / "planted.yaml")


def asked(cast: Cast, work: Coroutine[Any, Any, T]) -> T | None:
    """The answer, printed; `None` where the role has none."""
    try:
        answer = cast.wait(work)
    except CannotAnswer as error:
        print(f"no answer: {error}")
        return None
    print(answer)
    return answer


def test_domain(cast: Cast) -> None:
    answer = asked(cast, cast.domain.conceive(DomainRequest(keyword="tool library", tools=12)))
    assert answer is None or not check_idea(answer.idea)


def test_tool_schema(cast: Cast) -> None:
    request = ToolSchemaRequest(idea=IDEA, entities=("equipment", "loan"), wanted=4)
    answer = asked(cast, cast.tool_schema.design(request))
    assert answer is None or answer.tools
    assert answer is None or {tool.entity for tool in answer.tools} <= set(IDEA.entity_names)


def test_database(cast: Cast) -> None:
    answer = asked(cast, cast.database.derive(DatabaseRequest(idea=IDEA, tools=SKETCHES)))
    assert answer is None or set(answer.entities) >= {"member", "equipment", "loan"}


def test_contract(cast: Cast) -> None:
    sketches = tuple(sketch for sketch in SKETCHES if sketch.name == "borrow_equipment")
    answer = asked(cast, cast.contract.formalise(ContractRequest(tools=sketches, blueprint=BLUEPRINT)))
    assert answer is None or set(answer.tools) == {"borrow_equipment"}


def test_code(cast: Cast) -> None:
    answer = asked(cast, cast.code.write(CodeRequest(tools=(TOOL["get_equipment"],), database=SPEC.database)))
    assert answer is not None
    tool = TOOL["get_equipment"].model_copy(update={"source": answer.sources["get_equipment"]})
    assert verify_tools(SPEC, [tool], seed=1).tools == (tool,)


def test_test(cast: Cast) -> None:
    request = TestRequest(tools=(TOOL["pay_fees"],), database=SPEC.database, now=SPEC.now)
    answer = asked(cast, cast.test.propose(request))
    assert answer is None or {case.tool for case in answer.cases} == {"pay_fees"}


def test_debug(cast: Cast) -> None:
    """A mistake that the model itself made, with the words and the trace that the tests have for it."""
    right = TOOL["cancel_hold"]
    wrong = right.model_copy(update={"source": right.source.replace('"hold_closed", f"', '"hold_closed", "')})
    report = verify_tools(SPEC, [wrong], seed=1)
    failing = next(trace for trace in report.traces if not trace.passed)
    request = RepairRequest(tool=wrong, database=SPEC.database, failures=report.reports[0].reasons, trace=failing)
    answer = asked(cast, cast.debug.repair(request))
    assert answer is None or (answer.kind == "tool" and "def cancel_hold" in answer.source)


def test_dependency(cast: Cast) -> None:
    pairs = (
        OpenPair(source="quote_late_fee", output="fee", target="pay_fees", parameter="amount"),
        OpenPair(source="get_equipment", output="name", target="report_damage", parameter="note"),
    )
    answer = asked(cast, cast.dependency.judge(DependencyRequest(domain=DOMAIN, pairs=pairs)))
    assert answer is None or set(answer.flows) <= set(pairs)


def test_chain(cast: Cast) -> None:
    wanted = (WantedChain(index=0, writes=(1, 2), first="borrow_equipment"),)
    answer = asked(cast, cast.chain.plan(ChainRequest(domain=DOMAIN, wanted=wanted)))
    assert answer is None or {call.tool for call in answer.chains[0].steps} <= set(TOOL)


def test_state(cast: Cast) -> None:
    request = StateRequest(
        domain=DOMAIN,
        story="Eli wants to borrow the cordless drill for a week.",
        rows=PLANTED.rows,
        free=(("report", "note"),),
        settled=(("equipment", "EQU-0001"),),
        distractors=2,
        now=SPEC.now,
    )
    answer = asked(cast, cast.state.furnish(request))
    assert answer is None or set(answer.distractors) <= set(SPEC.database.table)


def test_instruction(cast: Cast) -> None:
    request = InstructionRequest(
        title="Borrow a tool",
        goals=(SaidGoal(words="borrow a tool", facts={"tool": "Cordless drill", "days": "7"}),),
        profile={"full_name": "Eli Novak", "email": "eli.novak@example.org"},
        hidden=("borrow_equipment", "EQU-0001"),
        tone="friendly",
        draft="I would like to borrow the Cordless drill for 7 days.",
        now=SPEC.now,
    )
    answer = asked(cast, cast.instruction.write(request))
    assert answer is None or "EQU-0001" not in answer.instruction


def test_gate(cast: Cast) -> None:
    answer = asked(cast, cast.gate.weigh(GateRequest(unused=9, complexity=0.3, feasibility=0.8)))
    assert answer is None or 0 <= answer.probability <= 1


def test_user(cast: Cast) -> None:
    request = UserRequest(
        instruction="I would like to borrow the Cordless drill for 7 days.",
        profile={"full_name": "Eli Novak", "email": "eli.novak@example.org"},
        said=(
            Utterance(speaker="user", text="Hello, I would like to borrow a tool."),
            Utterance(speaker="agent", text="Gladly. What is your e-mail address?"),
        ),
    )
    answer = asked(cast, cast.user.reply(request))
    assert answer is None or answer.text


def test_no_role_is_missing_here() -> None:
    assert {name.removeprefix("test_") for name in globals() if name.startswith("test_")} >= set(ROLES)


def test_every_call_is_in_the_log(cast: Cast, store: Store) -> None:
    """Runs behind the others: what was asked can be read again, with what it took."""
    run = store.runs.of("tool_library")[0].id
    calls = store.calls.of_run(run)
    assert calls
    assert all(call.prompt_tokens > 0 for call in calls if call.outcome != "failed" and not call.cached)
    for sums in store.call_log.sums_by("role", CallFilter(run=run)):
        print(sums)
