"""Scenes of the bot's drill in which somebody is told no, or nothing at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cli.drill_bot_casting import BOT, CHAT, MAX_AGE
from cli.drill_bot_scenes import WORDS, Act, Moment, Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.drill_bot_casting import Casting
    from cli.drill_bot_pictures import Look


def quoting_words(cast: Casting) -> Scene:
    """A quote that names the bot, of nothing to colour."""
    theirs = Act(cast.person("museum"), "We are closed on Mondays.")
    return Scene("quote without a picture", (theirs, Act(cast.person(), f"@{BOT} this!", shows=0, expected=WORDS)))


def late(cast: Casting) -> Scene:
    """What is older than the bot answers."""
    age = MAX_AGE + timedelta(minutes=cast.random.choice((1, 30, 600)))
    return Scene("too old", (Act(cast.person(), cast.plea(), (cast.picture(),), age=age),))


def declined(look: Look) -> Callable[[Casting], Scene]:
    """Builds a scene of a mention with one picture that cannot be coloured."""

    def build(cast: Casting) -> Scene:
        return Scene(f"{look.value} alone", (Act(cast.person(), cast.plea(), (cast.picture(look),), expected=WORDS),))

    return build


def withheld(cast: Casting) -> Scene:
    """A photo that X gives no address of."""
    act = Act(cast.person(), cast.plea(), (cast.picture(is_shown=False),), expected=WORDS)
    return Scene("photo that X does not show", (act,))


def empty(cast: Casting) -> Scene:
    """Nothing to colour."""
    return Scene("no picture", (Act(cast.person(), f"@{BOT} {cast.random.choice(CHAT)}", expected=WORDS),))


def under_deleted(cast: Casting) -> Scene:
    """A photo that is deleted before the bot hears of the mention under it."""
    theirs = Act(cast.person("museum"), "The harbour.", (cast.picture(),))
    asked = Act(cast.person(), f"@{BOT} please", under=0, expected=WORDS)
    return Scene("under a deleted photo", (theirs, asked, Act(deletes=0)), Moment.DEAD)


def under_protected(cast: Casting) -> Scene:
    """A photo that its owner shows to few."""
    owner = cast.person("shy")
    cast.protected.append(owner)
    theirs = Act(owner, "For friends only.", (cast.picture(),))
    return Scene("under a protected photo", (theirs, Act(cast.person(), f"@{BOT} please", under=0, expected=WORDS)))


def protected(cast: Casting) -> Scene:
    """Somebody who shows posts to few: the bot is not among them."""
    asker = cast.person("shy")
    cast.protected.append(asker)
    return Scene("by somebody protected", (Act(asker, cast.plea(), (cast.picture(),)),))


def blocked(cast: Casting) -> Scene:
    """Somebody whom the bot is told to leave alone."""
    name = cast.person("spam")
    cast.blocked.append(name)
    return Scene("by somebody blocked", (Act(name, cast.plea(), (cast.picture(),)),))


def program(cast: Casting) -> Scene:
    """Another bot."""
    return Scene("by another bot", (Act(cast.person("NewsBot"), cast.plea(), (cast.picture(),)),))


def vanishing(cast: Casting) -> Scene:
    """A mention that is deleted before the bot hears of it."""
    return Scene(
        "deleted before the bot heard of it",
        (Act(cast.person(), cast.plea(), (cast.picture(),)), Act(deletes=0)),
        Moment.DEAD,
    )
