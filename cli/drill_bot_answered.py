"""Scenes of the bot's drill in which somebody gets pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cli.drill_bot_casting import BOT, CHAT, MAX_AGE
from cli.drill_bot_pictures import Look
from cli.drill_bot_scenes import WORDS, Act, Colour, Expected, Moment, Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.drill_bot_casting import Casting
    from cli.drill_bot_pictures import Picture


def mention(cast: Casting, *pictures: Picture, author: str = "", text: str = "") -> Act:
    """A mention that is answered with all its pictures."""
    return Act(author or cast.person(), text or cast.plea(), pictures, expected=Expected(pictures=pictures))


def photo(cast: Casting) -> Scene:
    """A photo."""
    return Scene("photo", (mention(cast, cast.picture()),))


def toned(cast: Casting) -> Scene:
    """One in sepia."""
    return Scene("photo in sepia", (mention(cast, cast.picture(Look.SEPIA)),))


def described(cast: Casting) -> Scene:
    """One with its author's own alt text."""
    return Scene("photo with alt text", (mention(cast, cast.picture(Look.PNG, described=True)),))


def several(cast: Casting) -> Scene:
    """Two to four, some of them described."""
    count = cast.random.randint(2, 4)
    return Scene("several photos", (mention(cast, *(cast.picture(described=place % 2 > 0) for place in range(count))),))


def partly(cast: Casting) -> Scene:
    """One of two is in colour already, or broken: the other is answered."""
    good, bad = cast.picture(), cast.picture(cast.random.choice((Look.COLOUR, Look.BROKEN)))
    pictures = (good, bad) if cast.random.random() < 0.5 else (bad, good)  # noqa: PLR2004 - a coin
    act = Act(cast.person(), cast.plea(), pictures, expected=Expected(pictures=(good,)))
    return Scene("photo beside a bad one", (act,))


def gif(cast: Casting) -> Scene:
    """An animation, which X keeps as a film."""
    return Scene("GIF", (mention(cast, cast.picture(Look.GIF, described=True)),))


def clip(cast: Casting) -> Scene:
    """A short film."""
    return Scene("clip", (mention(cast, cast.picture(Look.CLIP)),))


def under(cast: Casting) -> Scene:
    """Somebody asks under the photos of somebody else."""
    pictures = tuple(cast.picture(described=True) for _ in range(cast.random.choice((1, 1, 1, 3))))
    theirs = Act(cast.person("museum"), "The harbour in 1910.", pictures)
    return Scene(
        "under somebody's photo",
        (theirs, Act(cast.person(), f"@{BOT} please", under=0, expected=Expected(pictures=pictures))),
    )


def quoting(cast: Casting) -> Scene:
    """A quote with a photo of its own."""
    picture = cast.picture()
    theirs = Act(cast.person("museum"), "An old street.", (cast.picture(),))
    quote = Act(cast.person(), f"@{BOT} and mine?", (picture,), shows=0, expected=Expected(pictures=(picture,)))
    return Scene("quote with a photo of its own", (theirs, quote))


def wished(cast: Casting) -> Scene:
    """A photo, and a wish about its colours."""
    picture = cast.picture()
    text = f"@{BOT} please, with more colour"
    return Scene("photo with a wish", (Act(cast.person(), text, (picture,), expected=Expected(pictures=(picture,))),))


def compared(cast: Casting) -> Scene:
    """A photo, to be shown before and after."""
    picture = cast.picture()
    expected = Expected(pictures=(picture,), beside=True)
    return Scene("photo, compared", (Act(cast.person(), f"@{BOT} compare", (picture,), expected=expected),))


def early(cast: Casting) -> Scene:
    """What was posted before the bot ran for the first time."""
    old = replace(mention(cast, cast.picture()), age=MAX_AGE / 2)
    return Scene("from before the bot ran", (old,), Moment.EARLY)


def showing(cast: Casting) -> Scene:
    """A quote that names the bot: the photo that it shows is meant."""
    theirs = Act(cast.person("museum"), "An old street.", (cast.picture(described=True),))
    quote = Act(cast.person(), f"@{BOT} this!", shows=0, expected=Expected(pictures=theirs.pictures))
    return Scene("quote of somebody's photo", (theirs, quote))


def learning(cast: Casting) -> Scene:
    """Nothing to colour first, and then a photo."""
    asker = cast.person()
    return Scene(
        "no picture, then one",
        (Act(asker, f"@{BOT} {cast.random.choice(CHAT)}", expected=WORDS), mention(cast, cast.picture(), author=asker)),
    )


def passed_on(cast: Casting) -> Scene:
    """Retweets of a mention."""
    others = (Act(cast.person(), passes_on=0) for _ in range(2))
    return Scene("retweets", (mention(cast, cast.picture()), *others))


def quoted(cast: Casting) -> Scene:
    """A quote of a mention that does not name the bot itself."""
    return Scene(
        "quote that does not name the bot",
        (mention(cast, cast.picture()), Act(cast.person(), "look at this", shows=0)),
    )


def carried(cast: Casting) -> Scene:
    """A reply to a mention: X names all who are in a conversation."""
    return Scene(
        "carried along",
        (mention(cast, cast.picture()), Act(cast.person(), "what a lovely picture", under=0)),
    )


def thankful(cast: Casting) -> Scene:
    """Thanks for an answer."""
    asked = mention(cast, cast.picture())
    return Scene("thanks", (asked, Act(asked.author, "thanks, how lovely!", under_answer=0)))


def changed(text: str, than: Colour | None) -> Callable[[Casting], Scene]:
    """Builds a scene of an answer that is asked for once more, in other colours or beside the original."""

    def build(cast: Casting) -> Scene:
        picture = cast.picture(described=True)
        asked = mention(cast, picture)
        expected = Expected(pictures=(picture,), beside=than is None, than=None if than is None else (0, than))
        return Scene(text, (asked, Act(asked.author, text, under_answer=0, expected=expected)))

    return build
