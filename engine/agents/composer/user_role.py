"""The user simulator offline: says the instruction, answers from it and from the profile, and knows nothing else."""

from __future__ import annotations

import re

from engine.agents.roles.tasks import UserAnswer, UserRequest
from engine.models.base import Value

_DONE = re.compile(
    r"\b(?:done|all set|completed?|taken care of|finished|(?:have|has|is|are)(?: now)? been \w+ed"
    r"|(?:can't|cannot|can not|unable to|not able to|not possible))\b",
    re.IGNORECASE,
)
_ASKED_TO_CONFIRM = re.compile(
    r"\b(?:confirm|shall i|should i|would you like me to|do you want me to|is that (?:right|correct)|proceed)\b",
    re.IGNORECASE,
)
_NOISE = frozenset(
    re.findall(
        r"\w+",
        "a an and any are be by can could do for from give have i in is it know like may me my need of on or please "
        "provide so tell that the their this to us want we what which who will with would you your",
    )
)
_WHEN = frozenset({"when", "date", "day", "time"})
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d|\d (?:AM|PM)\b|\d\d:\d\d|(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b"
)
_SAME = {"mail": "email", "e": "email", "address": "address", "called": "name", "telephone": "phone", "mobile": "phone"}

GOODBYE = "Thank you, that's all. Goodbye."
UNKNOWN = "I'm sorry, I don't know that."


class ComposerUser:
    """Plays the user by rules: nothing is said that does not stand in the instruction or the profile."""

    async def reply(self, request: UserRequest) -> UserAnswer:
        """See `UserAgent.reply`."""
        if request.turns <= 1 and request.said:
            return UserAnswer(text=GOODBYE, ends=True)
        heard = next((each.text for each in reversed(request.said) if each.speaker == "agent"), None)
        if heard is None or not any(each.speaker == "user" for each in request.said):
            return UserAnswer(text=request.instruction, ends=request.turns <= 1)
        questions = [part for part in re.findall(r"[^.!?\n]+[.!?]?", heard) if _is_question(part)]
        if not questions:
            return UserAnswer(text=GOODBYE, ends=True) if _DONE.search(heard) else UserAnswer(text=request.instruction)
        answers = [answer for question in questions for answer in _answers(question, request)]
        if answers:
            return UserAnswer(text=" ".join(dict.fromkeys(answers)))
        if any(_ASKED_TO_CONFIRM.search(question) for question in questions):
            return UserAnswer(text="Yes, if that is what I asked for.")
        if all(re.search(r"\banything else\b|\bfurther\b", question, re.IGNORECASE) for question in questions):
            return UserAnswer(text=GOODBYE, ends=True)
        return UserAnswer(text=UNKNOWN)


def _is_question(part: str) -> bool:
    return (
        part.rstrip().endswith("?")
        or re.search(r"\b(?:please (?:tell|give|provide|share)|i need (?:to know|your))\b", part, re.IGNORECASE)
        is not None
    )


def _answers(question: str, request: UserRequest) -> list[str]:
    """What the profile, or else the instruction, says to a question."""
    asked = _words(question)
    told = [_fact(name, value) for name, value in request.profile.items() if value is not None and _asks(asked, name)]
    if told or _ASKED_TO_CONFIRM.search(question):
        return told
    if re.search(r"\bhow (?:can|may) I help\b", question, re.IGNORECASE):
        return [request.instruction]
    sentences = re.findall(r"[^.!?\n]+[.!?]*", request.instruction)
    if asked & _WHEN:
        return [sentence.strip() for sentence in sentences if _MOMENT.search(sentence)]
    common = [(len(asked & _words(sentence)), sentence.strip()) for sentence in sentences]
    most = max((count for count, _ in common), default=0)
    return [sentence for count, sentence in common if most > 0 and count == most][:1]


def _asks(asked: frozenset[str], field: str) -> bool:
    """Whether a question is about a field of the profile: its last word names it (`full_name` is a name)."""
    words = [word for word in re.findall(r"[a-z0-9]+", field.lower()) if word not in _NOISE]
    return bool(words) and words[-1] in asked


def _fact(field: str, value: Value) -> str:
    said = "yes" if value is True else "no" if value is False else str(value)
    return f"My {field.replace('_', ' ')} is {said}."


def _words(text: str) -> frozenset[str]:
    found: list[str] = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(_SAME.get(word, word) for word in found if word not in _NOISE)
