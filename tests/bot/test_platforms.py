"""Claims that hold for every social network alike, sentence by sentence of the protocol."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from bot.platforms.memory_network import Media
from bot.platforms.protocol import (
    Attachment,
    AttachmentKind,
    Connected,
    Forbidden,
    Gone,
    LimitedUntil,
    Mention,
    Missing,
    Post,
    Unreachable,
)
from functions.errors import Rejected
from tests.bot.platform_worlds import (
    BOT,
    MemoryWorld,
    Shown,
    StandWorld,
    World,
    XWorld,
    film,
    gif,
    jpeg,
    photo,
    stand_world,
    x_world,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.platforms.memory_faults import Call


@pytest.fixture(params=["memory", "twitter", "stand"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    async with x_world() if request.param == "twitter" else stand_world() as world:
        yield world


async def mention(world: World, post_id: str) -> Mention:
    (found,) = [each for each in await world.platform.mentions(after=None) if each.post.id == post_id]
    return found


async def code_of_reply(world: World, to: str, text: str = "In colour", media: tuple[str, ...] = ()) -> str:
    with pytest.raises(Rejected) as caught:
        await world.platform.reply(text, to=to, media=media)
    return caught.value.code


async def uploaded(world: World, data: bytes, kind: AttachmentKind, alt_text: str = "A street") -> str:
    types = {AttachmentKind.PHOTO: "image/jpeg", AttachmentKind.GIF: "image/gif", AttachmentKind.VIDEO: "video/mp4"}
    return await world.platform.upload(io.BytesIO(data), kind=kind, content_type=types[kind], alt_text=alt_text)


async def test_the_bot_knows_who_it_is(world: World) -> None:
    me = await world.platform.identify()
    assert me.username == BOT
    assert not me.protected
    assert await world.platform.identify() == me


async def test_a_mention_comes_with_its_author_text_time_and_names(world: World) -> None:
    before = world.now() - timedelta(seconds=2)
    post_id = world.post("alice", f"@{BOT} colour & frame <this>")
    found = await mention(world, post_id)
    me = await world.platform.identify()
    assert found.post.author.username == "alice"
    assert found.post.text == f"@{BOT} colour & frame <this>"
    assert found.post.conversation == post_id
    assert found.post.mentions == {me.id}
    assert before <= found.post.posted_at <= world.now() + timedelta(seconds=2)
    assert (found.replied_to, found.is_retweet, found.is_quote) == (None, False, False)


async def test_four_photos_come_in_order_with_their_authors_words(world: World) -> None:
    photos = [photo(shade, alt_text) for shade, alt_text in ((10, "one"), (60, None), (110, "three"), (160, "four"))]
    post_id = world.post("alice", f"@{BOT} please", media=photos)
    found = await mention(world, post_id)
    assert [each.alt_text for each in found.post.attachments] == ["one", None, "three", "four"]
    assert {each.kind for each in found.post.attachments} == {AttachmentKind.PHOTO}
    assert {(each.width, each.height) for each in found.post.attachments} == {(96, 64)}
    assert found.post.text == f"@{BOT} please"
    for attachment, media in zip(found.post.attachments, photos, strict=True):
        assert await downloaded(world, attachment) == ("image/jpeg", media.data)


async def downloaded(world: World, attachment: Attachment, max_bytes: int = 1 << 20) -> tuple[str, bytes]:
    into = io.BytesIO()
    content_type = await world.platform.download(attachment, into, max_bytes=max_bytes)
    return content_type, into.getvalue()


@pytest.mark.parametrize("kind", [AttachmentKind.GIF, AttachmentKind.VIDEO])
async def test_an_animation_and_a_film_can_be_downloaded(world: World, kind: AttachmentKind) -> None:
    # Networks turn animations into films.
    moving = Media(film(), kind, "video/mp4", "a tram", width=96, height=64, seconds=1.0)
    found = await mention(world, world.post("alice", f"@{BOT}", media=[moving]))
    (attachment,) = found.post.attachments
    assert (attachment.kind, attachment.content_type, attachment.alt_text) == (kind, "video/mp4", "a tram")
    assert attachment.seconds in {1.0, None if kind is AttachmentKind.GIF else 1.0}
    assert await downloaded(world, attachment) == ("video/mp4", film())


async def test_a_reply_to_somebody_else_comes_with_that_post_and_its_photos(world: World) -> None:
    root = world.post("carol", "Our street, 1932", media=[photo(90, "the street")])
    post_id = world.post("alice", f"@{BOT} this one please", reply_to=root)
    found = await mention(world, post_id)
    parent = found.replied_to
    assert isinstance(parent, Post)
    assert (parent.id, parent.author.username, parent.text) == (root, "carol", "Our street, 1932")
    assert [each.alt_text for each in parent.attachments] == ["the street"]
    assert await downloaded(world, parent.attachments[0]) == ("image/jpeg", jpeg(90))
    assert found.post.attachments == ()
    assert found.post.conversation == root
    assert found.post.text == f"@carol @{BOT} this one please"
    assert {parent.author.id, (await world.platform.identify()).id} == found.post.mentions


async def test_names_are_carried_along_from_reply_to_reply(world: World) -> None:
    first = world.post("alice", f"@{BOT} hello")
    second = world.post("bob", "nice", reply_to=first)
    found = await mention(world, second)
    assert found.post.text == f"@alice @{BOT} nice"
    assert found.post.conversation == first


@pytest.mark.parametrize("why", ["gone", "protected"])
async def test_a_reply_to_what_is_not_to_be_seen_says_why(world: World, why: Literal["gone", "protected"]) -> None:
    root = world.post("carol", "Our street, 1932", media=[photo(90)])
    post_id = world.post("alice", f"@{BOT} this one please", reply_to=root)
    if why == "gone":
        world.delete(root)
    else:
        world.protect("carol")
    found = await mention(world, post_id)
    assert found.replied_to == Missing(root, why)
    assert (await world.platform.look_up(post_id)).replied_to == found.replied_to


async def test_a_quote_names_only_those_that_it_names_itself(world: World) -> None:
    shown = world.post("alice", f"@{BOT} please", media=[photo()])
    found = await world.platform.look_up(world.post("bob", "look at that", quotes=shown))
    assert found.is_quote
    assert found.post.text == "look at that"
    assert found.post.mentions == frozenset()
    assert found.post.attachments == ()
    named = await mention(world, world.post("bob", f"@{BOT} and this?", quotes=shown))
    assert named.is_quote
    assert named.post.mentions == {(await world.platform.identify()).id}


async def test_a_retweet_is_known_as_one(world: World) -> None:
    original = world.post("alice", f"@{BOT} please", media=[photo()])
    found = await world.platform.look_up(world.retweet("bob", original))
    assert found.is_retweet
    assert not found.is_quote
    assert found.post.author.username == "bob"


async def test_all_mentions_are_read_however_many_pages_they_fill(world: World) -> None:
    ids = [world.post(f"p{number % 7}", f"@{BOT} number {number}") for number in range(250)]
    found = [each.post.id for each in await world.platform.mentions(after=None)]
    assert found == ids
    assert [each.post.id for each in await world.platform.mentions(after=ids[19])] == ids[20:]


async def test_there_are_no_mentions_after_the_last_one(world: World) -> None:
    assert await world.platform.mentions(after=None) == []
    first = world.post("alice", f"@{BOT} one")
    last = world.post("alice", f"@{BOT} two")
    assert [each.post.id for each in await world.platform.mentions(after=first)] == [last]
    assert await world.platform.mentions(after=last) == []


async def test_parents_of_many_mentions_are_found(world: World) -> None:
    root = world.post("carol", "album", media=[photo(7)])
    for number in range(120):
        world.post("alice", f"@{BOT} {number}", reply_to=root)
    parents = [each.replied_to for each in await world.platform.mentions(after=None)]
    assert len(parents) == 120
    assert all(isinstance(parent, Post) and len(parent.attachments) == 1 for parent in parents)


async def test_deleted_and_protected_posts_are_no_mentions(world: World) -> None:
    deleted = world.post("alice", f"@{BOT} one")
    protected = world.post("bob", f"@{BOT} two")
    world.delete(deleted)
    world.protect("bob")
    assert await world.platform.mentions(after=None) == []
    with pytest.raises(Gone):
        await world.platform.look_up(deleted)
    with pytest.raises(Forbidden) as caught:
        await world.platform.look_up(protected)
    assert caught.value.code == "protected"


async def test_a_stream_begins_with_connected_and_then_tells_of_mentions(world: World) -> None:
    assert world.platform.has_stream
    world.post("alice", f"@{BOT} before")
    root = world.post("carol", "our street", media=[photo(33)])
    async with world.platform.stream() as events:
        assert await anext(events) == Connected()
        world.post("alice", "no mention at all")
        first = world.post("alice", f"@{BOT} one", media=[photo(44, "a tram")])
        found = await anext(events)
        assert isinstance(found, Mention)
        assert (found.post.id, [each.alt_text for each in found.post.attachments]) == (first, ["a tram"])
        world.retweet("bob", first)
        second = world.post("bob", f"@{BOT} two", reply_to=root)
        found = await anext(events)
        assert isinstance(found, Mention)
        assert found.post.id == second
        assert isinstance(found.replied_to, Post)
        assert await downloaded(world, found.replied_to.attachments[0]) == ("image/jpeg", jpeg(33))


async def test_a_stream_that_breaks_says_so_and_another_can_be_opened(world: World) -> None:
    async with world.platform.stream() as events:
        assert await anext(events) == Connected()
        world.cut_stream()
        with pytest.raises(Unreachable):
            await anext(events)
    async with world.platform.stream() as events:
        assert await anext(events) == Connected()
        post_id = world.post("alice", f"@{BOT} again")
        found = await anext(events)
        assert isinstance(found, Mention)
        assert found.post.id == post_id


async def test_a_second_stream_is_refused_for_a_while(world: World) -> None:
    async with world.platform.stream() as events:
        assert await anext(events) == Connected()
        async with world.platform.stream() as others:
            with pytest.raises(LimitedUntil) as caught:
                await anext(others)
    assert caught.value.after_seconds >= 1


async def test_what_is_uploaded_hangs_on_the_reply_in_order_with_its_words(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    words = ["one", "two", "Ein Café, schräg", "four"]
    keys = [await uploaded(world, jpeg(shade), AttachmentKind.PHOTO, alt) for shade, alt in enumerate(words, 20)]
    since = world.now() - timedelta(seconds=1)
    posted = await world.platform.reply("In colour", to=asked, media=keys)
    assert world.shown(posted.id) == [
        Shown(AttachmentKind.PHOTO, jpeg(shade), alt) for shade, alt in enumerate(words, 20)
    ]
    assert posted.reply_to == asked
    assert "In colour" in posted.text
    assert world.text(posted.id).startswith("@alice In colour")
    (own,) = await world.platform.own_posts(since=since)
    assert (own.id, own.reply_to) == (posted.id, asked)
    assert own.text == "@alice In colour"
    answered = await world.platform.look_up(posted.id)
    assert answered.post.author == await world.platform.identify()
    assert isinstance(answered.replied_to, Post)
    assert answered.replied_to.id == asked


@pytest.mark.parametrize(
    ("kind", "data"), [(AttachmentKind.GIF, gif), (AttachmentKind.VIDEO, film)], ids=["gif", "video"]
)
async def test_an_animation_or_a_film_can_be_the_answer(world: World, kind: AttachmentKind, data: object) -> None:
    assert callable(data)
    asked = world.post("alice", f"@{BOT} please")
    key = await uploaded(world, data(), kind, "A tram, in colour")
    posted = await world.platform.reply("In colour", to=asked, media=[key])
    assert world.shown(posted.id) == [Shown(kind, data(), "A tram, in colour")]


async def test_an_upload_is_read_from_its_first_byte(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    file = io.BytesIO(jpeg(20))
    file.seek(0, 2)
    key = await world.platform.upload(file, kind=AttachmentKind.PHOTO, content_type="image/jpeg", alt_text="x")
    posted = await world.platform.reply("In colour", to=asked, media=[key])
    assert world.shown(posted.id)[0].data == jpeg(20)


async def test_files_that_the_network_does_not_take_are_refused(world: World) -> None:
    limits = world.platform.limits
    for data, alt_text in (
        (b"", "x"),
        (bytes(limits.photo_bytes + 1), "x"),
        (jpeg(), "x" * (limits.alt_text_length + 1)),
    ):
        with pytest.raises(Forbidden) as caught:
            await uploaded(world, data, AttachmentKind.PHOTO, alt_text)
        assert caught.value.code == "bad-media"


async def test_the_longest_words_that_are_allowed_are_taken(world: World) -> None:
    limits = world.platform.limits
    asked = world.post("alice", f"@{BOT} please")
    key = await uploaded(world, jpeg(), AttachmentKind.PHOTO, "a" * limits.alt_text_length)
    posted = await world.platform.reply("t" * limits.text_length, to=asked, media=[key])
    assert world.shown(posted.id)[0].alt_text == "a" * limits.alt_text_length
    assert await code_of_reply(world, asked, "u" * (limits.text_length + 1)) == "forbidden"


async def test_a_post_takes_four_photos_or_one_film_and_only_what_was_uploaded(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    photos = [await uploaded(world, jpeg(shade), AttachmentKind.PHOTO) for shade in range(5)]
    films = [await uploaded(world, film(), AttachmentKind.VIDEO) for _ in range(2)]
    for media in (tuple(photos), tuple(films), (photos[0], films[0]), ("12345",)):
        assert await code_of_reply(world, asked, media=media) == "bad-media"
    assert (await world.platform.reply("In colour", to=asked, media=photos[:4])).reply_to == asked


async def test_an_upload_expires_after_a_day(world: World) -> None:
    key = await uploaded(world, jpeg(), AttachmentKind.PHOTO)
    world.pass_time(86_400 + 60)
    asked = world.post("alice", f"@{BOT} please")
    assert await code_of_reply(world, asked, media=(key,)) == "bad-media"


async def test_the_very_same_words_are_refused_the_second_time(world: World) -> None:
    first = world.post("alice", f"@{BOT} one")
    second = world.post("alice", f"@{BOT} two")
    await world.platform.reply("In colour", to=first)
    assert await code_of_reply(world, second) == "duplicate"
    assert (await world.platform.reply("In colours", to=second)).reply_to == second


async def test_a_reply_to_a_vanished_post_is_refused_as_gone(world: World) -> None:
    deleted = world.post("alice", f"@{BOT} one")
    protected = world.post("bob", f"@{BOT} two")
    world.delete(deleted)
    world.protect("bob")
    assert await code_of_reply(world, deleted) == "gone"
    assert await code_of_reply(world, protected) == "gone"


async def test_a_reply_to_somebody_who_did_not_ask_is_not_allowed(world: World) -> None:
    root = world.post("carol", "our street")
    assert await code_of_reply(world, root) == "not-allowed"
    asked = world.post("alice", f"@{BOT} that one", reply_to=root)
    answer = await world.platform.reply("In colour", to=asked)
    # Those who quote us may be answered, and so may we ourselves.
    quote = world.post("dave", "lovely", quotes=answer.id)
    assert (await world.platform.reply("Thank you", to=quote)).reply_to == quote
    assert (await world.platform.reply("And one more", to=answer.id)).reply_to == answer.id


async def test_own_posts_are_those_since_then_and_newest_first(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    await world.platform.reply("long ago", to=asked)
    world.pass_time(3600)
    since = world.now() - timedelta(seconds=1)
    posted = [(await world.platform.reply(f"number {number}", to=asked)).id for number in range(3)]
    assert [each.id for each in await world.platform.own_posts(since=since)] == posted[::-1]
    assert len(await world.platform.own_posts(since=since - timedelta(hours=2))) == 4


async def test_own_posts_are_found_over_many_pages(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    since = world.now() - timedelta(seconds=1)
    posted = []
    for number in range(120):
        posted.append((await world.platform.reply(f"number {number}", to=asked)).id)
        world.pass_time(60)
    assert [each.id for each in await world.platform.own_posts(since=since)] == posted[::-1]


async def test_a_post_of_our_own_can_be_deleted_twice(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    posted = await world.platform.reply("In colour", to=asked)
    await world.platform.delete(posted.id)
    await world.platform.delete(posted.id)
    assert await world.platform.own_posts(since=world.now() - timedelta(hours=1)) == []
    with pytest.raises(Gone):
        await world.platform.look_up(posted.id)


async def test_a_post_of_somebody_else_cannot_be_deleted(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    with pytest.raises(Forbidden):
        await world.platform.delete(asked)
    assert await mention(world, asked)


async def call(world: World, name: Call, post_id: str, attachment: Attachment) -> None:
    match name:
        case "identify":
            await world.platform.identify()
        case "mentions":
            await world.platform.mentions(after=None)
        case "look_up":
            await world.platform.look_up(post_id)
        case "download":
            await world.platform.download(attachment, io.BytesIO(), max_bytes=1 << 20)
        case "reply":
            await world.platform.reply("In colour", to=post_id)
        case "own_posts":
            await world.platform.own_posts(since=world.now())
        case "delete":
            await world.platform.delete(post_id)
        case "stream":
            async with world.platform.stream() as events:
                await anext(events)
        case _:
            pytest.fail(name)


LIMITED = ("identify", "mentions", "look_up", "reply", "own_posts", "delete", "stream")


@pytest.mark.parametrize("name", LIMITED)
async def test_a_limit_says_until_when_it_lasts(world: World, name: Call) -> None:
    asked, attachment = await prepared(world, name)
    world.limit(name, seconds=600)
    with pytest.raises(LimitedUntil) as caught:
        await call(world, name, asked, attachment)
    assert timedelta(0) < caught.value.until - world.now() <= timedelta(seconds=1000)
    assert 0 < caught.value.after_seconds <= 1000
    world.pass_time(1000)
    await call(world, name, asked, attachment)


@pytest.mark.parametrize("name", [*LIMITED, "download"])
async def test_trouble_on_the_networks_side_is_unreachable_and_passes(world: World, name: Call) -> None:
    asked, attachment = await prepared(world, name)
    world.break_off(name, "before")
    with pytest.raises(Unreachable) as caught:
        await call(world, name, asked, attachment)
    assert caught.value.after_seconds > 0
    await call(world, name, asked, attachment)


async def prepared(world: World, name: Call) -> tuple[str, Attachment]:
    """Something to ask for, with all asked before that is asked only once."""
    asked = world.post("alice", f"@{BOT} please", media=[photo()])
    if name == "identify":
        return asked, Attachment("1", AttachmentKind.PHOTO, None)
    (attachment,) = (await mention(world, asked)).post.attachments
    if name == "delete":
        asked = (await world.platform.reply("to be deleted", to=asked)).id
    return asked, attachment


async def test_a_reply_whose_answer_is_lost_is_found_among_our_posts(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    since = world.now() - timedelta(seconds=1)
    world.break_off("reply", "after")
    with pytest.raises(Unreachable):
        await world.platform.reply("In colour", to=asked)
    (found,) = await world.platform.own_posts(since=since)
    assert (found.reply_to, found.text) == (asked, "@alice In colour")
    assert await code_of_reply(world, asked) == "duplicate"


async def test_a_reply_that_did_not_get_there_is_not_among_our_posts(world: World) -> None:
    asked = world.post("alice", f"@{BOT} please")
    since = world.now() - timedelta(seconds=1)
    world.break_off("reply", "before")
    with pytest.raises(Unreachable):
        await world.platform.reply("In colour", to=asked)
    assert await world.platform.own_posts(since=since) == []
    assert (await world.platform.reply("In colour", to=asked)).reply_to == asked


async def test_a_delete_whose_answer_is_lost_can_be_repeated(world: World) -> None:
    posted = await world.platform.reply("In colour", to=world.post("alice", f"@{BOT} please"))
    world.break_off("delete", "after")
    with pytest.raises(Unreachable):
        await world.platform.delete(posted.id)
    await world.platform.delete(posted.id)


async def test_no_more_is_downloaded_than_is_allowed(world: World) -> None:
    found = await mention(world, world.post("alice", f"@{BOT} please", media=[photo()]))
    (attachment,) = found.post.attachments
    size = len(jpeg())
    assert await downloaded(world, attachment, max_bytes=size) == ("image/jpeg", jpeg())
    into = io.BytesIO()
    with pytest.raises(Rejected) as caught:
        await world.platform.download(attachment, into, max_bytes=size - 1)
    assert caught.value.code == "too-large"
    assert len(into.getvalue()) < size


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.jpg",
        "http://pbs.twimg.com/media/a.jpg",
        "https://pbs.twimg.com.example.com/media/a.jpg",
        "https://pbs.twimg.com@example.com/media/a.jpg",
        "https://pbs.twimg.com:8443/media/a.jpg",
        "https://[::1/media/a.jpg",
        "file:///etc/passwd",
        "",
    ],
)
async def test_nothing_is_fetched_from_elsewhere(world: World, url: str) -> None:
    with pytest.raises(Rejected) as caught:
        await downloaded(world, Attachment("1", AttachmentKind.PHOTO, url))
    assert caught.value.code == "bad-address"


async def test_an_attachment_without_an_address_or_file_is_gone(world: World) -> None:
    (attachment,) = (await mention(world, world.post("alice", f"@{BOT}", media=[photo()]))).post.attachments
    assert attachment.url
    for url in (None, attachment.url[:-4] + "xxxx"):
        with pytest.raises(Gone):
            await downloaded(world, replace(attachment, url=url))


async def test_a_look_at_the_account_finds_what_works(world: World) -> None:
    found = {finding.name: finding for finding in await world.platform.check()}
    assert {"credentials", "mentions", "filtered stream"} <= found.keys()
    assert all(finding.ok for finding in found.values()), found
    assert BOT in found["credentials"].said
    assert not any("\n" in finding.said for finding in found.values())


async def test_a_platform_can_be_closed_twice(world: World) -> None:
    await world.platform.identify()
    await world.platform.close()
    await world.platform.close()


async def test_names_are_what_ledgers_and_metrics_may_use(world: World) -> None:
    assert world.platform.name.isidentifier()
    assert isinstance(world, MemoryWorld | XWorld | StandWorld)
