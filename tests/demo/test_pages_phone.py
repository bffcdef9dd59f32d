"""The page behind the code, as a phone shows it; and the page for what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.stub_stand import Kept

if TYPE_CHECKING:
    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def address(stand: StubStand) -> str:
    """Of the page of a picture that is done."""
    kept = Kept(
        "v1", "v1.signed", "photo", stub_goods.file_of("rocket", grey=True), stub_goods.file_of("rocket", grey=False)
    )
    kept.channel.told = [("stage", {"stage": "done", "at_ms": 700}), ("done", stand.done(kept, may_post=False))]
    stand.visits["v1"] = kept
    return f"/p/{kept.token}"


def test_the_picture_fills_a_phones_width_and_nothing_sticks_out(browsing: Browsing, address: str) -> None:
    page = browsing.open(address, **PHONE)
    picture = page.locator(".compare")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box
    assert box["width"] > 350
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".qr, .ways, #again, #consent")).to_have_count(0)


def test_a_finger_moves_the_line(browsing: Browsing, address: str) -> None:
    page = browsing.open(address, **PHONE)
    box = page.locator(".compare").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + 20)
    expect(page.get_by_role("slider").first).to_have_attribute("aria-valuenow", re.compile("^(29|30|31)$"))


def test_it_is_saved_and_deleted_from_the_phone(browsing: Browsing, stand: StubStand, address: str) -> None:
    page = browsing.open(address, **PHONE)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the picture").click()
    assert saved.value.suggested_filename == "coloured-2026-11-28.jpg"
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_role("heading", name="Deleted.")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()
    assert stand.asked == [("DELETE", "/api/visits/v1", None)]
    assert stand.visits == {}


def test_a_picture_on_the_wall_is_taken_off_from_the_phone_and_not_put_back(
    browsing: Browsing, stand: StubStand, address: str
) -> None:
    kept = stand.visits["v1"]
    kept.channel.told = [("done", stand.done(kept, may_post=False) | {"on_wall": True})]
    page = browsing.open(address, **PHONE)
    expect(page.get_by_role("heading", name="It hangs on the wall.")).to_be_visible()
    page.get_by_role("button", name="Take it off the wall").click()
    expect(page.locator(".to-wall [role=status]")).to_have_text("It is off the wall again.")
    expect(page.get_by_role("heading", name="It hangs on the wall.")).to_be_hidden()
    expect(page.locator(".to-wall :is(button, input)").locator("visible=true")).to_have_count(0)
    assert stand.asked == [("DELETE", "/api/visits/v1/wall", None)]


def test_a_picture_whose_time_is_over_is_said_to_be_gone(browsing: Browsing) -> None:
    browsing.allowed.append("status of 404")
    page = browsing.open("/p/long.ago", stopped=True)
    for _ in range(4):
        page.clock.run_for(5000)
    expect(page.get_by_role("heading", name="It is not here any more.")).to_be_visible()
    expect(page.get_by_role("link", name="To the stand")).to_be_visible()


def test_an_address_that_leads_nowhere_leads_back_to_the_booth(browsing: Browsing) -> None:
    browsing.allowed.append("status of 404")
    page = browsing.open("/nowhere")
    page.get_by_role("link", name="To the booth").click()
    expect(page.locator("#attract")).to_be_visible()
