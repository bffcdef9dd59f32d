"""What a client may post on a fake X, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tweepy

from tests.fakes.x_api import ANNA, BEN, BOT, client, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.fake_x import FakeXServer


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x() as running:
        yield running


@pytest.fixture
def bot(server: FakeXServer) -> tweepy.Client:
    return client(server)


def test_a_reply_to_a_mention_is_there_for_all(server: FakeXServer, bot: tweepy.Client) -> None:
    mention = server.fake.post(ANNA, f"@{BOT} please")
    posted = bot.create_tweet(text="here you are", in_reply_to_tweet_id=mention)
    (reply,) = server.fake.replies_to(mention)
    assert posted.data["id"] == reply.id
    assert posted.data["text"] == reply.text == f"@{ANNA} here you are"
    assert (reply.said, reply.author, reply.reply_to) == ("here you are", BOT, mention)


def test_names_can_be_left_out_of_a_reply(server: FakeXServer, bot: tweepy.Client) -> None:
    mention = server.fake.post(ANNA, f"@{BOT} @{BEN} please")
    ben = server.fake.network.accounts.get(BEN).id
    posted = bot.create_tweet(text="here", in_reply_to_tweet_id=mention, exclude_reply_user_ids=[ben])
    assert posted.data["text"] == f"@{ANNA} here"


def test_the_same_text_is_refused_again_even_when_deleted(server: FakeXServer, bot: tweepy.Client) -> None:
    first, second = (server.fake.post(ANNA, f"@{BOT} {number}") for number in range(2))
    posted = bot.create_tweet(text="here you are", in_reply_to_tweet_id=first)
    with pytest.raises(tweepy.Forbidden, match="duplicate content") as refused:
        bot.create_tweet(text="here you are", in_reply_to_tweet_id=second)
    assert refused.value.response.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    bot.delete_tweet(posted.data["id"])
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        bot.create_tweet(text="here you are", in_reply_to_tweet_id=second)
    assert not server.fake.replies_to(second)
    client(server, ANNA).create_tweet(text="here you are")
    server.fake.forward(86_401)
    bot.create_tweet(text="here you are", in_reply_to_tweet_id=second)


def test_a_reply_to_what_is_gone_or_protected_is_refused(server: FakeXServer, bot: tweepy.Client) -> None:
    gone, shut = server.fake.post(ANNA, f"@{BOT} one"), server.fake.post(BEN, f"@{BOT} two")
    server.fake.delete_post(gone)
    server.fake.protect(BEN)
    for mention in (gone, shut):
        with pytest.raises(tweepy.Forbidden, match="deleted or not visible to you"):
            bot.create_tweet(text="here", in_reply_to_tweet_id=mention)


def test_an_app_may_reply_only_to_who_names_or_quotes_it(server: FakeXServer, bot: tweepy.Client) -> None:
    own = server.fake.post(BOT, "hello")
    unasked = server.fake.post(ANNA, "my grandmother")
    summons = server.fake.post(BEN, f"@{BOT} colour this", reply_to=unasked)
    quoting = server.fake.post(ANNA, "look", quote_of=own)
    with pytest.raises(tweepy.Forbidden, match="not been mentioned or otherwise engaged by the author"):
        bot.create_tweet(text="one", in_reply_to_tweet_id=unasked)
    for number, allowed in enumerate((summons, quoting, own)):
        bot.create_tweet(text=f"number {number}", in_reply_to_tweet_id=allowed)
    with running_x(replies_restricted=False) as lax:
        post = lax.fake.post(ANNA, "my grandmother")
        client(lax).create_tweet(text="one", in_reply_to_tweet_id=post)


def test_text_weighs_280_at_most(bot: tweepy.Client) -> None:
    bot.create_tweet(text="a" * 280)
    bot.create_tweet(text="b" * 256 + " https://example.org/" + "c" * 300)
    bot.create_tweet(text="灰" * 140)
    for text in ("a" * 281, "灰" * 141, "b" * 257 + " https://example.org/"):
        with pytest.raises(tweepy.Forbidden, match="not permitted"):
            bot.create_tweet(text=text)


def test_names_carried_along_do_not_weigh(server: FakeXServer, bot: tweepy.Client) -> None:
    mention = server.fake.post(ANNA, f"@{BOT} @{BEN}")
    bot.create_tweet(text="a" * 280, in_reply_to_tweet_id=mention)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "must be provided"),
        ({"text": 3}, r"\$\.text: integer found, string expected"),
        ({"text": "a", "media": {"media_ids": "3"}}, r"\$\.media\.media_ids: string found, array expected"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": 3}}, "integer found, string expected"),
        ({"text": "a", "colour": True}, "not defined in the schema"),
    ],
)
def test_a_body_of_another_shape_is_refused(bot: tweepy.Client, body: dict[str, object], said: str) -> None:
    with pytest.raises(tweepy.BadRequest, match=said):
        bot.request("POST", "/2/tweets", json=body, user_auth=True)


def test_one_may_delete_what_is_ones_own(server: FakeXServer, bot: tweepy.Client) -> None:
    own, other = server.fake.post(BOT, "one"), server.fake.post(ANNA, "two")
    assert bot.delete_tweet(own).data == {"deleted": True}
    with pytest.raises(tweepy.NotFound):
        bot.delete_tweet(own)
    with pytest.raises(tweepy.Forbidden):
        bot.delete_tweet(other)
    assert [post.id for post in server.fake.posts_by(ANNA)] == [other]
