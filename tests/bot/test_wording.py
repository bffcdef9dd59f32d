"""Claims about what the bot says."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import sentences
from bot.platforms.protocol import AttachmentKind
from bot.spelling import place
from bot.verdicts import Command, Reason, Shift
from bot.wording import Failure, Told, Wording, alt_text, opening_of

LINK_LIKE = re.compile(r"[@#\uff20\uff03]|://|www|[^\W\d_]\.\w|\w\.[^\W\d_]", re.IGNORECASE)
"""A name, a tag, or anything with a point in it that is not one between digits."""

POOLS = (
    sentences.PHOTO,
    sentences.PHOTOS,
    *sentences.MOVING.values(),
    *(openings for openings, _ in sentences.DECLINED.values()),
    *(openings for openings, _ in sentences.CONFIRMED.values()),
)

failures = st.lists(st.sampled_from(Reason), max_size=3).map(
    lambda reasons: tuple(Failure(position, reason) for position, reason in enumerate(reasons, 2))
)
tellings = st.builds(
    Told,
    kind=st.sampled_from(AttachmentKind),
    count=st.integers(1, 4),
    seconds=st.floats(0, 1e7),
    saturation=st.sampled_from([0.3, 0.74, 1.0, 1.35, 2.0]),
    shift=st.none() | st.sampled_from(Shift),
    compare=st.booleans(),
    failures=failures,
    left_out=st.integers(0, 3),
    withheld=st.integers(0, 2),
    tint=st.sampled_from([None, "sepia", "cyanotype", "faded", "warm cast", "split tone", "visit a.example"]),
)
seeds = st.integers(0, 2**32)


@st.composite
def of_one_post(draw: st.DrawFn) -> Told:
    """Of four pictures at most: whatever becomes of each of them, there is room for it."""
    told = draw(tellings)
    others = draw(st.lists(st.sampled_from([*Reason, "left out", "withheld"]), max_size=4 - told.count))
    failed = [one for one in others if isinstance(one, Reason)]
    return replace(
        told,
        failures=tuple(Failure(position, reason) for position, reason in enumerate(failed, 2)),
        left_out=others.count("left out"),
        withheld=others.count("withheld"),
    )


def template_of(text: str) -> str:
    found = [opening for pool in POOLS if (opening := opening_of(text, pool))]
    assert len(found) == 1, f"{text!r} begins like {found}"
    return found[0]


def is_fit_to_be_posted(text: str) -> bool:
    weight = sum(1 if ord(letter) < 0x1100 else 2 for letter in text)
    whole = re.fullmatch(r"[A-Z].*[.!?]", text) and "{" not in text and "  " not in text
    return 20 < weight < 270 and bool(whole) and not LINK_LIKE.search(text)


@given(tellings, seeds)
def test_an_answer_is_short_says_how_long_it_took_and_that_the_colours_are_a_guess(told: Told, seed: int) -> None:
    text = Wording(seed=seed).answer(told)
    assert is_fit_to_be_posted(text), text
    assert re.search(r"\b(second|minute|hour|day)s?\b", text)
    assert re.search("guess", text)
    assert "example" not in text


@given(of_one_post(), seeds)
def test_an_answer_explains_what_is_missing_from_it(told: Told, seed: int) -> None:
    text = Wording(seed=seed).answer(told)
    for failure in told.failures:
        assert re.search(rf"\b{place(failure.position)}\b", text), text
        assert any(said in text for said in sentences.FAILED[failure.reason]), text
    assert ("left" in text and "one clip, not both" in text) == (told.left_out > 0), text
    assert bool(re.search("hidden from me\\.|not shown", text)) >= (told.withheld > 0), text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(AttachmentKind.PHOTO, 1, 3.4), r"3\.4 seconds"),
        (Told(AttachmentKind.PHOTO, 3, 130), r"(?i)\bthree photos\b.*\b2 minutes|\b2 minutes\b.*\bthree photos"),
        (Told(AttachmentKind.VIDEO, 1, 130), "clip|film"),
        (Told(AttachmentKind.GIF, 1, 130), "GIF|scene"),
        (Told(AttachmentKind.PHOTO, 1, 3, compare=True), "left"),
        (Told(AttachmentKind.PHOTO, 1, 3, shift=Shift.MORE), "as asked"),
        (Told(AttachmentKind.PHOTO, 1, 3, shift=Shift.LESS), "as asked"),
        (Told(AttachmentKind.PHOTO, 1, 3, saturation=1.35), "turned up|stronger"),
        (Told(AttachmentKind.PHOTO, 1, 3, saturation=0.74), "turned down|paler"),
        (Told(AttachmentKind.PHOTO, 1, 3, tint="sepia"), "the sepia"),
        (Told(AttachmentKind.PHOTO, 1, 3, left_out=2), "(?i)two"),
        (Told(AttachmentKind.PHOTO, 1, 3, left_out=1), "(?i)(?=.*one was left|.*left one out)"),
        (Told(AttachmentKind.PHOTO, 1, 3, withheld=2), "(?i)two more are hidden|not shown two more"),
        (Told(AttachmentKind.PHOTO, 1, 3, withheld=1), "(?i)one more is hidden|not shown one more"),
        (
            Told(AttachmentKind.PHOTO, 1, 3, failures=(Failure(3, Reason.BROKEN), Failure(2, Reason.BROKEN))),
            r"The second and third photos could not be read\.",
        ),
        (
            Told(AttachmentKind.PHOTO, 2, 3, failures=(Failure(1, Reason.ALREADY_COLOUR),)),
            r"The first photo was in colour already\.",
        ),
    ],
)
def test_an_answer_tells_of_what_was_done(told: Told, said: str) -> None:
    wording = Wording(seed=0)
    for _ in range(60):
        assert re.search(said, wording.answer(told))


def test_an_answer_with_more_failures_than_fit_still_counts_them() -> None:
    broken = tuple(Failure(position, reason) for position, reason in enumerate(Reason, 1))
    text = Wording(seed=0).answer(Told(AttachmentKind.PHOTO, 9, 3, failures=broken, left_out=2))
    assert is_fit_to_be_posted(text)
    assert "could not be coloured" in text


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("longest_seconds", [None, 140])
def test_each_refusal_says_what_is_the_matter_in_three_ways_and_what_helps(
    reason: Reason, longest_seconds: float | None
) -> None:
    wording = Wording(seed=0, longest_seconds=longest_seconds)
    texts = {wording.decline(reason) for _ in range(60)}
    assert all(is_fit_to_be_posted(text) for text in texts)
    assert len({template_of(text) for text in texts}) >= 3
    assert len(texts) >= 9
    if reason is Reason.TOO_LONG:
        assert all(("140 seconds" in text) == (longest_seconds is not None) for text in texts)


@pytest.mark.parametrize("command", Command)
def test_each_command_is_confirmed_in_three_ways(command: Command) -> None:
    wording = Wording(seed=0)
    texts = {wording.confirm(command) for _ in range(60)}
    assert all(is_fit_to_be_posted(text) for text in texts)
    assert len({template_of(text) for text in texts}) >= 3


@pytest.mark.parametrize(
    "told",
    [
        Told(AttachmentKind.PHOTO, 1, 3),
        Told(AttachmentKind.PHOTO, 4, 3),
        Told(AttachmentKind.VIDEO, 1, 90),
        Told(AttachmentKind.GIF, 1, 9),
    ],
)
def test_the_commonest_answers_have_six_templates(told: Told) -> None:
    wording = Wording(seed=0)
    assert len({template_of(wording.answer(told)) for _ in range(100)}) >= 6


OCCASIONS = (*AttachmentKind, *Reason, *Command)


def said_on(occasion: AttachmentKind | Reason | Command, wording: Wording, choose: random.Random) -> str:
    if isinstance(occasion, AttachmentKind):
        return wording.answer(Told(occasion, choose.randint(1, 2), choose.uniform(1, 9)))
    return wording.decline(occasion) if isinstance(occasion, Reason) else wording.confirm(occasion)


@pytest.mark.parametrize("restarts", [False, True])
def test_no_text_and_no_template_comes_twice_in_a_row(restarts: bool) -> None:  # noqa: FBT001 - a case of the test
    choose = random.Random(7)  # noqa: S311 - repeatable
    wording = Wording(seed=1)
    occasions = choose.choices(OCCASIONS, [8, *[1] * (len(OCCASIONS) - 1)], k=1000)
    texts = []
    for number, occasion in enumerate(occasions):
        texts.append(said_on(occasion, wording, choose))
        if restarts:
            wording = Wording(wording.recent, seed=number)
    templates = [template_of(text) for text in texts]
    assert all(one != other for one, other in pairwise(texts))
    assert all(one != other for one, other in pairwise(templates))
    for pool in (sentences.PHOTO, sentences.PHOTOS):
        assert all(one != other for one, other in pairwise(template for template in templates if template in pool))


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_nothing_is_repeated_where_only_one_kind_of_thing_is_said(occasion: AttachmentKind | Reason | Command) -> None:
    choose = random.Random(7)  # noqa: S311 - repeatable
    wording = Wording(seed=1)
    texts = [said_on(occasion, wording, choose) for _ in range(100)]
    assert all(template_of(one) != template_of(other) for one, other in pairwise(texts))


@given(tellings, seeds)
def test_what_was_said_lately_is_not_said_again(told: Told, seed: int) -> None:
    wording = Wording(seed=seed)
    texts = [wording.answer(told) for _ in range(8)]
    assert len(set(texts)) == len(texts)


def test_the_same_seed_says_the_same() -> None:
    told = Told(AttachmentKind.PHOTO, 1, 3)
    assert [Wording(seed=5).answer(told) for _ in range(3)] == [Wording(seed=5).answer(told)] * 3
    assert len({Wording(seed=seed).answer(told) for seed in range(50)}) > 10


def test_every_opening_is_told_from_the_others_of_its_kind() -> None:
    wording = Wording(seed=0)
    for told in (
        Told(kind, count, seconds) for kind in AttachmentKind for count in (1, 3) for seconds in (0.1, 3.4, 600)
    ):
        for _ in range(30):
            template_of(wording.answer(told))


words = st.text(max_size=300)
any_kind = st.sampled_from(AttachmentKind)


@given(st.none() | words, any_kind, st.booleans(), st.integers(60, 1000))
def test_an_alt_text_fits_and_says_that_the_colours_are_guessed(
    original: str | None,
    kind: AttachmentKind,
    compare: bool,  # noqa: FBT001 - drawn
    limit: int,
) -> None:
    text = alt_text(original, kind=kind, compare=compare, limit=limit)
    assert 0 < len(text) <= limit
    assert "guess" in text


@given(words.filter(lambda text: bool(text.split())), any_kind, st.booleans(), st.integers(60, 1000))
def test_an_alt_text_begins_with_its_authors_words(
    original: str,
    kind: AttachmentKind,
    compare: bool,  # noqa: FBT001 - drawn
    limit: int,
) -> None:
    plain = " ".join(re.sub("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", original).split())
    text = alt_text(original, kind=kind, compare=compare, limit=limit)
    if plain and len(plain) + 130 <= limit:
        assert text.startswith(plain)
    elif plain:
        kept = text.partition("…")[0]
        assert text.startswith(plain) or (kept and plain.startswith(kept)), text


def test_a_long_alt_text_is_cut_after_a_word() -> None:
    original = "Grandma on the beach at Whitby in the summer of 1951, with her sister and a very small dog"
    text = alt_text(original, kind=AttachmentKind.PHOTO, compare=False, limit=140)
    assert text == (
        "Grandma on the beach at Whitby in the summer of 1951, with her sister and… "
        "The photo was black and white; its colours are a machine's guess."
    )


def test_a_comparison_is_described_as_one() -> None:
    text = alt_text("Grandma", kind=AttachmentKind.PHOTO, compare=True, limit=1000)
    assert text.startswith("Grandma. Before and after, side by side: on the left the photo in black and white")


@pytest.mark.parametrize("limit", [0, 1, 20, 30])
def test_a_network_that_takes_next_to_nothing_is_given_that(limit: int) -> None:
    for original in (None, "Grandma", "Grandma on the beach at Whitby, in summer"):
        assert len(alt_text(original, kind=AttachmentKind.PHOTO, compare=True, limit=limit)) <= limit
