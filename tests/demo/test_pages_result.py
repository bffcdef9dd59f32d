"""The coloured picture: its line, its amount of colour, and the ways to take it home."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.conftest import PATIENCE, code_of
from tests.demo.test_pages_booth import followed, sampled

if TYPE_CHECKING:
    import numpy.typing as npt
    from playwright.sync_api import Locator, Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

LUMA = np.array([0.299, 0.587, 0.114])


def line(page: Page) -> Locator:
    return page.get_by_role("slider", name="Line between colour and grey")


def canvas(page: Page) -> npt.NDArray[np.uint8]:
    """(H, W, 3) red, green, blue of what the canvas shows, once it has been drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shown = page.locator("#print canvas").evaluate("canvas => canvas.toDataURL('image/png')")
    return np.array(Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))).convert("RGB"))


def films(page: Page, until: str) -> None:
    """Wait until this is so of both films; the pages' policy forbids the driver's own way of waiting."""
    page.evaluate(
        f"""Promise.all([...document.querySelectorAll("#print video")].map((film) => new Promise((done, fail) => {{
            const end = performance.now() + {PATIENCE};
            const look = () => {{
                if ({until}) done();
                else if (performance.now() > end) fail(new Error("the films never got there"));
                else requestAnimationFrame(look);
            }};
            look();
        }})))"""
    )


def amount(page: Page, value: float) -> None:
    page.get_by_label("Amount of colour").fill(f"{value}")


def test_the_line_moves_by_keys_and_says_where_it_is(browsing: Browsing) -> None:
    page = sampled(browsing)
    line(page).focus()
    for key, percent in (
        ("Home", 0),
        ("ArrowRight", 2),
        ("End", 100),
        ("ArrowLeft", 98),
        ("Shift+ArrowLeft", 88),
        ("PageDown", 78),
    ):
        page.keyboard.press(key)
        expect(line(page)).to_have_attribute("aria-valuenow", f"{percent}")
    expect(line(page)).to_have_attribute("aria-valuetext", "78 percent in colour")
    shown = page.locator(".compare-over").evaluate("over => getComputedStyle(over).clipPath")
    assert shown.startswith("inset(0px 22%")


def test_the_line_follows_the_pointer(browsing: Browsing) -> None:
    page = sampled(browsing)
    box = page.locator(".compare").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 5, steps=4)
    page.mouse.up()
    quarter = re.compile("^2[456]$")
    expect(line(page)).to_have_attribute("aria-valuenow", quarter)
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 5)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(line(page)).to_have_attribute("aria-valuenow", quarter)


def test_more_and_less_colour_leave_every_pixels_luma_alone(browsing: Browsing) -> None:
    page = sampled(browsing)
    shown = {}
    for k in (1, 0, 2, 0.5):
        amount(page, k)
        shown[k] = canvas(page).astype(float)
    lumas = {k: pixels @ LUMA for k, pixels in shown.items()}
    spreads = {k: float(np.ptp(pixels, axis=-1).mean()) for k, pixels in shown.items()}
    for k in (0, 2, 0.5):
        assert np.abs(lumas[k] - lumas[1]).max() <= 1
    assert spreads[0] == 0
    assert spreads[0.5] == pytest.approx(spreads[1] / 2, rel=0.05)
    assert spreads[2] > 1.4 * spreads[1]


def test_what_is_saved_is_what_is_shown(browsing: Browsing, stand: StubStand) -> None:
    page = sampled(browsing)
    (kept,) = stand.visits.values()
    with page.expect_download() as whole:
        page.get_by_role("link", name="Save the picture").click()
    assert Path(whole.value.path()).read_bytes() == kept.after
    amount(page, 0)
    with page.expect_download() as grey:
        page.get_by_role("link", name="Save the picture").click()
    assert grey.value.suggested_filename.startswith("coloured-20")
    pixels = np.array(Image.open(grey.value.path()).convert("RGB")).astype(int)
    assert pixels.shape == (512, 512, 3)
    assert np.ptp(pixels, axis=-1).max() <= 2


def test_the_code_leads_to_the_address_beside_it(browsing: Browsing, stand: StubStand) -> None:
    page = sampled(browsing)
    (kept,) = stand.visits.values()
    expected = f"{stand.url}/p/{kept.token}"
    assert page.locator(".address").inner_text() == expected
    assert code_of(page.locator(".qr")) == expected


def test_nothing_is_put_on_the_wall_without_the_tick(browsing: Browsing, stand: StubStand) -> None:
    page = sampled(browsing)
    consent = page.get_by_role("checkbox")
    expect(consent).not_to_be_checked()
    page.get_by_role("button", name="Post to the wall").click()
    expect(page.locator(".to-wall [role=status]")).to_contain_text("Tick the box first")
    expect(consent).to_be_focused()
    assert stand.asked == []


def test_with_the_tick_it_hangs_on_the_wall_as_it_is_shown_until_it_is_taken_off(
    browsing: Browsing, stand: StubStand
) -> None:
    wall = browsing.open("/wall")
    page = sampled(browsing)
    (visit,) = stand.visits
    amount(page, 1.5)
    page.get_by_role("checkbox").check()
    page.get_by_label("A few words beside it").fill("Eileen, <b>1990</b>")
    page.get_by_role("button", name="Post to the wall").click()
    tile = wall.locator(f'[data-id="{visit}"]')
    expect(tile).to_contain_text("Eileen, <b>1990</b>")
    assert tile.locator(".coloured").evaluate("image => getComputedStyle(image).filter") == "saturate(1.5)"
    assert stand.asked == [("PUT", f"/api/visits/{visit}/wall", {"saturation": 1.5, "caption": "Eileen, <b>1990</b>"})]
    page.get_by_role("button", name="Take it off the wall").click()
    expect(tile).to_have_count(0)
    expect(page.get_by_role("button", name="Post to the wall")).to_be_focused()
    expect(page.get_by_role("checkbox")).not_to_be_checked()


@pytest.mark.parametrize("may_post", [True, False])
def test_the_wall_is_offered_only_where_the_stand_lets_the_visitor_post(
    browsing: Browsing, stand: StubStand, *, may_post: bool
) -> None:
    stand.automatic = False
    page = browsing.open("/")
    visit = followed(page, stub_goods.file_of("coffee", grey=True))
    stand.finish(visit, may_post=may_post)
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator(".to-wall")).to_have_count(int(may_post))
    expect(page.get_by_role("checkbox")).to_have_count(int(may_post))


def test_a_picture_that_hangs_there_already_is_said_to_and_can_be_taken_off(
    browsing: Browsing, stand: StubStand
) -> None:
    stand.automatic = False
    page = browsing.open("/")
    visit = followed(page, stub_goods.file_of("coffee", grey=True))
    stand.finish(visit, on_wall=True, caption="A cup")
    expect(page.get_by_role("heading", name="It hangs on the wall.")).to_be_visible()
    expect(page.get_by_role("button", name="Post to the wall")).to_be_hidden()
    expect(page.get_by_role("checkbox")).to_be_hidden()
    page.get_by_role("button", name="Take it off the wall").click()
    expect(page.get_by_role("button", name="Post to the wall")).to_be_focused()
    assert stand.asked == [("DELETE", f"/api/visits/{visit}/wall", None)]


def test_a_clip_shows_its_progress_and_then_plays_both_films_in_step(
    browsing: Browsing, stand: StubStand, tmp_path: Path
) -> None:
    stand.film = stub_goods.film(tmp_path, grey=True), stub_goods.film(tmp_path, grey=False)
    stand.automatic = False
    page = browsing.open("/", reduced_motion="no-preference")
    visit = followed(page, stand.film[0], "a.mp4", "video/mp4")
    preview = f"/api/visits/{visit}/preview/1?token={stand.visits[visit].token}"
    stand.tell(visit, "progress", {"done": 12, "of": 48, "preview": preview})
    expect(page.locator("#meter-said")).to_have_text("12 of 48 pictures of the film")
    expect(page.locator("#bath")).to_have_attribute("src", preview)
    assert page.locator("#meter-bar").evaluate("bar => bar.value") == 0.25
    stand.finish(visit)
    films(page, "film.currentTime > 0.3")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Place in the film").fill("500")
    films(page, "film.paused && !film.seeking && Math.abs(film.currentTime - 1) < 0.1")
    grey, colour = page.evaluate("[...document.querySelectorAll('#print video')].map((film) => film.currentTime)")
    assert grey == pytest.approx(colour, abs=0.08)
    assert colour == pytest.approx(1, abs=0.1)
    line(page).focus()
    page.keyboard.press("Home")
    expect(line(page)).to_have_attribute("aria-valuenow", "0")
    expect(page.get_by_role("link", name="Save the film")).to_have_attribute(
        "href", f"/api/visits/{visit}/after?token={stand.visits[visit].token}&download=1"
    )
