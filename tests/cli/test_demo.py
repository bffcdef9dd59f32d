"""Claims about `colorise demo`: what it starts, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import cv2
import httpx
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
import trustme

from cli.demo_telling import Greeting
from cli.demo_visitor import Visitor
from cli.main import main
from functions.color.color_space import luma_of
from functions.color.measures import colourfulness
from tests.cli.up_process import Up
from tests.qr_codes import read_code
from tests.told_process import LONG_SECONDS, ToldProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

JPEG_STEPS = 3.0
"""Mean luma that two JPEG files of one picture are apart: its chroma has a quarter of the pixels."""


class Demo(ToldProcess):
    """A `colorise demo --json` on any free port."""

    def __init__(self, data: Path | None, *more: str, **environment: str) -> None:
        where = [] if data is None else ["--data", str(data)]
        words = ["demo", "--json", "--no-browser", "--port", "0", "--workers", "1", *where, *more]
        super().__init__([sys.executable, "-m", "cli", *words], environment)


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """What a look at the stand without a screen leaves, and what was said; over https, for the bot as well."""
    folder, temporary = tmp_path_factory.mktemp("headless"), tmp_path_factory.mktemp("temporary")
    with Demo(None, "--headless", str(folder / "out"), "--self-signed", TMPDIR=str(temporary)) as demo:
        demo.heard(event="ready")
        processes = demo.processes()
        assert demo.ended() == 0, demo.complaints
        assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
        yield folder / "out", demo.seen
    assert list(temporary.iterdir()) == []


def _picture(path: Path) -> Any:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def test_without_a_screen_every_sample_comes_back_in_colour(headless: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = headless
    pictures = json.loads((folder / "summary.json").read_text())["pictures"]
    assert [row["name"] for row in pictures] == [
        *("dust-bowl", "alps", "nagasaki", "hopper", "canyon", "sheep", "astronaut"),
        "bot",
    ]
    for row in pictures:
        before, after = (_picture(folder / f"{row['name']}{part}.jpg") for part in (".before", ""))
        assert colourfulness(before) < 1
        assert colourfulness(after) > 5
        assert after.shape[:2] == (row["height"], row["width"])
        assert np.abs(luma_of(after).astype(int) - luma_of(before)).mean() < JPEG_STEPS
        assert _picture(folder / row["file"]).shape[:2] == (row["height"], 2 * row["width"])


def test_without_a_screen_the_bot_is_asked_too(headless: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, seen = headless
    told = json.loads((folder / "summary.json").read_text())
    assert told["mention"].startswith("@colorisebot")
    assert told["answer"].startswith("@guest")
    assert [event["event"] for event in seen if event["event"] in {"coloured", "summary"}] == ["coloured"] * 8 + [
        "summary"
    ]
    stand = next(event for event in seen if event["event"] == "stand")
    assert stand["address"].startswith("https://127.0.0.1:")
    assert stand["network"] is None


def test_a_dead_stand_and_a_dead_bot_come_back(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("fair.example")  # the bot finds the stand by another address
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    files = ["--certificate", str(tmp_path / "both.pem"), "--key", str(tmp_path / "both.pem")]
    with Demo(tmp_path / "data", *files) as demo:
        address = demo.heard(event="stand")["address"]
        for name in ("stand", "bot"):
            pid = next(event["pid"] for event in reversed(demo.seen) if event.get("name") == name and event.get("pid"))
            os.kill(pid, signal.SIGKILL)
            assert demo.heard(event="died", name=name)["how"] == "was killed by signal 9"
            demo.heard(event="program", name=name, state="ready", restarts=1)

        async def mentioned() -> bytes:
            async with Visitor(address) as visitor:
                grey = (await visitor.sample("hopper")).before
                return (await visitor.mention("@colorisebot please", grey))[1]

        answer = cv2.imdecode(np.frombuffer(asyncio.run(mentioned()), np.uint8), cv2.IMREAD_COLOR)
        assert answer is not None
        assert colourfulness(answer) > 5
        processes = demo.processes()
        assert demo.end(signal.SIGINT) == 0
        assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
        assert not (tmp_path / "data" / "run.json").exists()
        assert not (tmp_path / "data" / "tmp").exists()


def test_a_pipeline_that_runs_already_is_used_and_goes_on(tmp_path: Path) -> None:
    with Up(tmp_path / "data") as up:
        up.heard(event="ready")
        with Demo(tmp_path / "data") as demo:
            stand = demo.heard(event="stand")
            programs = {event["name"]: event["state"] for event in demo.seen if event["event"] == "program"}
            assert programs == {"nats": "elsewhere", "s3": "elsewhere", "stand": "ready", "bot": "ready"}
            assert httpx.get(f"{stand['address']}/api/stand").json()["is_local"]
            assert main(["demo", "--data", str(tmp_path / "data")]) == 1
            assert demo.end(signal.SIGTERM) == 0
        assert up.process.poll() is None
        assert up.running().ready


def test_the_number_of_the_operator_is_made_once_or_given(tmp_path: Path) -> None:
    pins = []
    for more in ((), (), ("--pin", "4711")):
        with Demo(tmp_path / "data", *more) as demo:
            said = demo.heard(event="stand")
            pins.append(said["pin"])
            with httpx.Client(base_url=said["address"], headers={"X-Stand": "1"}) as client:
                wrong, right = (client.post("/api/operator/session", json={"pin": pin}) for pin in ("0000", pins[-1]))
                assert (wrong.status_code, right.status_code) == (403, 204)
    assert pins[0] == pins[1]
    assert pins[0].isdecimal()
    assert len(pins[0]) == 6
    assert pins[2] == "4711"


def test_a_browser_is_shown_the_stand(tmp_path: Path) -> None:
    pipe = tmp_path / "shown"
    os.mkfifo(pipe)
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {pipe}\n')
    program.chmod(0o700)
    with Demo(tmp_path / "data", "--browser", BROWSER=str(program)) as demo:
        address = demo.heard(event="stand")["address"]
        assert pipe.read_text().strip() == address


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (("--pin", "12"), {}, "COLORISE_DEMO_PIN: string should match pattern"),
        ((), {"COLORISE_DEMO_LANGUAGE": "german"}, "COLORISE_DEMO_LANGUAGE=german: string should match"),
        (("--certificate", "no.pem"), {}, "set both COLORISE_DEMO_CERTIFICATE and COLORISE_DEMO_KEY, or neither"),
        ((), {"COLORISE_BOT_PER_HOUR": "0"}, "COLORISE_BOT_PER_HOUR=0: input should be greater than or equal to 1"),
    ],
)
def test_wrong_settings_end_it_with_a_reason(
    words: tuple[str, ...], environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    with Demo(tmp_path / "data", *words, **environment) as demo:
        assert demo.ended() == 2
        assert [line for line in demo.complaints if line.startswith(f"colorise: {said}")] == demo.complaints
        assert len(demo.complaints) == 1


def test_a_file_of_settings_is_the_stand_s(tmp_path: Path) -> None:
    (tmp_path / "stand.toml").write_text('[demo]\nname = "The Fair"\npin = "8151"\n')
    with Demo(tmp_path / "data", "--config", str(tmp_path / "stand.toml")) as demo:
        said = demo.heard(event="stand")
        assert said["pin"] == "8151"
        assert httpx.get(f"{said['address']}/api/stand").json()["name"] == "The Fair"


def test_a_setting_that_nobody_knows_ends_it(tmp_path: Path) -> None:
    (tmp_path / "stand.toml").write_text('[demo]\nnmae = "The Fair"\n')
    with Demo(tmp_path / "data", "--config", str(tmp_path / "stand.toml")) as demo:
        assert demo.ended() == 2
        assert demo.complaints == [
            f"colorise: COLORISE_CONFIG={tmp_path / 'stand.toml'}: nobody knows the settings demo_nmae"
        ]


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert main(["demo", "--data", str(tmp_path / "data"), "--port", str(port)]) == 1
    said = capsys.readouterr()
    assert said.err == (
        f"colorise: port {port} of 127.0.0.1 is taken: stop what listens there, or give another --port\n"
    )
    assert said.out == ""


def test_a_foreign_address_is_said_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--data", str(tmp_path / "data"), "--host", "192.0.2.9"]) == 1
    assert (
        "of 192.0.2.9 cannot be listened on (Cannot assign requested address): give another" in capsys.readouterr().err
    )


def test_a_plain_installation_is_told_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "segno" else found(name))
    assert main(["demo", "--data", str(tmp_path / "data")]) == 1
    assert capsys.readouterr().err == ("colorise: the stand needs more packages (segno): install 'colorisebot[demo]'\n")


def test_whoever_reads_the_terminal_finds_the_stand() -> None:
    alone = Greeting("http://127.0.0.1:8000", None, "123456").lines(code=True)
    assert alone[0] == "  stand  http://127.0.0.1:8000"
    assert "         http://127.0.0.1:8000/operator, with the number 123456" in alone
    assert alone[-1].endswith("--host 0.0.0.0 lets phones in")
    plain = Greeting("http://127.0.0.1:8000", "http://192.0.2.7:8000", "1234").lines(code=False)
    assert plain[-2:] == [
        "  phones http://192.0.2.7:8000",
        "         their cameras need https: --self-signed, or --certificate and --key",
    ]
    safe = Greeting("https://127.0.0.1:8000", "https://192.0.2.7:8000", "1234").lines(code=False)
    assert safe[-1] == "  phones https://192.0.2.7:8000"


def test_the_code_on_the_terminal_leads_to_the_stand() -> None:
    drawn = Greeting("http://127.0.0.1:8000", "http://192.0.2.7:8000", "1234").lines(code=True)[-1]
    # A light pixel is drawn in the colour of the writing, two lines of them in a character.
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    rows = [[halves[sign] for sign in line] for line in drawn.splitlines()]
    width = max(map(len, rows))
    pixels = np.array([[half[part] for half in row] for row in rows if len(row) == width for part in (0, 1)], np.uint8)
    assert read_code(pixels.repeat(4, axis=0).repeat(4, axis=1)) == "http://192.0.2.7:8000"
