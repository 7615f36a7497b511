"""The compose phase of a keyword: what it stores, and that it is stored once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.agents.composer.compose import compose
from engine.errors import SeedError
from engine.models.run import RunOptions
from engine.pipeline.composing import compose_domain
from engine.pipeline.ledger import Cancelled, Ledger
from engine.pipeline.seeds import keyword_seed_text
from engine.seeds.blueprint_file import parse_blueprint
from engine.store import Store
from engine.store.lease import new_owner
from tests.fakes.asker import ScriptedAsker
from tests.fakes.material import KEYWORD, load
from tests.fakes.players import Players
from tests.fakes.script import Script, role_of

SCRIPT = Script(load())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "studio.db") as opened:
        seed = keyword_seed_text(KEYWORD, name="workshop", tools=12)
        opened.runs.create(
            "workshop", RunOptions(tools=12), seed_kind="keyword", seed_digest=seed.digest, seed=seed.text
        )
        yield opened


def ledger_of(store: Store) -> Ledger:
    owner = new_owner()
    return Ledger(store, store.runs.claim("workshop-1", owner), owner, lambda *_: None)


def players(*models: str) -> tuple[Any, ScriptedAsker]:
    asker = ScriptedAsker(lambda question, _: SCRIPT.answer(role_of(question.system), question.user))
    return Players(asker, models), asker


def test_a_keyword_becomes_a_domain_with_a_blueprint_that_makes_it_again(store: Store) -> None:
    cast, _ = players("domain", "tool_schema", "database", "contract")
    ledger = ledger_of(store)
    compose_domain(ledger, cast)

    spec = store.domains.get("workshop")
    tools = [stored.tool for stored in store.tools.all("workshop")]
    assert (spec.seed_kind, spec.seed_digest) == ("keyword", store.runs.get("workshop-1").seed_digest)
    assert set(spec.made_by) == {"domain", "tool_schema", "database", "contract"}
    assert len(tools) == 12
    assert all(tool.made_by == "composer" for tool in tools)

    again = compose(parse_blueprint(store.domains.blueprint("workshop") or "").blueprint)
    assert list(again.tools) == tools
    assert again.spec.database == spec.database
    assert again.spec.actor == spec.actor


def test_a_composed_keyword_is_not_asked_for_again(store: Store) -> None:
    cast, asker = players("domain")
    ledger = ledger_of(store)
    compose_domain(ledger, cast)
    asked = len(asker.asked)
    compose_domain(ledger, cast)

    assert asked == len(asker.asked) == 1
    assert store.domains.get("workshop").made_by == {"domain": "test/model"}
    words = [event.message for event in store.logs.each("workshop-1")]
    assert "Bicycle Workshop: 13 entities, 9 rules conceived." in words
    assert words[-1] == "12 tools over 13 tables composed."


def test_nothing_is_stored_where_no_domain_came(store: Store) -> None:
    cast, _ = players()
    with pytest.raises(SeedError, match="No domain could be made"):
        compose_domain(ledger_of(store), cast)
    assert not store.domains.exists("workshop")


def test_a_run_that_is_to_stop_stops_between_the_roles(store: Store) -> None:
    cast, asker = players("domain", "tool_schema")
    ledger = ledger_of(store)
    store.runs.request_cancel("workshop-1")
    with pytest.raises(Cancelled):
        compose_domain(ledger, cast)
    assert not store.domains.exists("workshop")
    assert asker.asked == []


def test_other_seeds_have_no_blueprint_of_their_own(store: Store) -> None:
    from tests.store import samples

    store.domains.save(samples.spec(), samples.OPTIONS)
    assert store.domains.blueprint("notes") is None
