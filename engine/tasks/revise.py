"""New words for a task: audited as if the task were new, and what is wrong with them in words that help.

Nothing is written here; a revision that does not pass every audit is a draft that was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.models.base import Row, Value
from engine.models.domain import Domain
from engine.models.task import Audit, Task
from engine.models.task_edit import TaskWords
from engine.models.trace import Trace
from engine.runtime.base import Runtime
from engine.tasks.audit import audit, start_of
from engine.tasks.duplicates import Duplicates
from engine.tasks.provenance import leaks, said_values, spoken_text
from engine.tasks.speech import Meaning, forms, unsaid
from engine.tasks.spoken import profile_fields, same, why_needed

LONGEST = 8_000
"""Characters of an instruction; what people write has a few hundred."""
FIELDS = 60
"""Fields of a profile."""
EXAMPLES = 3
"""How many ways to say a missing value are named."""


class Complaint(NamedTuple):
    """Something that keeps new words from counting.

    Attributes:
        check: The audit that failed, or `words` and `profile` for what is seen before anything runs.
        problem: What is wrong and, where it can be said, what to write instead.
        trace: Id of the trace that shows it, or empty.
    """

    check: str
    problem: str
    trace: str = ""


class Revision(NamedTuple):
    """A task with new words, and what came of its audits.

    Attributes:
        task: The task with its audits; without any where nothing was run.
        traces: The executions of the audits.
        others: Other tasks whose audit `not_duplicate` comes out differently beside the new words.
        complaints: Why the words can't count; empty exactly where they can.
    """

    task: Task
    traces: tuple[Trace, ...] = ()
    others: tuple[Task, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether every audit passed."""
        return not self.complaints


def revise(task: Task, words: TaskWords, domain: Domain, runtime: Runtime, relatives: Sequence[Task]) -> Revision:
    """Audits a task with new words.

    Args:
        task: As it is stored.
        words: What it is to say.
        domain: Its tools.
        runtime: Where the audits run.
        relatives: The domain's tasks with the same chain of tools in their order, rejected candidates and the task
            itself included: among them are all that it may be a near-duplicate of.
    """
    new = task.model_copy(
        update={"instruction": words.instruction, "user_profile": words.profile, "audits": (), "reason": ""}
    )
    if complaints := [*_unusable(words), *_contradictions(task, words, domain)]:
        return Revision(new, complaints=tuple(complaints))
    audited, traces = audit(new, domain, runtime)
    audited, others = _compared(audited, relatives)
    return Revision(audited, traces, others, tuple(_complaints(audited, domain, traces)))


def _unusable(words: TaskWords) -> Iterator[Complaint]:
    if not words.instruction.strip():
        yield Complaint("words", "The instruction is empty; write what the user wants.")
    if len(words.instruction) > LONGEST:
        yield Complaint("words", f"The instruction has {len(words.instruction):,} characters; {LONGEST:,} are allowed.")
    if "\0" in words.instruction:
        yield Complaint("words", "The instruction has a character that can't be printed (NUL); take it out.")
    if len(words.profile) > FIELDS:
        yield Complaint("profile", f"The profile has {len(words.profile)} fields; {FIELDS} are allowed.")
    if any(not name.strip() for name in words.profile):
        yield Complaint("profile", "A field of the profile has no name.")


def _contradictions(task: Task, words: TaskWords, domain: Domain) -> Iterator[Complaint]:
    """Fields of the profile that say something else than the user's own row in s0."""
    row = _own_row(task, domain)
    for name, value in words.profile.items():
        if row is not None and name in row and row[name] != value:
            yield Complaint(
                "profile",
                f"The profile says {name} {value!r}, but the user's row in the initial state has {row[name]!r}; "
                "only the words can be changed here, not the rows.",
            )


def _own_row(task: Task, domain: Domain) -> Row | None:
    """The user's row: the only one that the profile, as it was made, is true of."""
    actor = domain.spec.actor
    table = domain.database.table.get(actor.table) if actor is not None else None
    if table is None:
        return None
    known = {name: value for name, value in task.user_profile.items() if name in table.column}
    rows = start_of(task, domain).rows(table.name, known) if known else []
    return rows[0] if len(rows) == 1 else None


def _compared(task: Task, relatives: Sequence[Task]) -> tuple[Task, tuple[Task, ...]]:
    """The task with the audit `not_duplicate`, and the relatives for which it comes out differently now."""
    duplicates = Duplicates()
    own = task
    others: list[Task] = []
    for relative in relatives:
        if relative.id == task.id:
            own = duplicates.check(task)
            continue
        if not relative.audits:
            continue
        bare = tuple(each for each in relative.audits if each.name != "not_duplicate")
        failed = next((each for each in bare if not each.passed), None)
        reason = f"{failed.name}: {failed.detail}" if failed is not None else ""
        again = duplicates.check(relative.model_copy(update={"audits": bare, "reason": reason}))
        if again != relative:
            others.append(again)
    lost = next((other for other in others if not other.audited and _was_audited(other, relatives)), None)
    if lost is None or not own.audited:
        return own, tuple(others) if own.audited else ()
    detail = f"{lost.id} would be a near-duplicate of it"
    audits = (
        *(each for each in own.audits if each.name != "not_duplicate"),
        Audit(name="not_duplicate", passed=False, detail=detail),
    )
    return own.model_copy(update={"audits": audits, "reason": f"not_duplicate: {detail}"}), ()


def _was_audited(task: Task, relatives: Sequence[Task]) -> bool:
    return any(relative.id == task.id and relative.audited for relative in relatives)


def _complaints(task: Task, domain: Domain, traces: Sequence[Trace]) -> Iterator[Complaint]:
    failed_traces = {trace.id for trace in traces if not trace.passed}
    for each in task.audits:
        if each.passed:
            continue
        shown = next((id for id in each.traces if id in failed_traces), each.traces[0] if each.traces else "")
        problems = list(spoken_problems(task, domain)) if each.name == "provenance" else []
        if each.name == "not_duplicate":
            problems = [f"With these words the task is too much like another one: {each.detail}. Say it differently."]
        for problem in problems or [each.detail]:
            yield Complaint(each.name, problem, shown)


def spoken_problems(task: Task, domain: Domain) -> Iterator[str]:
    """What the words of a task lack or give away, each with the step that it matters to."""
    text = spoken_text(task)
    wanted = list(said_values(task, domain))
    for value in unsaid(wanted, task.initial_state.now, text):
        meaning = next(meaning for other, meaning in wanted if same(other, value))
        ways = _ways(value, meaning, task.initial_state.now)
        yield f"The instruction does not say {_shown(value)}, {why_needed(task, value)}; write {ways}."
    for index, step in enumerate(task.chain.steps):
        for name, argument in step.arguments.items():
            for field in profile_fields(argument):
                if not same(task.user_profile.get(field.field), field.value):
                    now = task.user_profile.get(field.field)
                    yield (
                        f"Step {index + 1} (`{step.tool}`) takes `{name}` from the profile's {field.field}, which must be "
                        f"{_shown(field.value)}" + ("." if now is None else f", not {_shown(now)}.")
                    )
    for leak in leaks(task, domain):
        yield f"The instruction says {leak}, which no user would know; say it in plain words."


def _ways(value: Value, meaning: Meaning, now: str) -> str:
    ways = [f'"{form}"' for form in forms(value, meaning, now)[:EXAMPLES]]
    return " or ".join(ways)


def _shown(value: Value) -> str:
    return (
        f'"{value}"' if isinstance(value, str) else "yes" if value is True else "no" if value is False else f"{value}"
    )
