"""A conversation with a model: the question, once more where nothing was said, and the corrective turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from engine.agents.llm.ask.json_text import cut_off, without_thoughts
from engine.agents.llm.ask.prompt import note
from engine.agents.llm.ask.question import Question, Unusable
from engine.agents.llm.ask.request import Message, Request
from engine.errors import ScaleEnvError
from engine.models.call import Answer

T = TypeVar("T")

MOST_TOKENS = 32_000
"""An answer gets more room when it was cut off, but never more than this."""

_LIVELY = 0.7
_NEW_SAMPLE = 1_000
_LONGEST_PREVIOUS = 24_000
_LONGEST_CUT = 1_500
_LONGEST_PROBLEM = 600
_MOST_PROBLEMS = 12


def is_silent(answer: Answer) -> bool:
    """Whether an answer says nothing that could be corrected: it is empty, or was withheld for its content."""
    return answer.finish == "content_filter" or not answer.text.strip()


def read(question: Question[T], answer: Answer) -> tuple[T, tuple[str, ...]]:
    """What a question makes of an answer's text: a value, or (beside a value that is none) what is wrong with it.

    What is wrong is kept in the log and told to the model, so it is bounded in number and length, whatever was answered.
    """
    value, problems = _read(question, answer)
    return value, _bounded(problems)


def _read(question: Question[T], answer: Answer) -> tuple[T, Sequence[str]]:
    nothing: Any = None
    if answer.finish == "content_filter":
        return nothing, ("the provider withheld the answer for its content",)
    if not answer.text.strip():
        return nothing, ("the answer is empty",)
    if answer.finish == "length" and question.schema is None:
        return nothing, cut_off(answer.text).problems  # half a function can look like a whole one
    try:
        return question.parse(answer.text), ()
    except Unusable as error:
        problems = error.problems or ("it is not what was asked for",)
    except (ValueError, ArithmeticError, ScaleEnvError) as error:
        problems = (" ".join(str(error).split()) or type(error).__name__,)
    except (RecursionError, MemoryError):
        problems = ("it is nested too deeply to be read",)
    if answer.finish == "length":
        return nothing, (*cut_off(answer.text).problems, *(each for each in problems if "cut off" not in each))
    return nothing, problems


def request_of(model: str, question: Question[Any]) -> Request:
    """A question as the request of its first turn."""
    return Request(
        model=model,
        messages=(_message("system", question.system), _message("user", question.user)),
        schema_=question.schema,
        # Another answer to the same words can only come where there is a choice.
        temperature=max(question.temperature, _LIVELY) if question.sample else question.temperature,
        most_tokens=question.most_tokens,
        sample=question.sample,
    )


def asked_anew(request: Request, answer: Answer) -> Request:
    """The request for another answer, after one that said nothing."""
    return request.model_copy(
        update={
            "sample": request.sample + _NEW_SAMPLE,
            "temperature": max(request.temperature, _LIVELY),
            "most_tokens": _more(request) if answer.finish == "length" else request.most_tokens,
        }
    )


def corrected(request: Request, answer: Answer, problems: tuple[str, ...]) -> Request:
    """The request of the corrective turn: the conversation so far, and what was wrong."""
    cut = answer.finish == "length"
    told = "\n".join(f"- {problem}" for problem in _bounded(problems))
    return request.model_copy(
        update={
            "messages": (
                *request.messages,
                _message("assistant", _clipped(_said(answer.text), _LONGEST_CUT if cut else _LONGEST_PREVIOUS)),
                _message("user", note("correction", problems=told)),
            ),
            "most_tokens": _more(request) if cut else request.most_tokens,
        }
    )


def _more(request: Request) -> int:
    return max(request.most_tokens, min(2 * request.most_tokens, MOST_TOKENS))


def _said(text: str) -> str:
    try:
        return without_thoughts(text).strip() or text
    except Unusable:
        return text


def _message(role: Literal["system", "user", "assistant"], text: str) -> Message:
    # A lone surrogate can neither be sent nor be stored.
    return Message(role=role, content=text.encode("utf-8", "replace").decode())


def _bounded(problems: Sequence[str]) -> tuple[str, ...]:
    return tuple(_clipped(problem, _LONGEST_PROBLEM) for problem in problems[:_MOST_PROBLEMS])


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " [...]"
