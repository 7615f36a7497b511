"""Language models: who plays which role, what was spent, and two models' work beside each other."""

from __future__ import annotations

import streamlit as st

from studio.components.messages import told
from studio.components.models.compare import PARAMETER, show_comparison
from studio.components.models.setup import show_setup
from studio.components.models.spending import show_spending
from studio.components.segment import segment
from studio.queries import models as queries

PARTS = {
    "setup": ":material/tune: Setup",
    "spending": ":material/payments: Spending",
    "compare": ":material/compare_arrows: Compare",
}


def page() -> None:
    """Draws the page."""
    st.title("Models")
    if PARAMETER in st.query_params and "view" not in st.query_params:
        st.query_params["view"] = "compare"
    part = segment("Part", list(PARTS), "view", say=PARTS.__getitem__)
    if part != "compare":
        st.query_params.pop(PARAMETER, None)
    with told():
        if part == "setup":
            show_setup(queries.setup())
        elif part == "spending":
            show_spending(queries.spending())
        else:
            show_comparison()


page()
