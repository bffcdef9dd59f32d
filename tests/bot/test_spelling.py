"""Claims about numbers as people say them."""

from __future__ import annotations

import pytest

from bot.spelling import duration, length, listed, number, place


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0.1 seconds"),
        (0, "0.1 seconds"),
        (0.94, "0.9 seconds"),
        (0.96, "1 second"),
        (1.04, "1 second"),
        (3.44, "3.4 seconds"),
        (9.94, "9.9 seconds"),
        (9.96, "10 seconds"),
        (42.4, "42 seconds"),
        (89.4, "89 seconds"),
        (89.6, "1 minute"),
        (119, "2 minutes"),
        (89 * 60, "89 minutes"),
        (2 * 3600, "2 hours"),
        (3 * 86400, "3 days"),
    ],
)
def test_a_duration_is_the_rougher_the_longer_it_is(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(140.9, "140 seconds"), (60, "1 minute"), (600, "10 minutes"), (1, "1 second")]
)
def test_a_length_is_never_more_than_it_is(seconds: float, said: str) -> None:
    assert length(seconds) == said


def test_small_numbers_are_words() -> None:
    assert [number(1), number(10), number(11)] == ["one", "ten", "11"]
    assert [place(n) for n in (1, 10, 11, 12, 21, 22, 23, 111)] == [
        "first", "tenth", "11th", "12th", "21st", "22nd", "23rd", "111th",
    ]  # fmt: skip


def test_a_list_ends_with_and() -> None:
    assert [listed(["first"]), listed(["first", "third"]), listed(["first", "second", "third"])] == [
        "first",
        "first and third",
        "first, second and third",
    ]
