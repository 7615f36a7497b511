"""Choosing the tasks of a dataset, and how they are split."""

from __future__ import annotations

from typing import get_args

import streamlit as st
from pydantic import ValidationError

from engine.models.dataset import ChosenReview, DatasetChoice, SplitPlan
from engine.models.task import Difficulty
from engine.pipeline.datasets import default_plan
from studio.components.segment import settle
from studio.queries.datasets import Facets

REVIEWS: dict[ChosenReview, str] = {"approved": "approved", "open": "open", "needs_edit": "needs edit"}
PRESETS: dict[str, tuple[int, int, int]] = {
    "80 / 10 / 10": (80, 10, 10),
    "90 / 0 / 10": (90, 0, 10),
    "all in train": (100, 0, 0),
}
OWN = "other"


def choose_tasks(facets: Facets) -> DatasetChoice | None:
    """Draws the filter; `None` where it lets nothing through by itself."""
    _read_address(facets)
    domains = st.multiselect("Domains", facets.domains, key="choice-domains", placeholder="All domains")
    reviews = st.pills(
        "Review state",
        list(REVIEWS),
        selection_mode="multi",
        key="choice-reviews",
        format_func=lambda state: f"{REVIEWS[state]} {facets.reviews[state]:,}",
        help="What curators rejected, and tasks whose audits have to be run again, are never frozen.",
    )
    difficulties = st.pills("Difficulty", get_args(Difficulty), selection_mode="multi", key="choice-difficulty")
    text = st.text_input("Words", key="choice-text", placeholder="Words of the instruction, id or tools", max_chars=200)
    with st.expander("More filters"):
        left, right = st.columns(2)
        least = left.number_input("Steps from", 1, 999, None, key="choice-least")
        most = right.number_input("Steps to", 1, 999, None, key="choice-most")
        rating = left.number_input("Rating from", 1.0, 5.0, None, 0.5, key="choice-rating")
        limit = right.number_input("Most per domain", 1, 1_000_000, None, key="choice-limit")
        tags = st.multiselect("With one of the tags", facets.tags, key="choice-tags", placeholder="Any")
        without = st.multiselect("With none of the tags", facets.tags, key="choice-without", placeholder="None")
    _write_address(domains, reviews)
    if not reviews:
        st.info("Choose at least one review state.", icon=":material/info:")
        return None
    return DatasetChoice(
        domains=tuple(sorted(domains)),
        reviews=tuple(state for state in REVIEWS if state in reviews),
        difficulties=tuple(each for each in get_args(Difficulty) if each in difficulties),
        text=text.strip(),
        tags=tuple(sorted(tags)),
        without_tags=tuple(sorted(without)),
        least_steps=least,
        most_steps=most,
        least_rating=rating,
        limit=limit,
    )


def _read_address(facets: Facets) -> None:
    """What the address asks for, once; a domain that was deleted meanwhile is no longer chosen."""
    state = st.session_state
    if "choice-domains" not in state:
        asked = st.query_params.get_all("domain")
        state["choice-domains"] = [name for name in asked if name in facets.domains]
        if lost := [name for name in asked if name not in facets.domains]:
            st.warning("The link names a domain that is not here:", icon=":material/link_off:")
            st.text(lost[0])
    state["choice-domains"] = [name for name in state["choice-domains"] if name in facets.domains]
    for key in ("choice-tags", "choice-without"):
        state[key] = [tag for tag in state.get(key, ()) if tag in facets.tags]
    if "choice-reviews" not in state:
        asked = [state for state in st.query_params.get_all("review") if state in REVIEWS]
        state["choice-reviews"] = asked or ["approved"]


def _write_address(domains: list[str], reviews: list[str]) -> None:
    for name, values, usual in (("domain", domains, []), ("review", reviews, ["approved"])):
        if values == usual:
            st.query_params.pop(name, None)
        elif st.query_params.get_all(name) != values:
            st.query_params[name] = values


def choose_plan(tasks: int, domains: int) -> SplitPlan | None:
    """Draws the split plan; `None` where the shares don't add up, which is said."""
    usual = default_plan(tasks)
    # Another size has another default; what the user chose stays.
    key = "plan-preset-large" if usual.test else "plan-preset-small"
    names = [*PRESETS, OWN]
    settle(key, names, "80 / 10 / 10" if usual.test else "all in train")
    settle("plan-by", ["task", "domain"], "task")
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    preset = left.segmented_control("Train / validation / test, in per cent", names, key=key, required=True)
    by = middle.segmented_control(
        "Split by",
        ["task", "domain"],
        key="plan-by",
        required=True,
        help="`task`: tasks with the same chain, wording or entities stay together. `domain`: whole domains, to measure "
        "what carries over to new ones.",
    )
    seed = right.number_input("Seed", 0, 2**31 - 1, 0, key="plan-seed")
    if preset == OWN:
        columns = st.columns(3)
        shares = tuple(
            column.number_input(name, 0, 100, usual_share, key=f"plan-{name}")
            for column, name, usual_share in zip(columns, ("train", "validation", "test"), (70, 15, 15), strict=True)
        )
    else:
        shares = PRESETS[str(preset)]
    try:
        return SplitPlan(by=by, train=shares[0], validation=shares[1], test=shares[2], seed=int(seed))
    except ValidationError:
        st.warning(f"The shares add up to {sum(shares)} per cent; make it 100.", icon=":material/warning:")
        return None
