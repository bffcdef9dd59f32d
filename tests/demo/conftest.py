"""Browsers that look at the stand's pages, and watch what those say behind the visitor's back."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.demo.stub_stand import StubStand, stub_stand
from tests.qr_codes import read_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP stand.test 127.0.0.1",
)

PATIENCE: Final = 45_000
"""Milliseconds after which what a test waits for will not come any more, on a machine that has much else to do."""

expect.set_options(timeout=PATIENCE)

INSECURE: Final = "stand.test"
"""A name of this machine that browsers do not take for it, so that its pages are not secure."""


class AtPort(Protocol):
    """A stand on this machine."""

    @property
    def port(self) -> int:
        """That it listens on."""


@dataclass
class Browsing:
    """Opens pages, each in a profile of its own, and remembers what went wrong on them."""

    browser: Browser
    stand: AtPort
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Addresses outside of the stand that a page asked for."""
    allowed: list[str] = field(default_factory=list)
    """Patterns of errors that a test provokes: browsers report every refusal of a server."""

    def open(self, path: str, *, host: str = "127.0.0.1", stopped: bool = False, **options: Any) -> Page:
        """Open a page and wait until it is there; `stopped` gives it a clock that the test moves."""
        own = f"http://{host}:{self.stand.port}"
        options = {"viewport": {"width": 1366, "height": 768}, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.route(re.compile(f"^(?!{re.escape(own)}/)"), self._refuse)
        page = context.new_page()
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        if stopped:
            page.clock.install()
        page.goto(own + path)
        page.wait_for_selector("html[data-ready]")
        if stopped:  # an installed clock goes on by itself until then
            page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
        return page

    def close(self) -> None:
        """Close all, and say what went wrong."""
        for context in self.browser.contexts:
            context.close()
        assert self.strangers == []
        assert [one for one in self.errors if not any(re.search(allowed, one) for allowed in self.allowed)] == []

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.errors.append(text)

    def _refuse(self, route: Any) -> None:
        self.strangers.append(route.request.url)
        route.abort()


def code_of(image: Locator) -> str:
    """What a QR code says, as a camera would see it."""
    image.evaluate("image => image.decode()")
    pixels = cv2.imdecode(np.frombuffer(image.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return read_code(pixels.astype(np.uint8))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: no longer, for its loop would be in the way of tests that have their own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stand() -> Iterator[StubStand]:
    with stub_stand() as stand:
        yield stand


@pytest.fixture
def browsing(chromium: Browser, stand: StubStand) -> Iterator[Browsing]:
    """At its end no page may have reported an error or asked for a stranger's address."""
    browsing = Browsing(chromium, stand)
    yield browsing
    browsing.close()
