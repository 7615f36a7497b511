"""How far curators agree, where they differ, and who decided how much."""

from __future__ import annotations

import streamlit as st

from studio.components.empty import say_empty
from studio.components.markup import Markup, badge, head, mono, numbers, row, show, table
from studio.components.messages import told
from studio.components.tasks.pieces import review_badge
from studio.queries import review as queries
from studio.queries.agreement import FEW, Pace, PairAgreement

SHOWN = 10
"""Disagreements on one page."""

WORDS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"))
"""What kappas from a bound upwards are called, after Landis and Koch."""


@st.fragment
def show_agreement() -> None:
    """Draws everything about agreement."""
    with told():
        _show()


def _show() -> None:
    found = queries.agreements()
    if not found.curators:
        say_empty("Nobody has decided on a task yet. Start with the queue.")
        return
    show(
        numbers(
            {
                "tasks that two or more decided on": found.shared,
                "of these decided alike": f"{found.alike / found.shared:.0%}" if found.shared else "–",
                "disagreements": found.shared - found.alike,
                "curators": len(found.curators),
            }
        )
    )
    left, right = st.columns(2, gap="medium")
    with left:
        show(
            head("Curators"),
            table(
                {
                    "curator": each.count.curator,
                    "approved": each.count.approved,
                    "rejected": each.count.rejected,
                    "needs edit": each.count.needs_edit,
                    "pace": pace_words(each.pace),
                }
                for each in found.curators
            ),
        )
    with right:
        if found.pairs:
            show(
                head("Pairs: Cohen's kappa is 1 for full agreement and 0 for what chance gives"),
                table(
                    {
                        "curators": f"{pair.first} – {pair.second}",
                        "tasks": pair.tasks,
                        "alike": f"{pair.alike / pair.tasks:.0%}",
                        "kappa": kappa_markup(pair),
                    }
                    for pair in found.pairs
                ),
            )
        else:
            show(head("Pairs"), row("No task has two decisions yet. Choose Second opinion in the queue to give some."))
    if found.shared:
        _show_disagreements(found.shared - found.alike)


def pace_words(pace: Pace) -> str:
    """A pace in words."""
    if pace.per_hour is None or pace.seconds is None:
        return "–"
    return f"{pace.per_hour:,.0f} an hour, {pace.seconds:,.0f} s a task"


def kappa_markup(pair: PairAgreement) -> Markup:
    """A kappa with what it means, or why it means little."""
    if pair.kappa is None:
        return row(badge("not defined", "quiet"), "both always decide the same one way")
    words = next(
        (words for least, words in WORDS if pair.kappa >= least), "slight" if pair.kappa >= 0 else "below chance"
    )
    if pair.few:
        return row(f"{pair.kappa:.2f}", badge(f"fewer than {FEW} tasks", "quiet"))
    return row(
        f"{pair.kappa:.2f}", badge(words, "good" if pair.kappa >= 0.6 else "warn" if pair.kappa >= 0.2 else "bad")
    )


def _show_disagreements(count: int) -> None:
    show(head(f"Disagreements ({count:,}); the last decision is what counts"))
    if not count:
        show(row("None: wherever two curators decided, they decide alike."))
        return
    pages = -(-count // SHOWN)
    number = min(max(int(st.session_state.get("disagreements", 1)), 1), pages)
    for each in queries.disagreements((number - 1) * SHOWN, SHOWN):
        words, link = st.columns([9, 1], vertical_alignment="center")
        with words:
            decided = (row(curator, review_badge(decision)) for curator, decision in each.decisions)
            show(
                row(mono(each.task_id), *decided),
                Markup('<div class="se-said">{}</div>').format(_short(each.instruction)),
            )
        with link:
            st.page_link("views/tasks.py", label="Resolve", query_params={"domain": each.domain, "task": each.task_id})
    if pages > 1:
        st.pagination(pages, key="disagreements")


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:160] + "…"
