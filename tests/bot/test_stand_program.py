"""The bot as a program on a stand: no key of X is needed, and a visitor is answered as soon as they post."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bot.platform_worlds import BOT, TOKEN, StandWorld, stand_world
from tests.fakes.x_api import ANNA, running_x
from tests.fakes.x_api import BOT as X_BOT
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from demo.network_posts import Entry, Happening

ROOT = Path(__file__).parents[2]
LONG_SECONDS = 60


def told(folder: Path, **more: str) -> dict[str, str]:
    """Settings of a bot on a stand, with the token in a secret file."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "colorise_stand_token").write_text(f"{TOKEN}\n")
    ours = {
        "COLORISE_SECRETS": str(folder / "secrets"),
        "COLORISE_STORE": (folder / "store").as_uri(),
        "COLORISE_BOT_PLATFORM": "stand",
        **more,
    }
    return {name: text for name, text in os.environ.items() if not name.startswith("COLORISE_")} | ours


async def started(environment: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot", *words),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def said_by_bot(world: StandWorld) -> asyncio.Queue[Entry]:
    heard: asyncio.Queue[Entry] = asyncio.Queue()

    def hear(happening: Happening) -> None:
        entry = happening.entry
        if happening.what == "posted" and entry and entry.author == world.network.bot.id:
            heard.put_nowait(entry)

    world.network.listen(hear)
    return heard


async def test_it_answers_a_visitor_of_the_stand_and_no_token_is_in_its_log(tmp_path: Path) -> None:
    async with stand_world() as world:
        world.clock.follow_the_real_one()
        with nats_server() as nats:
            more = {"COLORISE_NATS_URL": nats.url, "COLORISE_BOT_POLL_SECONDS": "0.2", "COLORISE_BOT_STREAM": "true"}
            environment = told(tmp_path, COLORISE_STAND_ADDRESS=world.platform._http.address, **more)
            answers = said_by_bot(world)
            process = await started(environment)
            try:
                asked = world.post("anna", f"@{BOT} hello")
                answer = await asyncio.wait_for(answers.get(), LONG_SECONDS)
                assert answer.reply_to == asked
                assert answer.text.startswith("@anna ")
                process.terminate()
                _, log = await asyncio.wait_for(process.communicate(), LONG_SECONDS)
                assert process.returncode == 0, log
                assert TOKEN.encode() not in log
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.communicate()


async def test_a_bot_on_x_that_shares_its_queue_is_another_one(tmp_path: Path) -> None:
    async with stand_world() as world:
        world.clock.follow_the_real_one()
        with nats_server() as nats, running_x() as x:
            more = {"COLORISE_NATS_URL": nats.url, "COLORISE_BOT_POLL_SECONDS": "0.2"}
            stand = told(tmp_path, COLORISE_STAND_ADDRESS=world.platform._http.address, **more)
            keys = {f"COLORISE_X_{name.upper()}": key for name, key in x.fake.credentials(X_BOT).model_dump().items()}
            on_x = stand | keys | {"COLORISE_BOT_PLATFORM": "x", "COLORISE_X_ADDRESS": x.url}
            answers = said_by_bot(world)
            processes = [await started(on_x)]
            try:
                mention = x.fake.post(ANNA, f"@{X_BOT} hello")
                assert await asyncio.to_thread(x.fake.wait_replies, mention)
                processes.append(await started(stand))
                asked = world.post("anna", f"@{BOT} hello")
                assert (await asyncio.wait_for(answers.get(), LONG_SECONDS)).reply_to == asked
            finally:
                for process in processes:
                    process.kill()
                    await process.communicate()


async def test_a_look_at_the_account_works_on_a_stand_too(tmp_path: Path) -> None:
    async with stand_world() as world:
        environment = told(tmp_path, COLORISE_STAND_ADDRESS=world.platform._http.address)
        process = await started(environment, "--check")
        said, _ = await asyncio.wait_for(process.communicate(), LONG_SECONDS)
        assert process.returncode == 0
        assert [line.split()[0] for line in said.decode().splitlines()] == ["ok"] * 3


async def test_a_missing_token_is_a_line_and_the_keys_of_x_are_not_missed(tmp_path: Path) -> None:
    environment = told(tmp_path)
    (tmp_path / "secrets" / "colorise_stand_token").unlink()
    process = await started(environment)
    _, said = await asyncio.wait_for(process.communicate(), LONG_SECONDS)
    assert process.returncode == 2
    (line,) = said.decode().splitlines()
    assert "COLORISE_STAND_TOKEN" in line
    assert "CONSUMER" not in line
