"""Claims about the booth with the whole pipeline behind it: what visitors bring is what they take home, in colour."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from cli.bench_clips import Script, Size, write_clip
from cli.drill_bot_pictures import chroma_in, frames_in
from demo.samples import SHIPPED
from tests.demo.test_pages_result import amount, canvas, films, line
from tests.end_to_end.stand_process import StandProcess, opened, sampled
from tests.pictures import in_grey

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.demo.conftest import Browsing
    from tests.pictures import Bytes

CHROMA: Final = 3.0
"""ab of a coloured picture on average, at least; one that stayed grey has none but a JPEG's own, less than 1."""

LUMA_APART: Final = 0.2
"""Code values between what was sent and a JPEG file made of it, on average: its luma is written anew, and rounded."""

SAMPLE_APART: Final = 0.4
"""Likewise of a sample: its file is of a lower quality than what is made of it, and was rounded in other steps."""

SHUTTER: Final = """() => {
    window.shutter = new Promise((done) => {
        let start = null;
        const look = () => {
            if (start === null && document.querySelector("#flash").classList.contains("flashing")) {
                start = performance.now();
            }
            const result = document.querySelector("#result");
            if (start !== null && !result.hidden && result.querySelector("canvas")) {
                watching.disconnect();
                requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
            }
        };
        const watching = new MutationObserver(look);
        watching.observe(document.querySelector("#main"), { subtree: true, childList: true, attributes: true });
    });
}"""
"""Begins to measure: milliseconds from the flash to the frame after that which shows the colours."""


def jpeg(name: str) -> bytes:
    """A photograph without colours, as a camera writes it."""
    done, data = cv2.imencode(".jpg", in_grey(name), [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return data.tobytes()


def luma_plane(data: bytes) -> Bytes:
    """(H, W), of a JPEG file as it is written there."""
    luma = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None
    narrow: Bytes = luma.astype(np.uint8)
    return narrow


def colours(data: bytes) -> Bytes:
    """(H, W, 3) blue, green, red, of a picture file."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    narrow: Bytes = pixels.astype(np.uint8)
    return narrow


def saved(page: Page, name: str = "Save the picture") -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return Path(download.value.path()).read_bytes()


def assert_in_colour(page: Page, sent: bytes, apart: float = LUMA_APART) -> None:
    """What is shown on both sides of the line, and saved, is what was sent; and only one side is in colour."""
    before = page.request.get(page.url + (page.locator("#print img").get_attribute("src") or "")[1:]).body()
    after = saved(page)
    for shown in (before, after):
        assert luma_plane(shown).shape == luma_plane(sent).shape
        assert cv2.absdiff(luma_plane(shown), luma_plane(sent)).mean() < apart
    assert chroma_in(colours(before)) < 1
    assert chroma_in(colours(after)) > CHROMA
    assert chroma_in(canvas(page)[..., ::-1]) > CHROMA


def test_a_file_that_is_chosen_comes_back_in_colour(browsing: Browsing, tmp_path: Path) -> None:
    (tmp_path / "grandmother.jpg").write_bytes(jpeg("astronaut"))
    page = opened(browsing, "/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(tmp_path / "grandmother.jpg")
    expect(page.get_by_role("heading", name="In colour.")).to_be_focused()
    assert_in_colour(page, jpeg("astronaut"))


def test_a_file_that_is_dropped_comes_back_in_colour(browsing: Browsing) -> None:
    page = opened(browsing, "/")
    page.evaluate(
        """(data) => {
            const files = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            files.items.add(new File([bytes], "a.jpg", { type: "image/jpeg" }));
            for (const name of ["dragenter", "dragover", "drop"]) {
                dispatchEvent(new DragEvent(name, { dataTransfer: files, bubbles: true, cancelable: true }));
            }
        }""",
        base64.b64encode(jpeg("chelsea")).decode(),
    )
    expect(page.get_by_role("heading", name="In colour.")).to_be_focused()
    assert_in_colour(page, jpeg("chelsea"))


def test_a_sample_comes_back_in_colour(browsing: Browsing) -> None:
    assert_in_colour(sampled(browsing, "Grace Hopper, 1984"), (SHIPPED / "hopper.jpg").read_bytes(), SAMPLE_APART)


def test_a_picture_of_the_webcam_comes_back_in_colour(
    browsing: Browsing, record_property: Callable[[str, object], None]
) -> None:
    page = opened(browsing, "/")
    page.get_by_role("button", name="Take a picture").click()
    shoot = page.get_by_role("button", name="Three, two, one")
    expect(shoot).to_be_enabled()
    page.evaluate(SHUTTER)
    with page.expect_request("**/api/visits") as request:
        shoot.click()
    record_property("milliseconds from the shutter to the colours", page.evaluate("window.shutter"))
    sent = request.value.post_data_buffer
    assert sent is not None
    assert_in_colour(page, sent)


def position(page: Page) -> int:
    """Percent of the picture in colour: what the line says, after seeing that the picture is cut there."""
    percent = int(line(page).get_attribute("aria-valuenow") or -1)
    expect(line(page)).to_have_attribute("aria-valuetext", f"{percent} percent in colour")
    shown = page.locator(".compare-over").evaluate("over => getComputedStyle(over).clipPath")
    right = float(shown.split()[1].removesuffix("%"))
    assert right == pytest.approx(100 - percent, abs=1)
    return percent


def test_keys_and_mouse_move_the_line(browsing: Browsing) -> None:
    page = sampled(browsing)
    line(page).focus()
    begin = position(page)
    page.keyboard.press("ArrowRight")
    assert position(page) == begin + 2
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert position(page) == begin - 4
    box = page.locator(".compare").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 30, steps=5)
    page.mouse.up()
    assert position(page) == pytest.approx(25, abs=1)


def test_a_finger_moves_the_line(browsing: Browsing) -> None:
    page = sampled(browsing, has_touch=True)
    box = page.locator(".compare").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + 20)
    assert position(page) == pytest.approx(30, abs=1)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [{"x": box["x"] + box["width"] * place, "y": box["y"] + 20} for place in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.3)
    for place in (0.4, 0.5, 0.6, 0.7, 0.8):
        touch("touchMove", place)
    touch("touchEnd")
    assert position(page) == pytest.approx(80, abs=1)


def worked(page: Page, stand: StandProcess) -> int:
    """Orders that the workers have tried so far."""
    workers = [event for event in stand.seen if event.get("name", "").startswith("colorise-")]
    addresses = {event["address"] for event in workers if "address" in event}  # a death has none
    assert len(addresses) == 2
    return sum(int(page.request.get(f"{address}/_/work").json()["ended"]) for address in addresses)


def test_more_and_less_colour_need_no_worker(browsing: Browsing, stand: StandProcess) -> None:
    page = sampled(browsing)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = worked(page, stand)
    assert before > 0
    chroma = {}
    for k in (1, 0, 2):
        amount(page, k)
        chroma[k] = chroma_in(canvas(page)[..., ::-1])
    assert chroma[0] < 0.1 < CHROMA < chroma[1] < 0.8 * chroma[2]
    assert asked == []
    assert worked(page, stand) == before


def with_sound(film: Path) -> bytes:
    """The film, and a tone as long as it is; MP4."""
    written = io.BytesIO()
    with av.open(film) as source, av.open(written, "w", format="mp4") as target:
        picture = target.add_stream_from_template(source.streams.video[0])
        sound = target.add_stream("aac", rate=48_000, layout="mono")
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                target.mux(packet)
        samples = round(48_000 * float(source.duration or 0) / av.time_base)
        wave = 0.3 * np.sin(np.arange(samples, dtype=np.float32) * np.float32(2 * np.pi * 440 / 48_000))[None]
        for start in range(0, samples, 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, start : start + 1024]), "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    return written.getvalue()


def test_a_clip_shows_itself_while_it_is_coloured_and_comes_back_as_a_film(browsing: Browsing, tmp_path: Path) -> None:
    write_clip(Script(Size(320, 240), shots=2, shot_frames=150), tmp_path / "film.mp4")
    film = with_sound(tmp_path / "film.mp4")
    page = opened(browsing, "/", reduced_motion="no-preference")
    said: list[str] = []

    def told(line: str) -> None:
        said.append(line)

    page.expose_function("told", told)
    page.evaluate(
        """() => {
            const line = document.querySelector("#meter-said");
            new MutationObserver(() => told(line.textContent)).observe(line, { childList: true });
        }"""
    )
    with page.expect_response("**/preview/*") as preview:
        page.set_input_files("#file", {"name": "film.mp4", "mimeType": "video/mp4", "buffer": film})
    assert chroma_in(colours(preview.value.body())) > CHROMA
    expect(page.get_by_role("heading", name="In colour.")).to_be_focused()
    assert said[-1] == "300 of 300 pictures of the film"
    assert len(set(said)) > 2
    films(page, "film.currentTime > 0.3")
    filters = page.evaluate("[...document.querySelectorAll('#print video')].map((one) => getComputedStyle(one).filter)")
    assert filters == ["grayscale(1)", "none"]
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    line(page).press("End")
    assert position(page) == 100
    taken = saved(page, "Save the film")
    frames, sent = frames_in(taken, "mp4"), frames_in(film, "mp4")
    assert len(frames) == len(sent) == 300
    for one, other in zip(frames[::50], sent[::50], strict=True):
        assert chroma_in(one) > CHROMA
        assert cv2.absdiff(*(cv2.cvtColor(each, cv2.COLOR_BGR2GRAY) for each in (one, other))).mean() < 2
    with av.open(io.BytesIO(taken), "r") as opened_film:
        (tone,) = opened_film.streams.audio
        assert float(opened_film.duration or 0) / av.time_base == pytest.approx(300 / 25, abs=0.2)
        assert tone.codec_context.name == "aac"


def test_a_booth_that_nobody_touches_starts_over(browsing: Browsing) -> None:
    page = sampled(browsing, stopped=True)
    page.clock.run_for(52_000)
    expect(page.locator("#idle")).to_contain_text("Starting over for the next visitor")
    page.mouse.move(5, 5)
    expect(page.locator("#idle")).to_be_hidden()
    expect(page.locator("#result")).to_be_visible()
    page.clock.run_for(61_000)
    expect(page.locator("#attract")).to_be_visible()
    expect(page.locator("#print > *")).to_have_count(0)
