"""What a client reads of a fake X: accounts, mentions, timelines, single posts, and what hangs on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests
import tweepy

from bot.fake_x import Attached, FakeXServer, MediaKind
from tests.fakes.x_api import ANNA, BEN, BOT, client, pointed, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = {
    "tweet_fields": (
        "created_at,conversation_id,referenced_tweets,in_reply_to_user_id,entities,attachments,lang,author_id"
    ),
    "user_fields": "protected,verified_type",
    "media_fields": "url,variants,alt_text,width,height,duration_ms,preview_image_url",
    "expansions": (
        "author_id,referenced_tweets.id,referenced_tweets.id.author_id,attachments.media_keys,"
        "referenced_tweets.id.attachments.media_keys"
    ),
}


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x() as running:
        yield running


@pytest.fixture
def bot(server: FakeXServer) -> tweepy.Client:
    return client(server, return_type=dict)


def bot_id(server: FakeXServer) -> str:
    return server.fake.network.accounts.get(BOT).id


def test_an_account_is_told_who_it_is(server: FakeXServer, bot: tweepy.Client) -> None:
    assert bot.get_me(user_auth=True) == {"data": {"id": bot_id(server), "name": BOT, "username": BOT}}
    assert bot.get_me(user_auth=True, user_fields="protected,verified_type")["data"]["verified_type"] == "none"


def test_mentions_come_newest_first_and_only_those_after_an_id(server: FakeXServer, bot: tweepy.Client) -> None:
    ids = [server.fake.post(ANNA, f"@{BOT} {number}") for number in range(4)]
    server.fake.post(ANNA, "nothing to do with it")
    found = bot.get_users_mentions(bot_id(server), user_auth=True, since_id=ids[1])
    assert [post["id"] for post in found["data"]] == [ids[3], ids[2]]
    assert found["meta"] == {"result_count": 2, "newest_id": ids[3], "oldest_id": ids[2]}
    assert bot.get_users_mentions(bot_id(server), user_auth=True, since_id=ids[3]) == {"meta": {"result_count": 0}}


def test_pages_hold_every_mention_once_and_lead_back(server: FakeXServer, bot: tweepy.Client) -> None:
    ids = [server.fake.post(ANNA, f"@{BOT} {number}") for number in range(17)]
    pages, token = [], None
    while True:
        page = bot.get_users_mentions(bot_id(server), user_auth=True, max_results=5, pagination_token=token)
        pages.append([post["id"] for post in page["data"]])
        token = page["meta"].get("next_token")
        if token is None:
            break
    assert [one for page in pages for one in page] == ids[::-1]
    assert [len(page) for page in pages] == [5, 5, 5, 2]
    back = bot.get_users_mentions(
        bot_id(server), user_auth=True, max_results=5, pagination_token=page["meta"]["previous_token"]
    )
    assert [post["id"] for post in back["data"]] == pages[2]


def test_a_post_of_then_lies_between_those_of_its_time(server: FakeXServer, bot: tweepy.Client) -> None:
    now = datetime.now(UTC).replace(microsecond=123_000)
    late = server.fake.post(ANNA, f"@{BOT} late", posted_at=now - timedelta(minutes=1))
    early = server.fake.post(ANNA, f"@{BOT} early", posted_at=now - timedelta(minutes=2))
    found = bot.get_users_mentions(bot_id(server), user_auth=True, tweet_fields="created_at")["data"]
    assert [post["id"] for post in found] == [late, early]
    assert found[1]["created_at"] == f"{now - timedelta(minutes=2):%Y-%m-%dT%H:%M:%S}.123Z"


def test_only_what_is_asked_for_is_given(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.post(ANNA, f"@{BOT} look", attachments=[Attached(b"\xff\xd8\xff")])
    (post,) = bot.get_users_mentions(bot_id(server), user_auth=True)["data"]
    assert set(post) == {"id", "text", "edit_history_tweet_ids"}
    found = bot.get_users_mentions(bot_id(server), user_auth=True, expansions="author_id")
    assert set(found["data"][0]) == {"id", "text", "edit_history_tweet_ids", "author_id"}
    assert found["includes"] == {
        "users": [{"id": server.fake.network.accounts.get(ANNA).id, "name": ANNA, "username": ANNA}]
    }


def test_a_reply_carries_names_and_tells_what_it_answers(server: FakeXServer, bot: tweepy.Client) -> None:
    picture = Attached(b"\xff\xd8\xff", alt_text="a bridge", width=1200, height=800)
    original = server.fake.post(BEN, "my grandmother & me", attachments=[picture])
    reply = server.fake.post(ANNA, f"colour this, @{BOT}!", reply_to=original)
    found = bot.get_users_mentions(bot_id(server), user_auth=True, **EVERYTHING)
    (post,) = found["data"]
    ben, anna = (server.fake.network.accounts.get(name).id for name in (BEN, ANNA))
    assert post["text"] == f"@{BEN} colour this, @{BOT}!"
    assert post["in_reply_to_user_id"] == ben
    assert post["conversation_id"] == original
    assert post["author_id"] == anna
    assert post["referenced_tweets"] == [{"type": "replied_to", "id": original}]
    assert [(one["username"], post["text"][one["start"] : one["end"]]) for one in post["entities"]["mentions"]] == [
        (BEN, f"@{BEN}"),
        (BOT, f"@{BOT}"),
    ]
    (included,) = found["includes"]["tweets"]
    assert included["text"].startswith("my grandmother &amp; me https://t.co/")
    assert {user["id"] for user in found["includes"]["users"]} == {anna, ben}
    (medium,) = found["includes"]["media"]
    assert included["attachments"]["media_keys"] == [medium["media_key"]]
    assert (medium["type"], medium["alt_text"], medium["width"], medium["height"]) == ("photo", "a bridge", 1200, 800)
    assert reply == post["id"]


def test_media_of_posts_referred_to_are_not_included_unless_asked_for(server: FakeXServer, bot: tweepy.Client) -> None:
    original = server.fake.post(BEN, "look", attachments=[Attached(b"\xff\xd8\xff")])
    server.fake.post(ANNA, f"@{BOT}", reply_to=original)
    found = bot.get_users_mentions(
        bot_id(server),
        user_auth=True,
        expansions="attachments.media_keys,referenced_tweets.id",
    )
    assert "attachments" in found["includes"]["tweets"][0]
    assert "media" not in found["includes"]


def test_what_is_gone_and_what_is_protected_is_told_beside_the_rest(server: FakeXServer, bot: tweepy.Client) -> None:
    gone, shut = (server.fake.post(BEN, f"number {number}") for number in range(2))
    server.fake.post(ANNA, f"@{BOT} one", reply_to=gone)
    server.fake.post(ANNA, f"@{BOT} two", reply_to=shut)
    server.fake.delete_post(gone)
    server.fake.protect(BEN)
    found = bot.get_users_mentions(bot_id(server), user_auth=True, **EVERYTHING)
    assert len(found["data"]) == 2
    assert "tweets" not in found["includes"]
    problems = {error["resource_id"]: (error["title"], error["type"].rpartition("/")[2]) for error in found["errors"]}
    assert problems == {
        gone: ("Not Found Error", "resource-not-found"),
        shut: ("Authorization Error", "not-authorized-for-resource"),
    }


def test_a_protected_author_is_not_among_the_mentions(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.post(ANNA, f"@{BOT} look")
    server.fake.protect(ANNA)
    assert bot.get_users_mentions(bot_id(server), user_auth=True) == {"meta": {"result_count": 0}}
    server.fake.protect(ANNA, protected=False)
    assert bot.get_users_mentions(bot_id(server), user_auth=True)["meta"]["result_count"] == 1


def test_retweets_and_quotes_say_what_they_are(server: FakeXServer, bot: tweepy.Client) -> None:
    original = server.fake.post(ANNA, f"@{BOT} look")
    retweet = server.fake.post(BEN, retweet_of=original)
    quote = server.fake.post(BEN, f"see this @{BOT}", quote_of=original)
    silent = server.fake.post(BEN, "see this", quote_of=original)
    found = bot.get_users_mentions(bot_id(server), user_auth=True, **EVERYTHING)["data"]
    posts = {post["id"]: post for post in found}
    assert set(posts) == {original, retweet, quote}, f"{silent} only shows one that names the bot"
    assert posts[retweet]["text"] == f"RT @{ANNA}: @{BOT} look"
    assert posts[retweet]["referenced_tweets"] == [{"type": "retweeted", "id": original}]
    assert posts[quote]["referenced_tweets"] == [{"type": "quoted", "id": original}]
    assert posts[quote]["text"].startswith(f"see this @{BOT} https://t.co/")
    server.fake.delete_post(original)
    left = bot.get_users_mentions(bot_id(server), user_auth=True)["data"]
    assert [post["id"] for post in left] == [quote]


def test_posts_are_looked_up_and_missing_ones_told(server: FakeXServer, bot: tweepy.Client) -> None:
    there, gone = server.fake.post(ANNA, "one"), server.fake.post(ANNA, "two")
    server.fake.delete_post(gone)
    found = bot.get_tweets([there, gone], user_auth=True)
    assert [post["id"] for post in found["data"]] == [there]
    assert found["errors"][0]["detail"] == f"Could not find tweet with ids: [{gone}]."
    assert bot.get_tweet(there, user_auth=True)["data"]["text"] == "one"
    assert set(bot.get_tweet(gone, user_auth=True)) == {"errors"}


def test_a_timeline_shows_a_new_post_only_after_the_delay() -> None:
    with running_x(timeline_delay_seconds=30.0) as slow:
        reader = client(slow, return_type=dict)
        posted = slow.fake.post(BOT, "done")
        assert reader.get_users_tweets(bot_id(slow), user_auth=True) == {"meta": {"result_count": 0}}
        slow.fake.forward(31)
        assert reader.get_users_tweets(bot_id(slow), user_auth=True)["data"][0]["id"] == posted


def test_a_timeline_begins_at_a_time_and_can_leave_out_replies(server: FakeXServer, bot: tweepy.Client) -> None:
    now = datetime.now(UTC)
    server.fake.post(BOT, "old", posted_at=now - timedelta(hours=2))
    mention = server.fake.post(ANNA, f"@{BOT}")
    new, reply = server.fake.post(BOT, "new"), server.fake.post(BOT, "reply", reply_to=mention)
    since = bot.get_users_tweets(bot_id(server), user_auth=True, start_time=now - timedelta(hours=1))
    assert [post["id"] for post in since["data"]] == [reply, new]
    without = bot.get_users_tweets(
        bot_id(server), user_auth=True, exclude="replies", start_time=now - timedelta(hours=1)
    )
    assert [post["id"] for post in without["data"]] == [new]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_results": 4}, r"The `max_results` query parameter value \[4\] is not between 5 and 100"),
        ({"max_results": 101}, "not between"),
        ({"tweet_fields": "made_up"}, r"The `tweet.fields` query parameter value \[made_up\] is not one of"),
        ({"expansions": "author"}, "is not one of"),
        ({"since_id": "abc"}, "does not match"),
        ({"pagination_token": "abc"}, "is not valid"),
    ],
)
def test_what_x_does_not_understand_is_refused(
    bot: tweepy.Client, server: FakeXServer, parameters: dict[str, object], said: str
) -> None:
    with pytest.raises(tweepy.BadRequest, match=said):
        bot.get_users_mentions(bot_id(server), user_auth=True, **parameters)


def test_a_parameter_that_there_is_not_is_refused(bot: tweepy.Client) -> None:
    with pytest.raises(tweepy.BadRequest, match=r"The query parameter \[colour\] is not one of"):
        bot.request("GET", "/2/users/me", params={"colour": "yes"}, user_auth=True)


def test_mentions_go_back_800_posts(server: FakeXServer, bot: tweepy.Client) -> None:
    for number in range(810):
        server.fake.post(ANNA, f"@{BOT} {number}")
    token, seen = None, 0
    while True:
        page = bot.get_users_mentions(bot_id(server), user_auth=True, max_results=100, pagination_token=token)
        seen += page["meta"]["result_count"]
        token = page["meta"].get("next_token")
        if token is None:
            break
    assert seen == 800


def test_films_come_in_several_forms_and_files_by_their_host(server: FakeXServer, bot: tweepy.Client) -> None:
    film = Attached(b"....ftypisom", MediaKind.VIDEO, "video/mp4", width=640, height=480, duration_ms=12_500)
    animation = Attached(b"....ftypmp42", MediaKind.GIF, "video/mp4", width=320, height=240)
    picture = Attached(b"\x89PNG\r\n\x1a\n", content_type="image/png")
    server.fake.post(ANNA, f"@{BOT} these", attachments=[film, animation, picture])
    found = {
        m["type"]: m for m in bot.get_users_mentions(bot_id(server), user_auth=True, **EVERYTHING)["includes"]["media"]
    }
    video = found["video"]
    assert video["duration_ms"] == 12_500
    assert video["preview_image_url"].startswith("https://pbs.twimg.com/")
    assert {variant["content_type"] for variant in video["variants"]} == {"video/mp4", "application/x-mpegURL"}
    best = max(video["variants"], key=lambda variant: variant.get("bit_rate", -1))
    (gif,) = found["animated_gif"]["variants"]
    assert gif["bit_rate"] == 0
    assert "duration_ms" not in found["animated_gif"]
    with pointed(requests.Session(), server.url) as session:
        for url, attached in ((best["url"], film), (gif["url"], animation), (found["photo"]["url"], picture)):
            response = session.get(url)
            assert (response.content, response.headers["Content-Type"]) == (attached.content, attached.content_type)
        direct = session.get(found["photo"]["url"].replace("https://", server.url + "/"))
        assert direct.content == picture.content
        for wrong in ("https://pbs.twimg.com/media/none.jpg", found["photo"]["url"].replace("pbs.", "video.")):
            assert session.get(wrong).status_code == 404


def test_an_attachment_that_x_does_not_show_has_no_address(server: FakeXServer, bot: tweepy.Client) -> None:
    hidden = Attached(b"....ftypisom", MediaKind.VIDEO, "video/mp4", shown=False)
    server.fake.post(ANNA, f"@{BOT}", attachments=[hidden, Attached(b"\xff\xd8\xff", shown=False)])
    media = bot.get_users_mentions(bot_id(server), user_auth=True, **EVERYTHING)["includes"]["media"]
    assert not any({"url", "variants"} & set(medium) for medium in media)
