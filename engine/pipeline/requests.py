"""What becomes of a wish for a domain: a new run, more of an old one, or nothing because it is there already."""

from __future__ import annotations

import re
from typing import Any, Literal

from engine import __version__
from engine.errors import UsageError
from engine.models.base import Model
from engine.models.run import UNFINISHED, Run, RunOptions
from engine.pipeline.addresses import checked_address
from engine.store import Store
from engine.store.tasks import TaskFilter

Answer = Literal["new", "continued", "extended", "rebuilt", "up_to_date"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class SeedText(Model):
    """A seed in the form in which a run keeps it.

    Attributes:
        name: The domain's name.
        kind: Where it came from.
        digest: SHA-256 of what the user gave.
        text: Everything that phase 1 needs, as JSON.
    """

    name: str
    kind: str
    digest: str
    text: str


class Requested(Model):
    """The run that answers a wish, and what it took; `up_to_date` needs no work."""

    run: Run
    answer: Answer


def request(store: Store, seed: SeedText, options: RunOptions, *, force: bool = False) -> Requested:
    """Finds or adds the run that makes a domain from a seed.

    The same seed with the same options goes on where the last run ended: with more tasks it is extended, which
    gives the same bytes as asking for all of them at once.

    Args:
        store: Where the domain will be.
        seed: What it is made from.
        options: What is asked for.
        force: Throw the domain and its runs away and begin anew. What curators said counts again for every
            task that comes out the same.

    Raises:
        UsageError: The name is not usable, or is taken by a domain of another seed, other options or another version; or the
            base URL can't be stored.
        StoreError: A living process works on the domain.
    """
    if not _NAME.fullmatch(seed.name):
        raise UsageError(
            f"`{seed.name}` can't name a domain: use lower-case letters, digits and `_`, beginning with a letter (--name)."
        )
    checked_address(options.base_url, "base URL")
    with store.transaction():
        latest = store.runs.latest(seed.name)
        if force or latest is None:
            taken = latest is not None or store.domains.exists(seed.name)
            if force:
                store.runs.discard(seed.name)
                store.domains.delete(seed.name)
            elif taken:
                raise UsageError(
                    f"There is a domain `{seed.name}` already; replace it with --force, or choose a --name."
                )
            run = store.runs.create(seed.name, options, seed_kind=seed.kind, seed_digest=seed.digest, seed=seed.text)
            return Requested(run=run, answer="rebuilt" if taken else "new")
        if latest.status == "running":
            store.runs.refuse_busy(latest)
        differences = _differences(store, latest, seed, options)
        if differences:
            raise UsageError(
                f"There is a domain `{seed.name}` already, made with another {' and another '.join(differences)}; "
                "replace it with --force, or choose another --name."
            )
        if latest.status in UNFINISHED:
            answer = "continued"
        elif options.tasks > latest.options.tasks or _has_lost_tasks(store, latest, options):
            answer = "extended"
        else:
            return Requested(run=latest, answer="up_to_date")
        _refuse_unfinished_edits(store, seed.name)
        return Requested(run=store.runs.retarget(latest.id, options), answer=answer)


def _has_lost_tasks(store: Store, run: Run, options: RunOptions) -> bool:
    """Whether a run that reached what was asked has fewer tasks by now, as when a tool was edited."""
    found = store.tasks.count(TaskFilter(domain=run.domain, state="audited"))
    return run.status == "done" and found < min(options.tasks, run.counts.tasks_audited)


def _refuse_unfinished_edits(store: Store, domain: str) -> None:
    """A domain in which an edit waits for its test, or for its consequences, is not built upon."""
    for run in store.runs.of(domain):
        if run.kind == "revision" and run.status in ("queued", "running", "interrupted"):
            raise UsageError(
                f"The {store.tool_edits.of_run(run.id).words} is being tested by the run `{run.id}` ({run.status}); wait "
                f"for it, or go on with `scaleenv resume {run.id}`."
            )
    store.staleness.refuse(domain)


def _differences(store: Store, run: Run, seed: SeedText, options: RunOptions) -> list[str]:
    then, now = run.options.content(run.seed_kind), options.content(seed.kind)
    found = [
        f"`{name}` ({_shown(then[name])} then, {_shown(now[name])} now)"
        for name in then
        if name in now and then[name] != now[name]
    ]
    # A keyword's text holds its tools and its hint as well; where those differ, they are named already.
    named = run.seed_kind == seed.kind == "keyword" and (then["tools"], then["hint"]) != (now["tools"], now["hint"])
    if run.seed_digest != seed.digest and not named:
        found.insert(0, "keyword" if run.seed_kind == seed.kind == "keyword" else "seed text")
    found += _other_players(run.options, options)
    if store.domains.exists(seed.name):
        version = store.domains.summary(seed.name).engine
        if version != __version__:
            found.append(f"version of the engine ({version} then, {__version__} now)")
    return found


def _other_players(then: RunOptions, now: RunOptions) -> list[str]:
    """Who plays a role now and did not then, roles of the same change together."""
    changes: dict[tuple[str, str], list[str]] = {}
    for role, player in now.players.items():
        if then.player(role) != player:
            changes.setdefault((then.player(role), player), []).append(f"`{role}`")
    return [f"player of {', '.join(roles)} ({old} then, {new} now)" for (old, new), roles in changes.items()]


def _shown(value: Any) -> str:
    return "none" if value == "" else str(value)
