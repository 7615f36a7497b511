"""The data card: what a dataset is, in Markdown for people and in YAML for `datasets`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.models.dataset import SPLITS, DatasetManifest, LeakKind

LISTED = 40
"""Rows of a balance table; what is beyond is counted."""

KIND_WORDS: dict[LeakKind, str] = {
    "domain": "a domain",
    "structure": "a chain without its values (near-duplicates always share it)",
    "wording": "an instruction without numbers and quotations",
    "entities": "the user with all entities that the instruction names",
}


def data_card(manifest: DatasetManifest, format: str) -> str:
    """The card of an exported version.

    Everything that a seed or a curator wrote is escaped, for the card is shown as Markdown wherever it goes.
    """
    splits = [split for split in SPLITS if manifest.split.sizes.get(split)]
    parts = [
        _head(format, splits),
        f"# {manifest.name}, version {manifest.version}",
        _words(manifest.note),
        f"{manifest.balance.tasks:,} audited tasks for tool-use agents in {len(manifest.domains)} "
        f"{'domain' if len(manifest.domains) == 1 else 'domains'}, made with ScaleEnv Studio and frozen: each task has an initial "
        "database state, an instruction, a reference solution that earns the reward 1, and a gold diff that decides it.",
        _table(("fact", "value"), {
            "digest (SHA-256 of members.jsonl)": f"`{manifest.digest}`",
            "engine": f"`{manifest.engine}`",
            "tasks": f"{manifest.balance.tasks:,}",
            "review states let in": ", ".join(manifest.choice.reviews).replace("_", " "),
        }),
        "## How to load it",
        _packaged(f"load_{format}.md").strip(),
        "## Splits",
        _splits(manifest),
        "## Balance",
        _balance(manifest),
        "## Where it comes from",
        _provenance(manifest),
        "## Limits",
        _packaged("dataset_limits.md").strip(),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


@cache
def _packaged(name: str) -> str:
    return files("engine.export").joinpath(name).read_text("utf-8")


def _head(format: str, splits: list[str]) -> str:
    """Where `datasets.load_dataset` finds the splits, and of what type the columns are."""
    if format == "bundle":
        return ""
    listed = "".join(f"  - split: {split}\n    path: data/{split}.{format}\n" for split in splits)
    types = ""
    if format == "jsonl":
        card = _packaged("dataset_card.md")
        types = card[card.index("dataset_info:") : card.index("---\n#")]
    return f"---\nconfigs:\n- config_name: default\n  data_files:\n{listed}{types}---"


def _splits(manifest: DatasetManifest) -> str:
    report = manifest.split
    plan = report.plan
    rows = {
        split: f"{plan.shares[split]:.0%} | {report.reached.get(split, 0):.1%} | {report.sizes.get(split, 0):,}"
        for split in SPLITS
        if plan.shares[split] or report.sizes.get(split)
    }
    table = "| split | asked | reached | tasks |\n|---|---|---|---|\n" + "\n".join(
        f"| {split} | {cells} |" for split, cells in rows.items()
    )
    whole = " or ".join(KIND_WORDS[kind] for kind in report.leaks.looked_for)
    method = (
        f"Split by {plan.by} with seed {plan.seed}: tasks that share {whole} stay in one split, directly or through others. "
        f"That gave {report.groups:,} groups; the largest have {', '.join(f'{size:,}' for size in report.largest)} tasks."
    )
    found = ", ".join(f"{kind}: {count:,}" for kind, count in report.leaks.found.items())
    check = f"Leakage check of the result: {'passed' if report.leaks.passed else 'FAILED'}; values found in more than one split: {found}."
    shared: dict[LeakKind, int] = {kind: count for kind, count in report.leaks.shared.items() if count}
    also = (
        "What the plan lets splits share: "
        + ", ".join(f"{count:,} times {KIND_WORDS[kind]}" for kind, count in shared.items())
        + "."
        if shared
        else ""
    )
    return "\n\n".join(part for part in (table, method, check, also) if part)


def _balance(manifest: DatasetManifest) -> str:
    balance = manifest.balance
    tables = {
        "domain": balance.domains,
        "difficulty": balance.difficulty,
        "steps of the chain": balance.steps,
        "tool of the chain": balance.tools,
        "kind of business rule on the chain": balance.rules,
        "review state": balance.reviews,
        "tag": balance.tags,
    }
    shown = [_counts(name, counts, manifest) for name, counts in tables.items() if counts]
    alike = f"{balance.alike:,} tasks share their chain's structure and their wording with an earlier one."
    return "\n\n".join([*shown, alike])


def _counts(name: str, counts: Mapping[str, int], manifest: DatasetManifest) -> str:
    listed = list(counts.items())
    rows = {_words(value): f"{count:,} | {count / manifest.balance.tasks:.1%}" for value, count in listed[:LISTED]}
    if len(listed) > LISTED:
        rows[f"{len(listed) - LISTED} more"] = " | "
    return f"| {name} | tasks | share |\n|---|---|---|\n" + "\n".join(
        f"| {name} | {cells} |" for name, cells in rows.items()
    )


def _provenance(manifest: DatasetManifest) -> str:
    head = "| domain | title | tasks | tools | tables | made from | seed number | engine | digest |\n|---|---|---|---|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| {_words(each.name)} | {_words(each.title)} | {each.tasks:,} | {each.tools:,} | {each.tables:,} | "
        f"{_words(each.seed_kind)} `{_code(each.seed_digest[:12])}` | {each.seed} | {_words(each.engine)} | `{each.digest[:12]}` |"
        for each in manifest.domains
    )


def _table(head: tuple[str, str], rows: Mapping[str, str]) -> str:
    return f"| {head[0]} | {head[1]} |\n|---|---|\n" + "\n".join(
        f"| {name} | {value} |" for name, value in rows.items()
    )


def _words(text: str) -> str:
    """Foreign text within Markdown: on one line, every sign that Markdown or HTML reads in front of a backslash."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|$~^:&-])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text)
