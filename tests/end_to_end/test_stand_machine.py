"""Claims about the machine room with all the real parts, and about the stand's end and its next life."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import expect

from cli.bench_clips import Script, Size, write_clip
from cli.drill_bot_pictures import chroma_in, frames_in
from tests.demo.conftest import INSECURE
from tests.end_to_end.stand_process import (
    StandProcess,
    let_in,
    opened,
    sampled,
    visit_of,
    visiting,
)
from tests.end_to_end.test_stand_booth import CHROMA, jpeg, saved
from tests.end_to_end.test_stand_people import assert_hangs, posted, said
from tests.told_process import LONG_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.demo.conftest import Browsing

SHOWN: Final = 7
"""Characters of an order's name that the page shows: its last."""


def held(page: Page, button: Locator, said: str) -> None:
    """Hold a button with the mouse until the page says something."""
    button.hover()
    page.mouse.down()
    expect(page.locator("#workers-said")).to_have_text(said)
    page.mouse.up()


def test_a_worker_that_is_killed_loses_nothing(browsing: Browsing, stand: StandProcess, tmp_path: Path) -> None:
    write_clip(Script(Size(320, 240), shots=4, shot_frames=150), tmp_path / "film.mp4")
    room, booth = opened(browsing, "/machine"), opened(browsing, "/")
    booth.set_input_files("#file", tmp_path / "film.mp4")
    busy = room.locator(".worker[data-state=busy]").filter(has_text="Parts of films")
    name = busy.first.get_attribute("data-name") or ""
    job = busy.first.locator(".worker-job b").inner_text()
    worker = psutil.Process(stand.programs()[name])
    worker.suspend()  # whatever it has in hand, it does not get it done
    held(room, room.get_by_role("button", name=f"Kill {name}"), f"{name} is dead. Watch what happens to its job.")
    log = room.locator("#log")
    expect(log.locator("li[data-what=killed]")).to_contain_text(f"{name} was killed.")
    assert stand.heard(event="died")["how"] == "was killed by signal 9"
    worker.wait(LONG_SECONDS)
    expect(log.locator("li[data-what=started]").filter(has_text=name)).to_have_count(1)
    expect(log.locator("li[data-what=redelivered]").first).to_contain_text(f"takes over. {job}")
    expect(log.locator("li[data-what=finished]").first).to_contain_text(job)
    expect(booth.get_by_role("heading", name="In colour.")).to_be_visible()
    frames = frames_in(saved(booth, "Save the film"), "mp4")
    assert len(frames) == 600
    assert min(chroma_in(frame) for frame in frames[::50]) > CHROMA
    assert stand.programs()[name] != worker.pid


def test_a_worker_is_added_and_taken_away(browsing: Browsing, stand: StandProcess) -> None:
    room = opened(browsing, "/machine")
    expect(room.locator(".worker")).to_have_count(3)
    room.get_by_role("button", name="Add a worker").click()
    third = room.locator(".worker[data-name=colorise-3]")
    expect(third).to_contain_text("Waiting")
    expect(room.locator(".worker")).to_have_count(4)
    third_process = psutil.Process(stand.programs()["colorise-3"])
    room.get_by_role("button", name="Remove colorise-3").click()
    expect(third).to_have_count(0)
    third_process.wait(LONG_SECONDS)


def assert_whole_way(room: Page) -> None:
    """From the listener to the reply, in the order in which they begin."""
    wanted = ["Listener", "Store", "Queue", "Function", "Reply"]
    expect(room.locator(".trace dt b").filter(has_text="Reply")).to_have_count(1)
    steps = room.locator(".trace dt b").all_inner_texts()
    assert [step for step in steps if step in wanted] == wanted


def test_the_way_of_a_mention_leads_through_the_bot_and_its_reply_is_waited_for(browsing: Browsing) -> None:
    room, timeline = opened(browsing, "/machine"), opened(browsing, "/timeline")
    said(timeline, "Ada", "@colorisebot please", jpeg("astronaut"))
    expect(room.locator("#trace-job")).to_have_text(re.compile(r"^….*-1$"))  # it is shown unasked, as it is done
    assert_whole_way(room)
    for stage in ("Listener", "Store", "Reply"):
        expect(room.locator(".trace dt").filter(has_text=stage).locator("span")).to_have_text("bot")
    expect(timeline.locator(".post[data-bot] img")).to_be_visible()


def test_the_way_of_a_picture_leads_from_the_listener_to_the_reply(browsing: Browsing) -> None:
    room = opened(browsing, "/machine")
    end = visit_of(sampled(browsing, "Alps, 1860s"))[-SHOWN:]
    finished = room.locator("#log li[data-what=finished]").filter(has_text=end)
    finished.get_by_role("button", name="Its way").click()
    expect(room.locator("#trace-job")).to_have_text(f"…{end}")
    assert_whole_way(room)
    expect(room.locator(".trace dt").filter(has_text="Function")).to_contain_text("colorise-")
    expect(room.locator("#trace")).to_contain_text("s from the first to the last")


def test_only_the_operator_has_the_buttons_from_elsewhere(browsing: Browsing, stand: StandProcess) -> None:
    browsing.allowed.append("status of 403")
    room = opened(browsing, "/machine", host=INSECURE)
    before = stand.programs()
    no = "That may only be done at the stand itself."
    held(room, room.get_by_role("button", name="Kill colorise-1"), no)
    with room.expect_response("**/api/machine/workers") as refused:
        room.get_by_role("button", name="Add a worker").click()
    assert refused.value.status == 403
    expect(room.locator("#workers-said")).to_have_text(no)
    assert stand.programs() == before
    room.goto(room.url.replace("/machine", "/operator"))
    let_in(room, stand)
    room.goto(room.url.replace("/operator", "/machine"))
    held(
        room,
        room.get_by_role("button", name="Kill colorise-2"),
        "colorise-2 is dead. Watch what happens to its job.",
    )
    expect(room.locator("#log li[data-what=killed]").first).to_contain_text("colorise-2 was killed.")


def test_it_ends_while_people_watch_and_begins_again_with_what_hung_on_the_wall(
    chromium: Browser, tmp_path: Path
) -> None:
    with StandProcess(tmp_path / "data") as stand, visiting(chromium, stand) as browsing:
        browsing.allowed.append("ERR_|status of 50")
        wall, room, booth = opened(browsing, "/wall"), opened(browsing, "/machine"), sampled(browsing)
        posted(booth, "Still here tomorrow")
        assert_hangs(wall, booth, "Still here tomorrow")
        expect(room.locator(".worker")).to_have_count(3)
        children = stand.processes()
        assert len(children) >= 7
        assert stand.end() == 0
        _, left = psutil.wait_procs(children, timeout=LONG_SECONDS)
        assert left == []
        assert list((tmp_path / "data").glob("tmp/**/*")) == []
        expect(wall.locator(".offline")).to_be_visible()
        with StandProcess(tmp_path / "data", port=stand.port) as again:
            assert (again.address, again.pin) == (stand.address, stand.pin)
            expect(wall.locator(".offline")).to_be_hidden()
            assert_hangs(wall, booth, "Still here tomorrow")
            assert_hangs(opened(browsing, "/wall"), booth, "Still here tomorrow")
