"""A task on one screen: enough to decide on it, without scrolling the page."""

from __future__ import annotations

from markupsafe import Markup

from engine.models.chain import ArgumentList, ChainArgument, FromProfile, Literal
from engine.models.task import Audit, Task
from studio.components.markup import badge, cell, facts, head, mono, row, show
from studio.components.tasks.pieces import instruction_markup
from studio.components.traces.step import changes_markup
from studio.queries.tasks import TaskView


def show_brief(view: TaskView, *marks: Markup) -> None:
    """Instruction, profile, reference solution and gold diff; each scrolls by itself where it is long.

    Args:
        view: The task.
        marks: What else is to be said of it in its first line.
    """
    task = view.task
    distractors = len(task.initial_state.distractors)
    said = [
        mono(task.id),
        task.domain,
        *marks,
        badge(task.difficulty, "info"),
        f"steps: {len(task.chain.steps)}",
        f"tools: {len(task.tools)}",
        f"rows: {sum(len(rows) for rows in task.initial_state.rows.values()):,}, distractors: {distractors}",
    ]
    show(
        Markup('<div class="se-brief">{}{}{}{}{}</div>').format(
            row(*said),
            _part("se-brief-words", head("Instruction"), instruction_markup(task.instruction, view.spoken)),
            _part(
                "se-brief-profile",
                head("The user knows of themselves"),
                facts(task.user_profile | {"(clock)": task.initial_state.now.replace("T", " ")}),
            ),
            _part("se-brief-chain", head("Reference solution"), chain_lines(task)),
            _part("se-brief-gold", changes_markup(task.gold_diff, "What it changes")),
        )
    )


def _part(kind: str, *parts: Markup) -> Markup:
    return Markup('<div class="{}">{}</div>').format(kind, Markup("").join(parts))


def chain_lines(task: Task) -> Markup:
    """The reference solution, one call after the other, each argument with where it comes from."""
    lines: list[Markup] = []
    for index, (step, call) in enumerate(zip(task.chain.steps, task.reference_calls, strict=True), start=1):
        arguments = Markup("").join(
            Markup('<div class="se-argument">{} {} <i>{}</i></div>').format(
                name, mono(call.arguments.get(name)), source_words(argument)
            )
            for name, argument in step.arguments.items()
        )
        lines.append(
            Markup('<div class="se-brief-call"><b>{}</b> <span class="se-call-name">{}</span>{}</div>').format(
                index, call.name, arguments
            )
        )
    return Markup('<div class="se-calls">{}</div>').format(Markup("").join(lines))


def source_words(argument: ChainArgument) -> str:
    """Where an argument comes from, in as few words as possible."""
    if isinstance(argument, Literal):
        return "said"
    if isinstance(argument, FromProfile):
        return f"profile: {argument.field}"
    if isinstance(argument, ArgumentList):
        return "; ".join(dict.fromkeys(source_words(item) for item in argument.items))
    chosen = ", ".join(f"{name} = {cell(value)}" for name, value in argument.select.items())
    return f"answer {argument.step + 1}" + (f" where {chosen}" if chosen else "")


def audit_badges(audits: tuple[Audit, ...]) -> Markup:
    """Each audit with its outcome; pointing at one says what was tried."""
    return row(
        *(
            Markup('<span class="se-badge se-{}" title="{}">{}</span>').format(
                "good" if audit.passed else "bad",
                audit.detail,
                f"{'✓' if audit.passed else '✗'} {audit.name.replace('_', ' ')}",
            )
            for audit in audits
        )
    )
