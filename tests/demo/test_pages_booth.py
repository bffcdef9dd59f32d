"""The booth in a real browser: pictures in, colours out, and no dead end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.conftest import INSECURE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand


def chosen(page: Page, data: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})


def followed(page: Page, data: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> str:
    """Choose a file whose stages the test tells; the id of its visit."""
    with page.expect_response("**/api/visits") as answer:
        chosen(page, data, name, kind)
    expect(page.locator("#work")).to_be_visible()
    return str(answer.value.json()["id"])


def grey_file(name: str = "coffee") -> bytes:
    return stub_goods.file_of(name, grey=True)


def sampled(browsing: Browsing, *, stopped: bool = False) -> Page:
    page = browsing.open("/", stopped=stopped)
    page.get_by_role("button", name="Colour the sample “Astronaut”").click()
    expect(page.locator("#result")).to_be_visible()
    return page


def test_a_file_passes_all_stages_and_comes_back_in_colour(browsing: Browsing, stand: StubStand) -> None:
    stand.automatic = False
    page = browsing.open("/")
    visit = followed(page, grey_file())
    expect(page.locator("#bath")).to_be_visible()
    for at, stage in enumerate(("received", "stored", "ordered", "colouring")):
        stand.tell(visit, "stage", {"stage": stage, "at_ms": 1_764_342_000_000 + at * 250})
        expect(page.locator(f"#stages [data-stage={stage}]")).to_have_attribute("data-state", "now")
    expect(page.locator("#stages [data-stage=stored]")).to_contain_text("0.25 s")
    expect(page.locator("#work-said")).to_have_text("Being coloured")
    stand.finish(visit, tint="sepia")
    expect(page.get_by_role("heading", name="In colour.")).to_be_focused()
    expect(page.locator("#result-side")).to_contain_text("It was a sepia print")
    assert stand.visits[visit].before == grey_file()


def test_a_sample_is_asked_for_by_its_name(browsing: Browsing, stand: StubStand) -> None:
    page = sampled(browsing)
    (kept,) = stand.visits.values()
    assert kept.before == grey_file("astronaut")
    expect(page.locator("#print canvas")).to_be_visible()


def test_a_dropped_file_is_taken_as_well(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/")
    page.evaluate(
        """([data]) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(data)], "a.jpg", { type: "image/jpeg" }));
            for (const name of ["dragenter", "drop"]) {
                dispatchEvent(new DragEvent(name, { dataTransfer: files, bubbles: true, cancelable: true }));
            }
        }""",
        [list(grey_file())],
    )
    expect(page.locator("#result")).to_be_visible()
    assert len(stand.visits) == 1


def test_the_camera_counts_to_three_and_its_colours_never_leave_the_browser(
    browsing: Browsing, stand: StubStand
) -> None:
    page = browsing.open("/", stopped=True)
    page.get_by_role("button", name="Take a picture").click()
    assert page.locator("#finder").evaluate("video => getComputedStyle(video).filter") == "grayscale(1)"
    page.get_by_role("button", name="Three, two, one").click()
    count = page.locator("#count[aria-live=assertive]")
    for left in ("3", "2", "1"):
        expect(count).to_have_text(left)
        page.clock.run_for(1000)
    expect(page.locator("#result")).to_be_visible()
    (kept,) = stand.visits.values()
    sent = stub_goods.read(kept.before)
    assert sent is not None
    assert sent.shape[0] > 200
    assert np.ptp(sent.astype(int), axis=-1).max() <= 2
    assert not page.evaluate("document.querySelector('#finder').srcObject")


def test_a_page_without_a_secure_address_says_why_it_has_no_camera_and_offers_the_file(browsing: Browsing) -> None:
    page = browsing.open("/", host=INSECURE)
    expect(page.locator("#camera-why")).to_contain_text("secure address")
    expect(page.locator("#to-file")).to_have_class("large primary")
    page.get_by_role("button", name="Take a picture").click()
    expect(page.locator("#attract")).to_be_visible()


def test_a_refused_camera_is_explained_and_the_file_offered(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/")
    page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError") };
        }"""
    )
    page.get_by_role("button", name="Take a picture").click()
    expect(page.locator("#camera-why")).to_contain_text("was not allowed to use the camera")
    chosen(page, grey_file())
    expect(page.locator("#result")).to_be_visible()
    assert len(stand.visits) == 1


def test_a_file_that_is_too_large_is_told_without_sending_it(browsing: Browsing, stand: StubStand) -> None:
    stand.settings["max_bytes"] = 2_000_000
    page = browsing.open("/")
    chosen(page, bytes(2_000_001))
    expect(page.locator("#trouble-said")).to_contain_text("up to 2 MB")
    assert stand.visits == {}
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#attract")).to_be_visible()


def test_what_is_no_picture_is_declined_with_the_stands_own_sentence(browsing: Browsing) -> None:
    browsing.allowed.append("status of 415")
    page = browsing.open("/")
    chosen(page, b"no picture at all", "a.txt", "text/plain")
    expect(page.locator("#trouble-said")).to_have_text("This is no picture that we can read.")
    with page.expect_file_chooser():
        page.get_by_role("button", name="Choose another file").click()


def test_a_picture_in_colour_can_be_made_grey_and_tried_again(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/")
    chosen(page, stub_goods.file_of("coffee", grey=False))
    expect(page.locator("#trouble-said")).to_contain_text("in colour already")
    page.get_by_role("button", name="Make it black and white first").click()
    expect(page.locator("#result")).to_be_visible()
    second = stub_goods.read(list(stand.visits.values())[1].before)
    assert second is not None
    assert not stub_goods.is_in_colour(second)


def test_who_asks_too_often_can_try_again(browsing: Browsing, stand: StubStand) -> None:
    browsing.allowed.append("status of 429")
    stand.refuse_with = (429, "too-often", "That was often. Wait a moment.")
    page = browsing.open("/")
    chosen(page, grey_file())
    expect(page.locator("#trouble-said")).to_have_text("That was often. Wait a moment.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#result")).to_be_visible()


def test_a_stand_that_is_away_is_tried_again_until_it_is_back(browsing: Browsing, stand: StubStand) -> None:
    browsing.allowed.append("status of 503")
    page = browsing.open("/", stopped=True)
    stand.is_away = True
    chosen(page, grey_file())
    expect(page.locator(".offline")).to_have_text("The connection is lost. Trying again …")
    page.clock.run_for(1500)
    expect(page.locator(".offline")).to_be_visible()
    stand.is_away = False
    page.clock.run_for(20_000)
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator(".offline")).to_be_hidden()


def test_a_stream_that_breaks_off_is_followed_on(browsing: Browsing, stand: StubStand) -> None:
    stand.automatic = False
    page = browsing.open("/")
    visit = followed(page, grey_file())
    stand.tell(visit, "stage", {"stage": "received", "at_ms": 0})
    expect(page.locator("#stages [data-stage=received]")).to_have_attribute("data-state", "now")
    stand.do(stand.visits[visit].channel.break_off)
    stand.finish(visit)
    expect(page.locator("#result")).to_be_visible()


def test_nobody_there_starts_over_after_a_countdown_that_a_touch_ends(browsing: Browsing, stand: StubStand) -> None:
    stand.settings["idle_seconds"] = 30
    page = sampled(browsing, stopped=True)
    page.clock.run_for(19_000)
    expect(page.locator("#idle")).to_be_hidden()
    page.clock.run_for(4_000)
    expect(page.locator("#idle .idle-count")).to_have_text("7")
    page.keyboard.press("Shift")
    expect(page.locator("#idle")).to_be_hidden()
    page.clock.run_for(19_000)
    expect(page.locator("#result")).to_be_visible()
    page.clock.run_for(12_000)
    expect(page.locator("#attract")).to_be_visible()
    expect(page.locator("#print > *")).to_have_count(0)


def test_a_deleted_picture_is_gone_and_the_stand_starts_over(browsing: Browsing, stand: StubStand) -> None:
    page = sampled(browsing)
    (visit,) = stand.visits
    page.locator("#delete").click()
    page.get_by_role("button", name="No, keep it").click()
    assert stand.asked == []
    page.locator("#delete").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator("#attract")).to_be_visible()
    assert stand.asked == [("DELETE", f"/api/visits/{visit}", None)]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_attract_loop_moves_only_for_those_who_do_not_mind(browsing: Browsing, motion: str) -> None:
    page = browsing.open("/", reduced_motion=motion)
    page.wait_for_selector(".slide")
    longest = page.evaluate(
        "Math.max(...document.getAnimations().map((one) => Number(one.effect.getComputedTiming().endTime)), 0)"
    )
    assert (longest > 1000) is (motion == "no-preference")
