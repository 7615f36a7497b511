"""An edited tool is tested before it counts, and what depends on it is verified again, whatever happens on the way."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError, UsageError
from engine.foundation.mutations import Mutant, mutants_of
from engine.models.run import Run, RunEvent, RunOptions
from engine.models.tool_edit import ToolEdit
from engine.pipeline import Draft, ProposalError, draft_of, execute, propose, read_seed_text, synthesize
from engine.pipeline.seeds import Composed
from engine.store import Store
from engine.store.runs import Progress
from engine.store.tasks import TaskFilter
from engine.verify import verify_domain
from tests.pipeline import samples

DOMAIN = "library"
Change = Callable[[Draft], Draft]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = samples.make(tmp_path_factory.mktemp("revision") / "studio.db")
    with sqlite3.connect(path) as raw:
        raw.execute("pragma wal_checkpoint(truncate)")
    raw.close()
    return path


@pytest.fixture
def path(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(finished, tmp_path / "studio.db"))


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


def remark(draft: Draft) -> Draft:
    """Changes the code, but not what it does."""
    return draft.model_copy(update={"source": f"{draft.source.rstrip()}\n    # a remark\n"})


def swap(part: str, old: str, new: str) -> Change:
    def change(draft: Draft) -> Draft:
        text = getattr(draft, part)
        assert old in text
        return draft.model_copy(update={part: text.replace(old, new)})

    return change


def both(*changes: Change) -> Change:
    def change(draft: Draft) -> Draft:
        for each in changes:
            draft = each(draft)
        return draft

    return change


QUOTA_OF_NINE = both(swap("source", ">= 6", ">= 9"), swap("contract", "< 6", "< 9"))
"""Another rule, in code and contract alike: it counts, and harms no task."""
RENAMED_ANSWER = both(
    swap("source", '{"member_id": member', '{"id": member'),
    swap("contract", "- name: member_id", "- name: id"),
)


def draft(store: Store, tool: str, change: Change) -> Draft:
    stored = store.tools.get(DOMAIN, tool)
    return change(draft_of(stored.tool, note="because", started_from=stored.digest))


def ask(store: Store, tool: str, change: Change, curator: str = "Ada") -> Run:
    return propose(store, DOMAIN, tool, draft(store, tool, change), curator)


def revise(store: Store, tool: str, change: Change) -> tuple[Run, ToolEdit]:
    run = execute(store, ask(store, tool, change).id)
    return run, store.tool_edits.of_run(run.id)


def verified(store: Store) -> int:
    report = verify_domain(store, DOMAIN)
    assert report.failures == ()
    return report.stale


def whole(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """What is stored of the domain's content, whatever the order in which it was written."""
    return {table: set(rows) for table, rows in samples.content(path).items()}


def without_numbers(path: Path) -> dict[str, set[tuple[object, ...]]]:
    return {table: rows for table, rows in whole(path).items() if table not in ("domain", "task", "audit")}


# An edit that counts


def test_a_harmless_edit_counts_and_everything_is_verified_again(store: Store, path: Path) -> None:
    before = whole(path)
    run, edit = revise(store, "add_wish", remark)
    assert (run.status, run.kind, edit.state, edit.curator, edit.note) == (
        "done",
        "revision",
        "counts",
        "Ada",
        "because",
    )
    assert store.tools.get(DOMAIN, "add_wish").tool == edit.after
    touching = [edge for edge in store.edges.all(DOMAIN) if "add_wish" in (edge.source, edge.target)]
    tasks = store.tasks.with_bodies(DOMAIN)
    assert run.counts.edges_proven + run.counts.edges_unproven == len(touching) > 0
    assert run.counts.tasks_audited + run.counts.tasks_rejected == len(tasks) > 0
    after = whole(path)
    assert {table for table in before if before[table] != after[table]} == {"tool"}
    assert not store.staleness.counts(DOMAIN)
    assert verified(store) == 0


def test_a_changed_rule_gives_what_a_synthesis_with_that_rule_gives(store: Store, path: Path, tmp_path: Path) -> None:
    _, edit = revise(store, "add_wish", QUOTA_OF_NINE)
    assert edit.state == "counts"
    assert verified(store) == 0
    text = read_seed_text(str(samples.LIBRARY))
    composed = Composed.model_validate_json(text.text)
    tools = tuple(edit.after if tool.name == "add_wish" else tool for tool in composed.tools)
    fresh = tmp_path / "fresh.db"
    with Store.open(fresh) as other:
        seed = text.model_copy(update={"text": Composed(spec=composed.spec, tools=tools).model_dump_json()})
        synthesize(other, seed, RunOptions(tasks=0, seed=3))
    mine, theirs = without_numbers(path), without_numbers(fresh)
    for table in ("tool", "test_case", "edge"):
        assert mine[table] == theirs[table]
    assert theirs["trace"] <= mine["trace"]


def test_tasks_that_stood_on_what_was_changed_are_rejected_with_the_edit_as_reason(store: Store) -> None:
    """The answer's field from which chains take the member's id is called otherwise."""
    before = {task.id: task for task in store.tasks.iterate(DOMAIN)}
    run, edit = revise(store, "find_member", RENAMED_ANSWER)
    assert edit.state == "counts", edit.report
    rejected = [
        task for task in store.tasks.page(TaskFilter(domain=DOMAIN, state="rejected"), limit=99) if task.id in before
    ]
    using = [task for task in before.values() if any(step.tool == "find_member" for step in task.chain.steps)]
    assert {task.id for task in rejected} == {task.id for task in using}
    assert rejected
    for task in rejected:
        assert task.reason.endswith("(since the edit 1 of the tool `find_member`)")
    assert any(edge.via.startswith("id -> ") or "].id -> " in edge.via for edge in store.edges.all(DOMAIN))
    assert not [edge for edge in store.edges.all(DOMAIN) if edge.source == "find_member" and "member_id ->" in edge.via]
    said = [event for event in store.runs.events(run.id) if event.kind == "rejection"]
    assert {event.subject for event in said} == {task.id for task in rejected}
    assert verified(store) == 0


def test_undoing_an_edit_brings_everything_back(store: Store, path: Path) -> None:
    before = whole(path)
    _, edit = revise(store, "find_member", RENAMED_ANSWER)
    assert whole(path) != before
    run, undone = revise(store, "find_member", lambda _: draft_of(edit.before))
    assert undone.state == "counts"
    assert whole(path) == before
    assert [each.state for each in store.tool_edits.of(DOMAIN, "find_member")] == ["counts", "superseded"]
    assert run.counts.tasks_rejected == 0
    assert verified(store) == 0


def test_a_domain_is_extended_after_an_edit(store: Store) -> None:
    revise(store, "find_member", RENAMED_ANSWER)
    left = store.domains.summary(DOMAIN).tasks_audited
    assert left < samples.OPTIONS.tasks
    text = read_seed_text(str(samples.LIBRARY))
    run, answer = synthesize(store, text, samples.OPTIONS)
    assert (answer, run.status, run.kind) == ("extended", "done", "synthesis")
    assert store.domains.summary(DOMAIN).tasks_audited == samples.OPTIONS.tasks
    run, answer = synthesize(store, text, samples.OPTIONS.model_copy(update={"tasks": 6}))
    assert (answer, run.status) == ("extended", "done")
    assert verified(store) == 0
    assert synthesize(store, text, samples.OPTIONS)[1] == "up_to_date"


def test_any_number_of_processes_gives_the_same(path: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(path, tmp_path / "other.db"))
    for file, workers in ((path, 1), (other, 2)):
        with Store.open(file, clock=lambda: 1000.0) as opened:
            run = ask(opened, "find_member", RENAMED_ANSWER)
            assert execute(opened, run.id, workers=workers).status == "done"
    assert whole(path) == whole(other)


# An edit that is refused


def _faults(store: Store, tool: str) -> list[Mutant]:
    return mutants_of(store.tools.get(DOMAIN, tool).tool, store.domains.get(DOMAIN).database)


def test_a_planted_fault_is_refused_and_the_old_tool_goes_on_to_count(store: Store, path: Path) -> None:
    before = whole(path)
    fault = next(fault for fault in _faults(store, "add_wish") if ">= 6" in fault.before)
    run, edit = revise(store, "add_wish", lambda draft: draft.model_copy(update={"source": fault.tool.source}))
    assert (run.status, edit.state, run.counts.tools_rejected) == ("done", "refused", 1)
    assert edit.report is not None
    assert any("list_full" in reason for reason in edit.report.reasons)
    evidence = store.tool_edits.evidence(edit.seq)
    failing = [case for case in evidence.cases if not case.passed]
    assert failing
    assert {case.trace for case in failing} <= {trace.id for trace in evidence.traces if not trace.passed}
    assert whole(path) == before
    assert verified(store) == 0


@pytest.mark.parametrize(
    "change, where, words",
    [
        (swap("source", "def add_wish", "def add_wishes"), "source", "the schema says `add_wish`"),
        (swap("source", "priority: int", "priority: str"), "source", "the parameters are"),
        (swap("source", '"member", member_id', '"members", member_id'), "source", "members"),
        (swap("source", 'return {"wish_id"', 'return 1 + "a" or {"wish_id"'), "source", "type error"),
        (swap("source", "    member =", "    import os\n    member ="), "source", "import"),
        (swap("source", "    member =", "    member ("), "source", "line"),
        (swap("contract", "member is not None", "member is not Nothing"), "contract", "compares with None only"),
        (swap("contract", "book is not None", "book is ("), "contract", "requirement 2"),
        (swap("contract", "rule: quota", "rool: quota"), "contract", "there is no such key"),
        (swap("contract", "table: wish", "table: wishes"), "contract", "there is no table `wishes`"),
        (swap("contract", "bindings:", "bindings: ["), "contract", "line"),
    ],
)
def test_what_can_not_be_tested_is_refused_at_once_with_its_line(
    store: Store, change: Change, where: str, words: str
) -> None:
    with pytest.raises(ProposalError) as refused:
        ask(store, "add_wish", change)
    problem = next(problem for problem in refused.value.problems if problem.where == where)
    assert problem.line is not None
    assert words in str(problem)
    assert store.tool_edits.of(DOMAIN, "add_wish") == []
    assert [run.kind for run in store.runs.of(DOMAIN)] == ["synthesis"]


def test_a_contract_that_does_not_fit_the_code_is_refused_by_its_tests(store: Store) -> None:
    _, edit = revise(store, "add_wish", swap("contract", "< 6", "< 5"))
    assert edit.state == "refused"


def test_nothing_changed_an_unknown_tool_and_no_name(store: Store) -> None:
    with pytest.raises(UsageError, match="Nothing of `add_wish` is changed"):
        ask(store, "add_wish", lambda draft: draft)
    with pytest.raises(UsageError, match="no tool `nothing`"):
        ask(store, "nothing", remark)
    with pytest.raises(UsageError, match="your name"):
        ask(store, "add_wish", remark, curator=" ")


# A rejected tool


def test_a_rejected_tool_that_is_mended_is_admitted_and_gets_edges(tmp_path: Path) -> None:
    text = read_seed_text(str(samples.LIBRARY))
    composed = Composed.model_validate_json(text.text)
    broken = tuple(
        tool.model_copy(update={"source": tool.source.replace("list_full", "list_is_full")})
        if tool.name == "add_wish"
        else tool
        for tool in composed.tools
    )
    with Store.open(tmp_path / "studio.db") as store:
        seed = text.model_copy(update={"text": Composed(spec=composed.spec, tools=broken).model_dump_json()})
        synthesize(store, seed, RunOptions(tasks=2, seed=3))
        assert not store.tools.get(DOMAIN, "add_wish").admitted
        tasks = store.tasks.with_bodies(DOMAIN)
        _, edit = revise(store, "add_wish", swap("source", "list_is_full", "list_fool"))
        assert edit.state == "refused"
        run, edit = revise(store, "add_wish", swap("source", "list_is_full", "list_full"))
        assert edit.state == "counts"
        assert store.tools.get(DOMAIN, "add_wish").admitted
        assert run.counts.edges_proven > 0
        assert store.tasks.with_bodies(DOMAIN) == tasks
        assert verified(store) == 0
        run, _ = synthesize(store, seed, RunOptions(tasks=4, seed=3))
        assert run.status == "done"
        assert verified(store) == 0


# Others at work


def test_two_edits_at_once(store: Store) -> None:
    first = draft(store, "add_wish", remark)
    second = draft(store, "add_wish", QUOTA_OF_NINE)
    run = propose(store, DOMAIN, "add_wish", first, "Ada")
    with pytest.raises(StoreError, match=f"by Ada, is being tested by the run `{run.id}`"):
        propose(store, DOMAIN, "add_wish", second, "Bob")
    execute(store, run.id)
    with pytest.raises(UsageError, match="Somebody changed `add_wish` since you began"):
        propose(store, DOMAIN, "add_wish", second, "Bob")
    current = store.tools.get(DOMAIN, "add_wish")
    run = propose(store, DOMAIN, "add_wish", second.model_copy(update={"started_from": current.digest}), "Bob")
    execute(store, run.id)
    assert store.tool_edits.of_run(run.id).state == "counts"


def test_no_edit_while_the_domain_is_made_and_no_more_tasks_while_an_edit_waits(tmp_path: Path, store: Store) -> None:
    with Store.open(tmp_path / "other.db") as other:
        samples.ask(tmp_path / "other.db")
        with pytest.raises(UsageError, match="no domain `library`"):
            propose(other, DOMAIN, "add_wish", draft(store, "add_wish", remark), "Ada")
    run = ask(store, "add_wish", remark)
    more = samples.OPTIONS.model_copy(update={"tasks": 9})
    with pytest.raises(UsageError, match=f"being tested by the run `{run.id}`"):
        synthesize(store, read_seed_text(str(samples.LIBRARY)), more)
    assert store.runs.latest(DOMAIN) == store.runs.get("library-1")


def test_a_half_made_domain_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    run = samples.ask(path)
    with Store.open(path) as store:

        def stop(progress: object, events: object) -> None:
            if len(store.runs.steps(run)) == 7:
                store.runs.request_cancel(run)

        execute(store, run, observe=stop)
        with pytest.raises(UsageError, match=f"`scaleenv resume {run}`"):
            ask(store, "add_wish", remark)


def test_a_curators_edit_of_a_task_that_comes_between_is_kept_and_audited(store: Store) -> None:
    run = ask(store, "add_wish", remark)
    task = next(store.tasks.iterate(DOMAIN))
    edited = task.model_copy(update={"instruction": f"{task.instruction} Thank you."})
    done = False

    def meddle(progress: Progress, events: Sequence[RunEvent]) -> None:
        nonlocal done
        if progress.phase == "tasks" and not done:
            done = True
            store.tasks.replace(DOMAIN, edited)

    assert execute(store, run.id, observe=meddle).status == "done"
    assert done
    kept = store.tasks.get(DOMAIN, task.id)
    assert kept.instruction == edited.instruction
    assert kept.audited
    assert not store.staleness.counts(DOMAIN)
    assert verified(store) == 0


def test_new_words_that_were_audited_with_the_old_tool_do_not_count(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.models.task_edit import TaskWords
    from engine.pipeline.task_edits import edit_task
    from engine.tasks import revise as module

    audited = module.revise

    def meanwhile(*arguments: Any) -> Any:
        revise(store, "add_wish", QUOTA_OF_NINE)
        return audited(*arguments)

    monkeypatch.setattr(module, "revise", meanwhile)
    task = next(store.tasks.iterate(DOMAIN))
    words = TaskWords(instruction=f"{task.instruction} Thank you.", profile=task.user_profile)
    started_from = str(store.tasks.digest(DOMAIN, task.id))
    with pytest.raises(UsageError, match="A tool of the domain was edited"):
        edit_task(store, DOMAIN, task.id, words, "Ada", started_from=started_from)
    assert store.tasks.get(DOMAIN, task.id) == task


# Killed, cancelled


def _work_until_killed(path: Path, run: str, ticks: int, steps: int) -> None:
    samples.work_until_killed(path, run, ticks, steps)


def test_a_revision_that_is_killed_at_every_step_ends_as_if_nothing_had_been(path: Path, tmp_path: Path) -> None:
    undisturbed = Path(shutil.copy(path, tmp_path / "undisturbed.db"))
    with Store.open(undisturbed, clock=lambda: 1000.0) as store:
        execute(store, ask(store, "find_member", RENAMED_ANSWER).id)
    with Store.open(path, clock=lambda: 1000.0) as store:
        run = ask(store, "find_member", RENAMED_ANSWER).id
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.samples", "engine.pipeline.run", "engine.foundation.build"])
    deaths = 0
    for attempt in range(30):
        # In turn between two steps, and in the midst of one: the store asks for the time inside its transactions.
        ticks, steps = (10_000, 1) if attempt % 2 else (3 + attempt // 4, 10_000)
        process = context.Process(target=_work_until_killed, args=(path, run, ticks, steps))
        process.start()
        process.join(120)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        deaths += 1
        with Store.open(path) as store:
            assert store.problems() == []
            if deaths in (1, 3, 5):
                assert verify_domain(store, DOMAIN).failures == ()
    assert deaths >= 4
    with Store.open(path) as store:
        assert store.runs.get(run).status == "done"
        assert verified(store) == 0
    assert whole(path) == whole(undisturbed)


def test_a_cancelled_revision_is_finished_by_the_next(store: Store) -> None:
    run = ask(store, "find_member", RENAMED_ANSWER)

    def stop(progress: Progress, events: Sequence[RunEvent]) -> None:
        if progress.phase == "test" and events:
            store.runs.request_cancel(run.id)

    assert execute(store, run.id, observe=stop).status == "cancelled"
    counts = store.staleness.counts(DOMAIN)
    assert counts.edges > 0
    assert counts.tasks > 0
    assert verified(store) > 0
    with pytest.raises(UsageError, match="not verified again yet"):
        synthesize(store, read_seed_text(str(samples.LIBRARY)), samples.OPTIONS.model_copy(update={"tasks": 9}))
    _, edit = revise(store, "add_wish", swap("contract", "< 6", "< 5"))
    assert edit.state == "refused"
    assert not store.staleness.counts(DOMAIN)
    assert verified(store) == 0


def test_an_edit_that_was_cancelled_before_its_test_is_superseded_by_the_next(store: Store) -> None:
    run = ask(store, "add_wish", remark)
    store.runs.request_cancel(run.id)
    _, edit = revise(store, "add_wish", QUOTA_OF_NINE)
    assert edit.state == "counts"
    assert store.tool_edits.of_run(run.id).state == "superseded"
    assert execute(store, run.id).status == "done"
    assert store.tools.get(DOMAIN, "add_wish").tool == edit.after
    assert "came to nothing" in store.runs.events(run.id)[-1].message


def test_replacing_a_domain_discards_its_edits(store: Store) -> None:
    revise(store, "add_wish", remark)
    synthesize(store, read_seed_text(str(samples.LIBRARY)), samples.OPTIONS, force=True)
    assert store.tool_edits.of(DOMAIN, "add_wish") == []
    assert [run.id for run in store.runs.of(DOMAIN)] == ["library-1"]
