"""What a run will spend on language models, told before anything is asked.

The figures by role were measured by `scaleenv bench tokens`; a run differs from them by its domain and by how often a model has to
be asked again.
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
    "domain": RoleTokens(once=(900, 1_800)),
    "tool_schema": RoleTokens(tool=(190, 130)),
    "database": RoleTokens(once=(1_500, 500), tool=(90, 110)),
    "contract": RoleTokens(tool=(430, 200)),
    "code": RoleTokens(tool=(580, 310)),
    "test": RoleTokens(tool=(150, 90)),
    "debug": RoleTokens(tool=(260, 60)),
    "dependency": RoleTokens(once=(1_800, 400)),
    "chain": RoleTokens(task=(900, 120)),
    "state": RoleTokens(task=(700, 250)),
    "instruction": RoleTokens(task=(750, 250)),
}
"""Role -> what it usually takes. Gate and user simulator are not asked while a domain is made."""


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
        read, written = (once + tools * tool + tasks * task for once, tool, task in zip(*usual, strict=True))
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
