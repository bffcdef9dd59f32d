"""What the bot says: put together from `bot.sentences`, so that no two replies in a row read alike."""

from __future__ import annotations

import random
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot import sentences
from bot.platforms.protocol import AttachmentKind
from bot.spelling import duration, length, listed, number, place
from bot.verdicts import Reason, Shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.verdicts import Command

LONGEST: Final = 265
"""Characters of a reply: X takes 280, and puts nothing before them but the name of whom it replies to."""

REMEMBERED: Final = 50
"""Texts that are not said again as long as there are others."""

_NOUNS: Final = {AttachmentKind.PHOTO: "photo", AttachmentKind.GIF: "GIF", AttachmentKind.VIDEO: "clip"}
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Line breaks and the like, and what turns the direction of all that follows."""

_HARDLY: Final = 0.01
"""Saturation that nobody sees."""

_FIELD: Final = re.compile(r"\\{\w+\\}")


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that was asked for, and is not in the answer."""

    position: int
    """On the post it hangs on, from 1."""
    reason: Reason


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer is to tell of."""

    kind: AttachmentKind
    """Of what is coloured."""
    count: int
    """Of those, from 1."""
    seconds: float
    """From the mention to the answer."""
    saturation: float = 1.0
    """1 is as the network meant it."""
    shift: Shift | None = None
    """What was asked of the colours; it is told instead of the saturation."""
    compare: bool = False
    failures: tuple[Failure, ...] = ()
    left_out: int = 0
    """Did not fit into the reply."""
    withheld: int = 0
    """Are not shown to the bot."""
    tint: str | None = None
    """What people call the tint of the source: `sepia` …"""


class Wording:
    """Chooses what to say, and remembers what was said.

    Args:
        recent: what was said last, oldest first, perhaps before a restart: it goes on from there.
        seed: the same one chooses the same; None chooses anew each time.
        longest_seconds: of a film that is taken, for those who are told that theirs is too long.
    """

    def __init__(
        self, recent: Iterable[str] = (), *, seed: int | str | None = None, longest_seconds: float | None = None
    ) -> None:
        self._said = deque(recent, maxlen=REMEMBERED)
        self._random = random.Random(seed)  # noqa: S311 - variety, not secrecy
        self._longest_seconds = longest_seconds

    @property
    def recent(self) -> tuple[str, ...]:
        """What was said last, oldest first."""
        return tuple(self._said)

    def answer(self, told: Told) -> str:
        """What goes with coloured pictures or a film."""
        return self._say(_openings(told), lambda opening: self._answer(opening, told))

    def decline(self, reason: Reason) -> str:
        """Why there is no picture, and what helps."""
        openings, advice = sentences.DECLINED[reason]
        longest = ""
        if reason is Reason.TOO_LONG:
            if self._longest_seconds is None:
                advice = sentences.SHORTER
            else:
                longest = length(self._longest_seconds)
        return self._say(
            openings,
            lambda opening: self._closed(f"{opening} {self._one(advice)}".format(longest=longest), sentences.CLOSINGS),
        )

    def confirm(self, command: Command) -> str:
        """That a command is obeyed."""
        openings, more = sentences.CONFIRMED[command]
        return self._say(openings, lambda opening: self._closed(f"{opening} {self._one(more)}", sentences.FAREWELLS))

    def _closed(self, text: str, closings: Sequence[str]) -> str:
        """The text, perhaps with a few words more."""
        return f"{text} {self._one(closings)}".rstrip()

    def _say(self, openings: Sequence[str], told: Callable[[str], str]) -> str:
        """Choose an opening other than the last of its kind, and a text that was not said lately."""
        used = next(filter(None, (opening_of(text, openings) for text in reversed(self._said))), None)
        choice = [opening for opening in openings if opening != used]
        texts = [told(opening) for opening in self._random.sample(choice, len(choice)) for _ in range(3)]
        text = next((text for text in texts if text not in self._said), texts[0])
        self._said.append(text)
        return text

    def _answer(self, opening: str, told: Told) -> str:
        time, count = duration(told.seconds), number(told.count)
        head = opening.format(time=time, count=count, Count=count.capitalize())
        for must in self._must(told):
            guess = self._one_within(sentences.GUESSED, LONGEST - len(" ".join((head, *must))) - 1)
            if guess is None:
                continue
            may: list[str] = []
            for note in self._may(told):
                if len(" ".join((head, *may, note, *must, guess))) <= LONGEST:
                    may.append(note)
            return " ".join((head, *may, *must, guess))
        return f"{head} {sentences.GUESSED[0]}"

    def _must(self, told: Told) -> Iterable[list[str]]:
        """What has to be said, in fewer and fewer words."""
        left_out = number(told.left_out)
        fields = {"count": left_out, "Count": left_out.capitalize(), "was": "was" if told.left_out == 1 else "were"}
        full = [self._one(sentences.LEFT_OUT).format(**fields)] if told.left_out else []
        short = [sentences.LEFT_OUT_SHORT.format(**fields)] if told.left_out else []
        withheld = []
        if told.withheld:
            more = number(told.withheld)
            said = self._one(sentences.WITHHELD)
            withheld = [
                said.format(count=more, Count=more.capitalize(), **{"is": "is" if told.withheld == 1 else "are"})
            ]
        yield [*_failed(told), *full, *withheld]
        yield [*_failed_shortly(told), *short, *withheld]
        yield [f"{number(len(told.failures)).capitalize()} could not be coloured."] if told.failures else []

    def _may(self, told: Told) -> Iterable[str]:
        """What is good to know, the most important first."""
        if told.compare:
            yield self._one(sentences.COMPARED)
        if told.shift is not None:
            yield self._one(sentences.SHIFTED[told.shift])
        elif abs(told.saturation - 1) > _HARDLY:
            yield self._one(sentences.TURNED_UP if told.saturation > 1 else sentences.TURNED_DOWN)
        if tint := sentences.TINTS.get(told.tint or ""):
            yield self._one(sentences.TINTED).format(tint=tint)

    def _one(self, choice: Sequence[str]) -> str:
        return self._random.choice(choice)

    def _one_within(self, choice: Sequence[str], room: int) -> str | None:
        fitting = [sentence for sentence in choice if len(sentence) <= room]
        return self._one(fitting) if fitting else None


def opening_of(text: str, openings: Sequence[str]) -> str | None:
    """Which of these a text begins with, whatever its fields were filled with."""
    return next((o for o in openings if re.match(_FIELD.sub(r"[\\w. ]+?", re.escape(o)) + r"(?: |$)", text)), None)


def alt_text(original: str | None, *, kind: AttachmentKind, compare: bool, limit: int) -> str:
    """What those are told who do not see the picture: its author's own words first, then what was done to it.

    Args:
        original: its author's own; cut after a word where both do not fit.
        kind: of what is shown.
        compare: whether before and after are side by side.
        limit: characters that the network takes.
    """
    name = sentences.ALT_NAMES[kind]
    note = (sentences.ALT_NOTE_COMPARED if compare else sentences.ALT_NOTE).format(name=name)
    words = " ".join(_CONTROLS.sub(" ", original or "").split())
    if not words:
        text = f"{sentences.ALT_WITHOUT.format(name=name)} {note}"
        return text if len(text) <= limit else _cut(note if len(note) <= limit else sentences.ALT_NOTE_SHORT, limit)
    if words[-1] not in ".!?…":
        words += "."
    if len(words) + len(note) >= limit and len(note) > limit // 2:
        note = sentences.ALT_NOTE_SHORT
    room = limit - len(note) - 1
    return f"{_cut(words, room)} {note}" if room > 0 else _cut(words, limit)


def _openings(told: Told) -> Sequence[str]:
    if told.kind is not AttachmentKind.PHOTO:
        return sentences.MOVING[told.kind]
    return sentences.PHOTO if told.count == 1 else sentences.PHOTOS


def _failed(told: Told) -> list[str]:
    """A sentence for each reason: the second and third photos were in colour already."""
    noun = _NOUNS[told.kind]
    said = []
    for reason, places in _by_reason(told).items():
        one, several = sentences.FAILED[reason]
        if len(places) == 1:
            said.append(f"The {places[0]} {noun} {one}.")
        else:
            said.append(f"The {listed(places)} {noun}s {several}.")
    return said


def _failed_shortly(told: Told) -> list[str]:
    return [
        f"The {listed(places)} {sentences.FAILED[reason][len(places) > 1]}."
        for reason, places in _by_reason(told).items()
    ]


def _by_reason(told: Told) -> dict[Reason, list[str]]:
    places: dict[Reason, list[str]] = {}
    for failure in sorted(told.failures, key=lambda failure: failure.position):
        places.setdefault(failure.reason, []).append(place(failure.position))
    return places


def _cut(text: str, room: int) -> str:
    """The first words that fit, and dots where there are more; a word longer than that is cut itself."""
    if len(text) <= room:
        return text
    if room < 1:
        return ""
    kept = text[:room]
    at = kept.rfind(" ")
    return f"{kept[: at if at > 0 else room - 1].rstrip(' ,;:-')}…"
