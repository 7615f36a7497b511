"""Keywords as seeds, and the built-in domains nearest to them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SeedError
from engine.seeds import built_in
from engine.seeds.keyword import KeywordSeed, domain_name, read_keyword
from engine.seeds.near import near_built_ins, nearest_name


@pytest.mark.parametrize(
    "keyword, name",
    [
        ("Wedding planning", "wedding_planning"),
        ("  café & bar  ", "cafe_bar"),
        ("24h pharmacy", "h_pharmacy"),
        ("C++", "c"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_keyword_gives_a_name(keyword: str, name: str) -> None:
    assert domain_name(keyword) == name


@given(st.text(max_size=200))
def test_any_text_gives_a_name_or_a_word_why_not(text: str) -> None:
    try:
        seed = read_keyword(text)
        name = domain_name(seed.keyword)
    except SeedError:
        return
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)
    assert KeywordSeed.model_validate_json(seed.model_dump_json()) == seed


@pytest.mark.parametrize(
    "keyword, hint, says",
    [
        ("", "", "holds no word"),
        ("123 !", "", "holds no word"),
        ("x" * 121, "", "has 121 characters"),
        ("ok", "x" * 2001, "The hint has 2,001"),
        ("a\x07b", "", "no text"),
        ("a\udcffb", "", "no text"),
        ("ok", "\x1b[2J", "no text"),
    ],
)
def test_what_is_no_keyword(keyword: str, hint: str, says: str) -> None:
    with pytest.raises(SeedError, match=says):
        read_keyword(keyword, hint=hint)


def test_a_name_that_can_not_be_made_is_asked_for() -> None:
    with pytest.raises(SeedError, match="--name"):
        domain_name("自転車")


def test_everything_of_a_seed_decides_its_digest() -> None:
    seeds = [read_keyword("a"), read_keyword("b"), read_keyword("a", hint="x"), read_keyword("a", tools=12)]
    assert len({seed.digest for seed in seeds}) == 4
    assert read_keyword("  a   b ").digest == read_keyword("a b").digest


@pytest.mark.parametrize(
    "keyword, domain",
    [
        ("hospital", "healthcare_telemedicine"),
        ("Hospitol", "healthcare_telemedicine"),
        ("a doctor's appointments", "healthcare_telemedicine"),
        ("flea market", "second_hand_marketplace"),
        ("University", "online_learning"),
        ("recruiting agency", "job_seeking"),
        ("job_seking", "job_seeking"),
    ],
)
def test_the_nearest_domain_is_found_by_what_it_is_about(keyword: str, domain: str) -> None:
    assert near_built_ins(keyword)[0] == domain


@pytest.mark.parametrize("keyword", ["bicycle workshop", "stock trading", "自転車", "", "the system of my platform"])
def test_what_has_nothing_to_do_with_any_has_no_nearest(keyword: str) -> None:
    assert near_built_ins(keyword) == []


@given(st.text(max_size=60))
def test_any_text_can_be_looked_for(text: str) -> None:
    assert set(near_built_ins(text)) <= set(built_in())


def test_slips_of_the_pen() -> None:
    assert nearest_name("Job Seking") == "job_seeking"
    assert nearest_name("job hunting") == ""
