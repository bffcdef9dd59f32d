"""Claims about the command line of the functions' programs: settings, exit codes, one line for what is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from functions.colorise import __main__ as colorise
from functions.program.command import main, read_settings
from functions.video_split import __main__ as video_split

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS: tuple[Any, ...] = (colorise.PROGRAM, video_split.PROGRAM)


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are right, and nobody else's."""
    for name in os.environ:
        if name.startswith("COLORISE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLORISE_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("COLORISE_SECRETS", str(tmp_path / "none"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.name))
@pytest.mark.parametrize("words", [[], ["dance"], ["worker", "http"], ["--help"]])
def test_the_way_to_run_must_be_said(program: Any, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(program, words) == 2
    assert (
        capsys.readouterr().err
        == f"{program.name}: say how: python -m {program.name} worker|http, or COLORISE_MODE in the environment\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COLORISE_THREADS", "many", "COLORISE_THREADS=many: input should be a valid integer"),
        ("COLORISE_THREADS", "0", "COLORISE_THREADS=0: input should be greater than or equal to 1"),
        ("COLORISE_HTTP_PORT", "70000", "COLORISE_HTTP_PORT=70000: input should be less than or equal to 65535"),
        ("COLORISE_MAX_BYTES", "-1", "COLORISE_MAX_BYTES=-1: "),
        ("COLORISE_LOG_LEVEL", "loud", "COLORISE_LOG_LEVEL=loud: "),
        ("COLORISE_NATS_URL", "here", "COLORISE_NATS_URL=here: it must be addresses of NATS servers"),
        ("COLORISE_STORE", "somewhere", "COLORISE_STORE=somewhere: it must be the address of a folder"),
        ("COLORISE_STORE", None, "set either COLORISE_S3_ENDPOINT"),
        ("COLORISE_CALLBACKS", "maybe", "COLORISE_CALLBACKS=maybe: input should be a valid boolean"),
        ("COLORISE_CALLBACK_HOSTS", "gateway", "COLORISE_CALLBACK_HOSTS says who is called back, and COLORISE_CALL"),
        ("COLORISE_NATS_USER", "me", "set both COLORISE_NATS_USER and COLORISE_NATS_PASSWORD"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    name: str,
    value: str | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    for program in PROGRAMS:
        assert main(program, ["worker"]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"{program.name}: {said}")
        assert told.count("\n") == 1


def test_each_wrong_setting_has_its_line_and_secrets_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLORISE_SIDE", "7")
    monkeypatch.setenv("COLORISE_MAX_PIXELS", "few")
    assert main(colorise.PROGRAM, ["http"]) == 2
    told = capsys.readouterr().err
    assert "COLORISE_SIDE=7" in told
    assert "COLORISE_MAX_PIXELS=few" in told
    assert told.count("\n") == 2
    monkeypatch.delenv("COLORISE_SIDE")
    monkeypatch.delenv("COLORISE_MAX_PIXELS")
    monkeypatch.setenv("COLORISE_NATS_PASSWORD", "hunter2")
    assert main(colorise.PROGRAM, ["worker"]) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_pictures_over_http_need_neither_store_nor_queue_and_films_need_a_store(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_settings(colorise.PROGRAM, over_http=True).queue is None
    assert read_settings(colorise.PROGRAM, over_http=False).queue is not None
    monkeypatch.delenv("COLORISE_STORE")
    assert read_settings(colorise.PROGRAM, over_http=True).store is None
    assert main(video_split.PROGRAM, ["http"]) == 2
    assert "COLORISE_STORE" in capsys.readouterr().err
    monkeypatch.setenv("COLORISE_NATS_URL", "nats://127.0.0.1:4222")
    assert read_settings(colorise.PROGRAM, over_http=True).queue is not None
    monkeypatch.setenv("COLORISE_S3_ACCESS_KEY", "half")
    assert main(colorise.PROGRAM, ["http"]) == 2


def test_hosts_that_are_called_back_are_names_and_addresses_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLORISE_CALLBACKS", "on")
    monkeypatch.setenv("COLORISE_CALLBACK_HOSTS", "Gateway.openfaas, 10.0.0.7 ::1,")
    hosts = read_settings(colorise.PROGRAM, over_http=True).own.callback_hosts
    assert hosts == {"gateway.openfaas", "10.0.0.7", "::1"}
    for wrong in ("http://gateway", "gateway:8080", "me@gateway", "gateway/back"):
        monkeypatch.setenv("COLORISE_CALLBACK_HOSTS", f"fine,{wrong}")
        assert main(colorise.PROGRAM, ["http"]) == 2
        assert f"without scheme and port: not {wrong}" in capsys.readouterr().err
