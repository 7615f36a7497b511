"""What is configured: models with key and price, who plays which role, a test call, and how to configure another."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from markupsafe import Markup

from engine.models.role import COMPOSER, ROLES, RoleName
from studio import trials
from studio.components.markup import Tone, badge, facts, head, mono, row, show, table
from studio.components.models.amounts import UNKNOWN, named
from studio.components.models.roles import ROLE_WORDS, choose_model, shown_role
from studio.components.times import ago
from studio.queries import models as queries
from studio.queries.opened import said

KEYS: dict[str, Tone] = {
    "present": "good",
    "absent": "bad",
    "placeholder": "quiet",
    "not needed": "quiet",
    "unknown": "warn",
}
LOOK_SECONDS = 1.0

SERVERS = """\
# studio.toml, where the studio is started, or beside the store. Keys stay in the environment.
[models]
default = "openai/gpt-5.1"            # plays every role that is not named below

[models.roles]                        # a role each; "composer" plays offline and costs nothing
code = "anthropic/claude-sonnet-4-5"
gate = "composer"

[models.endpoints."openai/qwen3"]     # a server of your own: vLLM, llama.cpp, LM Studio ...
base_url = "http://127.0.0.1:8000/v1"
input_price = 0.0                     # US dollars for a million tokens; needed for a bound in dollars
output_price = 0.0

[budget]                              # of each run, where it says nothing else
cost = 5.0
"""
"""A whole `studio.toml` as an example."""

SHELL = """\
export OPENAI_API_KEY=...             # or ANTHROPIC_API_KEY, GEMINI_API_KEY, ...
export SCALEENV_MODEL=openai/gpt-5.1  # instead of a file
scaleenv studio
"""
"""The same by environment variables."""


def show_setup(setup: queries.Setup) -> None:
    """Draws the part."""
    if setup.settings.file:
        show(
            row(
                "Settings of",
                mono(said(Path(setup.settings.file))),
                "and the environment. Keys are read when needed, and kept nowhere.",
            )
        )
    if setup.settings.offline:
        st.info(
            "Nobody is asked anything: answers come from the store alone (`SCALEENV_OFFLINE`).",
            icon=":material/cloud_off:",
        )
    if not setup.models:
        st.info(
            "No language model is configured: the composer plays every role, offline. Configure one as below, and start "
            "a domain from a keyword under Domains.",
            icon=":material/info:",
        )
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        for number, each in enumerate(setup.models):
            _show_model(each, number)
        _show_help(setup)
    with right:
        _show_roles(setup)


def _show_model(line: queries.ModelLine, number: int) -> None:
    endpoint = line.endpoint
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            words = f"key in {line.key.variable}: {line.key.status}" if line.key.variable else f"key {line.key.status}"
            show(row(mono(endpoint.model), badge(words, KEYS[line.key.status])))
            if st.button(
                "Test",
                key=f"try-{number}",
                icon=":material/network_check:",
                help="One tiny request, in the background.",
            ):
                trials.start(endpoint.model)
        show(
            facts(
                {
                    "address": endpoint.base_url or "the provider's own",
                    "price of a million tokens": _price(line),
                    "requests": f"up to {endpoint.concurrency} at once, for {endpoint.tools_per_call} tools each"
                    if endpoint.tools_per_call > 1
                    else f"up to {endpoint.concurrency} at once, for a single tool each",
                    "plays": row(*(shown_role(role) for role in line.roles)) if line.roles else "nothing by itself",
                }
            )
        )
        found = trials.outcome(endpoint.model)
        if found is not None:
            st.fragment(_show_trial, run_every=LOOK_SECONDS if found.running else None)(endpoint.model, found.running)


def _price(line: queries.ModelLine) -> str:
    if line.price is None:
        return f"{UNKNOWN}; say input_price and output_price in studio.toml"
    said = "" if line.endpoint.input_price is not None else " (litellm's list)"
    return f"${line.price[0]:,.4g} read, ${line.price[1]:,.4g} written{said}"


def _show_trial(model: str, running: bool) -> None:
    found = trials.outcome(model)
    if found is None or found.running != running:
        st.rerun()
    if found.running:
        show(row(badge("… asking", "info"), "loading the client takes some seconds"))
        return
    show(row(badge("✓ it answers", "good") if found.passed else badge("✗ no use", "bad"), f"tried {ago(found.began)}"))
    if found.words:
        st.code(found.words, language=None, wrap_lines=True)


def _show_roles(setup: queries.Setup) -> None:
    show(head("Who plays which role in new runs, where a run says nothing else"))
    show(
        table(
            [
                {
                    "role": Markup('<span class="se-line">{}</span>').format(shown_role(role)),
                    "played by": named(player) if player != COMPOSER else badge(COMPOSER),
                    "what it does": ROLE_WORDS[role],
                }
                for role, player in setup.players.items()
            ]
        )
    )


def _show_help(setup: queries.Setup) -> None:
    with st.expander("How to configure models", icon=":material/settings:", expanded=not setup.models):
        show_how_to()
    with st.expander("A studio.toml for a choice of mine", icon=":material/tune:"):
        default = choose_model("Plays every role", setup, key="wish-default", start=setup.default)
        roles: dict[RoleName, str] = {}
        places = st.columns(2)
        for number, role in enumerate(ROLES):
            with places[number % 2]:
                name = choose_model(shown_role(role), setup, key=f"wish-{role}", start="", empty="as above")
            if name and name != default:
                roles[role] = name
        st.code(queries.settings_text(default or COMPOSER, roles), language="toml")


def show_how_to() -> None:
    """How models are configured, to be copied."""
    show(head("A file studio.toml, where the studio is started or beside the store"))
    st.code(SERVERS, language="toml")
    show(head("Or environment variables; keys only ever there, or in .streamlit/secrets.toml"))
    st.code(SHELL, language="bash")
