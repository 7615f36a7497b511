"""Starting a domain: from a built-in blueprint, a file, a blueprint that is written here, or a keyword."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import streamlit as st
from markupsafe import Markup

from engine.models.run import AskedDifficulty
from engine.pipeline import Requested
from studio import jobs
from studio.components.code_editor import code_editor, has_draft, put, written
from studio.components.curator import curator
from studio.components.domains.keyword import Wish, ask_for_keyword
from studio.components.domains.players import NOBODY, Players, ask_players
from studio.components.markup import badge, facts, mono, numbers, row, show, table
from studio.components.messages import told
from studio.components.segment import settle
from studio.queries import domains as queries

SOURCES = {"built-in": "Built-in", "file": "File", "blueprint": "Blueprint editor", "keyword": "Keyword"}
DRAFT = "blueprint-draft"
"""Key of the editor, and of its text in the session."""

EDITOR_HEIGHT = 470


class Options(NamedTuple):
    """What is asked of a run."""

    tasks: int
    seed: int
    difficulty: AskedDifficulty
    name: str
    with_rows: bool
    replace: bool
    players: Players = NOBODY


def new_domain() -> None:
    """The page's part that starts a domain."""
    asked = st.query_params.get("from", "")
    settle("new-source", list(SOURCES), asked if asked in SOURCES else "built-in")
    source = st.segmented_control(
        "Start from", list(SOURCES), key="new-source", required=True, format_func=SOURCES.get, persist_state="session"
    )
    st.query_params["from"] = source
    options = _options(source)
    if source == "built-in":
        _built_ins(options)
    elif source == "file":
        _file(options)
    elif source == "blueprint":
        st.fragment(_editor)(options)
    else:
        st.fragment(_keyword)(options)


def _options(source: str) -> Options:
    places = st.columns([1, 1, 1, 1.6], vertical_alignment="bottom")
    tasks = places[0].number_input(
        "Tasks", 0, 10_000, 20, key="new-tasks", persist_state="session", help="Audited tasks to make."
    )
    seed = places[1].number_input(
        "Seed",
        0,
        2**31 - 1,
        0,
        key="new-seed",
        persist_state="session",
        help="The same seed gives the same domain, byte by byte.",
    )
    difficulty = places[2].selectbox(
        "Difficulty",
        _difficulties(),
        key="new-difficulty",
        persist_state="session",
        help="`mixed`: easy, medium and hard in turn.",
    )
    name = places[3].text_input(
        "Name",
        key="new-name",
        placeholder="as in the seed",
        persist_state="session",
        help="The domain's name (`--name`): lower-case letters, digits and `_`.",
    )
    with st.container(horizontal=True):
        replace = st.checkbox("Replace a domain of that name (`--force`)", key="new-replace")
        with_rows = source == "file" and st.checkbox("Take the file's rows as the base of every task", key="new-rows")
    players = NOBODY if source == "keyword" else ask_players()
    return Options(int(tasks), int(seed), difficulty, name, with_rows, replace, players)


def _difficulties() -> list[str]:
    easy_to_hard = [word for part in get_args(AskedDifficulty) for word in (get_args(part) or [part])]
    return ["mixed", *(word for word in easy_to_hard if word != "mixed")]


def _go(start: Callable[[], Requested]) -> None:
    """Starts a run and goes where it can be watched; says so where it can't be started."""
    with told():
        with st.spinner("Reading the seed ..."):
            requested = start()
        st.switch_page("views/runs.py", query_params={"run": requested.run.id})


def _wanted(options: Options) -> dict[str, Any]:
    return {
        "tasks": options.tasks,
        "seed": options.seed,
        "difficulty": options.difficulty,
        "rename": options.name,
        "replace": options.replace,
        "by": curator(),
        **options.players._asdict(),
    }


def start_built_in(name: str, options: Options) -> None:
    """Starts a built-in domain and goes to its run."""
    _go(lambda: jobs.start(name, **_wanted(options)))


def _built_ins(options: Options) -> None:
    there = set(queries.names())
    cards = queries.built_ins()
    for first in range(0, len(cards), 2):
        for place, each in zip(st.columns(2), cards[first : first + 2], strict=False):
            with place.container(border=True):
                marks = [badge(f"{each.entities} entities", "info"), badge(f"{each.tools} tools", "info")]
                st.markdown(f"**{each.title}**")  # ours: it ships with the engine
                show(row(mono(each.name), *marks, *([badge("made already", "good")] if each.name in there else [])))
                st.text(each.description)
                with st.container(horizontal=True):
                    if st.button("Start", key=f"start-{each.name}", type="primary", icon=":material/play_arrow:"):
                        start_built_in(each.name, options)
                    st.button(
                        "Open in the editor",
                        key=f"edit-{each.name}",
                        on_click=_edit,
                        args=(each.name,),
                        icon=":material/edit:",
                    )


def _edit(name: str) -> None:
    edit_text(queries.template(name))


def edit_text(text: str) -> None:
    """Puts a blueprint into the editor, which the next drawing shows; for the callback of a click.

    Args:
        text: As YAML.
    """
    _keep_draft()
    put(DRAFT, text)
    st.session_state["new-source"] = "blueprint"


def _keep_draft() -> None:
    """What was written is not lost when something else comes into the editor."""
    if has_draft(DRAFT) and written(DRAFT) not in map(queries.template, queries.templates()):
        st.session_state[f"{DRAFT}-before"] = written(DRAFT)


def _file(options: Options) -> None:
    upload = st.file_uploader(
        "Blueprint (YAML), SQL schema, or SQLite file",
        type=[ending[1:] for ending in jobs.ENDINGS],
        key="new-upload",
        help="The file is read on this machine and not kept; the run keeps what was composed from it.",
    )
    if upload is None:
        st.caption(
            "Any schema that SQLite can read becomes a domain: tables become entities, constraints become rules. "
            "Nothing is started before you have seen what it becomes."
        )
        return
    content = upload.getvalue()
    preview = None
    with told(), st.spinner("Reading the file ..."):
        preview = queries.preview_upload(upload.name, content, with_rows=options.with_rows)
    if preview is None:
        if upload.name.lower().endswith((".yaml", ".yml")):
            st.button("Mend it in the editor", on_click=_mend, args=(content,), icon=":material/edit:")
        return
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=not preview.tools):
        _go(lambda: jobs.start_upload(upload.name, content, with_rows=options.with_rows, **_wanted(options)))
    show_preview(preview, rows=options.with_rows)


def _mend(content: bytes) -> None:
    edit_text(content.decode("utf-8", "replace"))


def show_preview(preview: Any, *, rows: bool = False, narrow: bool = False) -> None:
    """What a seed would become."""
    figures = {"entities": len(preview.entities), "tools": len(preview.tools), "rules": sum(preview.rules.values())}
    show(numbers(figures))
    if not preview.tools:
        st.warning("There is no tool yet, so there would be no task.", icon=":material/warning:")
    if preview.warnings:
        st.caption(f"{len(preview.warnings)} warnings: what is ignored or changed")
        show(
            table([{"warning": each} for each in preview.warnings], tones=["warn"] * len(preview.warnings), height=180)
        )
    show(
        table(
            [
                {
                    "table": mono(each.name),
                    "columns": len(each.columns) if narrow else ", ".join(each.columns),
                    "refers to": ", ".join(each.refers_to),
                    "tools": each.tools,
                    **({"rows": each.rows} if rows else {}),
                }
                for each in preview.entities
            ],
            height=None if narrow else 420,
        )
    )
    if not narrow:
        st.caption("Tools that would be tested")
        show(
            table(
                [
                    {
                        "tool": Markup('<span class="se-line">{}</span>').format(mono(each.name)),
                        "kind": badge(each.category),
                        "does": badge("changes state", "warn") if each.mutates else badge("reads", "info"),
                        "description": each.description,
                    }
                    for each in preview.tools
                ],
                height=420,
            )
        )
    if preview.rules:
        st.caption("Rules by kind")
        show(row(*(badge(f"{kind} {count}") for kind, count in preview.rules.items())))


def _editor(options: Options) -> None:
    """The blueprint editor; a fragment, so that a pause in typing draws only this."""
    left, right = st.columns([1.7, 1])
    text = written(DRAFT, queries.MINIMAL)
    draft = queries.check_draft(text)
    with left:
        _editor_tools(text, draft.name)
        code_editor(
            queries.MINIMAL,
            key=DRAFT,
            language="yaml",
            problems=draft.mistakes,
            label="Blueprint",
            height=EDITOR_HEIGHT,
        )
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                "Start", key="start-draft", type="primary", icon=":material/play_arrow:", disabled=bool(draft.mistakes)
            )
            count = len(draft.mistakes)
            show(badge("no mistakes", "good") if not count else badge(f"{count} mistake{'s' * (count > 1)}", "bad"))
        if pressed:
            _go(lambda: jobs.start_upload("blueprint.yaml", text.encode(), **_wanted(options)))
        summary, language = st.tabs(["Summary", "Language"])
        with summary, st.container(height=EDITOR_HEIGHT, border=False):
            if draft.preview is not None:
                show(
                    facts(
                        {
                            "domain": mono(draft.preview.name),
                            "title": draft.preview.title,
                            "user": draft.preview.actor or "–",
                        }
                    )
                )
                show_preview(draft.preview, narrow=True)
            else:
                st.caption("The mistakes are listed below the text; a click on one leads to its line.")
        with language, st.container(height=EDITOR_HEIGHT, border=False):
            st.markdown(queries.language_reference())  # ours: it ships with the engine


def _editor_tools(text: str, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Begin with", queries.templates(), key="new-template", width=260)
        st.button(
            "Put in",
            key="new-put",
            on_click=_edit,
            args=(chosen,),
            icon=":material/note_add:",
            help="Replaces the text.",
        )
        if f"{DRAFT}-before" in st.session_state:
            st.button("Bring mine back", key="new-back", on_click=_bring_back, icon=":material/undo:")
        st.download_button(
            "Download",
            text,
            file_name=f"{name or 'blueprint'}.yaml",
            mime="application/yaml",
            on_click="ignore",
            icon=":material/download:",
        )


def _bring_back() -> None:
    put(DRAFT, st.session_state.pop(f"{DRAFT}-before"))


def _keyword(options: Options) -> None:
    def start(wish: Wish) -> None:
        wanted = _wanted(options._replace(players=wish.players))
        _go(lambda: jobs.start_keyword(wish.keyword, tools=wish.tools, hint=wish.hint, **wanted))

    ask_for_keyword(options.tasks, start, _offer_near)


def _offer_near(keyword: str) -> None:
    near = queries.near_built_ins(keyword)[:3]
    if not near:
        return
    st.caption("Built-in domains that come near" if keyword.strip() else "Built-in domains")
    for place, each in zip(st.columns(len(near)), near, strict=True):
        with place.container(border=True):
            st.markdown(f"**{each.title}**")  # ours: it ships with the engine
            st.text(each.description)
            st.button("Open in the editor", key=f"near-{each.name}", on_click=_edit, args=(each.name,))
