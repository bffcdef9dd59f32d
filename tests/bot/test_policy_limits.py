"""Claims about what the bot never decides, whatever comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.protocol import Account, Attachment, AttachmentKind, Mention, Missing, Post
from bot.policy import Known, Origin, Person, Rules, decide
from bot.verdicts import Colorise, Command, Ignore, Obey
from tests.said import ASKER, AUTHOR, LIMITS, ME, NOW

accounts = st.sampled_from(
    [ME, ASKER, AUTHOR, replace(ASKER, protected=True), replace(ASKER, automated=True), Account("4", "weather_bot")]
)
attachments = st.lists(
    st.builds(
        Attachment,
        key=st.sampled_from("abc"),
        kind=st.sampled_from(AttachmentKind),
        url=st.sampled_from([None, "https://media.example/a"]),
        seconds=st.none() | st.floats(0, 300),
    ),
    max_size=7,
).map(tuple)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                "@colorisebot",
                "@grandma",
                "stop",
                "start",
                "forget me",
                "delete",
                "more",
                "less colour",
                "compare",
                "please",
                "thanks",
                ".",
                "and",
            ]
        ),
        max_size=6,
    ).map(" ".join),
)
moments = st.timedeltas(-timedelta(days=2), timedelta(days=2)).map(lambda away: NOW + away)
posts = st.builds(
    Post,
    id=st.sampled_from(["20", "30", "40"]),
    author=accounts,
    text=texts,
    posted_at=moments,
    conversation=st.just("20"),
    attachments=attachments,
    mentions=st.frozensets(st.sampled_from(["1", "2", "3"])),
)
missing = st.builds(Missing, id=st.just("30"), why=st.sampled_from(["gone", "protected"]))
mentions = st.builds(
    Mention, post=posts, replied_to=st.none() | posts | missing, is_retweet=st.booleans(), is_quote=st.booleans()
)
persons = st.builds(
    Person,
    opted_out=st.booleans(),
    answered_at=st.lists(moments, max_size=6).map(sorted).map(tuple),
    declined_at=st.none() | moments,
)
origins = st.builds(
    Origin,
    asker=st.sampled_from(["2", "3"]),
    source_post=st.just("20"),
    attachments=attachments,
    saturation=st.floats(0, 3),
    compare=st.booleans(),
)
knowns = st.builds(
    Known,
    me=st.just(ME),
    now=st.just(NOW),
    limits=st.integers(1, 4).map(lambda photos: replace(LIMITS, photos=photos)),
    person=persons,
    answered=st.booleans(),
    said_here=st.integers(0, 4),
    has_budget=st.booleans(),
    origin=st.none() | origins,
)
rules_of_any_kind = st.builds(
    Rules,
    max_age=st.timedeltas(timedelta(0), timedelta(days=1)),
    per_hour=st.integers(0, 5),
    per_conversation=st.integers(0, 3),
    max_seconds=st.floats(0, 200),
    blocked=st.frozensets(st.sampled_from(["2", "grandma"])),
    answers_bots=st.booleans(),
)


@settings(max_examples=600)
@given(mentions, knowns, rules_of_any_kind)
def test_whatever_comes_there_is_one_verdict_and_it_keeps_to_the_limits(
    said: Mention, known: Known, rules: Rules
) -> None:
    verdict = decide(said, known, rules)
    assert verdict == decide(said, known, rules)
    author = said.post.author
    nobody = author.id == ME.id or said.is_retweet or known.answered or ME.id not in said.post.mentions
    unwelcome = author.id in rules.blocked or author.username in rules.blocked
    age = NOW - said.post.posted_at
    if nobody or unwelcome or age > rules.max_age or age < -timedelta(minutes=5):
        assert isinstance(verdict, Ignore)
    if known.person.opted_out:
        assert isinstance(verdict, Ignore | Obey)
    if isinstance(verdict, Colorise):
        kinds = {attachment.kind for attachment in verdict.attachments}
        assert len(kinds) == 1
        assert len(verdict.attachments) <= (known.limits.photos if kinds == {AttachmentKind.PHOTO} else 1)
        assert all(attachment.url is not None for attachment in verdict.attachments)
        assert known.has_budget
        assert known.said_here < rules.per_conversation
        parent = said.replied_to
        from_us = isinstance(parent, Post) and parent.author.id == ME.id and not said.post.attachments
        assert not from_us or (known.origin is not None and set(verdict.attachments) <= set(known.origin.attachments))
    if isinstance(verdict, Obey) and verdict.command is Command.DELETE:
        assert known.origin is not None
        assert known.origin.asker == author.id
