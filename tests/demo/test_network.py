"""Claims about the pretend network's people, posts and bounds; its rules are in tests/bot/test_platforms.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demo.network import LIFE, POSTS, Network
from demo.network_posts import Media, MediaKind
from demo.network_rules import UPLOAD_LIFE, Limited, plain_name, plain_text
from demo.network_trouble import WINDOWS, Trouble
from functions.errors import Postponed, Rejected


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def network(clock: Clock) -> Network:
    return Network(now=clock)


def media(network: Network, key: str) -> str:
    return network.keep_upload(Media(key, MediaKind.PHOTO, "image/jpeg", f"inbox/stand/{key}", 1, network.now()))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Anna-Maria K.", "AnnaMariaK"),
        ("  ", "guest"),
        ("Jörg", "Jörg"),
        ("x" * 40, "x" * 15),
        ("@bob", "bob"),
        ("\uff43olorisebot", "colorisebot"),
    ],
)
def test_a_name_can_be_mentioned_whatever_somebody_is_called(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  two\r\nlines  ", "two\nlines"),
        ("a\x00b\x1b[31mc\x7f", "a b [31mc"),
        ("see \u202egpj.exe\u202c", "see  gpj.exe"),
        ("👩\u200d🎨 שלום", "👩\u200d🎨 שלום"),
        ("tab\tand\u2003space", "tab and space"),
        ("\u202e", ""),
    ],
)
def test_a_text_shows_what_it_says(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_a_visitor_is_the_same_person_each_time_and_nobody_else(network: Network) -> None:
    anna = network.account("cookie-1", "Anna")
    assert network.account("cookie-1", "anna") == anna
    other = network.account("cookie-2", "Anna")
    assert (other.username, other.id != anna.id) == ("Anna2", True)
    assert network.account("cookie-2", "Anna") == other


def test_any_number_of_guests_need_no_name(network: Network) -> None:
    guests = [network.account(f"cookie-{number}", "") for number in range(300)]
    assert len({guest.username for guest in guests}) == len({guest.id for guest in guests}) == 300
    assert [guest.username for guest in guests[:2]] == ["guest", "guest2"]
    assert network.account("cookie-250", "") == guests[250]
    long = [network.account(f"other-{number}", "x" * 15).username for number in range(120)]
    assert len(set(long)) == 120
    assert all(len(name) == 15 for name in long)


def test_nobody_speaks_as_the_bot(network: Network) -> None:
    impostor = network.account("cookie", "ColoriseBot")
    assert impostor.id != network.bot.id
    assert impostor.username == "ColoriseBot2"
    entry = network.publish(impostor.id, "in colour")
    assert entry.author != network.bot.id


def test_the_oldest_posts_are_forgotten_first_and_everybody_is_told(network: Network) -> None:
    forgotten: list[str] = []
    network.listen(lambda one: forgotten.append(one.entry.id) if one.what == "forgotten" and one.entry else None)
    anna = network.account("cookie", "Anna")
    ids = [network.publish(anna.id, f"number {number}").id for number in range(POSTS + 3)]
    assert list(network.posts) == ids[3:]
    assert forgotten == ids[:3]


def test_a_day_later_posts_people_and_files_are_forgotten_but_the_bot(network: Network, clock: Clock) -> None:
    anna = network.account("cookie", "Anna")
    network.publish(anna.id, "a photo", [media(network, "hung")])
    media(network, "never-hung")
    clock.time += LIFE / 2
    later = network.publish(network.account("other", "Ben").id, "later")
    clock.time += LIFE / 2 + timedelta(seconds=1)
    network.forget()
    assert list(network.posts) == [later.id]
    assert network.uploads == {}
    assert {person.username for person in network.people.values()} == {"colorisebot", "Ben"}


def test_ids_grow_also_when_the_clock_is_set_back(network: Network, clock: Clock) -> None:
    anna = network.account("cookie", "Anna")
    first = network.publish(anna.id, "one").id
    clock.time -= timedelta(hours=1)
    second = network.publish(anna.id, "two").id
    assert int(second) > int(first)
    assert len(second) == len(first)


def test_what_was_said_is_not_said_again_after_a_restart(network: Network, clock: Clock) -> None:
    anna = network.account("cookie", "Anna")
    asked = network.publish(anna.id, "@colorisebot please")
    network.reply_as_bot("In colour", to=asked.id)
    again = Network(now=clock)
    again.restore(network.people.values(), network.uploads.values(), network.posts.values())
    assert again.bot.id == network.bot.id
    with pytest.raises(Rejected) as refused:
        again.reply_as_bot("In colour", to=asked.id)
    assert refused.value.code == "duplicate"
    assert int(again.publish(anna.id, "more").id) > int(max(network.posts))


def test_an_expired_upload_does_not_hang_on_a_new_post(network: Network, clock: Clock) -> None:
    key = media(network, "old")
    clock.time += UPLOAD_LIFE + timedelta(seconds=1)
    with pytest.raises(Rejected) as refused:
        network.publish(network.account("cookie", "Anna").id, "look", [key])
    assert refused.value.code == "bad-media"


def test_a_talk_can_switch_limits_on_and_sees_them_pass(clock: Clock) -> None:
    trouble = Trouble(clock)
    most, seconds = WINDOWS["reply"]

    def reply() -> None:
        with trouble.around("reply"):
            pass

    for _ in range(most + 5):
        reply()
    trouble.limits_on = True
    for _ in range(most):
        reply()
    with pytest.raises(Limited) as limited:
        reply()
    assert limited.value.after_seconds == seconds
    assert limited.value.until == clock() + timedelta(seconds=seconds)
    clock.time += timedelta(seconds=seconds)
    reply()


def test_a_lost_answer_is_lost_after_the_effect_and_a_stream_has_none_to_lose(clock: Clock) -> None:
    trouble, done = Trouble(clock), []
    for call in ("reply", "stream"):
        trouble.break_off(call, when="after")
        with pytest.raises(Postponed), trouble.around(call):
            done.append(call)
    assert done == ["reply"]
