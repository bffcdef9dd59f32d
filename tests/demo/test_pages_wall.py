"""The wall in a real browser: full, bounded, live, and silent about nothing that was taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.conftest import code_of
from tests.demo.stub_stand import NETWORK, Kept

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

PLACES = """() => {
    const { left, top, width, height } = document.querySelector("#mosaic").getBoundingClientRect();
    return [width, height, [...document.querySelectorAll(".tile:not([data-going])")].map((tile) => {
        const box = tile.getBoundingClientRect();
        return [box.left - left, box.top - top, box.width, box.height];
    })];
}"""


def filled(stand: StubStand, count: int) -> None:
    for number in range(count):
        stand.picture_on_wall(stub_goods.NAMES[number % len(stub_goods.NAMES)], number)


def shown(page: Page) -> list[str]:
    ids: list[str] = page.evaluate(
        "[...document.querySelectorAll('.tile:not([data-going])')].map((one) => one.dataset.id)"
    )
    return ids


def test_an_empty_wall_invites(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/wall")
    expect(page.get_by_text("The first picture could be yours.")).to_be_visible()
    expect(page.locator("#invitation .where")).to_have_text("192.168.1.7:8000")
    assert code_of(page.locator("#invitation .code")) == NETWORK
    stand.picture_on_wall("coffee")
    expect(page.locator("#invitation")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(1)
    assert code_of(page.locator(".plinth .code")) == NETWORK


@pytest.mark.parametrize("size", [(390, 844), (1366, 768), (1080, 1920), (3840, 2160)])
@pytest.mark.parametrize("count", [1, 3, 60])
def test_the_pictures_fill_the_screen_without_overlapping(
    browsing: Browsing, stand: StubStand, size: tuple[int, int], count: int
) -> None:
    filled(stand, count)
    page = browsing.open("/wall", viewport={"width": size[0], "height": size[1]})
    expect(page.locator(f"[data-id={stub_goods.NAMES[(count - 1) % 6]}-{count - 1}]")).to_be_visible()
    width, height, boxes = page.evaluate(PLACES)
    areas = sum(wide * tall for _, _, wide, tall in boxes)
    assert areas > 0.9 * width * height
    for x, y, wide, tall in boxes:
        assert x >= -1
        assert y >= -1
        assert x + wide <= width + 1
        assert y + tall <= height + 1
    assert areas <= width * height + 1


def test_no_number_of_pictures_makes_the_page_grow(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/wall")
    filled(stand, 300)
    expect(page.locator(f"[data-id={stub_goods.NAMES[299 % 6]}-299]")).to_be_visible()
    assert 8 < len(shown(page)) < 40
    expect(page.locator(".tile[data-going]")).to_have_count(0)
    assert page.locator("img").count() < 80


def test_a_picture_taken_off_makes_room_for_an_older_one(browsing: Browsing, stand: StubStand) -> None:
    filled(stand, 60)
    page = browsing.open("/wall")
    newest = page.locator("[data-id=flower-59]")
    expect(newest).to_be_visible()
    before = len(shown(page))
    stand.tell("wall", "removed", {"id": "flower-59"})
    expect(newest).to_have_count(0)
    assert len(shown(page)) == before


def test_a_new_picture_is_grey_first_and_gets_its_colours(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/wall", reduced_motion="no-preference")
    stand.picture_on_wall("coffee")
    tile = page.locator(".tile[data-new] .coloured")
    expect(tile).to_be_attached()
    assert "colours" in tile.evaluate("image => getComputedStyle(image).animationName")
    expect(page.locator(".tile:not([data-new])")).to_have_count(1)


def test_counter_and_seconds_are_told(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/wall")
    stand.tell("wall", "count", {"pictures": 1, "median_seconds": 0.62})
    expect(page.locator("#count-word")).to_have_text("picture")
    expect(page.locator("#seconds")).to_have_text("0.6 s")
    stand.tell("wall", "count", {"pictures": 1284, "median_seconds": 0.58})
    expect(page.locator("#pictures")).to_have_text("1,284")
    expect(page.locator("#count-word")).to_have_text("pictures")


def test_a_broken_stream_comes_back_without_doubles_and_without_what_has_gone(
    browsing: Browsing, stand: StubStand
) -> None:
    filled(stand, 4)
    page = browsing.open("/wall")
    expect(page.locator(".tile")).to_have_count(4)
    wall = stand.streams["wall"]

    def gone_meanwhile() -> None:
        wall.forget("added", id="coffee-0")
        wall.arrived.clear()
        wall.break_off()

    stand.do(gone_meanwhile)
    stand.picture_on_wall("flower", 9)
    expect(page.locator("[data-id=flower-9]")).to_be_visible()
    expect(page.locator("[data-id=coffee-0]")).to_have_count(0)
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator(".offline")).to_be_hidden()


def test_a_film_hangs_on_the_wall_as_a_film(browsing: Browsing, stand: StubStand, tmp_path: Path) -> None:
    page = browsing.open("/wall")
    film = stub_goods.film(tmp_path, grey=False)
    kept = Kept("film", "t", "clip", film, film)
    stand.visits["film"] = kept
    stand.tell("wall", "added", stand.on_wall(kept, {"saturation": 1, "caption": "A cup that moves"}))
    films = page.locator("[data-id=film] video")
    expect(films).to_have_count(2)
    expect(films.last).to_have_attribute("aria-label", "A cup that moves")
    assert films.first.evaluate("film => getComputedStyle(film).filter") == "grayscale(1)"


def test_captions_are_text_and_never_markup(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/wall")
    stand.picture_on_wall("coffee", caption="<img src=x onerror=alert(1)>")
    expect(page.locator(".tile figcaption")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".tile img")).to_have_count(2)
