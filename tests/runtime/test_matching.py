"""The reward's definition on plain data: pairing, policies, and what is said where it fails."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from engine.runtime.matching import Matcher, score
from engine.runtime.pairing import assign
from engine.runtime.policies import Change
from engine.runtime.reward import RapidFuzzMatcher, policies
from engine.runtime.similarity import indel_ratio, text_similarity
from tests.runtime.matching_cases import (
    DATABASE,
    booking,
    brute_force,
    delete,
    fresh_names,
    job,
    person,
    random_diff,
    rename,
    seat,
    update,
)

MATCHER = Matcher(policies(DATABASE))


def reward(gold: list[Change], diff: list[Change]) -> float:
    return MATCHER.score(gold, diff)["reward"]


def problems(gold: list[Change], diff: list[Change]) -> list[tuple[str, object, str | None, str]]:
    return [(m["table"], m["key"], m["column"], m["policy"]) for m in MATCHER.score(gold, diff)["mismatches"]]


seeds = st.integers(0, 10**9)
GOLD = [
    person("P1", "ann@x.org"),
    person("P2", "bob@x.org", mentor="P1"),
    job("J1", "Data engineer", 100, lead="P1"),
    seat("J1", 1, "by the window"),
    update(job("OLD"), lead_id="P2"),
    delete(job("GONE")),
]


@settings(deadline=None, max_examples=150)
@given(seeds)
def test_renaming_generated_ids_and_reordering_keeps_the_reward(seed: int) -> None:
    rng = random.Random(seed)
    gold = random_diff(rng, 5)
    diff = rename(gold, fresh_names(gold, rng))
    rng.shuffle(diff)
    assert MATCHER.score(gold, diff) == {"reward": 1.0, "mismatches": []}


@settings(deadline=None, max_examples=300)
@given(seeds)
def test_the_reward_is_what_trying_every_pairing_gives(seed: int) -> None:
    rng = random.Random(seed)
    gold = random_diff(rng, 3)
    diff = rename(gold, fresh_names(gold, rng))
    rng.shuffle(diff)
    for _ in range(rng.randint(0, 2)):
        if diff:
            place = rng.randrange(len(diff))
            table, key, before, after = diff[place]
            column = rng.choice(sorted(set(after or {}) - {"job_id", "person_id", "number", "note", "title"}) or [""])
            if column and after:
                others = [row[column] for _, _, _, row in diff if row and column in row]
                diff[place] = (table, key, before, {**after, column: rng.choice(others)})
    answer = MATCHER.score(gold, diff)
    assert answer["reward"] == float(brute_force(gold, diff))
    assert bool(answer["mismatches"]) == (answer["reward"] == 0.0)


@settings(deadline=None, max_examples=100)
@given(seeds)
def test_one_wrong_thing_gives_zero(seed: int) -> None:
    rng = random.Random(seed)
    gold = [*random_diff(rng, 4), person("P-LAST", "only@here.org", best=None)]
    diff = rename(gold, fresh_names(gold, rng))
    wrong = rng.choice(("value", "missing", "extra", "link"))
    if wrong == "value":
        diff[-1] = ("person", diff[-1][1], None, {**(diff[-1][3] or {}), "email": "other@here.org"})
    elif wrong == "missing":
        diff.pop(rng.randrange(len(diff)))
    elif wrong == "extra":
        diff.insert(rng.randrange(len(diff) + 1), rng.choice((person("P-EXTRA"), delete(job("OLD-X")))))
    else:
        links = [change for change in diff if change[0] == "person" and change[1] != diff[-1][1]]
        assume(links)
        diff[-1] = ("person", diff[-1][1], None, {**(diff[-1][3] or {}), "mentor_id": links[0][1]})
    answer = MATCHER.score(gold, diff)
    assert answer["reward"] == 0.0
    assert answer["mismatches"]


@pytest.mark.parametrize(
    "place, change, expected",
    [
        (0, person("P1", "eve@x.org"), [("person", "P1", "email", "hard")]),
        (1, person("P2", "bob@x.org"), [("person", "P2", "mentor_id", "link")]),
        (1, person("P2", "bob@x.org", mentor="OLD-P"), [("person", "P2", "mentor_id", "link")]),
        (2, job("J1", "Data engineer", 101, lead="P1"), [("job", "J1", "salary", "hard")]),
        (2, job("J1", "Night cook", 100, lead="P1"), [("job", "J1", "title", "semantic")]),
        (2, job("J1", "Data engineer", 100, lead="P2"), [("job", "J1", "lead_id", "link")]),
        (3, seat("J1", 2, "by the window"), [("seat", ("J1", 2), "number", "hard")]),
        (3, seat("J1", 1, None), [("seat", ("J1", 1), "note", "semantic")]),
        (4, update(job("OLD"), lead_id="P1"), [("job", "OLD", "lead_id", "link")]),
        (4, update(job("OLD"), lead_id="OLD-P"), [("job", "OLD", "lead_id", "link")]),
        (
            4,
            update(job("OLD"), lead_id=None, salary=3),
            [("job", "OLD", "lead_id", "link"), ("job", "OLD", "salary", "hard")],
        ),
        (4, update(job("OLD"), lead_id="P2", salary=1), [("job", "OLD", "salary", "hard")]),
        (4, delete(job("OLD")), [("job", "OLD", None, "row")]),
        (5, update(job("GONE"), salary=7), [("job", "GONE", None, "row")]),
    ],
)
def test_a_difference_is_named(place: int, change: Change, expected: list[object]) -> None:
    diff = [change if index == place else old for index, old in enumerate(GOLD)]
    assert problems(GOLD, diff) == expected
    renamed = rename(diff, {"P1": "P8", "P2": "P1", "J1": "J9"})
    assert reward(GOLD, renamed) == 0.0


def test_missing_and_extra_rows_are_named() -> None:
    assert ("person", "P1", None, "row") in problems(GOLD, GOLD[1:])
    assert problems(GOLD, [*GOLD, seat("J1", 2)]) == [("seat", ("J1", 2), None, "row")]
    assert problems(GOLD, [*GOLD, update(job("X"), salary=2)]) == [("job", "X", "salary", "hard")]
    assert problems(GOLD, [*GOLD, delete(job("X"))]) == [("job", "X", None, "row")]
    assert problems(GOLD, GOLD[:-1]) == [("job", "GONE", None, "row")]
    assert problems(GOLD, GOLD[:4] + GOLD[5:]) == [("job", "OLD", "lead_id", "link")]


def test_doing_nothing_earns_nothing_unless_there_is_nothing_to_do() -> None:
    assert reward(GOLD, []) == 0.0
    assert len(problems(GOLD, [])) == len(GOLD)
    assert reward([], []) == 1.0
    assert reward([], [update(job("OLD"), views=7)]) == 1.0
    assert reward([update(job("OLD"), views=7)], []) == 1.0


def test_mismatches_come_in_one_order_whatever_the_order_of_the_diff() -> None:
    diff = [update(job("B"), salary=1), update(job("A"), salary=1), person("P5"), delete(person("A"))]
    assert problems(GOLD, diff) == problems(GOLD[::-1], diff[::-1])


def test_a_semantic_change_must_happen_and_must_not_happen_by_itself() -> None:
    gold = [update(job("OLD", "Data engineer"), title="Data engineers")]
    assert reward(gold, []) == 0.0
    assert reward(gold, [update(job("OLD", "Data engineer"), title="data ENGINEERS!")]) == 1.0
    assert reward([], [update(job("OLD", "Data engineer"), title="Data engineers")]) == 0.0


def test_numbers_are_compared_by_value_and_texts_exactly() -> None:
    assert reward([job("J1", salary=1)], [job("J2", salary=1.0)]) == 1.0
    assert reward([person("P1", "a@b.c")], [person("P1", "A@b.c")]) == 0.0


def test_composite_links_follow_the_pairing() -> None:
    gold = [job("J1", salary=1), job("J2", salary=2), seat("J1", 1), seat("J2", 1), booking(1, "J1", 1)]
    swapped = rename(gold, {"J1": "J2", "J2": "J1"})
    assert reward(gold, swapped) == 1.0
    assert problems(gold, [*gold[:4], booking(1, "J2", 1)]) == [("booking", 1, "seat_job_id, seat_number", "link")]
    assert problems(gold, [*gold[:4], booking(1, "OLD", 1)]) == [("booking", 1, "seat_job_id, seat_number", "link")]


def test_keys_of_several_columns_may_be_lists_as_in_json() -> None:
    table, key, before, after = update(seat("OLD", 1, "x"), note="by the window")
    assert reward([(table, list(key), before, after)], [(table, key, before, after)]) == 1.0


def test_cycles_and_self_references_are_followed() -> None:
    ring = [person(f"P{n}", mentor=f"P{(n + 1) % 6}") for n in range(6)]
    two = [person(f"P{n}", mentor=f"P{n // 3 * 3 + (n + 1) % 3}") for n in range(6)]
    assert reward(ring, rename(ring, {f"P{n}": f"P{(n * 5 + 2) % 6}" for n in range(6)})) == 1.0
    assert reward(ring, two) == 0.0
    assert reward(two, rename(two, {"P0": "P4", "P4": "P0", "P1": "P5", "P5": "P1", "P2": "P3", "P3": "P2"})) == 1.0
    loop = [job("J1", lead="P1"), person("P1", best="J1")]
    assert reward(loop, rename(loop, {"J1": "J7", "P1": "P3"})) == 1.0
    assert reward(loop, [job("J1", lead="P1"), person("P1", best="OLD")]) == 0.0


def test_semantic_columns_are_assigned_together() -> None:
    """`Data engineers` fits both wanted titles, so only one assignment works; greedy choices would miss it."""
    gold = [job("A", "Data engineers"), job("B", "Data engineer")]
    close, far = "Data engineers x", "Data enginee"
    policy = policies(DATABASE)
    table = {("Data engineers", far): 85.0, ("Data engineers", close): 90.0, ("Data engineer", close): 99.0}
    answer = score(policy, gold, [job("C", far), job("D", close)], lambda a, b: table.get((a, b), 0.0))
    assert answer["reward"] == 1.0
    answer = score(policy, gold, [job("C", close), job("D", far)], lambda a, b: table.get((a, b), 0.0))
    assert answer["reward"] == 1.0


def test_many_rows_that_look_alike_are_no_trouble() -> None:
    same = [job(f"J{n}") for n in range(200)]
    assert reward(same, [job(f"K{n}") for n in range(200)]) == 1.0
    assert len(problems(same, [job(f"K{n}") for n in range(199)])) == 1
    notes = [f"Engineer for team number {n}" for n in range(30)]
    gold = [change for n in range(30) for change in (person(f"P{n}"), job(f"J{n}", notes[n], lead=f"P{n}"))]
    diff = [change for n in range(30) for change in (person(f"P{n}"), job(f"J{n}", notes[-n], lead=f"P{29 - n}"))]
    assert reward(gold, diff) == 1.0
    assert reward(gold, [*diff[:-1], job("J29", notes[-29], lead="P1")]) == 0.0


def test_a_deep_chain_of_references_is_no_trouble() -> None:
    chain = [person(f"P{n}", mentor=f"P{n + 1}" if n < 399 else None) for n in range(400)]
    shuffled = rename(chain, {f"P{n}": f"P{399 - n}" for n in range(400)})
    random.Random("chain").shuffle(shuffled)
    assert reward(chain, shuffled) == 1.0


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 6), seeds)
def test_assign_finds_an_assignment_exactly_where_there_is_one(count: int, seed: int) -> None:
    from itertools import permutations

    rng = random.Random(seed)
    edges = {(a, b) for a in range(count) for b in range(count) if rng.random() < 0.4}
    possible = any(all((a, b) in edges for a, b in enumerate(order)) for order in permutations(range(count)))
    assert assign(count, lambda a, b: (a, b) in edges) == possible


texts = st.text(st.characters(codec="utf-8"), max_size=80) | st.text("abc ,.!AB", max_size=40)


@settings(deadline=None, max_examples=300)
@given(texts, texts)
def test_pure_python_gives_the_same_similarity_as_rapidfuzz(left: str, right: str) -> None:
    assert indel_ratio(left, right) == fuzz.ratio(left, right)
    assert text_similarity(left, right) == RapidFuzzMatcher().similarity(left, right)
    assert text_similarity(left, right) == text_similarity(right, left)


@pytest.mark.parametrize(
    "left, right, low, high",
    [
        ("Call me back", "call  me, back!", 100, 100),
        ("ﬁne Straße", "FINE STRASSE", 100, 100),
        ("blue shirt large", "large blue shirt", 100, 100),
        ("Patient has a mild headache", "The patient has a mild headache", 90, 100),
        ("Please call back", "The parcel is broken", 0, 60),
        ("", "something", 0, 0),
        ("!!!", "???", 0, 0),
        ("👍", "👎", 0, 99),
    ],
)
def test_similarity_is_blind_to_case_punctuation_and_word_order(left: str, right: str, low: int, high: int) -> None:
    assert low <= text_similarity(left, right) <= high


def test_a_null_points_to_no_row_not_to_one_with_a_null() -> None:
    """Where a foreign key stands on a column that may be null, as a unique e-mail may."""
    rules = {
        "person": {
            "key": ["person_id"],
            "generated": ["person_id"],
            "columns": [{"name": name, "policy": "hard", "threshold": 80} for name in ("person_id", "name", "email")],
            "links": [],
        },
        "badge": {
            "key": ["badge_id"],
            "generated": ["badge_id"],
            "columns": [{"name": name, "policy": "hard", "threshold": 80} for name in ("badge_id", "email")],
            "links": [{"columns": ["email"], "table": "person", "references": ["email"]}],
        },
    }

    def people(*names: str) -> list[Change]:
        badge: Change = "badge", 1, None, {"badge_id": 1, "email": None}
        rows = [{"person_id": place, "name": name, "email": None} for place, name in enumerate(names)]
        return [badge, *[("person", row["person_id"], None, row) for row in rows]]

    assert score(rules, people("Ada", "Ben"), people("Ben", "Ada")) == {"reward": 1.0, "mismatches": []}
    assert score(rules, people("Ada", "Ben"), people("Ben", "Cy"))["reward"] == 0.0
