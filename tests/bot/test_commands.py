"""Claims about what the text of a mention asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Asked, asked_in
from bot.verdicts import Command, Shift

ME = "colorisebot"

STOPS = (
    "stop", "Stop.", "STOP!!!", "please stop", "stop, please", "ok stop now", "stop it", "stop that please",
    "stop stop stop", "Stop replying to me", "stop answering", "stop tagging me, thanks", "unsubscribe",
    "Unsubscribe me please", "opt out", "opt-out", "optout", "I'd like to opt out", "I want to unsubscribe",
    "opt me out", "leave me alone", "Leave me alone, bot!", "please leave me be", "go away", "don't reply to me",
    "don\u2019t reply to me again", "Do not answer me any more", "no more replies please",
    "remove me from your list", "can you stop?", "stop 🙏", "🛑 stop 🛑", "stop colorisebot",
    "stop https://t.co/abc123", "could you please stop messaging me?", "sto\uff50",
)  # fmt: skip
STARTS = (
    "start", "Start again, please", "opt in", "opt me back in", "subscribe", "resume", "you can reply to me again",
    "start replying to me again", "restart", "hi bot, start!",
)  # fmt: skip
FORGETS = (
    "forget me", "Forget me!", "please forget me", "forget about me", "forget everything you know about me",
    "delete my data", "erase all my data please", "delete everything about me", "delete me", "forget all about me",
)  # fmt: skip
DELETES = (
    "delete", "Delete this.", "delete that please", "delete it", "please remove this", "take it down",
    "take this down please", "delete your reply", "can you delete my photo?", "delete the coloured picture",
    "Delete this colored photo", "remove", "erase that", "get rid of it", "delete these pictures", "delete 🗑️",
)  # fmt: skip
MORES = (
    "more", "More!", "more please", "more colour", "more color please", "a bit more colour",
    "a little more, please", "more vivid", "make it more vivid", "could you add more colour?", "more saturation",
    "stronger colours", "even more colors", "with a bit more colour please", "can we have more colour?",
    "more colourful", "more colorful", "vivid", "brighter colours please",
)  # fmt: skip
LESSES = (
    "less", "less, please", "less colour", "less color", "paler", "paler please", "a bit paler", "make it paler",
    "less saturated", "not so vivid", "softer colors", "tone it down", "less vivid thanks", "more muted",
)  # fmt: skip
COMPARES = (
    "compare", "Compare!", "please compare", "before/after", "before and after", "before &amp; after",
    "before & after please", "side by side", "side-by-side", "show me the before and after", "comparison please",
    "compare it with the original", "show it side by side", "before - after?",
)  # fmt: skip
NO_COMMANDS = (
    "stop asking grandma", "stop the car", "don't stop", "please don't stop", "never stop",
    "I can't stop looking at this", "stop motion", "bus stop", "omg stop", "full stop at the end",
    "no, stop the war", "I want to stop", "start of the race", "the start", "we start at noon", "start to finish",
    "head start", "opt in or out", "forget me not", "don't forget me", "forget it", "forget that",
    "I will never forget me mum", "forget my birthday", "delete the past", "never delete this",
    "delete this and colour the other one", "delete twitter", "please don't delete it", "removed",
    "take down the wall", "remove the colour cast", "more of my family photos", "more photos", "one more",
    "one more please", "no more", "more like this please", "even more thanks", "once more", "more or less",
    "less is more", "more colour than I expected", "more and less colour", "more colour less colour",
    "compare this with what my grandma wore", "nothing compares to you", "how does it compare to last year",
    "before the war", "after the war", "before and after the flood of 1953", "life with less colour",
    "She wanted less work and more colour in a world that gave none", "thanks!", "please", "", "🙏", "1943",
    "colour this please", "can you colorise my grandparents?", "@grandma stop", "stop @grandma",
    'he said "stop" and left', "unsubscribe from the newsletter of my town", "leave me alone with her photos",
    "go away party, 1952", "停止", "стоп", "Life in 1950: less colour, more soul",
    "She wanted less work, and more colour", "delete or keep?",
)  # fmt: skip


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (command, text)
        for command, texts in (
            (Command.STOP, STOPS),
            (Command.START, STARTS),
            (Command.FORGET, FORGETS),
            (Command.DELETE, DELETES),
        )
        for text in texts
    ],
)
def test_a_command_is_heard(command: Command, text: str) -> None:
    for around in ("{}", "@colorisebot {}", "@grandma @ColoriseBot {}", "@colorisebot: {} @colorisebot"):
        assert asked_in(around.format(text), ME) == Asked(command)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (asked, text)
        for asked, texts in (
            (Asked(shift=Shift.MORE, is_change=True), MORES),
            (Asked(shift=Shift.LESS, is_change=True), LESSES),
            (Asked(compare=True, is_change=True), COMPARES),
        )
        for text in texts
    ],
)
def test_a_change_of_the_colours_is_heard(asked: Asked, text: str) -> None:
    for around in ("{}", "@colorisebot {}", "@grandma @ColoriseBot {}", "@colorisebot {} @colorisebot https://t.co/a1"):
        assert asked_in(around.format(text), ME) == asked


def test_there_are_at_least_forty_that_are_none() -> None:
    assert len(set(NO_COMMANDS)) >= 40


@pytest.mark.parametrize("text", NO_COMMANDS)
def test_what_only_sounds_like_a_command_is_none(text: str) -> None:
    assert asked_in(f"@colorisebot {text}" if not text.startswith("@") else f"well, {text}", ME) == Asked()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Please colour this with a bit more colour please", Asked(shift=Shift.MORE)),
        ("My grandma in 1943. Please compare!", Asked(compare=True)),
        ("My grandma in 1943, please compare", Asked(compare=True)),
        ("Could you do this one with less color? Thank you!", Asked(shift=Shift.LESS)),
        ("can you colorize my grandparents, and compare", Asked(compare=True)),
        ("colour this and make it more vivid", Asked(shift=Shift.MORE)),
        ("please colorise it and show me the before and after", Asked(compare=True)),
        ("Grandpa on his boat\nmore colour please", Asked(shift=Shift.MORE)),
        ("Grandpa on his boat. More colour and compare, please.", Asked(shift=Shift.MORE, compare=True)),
    ],
)
def test_a_wish_counts_in_a_longer_request(text: str, asked: Asked) -> None:
    assert asked_in(f"@colorisebot {text}", ME) == asked


def test_a_request_beside_it_makes_no_wish_of_a_tale() -> None:
    assert asked_in("@colorisebot She wanted less work and more colour. Please colorise!", ME) == Asked()


def test_two_wishes_are_heard_together() -> None:
    both = Asked(shift=Shift.LESS, compare=True, is_change=True)
    assert asked_in("@colorisebot make it paler and compare", ME) == both
    assert asked_in("@colorisebot compare, please, with less colour!", ME) == both


def test_wishes_that_contradict_each_other_change_nothing() -> None:
    assert asked_in("more colour. less colour.", ME) == Asked()
    assert asked_in("more colour, less colour, compare", ME) == Asked(compare=True, is_change=True)


@given(st.text(max_size=400))
def test_no_text_is_too_strange(text: str) -> None:
    asked = asked_in(text, ME)
    assert not (asked.command and asked.is_change)
    assert asked == asked_in(text, ME)


@given(
    st.lists(
        st.sampled_from(
            ["please", "more", "stop", "a bit of", "thank you", "and", "with", "colour", "@x", "&", "!", "\n"]
        ),
        max_size=2000,
    )
)
def test_a_text_of_any_length_is_read(words: list[str]) -> None:
    asked_in(" ".join(words), ME)
