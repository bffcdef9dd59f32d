"""Claims about what people share at the stand, with all its real parts: phones, wall, timeline, languages, access."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from cli.drill_bot_pictures import chroma_in
from tests.demo import stub_goods
from tests.demo.conftest import code_of
from tests.demo.test_pages_words import words
from tests.end_to_end.stand_process import StandProcess, let_in, opened, sampled, visit_of
from tests.end_to_end.test_stand_booth import CHROMA, LUMA_APART, colours, jpeg, luma_plane, saved

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.demo.conftest import Browsing

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}

LIGHTS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def path_in_code(page: Page, stand: StandProcess) -> str:
    """Where the code beside a result leads, as a phone's camera reads it: a path at the stand."""
    found = code_of(page.locator(".qr"))
    assert found.startswith(f"{stand.address}/p/")
    return found.removeprefix(stand.address)


def kept(stand: StandProcess, visit: str) -> set[str]:
    """Last parts of the names of all objects of a visit."""
    store = stand.store()
    folders = [f"{prefix}/stand/visits/{visit}/" for prefix in ("inbox", "outbox")]
    return {one.name.removeprefix(folder) for folder in folders for one in store.list(folder)}


def test_the_code_opens_the_picture_on_a_phone_which_saves_it_and_deletes_it_everywhere(
    browsing: Browsing, stand: StandProcess
) -> None:
    browsing.allowed.append("status of 404")
    booth = sampled(browsing)
    visit, path = visit_of(booth), path_in_code(booth, stand)
    pictures = [booth.locator("#print img").get_attribute("src"), booth.locator("#save").get_attribute("href")]
    addresses = [f"{stand.address}{picture}" for picture in pictures]
    assert [booth.request.get(address).status for address in addresses] == [200, 200]
    assert {"source.jpeg", "before.jpeg", "after.jpeg"} <= kept(stand, visit)
    phone = opened(browsing, path, **PHONE)
    expect(phone.locator(".compare")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    expect(phone.locator(".to-wall, #consent, .qr, #again")).to_have_count(0)
    assert chroma_in(colours(saved(phone))) > CHROMA
    phone.get_by_role("button", name="Delete it").click()
    phone.get_by_role("button", name="Yes, delete it").click()
    expect(phone.get_by_role("heading", name="Deleted.")).to_be_visible()
    expect(phone.locator("#result")).to_be_hidden()
    again = opened(browsing, path, **PHONE)
    expect(again.get_by_role("heading", name="Not here, or not any more.")).to_be_visible()
    assert [booth.request.get(address).status for address in addresses] == [404, 404]
    assert kept(stand, visit) == set()


def posted(page: Page, caption: str) -> None:
    """Put the picture that a booth shows on the wall."""
    page.get_by_role("checkbox").check()
    page.get_by_label("A few words beside it").fill(caption)
    page.get_by_role("button", name="Post to the wall").click()
    expect(page.locator(".to-wall [role=status]")).to_have_text("It is on the wall now.")


def assert_hangs(wall: Page, page: Page, caption: str) -> None:
    tile = wall.locator(f"[data-id='{visit_of(page)}']")
    expect(tile.locator("figcaption")).to_have_text(caption)
    for picture in tile.locator("img").all():
        assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth }") > 200
    expect(wall.locator("#invitation")).to_be_hidden()


def test_a_picture_hangs_on_the_wall_with_consent_only_and_until_somebody_takes_it_off(
    browsing: Browsing, stand: StandProcess
) -> None:
    wall, page = opened(browsing, "/wall"), sampled(browsing, "Alps, 1860s")
    tile = wall.locator(f"[data-id='{visit_of(page)}']")
    page.get_by_role("button", name="Post to the wall").click()
    expect(page.locator(".to-wall [role=status]")).to_contain_text("Tick the box first")
    posted(other := sampled(browsing, "Sheep in Suffolk, 1888"), "Somebody else's sheep")
    assert_hangs(wall, other, "Somebody else's sheep")
    expect(tile).to_have_count(0)  # what was posted later is there: this would be too
    posted(page, "Lift-off, 1981")
    assert_hangs(wall, page, "Lift-off, 1981")
    page.get_by_role("button", name="Take it off the wall").click()
    expect(page.locator(".to-wall [role=status]")).to_have_text("It is off the wall again.")
    expect(tile).to_have_count(0)
    posted(page, "Again")
    assert_hangs(wall, page, "Again")
    desk = opened(browsing, "/operator")
    let_in(desk, stand)
    expect(desk.locator(".thumbs li")).to_have_count(2)
    desk.get_by_role("button", name="Clear the wall").click()
    desk.get_by_role("button", name="Yes, clear it").click()
    expect(desk.locator("#wall-said")).to_have_text("The wall is empty.")
    expect(wall.locator(".tile")).to_have_count(0)
    expect(wall.get_by_text("The first picture could be yours.")).to_be_visible()


def said(page: Page, name: str, text: str, picture: bytes | None = None) -> None:
    """Post at the timeline."""
    page.get_by_label("Your name here").fill(name)
    page.get_by_label("What do you want to say?").fill(text)
    if picture is not None:
        page.set_input_files("#files", {"name": "old.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#compose-said")).to_have_text("Posted.")


def assert_answered(page: Page, thread: Locator, sent: bytes) -> None:
    """The bot has answered in this conversation, once, with the picture in colour."""
    answer = thread.locator(".post[data-bot]")
    expect(answer).to_have_count(1)
    expect(answer.locator(".badge")).to_have_text("Bot")
    expect(answer.locator(".post-text")).to_contain_text(re.compile(r"\w+ \w+"))
    picture = answer.locator(".media img")
    expect(picture).to_have_attribute("alt", re.compile(r"\w+ \w+"))
    got = page.request.get(f"{page.url.removesuffix('/timeline')}{picture.get_attribute('src')}").body()
    assert chroma_in(colours(got)) > CHROMA
    assert cv2.absdiff(luma_plane(got), luma_plane(sent)).mean() < LUMA_APART


def test_the_bot_answers_who_mentions_it_with_a_picture_and_who_points_it_to_one(browsing: Browsing) -> None:
    ada, grace = opened(browsing, "/timeline"), opened(browsing, "/timeline")
    said(ada, "Ada", "@colorisebot please, my grandmother", jpeg("astronaut"))
    mine = ada.locator(".thread").filter(has_text="my grandmother")
    assert_answered(ada, mine, jpeg("astronaut"))
    said(ada, "Ada", "Just a cup, nobody asked", jpeg("coffee"))
    cup = grace.locator(".thread").filter(has_text="Just a cup")
    cup.get_by_role("button", name="Reply to Ada").click()
    said(grace, "Grace", "@colorisebot please")
    assert_answered(grace, cup, jpeg("coffee"))
    expect(cup.locator(".post")).to_have_count(3)
    expect(mine.locator(".post")).to_have_count(2)


def lang(page: Page) -> str:
    return str(page.evaluate("document.documentElement.lang"))


def test_visitors_choose_a_language_and_the_operator_chooses_the_stands(
    browsing: Browsing, stand: StandProcess
) -> None:
    german, english = words("de"), words("en")
    page = sampled(browsing)
    page.get_by_role("button", name="DE: German").click()
    expect(page.locator("#result-title")).to_have_text(german["result.title"])
    expect(page.locator("#save")).to_have_text(german["result.save"])
    assert lang(page) == "de"
    page.locator("#again").click()
    expect(page.locator("#attract-title")).to_have_text(german["booth.title"])
    shown = page.evaluate("[...document.querySelectorAll('[data-words]')].map((one) => one.textContent)")
    assert not set(shown) & (set(english.values()) - set(german.values()))
    assert lang(opened(browsing, "/")) == "en"
    desk = opened(browsing, "/operator")
    let_in(desk, stand)
    for language in ("de", "en"):
        desk.get_by_label("Language of the stand").select_option(language)
        with desk.expect_response("**/api/operator/settings") as answer:
            desk.get_by_role("button", name="Save").click()
        assert answer.value.ok
        assert [lang(opened(browsing, path)) for path in ("/", "/wall")] == [language, language]


def filled(browsing: Browsing, stand: StandProcess) -> dict[str, Page]:
    """Every page, with something real on it; by name."""
    result = sampled(browsing)
    posted(result, "In space")
    camera = opened(browsing, "/")
    camera.get_by_role("button", name="Take a picture").click()
    expect(camera.get_by_role("button", name="Three, two, one")).to_be_enabled()
    trouble = opened(browsing, "/")
    trouble.set_input_files(
        "#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": stub_goods.file_of("china", grey=False)}
    )
    expect(trouble.locator("#trouble-said")).to_contain_text("in colour already")
    timeline = opened(browsing, "/timeline")
    said(timeline, "Hedy", "@colorisebot please, in space", jpeg("astronaut"))
    expect(timeline.locator(".thread").filter(has_text="in space").locator(".post[data-bot] img")).to_be_visible()
    wall = opened(browsing, "/wall")
    expect(wall.locator(".tile").first).to_be_visible()
    machine = opened(browsing, "/machine")
    machine.get_by_role("button", name="Its way").first.click()
    expect(machine.locator(".trace")).to_be_visible()
    gate, desk = opened(browsing, "/operator"), opened(browsing, "/operator")
    let_in(desk, stand)
    expect(desk.locator(".thumbs li").first).to_be_visible()
    phone = opened(browsing, path_in_code(result, stand), **PHONE)
    expect(phone.locator(".compare")).to_be_visible()
    return {
        "booth": opened(browsing, "/"), "camera": camera, "result": result, "trouble": trouble, "wall": wall,
        "timeline": timeline, "machine": machine, "gate": gate, "desk": desk, "phone": phone,
        "error": opened(browsing, "/nowhere"),
    }  # fmt: skip


def test_axe_finds_nothing_serious_on_any_page_with_something_real_on_it(
    browsing: Browsing, stand: StandProcess
) -> None:
    browsing.allowed += ["status of 404", "status of 415"]
    found = []
    for name, page in filled(browsing, stand).items():
        for light in LIGHTS:
            page.emulate_media(color_scheme=light)
            page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            answer = Axe().run(page).response
            assert len(answer["passes"]) > 10  # it has looked at something
            found += [
                (name, light, one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]])
                for one in answer["violations"]
                if one["impact"] in {"serious", "critical"}
            ]
    assert found == []
