"""The compose phase: a seed becomes a schema and candidate tools (paper, section 4.1, steps 1 to 3)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.models.domain import DomainSpec
from engine.models.role import ROLES, UNASKED, RoleName
from engine.models.tool import Tool
from engine.pipeline.cast import Cast
from engine.pipeline.ledger import Ledger
from engine.pipeline.seeds import Composed, composed_of

IDEA_ROLES: tuple[RoleName, ...] = ("domain", "tool_schema", "database", "contract")
"""Roles that only a keyword calls for; other seeds say themselves what these would."""


def compose_domain(ledger: Ledger, cast: Cast) -> None:
    """Composes the run's seed and stores what came of it; a keyword is thought through by the roles before.

    Raises:
        SeedError: Nothing can be made of the keyword.
        BudgetReached: The run may not ask any more.
        ProviderError: A provider can't be used.
        Cancelled: Somebody asked the run to stop.
    """
    ledger.begin("compose", ["compose"])
    if ledger.is_done("compose"):
        return
    store, run = ledger.store, ledger.run
    text = store.runs.seed(run.id)
    if run.seed_kind == "keyword":
        composed, blueprint = _from_keyword(text, ledger, cast)
    else:
        composed, blueprint = composed_of(text), ""
        composed = composed.model_copy(update={"spec": _made_by(composed.spec, cast, without=IDEA_ROLES)})
    spec, tools = composed.spec, composed.tools

    def write() -> None:
        store.domains.save(spec, run.options)
        store.tools.save(run.domain, tools)
        if blueprint:
            store.domains.save_blueprint(run.domain, blueprint)

    events = [ledger.event("warning", f"Seed: {warning}") for warning in spec.warnings]
    words = f"{len(tools)} tools over {len(spec.database.tables)} tables composed."
    ledger.commit("compose", write, [*events, ledger.event("step", words, tools=len(tools))])


def _from_keyword(text: str, ledger: Ledger, cast: Cast) -> tuple[Composed, str]:
    """The domain that the roles think up, and its blueprint as YAML."""
    from engine.agents.composer.compose import compose_what_holds
    from engine.pipeline.conceive import conceive
    from engine.seeds.blueprint_text import write_blueprint
    from engine.seeds.keyword import KeywordSeed

    conception = cast.wait(conceive(cast, KeywordSeed.model_validate_json(text), told=ledger.say))
    blueprint = conception.blueprint.model_copy(
        update={"name": ledger.run.domain, "warnings": (*conception.blueprint.warnings, *conception.warnings)}
    )
    composition = compose_what_holds(blueprint)
    kept = _only(composition.tools)
    entities = {
        name: entity.model_copy(update={"tools": {one: tool for one, tool in entity.tools.items() if one in kept}})
        for name, entity in blueprint.entities.items()
    }
    spec = composition.spec.model_copy(update={"seed_kind": "keyword", "seed_digest": ledger.run.seed_digest})
    spec = _made_by(spec, cast, without=conception.fallen_back)
    written = write_blueprint(blueprint.model_copy(update={"entities": entities, "warnings": ()}))
    return Composed(spec=spec, tools=composition.tools), written


def _only(tools: Iterable[Tool]) -> set[str]:
    return {tool.name for tool in tools}


def _made_by(spec: DomainSpec, cast: Cast, *, without: Iterable[RoleName]) -> DomainSpec:
    """The spec with the models that play its roles."""
    left_out = {*without, *UNASKED}
    players = {role: cast.player(role) for role in ROLES if cast.is_model(role) and role not in left_out}
    return spec.model_copy(update={"made_by": players}) if players else spec
