"""A fake X as a program of its own, and its controls over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tweepy

from bot.fake_x import Attached, FaultKind, XControl
from bot.fake_x.control_endpoint import METHODS
from tests.fakes.x_api import ToLoopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = {
    "control_token": "open sesame",
    "app": {"consumer_key": "ck", "consumer_secret": "cs", "bearer_token": "bt"},
    "accounts": [
        {"username": "colorisebot", "id": "77", "access_token": "77-t", "access_token_secret": "ts"},
        {"username": "anna"},
    ],
    "limits": {"create": [3, 60]},
}


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.fake_x", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def program() -> Iterator[dict[str, Any]]:
    with started() as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(CONFIGURATION))
        process.stdin.close()
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 0


@pytest.fixture
def control(program: dict[str, Any]) -> Iterator[XControl]:
    made = XControl(program["url"], "open sesame")
    yield made
    made.close()


@pytest.fixture
def bot(program: dict[str, Any]) -> tweepy.Client:
    made = tweepy.Client("bt", "ck", "cs", "77-t", "ts")
    made.session.mount("https://", ToLoopback(program["url"]))
    return made


def test_the_program_says_where_it_listens_and_knows_its_accounts(
    program: dict[str, Any], bot: tweepy.Client, control: XControl
) -> None:
    assert program == {
        "port": program["port"],
        "url": f"http://127.0.0.1:{program['port']}",
        "control_token": "open sesame",
    }
    assert bot.get_me().data.id == 77
    assert control.credentials("colorisebot").access_token == "77-t"  # noqa: S105 - made up


def test_a_drill_in_another_process_sees_and_does_all(bot: tweepy.Client, control: XControl) -> None:
    control.add_account("cleo", name="Cleo")
    when = datetime(2026, 11, 5, 12, 30, 0, 250_000, tzinfo=UTC)
    picture = Attached(bytes(range(256)), alt_text="old", width=3, height=2)
    mention = control.post("cleo", "@colorisebot this", attachments=[picture], posted_at=when)
    (post,) = control.posts_by("cleo")
    assert (post.id, post.posted_at, post.said) == (mention, when, "@colorisebot this")
    assert control.media(post.media[0]).content == picture.content
    assert control.media(post.media[0]).alt_text == "old"
    bot.create_tweet(text="done", in_reply_to_tweet_id=mention)
    (reply,) = control.wait_replies(mention)
    assert reply.text == "@cleo done"
    assert control.replies_to(mention) == [reply]
    assert control.counts()["create/201"] >= 1
    assert control.requests(family="create")[-1].account == "colorisebot"
    assert control.delete_post(mention)
    assert not control.delete_post(mention)


def test_holds_and_faults_work_from_another_process(bot: tweepy.Client, control: XControl) -> None:
    hold = control.hold("users-me", "after")
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(bot.get_me)
        assert control.wait_held(hold).path == "/2/users/me"
        assert control.release(hold) == 1
        assert asking.result().data.username == "colorisebot"
    control.wait_gone(hold)
    control.set_fault("users-me", FaultKind.UNAVAILABLE, times=1)
    with pytest.raises(tweepy.TwitterServerError):
        bot.get_me()
    assert control.faults_happened()["users-me/503"] == 1
    control.clear_faults()
    before = control.counts()["users-me"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(control.wait_counted, "users-me", before + 1)
        bot.get_me()
        waiting.result()
    with pytest.raises(TimeoutError, match="fewer than"):
        control.wait_counted("users-me", before + 100, seconds=0.01)
    assert not control.connected()
    assert not control.drop_stream()
    control.protect("anna")
    control.protect("anna", protected=False)
    control.set_limit("users-me", 1000, 60)
    control.forward(1)
    control.wait_stream(connected=False)


def test_mistakes_at_the_controls_are_told(program: dict[str, Any], control: XControl) -> None:
    with pytest.raises(LookupError, match="there is no account nobody"):
        control.post("nobody", "hello")
    with pytest.raises(LookupError, match="there is no endpoint family"):
        control.hold("everything")
    for token, method, status in (("wrong", "counts", 401), ("open sesame", "stop", 404)):
        answered = requests.post(
            f"{program['url']}/_control/{method}", headers={"Authorization": f"Bearer {token}"}, json={}, timeout=10
        )
        assert answered.status_code == status


def test_the_client_has_every_control() -> None:
    assert set(METHODS) == {name for name in vars(XControl) if not name.startswith("_")} - {"close"}


def test_a_configuration_may_be_toml_and_a_mistake_in_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('control_token = "t"\n[[accounts]]\nusername = "anna"\n')
    with started(str(file)) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        assert XControl(told["url"], "t").credentials("anna").access_token
        process.terminate()
    for content in ("{", 'colour = "red"', '[[accounts]]\nusername = "an na"\n'):
        file.write_text(content)
        with started(str(file)) as process:
            _, complaint = process.communicate(timeout=30)
        assert process.returncode == 2
        assert complaint.startswith(f"fake_x: cannot read the configuration from {file}: ")
