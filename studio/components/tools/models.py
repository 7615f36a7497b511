"""What language models did for a tool: every call about it; and asking one again, with a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import ScaleEnvError
from engine.models.role import COMPOSER
from engine.seeds.keyword import LONGEST_HINT
from studio import jobs
from studio.components.curator import curator
from studio.components.markup import head, row, show
from studio.components.messages import tell, told
from studio.components.models.amounts import in_short
from studio.components.models.call import show_calls_of
from studio.components.models.roles import ROLE_WORDS, choose_model, shown_role
from studio.components.segment import settle
from studio.components.tools.editor import is_blocked
from studio.queries import calls as queries
from studio.queries import models
from studio.queries.calls import CallFilter
from studio.queries.tools import ToolView

if TYPE_CHECKING:
    from engine.pipeline.rewrite import RewriteRole

ASKED: dict[RewriteRole, str] = {"code": "code anew", "debug": "repair", "contract": "contract anew"}


def show_models(view: ToolView) -> None:
    """Draws the side of the tool."""
    scope = CallFilter(domain=view.domain, subject=view.tool.name)
    sums = queries.sums(scope)
    with told():
        st.fragment(_ask)(view, open_at_first=not sums.calls)
    show(head("What language models were asked about this tool, in all runs of the domain"))
    if not sums.calls:
        show(row(f"Nothing: it was written by {view.tool.made_by}."))
        return
    more = {"repairs asked for": sums.repairs, "answers corrected": sums.corrected}
    show(row(in_short(sums), *(f"{words}: {count}" for words, count in more.items() if count)))
    show_calls_of(scope, key=f"calls-{view.domain}-{view.tool.name}", filtered=sums.calls > 5)


def _ask(view: ToolView, *, open_at_first: bool) -> None:
    """The form that asks a model again; a fragment, so that typing a hint draws only this."""
    setup = models.setup()
    if not setup.models:
        show(row("To ask a language model again, configure one:"))
        st.page_link("views/models.py", label="Models", icon=":material/arrow_forward:")
        return
    with st.expander("Ask a model again", icon=":material/replay:", expanded=open_at_first):
        st.caption("What it says is tested first, as a person's edit is; nothing counts before that.")
        key = f"again-{view.domain}-{view.tool.name}"
        left, right = st.columns([1, 1.4], gap="medium", vertical_alignment="bottom")
        with left:
            settle(f"{key}-role", list(ASKED), "code")
            role = st.segmented_control(
                "What for",
                list(ASKED),
                key=f"{key}-role",
                required=True,
                format_func=ASKED.__getitem__,
                help="; ".join(f"{shown_role(each)} agent: {ROLE_WORDS[each]}" for each in ASKED),
            )
            known = [each.endpoint.model for each in setup.models]
            start = view.tool.made_by if view.tool.made_by in known else setup.default
            model = choose_model("Model", setup, key=f"{key}-model", start=start, empty="none chosen")
        with right:
            hint = st.text_area(
                "What shall be different, in words",
                key=f"{key}-hint",
                height=108,
                max_chars=LONGEST_HINT,
                placeholder="for example: it must refuse a date in the past before it looks at the customer",
                persist_state="session",
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            blocked = is_blocked(view.run)
            pressed = st.button(
                "Ask, test and propose",
                key=f"{key}-go",
                type="primary",
                icon=":material/forum:",
                disabled=blocked or model in ("", COMPOSER),
            )
            if blocked:
                show(row("Another edit is under way; your words are kept until it is finished."))
    if pressed:
        try:
            jobs.ask_again(view.domain, view.tool.name, role=role, model=model, hint=hint or "", by=curator())
        except ScaleEnvError as error:
            tell(error)
        else:
            st.rerun()  # the whole page shows the run
