"""Runs in the background: each is a process of its own, so that it goes on when the page or the server ends."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.errors import SeedError, UsageError
from engine.executors.local import default_workers
from engine.models.role import COMPOSER, RoleName
from engine.models.run import AskedDifficulty, Budget, Run, RunOptions
from engine.pipeline import Requested, SeedText, request
from engine.pipeline.worker import start_worker
from engine.seeds import built_in
from engine.store import Store
from studio import supervisor
from studio.queries.opened import opened, store_path

if TYPE_CHECKING:
    from engine.pipeline import Draft
    from engine.pipeline.model_settings import Choice, ModelSettings
    from engine.pipeline.rewrite import RewriteRole

UPLOAD_BYTES = 64 * 1024 * 1024
"""Largest SQLite file that is taken; larger ones are for the command line, which reads them in place."""

TEXT_BYTES = 2 * 1024 * 1024
"""Largest SQL text."""

YAML_BYTES = 256 * 1024
"""Largest blueprint: five times the largest built-in one. YAML is read slowly, and a page waits for it."""

YAML_DEPTH = 100
"""Brackets within brackets; the reader's time grows with their square."""

TEXT_ENDINGS = (".yaml", ".yml", ".sql")
SQLITE_ENDINGS = (".sqlite", ".sqlite3", ".db")
SQLITE_BEGINS = b"SQLite format 3\0"
ENDINGS = (*TEXT_ENDINGS, *SQLITE_ENDINGS)


def builtins() -> list[str]:
    """Names of the built-in domains."""
    return built_in()


def start(
    name: str,
    *,
    tasks: int,
    seed: int,
    difficulty: AskedDifficulty = "mixed",
    rename: str = "",
    replace: bool = False,
    with_rows: bool = False,
    models: dict[RoleName, str] | None = None,
    budget: Budget | None = None,
    by: str = "",
) -> Requested:
    """Starts the synthesis of a built-in domain.

    Args:
        name: The built-in's name, or a seed file's path.
        tasks: Audited tasks to make.
        seed: Decides every random choice.
        difficulty: Of all tasks, or `mixed`.
        rename: The domain's name, where not the seed's own.
        replace: Throw away a domain of that name.
        with_rows: Take a file's rows as the base of every initial state.
        models: Role -> the language model that plays it; the composer plays the others.
        budget: What may be spent on them.
        by: Who asks for it.

    Returns:
        The run and what the wish came to; no process is started where everything is there already.

    Raises:
        SeedError: The seed can't be used.
        UsageError: A model's name is none, or there is another domain of that name.
        StoreError: A process works on the domain, or the store refuses.
    """
    from engine.pipeline.wishes import seed_wish

    options = RunOptions(tasks=tasks, seed=seed, difficulty=difficulty, with_rows=with_rows)
    wanted = seed_wish(name, options, *_players(models, budget), name=rename.strip() or None)
    return _request(wanted.seed, wanted.options, replace, by)


def start_keyword(
    keyword: str,
    *,
    tools: int,
    hint: str,
    models: dict[RoleName, str],
    budget: Budget,
    tasks: int,
    seed: int,
    difficulty: AskedDifficulty = "mixed",
    rename: str = "",
    replace: bool = False,
    by: str = "",
) -> Requested:
    """Starts the synthesis of a domain that language models think up; see `start`.

    Args:
        keyword: What it is about.
        tools: How many tools it shall have.
        hint: Further wishes in words, or empty.
        models: Role -> the model that plays it.
        budget: What may be spent.

    Raises:
        SeedError: The keyword is none, or no name can be made of it.
        UsageError: A model's name is none, or there is another domain of that name.
        StoreError: A process works on the domain, or the store refuses.
    """
    from engine.pipeline.wishes import keyword_wish

    options = RunOptions(tasks=tasks, seed=seed, difficulty=difficulty)
    name = rename.strip() or None
    wanted = keyword_wish(keyword, options, *_players(models, budget), name=name, tools=tools, hint=hint)
    return _request(wanted.seed, wanted.options, replace, by)


def start_upload(
    filename: str,
    content: bytes,
    *,
    tasks: int,
    seed: int,
    difficulty: AskedDifficulty = "mixed",
    with_rows: bool = False,
    rename: str = "",
    replace: bool = False,
    models: dict[RoleName, str] | None = None,
    budget: Budget | None = None,
    by: str = "",
) -> Requested:
    """Starts the synthesis of a domain from an uploaded file; see `start`.

    Args:
        filename: As the browser says it; only its last part is used.
        content: The file.

    Raises:
        SeedError: The file is empty, too large, of another kind than its name says, or no usable seed.
        UsageError: There is another domain of that name.
        StoreError: A process works on the domain, or the store refuses.
    """
    name = PurePath(filename.replace("\\", "/")).name
    check_upload(name, content)
    with TemporaryDirectory(prefix="scaleenv-upload-") as folder:
        path = Path(folder) / name
        try:
            path.write_bytes(content)
        except (OSError, ValueError) as error:
            raise SeedError(f"{name!r} can't be used as a file's name; rename the file.") from error
        try:
            return start(
                str(path),
                tasks=tasks,
                seed=seed,
                difficulty=difficulty,
                rename=rename,
                replace=replace,
                with_rows=with_rows,
                models=models,
                budget=budget,
                by=by,
            )
        except SeedError as error:
            # The folder is ours; the user knows the file by its name.
            raise SeedError(str(error).replace(f"{folder}{os.sep}", "")) from error


def _players(models: dict[RoleName, str] | None, budget: Budget | None) -> tuple[ModelSettings, Choice]:
    """What is configured, and what was chosen: who plays, and for how much.

    Roles that nobody was chosen for are the composer's, and bounds that were emptied are none, whatever the settings say:
    the form had begun with what they say. Where only the composer plays, they are not even read.
    """
    from engine.pipeline.model_settings import ModelSettings, make_choice, read_settings

    bounds = (budget or Budget()).model_dump()
    choice = make_choice("models", model=COMPOSER, roles=models, budget=bounds)
    settings = read_settings(store=store_path()) if choice.names_a_model else ModelSettings()
    return settings.model_copy(update={"budget": Budget()}), choice


def check_upload(name: str, content: bytes) -> None:
    """Refuses what can't be a seed before anything reads it.

    Raises:
        SeedError: The file is empty, too large, or of another kind than its name says.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise SeedError(f"{name}: files of this kind are not read; give {', '.join(ENDINGS)}.")
    if not content:
        raise SeedError(f"{name}: the file is empty.")
    limit = UPLOAD_BYTES if ending in SQLITE_ENDINGS else TEXT_BYTES if ending == ".sql" else YAML_BYTES
    if len(content) > limit:
        raise SeedError(
            f"{name}: {len(content) / 1e6:.1f} MB is more than the {limit / 1e6:.3g} MB that an upload may have; "
            "use `scaleenv synth` on the command line."
        )
    if ending in SQLITE_ENDINGS:
        if not content.startswith(SQLITE_BEGINS):
            raise SeedError(f"{name}: this is no SQLite file, whatever its name says.")
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeedError(f"{name}: this is no UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    if "\0" in text:
        raise SeedError(f"{name}: this is a binary file, whatever its name says.")
    if ending != ".sql" and _depth(text) > YAML_DEPTH:
        raise SeedError(f"{name}: brackets within brackets, more than {YAML_DEPTH} deep; no blueprint needs that.")


def _depth(text: str) -> int:
    """How deep brackets lie within each other, those in texts included."""
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def cancel(run: str) -> None:
    """Asks a run to stop before its next step.

    Raises:
        UsageError: There is no such run, or it has ended already.
    """
    with opened() as store:
        store.runs.request_cancel(run)


def resume(run: str, *, budget: Budget | None = None, by: str = "") -> None:
    """Goes on with a run that was stopped.

    Args:
        run: The run.
        budget: What it may spend on language models from now on, what was spent included; as before where left out.
        by: Who asks for it.

    Raises:
        UsageError: There is no such run, or nothing is left to do.
        StoreError: A process works on it already.
    """
    with opened() as store, store.transaction():
        found = store.runs.get(run)
        if found.status == "running":
            store.runs.refuse_busy(found)
        if found.status in ("done", "short"):
            raise UsageError(f"The run `{run}` has ended already; there is nothing to go on with.")
        options = found.options if budget is None else found.options.model_copy(update={"budget": budget})
        store.runs.retarget(run, options)
        store.queue.say(run, f"{by or 'Somebody'} asked for the rest.", by=by)
    _start_process(run)


def rerun(run: str, *, by: str = "") -> Requested:
    """Makes a run's domain anew, from the same seed with the same options; the domain and its runs are thrown away.

    Raises:
        UsageError: There is no such run, or it is no synthesis.
        StoreError: A process works on the domain, or the store refuses.
    """
    with opened() as store:
        found = store.runs.get(run)
        seed = _seed_of(store, found)
    return _request(seed, found.options, True, by)


def extend(run: str, tasks: int, *, by: str = "") -> Requested:
    """Asks for more tasks of a run's domain; those that it has stay as they are.

    Raises:
        UsageError: There is no such run, it is no synthesis, or the domain has as many tasks already.
        StoreError: A process works on the domain, or the store refuses.
    """
    with opened() as store:
        found = store.runs.get(run)
        seed = _seed_of(store, found)
    if tasks <= found.options.tasks:
        raise UsageError(f"`{found.domain}` was asked for {found.options.tasks} tasks already; ask for more than that.")
    return _request(seed, found.options.model_copy(update={"tasks": tasks}), False, by)


def propose_edit(domain: str, tool: str, draft: Draft, *, by: str) -> Run:
    """Proposes an edit of a tool and starts the run that tests it; nothing counts before that.

    Args:
        domain: The domain.
        tool: The tool's name.
        draft: What it is to become.
        by: The curator.

    Raises:
        ProposalError: The draft contradicts itself, its schema or what tool code may be.
        UsageError: Nothing is changed, or somebody else changed the tool meanwhile.
        StoreError: The domain is being made, or another edit is being tested.
    """
    from engine.pipeline import propose

    with opened() as store:
        run = propose(store, domain, tool, draft, by)
        store.queue.say(run.id, f"An edit of the tool `{tool}`, by {by}.", by=by)
    _start_process(run.id)
    return run


def ask_again(domain: str, tool: str, *, role: RewriteRole, model: str, hint: str, by: str) -> Run:
    """Has a language model rework a tool and starts the run that asks it and tests what it says; nothing counts before that.

    Args:
        domain: The domain.
        tool: The tool's name.
        role: What the model shall do: write the code anew, repair it, or make the contract anew.
        model: The model's name.
        hint: What shall be different, in words.
        by: The curator.

    Raises:
        UsageError: There is no such tool, the model's name is none, or the settings can't be read.
        StoreError: The domain is being made, or another edit is being tested.
    """
    from engine.pipeline.model_settings import read_settings
    from engine.pipeline.rewrite import propose_by_model

    settings = read_settings(store=store_path())
    with opened() as store:
        run = propose_by_model(store, domain, tool, role=role, model=model, hint=hint, curator=by, settings=settings)
        store.queue.say(run.id, f"The model `{model.strip()}` is asked for `{tool}` again, by {by}.", by=by)
    _start_process(run.id)
    return run


def drop_edit(run: str) -> None:
    """Gives up an edit of a tool that was never tested, because its run was stopped.

    Raises:
        UsageError: No edit of that run waits.
        StoreError: A process works on it.
    """
    with opened() as store, store.transaction():
        found = store.runs.get(run)
        if found.status == "running":
            store.runs.refuse_busy(found)
        if found.status != "cancelled":
            store.runs.request_cancel(run)  # or a process would be found for it again
        store.tool_edits.drop(run)


def _seed_of(store: Store, run: Run) -> SeedText:
    if run.kind != "synthesis":
        raise UsageError(f"The run `{run.id}` revised a domain; only what made one can be done anew or extended.")
    return SeedText(name=run.domain, kind=run.seed_kind, digest=run.seed_digest, text=store.runs.seed(run.id))


def _request(text: SeedText, options: RunOptions, replace: bool, by: str) -> Requested:
    with opened() as store, store.transaction():
        requested = request(store, text, options, force=replace)
        if requested.answer != "up_to_date":
            store.queue.say(requested.run.id, f"Asked for in the studio by {by or 'somebody'}.", by=by)
    if requested.answer != "up_to_date":
        _start_process(requested.run.id)
    return requested


def _start_process(run: str) -> None:
    """Has a process work on a queued run: at once, or as soon as its turn comes."""
    if (keeper := supervisor.current()) is not None:
        keeper.want(run)
        return
    # The page runs without our server, as under `streamlit run studio/app.py`.
    start_worker(store_path(), run, workers=default_workers())
