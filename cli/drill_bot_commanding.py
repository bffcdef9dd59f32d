"""Scenes of the bot's drill in which somebody commands something, or wants too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cli.drill_bot_answered import mention
from cli.drill_bot_casting import BOT, CHAT, PER_CONVERSATION, PER_HOUR
from cli.drill_bot_pictures import Look
from cli.drill_bot_scenes import WORDS, Act, Expected, Moment, Scene, Share

if TYPE_CHECKING:
    from cli.drill_bot_casting import Casting


def impatient(cast: Casting) -> Scene:
    """More photos than an hour allows."""
    asker = cast.person()
    acts = (Act(asker, cast.plea(), (cast.picture(),), expected=None) for _ in range(PER_HOUR + 3))
    return Scene("more than an hour's worth", tuple(acts), Moment.CALM, Share(PER_HOUR, in_words=1))


def chatty(cast: Casting) -> Scene:
    """Nothing to colour, again and again."""
    asker = cast.person()
    acts = (Act(asker, f"@{BOT} {text}", expected=None) for text in CHAT)
    return Scene("no picture again and again", tuple(acts), Moment.CALM, Share(in_words=1))


def careless(cast: Casting) -> Scene:
    """A photo that is in colour, again and again."""
    asker = cast.person()
    acts = (Act(asker, cast.plea(), (cast.picture(Look.COLOUR),), expected=None) for _ in range(3))
    return Scene("in colour again and again", tuple(acts), Moment.CALM, Share(in_words=1))


def looping(cast: Casting) -> Scene:
    """Somebody's program answers every answer with the same again."""
    other = cast.person("echo")
    asked = [mention(cast, cast.picture(), author=other) for _ in range(PER_CONVERSATION)]
    asked[1:] = [replace(act, under_answer=place) for place, act in enumerate(asked[1:])]
    last = Act(other, cast.plea(), (cast.picture(),), under_answer=PER_CONVERSATION - 1)
    return Scene("a loop", (*asked, last), Moment.CALM)


def stopping(cast: Casting) -> Scene:
    """Somebody wants no answers any more."""
    person = cast.person()
    stop = Act(person, f"@{BOT} stop", expected=WORDS)
    return Scene("stop", (stop, Act(person, cast.plea(), (cast.picture(),), after=0)))


def starting(cast: Casting) -> Scene:
    """And then wants them again."""
    person = cast.person()
    stop = Act(person, f"@{BOT} stop", expected=WORDS)
    start = Act(person, f"@{BOT} start", after=0, expected=WORDS)
    return Scene("stop and start", (stop, start, replace(mention(cast, cast.picture(), author=person), after=1)))


def deleting(cast: Casting) -> Scene:
    """Who asked has the answer deleted."""
    asked = mention(cast, cast.picture())
    deleted = replace(asked, expected=Expected(pictures=asked.pictures, is_deleted=True))
    return Scene("delete", (deleted, Act(asked.author, "delete this", under_answer=0, expected=WORDS)))


def meddling(cast: Casting) -> Scene:
    """Somebody else wants an answer deleted."""
    asked = mention(cast, cast.picture())
    return Scene("delete, by a stranger", (asked, Act(cast.person(), "delete this", under_answer=0)))


def forgetting(cast: Casting) -> Scene:
    """Somebody wants to be forgotten."""
    asked = mention(cast, cast.picture())
    forget = Act(asked.author, f"@{BOT} forget me", after=0, expected=WORDS)
    return Scene("forget me", (asked, forget), forgotten=asked.author)
