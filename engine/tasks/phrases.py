"""Openings, frames and connectives: how people start, ask, go on and end."""

from __future__ import annotations

from typing import Literal, NamedTuple

Tone = Literal["polite", "plain", "chatty", "brisk", "indirect"]


class Voice(NamedTuple):
    """How one tone of voice speaks. `{}` stands for what is wanted, as in `book a room`.

    Attributes:
        greetings: How it begins; an empty one begins at once.
        frames: How it asks.
        more: How it asks for the next thing.
        closings: How it ends.
    """

    greetings: tuple[str, ...]
    frames: tuple[str, ...]
    more: tuple[str, ...]
    closings: tuple[str, ...]


VOICES: dict[Tone, Voice] = {
    "polite": Voice(
        greetings=(
            "Hello,",
            "Good morning,",
            "Hello there,",
            "Good morning!",
            "Dear team,",
            "Hello! I hope you can help me.",
            "",
        ),
        frames=(
            "could you please {}?",
            "would you be so kind as to {}?",
            "I'd appreciate it if you could {}.",
            "I was wondering if you could {}.",
            "would it be possible for you to {}?",
            "may I ask you to {}?",
            "I would be grateful if you could {}.",
            "I would like to {}, please.",
        ),
        more=(
            "after that, could you also {}?",
            "once that is done, please {} as well.",
            "in addition, I would like to {}.",
            "I would also be glad if you could {}.",
            "and then, would you {}, please?",
            "there is one more thing: could you {}?",
        ),
        closings=(
            "Thank you very much.",
            "Many thanks in advance.",
            "Thank you for your help.",
            "With kind regards.",
            "",
        ),
    ),
    "plain": Voice(
        greetings=("Hi,", "Hi there,", "Hello,", "", "", ""),
        frames=(
            "I'd like to {}.",
            "I need to {}.",
            "I want to {}.",
            "please {}.",
            "please help me {}.",
            "I have to {}.",
            "can you {}?",
            "could you {}?",
            "I need you to {}.",
        ),
        more=(
            "I also need to {}.",
            "then please {}.",
            "after that, {}.",
            "also, please {}.",
            "next, I want to {}.",
            "besides that, I'd like to {}.",
            "and please {}.",
            "when that's done, {}.",
        ),
        closings=("Thanks.", "Thank you.", "That's all.", "", "", ""),
    ),
    "chatty": Voice(
        greetings=(
            "Hey,",
            "Hey there!",
            "Hi! Quick one for you:",
            "Hey, it's me again.",
            "Hiya,",
            "Oh hi,",
            "Hi, good to reach someone!",
        ),
        frames=(
            "can you help me {}?",
            "any chance you could {}?",
            "I've finally made up my mind and want to {}.",
            "I keep forgetting this, but I need to {}.",
            "I've been meaning to {} for days now.",
            "so, I'd love to {} if that's okay.",
            "do you think you could {} for me?",
            "today's the day: I want to {}.",
        ),
        more=(
            "oh, and while you're at it, could you {}?",
            "oh, one more thing: I'd like to {}.",
            "and since we're at it anyway, please {}.",
            "right after that, let's {}.",
            "ah, and I almost forgot: please {}.",
            "and then I'd also love to {}.",
        ),
        closings=("Thanks a bunch!", "You're a star, thanks!", "Cheers!", "Thanks so much!", "Have a nice day!", ""),
    ),
    "brisk": Voice(
        greetings=("", "", "", "Quick request:", "In short:", "Short on time today."),
        frames=("{}, please.", "{}.", "please {}.", "need to {}.", "I need to {}.", "just {}, please.", "to do: {}."),
        more=("then {}.", "also {}.", "after that, {}.", "and {}.", "next: {}.", "plus: {}."),
        closings=("Thanks.", "That's it.", "", "", ""),
    ),
    "indirect": Voice(
        greetings=("Hi,", "Hello,", "Good day,", "Excuse me,", "", "Hi, I hope I'm in the right place."),
        frames=(
            "it looks like I have to {}.",
            "the thing is that I need to {}.",
            "what I'm after is this: I want to {}.",
            "I've been told that you could {} for me.",
            "I think it's time to {}.",
            "I'm not sure how this works, but I'd like to {}.",
            "something came up and now I need to {}.",
            "I was asked to {}, and I hope you can do that for me.",
            "I've been thinking it over and would like to {}.",
        ),
        more=(
            "and it seems I'll have to {} too.",
            "that isn't all, though: I'd like to {} too.",
            "once that's out of the way, it would be good to {}.",
            "which reminds me that I have to {}.",
            "I suppose I should {} as well.",
        ),
        closings=(
            "I hope that's everything you need.",
            "Let me know if something is missing.",
            "Thanks for looking into it.",
            "",
            "",
        ),
    ),
}

SELF = ("This is {}.", "My name is {}.", "I'm {}.", "{} here.", "It's {} speaking.")
"""How people say who they are."""
