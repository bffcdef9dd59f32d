"""Claims about what can be said to the connector: one line for what is wrong, and no password in it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from functions.connector.settings import ConnectorSettings
from tests.doc_tables import cells, defaults, page, section

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://gateway.openfaas:8080"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are right, and nobody else's."""
    for name in [name for name in os.environ if name.startswith("COLORISE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLORISE_SECRETS", str(tmp_path))
    monkeypatch.setenv("COLORISE_GATEWAY_URL", URL)


def complaint(*words: str) -> tuple[int, str]:
    """Exit code and words of a connector that does not begin."""
    ended = subprocess.run(
        [sys.executable, "-m", "functions.connector", *words], capture_output=True, text=True, check=False, timeout=120
    )
    return ended.returncode, ended.stderr


def test_every_setting_is_in_the_document_with_its_default() -> None:
    table = cells(section(page("openfaas.md"), "Orders of the queue: the connector"))
    assert {name: row[0] for name, row in table.items()} == {
        name: default or "none" for name, default in defaults([ConnectorSettings]).items()
    }


def test_an_address_is_enough() -> None:
    settings = ConnectorSettings()
    assert (settings.gateway_url, settings.gateway_user, settings.max_inflight) == (URL, None, 4)
    assert (settings.gateway_colorise, settings.gateway_video_split) == ("colorise", "video-split")


@pytest.mark.parametrize(
    "url",
    ["https://functions.example.org", "http://127.0.0.1:31112/", "http://[::1]:8080", "https://example.org/openfaas"],
)
def test_addresses_that_are_fine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORISE_GATEWAY_URL", url)
    assert ConnectorSettings().gateway_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway:8080",
        "ftp://gateway",
        "http://",
        "http://me:hunter2@gateway:8080",
        "http://me@gateway",
        "http://gateway?a=hunter2",
        "http://gateway#a",
        "http://gateway:0",
        "http://gateway:port",
        "http://gate way",
        "http://gäteway",
        "http://gateway\\x",
    ],
)
def test_what_is_no_address_of_a_gateway_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORISE_GATEWAY_URL", url)
    with pytest.raises(ValueError, match="set COLORISE_GATEWAY_URL to the address of a gateway"):
        ConnectorSettings()


def test_user_and_password_come_together_and_from_a_secret_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "colorise-gateway-password").write_text("hunter2")
    with pytest.raises(ValueError, match="set both COLORISE_GATEWAY_USER and COLORISE_GATEWAY_PASSWORD"):
        ConnectorSettings()
    monkeypatch.setenv("COLORISE_GATEWAY_USER", "me")
    settings = ConnectorSettings()
    assert settings.gateway_password is not None
    assert settings.gateway_password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)
    monkeypatch.setenv("COLORISE_GATEWAY_USER", "me:you")
    with pytest.raises(ValueError, match="colon"):
        ConnectorSettings()


@pytest.mark.parametrize("name", ["", "Colorise", "../system", "colorise/_", "a?b", "-a"])
def test_what_is_no_name_of_a_function_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORISE_GATEWAY_COLORISE", name)
    with pytest.raises(ValueError, match="gateway_colorise"):
        ConnectorSettings()


def test_what_is_wrong_is_one_line_without_any_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colorise-gateway-password").write_text("hunter2")
    monkeypatch.setenv("COLORISE_GATEWAY_URL", "http://me:hunter3@gateway:8080")
    code, told = complaint()
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith("functions.connector: set COLORISE_GATEWAY_URL to the address of a gateway")
    assert "hunter" not in told
    assert complaint("worker")[0] == 2
