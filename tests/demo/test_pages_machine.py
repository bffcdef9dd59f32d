"""The machine room in a real browser: figures, workers, the button that kills, the way of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

KILL = ("POST", "/api/machine/workers/worker-1/kill", None)


def worker(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "pid": 4021, "state": "ready", "in_hand": [], "done": 3, "memory_mb": 402.4} | more


def told(stand: StubStand, *workers: dict[str, Any], waiting: int = 0) -> None:
    stand.tell("machine", "", {
        "queue": {"colorise-image": {"waiting": waiting, "in_hand": 2}}, "workers": list(workers),
        "finished_per_second": 2.4, "median_seconds": 0.58, "history": [[second, 2.0, waiting] for second in range(60)],
    })  # fmt: skip


def killing(page: Page) -> Any:
    return page.get_by_role("button", name="Kill worker-1")


@pytest.fixture
def room(browsing: Browsing, stand: StubStand) -> Page:
    """Of one worker that has something in hand, with a clock that the test moves."""
    told(stand, worker("worker-1", in_hand=[{"kind": "colorise-image", "job": "job-7", "seconds": 0.3}]), waiting=7)
    page = browsing.open("/machine", stopped=True)
    expect(killing(page)).to_be_visible()
    return page


def test_figures_workers_and_queue_are_shown(room: Page) -> None:
    expect(room.locator(".chart .now")).to_have_text(["2.4a second", "0.58seconds", "7in the queue"])
    box = room.locator(".worker")
    expect(box).to_contain_text("job-7")
    expect(box).to_contain_text("Working")
    expect(box).to_contain_text("402 MB")
    expect(room.locator(".lanes")).to_contain_text("7 waiting, 2 in hand")
    expect(room.locator(".beads i")).to_have_count(9)


def test_the_button_kills_when_it_is_held(room: Page, stand: StubStand) -> None:
    killing(room).hover()
    room.mouse.down()
    room.clock.run_for(1000)
    expect(room.locator("#workers-said")).to_have_text("worker-1 is dead. Watch what happens to its job.")
    room.mouse.up()
    assert stand.asked == [KILL]


def test_a_press_that_is_let_go_kills_nobody(room: Page, stand: StubStand) -> None:
    killing(room).hover()
    room.mouse.down()
    room.clock.run_for(400)
    room.mouse.up()
    room.clock.run_for(2000)
    expect(room.locator("dialog")).to_have_count(0)
    assert stand.asked == []


def test_a_key_that_is_held_kills_as_well(room: Page, stand: StubStand) -> None:
    killing(room).focus()
    room.keyboard.down("Enter")
    room.clock.run_for(1000)
    room.keyboard.up("Enter")
    expect(room.locator("#workers-said")).to_contain_text("worker-1 is dead")
    assert stand.asked == [KILL]


def test_whoever_cannot_hold_a_button_is_asked_instead(room: Page, stand: StubStand) -> None:
    killing(room).dispatch_event("click")
    expect(room.get_by_role("dialog")).to_contain_text("Kill worker-1 in the middle of its work?")
    assert stand.asked == []
    room.get_by_role("button", name="Yes, kill it").click()
    expect(room.locator("#workers-said")).to_contain_text("worker-1 is dead")
    assert stand.asked == [KILL]


def test_workers_come_and_go(room: Page, stand: StubStand) -> None:
    room.get_by_role("button", name="Add a worker").click()
    expect(room.locator("#workers-said")).to_have_text("One more worker is starting.")
    told(stand, worker("worker-1", state="dead", pid=None, done=None, memory_mb=None), worker("worker-2"))
    expect(room.locator(".worker")).to_have_count(2)
    expect(killing(room)).to_be_disabled()
    room.get_by_role("button", name="Remove worker-2").click()
    expect(room.locator("#workers-said")).to_contain_text("worker-2 finishes what it holds")
    told(stand, worker("worker-1"))
    expect(room.locator(".worker")).to_have_count(1)
    assert [path for _, path, _ in stand.asked] == ["/api/machine/workers", "/api/machine/workers/worker-2"]


def test_charts_can_be_read_as_tables(room: Page) -> None:
    room.get_by_text("Table").last.click()
    rows = room.locator(".chart").last.locator("tbody tr")
    expect(rows).to_have_count(60)
    expect(rows.first).to_have_text("0 s7")


def test_moments_are_written_down_once_and_lead_to_the_way_of_their_picture(room: Page, stand: StubStand) -> None:
    stand.traces["job-7"] = [
        {"stage": "listener", "who": "stand", "at_ms": 1000, "seconds": 0.1},
        {"stage": "function", "who": "worker-1", "at_ms": 1100, "seconds": 0.5},
        {"stage": "reply", "who": "stand", "at_ms": 1600, "seconds": 0.05},
    ]
    killed = {"at": "2026-11-28T15:00:00Z", "what": "killed", "worker": "worker-1", "job": "job-7", "said": "killed"}
    for _ in range(2):
        stand.tell("machine", "moment", killed)
    stand.tell("machine", "moment", killed | {"what": "redelivered", "worker": "worker-2"})
    expect(room.locator("#log li")).to_have_count(2)
    expect(room.locator("#log li").first).to_contain_text("worker-2 takes over.")
    stand.tell("machine", "moment", killed | {"what": "failed", "job": "job-8", "code": "already-colour"})
    expect(room.locator("#log li").first).to_contain_text("worker-1 could not do it.")
    expect(room.locator("#log li .muted").nth(1)).to_contain_text("in colour already")
    room.get_by_role("button", name="Its way").nth(1).click()
    expect(room.locator(".trace dt")).to_have_text(["Listenerstand", "Functionworker-1", "Replystand"])
    expect(room.locator("#trace")).to_contain_text("0.65 s from the first to the last")
    length = room.locator(".span[data-function]").evaluate("bar => bar.style.getPropertyValue('--length')")
    assert float(length.removesuffix("%")) == pytest.approx(100 * 0.5 / 0.65)
