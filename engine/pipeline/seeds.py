"""Brings a seed into the form in which a run keeps it: composed, so that going on needs neither its file nor its reader."""

from __future__ import annotations

from engine.models.base import Model
from engine.models.domain import DomainSpec
from engine.models.tool import Tool
from engine.pipeline.requests import SeedText
from engine.seeds.keyword import domain_name, read_keyword


class Composed(Model):
    """What the compose step stores: the domain's schema and its candidate tools."""

    spec: DomainSpec
    tools: tuple[Tool, ...]


def read_seed_text(seed: str, *, name: str | None = None, with_rows: bool = False) -> SeedText:
    """Reads and composes a seed.

    Args:
        seed: A built-in domain's name, or the path of a blueprint, an SQL schema or an SQLite file.
        name: The domain's name, where not the seed's own.
        with_rows: Take the seed's rows as the base of every initial state.

    Raises:
        SeedError: It can't be read, or contradicts itself.
    """
    from engine.agents.composer.compose import compose_seed
    from engine.seeds import read_seed

    composition = compose_seed(read_seed(seed, with_rows=with_rows))
    spec = composition.spec.model_copy(update={"name": name or composition.spec.name})
    composed = Composed(spec=spec, tools=composition.tools).model_dump_json()
    return SeedText(name=spec.name, kind=spec.seed_kind, digest=spec.seed_digest, text=composed)


def keyword_seed_text(keyword: str, *, name: str | None = None, hint: str = "", tools: int = 40) -> SeedText:
    """Brings a keyword into the form in which a run keeps it; what it stands for is thought up by the run itself.

    Args:
        keyword: What the domain is about.
        name: The domain's name, where not made from the keyword.
        hint: Further wishes in words.
        tools: How many tools the domain shall have.

    Raises:
        SeedError: It is none, or no name can be made of it.
    """
    seed = read_keyword(keyword, hint=hint, tools=tools)
    return SeedText(
        name=name or domain_name(seed.keyword), kind="keyword", digest=seed.digest, text=seed.model_dump_json()
    )


def composed_of(text: str) -> Composed:
    """What `read_seed_text` wrote."""
    return Composed.model_validate_json(text)
