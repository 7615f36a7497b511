"""`scaleenv dataset`: tasks frozen as versions that never change."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Failed, Json, say, show, table
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.models.dataset import DatasetVersion, SplitPlan
    from engine.store import Store

app = typer.Typer(help="Freeze tasks as datasets; list, compare, verify and export them.", no_args_is_help=True)

Label = Annotated[str, typer.Argument(help="A dataset: `name` for its latest version, or `name@2`.")]


@app.command("freeze")
def freeze(
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", "-d", help="A domain; may be given several times. All where left out."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The dataset's name; from the domain where left out.")] = "",
    note: Annotated[str, typer.Option("--note", help="What to say about the version.")] = "",
    review: Annotated[
        list[str] | None,
        typer.Option(
            "--review",
            help="Review state to let in: approved, open or needs_edit; may be given several times.",
            show_default="approved",
        ),
    ] = None,
    difficulty: Annotated[
        list[str] | None, typer.Option("--difficulty", help="easy, medium or hard; may be given several times.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only tasks with one of these tags.")] = None,
    without_tag: Annotated[list[str] | None, typer.Option("--without-tag", help="No task with one of these.")] = None,
    text: Annotated[str, typer.Option("--text", help="Words that a task must have.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many tasks a domain.")] = None,
    shares: Annotated[
        str,
        typer.Option("--shares", help="Train/validation/test in per cent.", show_default="80/10/10 from ten tasks on"),
    ] = "",
    by: Annotated[
        Literal["task", "domain"],
        typer.Option("--by", help="`task` keeps alike tasks together, `domain` whole domains."),
    ] = "task",
    seed: Annotated[int, typer.Option("--seed", help="Decides what the shares leave open.")] = 0,
    curator: Annotated[str, typer.Option("--curator", help="Who freezes.", show_default="the user's name")] = "",
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Freeze a choice of tasks as the next version of a dataset."""
    from pydantic import ValidationError

    from engine.models.dataset import DatasetChoice
    from engine.pipeline.datasets import freeze as freeze_choice
    from engine.store import Store

    asked = {
        "domains": tuple(domain or ()),
        "reviews": tuple(review or ("approved",)),
        "difficulties": tuple(difficulty or ()),
        "tags": tuple(tag or ()),
        "without_tags": tuple(without_tag or ()),
        "text": text,
        "limit": limit,
    }
    try:
        choice = DatasetChoice.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        option = {"reviews": "--review", "difficulties": "--difficulty"}.get(str(first["loc"][0]), str(first["loc"][0]))
        raise UsageError(f"`{option} {first['input']}`: {first['msg']}.") from error
    with Store.open(db, create=False) as store:
        plan = _plan(store, choice, shares, by, seed)
        frozen = freeze_choice(store, choice, plan, name=name, note=note, curator=curator or _user())
    found = frozen.version
    words = "frozen" if frozen.new else "was frozen already with this very content"
    show(
        {"new": frozen.new, **_data(found)},
        as_json,
        lambda: [
            f"{found.label} {words}: {found.manifest.balance.tasks} tasks, {found.manifest.digest}",
            *_sizes(found),
        ],
    )


def _plan(store: Store, choice: Any, shares: str, by: Literal["task", "domain"], seed: int) -> SplitPlan:
    from pydantic import ValidationError

    from engine.models.dataset import SplitPlan
    from engine.pipeline.datasets import default_plan

    if not shares:
        return default_plan(len(store.choices.candidates(choice)), seed).model_copy(update={"by": by})
    parts = shares.split("/")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        raise UsageError(f"`--shares {shares}` is no split; write three whole numbers such as 80/10/10.")
    train, validation, test = map(int, parts)
    try:
        return SplitPlan(by=by, train=train, validation=validation, test=test, seed=seed)
    except ValidationError as error:
        raise UsageError(f"`--shares {shares}`: the three must add up to 100 and none be larger.") from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in a container
        return "me"


@app.command("list")
def list_versions(db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """List all frozen versions, the newest first."""
    from engine.store import Store

    with Store.open(db, create=False) as store:
        versions = store.datasets.summaries()
    show(
        {"datasets": [each.model_dump(mode="json") for each in versions]},
        as_json,
        lambda: (
            table(
                ("dataset", "tasks", "domains", "curator", "digest"),
                [
                    (f"{each.name}@{each.version}", each.tasks, each.domains, each.curator, each.digest[:12])
                    for each in versions
                ],
            )
            if versions
            else ["There is no dataset yet; freeze one with `scaleenv dataset freeze`."]
        ),
    )


@app.command("show")
def show_version(label: Label, db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """Show a version: its splits, balance and domains."""
    from engine.pipeline.datasets import parse_label
    from engine.store import Store

    with Store.open(db, create=False) as store:
        found = store.datasets.get(*parse_label(label))
    balance = found.manifest.balance

    def lines() -> list[str]:
        said = [f"{found.label}: {balance.tasks} tasks, digest {found.manifest.digest}", *_sizes(found)]
        if found.manifest.note:
            said.append(found.manifest.note)
        for what, counts in (
            ("domain", balance.domains),
            ("difficulty", balance.difficulty),
            ("steps", balance.steps),
            ("rule", balance.rules),
        ):
            said += ["", *table((what, "tasks"), counts.items())]
        return said

    show(_data(found), as_json, lines)


@app.command("diff")
def diff(
    before: Label,
    after: Annotated[str, typer.Argument(help="The other version, in the same form.")],
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Compare two versions: tasks added, removed, changed, or moved to another split."""
    from engine.pipeline.datasets import parse_label
    from engine.store import Store

    with Store.open(db, create=False) as store:
        one, other = (store.datasets.get(*parse_label(label)).manifest for label in (before, after))
        found = store.datasets.compare((one.name, one.version), (other.name, other.version))

    def lines() -> list[str]:
        head = f"{found.added} added, {found.removed} removed, {found.changed} changed, {found.moved} moved to another split"
        rows = [
            (each.domain, each.task_id, each.before or "", each.after or "", "changed" if each.changed else "")
            for each in found.changes
        ]
        return [head, *(table(("domain", "task", "before", "after", "content"), rows) if rows else [])]

    show(
        found.model_dump(mode="json", exclude={"before", "after"}) | {"before": before, "after": after}, as_json, lines
    )


@app.command("export")
def export(
    label: Label,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to; made where it is missing.")],
    format: Annotated[
        Literal["bundle", "jsonl", "parquet"],
        typer.Option(
            "--format", "-f", help="`bundle`: a folder a domain that runs alone. `jsonl`, `parquet`: a file a split."
        ),
    ] = "bundle",
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Write a version with its data card; the same version gives the same bytes."""
    from engine.pipeline.datasets import export_version, parse_label
    from engine.store import Store

    with Store.open(db, create=False) as store:
        name, version = parse_label(label)
        written = export_version(store, name, version, out, format)
    manifest = written.manifest
    show(
        {
            "dataset": manifest.name,
            "version": manifest.version,
            "digest": manifest.digest,
            "format": format,
            "out": str(out),
            "tasks": manifest.balance.tasks,
            "splits": manifest.split.sizes,
        },
        as_json,
        lambda: [f"{manifest.name}@{manifest.version}: {manifest.balance.tasks} tasks in {written.path}"],
    )


@app.command("verify")
def verify(label: Label, db: Db = DEFAULT_DB, as_json: Json = False) -> None:
    """Hash a version again and look for leaks between its splits; runs nothing."""
    from engine.pipeline.datasets import parse_label, verify_version
    from engine.store import Store

    with Store.open(db, create=False) as store:
        found = verify_version(store, *parse_label(label))
    leaks = [] if found.leaks is None else list(found.leaks.examples)
    show(
        {
            "dataset": found.version.manifest.name,
            "version": found.version.manifest.version,
            "digest": found.version.manifest.digest,
            "passed": found.passed,
            "problems": found.problems,
            "leaks": None if found.leaks is None else found.leaks.model_dump(mode="json"),
        },
        as_json,
        lambda: (
            [*found.problems, *leaks] or [f"{found.version.label} is what was frozen: {found.version.manifest.digest}"]
        ),
    )
    if not found.passed:
        raise Failed(f"{found.version.label} is not what was frozen; export it from a copy of the store.")


@app.command("delete")
def delete(
    label: Annotated[str, typer.Argument(help="The version, with its number: `name@2`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Needed: a deleted version can't be brought back.")] = False,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Delete one version for good; its number is not given again."""
    from engine.pipeline.datasets import parse_label
    from engine.store import Store

    name, version = parse_label(label)
    if version is None:
        raise UsageError(f"Which version of `{label}`? Write it with its number, such as `{label}@1`.")
    with Store.open(db, create=False) as store:
        store.datasets.number(name, version)
        if not yes:
            raise UsageError(f"`{label}` can't be brought back once it is deleted; say --yes to delete it.")
        store.datasets.delete(name, version)
    say("Deleted.")
    show({"deleted": label}, as_json, lambda: [label])


def _data(found: DatasetVersion) -> dict[str, Any]:
    return {
        "dataset": found.label,
        "curator": found.curator,
        "created_at": found.created_at,
        **found.manifest.model_dump(mode="json"),
    }


def _sizes(found: DatasetVersion) -> list[str]:
    report = found.manifest.split
    return [
        "splits: " + ", ".join(f"{split} {size} ({report.reached[split]:.1%})" for split, size in report.sizes.items()),
        f"leakage check {'passed' if report.leaks.passed else 'FAILED'}; {report.groups} groups kept together",
    ]
