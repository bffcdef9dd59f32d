from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from functions.queues.settings import QueueSettings, open_queue
from tests.nats_server import PASSWORD, nats_server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing but what the test sets."""
    for name in ("NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_REPLICAS", "ACK_WAIT_SECONDS"):
        monkeypatch.delenv(f"COLORISE_{name}", raising=False)
    monkeypatch.setenv("COLORISE_SECRETS", str(tmp_path))


def test_the_server_of_this_machine_is_the_default() -> None:
    settings = QueueSettings()
    assert settings.nats_url == "nats://127.0.0.1:4222"
    assert settings.nats_user is None
    assert settings.ack_wait_seconds == 10


@pytest.mark.parametrize("name", ["colorise_nats_password", "colorise-nats-password"])
def test_a_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv("COLORISE_NATS_USER", "colorise")
    (tmp_path / name).write_text("hush\n")
    password = QueueSettings().nats_password
    assert password is not None
    assert password.get_secret_value() == "hush"


def test_the_password_does_not_show() -> None:
    settings = QueueSettings.model_validate({"nats_user": "colorise", "nats_password": "hush"})
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("url", ["127.0.0.1:4222", "http://127.0.0.1", "nats://", "nats://one,two", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="addresses of NATS servers"):
        QueueSettings(nats_url=url)


def test_a_user_without_a_password_is_refused() -> None:
    with pytest.raises(ValidationError, match="COLORISE_NATS_PASSWORD"):
        QueueSettings(nats_user="colorise")


async def test_the_queue_is_opened_with_any_server_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with nats_server(user="colorise") as gone, nats_server(user="colorise") as server:
        gone.kill()
        monkeypatch.setenv("COLORISE_NATS_URL", f"{gone.url}, {server.url}")
        monkeypatch.setenv("COLORISE_NATS_USER", "colorise")
        monkeypatch.setenv("COLORISE_NATS_PASSWORD", PASSWORD)
        queue = await open_queue(QueueSettings())
        assert queue.connected
        await queue.close()
        assert not queue.connected
