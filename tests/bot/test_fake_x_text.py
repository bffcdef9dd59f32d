"""How a fake X weighs and shows texts, and counts its ids."""

from __future__ import annotations

import pytest

from bot.fake_x.accounts import Account, AccountBook
from bot.fake_x.posts import Post, PostStore, Snowflakes
from bot.fake_x.text import Appended, show, weight


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("abc é \u2019", 7),
        ("灰色", 4),
        ("see https://example.org/very/long/address?with=much and more", 4 + 23 + 9),
        ("👍", 2),
        ("👨‍👩‍👧", 2),
        ("🇫🇷", 2),
        ("e\u0301", 1),
    ],
)
def test_texts_weigh_what_x_documents(text: str, expected: int) -> None:
    assert weight(text) == expected


def accounts() -> AccountBook:
    book = AccountBook()
    for name in ("anna", "Colorisebot"):
        book.add(name)
    return book


def test_names_are_those_of_people_who_are_there() -> None:
    shown = show("mail@anna.org, @nobody, @ANNA! @colorisebot2 .@colorisebot", find=accounts().named)
    assert [(one.username, shown.text[one.start : one.end]) for one in shown.mentions] == [
        ("anna", "@ANNA"),
        ("Colorisebot", "@colorisebot"),
    ]


def test_links_are_shortened_and_marks_escaped() -> None:
    shown = show(
        "a < b & https://example.org/?a=1&b=2. @anna",
        find=accounts().named,
        appended=Appended("https://x.com/anna/status/1/photo/1", "pic.x.com/abc", "3_1"),
    )
    link, picture = shown.links
    assert shown.text == f"a &lt; b &amp; {link.url}. @anna {picture.url}"
    assert (link.expanded_url, shown.text[link.start : link.end]) == ("https://example.org/?a=1&b=2", link.url)
    assert (picture.media_key, picture.display_url) == ("3_1", "pic.x.com/abc")
    assert shown.text[shown.mentions[0].start : shown.mentions[0].end] == "@anna"


def test_ids_grow_even_when_the_clock_stands_or_goes_back() -> None:
    ids = Snowflakes()
    given = [ids.next(now) for now in (1_700_000_000_000, 1_700_000_000_000, 1_699_999_999_000, 1_700_000_000_001)]
    assert given == sorted(set(given))
    old = ids.next(1_700_000_000_002, 1_600_000_000_123)
    assert old < given[0]
    assert Snowflakes.posted_ms(old) == 1_600_000_000_123


def test_an_account_is_opened_once() -> None:
    book = accounts()
    with pytest.raises(ValueError, match="there is an account @ANNA"):
        book.add("ANNA")
    found = book.named("anna")
    assert isinstance(found, Account)
    assert found.access_token.startswith(found.id + "-")


def test_what_is_removed_is_in_no_index() -> None:
    store = PostStore()
    post = Post(5, "a", "x", "x", 0, 5, 0.0)
    reply = Post(6, "b", "y", "y", 0, 5, 0.0, reply_to=5)
    retweet = Post(7, "b", "", "RT", 0, 7, 0.0, retweet_of=5)
    for one in (retweet, post, reply):
        store.add(one)
    assert list(store.authored("b")) == [6, 7]
    assert [one.id for one in store.remove(5)] == [5, 7]
    assert (list(store.authored("a")), list(store.authored("b")), list(store.replies(5))) == ([], [6], [6])
    assert store.remove(5) == []
