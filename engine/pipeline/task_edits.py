"""Changes the words of a task: it is audited again, and the change counts only if every audit passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.models.task_edit import TaskWords
from engine.store import Store
from engine.store.task_edits import require_unchanged

if TYPE_CHECKING:
    from engine.tasks.revise import Revision


def edit_task(
    store: Store, domain: str, id: str, words: TaskWords, curator: str, *, started_from: str, note: str = ""
) -> Revision:
    """Gives a task new words, if all audits pass with them; otherwise everything stays as it is.

    Args:
        store: Where the task is.
        domain: The task's domain.
        id: The task.
        words: What it is to say.
        curator: Who changes it.
        started_from: Digest of the task that the curator read.
        note: Why, in the curator's words.

    Returns:
        What came of the audits; `counts` says whether the words do.

    Raises:
        UsageError: There is no such audited task, somebody else changed it since, nothing was changed, or no
            curator is named.
        SandboxError: The sandbox could not be started.
    """
    from engine.runtime.sandbox import SandboxRuntime
    from engine.tasks.revise import revise

    if not curator.strip():
        raise UsageError("An edit needs the curator's name.")
    with store.snapshot():
        require_unchanged(store.tasks, domain, id, started_from)
        task = store.tasks.get(domain, id)
        if not task.audited:
            raise UsageError(f"The attempt `{id}` was rejected ({task.reason}); only audited tasks can be edited.")
        if TaskWords.of(task) == words:
            raise UsageError("Nothing was changed: these are the words that the task has.")
        relatives, mark = store.task_edits.relatives(domain, id)
        known, tools = store.domain(domain), store.revision(domain)
    with SandboxRuntime(known) as runtime:
        revision = revise(task, words, known, runtime, relatives)
    if revision.counts:
        with store.transaction():
            if store.revision(domain) != tools:
                raise UsageError(
                    "A tool of the domain was edited while the new words were audited; nothing was changed. Save them "
                    "again: they are audited with the tools as they are now."
                )
            store.task_edits.save(
                revision.task,
                revision.traces,
                revision.others,
                curator=curator,
                note=note,
                started_from=started_from,
                mark=mark,
            )
    return revision


def revert_edit(store: Store, domain: str, id: str, seq: int, curator: str, *, started_from: str) -> Revision:
    """Gives a task the words back that it had before an edit; see `edit_task`, which audits them again.

    Raises:
        UsageError: As `edit_task`, or there is no such edit.
    """
    edit = store.task_edits.get(domain, id, seq)
    note = f"as before edit {seq}"
    return edit_task(store, domain, id, edit.before, curator, started_from=started_from, note=note)
