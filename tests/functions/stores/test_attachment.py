"""Claims about the name that a browser saves a file as."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.stores.attachment import attachment


def saved_as(disposition: str) -> str:
    """What a browser makes of it: of two names, it takes the encoded one."""
    encoded = re.search(r"filename\*=UTF-8''(.+)$", disposition)
    plain = re.search(r'filename="(.*?)"', disposition)
    return unquote(encoded[1]) if encoded else plain[1] if plain else ""


def test_a_plain_name_is_sent_plainly() -> None:
    assert attachment("wedding 1911.jpg") == 'attachment; filename="wedding 1911.jpg"'


def test_other_names_are_sent_both_ways() -> None:
    assert attachment("Größe 50%.jpg") == (
        "attachment; filename=\"Gr__e 50_.jpg\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%2050%25.jpg"
    )


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"b\r\nX: 1.jpg', "a_b__X_ 1.jpg"),
        (" .. ", "colorised"),
        ("C:\\1", "C__1"),
    ],
)
def test_a_name_leads_nowhere_and_ends_no_header(name: str, end: str) -> None:
    assert saved_as(attachment(name)) == end


def test_a_long_name_keeps_its_extension() -> None:
    saved = saved_as(attachment("ж" * 400 + ".jpeg"))
    assert saved.endswith("ж.jpeg")
    assert len(saved) == 150


@given(st.text())
def test_every_name_gives_a_header_in_ascii(name: str) -> None:
    header = attachment(name)
    assert re.fullmatch(r'attachment; filename="[ !#-~]{1,150}"(; filename\*=UTF-8\'\'[A-Za-z0-9_.~%-]+)?', header)
