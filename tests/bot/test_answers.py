"""What people get for a mention: from the network's post to the bot's reply, with every part but the colours real."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.entry import State, read_entry
from bot.platforms.memory import MemoryPlatform
from bot.platforms.memory_network import MemoryNetwork
from bot.platforms.protocol import AttachmentKind
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.bot.bot_world import BOT, clip, photo, world

if TYPE_CHECKING:
    from bot.entry import Entry
    from bot.platforms.memory_faults import When
    from bot.platforms.memory_network import Entry as Said
    from bot.platforms.memory_network import Media
    from tests.bot.bot_world import World


PREFIXES = ("mention", "open", "author", "answer", "talk", "person", "opted-out", "spending")
"""Of all keys that the bot has in its books, but for those that stand alone."""


def words(media: Media) -> str:
    """What the worker of these tests made of a picture."""
    return media.data.partition(b" coloured ")[2].decode(errors="ignore").lstrip("\x00\x18")


async def asked(there: World, text: str = "@colorisebot please", who: str = "rosa", **more: object) -> Said:
    """The bot's reply to somebody's post."""
    return await there.reply(there.posts(who, text, **more).id)


async def test_one_reply_has_up_to_four_pictures_in_the_order_given() -> None:
    async with world() as there:
        reply = await asked(there, media=[photo(f"number {number}") for number in range(4)])
        assert [words(media) for media in there.media(reply)] == [f"number {number}" for number in range(4)]
        await there.settled(1)
        assert len(there.replies(reply.reply_to or "")) == 1


async def test_alt_text_is_the_author_s_own_with_a_note_and_never_missing() -> None:
    async with world() as there:
        reply = await asked(there, media=[photo(alt_text="Grandmother in the garden"), photo("without")])
        own, none = (media.alt_text or "" for media in there.media(reply))
        assert own.startswith("Grandmother in the garden")
        assert all("guess" in text for text in (own, none))


async def test_a_clip_is_answered_with_a_clip_and_a_gif_with_a_gif() -> None:
    async with world() as there:
        film = await asked(there, media=[clip()])
        moving = await asked(there, media=[clip(kind=AttachmentKind.GIF)])
        assert [media.kind for media in there.media(film)] == [AttachmentKind.VIDEO]
        assert [(media.kind, media.content_type) for media in there.media(moving)] == [
            (AttachmentKind.GIF, "image/gif")
        ]


async def test_a_gif_that_comes_out_too_large_is_sent_as_a_film() -> None:
    async with world() as there:
        reply = await asked(there, media=[clip("too-large as-gif only", kind=AttachmentKind.GIF)])
        assert [(media.kind, media.content_type) for media in there.media(reply)] == [
            (AttachmentKind.VIDEO, "video/mp4")
        ]


async def test_pictures_under_somebody_else_s_post_are_coloured_and_the_reply_goes_to_the_mention() -> None:
    async with world() as there:
        theirs = there.posts("museum", "The harbour in 1910", media=[photo("harbour")])
        mention = there.posts("rosa", "@museum @colorisebot please", reply_to=theirs.id)
        reply = await there.reply(mention.id)
        assert words(there.media(reply)[0]) == "harbour"
        assert there.replies(theirs.id) == []


async def test_what_cannot_be_coloured_beside_others_is_explained() -> None:
    async with world() as there:
        reply = await asked(there, media=[photo("fine"), photo("already-colour"), photo("damaged")])
        assert len(reply.media) == 1
        assert "second" in reply.words
        assert "third" in reply.words


async def test_nothing_but_refused_pictures_is_declined_in_words_once_a_day() -> None:
    async with world() as there:
        first = await asked(there, media=[photo("already-colour")])
        assert not first.media
        second = there.posts("rosa", "@colorisebot and this", media=[photo("damaged")])
        await there.settled(2)
        assert there.replies(second.id) == []
        assert there.count("colorise_bot_answers_total", ending="left") == 1


async def test_two_refused_at_the_same_time_are_declined_once() -> None:
    async with world() as there:
        mentions = [there.posts("rosa", "@colorisebot", media=[photo("damaged")]) for _ in range(4)]
        await there.settled(4)
        assert sum(len(there.replies(mention.id)) for mention in mentions) == 1


async def test_over_the_hourly_limit_it_is_said_once_and_then_nothing() -> None:
    async with world(bot_per_hour=2) as there:
        mentions = [there.posts("rosa", f"@colorisebot {number}", media=[photo(str(number))]) for number in range(5)]
        await there.settled(5)
        replies = [there.replies(mention.id) for mention in mentions]
        assert [len(reply[0].media) if reply else None for reply in replies] == [1, 1, 0, None, None]


async def test_nobody_is_answered_twice_however_often_a_mention_is_heard() -> None:
    platform = MemoryPlatform()
    async with world(platform=platform, bot_stream=True) as there:
        reply = await asked(there, media=[photo()])
        polled = there.count("colorise_bot_polled_timestamp_seconds")
        platform.break_stream()  # and it is polled when it is over, and when it comes back
        await there.until(lambda: there.count("colorise_bot_polled_timestamp_seconds") > polled)
        again = await asked(there, who="jan", media=[photo()])
        for mention in (reply.reply_to, again.reply_to):
            assert len(there.replies(mention or "")) == 1


async def test_stop_and_start_are_obeyed_and_confirmed() -> None:
    async with world() as there:
        await asked(there, "@colorisebot stop")
        ignored = there.posts("rosa", "@colorisebot", media=[photo()])
        await there.settled(2)
        assert there.replies(ignored.id) == []
        await asked(there, "@colorisebot start")
        assert (await asked(there, media=[photo()])).media


async def test_an_answer_is_deleted_for_whoever_asked_for_it_and_for_nobody_else() -> None:
    async with world() as there:
        reply = await asked(there, media=[photo()])
        await there.settled(1)
        stranger = there.posts("jan", "@rosa @colorisebot delete this", reply_to=reply.id)
        await there.settled(2)
        assert there.replies(stranger.id) == []
        assert reply.id in there.platform.network.posts
        confirmation = await asked(there, "@colorisebot delete", reply_to=reply.id)
        assert not confirmation.media
        assert reply.id not in there.platform.network.posts
        assert [info.name for info in there.store.list("")] == []


async def test_forget_me_leaves_nothing_of_a_person_but_the_numbers_of_their_posts() -> None:
    queue, store = MemoryQueue(), MemoryStore()
    async with world(queue=queue, store=store) as there:
        await asked(there, media=[photo("secret one", alt_text="Aunt Agatha")])
        await asked(there, media=[clip("secret two")])
        await asked(there, who="jan", media=[photo("another's")])
        await there.settled(3)
        rosa = there.platform.network.person("rosa").id
        await asked(there, "@colorisebot forget me")
        await there.settled(4)
        assert [info.name for info in store.list("")]
        assert not [info for info in store.list("") if b"secret" in store.read(info.name)]
        books = [await queue.records(name, keep_seconds=None) for name in queue._books]
        kept = [record for book in books for prefix in PREFIXES async for record in book.under(prefix)]
        assert not [record for record in kept if rosa in record.key or rosa.encode() in record.value]
        assert not [record for record in kept if b"Agatha" in record.value]


async def test_more_less_and_compare_ask_for_the_same_picture_anew() -> None:
    async with world() as there:
        first = await asked(there, media=[photo("the one")])
        await there.settled(1)
        more = await asked(there, "@colorisebot more colour please", reply_to=first.id)
        await there.settled(2)
        await asked(there, "@colorisebot more", reply_to=more.id)
        await asked(there, "@rosa @colorisebot compare", who="jan", reply_to=first.id)
        await there.settled(4)
        wishes = [(order.wishes.saturation, order.wishes.compare) for order in there.colouring.orders]
        assert wishes[1][0] > wishes[0][0]
        assert wishes[2][0] > wishes[1][0]
        assert wishes[3] == (1.0, True)


async def test_a_post_that_vanished_ends_the_work_quietly() -> None:
    async with world() as there:
        there.platform.faults.limit("reply", until=datetime.now(UTC) + timedelta(seconds=1))
        mention = there.posts("rosa", "@colorisebot", media=[photo()])
        await there.until(lambda: there.count("colorise_bot_limits_total", family="posts") == 1)
        there.platform.network.delete(mention.id)
        await there.settled(1)
        assert there.replies(mention.id) == []
        assert there.count("colorise_bot_answers_total", ending="left", why="gone") == 1


async def test_a_limit_is_waited_for_while_other_work_goes_on_and_the_order_stays() -> None:
    async with world() as there:
        there.platform.faults.limit("reply", until=datetime.now(UTC) + timedelta(seconds=1.5))
        mentions = [there.posts(f"person{number}", "@colorisebot", media=[photo()]) for number in range(5)]
        await there.until(lambda: len(there.colouring.orders) == 5)
        assert not any(there.replies(mention.id) for mention in mentions)
        replies = [await there.reply(mention.id) for mention in mentions]
        assert sorted(replies, key=lambda reply: int(reply.id)) == replies


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_reply_whose_answer_is_lost_is_there_once(when: When) -> None:
    async with world() as there:
        there.platform.faults.break_off("reply", when=when)
        mention = there.posts("rosa", "@colorisebot", media=[photo()])
        await there.reply(mention.id)
        await there.settled(1)
        assert len(there.replies(mention.id)) == 1


async def test_a_mention_that_grew_too_old_while_it_waited_is_left() -> None:
    async with world(bot_max_age_hours=1 / 3600) as there:
        there.platform.faults.limit("reply", until=datetime.now(UTC) + timedelta(seconds=2))
        mention = there.posts("rosa", "@colorisebot", media=[photo()])
        await there.settled(1)
        assert there.replies(mention.id) == []
        assert there.count("colorise_bot_answers_total", ending="left", why="stale") == 1


async def test_what_was_left_is_taken_up_again_by_the_next_one() -> None:
    platform, queue, store = MemoryPlatform(), MemoryQueue(), MemoryStore()
    platform.faults.limit("reply", until=datetime.now(UTC) + timedelta(seconds=2))
    async with world(platform=platform, queue=queue, store=store) as there:
        mentions = [there.posts(f"person{number}", "@colorisebot", media=[photo()]) for number in range(3)]
        await there.until(lambda: there.count("colorise_bot_limits_total") >= 1)
    assert not any(there.replies(mention.id) for mention in mentions)
    async with world(platform=platform, queue=queue, store=store) as there:
        for mention in mentions:
            await there.reply(mention.id)
        await there.settled(0)
        assert [len(there.replies(mention.id)) for mention in mentions] == [1, 1, 1]


async def test_a_bot_whose_budget_is_spent_passes_mentions_over() -> None:
    async with world(bot_budget_dollars=0.03) as there:
        mentions = [there.posts(f"person{number}", "@colorisebot", media=[photo()]) for number in range(4)]
        await there.settled(4)
        assert [len(there.replies(mention.id)) for mention in mentions] == [1, 0, 0, 0]


async def test_no_text_is_said_twice_in_a_row_across_a_restart() -> None:
    platform, queue, store = MemoryPlatform(), MemoryQueue(), MemoryStore()
    for who in ("rosa", "jan", "ivo"):
        async with world(platform=platform, queue=queue, store=store) as there:
            await asked(there, "@colorisebot hello", who=who)
    said = [
        entry.words
        for entry in platform.network.posts.values()
        if platform.network.people[entry.author].username == BOT
    ]
    assert len(set(said)) == 3


async def test_pictures_are_kept_for_the_hours_that_the_operator_says() -> None:
    network = MemoryNetwork()
    store = MemoryStore()
    async with world(platform=MemoryPlatform(network), store=store) as there:
        await asked(there, media=[photo()])
        await there.settled(1)
        assert [info.name for info in store.list("inbox/")]
    later = datetime.now(UTC) + timedelta(hours=25)
    async with world(platform=MemoryPlatform(network), store=store, now=lambda: later) as there:
        await there.until(lambda: not [*store.list("inbox/"), *store.list("outbox/")])


async def test_a_ledger_that_is_lost_makes_nobody_be_answered_twice() -> None:
    platform = MemoryPlatform()
    async with world(platform=platform) as there:
        answered = await asked(there, media=[photo()])
        await there.settled(1)
    missed = platform.network.post("jan", "@colorisebot please", media=[photo("another")])
    async with world(platform=platform, queue=MemoryQueue()) as there:
        await there.reply(missed.id)
        await there.settled(2)
        assert [len(there.replies(mention)) for mention in (answered.reply_to or "", missed.id)] == [1, 1]


async def test_what_is_answered_leaves_no_address_and_no_alt_text_in_the_ledger() -> None:
    queue = MemoryQueue()
    async with world(queue=queue) as there:
        await asked(there, media=[photo(alt_text="Aunt Agatha")])
        await there.settled(1)
        book = await queue.records("BOT_MENTIONS", keep_seconds=None)
        (entry,) = [record.value async for record in book.under("mention")]
        assert b"Agatha" not in entry
        assert b"memory://" not in entry


async def test_what_its_author_has_deleted_meanwhile_is_not_coloured_anew() -> None:
    async with world() as there:
        mention = there.posts("rosa", "@colorisebot please", media=[photo()])
        reply = await there.reply(mention.id)
        await there.settled(1)
        there.platform.network.delete(mention.id)
        again = await asked(there, "@colorisebot more colour", who="jan", reply_to=reply.id)
        assert not again.media
        assert len(there.colouring.orders) == 1


async def test_two_bots_of_different_names_have_nothing_in_common() -> None:
    platform, queue, store = MemoryPlatform(), MemoryQueue(), MemoryStore()
    async with world(platform=platform, queue=queue, store=store, name="DRY") as there:
        mention = there.posts("rosa", "@colorisebot please", media=[photo()])
        await there.reply(mention.id)
        await there.settled(1)
        assert {info.name for info in store.list("inbox/")} == {f"inbox/bot/dry-{mention.id}-1"}
        assert await (await queue.records("BOT_MENTIONS", keep_seconds=None)).get(f"mention.{mention.id}") is None


async def written(queue: MemoryQueue) -> list[Entry]:
    """What the ledger holds."""
    book = await queue.records("BOT_MENTIONS", keep_seconds=None)
    return [read_entry(record.value) async for record in book.under("mention")]


async def test_of_all_that_wait_for_their_turn_one_at_most_may_be_posted_already() -> None:
    queue = MemoryQueue()
    async with world(queue=queue) as there:
        there.platform.faults.limit("reply", until=datetime.now(UTC) + timedelta(seconds=60))
        for number in range(5):
            there.posts(f"person{number}", "@colorisebot", media=[photo()])
        await there.until(lambda: there.count("colorise_bot_limits_total", family="posts") == 1)
        await there.until(lambda: len(there.platform.network.files) == 10)  # all are uploaded, and wait
    states = [entry.state for entry in await written(queue)]
    assert sorted(states) == [State.COLOURED] * 4 + [State.POSTING]


async def test_words_that_the_network_has_from_another_reply_are_put_differently() -> None:
    queue = MemoryQueue()
    async with world(queue=queue) as there:
        other = there.posts("jan", "@colorisebot hello")
        await there.reply(other.id)
        there.platform.faults.break_off("reply")
        mention = there.posts("rosa", "@colorisebot", media=[photo()])
        await there.until(lambda: there.platform.faults._next["reply"] == deque())
        (entry,) = [entry for entry in await written(queue) if entry.mention == mention.id]
        me = await there.platform.identify()
        there.platform.network.publish(me.id, entry.text, reply_to=other.id)
        reply = await there.reply(mention.id)
        assert reply.words != entry.text
