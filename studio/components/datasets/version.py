"""A frozen version: what it is, its tasks, its files, and how it differs from another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import streamlit as st

from engine.export.dataset import Format
from engine.models.dataset import SPLITS, DatasetManifest, DatasetSummary, DatasetVersion, Split
from studio.components.datasets.balance import show_balance, show_figures, show_split
from studio.components.empty import say_empty
from studio.components.markup import facts, mono, numbers, quote, show, table
from studio.components.messages import attempt
from studio.components.segment import settle
from studio.downloads import MOST, version_file, version_zip
from studio.queries import datasets as queries

FORMATS: dict[Format, str] = {
    "bundle": "runs alone, with nothing but Python",
    "jsonl": "one row a task, a file a split",
    "parquet": "the same as Parquet",
}


def show_versions() -> None:
    """Draws the list of versions and the chosen one."""
    listed = queries.versions()
    if not listed:
        _say_lost(listed)
        say_empty("No dataset is frozen yet. Start with the first tab: choose tasks and freeze them.")
        return
    left, right = st.columns(2)
    with left:
        chosen = _choose(listed)
    with right:
        other = _choose_other(listed, chosen)
    found = queries.version(chosen.name, chosen.version)
    _head(found)
    _downloads(found.manifest)
    if other is not None:
        _diff(queries.version(other.name, other.version).manifest, found.manifest)
    st.subheader("Splits")
    show_split(found.manifest.split)
    st.subheader("Balance")
    show_balance(found.manifest.balance)
    st.subheader("Tasks")
    _members(found.manifest)
    st.subheader("Where it comes from")
    _provenance(found)
    _delete(found.manifest)


def _label(version: DatasetSummary) -> str:
    return f"{version.name}, version {version.version}"


def _choose(listed: list[DatasetSummary]) -> DatasetSummary:
    """The version that the address names, or the newest; the choice goes into the address."""
    by_label = {(each.name, str(each.version)): each for each in listed}
    asked = (st.query_params.get("dataset", ""), st.query_params.get("version", ""))
    if asked not in by_label:
        _say_lost(listed)
        same = [each for each in listed if each.name == asked[0]]
        asked = ((same or listed)[0].name, str((same or listed)[0].version))
    keys = list(by_label)
    place = "version-chosen"
    # The address leads: links and freezing set it, the widget follows.
    if st.session_state.get(place) not in keys or st.session_state.get("version-shown") != asked:
        st.session_state[place] = asked
    chosen = st.selectbox(
        "Version", keys, key=place, format_func=lambda key: f"{_label(by_label[key])} ({by_label[key].tasks:,} tasks)"
    )
    st.session_state["version-shown"] = chosen
    st.query_params["dataset"], st.query_params["version"] = chosen
    return by_label[chosen]


def _say_lost(listed: list[DatasetSummary]) -> None:
    name, number = st.query_params.get("dataset"), st.query_params.get("version")
    if name is None or (number is None and name in {each.name for each in listed}):
        return
    st.warning("The link names a version that is not here:", icon=":material/link_off:")
    st.text(name if number is None else f"{name}, version {number}")
    for parameter in ("dataset", "version"):
        st.query_params.pop(parameter, None)


def _head(found: DatasetVersion) -> None:
    manifest = found.manifest
    sizes = {split: manifest.split.sizes[split] for split in SPLITS if manifest.split.sizes.get(split)}
    show(numbers({"tasks": manifest.balance.tasks, "domains": len(manifest.domains), **sizes}))
    at = datetime.fromtimestamp(found.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    show(facts({"digest": mono(manifest.digest), "frozen": f"{at} by {found.curator}", "engine": manifest.engine}))
    if manifest.note:
        show(quote(manifest.note))


def _downloads(manifest: DatasetManifest) -> None:
    name, version = manifest.name, manifest.version
    if manifest.balance.tasks > MOST:
        st.info(f"More than {MOST:,} tasks are written by the command line:", icon=":material/terminal:")
        st.code(f"scaleenv dataset export {name}@{version} --format jsonl --out {name}-v{version}", language="bash")
        return
    columns = st.columns(len(FORMATS))
    for column, format in zip(columns, get_args(Format), strict=True):
        column.download_button(
            f"Download {format}",
            version_zip(name, version, format),
            file_name=version_file(name, version, format),
            mime="application/zip",
            key=f"download-{name}-{version}-{format}",
            icon=":material/download:",
            type="primary" if format == "bundle" else "secondary",
            on_click="ignore",
            width="stretch",
            help=f"Made when you press. If that fails, `scaleenv dataset verify {name}@{version}` says why.",
        )
        column.caption(FORMATS[format])


def _choose_other(listed: list[DatasetSummary], chosen: DatasetSummary) -> DatasetSummary | None:
    """The version to compare with, as `name@2` in the address."""
    others = {f"{each.name}@{each.version}": each for each in listed if each != chosen}
    if not others:
        st.query_params.pop("with", None)
        st.caption("A version never changes, whatever becomes of its domains and tasks. Freeze again to compare.")
        return None
    key = f"version-with-{chosen.name}-{chosen.version}"
    options = ["", *others]
    if st.session_state.get(key) not in options:
        asked = st.query_params.get("with", "")
        st.session_state[key] = asked if asked in others else ""
    other = st.selectbox(
        "Compare with",
        options,
        key=key,
        format_func=lambda label: _label(others[label]) if label else "no other version",
    )
    if other:
        st.query_params["with"] = other
        return others[other]
    st.query_params.pop("with", None)
    return None


def _diff(before: DatasetManifest, after: DatasetManifest) -> None:
    found = queries.diff(before, after)
    st.subheader(
        f"From version {before.version} to version {after.version}" if before.name == after.name else "Compared"
    )
    show(
        numbers(
            {
                "added": found.added,
                "removed": found.removed,
                "changed": found.changed,
                "moved to another split": found.moved,
            }
        )
    )
    domains = {
        "domains added": found.domains_added,
        "domains removed": found.domains_removed,
        "domains changed": found.domains_changed,
    }
    if any(domains.values()):
        show(facts({name: ", ".join(names) for name, names in domains.items() if names}))
    left, right = st.columns([3, 2])
    with left:
        if found.changes:
            show(
                table(
                    [
                        {
                            "task": mono(each.task_id),
                            "domain": each.domain,
                            "what": _what(each.before, each.after, changed=each.changed),
                            "before": each.before,
                            "after": each.after,
                        }
                        for each in found.changes[:200]
                    ],
                    tones=[
                        "good" if not each.before else "bad" if not each.after else "warn"
                        for each in found.changes[:200]
                    ],
                    height=320,
                )
            )
            if len(found.changes) > 200:
                st.caption("The first 200 are listed; `scaleenv dataset diff` lists more.")
        else:
            st.caption("The same tasks in the same splits.")
    with right:
        show_figures(before.balance, after.balance)


def _what(before: Split | None, after: Split | None, *, changed: bool) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return " and ".join([*(["changed"] if changed else []), *(["moved"] if before != after else [])])


@st.fragment
def _members(manifest: DatasetManifest) -> None:
    scope = f"{manifest.name}-{manifest.version}"
    left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
    domains = [domain.name for domain in manifest.domains]
    domain = left.selectbox(
        "Domain", ["", *domains], key=f"members-domain-{scope}", format_func=lambda name: name or "all"
    )
    splits = [split for split in SPLITS if manifest.split.sizes.get(split)]
    settle(f"members-split-{scope}", ["all", *splits], "all")
    split = middle.segmented_control("Split", ["all", *splits], key=f"members-split-{scope}", required=True)
    in_split: Split | None = None if split == "all" else split
    count = queries.count_members(manifest, domain or None, in_split)
    pages = max(1, -(-count // queries.PAGE))
    with right:
        page = st.pagination(pages, key=f"members-page-{scope}-{domain}-{split}") if pages > 1 else 1
    listed = queries.members(manifest.name, manifest.version, domain or None, in_split, page)
    show(
        table(
            [
                {
                    "task": mono(each.task_id),
                    "domain": each.domain,
                    "split": each.split,
                    "difficulty": each.difficulty,
                    "steps": each.steps,
                    "instruction": each.instruction[:240] + ("…" if len(each.instruction) > 240 else ""),
                    "digest": mono(each.task_digest[:10]),
                }
                for each in listed
            ],
            height=420,
        )
    )
    st.caption(f"{count:,} tasks" if pages == 1 else f"Page {page:,} of {pages:,}, {count:,} tasks")


def _provenance(found: DatasetVersion) -> None:
    manifest = found.manifest
    show(
        table(
            [
                {
                    "domain": each.name,
                    "title": each.title,
                    "tasks": each.tasks,
                    "tools": each.tools,
                    "tables": each.tables,
                    "made from": each.seed_kind,
                    "seed": each.seed,
                    "engine": each.engine,
                    "digest": mono(each.digest[:10]),
                }
                for each in manifest.domains
            ]
        )
    )
    chosen = manifest.choice.model_dump(exclude_defaults=True, mode="json")
    asked = {"reviews": list(manifest.choice.reviews), **chosen}
    show(
        facts(
            {
                name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
                for name, value in asked.items()
            }
        )
    )
    with st.expander("Data card, as it is exported"):
        st.code(queries.card(manifest), language=None, wrap_lines=True, height=420)


def _delete(manifest: DatasetManifest) -> None:
    with st.popover("Delete this version", icon=":material/delete:"):
        st.caption("It can't be brought back, and its number is not given again. Exports of it stay what they are.")
        key = f"delete-{manifest.name}-{manifest.version}"
        sure = st.checkbox("I want to delete it for good", key=f"{key}-sure")
        st.button(
            "Delete", key=key, disabled=not sure, on_click=attempt, args=(_forget, manifest.name, manifest.version)
        )


def _forget(name: str, version: int) -> None:
    queries.delete(name, version)
    for parameter in ("dataset", "version", "with"):
        st.query_params.pop(parameter, None)
