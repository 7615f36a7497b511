"""How values are said, and found again in what was said."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.database import Column, Table
from engine.tasks.speech import Meaning, find, forms, said, say, unsaid
from engine.tasks.wording import article, name_words, noun, plural, singular

NOW = "2026-03-02T09:00:00"
DATE = Meaning("date", "date")
COUNT = Meaning("integer", "quantity")
MONEY = Meaning("real", "money")


@pytest.mark.parametrize(
    "value, meaning, form",
    [
        ("2026-03-03", DATE, "March 3"),
        ("2026-03-03", DATE, "2026-03-03"),
        ("2026-03-03", DATE, "the 3rd of March"),
        ("2027-01-11", DATE, "January 11, 2027"),
        ("2026-03-03T14:00:00", Meaning("datetime", "datetime"), "March 3 at 2 PM"),
        ("14:30", Meaning("time", "time"), "2:30 PM"),
        (45.0, MONEY, "$45"),
        (1234.5, MONEY, "$1,234.50"),
        (3, COUNT, "three"),
        (60, Meaning("integer", "duration"), "one hour"),
        (15, Meaning("integer", "percent"), "15%"),
        ("full_time", Meaning("text", "enum", True), "full-time"),
        (True, Meaning("boolean", "flag"), "yes"),
    ],
)
def test_values_have_natural_forms(value, meaning: Meaning, form: str) -> None:
    assert form in forms(value, meaning, NOW)


@pytest.mark.parametrize("year", ["2025-03-03", "2027-03-03"])
def test_the_year_is_left_out_only_where_it_is_the_present_one(year: str) -> None:
    assert all(year[:4] in form for form in forms(year, DATE, NOW))


@settings(deadline=None, max_examples=120)
@given(
    value=st.one_of(
        st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(lambda day: (day.isoformat(), DATE)),
        st.integers(0, 100000).map(lambda number: (number, COUNT)),
        st.integers(0, 10**7).map(lambda cents: (cents / 100, MONEY)),
        st.times().map(lambda moment: (moment.strftime("%H:%M"), Meaning("time", "time"))),
        st.sampled_from(["Atrium", "Data Engineer (remote)", "C++", "50% off"]).map(
            lambda text: (text, Meaning("text", "title"))
        ),
    ),
    seed=st.integers(0, 9),
)
def test_what_is_said_is_found_again(value, seed: int) -> None:
    spoken = say(value[0], value[1], NOW, random.Random(seed))
    assert said(value[0], value[1], NOW, f"Please use {spoken}, thanks.") is not None
    assert unsaid([value], NOW, f"Please use {spoken}.") == []


@settings(deadline=None, max_examples=80)
@given(first=st.dates(date(2026, 1, 1), date(2026, 12, 31)), days=st.integers(1, 300), seed=st.integers(0, 9))
def test_one_date_is_not_taken_for_another(first: date, days: int, seed: int) -> None:
    other = first + timedelta(days=days)
    spoken = say(first.isoformat(), DATE, NOW, random.Random(seed))
    assert said(other.isoformat(), DATE, NOW, f"on {spoken} please") is None


def test_a_number_needs_words_of_its_own() -> None:
    assert unsaid([("2026-03-03", DATE), (3, COUNT)], NOW, "on March 3") == [3]
    assert unsaid([("2026-03-03", DATE), (3, COUNT)], NOW, "on March 3 for 3 people") == []
    assert find("3", "33 or 3.5 or $3 or 3%") is None


def test_the_day_of_a_moment_that_was_said_is_said() -> None:
    moment = ("2026-03-03T10:00:00", Meaning("datetime", "datetime"))
    assert unsaid([moment, ("2026-03-03", DATE)], NOW, "on March 3 at 10 AM") == []


@pytest.mark.parametrize(
    "word, one, many",
    [("categories", "category", "categories"), ("boxes", "box", "boxes"), ("status", "status", "status"), ("albums", "album", "albums"), ("people", "person", "persons"), ("addresses", "address", "address")],
)  # fmt: skip
def test_nouns_have_singulars_and_plurals(word: str, one: str, many: str) -> None:
    assert singular(word) == one
    assert plural(one) == many


@pytest.mark.parametrize(
    "phrase, word",
    [("hour", "an"), ("user", "a"), ("expected salary", "an"), ("room", "a"), ("unit", "a"), ("e-mail", "an")],
)
def test_articles_follow_the_sound(phrase: str, word: str) -> None:
    assert article(phrase) == word


@pytest.mark.parametrize(
    "name, spoken",
    [("starts_at", "start time"), ("closes_on", "closing date"), ("job_id", "job"), ("coverLetter", "cover letter"), ("new_price", "price"), ("iban", "IBAN"), ("is_remote", "remote")],
)  # fmt: skip
def test_identifiers_become_words(name: str, spoken: str) -> None:
    assert name_words(name) == spoken


def test_tables_become_nouns() -> None:
    table = Table(name="job_postings", columns=(Column(name="id", type="integer", role="id"),), primary_key=("id",))
    assert noun(table) == "job posting"
