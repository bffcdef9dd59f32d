"""The pretend network in a real browser: posts, replies, the bot's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.demo import stub_goods
from tests.demo.stub_stand import HOME

if TYPE_CHECKING:
    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand


def told(stand: StubStand, post: str, text: str = "Hello", **more: Any) -> None:
    said = {
        "id": post, "author": "Ada", "is_bot": False, "text": text, "at": "2026-11-28T15:00:00Z",
        "reply_to": None, "media": [],
    }  # fmt: skip
    stand.tell("timeline", "post", said | more)


def test_a_post_with_a_picture_is_sent_and_comes_back_by_the_stream(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/timeline")
    page.get_by_label("Your name here").fill("Grace")
    page.get_by_role("button", name="@colorisebot").click()
    page.keyboard.type("please")
    picture = stub_goods.file_of("coffee", grey=True)
    page.set_input_files("#files", {"name": "cup.jpg", "mimeType": "image/jpeg", "buffer": picture})
    expect(page.locator("#chosen img")).to_have_attribute("alt", "cup.jpg")
    page.get_by_role("button", name="Post", exact=True).click()
    post = page.locator(".post")
    expect(post).to_contain_text("@colorisebot please")
    expect(post.locator(".media img")).to_be_visible()
    expect(page.locator("#text")).to_have_value("")
    ((_, _, sent),) = stand.asked
    assert sent == {"text": "@colorisebot please", "name": "Grace", "files": [picture]}


def test_a_reply_says_what_it_answers_and_stands_below_it(browsing: Browsing, stand: StubStand) -> None:
    told(stand, "1")
    told(stand, "2", "Something else")
    page = browsing.open("/timeline")
    page.locator("[data-id='1']").get_by_role("button", name="Reply to Ada").click()
    expect(page.locator("#replying")).to_contain_text("Replying to Ada")
    page.get_by_label("Your name here").fill("Grace")
    page.get_by_label("What do you want to say?").fill("Hello yourself")
    page.get_by_role("button", name="Post", exact=True).click()
    thread = page.locator(".thread").filter(has=page.locator("[data-id='1']"))
    expect(thread.locator(".post")).to_have_count(2)
    expect(thread).to_contain_text("Hello yourself")
    assert stand.asked[0][2]["reply_to"] == "1"
    expect(page.locator("#replying")).to_be_hidden()


def test_the_bots_answers_are_marked_and_their_pictures_described(browsing: Browsing, stand: StubStand) -> None:
    told(stand, "1")
    media = [{"url": "/api/samples/coffee", "kind": "image", "alt": "A cup on a table, in colour"}]
    told(stand, "2", "Here it is.", is_bot=True, author="colorisebot", reply_to="1", media=media)
    page = browsing.open("/timeline")
    answer = page.locator(".post[data-bot]")
    expect(answer.locator(".badge")).to_have_text("Bot")
    answer.get_by_role("button", name="A cup on a table, in colour").click()
    expect(page.locator("dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_an_answer_that_came_before_its_question_finds_its_place(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/timeline")
    told(stand, "2", "The answer", reply_to="1")
    told(stand, "3", "Thanks", reply_to="2")
    told(stand, "1", "The question")
    expect(page.locator(".thread")).to_have_count(1)
    expect(page.locator(".post-text")).to_have_text(["The question", "The answer", "Thanks"])


def test_a_deleted_post_disappears(browsing: Browsing, stand: StubStand) -> None:
    told(stand, "1", "Not for long")
    page = browsing.open("/timeline")
    expect(page.locator(".post")).to_have_count(1)
    stand.tell("timeline", "deleted", {"id": "1"})
    expect(page.locator(".thread")).to_have_count(0)
    expect(page.get_by_text("Nobody has said anything yet.")).to_be_visible()


def test_whoever_wrote_a_post_can_delete_it_and_nobody_else_is_offered_that(
    browsing: Browsing, stand: StubStand
) -> None:
    told(stand, "1")
    page = browsing.open("/timeline")
    page.get_by_label("Your name here").fill("Grace")
    page.get_by_label("What do you want to say?").fill("Mine")
    page.get_by_role("button", name="Post", exact=True).click()
    own = page.locator(".post").filter(has_text="Mine")
    expect(page.get_by_role("button", name="Delete")).to_have_count(1)
    own.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(own).to_have_count(0)
    assert stand.asked[-1][0] == "DELETE"


def test_an_empty_timeline_shows_how_it_goes_and_brings_a_picture_to_begin_with(
    browsing: Browsing, stand: StubStand
) -> None:
    page = browsing.open("/timeline")
    expect(page.locator(".example .post")).to_have_count(2)
    expect(page.locator(".example .badge")).to_have_text("Bot")
    page.get_by_role("button", name="Try it with this picture").click()
    expect(page.get_by_label("Your name here")).to_be_focused()
    page.keyboard.type("Grace")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator(".thread")).to_contain_text("@colorisebot")
    expect(page.locator(".example")).to_have_count(0)
    ((_, _, sent),) = stand.asked
    assert sent["files"] == [(HOME / "static/samples/dust-bowl.jpg").read_bytes()]


def test_nothing_is_not_posted(browsing: Browsing, stand: StubStand) -> None:
    page = browsing.open("/timeline")
    page.get_by_label("Your name here").fill("Grace")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#compose-said")).to_have_text("Write something, or add a picture.")
    assert stand.asked == []


def test_what_people_write_is_text_and_never_markup(browsing: Browsing, stand: StubStand) -> None:
    told(stand, "1", "<img src=x onerror=alert(1)> @colorisebot", author="<b>Ada</b>")
    page = browsing.open("/timeline")
    expect(page.locator(".post-text")).to_have_text("<img src=x onerror=alert(1)> @colorisebot")
    expect(page.locator(".post h3")).to_have_text("<b>Ada</b>")
    expect(page.locator(".post img, .post h3 b")).to_have_count(0)
