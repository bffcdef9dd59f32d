"""The bot as a program: its words, its exit codes, and one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.x_api import ANNA, BOT, running_x
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.fake_x import FakeXServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def x() -> Iterator[FakeXServer]:
    with running_x() as server:
        yield server


def told(x: FakeXServer, folder: Path, **more: str) -> dict[str, str]:
    """The account's keys as secret files, and a store in a folder."""
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name, secret in x.fake.credentials(BOT).model_dump().items():
        (secrets / f"colorise_x_{name}").write_text(f"{secret}\n")
    settings = {
        "COLORISE_SECRETS": str(secrets),
        "COLORISE_X_ADDRESS": x.url,
        "COLORISE_STORE": (folder / "store").as_uri(),
        **more,
    }
    return {**{name: text for name, text in os.environ.items() if not name.startswith("COLORISE_")}, **settings}


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "bot", *words]


def ran(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def complaints(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """What it says for people: the log is in JSON."""
    return [line for line in ended.stderr.splitlines() if not line.startswith("{")]


@contextmanager
def running(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(*words), env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """The first line of the log that tells of this."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("{") and json.loads(line)["event"].startswith(event):
            said: dict[str, Any] = json.loads(line)
            return said
    msg = f"it ended without: {event}"
    raise AssertionError(msg)


def test_check_looks_at_the_account_and_posts_nothing(x: FakeXServer, tmp_path: Path) -> None:
    ended = ran(told(x, tmp_path), "--check")
    assert ended.returncode == 0, ended.stderr
    assert [line.split()[0] for line in ended.stdout.splitlines()] == ["ok"] * 5
    assert x.fake.posts_by(BOT) == []


def test_check_fails_in_words_where_the_keys_are_wrong(x: FakeXServer, tmp_path: Path) -> None:
    ended = ran(told(x, tmp_path, COLORISE_X_ACCESS_TOKEN_SECRET="x" * 40), "--check")
    assert ended.returncode == 1
    assert ended.stdout.startswith("FAIL  credentials")
    assert "Traceback" not in ended.stderr


def test_missing_keys_are_named_together_in_one_line(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COLORISE_")}
    ended = ran({**environment, "COLORISE_STORE": tmp_path.as_uri()})
    assert ended.returncode == 2
    (line,) = complaints(ended)
    assert "COLORISE_X_CONSUMER_KEY, COLORISE_X_CONSUMER_SECRET, COLORISE_X_ACCESS_TOKEN" in line


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[bot]\npoll_second = 3\n", "bot_poll_second"),
        ("[bot\n", "Expected"),
        ("[bot]\npoll_seconds = 'often'\n", "COLORISE_BOT_POLL_SECONDS"),
        ("[bot]\nkeep_hours = 2\nmax_age_hours = 3\n", "COLORISE_BOT_KEEP_HOURS"),
    ],
)
def test_a_wrong_file_of_settings_is_refused_before_anything_begins(
    x: FakeXServer, tmp_path: Path, toml: str, said: str
) -> None:
    (tmp_path / "bot.toml").write_text(toml)
    ended = ran(told(x, tmp_path), "--config", str(tmp_path / "bot.toml"))
    assert ended.returncode == 2
    (line,) = complaints(ended)
    assert said in line
    assert x.fake.counts() == {}


def test_modes_that_exclude_each_other_are_refused(x: FakeXServer, tmp_path: Path) -> None:
    assert ran(told(x, tmp_path), "--check", "--dry-run").returncode == 2
    assert ran(told(x, tmp_path), "--rehearse").returncode == 2


def test_a_content_filter_that_is_not_there_is_told_of(x: FakeXServer, tmp_path: Path) -> None:
    ended = ran(told(x, tmp_path, COLORISE_BOT_CONTENT_FILTER="nobody.knows:this"))
    assert ended.returncode == 1
    assert "COLORISE_BOT_CONTENT_FILTER=nobody.knows:this" in complaints(ended)[-1]


def test_it_answers_until_it_is_told_to_stop_and_no_key_is_in_its_log(x: FakeXServer, tmp_path: Path) -> None:
    with nats_server() as nats:
        environment = told(x, tmp_path, COLORISE_NATS_URL=nats.url, COLORISE_BOT_POLL_SECONDS="0.2")
        with running(environment) as process:
            assert heard(process, "we are @")["event"] == f"we are @{BOT}"
            mention = x.fake.post(ANNA, f"@{BOT} hello")
            (reply,) = x.fake.wait_replies(mention)
            assert reply.text.startswith(f"@{ANNA}")
            assert heard(process, "answered")["mention"] == mention
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=60)
            assert process.returncode == 0, rest
            keys = x.fake.credentials(BOT).model_dump().values()
            assert not [key for key in keys if key in rest]


def test_a_dry_run_posts_nothing_and_says_what_it_would_post(x: FakeXServer, tmp_path: Path) -> None:
    with nats_server() as nats:
        environment = told(x, tmp_path, COLORISE_NATS_URL=nats.url, COLORISE_BOT_POLL_SECONDS="0.2")
        mention = x.fake.post(ANNA, f"@{BOT} hello")
        with running(environment, "--dry-run") as process:
            assert heard(process, "would reply")["to"] == mention
        assert x.fake.posts_by(BOT) == []
        with running(environment):  # and the bot proper answers what the dry run only looked at
            assert len(x.fake.wait_replies(mention)) == 1


def test_somebody_is_forgotten_by_hand(x: FakeXServer, tmp_path: Path) -> None:
    account = x.fake.add_account("carla")
    with nats_server() as nats:
        environment = told(x, tmp_path, COLORISE_NATS_URL=nats.url, COLORISE_BOT_POLL_SECONDS="0.2")
        mention = x.fake.post("carla", f"@{BOT} hello")
        with running(environment) as process:
            x.fake.wait_replies(mention)
            heard(process, "answered")
        for mentions in (1, 0):
            ended = ran(environment, "--forget", account)
            assert ended.stdout == f"forgotten: {account}, who had {mentions} mentions in the ledger\n"
