"""One stand with all its real parts for each file of tests, and a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.stand_process import StandProcess, chromium_running, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.demo.conftest import Browsing


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandProcess]:
    with StandProcess(tmp_path_factory.mktemp("stand") / "data") as stand:
        yield stand


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser


@pytest.fixture
def browsing(chromium: Browser, stand: StandProcess) -> Iterator[Browsing]:
    with visiting(chromium, stand) as browsing:
        yield browsing
