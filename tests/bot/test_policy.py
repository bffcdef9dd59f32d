"""Claims about what the bot decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.platforms.protocol import Missing
from bot.policy import Person, decide
from bot.verdicts import Colorise, Command, Decline, Ignore, Obey, Reason, Shift, Silence
from tests.said import (
    ASKER,
    AUTHOR,
    FILM,
    GIF,
    KNOWN,
    LIMITS,
    ME,
    NAMING_US,
    NOW,
    ORIGIN,
    OURS,
    PHOTO,
    PHOTOS,
    RULES,
    THEIRS,
    mention,
    origin_of,
)

if TYPE_CHECKING:
    from bot.platforms.protocol import Mention, Post
    from bot.policy import Known, Rules
    from bot.verdicts import Verdict

PLAIN = mention("@colorisebot please", PHOTO)
AGAIN = origin_of()
OPTED_OUT = replace(KNOWN, person=Person(opted_out=True))
TOLD = replace(KNOWN, person=Person(declined_at=NOW - timedelta(hours=23)))
BUSY = Person(answered_at=tuple(NOW - timedelta(minutes=n) for n in (50, 40, 30, 20, 10)))
SHY = replace(THEIRS, author=replace(AUTHOR, protected=True))
SHORT = replace(KNOWN, limits=replace(LIMITS, video_seconds=98))
SAID_ENOUGH = replace(KNOWN, said_here=3)


@pytest.mark.parametrize(
    ("silence", "said", "known", "rules"),
    [
        (Silence.OWN, mention("@colorisebot stop", PHOTO, author=ME), KNOWN, RULES),
        (Silence.RETWEET, replace(PLAIN, is_retweet=True), KNOWN, RULES),
        (Silence.QUOTE, replace(mention("look at this", PHOTO, named=False), is_quote=True), KNOWN, RULES),
        (Silence.NOT_NAMED, mention("look at this", PHOTO, named=False), KNOWN, RULES),
        (Silence.STALE, mention("@colorisebot", PHOTO, age=timedelta(hours=6, seconds=1)), KNOWN, RULES),
        (Silence.STALE, mention("@colorisebot", PHOTO, age=-timedelta(minutes=5, seconds=1)), KNOWN, RULES),
        (Silence.ANSWERED, PLAIN, replace(KNOWN, answered=True), RULES),
        (Silence.BLOCKED, PLAIN, KNOWN, replace(RULES, blocked=frozenset({ASKER.id}))),
        (Silence.BLOCKED, mention("@colorisebot", PHOTO, author=replace(ASKER, username="GrandChild")), KNOWN,
         replace(RULES, blocked=frozenset({"grandchild"}))),
        (Silence.BOT, mention("@colorisebot", PHOTO, author=replace(ASKER, automated=True)), KNOWN, RULES),
        (Silence.BOT, mention("@colorisebot", PHOTO, author=replace(ASKER, username="weather_bot")), KNOWN, RULES),
        (Silence.OPTED_OUT, PLAIN, OPTED_OUT, RULES),
        (Silence.OPTED_OUT, mention("@colorisebot stop"), OPTED_OUT, RULES),
        (Silence.NOT_THEIRS, mention("@colorisebot delete", to=OURS), KNOWN, RULES),
        (Silence.NOT_THEIRS, mention("@colorisebot delete", to=OURS, author=AUTHOR), AGAIN, RULES),
        (Silence.NOT_THEIRS, mention("@colorisebot delete"), KNOWN, RULES),
        (Silence.NOT_THEIRS, mention("@grandma @colorisebot delete", to=THEIRS), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@grandma @colorisebot lovely!", to=NAMING_US), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@grandma @colorisebot mine", PHOTO, to=NAMING_US), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@grandma @colorisebot more colour", to=NAMING_US), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@grandma @colorisebot delete", to=NAMING_US), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@grandma @colorisebot start", to=NAMING_US), KNOWN, RULES),
        (Silence.CARRIED_ALONG, mention("@colorisebot thanks!", to=OURS), AGAIN, RULES),
        (Silence.CARRIED_ALONG, mention("lovely", to=OURS), KNOWN, RULES),
        (Silence.LOOP, PLAIN, SAID_ENOUGH, RULES),
        (Silence.NO_BUDGET, PLAIN, replace(KNOWN, has_budget=False), RULES),
        (Silence.NO_BUDGET, mention(), replace(KNOWN, has_budget=False), RULES),
        (Silence.DECLINED_TODAY, mention(), TOLD, RULES),
        (Silence.LIMITED, PLAIN, replace(KNOWN, person=replace(BUSY, declined_at=NOW - timedelta(hours=1))), RULES),
    ],
)  # fmt: skip
def test_it_is_left_without_an_answer(silence: Silence, said: Mention, known: Known, rules: Rules) -> None:
    assert decide(said, known, rules) == Ignore(silence)


@pytest.mark.parametrize(
    ("reason", "said", "known"),
    [
        (Reason.NO_PICTURE, mention(), KNOWN),
        (Reason.NO_PICTURE, mention("@grandma @colorisebot please", to=replace(THEIRS, attachments=())), KNOWN),
        (Reason.NO_PICTURE, mention("@grandma @colorisebot please", to=replace(SHY, attachments=())), KNOWN),
        (Reason.NO_PICTURE, replace(mention("look @colorisebot"), is_quote=True), KNOWN),
        (Reason.NO_PICTURE, mention("@colorisebot more colour"), KNOWN),
        (Reason.NO_PICTURE, mention("@colorisebot what else does @colorisebot do", to=OURS), AGAIN),
        (Reason.PROTECTED, mention("@grandma @colorisebot please", to=Missing("20", "protected")), KNOWN),
        (Reason.GONE, mention("@grandma @colorisebot please", to=Missing("20", "gone")), KNOWN),
        (Reason.PROTECTED, mention("@colorisebot", replace(PHOTO, url=None)), KNOWN),
        (Reason.PROTECTED, mention("@colorisebot", PHOTO, author=replace(ASKER, protected=True)), KNOWN),
        (Reason.PROTECTED, mention("@grandma @colorisebot", to=SHY), KNOWN),
        (Reason.TOO_LONG, mention("@colorisebot", replace(FILM, seconds=100.5)), KNOWN),
        (Reason.TOO_LONG, mention("@colorisebot", replace(FILM, seconds=99)), SHORT),
        (Reason.TOO_LONG, mention("@colorisebot", replace(FILM, seconds=101), FILM), KNOWN),
        (Reason.LIMITED, PLAIN, replace(KNOWN, person=BUSY)),
        (Reason.LIMITED, PLAIN, replace(KNOWN, person=replace(BUSY, declined_at=NOW - timedelta(hours=24)))),
        (Reason.LIMITED, mention("@colorisebot more", to=OURS), replace(KNOWN, person=BUSY, origin=ORIGIN)),
        (Reason.NO_PICTURE, mention(), replace(KNOWN, person=BUSY)),
        (Reason.GONE, mention("@colorisebot more", to=OURS), KNOWN),
        (Reason.GONE, mention("@colorisebot compare", to=OURS), origin_of(attachments=())),
        (Reason.SAME_AGAIN, mention("@colorisebot more", to=OURS), origin_of(saturation=2.0)),
        (Reason.SAME_AGAIN, mention("@colorisebot less", to=OURS), origin_of(saturation=0.3)),
        (Reason.SAME_AGAIN, mention("@colorisebot less", to=OURS), origin_of(saturation=0.1)),
        (Reason.SAME_AGAIN, mention("@colorisebot compare", to=OURS), origin_of(compare=True)),
    ],
)  # fmt: skip
def test_it_is_declined_in_words_once_a_day(reason: Reason, said: Mention, known: Known) -> None:
    assert decide(said, known, RULES) == Decline(reason)
    told = replace(known, person=replace(known.person, declined_at=NOW - timedelta(hours=23, minutes=59)))
    silence = Silence.LIMITED if reason is Reason.LIMITED else Silence.DECLINED_TODAY
    assert decide(said, told, RULES) == Ignore(silence)


@pytest.mark.parametrize(
    ("said", "known", "coloured"),
    [
        (PLAIN, KNOWN, Colorise((PHOTO,), "40")),
        (mention("@colorisebot", *PHOTOS[:4]), KNOWN, Colorise(PHOTOS[:4], "40")),
        (mention("@colorisebot", *PHOTOS), KNOWN, Colorise(PHOTOS[:4], "40", left_out=2)),
        (mention("@colorisebot", FILM, PHOTO, GIF), KNOWN, Colorise((PHOTO,), "40", left_out=2)),
        (mention("@colorisebot", FILM, GIF), KNOWN, Colorise((FILM,), "40", left_out=1)),
        (mention("@colorisebot", GIF, FILM), KNOWN, Colorise((GIF,), "40", left_out=1)),
        (mention("@colorisebot", replace(FILM, seconds=None)), KNOWN, Colorise((replace(FILM, seconds=None),), "40")),
        (mention("@colorisebot", replace(FILM, seconds=100)), KNOWN, Colorise((replace(FILM, seconds=100),), "40")),
        (mention("@colorisebot", replace(PHOTO, url=None), PHOTOS[1]), KNOWN, Colorise((PHOTOS[1],), "40", withheld=1)),
        (mention("@grandma @colorisebot please", to=THEIRS), KNOWN, Colorise((PHOTO,), "20")),
        (mention("@grandma @colorisebot please", FILM, to=THEIRS), KNOWN, Colorise((FILM,), "40")),
        (mention("@colorisebot please", PHOTO, to=Missing("20", "gone")), KNOWN, Colorise((PHOTO,), "40")),
        (mention("@grandma @colorisebot this one too, @colorisebot", to=NAMING_US), KNOWN, Colorise((PHOTO,), "20")),
        (mention("@grandma @colorisebot please", to=THEIRS, author=replace(ASKER, protected=True)), KNOWN,
         Colorise((PHOTO,), "20")),
        (mention("@colorisebot and this?", PHOTOS[1], to=OURS), AGAIN, Colorise((PHOTOS[1],), "40")),
        (mention("@colorisebot look at us", PHOTO, age=-timedelta(minutes=4)), KNOWN, Colorise((PHOTO,), "40")),
        (mention("@colorisebot", PHOTO, age=timedelta(hours=6)), KNOWN, Colorise((PHOTO,), "40")),
        (replace(mention("this, @colorisebot", PHOTO), is_quote=True), KNOWN, Colorise((PHOTO,), "40")),
        (mention("@colorisebot with a bit more colour please", PHOTO), KNOWN,
         Colorise((PHOTO,), "40", saturation=1.35, shift=Shift.MORE)),
        (mention("@grandma @colorisebot please compare", to=THEIRS), KNOWN, Colorise((PHOTO,), "20", compare=True)),
        (PLAIN, replace(KNOWN, person=replace(BUSY, answered_at=(NOW - timedelta(hours=1), *BUSY.answered_at[:4]))),
         Colorise((PHOTO,), "40")),
        (PLAIN, TOLD, Colorise((PHOTO,), "40")),
        (PLAIN, replace(KNOWN, said_here=2), Colorise((PHOTO,), "40")),
    ],
)  # fmt: skip
def test_what_is_coloured(said: Mention, known: Known, coloured: Colorise) -> None:
    assert decide(said, known, RULES) == coloured


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("more", (1.0, False), (1.35, False, Shift.MORE)),
        ("more colour and compare", (1.0, False), (1.35, True, Shift.MORE)),
        ("more", (1.9, True), (2.0, True, Shift.MORE)),
        ("less", (1.35, False), (1.0, False, Shift.LESS)),
        ("less", (0.35, False), (0.3, False, Shift.LESS)),
        ("before/after", (1.35, False), (1.35, True, None)),
        ("more colour and compare", (2.0, False), (2.0, True, None)),
        ("less colour and compare", (0.1, False), (0.1, True, None)),
    ],
)
def test_anybody_may_have_an_answer_changed(
    text: str, before: tuple[float, bool], after: tuple[float, bool, Shift | None]
) -> None:
    origin = replace(ORIGIN, attachments=PHOTOS[:2], saturation=before[0], compare=before[1])
    said = mention(f"@colorisebot {text}", to=OURS, author=AUTHOR)
    coloured = Colorise(PHOTOS[:2], "20", saturation=after[0], compare=after[1], shift=after[2])
    assert decide(said, replace(KNOWN, origin=origin), RULES) == coloured


def test_an_answer_that_was_deleted_can_still_be_changed() -> None:
    said = mention("@colorisebot compare", to=Missing("30", "gone"))
    assert decide(said, AGAIN, RULES) == Colorise((PHOTO,), "20", compare=True)


@pytest.mark.parametrize(
    ("said", "known", "obeyed"),
    [
        (mention("@colorisebot stop"), KNOWN, Obey(Command.STOP)),
        (mention("@colorisebot stop", to=OURS), KNOWN, Obey(Command.STOP)),
        (mention("@grandma @colorisebot stop", to=NAMING_US), KNOWN, Obey(Command.STOP)),
        (mention("@grandma @colorisebot forget me", to=NAMING_US), KNOWN, Obey(Command.FORGET)),
        (mention("@colorisebot start"), KNOWN, Obey(Command.START)),
        (mention("@colorisebot start"), OPTED_OUT, Obey(Command.START)),
        (mention("@grandma @colorisebot start", to=NAMING_US), OPTED_OUT, Obey(Command.START)),
        (mention("@colorisebot forget me"), OPTED_OUT, Obey(Command.FORGET)),
        (mention("@colorisebot delete", to=OURS), replace(OPTED_OUT, origin=ORIGIN), Obey(Command.DELETE, answer="30")),
        (mention("@colorisebot delete this", to=OURS), AGAIN, Obey(Command.DELETE, answer="30")),
        (mention("@colorisebot delete", to=Missing("30", "gone")), AGAIN,
         Obey(Command.DELETE, answer="30")),
    ],
)  # fmt: skip
def test_commands_are_obeyed_over_limits_and_budget(said: Mention, known: Known, obeyed: Obey) -> None:
    busy = replace(BUSY, declined_at=NOW, opted_out=known.person.opted_out)
    for circumstances in (
        known,
        replace(known, person=busy),
        replace(known, has_budget=False),
        replace(known, said_here=99),
    ):
        assert decide(said, circumstances, RULES) == obeyed


def test_another_program_is_answered_where_the_operator_says_so() -> None:
    said = mention("@colorisebot", PHOTO, author=replace(ASKER, username="weather_bot", automated=True))
    assert decide(said, KNOWN, replace(RULES, answers_bots=True)) == Colorise((PHOTO,), "40")


def test_silences_come_in_the_order_that_is_written_down() -> None:
    """Everything is wrong with a mention at first; then one thing after the other is put right."""
    said = replace(
        mention("@colorisebot lovely", named=False, author=ME, age=timedelta(days=1), to=OURS), is_retweet=True
    )
    known = replace(
        KNOWN, answered=True, person=replace(BUSY, opted_out=True, declined_at=NOW), said_here=99, has_budget=False
    )
    program = replace(ASKER, username="weather_bot")
    rules = replace(RULES, blocked=frozenset({ASKER.id}))
    heard = []

    def hear() -> None:
        verdict = decide(said, known, rules)
        assert isinstance(verdict, Ignore)
        heard.append(verdict.why)

    hear()
    said = replace(said, post=replace(said.post, author=program))
    hear()
    said = replace(said, is_retweet=False, is_quote=True)
    hear()
    said = replace(said, post=replace(said.post, mentions=frozenset({ME.id})))
    hear()
    said = replace(said, post=replace(said.post, posted_at=NOW))
    hear()
    known = replace(known, answered=False)
    hear()
    rules = RULES
    hear()
    said = replace(said, post=replace(said.post, author=ASKER))
    hear()
    known = replace(known, person=replace(known.person, opted_out=False))
    hear()
    said = replace(said, post=replace(said.post, text="@colorisebot this", attachments=(PHOTO,)))
    hear()
    known = replace(known, said_here=0)
    hear()
    known = replace(known, has_budget=True)
    hear()
    said = replace(said, post=replace(said.post, text="@colorisebot this @colorisebot", attachments=()))
    hear()
    assert heard == [
        Silence.OWN, Silence.RETWEET, Silence.QUOTE, Silence.STALE, Silence.ANSWERED, Silence.BLOCKED, Silence.BOT,
        Silence.OPTED_OUT, Silence.CARRIED_ALONG, Silence.LOOP, Silence.NO_BUDGET, Silence.LIMITED,
        Silence.DECLINED_TODAY,
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["stop", "forget me", "start"])
def test_no_command_is_obeyed_from_whom_it_does_not_count(command: str) -> None:
    text = f"@colorisebot {command}"
    blocked = replace(RULES, blocked=frozenset({ASKER.id}))
    assert decide(mention(text), KNOWN, blocked) == Ignore(Silence.BLOCKED)
    assert decide(mention(text, author=replace(ASKER, automated=True)), KNOWN, RULES) == Ignore(Silence.BOT)
    assert decide(mention(text, age=timedelta(days=1)), KNOWN, RULES) == Ignore(Silence.STALE)


@pytest.mark.parametrize(
    ("quoted", "verdict"),
    [
        (THEIRS, Colorise((PHOTO,), source_post="20")),
        (replace(THEIRS, attachments=()), Decline(Reason.NO_PICTURE)),
        (OURS, Decline(Reason.NO_PICTURE)),
        (Missing("20", "protected"), Decline(Reason.PROTECTED)),
        (Missing("20", "gone"), Decline(Reason.GONE)),
    ],
)
def test_what_a_quote_that_names_the_bot_shows_is_coloured(quoted: Post | Missing, verdict: Verdict) -> None:
    assert decide(replace(mention(), is_quote=True, quoted=quoted), KNOWN, RULES) == verdict


def test_a_quote_s_own_pictures_come_before_those_that_it_shows() -> None:
    said = replace(mention("@colorisebot", *PHOTOS[1:3]), is_quote=True, quoted=THEIRS)
    assert decide(said, KNOWN, RULES) == Colorise(PHOTOS[1:3], source_post="40")
