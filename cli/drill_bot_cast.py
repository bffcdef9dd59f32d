"""Who plays in the bot's drill, and what each is owed: a table of its own, that knows nothing of the bot's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli import drill_bot_answered as answered
from cli import drill_bot_commanding as commanding
from cli import drill_bot_unanswered as unanswered
from cli.drill_bot_pictures import Look
from cli.drill_bot_scenes import Colour

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.drill_bot_casting import Casting
    from cli.drill_bot_scenes import Scene

SHARES: Final[Mapping[Callable[[Casting], Scene], int]] = {
    answered.toned: 50,
    answered.described: 40,
    answered.several: 60,
    answered.partly: 20,
    answered.gif: 12,
    answered.clip: 12,
    answered.under: 60,
    answered.quoting: 10,
    answered.wished: 10,
    answered.compared: 10,
    answered.early: 5,
    unanswered.late: 20,
    unanswered.declined(Look.COLOUR): 25,
    unanswered.declined(Look.BROKEN): 15,
    unanswered.declined(Look.BROKEN_CLIP): 3,
    unanswered.declined(Look.BLACK): 5,
    unanswered.declined(Look.LONG): 8,
    unanswered.declined(Look.LARGE): 4,
    unanswered.withheld: 5,
    unanswered.empty: 25,
    answered.showing: 10,
    unanswered.quoting_words: 4,
    unanswered.under_deleted: 6,
    unanswered.under_protected: 8,
    unanswered.protected: 5,
    commanding.impatient: 25,
    commanding.chatty: 10,
    commanding.careless: 8,
    answered.learning: 10,
    commanding.looping: 12,
    answered.passed_on: 30,
    answered.quoted: 15,
    unanswered.blocked: 10,
    unanswered.program: 15,
    answered.carried: 20,
    answered.thankful: 30,
    commanding.stopping: 10,
    commanding.starting: 9,
    answered.changed("more colour please", Colour.MORE): 16,
    answered.changed("less colour", Colour.LESS): 10,
    answered.changed("compare", None): 10,
    commanding.deleting: 10,
    commanding.meddling: 8,
    commanding.forgetting: 10,
    unanswered.vanishing: 5,
}
"""How a scene is made → mentions of a thousand that are in such scenes; all others are of one photo."""


def mentions_in(scene: Scene) -> int:
    """Posts of a scene that the bot may hear of: all but those that somebody else's photo hangs on."""
    return sum(act.deletes is None and not act.author.startswith(("museum", "shy")) for act in scene.acts)


def cast_of(mentions: int, casting: Casting) -> list[Scene]:
    """Scenes with so many mentions, or a few more, in chance order; each kind is there once at least."""
    scenes: list[Scene] = []
    for build, share in SHARES.items():
        wanted = share * mentions / 1000
        scenes.append(build(casting))
        each = max(1, mentions_in(scenes[-1]))
        scenes += [build(casting) for _ in range(round(wanted / each) - 1)]
    scenes += [answered.photo(casting) for _ in range(mentions - sum(map(mentions_in, scenes)))]
    casting.random.shuffle(scenes)
    return scenes


def photos(count: int, casting: Casting) -> list[Scene]:
    """Scenes of one photo, to be measured or killed over."""
    return [answered.photo(casting) for _ in range(count)]


def moving(casting: Casting) -> Scene:
    """A scene of a GIF, on which X works for a while after its upload."""
    return answered.gif(casting)
