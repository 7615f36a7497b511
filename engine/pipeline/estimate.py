"""What a run will spend on language models, told before anything is asked.

The figures by role were measured on a domain of 50 tools and 20 tasks, as `scaleenv bench tokens` prints them; a run differs from
them by its domain and by how often a model has to be asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.models.base import Model
from engine.models.role import ROLES, RoleName


class RoleTokens(NamedTuple):
    """Tokens that a role reads and writes.

    Attributes:
        once: For a domain, whatever its size.
        tool: For each of its tools.
        task: For each audited task, the attempts that come to nothing included.
    """

    once: tuple[int, int] = (0, 0)
    tool: tuple[int, int] = (0, 0)
    task: tuple[int, int] = (0, 0)


USUAL: dict[RoleName, RoleTokens] = {
    "domain": RoleTokens(once=(550, 1_050)),
    "tool_schema": RoleTokens(tool=(85, 90)),
    "database": RoleTokens(once=(1_200, 550), tool=(35, 5)),
    "contract": RoleTokens(tool=(205, 85)),
    "code": RoleTokens(tool=(540, 260)),
    "test": RoleTokens(tool=(170, 65)),
    "debug": RoleTokens(tool=(260, 60)),
    "dependency": RoleTokens(once=(400, 20), tool=(8, 1)),
    "chain": RoleTokens(task=(205, 60)),
    "state": RoleTokens(task=(565, 165)),
    "instruction": RoleTokens(task=(385, 55)),
}
"""Role -> what it takes where every answer is usable at once; for `debug`, where a sixth of the tools has to be repaired. Gate and
user simulator are not asked while a domain is made."""

ASKED_AGAIN = 1.25
"""Models ramble, and some of their answers have to be asked for once more: the measured answers were short, and right."""


class RoleEstimate(Model):
    """One role's share.

    Attributes:
        cost: In US dollars, or `None` where the model's price is not known.
    """

    model: str
    tokens_in: int
    tokens_out: int
    cost: float | None


class Estimate(Model):
    """What a run will spend, about.

    Attributes:
        tokens_in: Read by the models.
        tokens_out: Written by them.
        cost: In US dollars, or `None` where the price of some model is not known.
        by_role: The shares of the roles that models play.
    """

    tokens_in: int
    tokens_out: int
    cost: float | None
    by_role: dict[RoleName, RoleEstimate]

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


def estimate(
    tools: int, tasks: int, models: dict[RoleName, str], price: Callable[[str], tuple[float, float] | None]
) -> Estimate:
    """Estimates what a run will spend.

    Args:
        tools: How many tools the domain will have.
        tasks: How many audited tasks are asked for.
        models: Role -> the model that plays it; the composer costs nothing.
        price: Model -> US dollars for a million tokens read, and written; `None` where that is not known.
    """
    shares: dict[RoleName, RoleEstimate] = {}
    for role in ROLES:
        if role not in models or role not in USUAL:
            continue
        usual, model = USUAL[role], models[role]
        read, written = (
            round((once + tools * tool + tasks * task) * ASKED_AGAIN) for once, tool, task in zip(*usual, strict=True)
        )
        paid = price(model)
        cost = None if paid is None else (read * paid[0] + written * paid[1]) / 1_000_000
        shares[role] = RoleEstimate(model=model, tokens_in=read, tokens_out=written, cost=cost)
    costs = [share.cost for share in shares.values()]
    known = [cost for cost in costs if cost is not None]
    return Estimate(
        tokens_in=sum(share.tokens_in for share in shares.values()),
        tokens_out=sum(share.tokens_out for share in shares.values()),
        cost=sum(known) if len(known) == len(costs) else None,
        by_role=shares,
    )
