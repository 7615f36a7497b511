"""Two domains beside each other: what language models, or the composer, made of them and for how much."""

from __future__ import annotations

from typing import NamedTuple

from engine.models.role import COMPOSER, ROLES, RoleName
from engine.store import Store
from engine.store.call_log import CallFilter, CallSums
from engine.store.tools import StoredTool
from studio.queries.opened import opened


class ToolWork(NamedTuple):
    """A tool of one of the domains.

    Attributes:
        admitted: `None` where it was not tested.
        repairs: How often it was repaired before that.
    """

    name: str
    admitted: bool | None
    repairs: int
    reasons: tuple[str, ...]
    cases: int
    made_by: str
    source: str

    @property
    def lines(self) -> int:
        """Lines of its code."""
        return len(self.source.strip().splitlines())


class Work(NamedTuple):
    """What came of a domain.

    Attributes:
        players: Role -> who played it.
        first_try: Tools that were admitted as they were written first.
        repaired: Tools that were admitted after repairs.
        repairs: Repairs of all tools.
        seconds: Worked on its runs.
        audited: Tasks that passed every audit.
        failures: Why attempts at tasks came to nothing, with how often.
        by_role: What each role cost.
    """

    domain: str
    title: str
    players: dict[RoleName, str]
    tables: int
    tools: dict[str, ToolWork]
    first_try: int
    repaired: int
    rejected: int
    untested: int
    repairs: int
    edges_proven: int
    edges_unproven: int
    audited: int
    failed: int
    failures: dict[str, int]
    seconds: float
    spent: CallSums
    by_role: dict[str, CallSums]

    @property
    def models(self) -> str:
        """Who made it, in a line."""
        named = list(dict.fromkeys(name for name in self.players.values() if name != COMPOSER))
        return ", ".join(named) or COMPOSER


class Pair(NamedTuple):
    """A tool by name in both domains, `None` where one has none such."""

    name: str
    left: ToolWork | None
    right: ToolWork | None


def candidates() -> list[str]:
    """Domains that can be compared: those made with a language model first, then the others, by name."""
    with opened() as store, store.snapshot():
        asked = {each.of for each in store.call_log.sums_by("domain", CallFilter())}
        names = store.domains.names()
    return sorted(names, key=lambda name: (name not in asked, name))


def work(domain: str) -> Work:
    """What came of a domain.

    Raises:
        UsageError: There is no such domain.
    """
    with opened() as store, store.snapshot():
        return _work(store, domain)


def _work(store: Store, domain: str) -> Work:
    summary, spec = store.domains.summary(domain), store.domains.get(domain)
    tools = {each.tool.name: _tool(each) for each in store.tools.all(domain)}
    admitted = [each for each in tools.values() if each.admitted]
    only = CallFilter(domain=domain)
    return Work(
        domain=domain,
        title=spec.title,
        players={role: spec.made_by.get(role, COMPOSER) for role in ROLES},
        tables=summary.tables,
        tools=tools,
        first_try=sum(not each.repairs for each in admitted),
        repaired=sum(bool(each.repairs) for each in admitted),
        rejected=sum(each.admitted is False for each in tools.values()),
        untested=sum(each.admitted is None for each in tools.values()),
        repairs=sum(each.repairs for each in tools.values()),
        edges_proven=summary.edges_proven,
        edges_unproven=summary.edges_unproven,
        audited=summary.tasks_audited,
        failed=summary.tasks_rejected,
        failures=store.tasks.rejections(domain),
        seconds=sum(run.seconds for run in store.runs.of(domain)),
        spent=store.call_log.sums(only),
        by_role={each.of: each for each in store.call_log.sums_by("role", only)},
    )


def _tool(stored: StoredTool) -> ToolWork:
    report = stored.report
    return ToolWork(
        name=stored.tool.name,
        admitted=None if report is None else report.admitted,
        repairs=0 if report is None else report.repairs,
        reasons=() if report is None else report.reasons,
        cases=0 if report is None else report.cases,
        made_by=stored.tool.made_by,
        source=stored.tool.source,
    )


def side_by_side(left: Work, right: Work) -> list[Pair]:
    """The tools of both by name: those that both have first, then the left one's, then the right one's."""
    names = dict.fromkeys([*left.tools, *right.tools])
    pairs = [Pair(name, left.tools.get(name), right.tools.get(name)) for name in names]
    return sorted(pairs, key=lambda pair: (pair.right is None) + 2 * (pair.left is None))
