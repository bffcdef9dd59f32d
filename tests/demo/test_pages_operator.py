"""Behind the counter, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.demo.stub_stand import PIN

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand


@pytest.fixture
def desk(browsing: Browsing, stand: StubStand) -> Page:
    stand.is_operator = True
    page = browsing.open("/operator")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    return page


def test_the_pad_lets_in_with_the_right_number_only(browsing: Browsing) -> None:
    browsing.allowed.append("status of 403")
    page = browsing.open("/operator")
    for digit in "1234":
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the number. Please look again.")
    expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("#desk")).to_be_hidden()
    for digit in PIN:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#desk-title")).to_be_focused()
    expect(page.locator("#gate")).to_be_hidden()


def test_the_number_can_be_typed_and_corrected(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/operator")
    page.keyboard.type(f"{PIN}9")
    page.get_by_role("button", name="Take back one digit").click()
    page.locator("#pin").press("Enter")
    expect(page.locator("#desk")).to_be_visible()
    assert stand.pin_tries == 1


def test_who_tries_too_often_reads_the_stands_sentence(browsing: Browsing, stand: StubStand) -> None:
    browsing.allowed.append("status of 429")
    stand.pin_tries = 5
    page = browsing.open("/operator")
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Too many tries. Wait a minute.")


def test_settings_are_saved_in_the_stands_own_units(desk: Page, stand: StubStand) -> None:
    expect(desk.get_by_label("Largest file, in MB")).to_have_value("25")
    desk.get_by_label("Name of the stand").fill("Colours at the fair")
    desk.get_by_label("Largest file, in MB").fill("12")
    desk.get_by_label("Start over after").fill("45")
    desk.get_by_label("Longest clip").fill("20.5")
    desk.get_by_label("Language of the stand").select_option("de")
    desk.get_by_role("checkbox", name="Chelsea").uncheck()
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator("#settings-said")).to_have_text("Saved.")
    ((_, _, saved),) = stand.asked
    assert saved == {
        "name": "Colours at the fair", "language": "de", "idle_seconds": 45, "max_bytes": 12_000_000,
        "keep_minutes": 60, "wall_hours": 12, "max_clip_seconds": 20.5, "per_visitor_per_minute": 20,
        "samples": ["coffee", "astronaut", "rocket", "china"],
    }  # fmt: skip


def test_a_sample_that_is_not_offered_can_be_offered_again(browsing: Browsing, stand: StubStand) -> None:
    stand.settings["samples"] = ["coffee"]
    page = browsing.open("/operator")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Rocket").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#settings-said")).to_have_text("Saved.")
    assert stand.settings["samples"] == ["coffee", "rocket"]


def test_a_picture_of_the_wall_is_deleted_with_all_that_belongs_to_it(desk: Page, stand: StubStand) -> None:
    stand.picture_on_wall("coffee", caption="A cup")
    stand.picture_on_wall("rocket", caption="Lift-off")
    desk.get_by_role("button", name="Delete “A cup”").click()
    desk.get_by_role("button", name="Yes, delete it").click()
    expect(desk.locator(".thumbs li")).to_have_count(1)
    assert stand.asked == [("DELETE", "/api/operator/visits/coffee-0", None)]


def test_the_wall_is_cleared_after_a_question(desk: Page, stand: StubStand) -> None:
    expect(desk.get_by_role("button", name="Clear the wall")).to_be_disabled()
    stand.picture_on_wall("coffee")
    desk.get_by_role("button", name="Clear the wall").click()
    desk.keyboard.press("Escape")
    assert stand.asked == []
    desk.get_by_role("button", name="Clear the wall").click()
    desk.get_by_role("button", name="Yes, clear it").click()
    expect(desk.locator(".thumbs li")).to_have_count(0)
    assert stand.asked == [("DELETE", "/api/operator/wall", None)]


def test_figures_are_one_link_away(desk: Page) -> None:
    link = desk.get_by_role("link", name="Export as CSV")
    expect(link).to_have_attribute("href", "/api/operator/figures.csv")
    assert link.get_attribute("download") is not None
