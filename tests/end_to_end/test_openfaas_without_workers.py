"""Claims about all of it on OpenFaaS: functions over HTTP, a connector, a queue, a store, and no worker anywhere."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.fake_x.media import Attached, MediaKind
from cli.demo_visitor import Visitor
from tests.fakes.x_api import ANNA, BOT, running_x
from tests.grey_films import CHUNK, grey_film
from tests.infra.gateway_stand_in import gateway
from tests.infra.openfaas_functions import PATIENCE_SECONDS, grey_jpeg, has_colour, running_functions
from tests.logged_program import LoggedProgram, asked, free_ports
from tests.nats_server import PASSWORD, nats_server
from tests.seaweed import seaweed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.fake_x import FakeXServer
    from tests.infra.gateway_stand_in import StandIn

TOKEN = "a-token-of-the-stand"  # noqa: S105 - of a stand that lives for one test


@dataclass
class Site:
    """All that runs."""

    x: FakeXServer
    there: StandIn
    """The gateway."""
    stand: str
    """Its address."""
    settings: dict[str, str]
    """Of queue and store, for whoever else comes."""
    connector: LoggedProgram
    connector_port: int

    def called(self) -> Counter[tuple[str, str]]:
        """Function and kind of order → how often it was called for that, since this was asked last."""
        counted: Counter[tuple[str, str]] = Counter()
        while not self.there.calls.empty():
            call = self.there.calls.get()
            if call.method == "POST":
                counted[call.path.removeprefix("/function/"), json.loads(call.body)["kind"]] += 1
        return counted


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The functions as stack.yaml has them, everything else as an operator would start it."""
    secrets = tmp_path_factory.mktemp("secrets")
    with ExitStack() as stack:
        x = stack.enter_context(running_x())
        nats = stack.enter_context(nats_server(user="colorise"))
        store = stack.enter_context(seaweed())
        functions = stack.enter_context(running_functions(tmp_path_factory.mktemp("functions"), store))
        keys = {f"x_{name}": text for name, text in x.fake.credentials(BOT).model_dump().items()}
        keys |= {"nats_password": PASSWORD, "s3_secret_key": store.secret_key, "stand_token": TOKEN, "demo_pin": "2468"}
        for name, text in keys.items():
            (secrets / f"colorise_{name}").write_text(text)
        there = stack.enter_context(gateway({name: function.port for name, function in functions.items()}))
        queue = {
            "COLORISE_SECRETS": str(secrets),
            "COLORISE_NATS_URL": nats.url,
            "COLORISE_NATS_USER": "colorise",
        }
        shared = {**queue, "COLORISE_S3_ENDPOINT": store.endpoint, "COLORISE_S3_ACCESS_KEY": store.access_key}
        port, health_port = free_ports(2)
        told = {**queue, "COLORISE_GATEWAY_URL": there.url, "COLORISE_HEALTH_PORT": "0"}
        connector = stack.enter_context(LoggedProgram("functions.connector", environment=told))
        told = {**shared, "COLORISE_X_ADDRESS": x.url, "COLORISE_BOT_POLL_SECONDS": "0.2"}
        bot = stack.enter_context(LoggedProgram("bot", environment=told))
        told = {**shared, "COLORISE_DEMO_HOST": "127.0.0.1", "COLORISE_DEMO_PORT": str(port)}
        told["COLORISE_HEALTH_PORT"] = str(health_port)
        demo = stack.enter_context(LoggedProgram("demo", environment=told))
        for function in functions.values():  # or the first call is one in vain
            asyncio.run(function.answers("/_/ready", 200))
        ready = connector.until("taking orders")
        bot.until("answering mentions")
        demo.until_ready(health_port)
        yield Site(x, there, f"http://127.0.0.1:{port}", shared, connector, ready["health_port"])


def test_a_mention_with_a_photograph_is_answered_in_colour(site: Site) -> None:
    mention = site.x.fake.post(ANNA, f"@{BOT} please", attachments=[Attached(grey_jpeg())])
    (reply,) = site.x.fake.wait_replies(mention, seconds=PATIENCE_SECONDS)
    (media,) = reply.media
    assert has_colour(site.x.fake.media(media).content)
    assert site.called() == {("colorise", "colorise-image"): 1}


def test_a_mention_with_a_clip_is_answered_with_a_film_that_went_through_both_functions(
    site: Site, tmp_path: Path
) -> None:
    data = grey_film(tmp_path / "clip.mp4", 2 * CHUNK).read_bytes()
    film = Attached(data, MediaKind.VIDEO, "video/mp4", width=64, height=48, duration_ms=2 * CHUNK * 1000 // 24)
    mention = site.x.fake.post(ANNA, f"@{BOT} and this one", attachments=[film])
    (reply,) = site.x.fake.wait_replies(mention, seconds=PATIENCE_SECONDS)
    (media,) = reply.media
    assert site.x.fake.media(media).content[4:8] == b"ftyp"
    assert site.called() == {
        ("video-split", "split-video"): 1,
        ("colorise", "colorise-chunk"): 2,
        ("video-split", "join-video"): 1,
    }


async def test_a_visitor_of_the_stand_gets_colours(site: Site) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), Visitor(site.stand) as visitor:
        assert has_colour((await visitor.bring(grey_jpeg(200))).after)
    assert site.called()["colorise", "colorise-image"] == 1


def test_the_command_sends_a_photograph_and_a_film_there(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(grey_jpeg())
    grey_film(tmp_path / "a.mp4", 12)
    environment = {**site.settings, "PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    for words in (["photo", "a.jpg", "-o", "b.jpg"], ["video", "a.mp4", "-o", "b.mp4"]):
        command = [sys.executable, "-m", "cli", *words, "--via", site.settings["COLORISE_NATS_URL"]]
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert ended.returncode == 0, ended.stderr
    assert has_colour((tmp_path / "b.jpg").read_bytes())
    assert (tmp_path / "b.mp4").read_bytes()[4:8] == b"ftyp"
    assert set(site.called()) == {
        ("colorise", "colorise-image"),
        ("video-split", "split-video"),
        ("colorise", "colorise-chunk"),
        ("video-split", "join-video"),
    }


def test_nothing_was_called_in_vain_and_the_connector_stops_well(site: Site) -> None:
    mention = site.x.fake.post(ANNA, f"@{BOT} once more", attachments=[Attached(grey_jpeg(120))])
    site.x.fake.wait_replies(mention, seconds=PATIENCE_SECONDS)
    told = asked(site.connector_port, "/metrics")[1]
    calls = [line for line in told.splitlines() if line.startswith("colorise_gateway_calls_total")]
    assert calls
    assert all('code="200"' in line or 'code="429"' in line for line in calls), calls
    assert 'outcome="failed"' not in told
    assert site.connector.stop() == 0
    assert "Traceback" not in site.connector.log
