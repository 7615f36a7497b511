"""The reference for authors names everything that the language has."""

from pathlib import Path
from typing import get_args

import pytest

from engine.agents.composer.compose import compose
from engine.datafiles import data_path
from engine.models.database import Role
from engine.seeds.blueprint_file import key_of, parse_blueprint
from engine.seeds.rules import Rule
from engine.seeds.tool_entry import FIELDS_OF_KIND

TEXT = Path(data_path("blueprints", "README.md")).read_text("utf-8")
RULES = get_args(get_args(Rule)[0])


@pytest.mark.parametrize("kind", FIELDS_OF_KIND)
def test_every_kind_of_tool_is_explained_with_its_keys(kind: str) -> None:
    (row,) = [line for line in TEXT.splitlines() if line.startswith("|") and f"`{kind}`" in line.split("|")[1]]
    for field in FIELDS_OF_KIND[kind]:
        name = "from" if field == "states" else field
        explained = row.replace("those of `search`", "filters where order limit fields")
        assert name in explained.split("|")[3].replace("`", "").replace(",", " ").split()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_explained_with_its_keys(rule: type[Rule]) -> None:
    name = rule.model_fields["rule"].default
    (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")]
    shared = {"rule", "code", "message", "when", "rows", "match", "among", "where"}
    for field, entry in rule.model_fields.items():
        if field not in shared:
            assert key_of(field, entry) in row.split("|")[3].replace("`", " ").replace(",", " ").split(), field


@pytest.mark.parametrize("role", get_args(Role))
def test_every_role_is_listed(role: str) -> None:
    assert role in TEXT.replace("`", " ").split()


def test_the_effects_of_the_reference_compose() -> None:
    effects = TEXT.split("```yaml\neffects:\n")[1].split("```")[0]
    rules = TEXT.split("```yaml\nrules:\n")[1].split("```")[0]
    text = f"""\
domain: library
title: City Library
entities:
  member: {{columns: {{email: {{role: email, unique: true}}}}}}
  book: {{columns: {{title: title, copies: quantity}}, lifecycle: [available, lent]}}
  reservation: {{columns: {{book_id: -> book}}, lifecycle: [waiting, ready]}}
  fee: {{columns: {{member_id: -> member, amount: money}}}}
  cart: {{columns: {{member_id: -> member}}}}
  cart_item: {{columns: {{cart_id: -> cart}}}}
  loan:
    columns: {{member_id: -> member, book_id: -> book, due_on: date}}
    owner: member_id
    lifecycle: [open, returned]
    tools:
      return_book:
        kind: transition
        from: open
        to: returned
        parameters: {{cart_id: cart.cart_id}}
        effects:
{_indented(effects)}
        rules:
{_indented(rules.replace("book.status", "loan.book.status"))}
"""
    composition = compose(parse_blueprint(text).blueprint)
    assert len(composition.tools[0].contract.effects) == 5


def _indented(text: str) -> str:
    return "\n".join(" " * 8 + line for line in text.rstrip().splitlines())
