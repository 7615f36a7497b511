"""From a keyword to a blueprint: whoever plays the roles, whatever they leave out, in whatever order they answer."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents.checks.sketches import sift
from engine.agents.composer.compose import compose, compose_what_holds
from engine.agents.composer.tool_schema_role import ComposerToolSchema
from engine.agents.llm.ask.question import BudgetReached, Question
from engine.agents.llm.roles.domain import WireDomain, read_idea
from engine.errors import SeedError
from engine.pipeline.conceive import Conception, conceive, groups
from engine.seeds.keyword import KeywordSeed
from tests.fakes.asker import ScriptedAsker
from tests.fakes.material import KEYWORD, load
from tests.fakes.players import IDEA_ROLES, LateAsker, Players
from tests.fakes.script import Script, role_of

SCRIPT = Script(load())
Says = Callable[[Question[Any], int], str]


def good(question: Question[Any], _turn: int = 1) -> str:
    return SCRIPT.answer(role_of(question.system), question.user)


def conceived(says: Says = good, *, tools: int = 50, models: Collection[str] = IDEA_ROLES, salt: int = 0, batch: int = 5) -> Conception:  # fmt: skip
    players: Any = Players(LateAsker(says, salt), models, batch)
    return asyncio.run(conceive(players, KeywordSeed(keyword=KEYWORD, tools=tools), told=lambda _: None))


@cache
def whole() -> Conception:
    return conceived()


def whole_sketches() -> tuple[dict[str, Any], ...]:
    """The tools in words, as the material has them."""
    return tuple(load().sketches)


def refusing(*roles: str) -> Says:
    return lambda question, turn: (
        "I'm sorry, I can't help with that." if question.role in roles else good(question, turn)
    )


def test_a_good_model_gives_every_tool_with_its_rules() -> None:
    conception = whole()
    tools = conception.blueprint.tools

    assert len(tools) == 50
    assert conception.warnings == ()
    assert conception.fallen_back == ()
    assert len(compose(conception.blueprint).tools) == 50
    assert {rule.code for rule in tools["join_repair_club"][1].rules} == {"already_member", "insufficient_credit"}
    assert tools["join_repair_club"][1].description.endswith(
        "The customer becomes a club member and has 25 EUR less credit."
    )


def test_the_order_of_answers_decides_nothing() -> None:
    assert conceived(salt=1) == whole()


def test_other_batches_give_the_same_tools() -> None:
    assert conceived(batch=2).blueprint.tools == whole().blueprint.tools


def test_one_model_call_gives_a_whole_domain_in_mixed_mode() -> None:
    asker = ScriptedAsker(good)
    players: Any = Players(asker, ("domain",))
    told: list[str] = []
    conception = asyncio.run(conceive(players, KeywordSeed(keyword=KEYWORD, tools=40), told=told.append))

    assert [question.role for question in asker.asked] == ["domain"]
    assert len(conception.blueprint.tools) == 40
    assert len(compose(conception.blueprint).tools) == 40
    assert told == [
        "Bicycle Workshop: 13 entities, 9 rules conceived.", "40 tools conceived.", "13 tables worked out.", "40 contracts made.",
    ]  # fmt: skip


def test_without_a_model_for_the_idea_there_is_no_domain() -> None:
    with pytest.raises(SeedError, match=r"No domain could be made of `bicycle workshop`.*--model"):
        conceived(models=())
    with pytest.raises(SeedError, match="No domain could be made"):
        conceived(refusing("domain"))


def test_an_idea_is_asked_for_again_with_another_sample() -> None:
    samples: list[tuple[int, float]] = []

    def late(question: Question[Any], turn: int) -> str:
        if question.role == "domain":
            samples.append((question.sample, question.temperature))
            return good(question, turn) if question.sample == 2 else "{}"
        return good(question, turn)

    assert conceived(late, models=("domain",), tools=12).warnings == ()
    assert samples == [(0, 0.0), (0, 0.0), (1, 0.7), (1, 0.7), (2, 0.7)]


def test_the_composer_steps_in_for_a_model_that_gives_no_tools_or_tables() -> None:
    conception = conceived(refusing("tool_schema", "database"), tools=30)

    assert conception.fallen_back == ("tool_schema", "database")
    assert len(conception.blueprint.tools) == 30
    assert sum(warning.startswith("The composer played the") for warning in conception.warnings) == 2


def test_the_composer_adds_what_every_service_has_where_a_model_runs_out_of_ideas() -> None:
    def short(question: Question[Any], turn: int) -> str:
        answer = json.loads(good(question, turn))
        return json.dumps({"tools": answer["tools"][:1]} if question.role == "tool_schema" else answer)

    conception = conceived(short, tools=20)
    (told,) = (words for words in conception.warnings if words.startswith("Only"))

    assert len(conception.blueprint.tools) == 20
    assert conception.fallen_back == ()
    added = told.removesuffix(".").split("the composer added ")[1].split(", ")
    assert set(added) <= conception.blueprint.tools.keys()
    assert len(added) + int(told.split()[1]) == 20
    assert conceived(short, tools=20) == conception


def test_rules_that_nobody_makes_formal_are_told_and_not_promised() -> None:
    conception = conceived(refusing("contract"))
    club = conception.blueprint.tools["join_repair_club"][1]
    warnings = "\n".join(conception.warnings)

    assert club.rules == ()
    assert "25 EUR less" not in club.description
    assert "Tool `join_repair_club` does without `already_member`, `insufficient_credit`" in warnings
    assert "Tool `hand_over_bicycle` is left out" in warnings
    assert "hand_over_bicycle" not in conception.blueprint.tools


def test_a_batch_that_brings_no_contract_is_asked_for_tool_by_tool() -> None:
    def overwhelmed(question: Question[Any], turn: int) -> str:
        return "{}" if question.role == "contract" and ", " in question.subject else good(question, turn)

    assert conceived(overwhelmed, tools=20).blueprint.tools == conceived(tools=20).blueprint.tools


def test_one_bad_rule_costs_a_rule_and_a_bad_action_a_tool() -> None:
    def clumsy(question: Question[Any], turn: int) -> str:
        answer = good(question, turn)
        if question.role != "contract":
            return answer
        data = json.loads(answer)
        for tool in data["tools"]:
            if tool["name"] == "join_repair_club":
                tool["rules"][0]["check"] = "customer.clubmember == False"
            if tool["name"] == "hand_over_bicycle":
                tool["effects"][0]["set"] = ["owner = new_owner_id"]
        return json.dumps(data)

    conception = conceived(clumsy)
    club = conception.blueprint.tools["join_repair_club"][1]
    warnings = "\n".join(conception.warnings)

    assert [rule.code for rule in club.rules] == ["insufficient_credit"]
    assert set(club.set) == {"club_member", "credit"}
    assert "Tool `join_repair_club` does without `already_member`: " in warnings
    assert "`customer` has no column `clubmember`" in warnings
    assert warnings.count("`already_member`") == 1
    assert "hand_over_bicycle" not in conception.blueprint.tools
    assert len(conception.blueprint.tools) == 49


def test_of_a_partly_wrong_entry_each_part_that_holds_is_kept_and_nothing_else_is_promised() -> None:
    told = next(sketch for sketch in whole_sketches() if sketch["name"] == "join_repair_club")["also"]

    def clumsy(question: Question[Any], turn: int) -> str:
        answer = good(question, turn)
        if question.role != "contract":
            return answer
        data = json.loads(answer)
        for tool in data["tools"]:
            if tool["name"] == "join_repair_club":
                tool["set"] = ["credit = customer.kredit - 25", *(text for text in tool["set"] if "credit" not in text)]
                tool["effects"] = [{"update": "customer", "key": "nobody.customer_id", "set": ["credit = 0"]}]
                tool["parameters"] = ["idle = integer 1..9"]
                tool["rules"].append({"code": "made_up", "allowed_if": "nobody.knows == idle", "says": "No."})
        return json.dumps(data)

    conception = conceived(clumsy)
    club = conception.blueprint.tools["join_repair_club"][1]
    warnings = [words for words in conception.warnings if "`join_repair_club` does without" in words]

    assert set(club.set) == {"club_member"}
    assert {rule.code for rule in club.rules} == {"already_member", "insufficient_credit"}
    assert club.effects == ()
    assert "idle" not in club.parameters
    assert told
    assert told not in club.description
    for left_out in ("`credit = customer.kredit - 25`", "the change of `customer`", "`made_up`"):
        assert sum(f"does without {left_out}: " in words for words in warnings) == 1, warnings


def test_a_rule_that_stays_the_wrong_way_round_is_turned_to_what_its_code_names() -> None:
    def backwards(question: Question[Any], turn: int) -> str:
        answer = good(question, turn)
        if question.role != "contract":
            return answer
        # Both slips are a small model's own: what is refused for what must hold, and a prefix for what a tool is given.
        rule = {"code": "no_bicycle_yet", "allowed_if": "not exists('bicycle', customer_id=parameters.customer_id)"}
        data = json.loads(answer)
        for tool in data["tools"]:
            if tool["name"] == "join_repair_club":
                same = {"code": "again", "allowed_if": "exists('bicycle', customer_id=customer_id)"}
                alien = {"code": "no_repair", "allowed_if": "exists('repair', bicycle_id=customer_id)"}
                tool["rules"] += [rule, same, alien]
        return json.dumps(data)

    conception = conceived(backwards)
    club = conception.blueprint.tools["join_repair_club"][1]
    warnings = "\n".join(conception.warnings)
    assert {"again", "no_repair"}.isdisjoint(rule.code for rule in club.rules)
    assert "rule `again` says the same as `no_bicycle_yet`" in warnings
    assert "`bicycle_id` is the key of a bicycle, `customer_id` that of a customer" in warnings
    turned = next(rule for rule in club.rules if rule.code == "no_bicycle_yet")
    assert turned.rule == "requires_earlier"
    assert turned.rows == "bicycle"
    assert turned.match == {"customer_id": "customer_id"}


def test_tools_that_fail_are_asked_for_once_more_with_their_mistakes() -> None:
    seen: list[str] = []

    def mends(question: Question[Any], turn: int) -> str:
        answer = good(question, turn)
        if question.role == "contract" and question.round == 0:
            return answer.replace("customer.credit >= 25", "customer.kredit >= 25")
        if question.role == "contract":
            seen.append(f"{question.subject}\n{question.user}")
        return answer

    conception = conceived(mends)
    assert len(seen) == 1
    assert seen[0].startswith("join_repair_club\n")
    assert "`customer` has no column `kredit`" in seen[0]
    assert len(conception.blueprint.tools["join_repair_club"][1].rules) == 2


def test_what_is_missing_is_asked_for_once_and_what_is_too_much_is_cut() -> None:
    def lazy(question: Question[Any], turn: int) -> str:
        if question.role != "tool_schema":
            return good(question, turn)
        return json.dumps({"tools": json.loads(good(question))["tools"][:4]})

    asker = ScriptedAsker(lazy)
    players: Any = Players(asker)
    told: list[str] = []
    asyncio.run(conceive(players, KeywordSeed(keyword=KEYWORD, tools=50), told=told.append))
    rounds = [question for question in asker.asked if question.role == "tool_schema"]
    again = [question for question in rounds if "Tools that there are already" in question.user]

    assert len(rounds) == 5 + 3  # 50 tools in tens, then the 30 that are missing
    assert again
    assert all(question in rounds[5:] for question in again)
    assert int(told[1].split()[0]) > 5 * 4
    assert len(conceived(tools=12).blueprint.tools) == 12


def test_the_user_can_always_be_found() -> None:
    conception = conceived(tools=6)
    finders = [name for name, (entity, tool) in conception.blueprint.tools.items() if tool.kind == "lookup" and entity == "customer"]  # fmt: skip
    assert finders


def test_a_used_up_budget_ends_the_work() -> None:
    def broke(question: Question[Any], turn: int) -> str:
        if question.role == "contract":
            raise BudgetReached("no more")
        return good(question, turn)

    with pytest.raises(BudgetReached):
        conceived(broke)


@given(st.integers(1, 20), st.integers(1, 200), st.integers(3, 40))
def test_groups_share_entities_and_tools_without_rest(entities: int, wanted: int, size: int) -> None:
    names = [f"entity_{number}" for number in range(entities)]
    found = groups(names, wanted, size)

    grouped = [name for group, _ in found for name in group]
    assert len(grouped) == len(set(grouped))
    assert sum(share for _, share in found) == wanted
    assert all(share > 0 and group for group, share in found)
    if wanted <= size * entities:
        assert max(share for _, share in found) <= 2 * size


def test_of_two_tools_that_say_the_same_the_first_stays() -> None:
    idea = read_idea(WireDomain.model_validate(load().idea), KEYWORD)
    tools = asyncio.run(_composed_tools(idea))
    renamed = tuple(tool.model_copy(update={"name": f"{tool.name}_too"}) for tool in tools)
    kept, problems = sift((*tools, *renamed), idea)

    assert kept == tools
    assert len(problems) == len(renamed)
    assert all("does that already" in problem for problem in problems)


async def _composed_tools(idea: Any) -> Any:
    from engine.agents.roles.foundation import ToolSchemaRequest

    return (
        await ComposerToolSchema().design(ToolSchemaRequest(idea=idea, entities=idea.entity_names, wanted=80))
    ).tools


STRAY = [
    "", "status", "id", "customer", "bicycle", "total_price", "class", "row", "x:ref repair", "plan:enum a|b", "price:money 5..1",
    "created_at:created_at", "lookup", "transfer", "compute", "open", "cancelled", "count('nowhere') < 1", "price = 'x'", "1e999", "{", "a" * 300,
]  # fmt: skip


def astray(seed: int, share: float) -> Says:
    """Good answers, a share of whose words is replaced by others of the same answer or by stray ones."""

    def changed(part: Any, rng: random.Random, words: list[str]) -> Any:
        if isinstance(part, dict):
            return {name: changed(item, rng, words) for name, item in part.items()}
        if isinstance(part, list):
            return [changed(item, rng, words) for item in part]
        if isinstance(part, str):
            words.append(part)
            return rng.choice(rng.choice((words, STRAY))) if rng.random() < share else part
        return part

    def says(question: Question[Any], turn: int) -> str:
        rng = random.Random(f"{seed}/{question.role}/{question.subject}/{turn}")
        return json.dumps(changed(json.loads(good(question)), rng, []))

    return says


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((0.01, 0.1, 0.3)))
def test_no_word_that_goes_astray_costs_the_domain(seed: int, share: float) -> None:
    conception = conceived(astray(seed, share), tools=12)
    assert compose_what_holds(conception.blueprint).tools


@pytest.mark.parametrize("column", ["bicycle:label", "bicycle:text?", "bicycle_id:code"])
def test_a_column_that_is_called_like_an_entity_is_a_reference(column: str) -> None:
    idea = load().idea
    entities = [
        {**each, "columns": [*each["columns"], column]} if each["name"] == "repair" else each
        for each in idea["entities"]
    ]
    read = read_idea(WireDomain.model_validate({**idea, "entities": entities}), KEYWORD)
    repair = next(entity for entity in read.entities if entity.name == "repair")
    assert "bicycle" in repair.belongs_to
    assert not {"bicycle", "bicycle_id"} & {attribute.name for attribute in repair.attributes}
