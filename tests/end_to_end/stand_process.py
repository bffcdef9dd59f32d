"""A `colorise demo` in a process of its own, with all its real parts, and browsers that visit it."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from cli.up_address import find_running
from functions.stores.settings import open_store
from tests.demo.conftest import FLAGS, Browsing
from tests.demo.conftest import PATIENCE as USUAL_PATIENCE
from tests.told_process import LONG_SECONDS, ToldProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from functions.stores.protocol import ObjectStore

PATIENCE: Final = 1000 * LONG_SECONDS
"""In milliseconds, as the browser's driver counts; for what takes seconds where nothing else is to be done."""


class StandProcess(ToldProcess):
    """A stand with queue, store, two workers, the splitter and the bot; it is there when this returns.

    Args:
        data: the data folder, which an earlier one may have used.
        port: to listen on; 0 is any free one.
    """

    def __init__(self, data: Path, *, port: int = 0) -> None:
        words = ("demo", "--json", "--no-browser", "--workers", "2", "--port", str(port), "--data", str(data))
        super().__init__([sys.executable, "-m", "cli", *words])
        self.data = data
        try:
            said = self.heard(event="stand")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.address: str = said["address"]
        self.pin: str = said["pin"]
        self.port = urlsplit(self.address).port or 0

    def programs(self) -> dict[str, int]:
        """Name → process, of all that run now."""
        found = find_running(self.data)
        assert found is not None
        return {program.name: program.pid for program in found.programs if program.pid is not None}

    def store(self) -> ObjectStore:
        """The store with everything that visitors brought."""
        found = find_running(self.data)
        assert found is not None
        return open_store(found.store)


@contextlib.contextmanager
def chromium_running() -> Iterator[Browser]:
    """A browser with a camera that is not one; meanwhile, what is expected of its pages may take long."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    expect.set_options(timeout=PATIENCE)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            yield browser
            browser.close()
    finally:
        expect.set_options(timeout=USUAL_PATIENCE)


@contextlib.contextmanager
def visiting(browser: Browser, stand: StandProcess) -> Iterator[Browsing]:
    """Opens pages of a stand; at the end none may have reported an error or asked for a stranger's address."""
    browsing = Browsing(browser, stand)
    try:
        yield browsing
    except BaseException:
        for context in browser.contexts:
            context.close()
        raise
    browsing.close()


def opened(browsing: Browsing, path: str, **options: Any) -> Page:
    """Open a page that waits as long as a busy machine needs."""
    page = browsing.open(path, **options)
    page.context.set_default_timeout(PATIENCE)
    return page


def sampled(browsing: Browsing, sample: str = "Astronaut", **options: Any) -> Page:
    """The booth, with one of the stand's own pictures in colour."""
    page = opened(browsing, "/", **options)
    page.get_by_role("button", name=f"Colour the sample “{sample}”").click()
    expect(page.get_by_role("heading", name="In colour.")).to_be_visible()
    return page


def visit_of(page: Page) -> str:
    """Id of the visit whose result a page shows."""
    link = page.locator("#save").get_attribute("href") or ""
    found = re.match(r"/api/visits/([\w-]+)/after", link)
    assert found is not None, link
    return found[1]


def let_in(page: Page, stand: StandProcess) -> None:
    """Give the operator's number at the page that asks for it."""
    page.locator("#pin").fill(stand.pin)
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_be_visible()
