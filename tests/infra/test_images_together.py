"""Claims about all programs together, each from the content of its image, beside a real queue and a real store."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from pydantic import SecretStr

from bot.fake_x.media import Attached, MediaKind
from cli.demo_visitor import Visitor
from functions.color.color_space import luma_of
from functions.jobs import ColoriseImage, ImageColorised, SplitVideo, VideoColorised
from functions.queues.settings import QueueSettings, open_queue
from tests.fakes.x_api import ANNA, BOT, running_x
from tests.grey_films import grey_film
from tests.http_receiver import receiving
from tests.infra.assembled_images import Program, answer, health, image, needs_images
from tests.infra.gateway_stand_in import gateway
from tests.logged_program import free_ports
from tests.nats_server import PASSWORD, nats_server
from tests.orders import order as order_of
from tests.pictures import in_grey
from tests.seaweed import seaweed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.fake_x import FakeXServer
    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue
    from tests.pictures import Bytes
    from tests.seaweed import Seaweed

pytestmark = needs_images

PIN = "2468"
TOKEN = "a-token-of-the-stand"  # noqa: S105 - of a stand that lives for one test
DECODED = 20
"""Of 255: how far a channel of a picture that has colours is from its luma somewhere."""


@dataclass
class Site:
    """All that runs."""

    x: FakeXServer
    store: Seaweed
    settings: dict[str, str]
    """Of queue and store, which all programs share."""
    secrets: Path
    stack: ExitStack = field(default_factory=ExitStack)
    programs: dict[str, tuple[Program, dict[str, str]]] = field(default_factory=dict)
    """By names of the test's own, each with its variables."""
    ports: dict[str, int] = field(default_factory=dict)
    """Of what is asked from outside."""
    other_queue: str = ""
    """Of a queue without workers, whose orders the connector takes."""

    def start(
        self, name: str, image_name: str, words: list[str] | None = None, *, alone: bool = False, **more: str
    ) -> None:
        """Start a program; one that is alone knows no queue."""
        http = words == ["http"]
        (port,) = free_ports(1)
        own = {"COLORISE_HTTP_PORT" if http else "COLORISE_HEALTH_PORT": str(port), "COLORISE_LOG_LEVEL": "WARNING"}
        settings = {**self.settings, **own, "COLORISE_HEALTH_HOST": "127.0.0.1", **more}
        if alone:
            del settings["COLORISE_NATS_URL"]
        program = Program(image(image_name), words, settings, port=port, secrets=self.secrets)
        self.programs[name] = self.stack.enter_context(program), settings
        self.ports[name] = port

    def put(self, name: str, data: bytes, kind: str) -> None:
        """Put an object into the inbox."""
        self.store.client().put_object(
            bucket_name=self.store.bucket,
            object_name=f"inbox/{name}",
            data=io.BytesIO(data),
            length=len(data),
            content_type=kind,
        )

    def got(self, name: str) -> bytes:
        """An object of the outbox."""
        answered = self.store.client().get_object(bucket_name=self.store.bucket, object_name=f"outbox/{name}")
        try:
            return answered.read()
        finally:
            answered.close()
            answered.release_conn()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything that an operator would start, each once, but two bots: one on X, one on the stand."""
    secrets = tmp_path_factory.mktemp("secrets")
    secrets.chmod(0o755)
    with ExitStack() as stack:
        x = stack.enter_context(running_x())
        nats = stack.enter_context(nats_server(user="colorise"))
        store = stack.enter_context(seaweed())
        keys = {f"x_{name}": text for name, text in x.fake.credentials(BOT).model_dump().items()}
        keys |= {"nats_password": PASSWORD, "s3_secret_key": store.secret_key, "stand_token": TOKEN, "demo_pin": PIN}
        for name, text in keys.items():
            (secrets / f"colorise_{name}").write_text(text)
            (secrets / f"colorise_{name}").chmod(0o644)
        shared = {
            "COLORISE_NATS_URL": nats.url,
            "COLORISE_NATS_USER": "colorise",
            "COLORISE_S3_ENDPOINT": store.endpoint,
            "COLORISE_S3_ACCESS_KEY": store.access_key,
        }
        site = Site(x, store, shared, secrets, stack)
        site.ports["stand"] = free_ports(1)[0]
        stand = f"http://127.0.0.1:{site.ports['stand']}"
        site.start("colorise", "colorise")
        site.start("video-split", "video-split")
        site.start("demo", "demo", COLORISE_DEMO_HOST="127.0.0.1", COLORISE_DEMO_PORT=str(site.ports["stand"]))
        site.start("bot", "bot", COLORISE_X_ADDRESS=x.url, COLORISE_BOT_POLL_SECONDS="0.2")
        site.start("stand bot", "bot", COLORISE_BOT_PLATFORM="stand", COLORISE_STAND_ADDRESS=stand)
        site.start("colorise over HTTP", "colorise", ["http"])
        site.start("video-split over HTTP", "video-split", ["http"])
        site.other_queue = stack.enter_context(nats_server(user="colorise")).url
        for name in ("colorise", "video-split"):
            site.start(f"{name} alone", name, ["http"], alone=True)
        functions = {name: site.ports[f"{name} alone"] for name in ("colorise", "video-split")}
        there = stack.enter_context(gateway(functions))
        site.start("connector", "connector", COLORISE_GATEWAY_URL=there.url, COLORISE_NATS_URL=site.other_queue)
        for name, (program, _) in site.programs.items():
            print(f"{name}: ready after {program.until_ready():.1f} s")  # noqa: T201 - pytest -s shows it
        yield site


def picture() -> bytes:
    encoded, data = cv2.imencode(".jpg", in_grey("astronaut", 200))
    assert encoded
    return bytes(data)


def has_colours(data: bytes) -> bool:
    pixels: Bytes | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return bool(np.abs(pixels.astype(np.int16) - luma_of(pixels)[..., None]).max() > DECODED)


def posted(port: int, path: str, body: bytes, kind: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body with which a gateway answers."""
    given = {"Content-Type": kind, **{name.replace("_", "-"): text for name, text in headers.items()}}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, given)
    with urllib.request.urlopen(asked, timeout=300) as answered:  # noqa: S310 - loopback
        return answered.status, {name.lower(): text for name, text in answered.headers.items()}, answered.read()


def order(name: str) -> bytes:
    """Have a picture of the store's coloured."""
    return json.dumps({"image": name, "output_filename": name}).encode()


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Queue]:
    """A queue."""
    queue = await open_queue(QueueSettings(nats_url=url, nats_user="colorise", nats_password=SecretStr(PASSWORD)))
    try:
        yield queue
    finally:
        await queue.close()


async def ended(queue: Queue, job_id: str) -> AnyResult:
    """The last result of a job."""
    async with asyncio.timeout(300), queue.results(job_id) as results:
        async for result in results:
            if result.final:
                return result
    raise AssertionError


def test_every_image_s_own_health_check_passes_while_its_program_is_ready(site: Site) -> None:
    for name, (program, settings) in site.programs.items():
        assert health(image(program.name), settings) == 0, name


def test_a_mention_with_a_photograph_is_answered_in_colour(site: Site) -> None:
    mention = site.x.fake.post(ANNA, f"@{BOT} please", attachments=[Attached(picture())])
    (reply,) = site.x.fake.wait_replies(mention, seconds=300)
    (media,) = reply.media
    assert has_colours(site.x.fake.media(media).content)


def test_a_mention_with_a_clip_is_answered_with_a_film(site: Site, tmp_path: Path) -> None:
    film = Attached(
        grey_film(tmp_path / "clip.mp4", 24).read_bytes(),
        MediaKind.VIDEO,
        "video/mp4",
        width=64,
        height=48,
        duration_ms=1000,
    )
    mention = site.x.fake.post(ANNA, f"@{BOT} and this one", attachments=[film])
    (reply,) = site.x.fake.wait_replies(mention, seconds=300)
    (media,) = reply.media
    assert site.x.fake.media(media).content[4:8] == b"ftyp"


async def test_a_visitor_of_the_stand_gets_colours_and_its_bot_answers_on_the_timeline(site: Site) -> None:
    async with Visitor(f"http://127.0.0.1:{site.ports['stand']}") as visitor:
        coloured = await visitor.bring(picture())
        assert has_colours(coloured.after)
        _, answered = await visitor.mention(f"@{BOT} please", picture())
        assert has_colours(answered)


def test_a_picture_goes_through_a_gateway_and_comes_back_in_colour(site: Site) -> None:
    with gateway({"colorise": site.ports["colorise over HTTP"]}) as there:
        assert answer("127.0.0.1", there.port, "/_/health") == 200
        status, headers, data = posted(there.port, "/function/colorise", picture(), "image/jpeg")
    assert (status, headers["x-picture-size"]) == (200, "200x200")
    assert has_colours(data)


def test_objects_of_the_store_are_coloured_through_a_gateway_at_once_and_later(site: Site) -> None:
    names = {"now.jpg", "later.jpg"}
    for name in names:
        site.put(name, picture(), "image/jpeg")
    with gateway({"colorise": site.ports["colorise over HTTP"]}) as there:  # which ends when all is called
        assert posted(there.port, "/function/colorise", order("now.jpg"), "application/json")[0] == 200
        assert posted(there.port, "/async-function/colorise", order("later.jpg"), "application/json")[0] == 202
    assert all(has_colours(site.got(name)) for name in names)


async def test_a_film_that_is_ordered_through_a_gateway_is_made_by_the_workers(site: Site, tmp_path: Path) -> None:
    site.put("film.mp4", grey_film(tmp_path / "film.mp4", 24).read_bytes(), "video/mp4")
    wanted = json.dumps({"video": "film.mp4", "output_filename": "film.mp4"}).encode()
    with gateway({"video-split": site.ports["video-split over HTTP"]}) as there:
        path, kind = "/function/video-split", "application/json"
        status, _, told = await asyncio.to_thread(posted, there.port, path, wanted, kind)
    assert status in {200, 202}
    async with opened(site.settings["COLORISE_NATS_URL"]) as queue:
        assert isinstance(await ended(queue, json.loads(told)["job_id"]), VideoColorised)
    assert site.got("film.mp4")[4:8] == b"ftyp"


async def test_orders_of_a_queue_without_workers_are_carried_out_by_functions_behind_a_gateway(
    site: Site, tmp_path: Path
) -> None:
    site.put("b.jpg", picture(), "image/jpeg")
    site.put("b.mp4", grey_film(tmp_path / "b.mp4", 24).read_bytes(), "video/mp4")
    async with opened(site.other_queue) as queue:
        await queue.send(order_of(ColoriseImage, "picture", source="inbox/b.jpg", target="outbox/b.jpg"))
        await queue.send(order_of(SplitVideo, "film", source="inbox/b.mp4", target="outbox/b.mp4"))
        assert isinstance(await ended(queue, "picture"), ImageColorised)
        assert isinstance(await ended(queue, "film"), VideoColorised)
    assert has_colours(site.got("b.jpg"))
    assert site.got("b.mp4")[4:8] == b"ftyp"


async def test_the_gateway_s_callback_gets_the_picture_and_nothing_else(site: Site) -> None:
    async with receiving() as receiver:
        with gateway({"colorise": site.ports["colorise over HTTP"]}) as there:
            kind, link = "image/jpeg", receiver.link
            status, _, _ = await asyncio.to_thread(
                posted, there.port, "/async-function/colorise", picture(), kind, X_Callback_Url=link
            )
            assert status == 202
            headers, data = await asyncio.wait_for(receiver.taken.get(), 300)
    assert headers["x-function-status"] == "200", data
    assert has_colours(data)


def test_programs_that_are_told_to_stop_end_well(site: Site) -> None:
    ended = {name: program.stop() for name, (program, _) in site.programs.items()}
    assert Counter(ended.values()) == {0: len(site.programs)}, ended
