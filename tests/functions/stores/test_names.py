"""Claims about the names of objects."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.errors import Rejected
from functions.jobs import ImageWishes, Network, VideoWishes
from functions.stores.names import checked, inbox_name, outbox_name

SOURCE = "a" * 64
OTHER = "b" * 64
NETWORK = Network(sha256=OTHER)
WISHES = ImageWishes()

_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


def of(
    source: str = SOURCE,
    network: Network = NETWORK,
    wishes: ImageWishes | VideoWishes = WISHES,
    engine: str = "1.2.0",
) -> str:
    return outbox_name(source, network=network, wishes=wishes, engine=engine, extension="jpg")


def test_the_same_work_has_the_same_name() -> None:
    assert of() == of()
    assert of(wishes=ImageWishes(saturation=1)) == of(wishes=ImageWishes(saturation=1.0))


def test_other_work_has_another_name() -> None:
    others = [
        of(source=OTHER),
        of(network=Network(sha256=SOURCE)),
        of(network=Network(sha256=OTHER, side=512)),
        of(network=Network(name="zhang16", sha256=OTHER)),
        of(network=Network()),
        of(wishes=ImageWishes(saturation=1.5)),
        of(wishes=ImageWishes(kind="jpeg")),
        of(wishes=ImageWishes(kinds=("jpeg",))),
        of(wishes=ImageWishes(max_bytes=5_000_000)),
        of(wishes=ImageWishes(mark=True)),
        of(wishes=VideoWishes()),
        of(wishes=VideoWishes(max_bytes=5_000_000)),
        of(wishes=VideoWishes(start=Fraction(1, 3))),
        of(engine="1.2.1"),
    ]
    assert len({of(), *others}) == len(others) + 1


def test_what_is_sent_keeps_its_own_hash() -> None:
    assert inbox_name(SOURCE, "jpg") == f"inbox/{SOURCE}.jpg"


@pytest.mark.parametrize(
    ("extension", "end"), [("JPG", ".jpg"), (".tar", ".tar"), ("", ""), ("j/../g", ""), ("x" * 11, ""), ("jpg\n", "")]
)
def test_an_extension_that_is_none_is_left_out(extension: str, end: str) -> None:
    assert inbox_name(SOURCE, extension) == f"inbox/{SOURCE}{end}"


@pytest.mark.parametrize("sha256", ["", "A" * 64, "a" * 63, "../" + "a" * 61, "a" * 64 + "\n"])
def test_what_is_no_hash_makes_no_name(sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        inbox_name(sha256, "jpg")


@given(
    source=_HEX,
    weights=st.none() | _HEX,
    engine=st.text(),
    extension=st.text(max_size=12),
)
def test_every_name_can_name_an_object(source: str, weights: str | None, engine: str, extension: str) -> None:
    network, wishes = Network(sha256=weights), VideoWishes()
    for name in (
        inbox_name(source, extension),
        outbox_name(source, network=network, wishes=wishes, engine=engine, extension=extension),
    ):
        assert checked(name) == name


def test_a_refused_name_is_shown() -> None:
    with pytest.raises(Rejected, match=r"\.\./passwd") as refused:
        checked("../passwd")
    assert refused.value.code == "bad-name"
