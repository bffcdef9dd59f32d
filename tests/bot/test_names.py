"""Claims about names in texts, and about the names of programs."""

from __future__ import annotations

import pytest

from bot.names import after_run, is_named, is_program
from bot.platforms.protocol import Account

ME = "colorisebot"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@author @colorisebot please", "please"),
        ("  @author\n@colorisebot, please @colorisebot", "please @colorisebot"),
        ("\uff20author please", "please"),
        ("please @colorisebot", "please @colorisebot"),
        ("@colorisebot", ""),
        ("", ""),
    ],
)
def test_the_leading_run_of_names_ends_where_words_begin(text: str, rest: str) -> None:
    assert after_run(text, ME) == rest


def test_a_user_name_with_points_is_one_name() -> None:
    assert after_run("@color.ise.bot please", "color.ise.bot") == "please"


@pytest.mark.parametrize("text", ["hi @colorisebot", "hi @ColoriseBot!", "(\uff20colorisebot)", ".@colorisebot"])
def test_a_name_is_found_however_it_is_written(text: str) -> None:
    assert is_named(text, ME)


@pytest.mark.parametrize(
    "text", ["colorisebot", "@colorisebot2", "@my_colorisebot", "me@colorisebot", "https://a.example/@colorisebot"]
)
def test_what_only_contains_the_name_does_not_name_it(text: str) -> None:
    assert not is_named(text, ME)


@pytest.mark.parametrize(
    "name",
    [
        "weatherbot",
        "WeatherBot",
        "weather_bot",
        "bot_of_the_day",
        "MyBotHere",
        "weatherbot42",
        "bot",
        "weather-bot@a.example",
    ],
)
def test_programs_are_known_by_their_names(name: str) -> None:
    assert is_program(Account(id="1", username=name))


@pytest.mark.parametrize(
    "name", ["grandma", "botany_fan", "robotic", "Botticelli", "JaneTalbot", "abbot", "both", "x@bot.example"]
)
def test_people_are_not_taken_for_programs(name: str) -> None:
    assert not is_program(Account(id="1", username=name))


def test_a_program_that_says_so_is_one() -> None:
    assert is_program(Account(id="1", username="grandma", automated=True))
