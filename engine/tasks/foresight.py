"""What audits would refuse, told beforehand from the contracts: a step or an argument that earns nothing.

The audits run the same experiments for real; this spares them the tasks that can't pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.contracts.evaluate import evaluate
from engine.contracts.state import PlainState
from engine.models.chain import Chain
from engine.models.domain import Domain
from engine.models.task import Task
from engine.models.trace import Call, RowChange
from engine.runtime.reward import Scorer
from engine.tasks.replay import Played, needs, net, run
from engine.tasks.trials import Trials, remaining


def idle_step(chain: Chain, domain: Domain, start: PlainState, played: Played, scorer: Scorer) -> str:
    """Why a step might as well be left out, or an empty text where every one counts.

    Args:
        chain: The reference solution.
        domain: Its tools.
        start: Its s0, base rows included.
        played: How it runs there.
        scorer: Compares changes.
    """
    used = {index for step in chain.steps for index in needs(step)}
    for index, changes in enumerate(played.steps):
        name = chain.steps[index].tool
        if not changes:
            if index not in used:
                return f"The answer of `{name}` is never used."
            continue
        rest = run(chain, domain, start, remaining(chain, index), lenient=True).changes
        if scorer.score_changes(played.changes, rest).reward > 0:
            return f"Leaving out `{name}` makes no difference."
    return ""


def idle_argument(task: Task, domain: Domain, start: PlainState, scorer: Scorer) -> str:
    """Why a hard argument might as well be another, or an empty text where every one counts."""
    for trial in Trials(task, domain, start).altered():
        if scorer.score_changes(task.gold_diff, predict(domain, start, trial.calls)).reward > 0:
            return f"What is said does not all matter: {trial.title}."
    return ""


def predict(domain: Domain, start: PlainState, calls: Sequence[Call]) -> tuple[RowChange, ...]:
    """The net changes of concrete calls, by the contracts; what they leave open counts as a rejection."""
    after = start.copy()
    changes: list[tuple[RowChange, ...]] = []
    for call in calls:
        expectation = evaluate(domain.tool[call.name], domain.database, after, call.arguments)
        after.apply(expectation.changes)
        changes.append(expectation.changes)
    return net(changes)
