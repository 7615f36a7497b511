"""One domain in full: what it is about, how it is built, where it came from, and the way to everything in it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from engine.models.database import Column, Table
from engine.models.role import COMPOSER, ROLES
from engine.store.call_log import CallSums
from studio.components.domains.new import edit_text
from studio.components.domains.table import health
from studio.components.markup import badge, facts, head, lines, mono, numbers, row, show, table
from studio.components.messages import attempt
from studio.components.models.amounts import named, total_cost
from studio.components.models.roles import ROLE_WORDS, shown_role
from studio.components.times import ago, on
from studio.queries import domains as queries

LINKS = (
    ("tools", "Tools", "build"),
    ("graph", "Graph", "graph_3"),
    ("traces", "Traces", "footprint"),
    ("tasks", "Tasks", "checklist"),
    ("review", "Review", "rule"),
    ("play", "Play", "sports_esports"),
    ("datasets", "Datasets", "inventory_2"),
)
BLUEPRINT_HEIGHT = 560
POLICIES = {"hard": "info", "semantic": "warn", "exempt": "quiet"}


def show_domain(view: queries.DomainView) -> None:
    """Draws the domain."""
    summary, spec = view.summary, view.spec
    with st.container(horizontal=True):
        for file, title, icon in LINKS:
            st.page_link(
                f"views/{file}.py", label=title, icon=f":material/{icon}:", query_params={"domain": summary.name}
            )
        if view.run is not None:
            st.page_link(
                "views/runs.py", label="Run", icon=":material/progress_activity:", query_params={"run": view.run.id}
            )
    well, said = health(summary)
    show(row(mono(summary.name), badge(said, "good" if well else "warn")))
    st.text(spec.title)
    if spec.description:
        st.text(spec.description)
    show(
        numbers(
            {
                "tables": summary.tables,
                "tools admitted": summary.tools_admitted,
                "tools rejected": summary.tools_rejected,
                "tools untested": summary.tools_untested,
                "edges proven": summary.edges_proven,
                "edges unproven": summary.edges_unproven,
            }
        ),
        numbers(
            {
                "tasks audited": summary.tasks_audited,
                "open": summary.tasks_open,
                "approved": summary.tasks_approved,
                "rejected": summary.tasks_declined,
                "needs edit": summary.tasks_needs_edit,
                "stale": summary.tasks_stale,
                "attempts that failed": summary.tasks_rejected,
            }
        ),
    )
    for warning in spec.warnings[:50]:
        show(row(badge("seed", "warn"), warning))
    parts = {
        "Tables": _show_tables,
        f"Rules ({sum(len(each.places) for each in view.rules)})": _show_rules,
        **({"Blueprint": _show_blueprint} if view.blueprint else {}),
        "Made by": _show_players,
        "Origin": _show_origin,
    }
    for tab, draw in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            draw(view)


def _show_tables(view: queries.DomainView) -> None:
    for each in view.spec.database.tables:
        about = view.tools.get(each.name, 0)
        unique = [" + ".join(columns) for columns in each.unique]
        marks = [badge(f"{len(each.columns)} columns"), badge(f"{about} tools", "info" if about else "quiet")]
        show(row(mono(each.name), *marks, each.description or ""))
        if unique or each.checks:
            rules = [f"unique: {', '.join(unique)}"] if unique else []
            show(row(*rules, *(mono(check.expression) for check in each.checks)))
        show(table([_column_line(each, column) for column in each.columns]))


def _column_line(of: Table, column: Column) -> dict[str, Any]:
    key = queries.keys_of(of).get(column.name)
    marks = [badge("key", "good")] if column.name in of.primary_key else []
    if key:
        marks.append(badge(f"→ {key}", "info"))
    return {
        "column": mono(column.name),
        "role": column.role,
        "type": column.type + (" or empty" if column.nullable else ""),
        "key": lines(*marks) if marks else "",
        "reward": badge(column.policy, POLICIES[column.policy]),  # type: ignore[arg-type]
        "values": _values(column),
        "description": column.description,
    }


def _values(column: Column) -> str:
    if column.enum:
        return ", ".join(column.enum)
    if column.minimum is None and column.maximum is None:
        return ""
    return " … ".join("" if bound is None else _number(bound) for bound in (column.minimum, column.maximum))


def _number(bound: float | str) -> str:
    return f"{bound:,.10g}" if isinstance(bound, float) else str(bound)


def _show_rules(view: queries.DomainView) -> None:
    if not view.rules:
        st.caption("No tool refuses anything by a rule of its own.")
        return
    show(
        table(
            [
                {
                    "rule": mono(each.kind),
                    "places": len(each.places),
                    "where: tool and rejection": row(*(f"{tool}: {code}" for tool, code in each.places)),
                }
                for each in view.rules
            ]
        )
    )


def _show_blueprint(view: queries.DomainView) -> None:
    """What the models made of the keyword, in the language in which an author would have written it."""
    name = view.summary.name
    st.caption(
        "What the models made of the keyword: entities, rules and tools in the blueprint language. It is a seed of its own: "
        "edited or not, the composer makes a domain of it without any model."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download YAML",
            view.blueprint,
            file_name=f"{name}.yaml",
            mime="application/yaml",
            on_click="ignore",
            icon=":material/download:",
            key=f"blueprint-{name}",
        )
        st.button(
            "Start a new domain from it",
            key=f"blueprint-edit-{name}",
            icon=":material/edit:",
            help="Opens the blueprint editor with this text, under a name that is free.",
            on_click=_open_editor,
            args=(name, view.blueprint),
        )
    st.code(view.blueprint, language="yaml", height=BLUEPRINT_HEIGHT)


def _open_editor(name: str, blueprint: str) -> None:
    edit_text(queries.for_another(blueprint, name))
    st.session_state["domains-part"] = "new"
    st.query_params.from_dict({"view": "new", "from": "blueprint"})


def _show_players(view: queries.DomainView) -> None:
    """Who played which role, what the tools say of their writers, and what it cost."""
    name = view.summary.name
    show(
        head("Tools, by who wrote their code"),
        row(*(badge(f"{writer}: {count}", "info") for writer, count in view.writers.items())),
        head("Who played which role, and what it cost over all runs of the domain"),
    )
    show(
        table(
            [
                {
                    "role": Markup('<span class="se-line">{}</span>').format(shown_role(role)),
                    "played by": named(view.spec.made_by.get(role, COMPOSER)),
                    "what it does": ROLE_WORDS[role],
                    **_spent_line(view.spent.get(role)),
                }
                for role in ROLES
            ],
            counts=True,
        )
    )
    if view.spent:
        with st.container(horizontal=True):
            st.page_link(
                "views/models.py",
                label="Compare with another domain",
                icon=":material/compare_arrows:",
                query_params={"compare": name},
            )
            if view.run is not None:
                st.page_link(
                    "views/runs.py",
                    label="Every call",
                    icon=":material/forum:",
                    query_params={"run": view.run.id, "part": "calls"},
                )


def _spent_line(sums: CallSums | None) -> dict[str, Any]:
    if sums is None:
        return {"calls": None, "tokens": None, "cost": None}
    return {"calls": sums.calls, "tokens": sums.tokens, "cost": total_cost(sums)}


def _show_origin(view: queries.DomainView) -> None:
    summary, spec, run = view.summary, view.spec, view.run
    known = {
        "seed": summary.seed_kind,
        "digest of the seed": mono(summary.seed_digest),
        "seed number": summary.seed,
        "difficulty": summary.difficulty,
        "made by": f"engine {summary.engine}",
        "clock of its episodes": spec.now,
        "rows of every initial state": sum(len(rows) for rows in spec.base_rows.values()),
    }
    if run is not None:
        known |= {
            "run": mono(run.id),
            "status": run.status,
            "begun": on(run.created_at),
            "last worked on": f"{on(run.updated_at)} ({ago(run.updated_at)})",
            "worked": f"{run.seconds:.0f} s",
        }
    if spec.actor is not None:
        known |= {
            "user": mono(spec.actor.table),
            "knows of themselves": ", ".join(spec.actor.profile),
            "is told": spec.actor.description,
        }
    show(facts(known))
    _offer_deletion(view)


def _offer_deletion(view: queries.DomainView) -> None:
    name = view.summary.name
    with st.expander("Delete this domain", icon=":material/delete:"):
        st.text(
            f"Removes {name} with {view.summary.tools} tools, their traces, the graph, {view.summary.tasks_audited:,} tasks "
            "and its runs. What curators said stays in the log and counts again for tasks that come out the same; "
            "frozen datasets keep their copies."
        )
        typed = st.text_input("Type the domain's name to confirm", key=f"delete-name-{name}", live=True)
        st.button(
            "Delete for good",
            key=f"delete-{name}",
            type="primary",
            disabled=typed.strip() != name,
            on_click=attempt,
            args=(_delete, name),
        )


def _delete(name: str) -> None:
    queries.delete(name)
    st.query_params.clear()
    st.session_state["domain-deleted"] = name
    if st.session_state.get("last-domain") == name:
        del st.session_state["last-domain"]


def say_what_was_deleted() -> None:
    """Tells once that a domain is gone."""
    gone = st.session_state.pop("domain-deleted", None)
    if gone is not None:
        st.success("Deleted.", icon=":material/delete:")
        show(row(mono(gone), "and everything that was made for it"))
