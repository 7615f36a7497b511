"""`scaleenv calls`: what language models were asked in a run, what they answered, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.commands.console import DEFAULT_DB, Db, Json, show, table
from engine.commands.model_options import cost_in_words, money

if TYPE_CHECKING:
    from engine.models.call import Answer, ModelCall
    from engine.store.call_log import CallSums

MOST_LISTED = 1_000


def calls(
    run: Annotated[str, typer.Argument(help="The run.")],
    role: Annotated[str, typer.Option("--role", help="Of this role only.")] = "",
    subject: Annotated[str, typer.Option("--subject", help="About this tool, entity or table only.")] = "",
    task: Annotated[str, typer.Option("--task", help="Of this task only.")] = "",
    by: Annotated[
        Literal["role", "task", "model"] | None, typer.Option("--by", help="Add them up instead of listing them.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Print prompts and answers as well.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, help="At most so many, the newest.")
    ] = MOST_LISTED,
    db: Db = DEFAULT_DB,
    as_json: Json = False,
) -> None:
    """Show what language models were asked in a run, what they answered, and what it cost."""
    from engine.errors import UsageError
    from engine.models.role import ROLES
    from engine.seeds.problems import nearest
    from engine.store import Store
    from engine.store.call_log import CallFilter

    if role and role not in ROLES:
        raise UsageError(f"There is no role `{role}`; {nearest(role, ROLES, limit=len(ROLES))}")
    with Store.open(db, create=False) as store, store.snapshot():
        found = store.runs.get(run)
        wanted = CallFilter.model_validate({"run": found.id, "role": role, "subject": subject, "task": task})
        if by is not None:
            groups = store.call_log.sums_by(by, wanted, limit=limit)
            show_sums(found.id, by, groups, store.call_log.sums(wanted), as_json)
            return
        page = store.call_log.page(wanted, limit=limit)
        listed = list(reversed(page.calls))
        answers = {call.key: store.answers.get(call.key) for call in listed if call.key} if full else {}
    data: dict[str, Any] = {"run": found.id, "matching": page.matching, "calls": []}
    for call in listed:
        shown = call.model_dump()
        if full:
            answer = answers.get(call.key)
            shown["answer"] = None if answer is None else answer.model_dump()
        data["calls"].append(shown)
    show(data, as_json, lambda: _lines(listed, answers, page.matching, full=full))


def show_sums(run: str, by: str, groups: list[CallSums], total: CallSums, as_json: bool) -> None:
    """Prints calls added up: by role, this is Table 9 of the paper."""

    def row(name: str, sums: CallSums) -> tuple[Any, ...]:
        return (
            *(name, sums.models, sums.calls, sums.cached, sums.corrected, sums.refused + sums.failed, sums.repairs),
            *(f"{sums.prompt_tokens:,}", f"{sums.completion_tokens:,}", cost_in_words(sums)),
        )

    head = (by, "models", "calls", "cached", "corrected", "in vain", "repairs", "read", "written", "cost")
    show(
        {"run": run, "by": by, "groups": [each.model_dump() for each in groups], "total": total.model_dump()},
        as_json,
        lambda: (
            table(head, [*(row(each.of, each) for each in groups), row("all", total)])
            if total.calls
            else [f"`{run}` asked no language model anything."]
        ),
    )


def _lines(listed: list[ModelCall], answers: dict[str, Answer | None], matching: int, *, full: bool) -> list[str]:
    if not listed:
        return ["No such calls."]
    if full:
        return [line for call in listed for line in _whole(call, answers.get(call.key))]
    rows = [
        (
            *(call.seq, call.role, _cut(call.task or call.subject, 40), call.turn, call.round),
            *("cached" if call.cached else call.outcome, call.prompt_tokens, call.completion_tokens),
            *("-" if call.cached else money(call.cost), _cut(call.problem, 60)),
        )
        for call in listed
    ]
    head = ("call", "role", "about", "turn", "round", "outcome", "read", "written", "cost", "problem")
    left = matching - len(listed)
    return [*table(head, rows), *([f"... and {left:,} earlier ones (--limit)"] if left else [])]


def _whole(call: ModelCall, answer: Answer | None) -> list[str]:
    """A call with everything that was said; control characters of foreign text are shown, not obeyed."""
    outcome = f"{call.outcome}, from the store" if call.cached else call.outcome
    lines = [
        f"=== call {call.seq}: {call.role}, {call.task or call.subject or 'the domain'} (turn {call.turn}, round {call.round})",
        f"{call.model}: {outcome}; {call.prompt_tokens:,} read, {call.completion_tokens:,} written, "
        f"{money(call.cost)}, {call.seconds:.1f} s",
        *([f"Problem: {_harmless(call.problem)}"] if call.problem else []),
    ]
    if answer is not None:
        for message in answer.request.get("messages", []):
            lines += [f"--- {message.get('role', '')}", _harmless(str(message.get("content", "")))]
        lines += [f"--- answer ({answer.finish})", _harmless(answer.text)]
    return [*lines, ""]


def _harmless(text: str) -> str:
    return "".join(c if c in "\n\t" or (c.isprintable() or c == " ") else repr(c)[1:-1] for c in text)


def _cut(text: str, length: int) -> str:
    text = _harmless(text.replace("\n", " "))
    return text if len(text) <= length else text[: length - 1] + "…"
