"""What axe-core and a ruler find on every page, in both lights, from a phone to a wall of screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.stub_stand import Kept
from tests.demo.test_pages_booth import chosen
from tests.demo.test_pages_machine import told as told_by_machine
from tests.demo.test_pages_machine import worker
from tests.demo.test_pages_timeline import told as told_by_timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

SIZES: Final = ((390, 844), (1366, 768), (3840, 2160))
LIGHTS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TARGET: Final = 44
"""Pixels that a finger needs."""

CONTROLS: Final = "button, a:not(.address), input, select, textarea, summary, [role=slider]"
"""The phone page's address is a line of text: it may be as high as one."""

SMALL_TARGETS: Final = """([controls, least]) => [...document.querySelectorAll(controls)]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".unseen, [aria-hidden=true]"))
    .map((one) => {
        const line = one.matches("[role=slider]") ? one.firstElementChild : one;
        const touched = one.matches("[type=checkbox]") ? one.closest("label") : line;
        const { width, height } = touched.getBoundingClientRect();
        return [one.outerHTML.slice(0, 80), Math.round(width), Math.round(height)];
    })
    .filter(([, width, height]) => Math.min(width, height) < least)"""


def wall(page: Page, stand: StubStand) -> None:
    stand.picture_on_wall("coffee", caption="A cup")
    stand.picture_on_wall("rocket")
    expect(page.locator(".tile")).to_have_count(2)


def timeline(page: Page, stand: StubStand) -> None:
    told_by_timeline(
        stand, "1", "@colorisebot please", media=[{"url": "/api/samples/coffee", "kind": "image", "alt": ""}]
    )
    media = [{"url": f"/api/samples/{name}", "kind": "image", "alt": name} for name in stub_goods.NAMES[:4]]
    told_by_timeline(stand, "2", "Here.", is_bot=True, author="colorisebot", reply_to="1", media=media)
    page.get_by_role("button", name="Reply to Ada").click()
    expect(page.locator(".post")).to_have_count(2)


def machine(page: Page, stand: StubStand) -> None:
    in_hand = [{"kind": "colorise-image", "job": "job-7", "seconds": 0.3}]
    stand.traces["job-7"] = [{"stage": "function", "who": "worker-1", "at_ms": 0, "seconds": 0.5}]
    told_by_machine(stand, worker("worker-1", in_hand=in_hand), worker("worker-2", state="dead"), waiting=3)
    for what in ("killed", "finished"):
        moment = {"at": "2026-11-28T15:00:00Z", "what": what, "worker": "worker-1", "job": "job-7", "said": what}
        stand.tell("machine", "moment", moment)
    expect(page.locator(".trace")).to_be_visible()
    page.get_by_text("Table").first.click()


def desk(page: Page, stand: StubStand) -> None:
    page.keyboard.type("4711")
    page.keyboard.press("Enter")
    stand.picture_on_wall("coffee", caption="A cup")
    expect(page.locator(".thumbs li")).to_have_count(1)


def camera(page: Page, stand: StubStand) -> None:
    del stand
    page.get_by_role("button", name="Take a picture").click()
    expect(page.get_by_role("button", name="Three, two, one")).to_be_enabled()


def work(page: Page, stand: StubStand) -> None:
    stand.automatic = False
    with page.expect_response("**/api/visits") as answer:
        chosen(page, stub_goods.file_of("coffee", grey=True))
    visit = answer.value.json()["id"]
    stand.tell(visit, "stage", {"stage": "stored", "at_ms": 0})
    stand.tell(visit, "progress", {"done": 3, "of": 9, "preview": None})
    expect(page.locator("#meter")).to_be_visible()


def result(page: Page, stand: StubStand) -> None:
    del stand
    chosen(page, stub_goods.file_of("coffee", grey=True))
    expect(page.locator("#result")).to_be_visible()
    page.get_by_role("checkbox").check()


def trouble(page: Page, stand: StubStand) -> None:
    del stand
    chosen(page, stub_goods.file_of("coffee", grey=False))
    expect(page.locator("#trouble")).to_be_visible()


def phone(page: Page, stand: StubStand) -> None:
    kept = Kept(
        "v1", "v1.signed", "photo", stub_goods.file_of("rocket", grey=True), stub_goods.file_of("rocket", grey=False)
    )
    kept.channel.told = [("done", stand.done(kept, may_post=False))]
    stand.visits["v1"] = kept
    page.goto(f"{stand.url}/p/v1.signed")
    expect(page.locator("#result")).to_be_visible()


def nothing(page: Page, stand: StubStand) -> None:
    del page, stand


PAGES: Final[dict[str, tuple[str, Callable[[Page, StubStand], None]]]] = {
    "booth": ("/", nothing),
    "camera": ("/", camera),
    "work": ("/", work),
    "result": ("/", result),
    "trouble": ("/", trouble),
    "wall": ("/wall", wall),
    "empty wall": ("/wall", nothing),
    "timeline": ("/timeline", timeline),
    "machine": ("/machine", machine),
    "gate": ("/operator", nothing),
    "desk": ("/operator", desk),
    "phone": ("/", phone),
    "error": ("/nowhere", nothing),
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_every_target_is_large_enough(browsing: Browsing, stand: StubStand, name: str) -> None:
    path, prepare = PAGES[name]
    browsing.allowed.append("status of 404")
    page = browsing.open(path)
    prepare(page, stand)
    found: list[Any] = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for light in LIGHTS:
            page.emulate_media(color_scheme=light)
            # Colours change over a moment, even for those who mind motion.
            page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            answer = Axe().run(page).response
            assert len(answer["passes"]) > 10  # it has looked at something
            found += [
                (width, light, one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]])
                for one in answer["violations"]
            ]
        found += [(width, *one) for one in page.evaluate(SMALL_TARGETS, [CONTROLS, TARGET])]
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out_of_a_small_phone(browsing: Browsing, stand: StubStand, name: str) -> None:
    path, prepare = PAGES[name]
    browsing.allowed.append("status of 404")
    page = browsing.open(path, viewport={"width": 360, "height": 640})
    prepare(page, stand)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_switch_of_light_is_kept(browsing: Browsing) -> None:
    page = browsing.open("/", color_scheme="light")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark colours").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert page.evaluate(paper) == dark


def test_the_booth_is_worked_by_keys_alone(browsing: Browsing) -> None:
    page = browsing.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(30):
        if page.evaluate("document.activeElement.matches('.sample')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="In colour.")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(page.get_by_label("Amount of colour")).to_have_value("0")
