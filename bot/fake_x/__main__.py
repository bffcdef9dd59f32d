"""`python -m bot.fake_x [FILE]`: a fake X with a start configuration in JSON or TOML, from a file or standard input.

It prints one line of JSON when it listens, with the port and the control token, and ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from bot.fake_x.fake import FakeX
from bot.fake_x.server import FakeXServer
from bot.fake_x.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run until asked to end; 2 for a configuration that is not understood, 1 where it cannot listen."""
    parser = argparse.ArgumentParser(prog="python -m bot.fake_x", description="A fake X (Twitter) on loopback.")
    parser.add_argument("file", nargs="?", default="-", help="start configuration, JSON or TOML; - is standard input")
    file = parser.parse_args(arguments).file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        fake = FakeX(Settings.model_validate(_parsed(text)))
    except (OSError, ValueError, ValidationError) as error:
        sys.stderr.write(f"fake_x: cannot read the configuration from {file}: {error}\n")
        return 2
    try:
        server = FakeXServer(fake)
    except OSError as error:
        sys.stderr.write(f"fake_x: cannot listen on {fake.settings.host}:{fake.settings.port}: {error}\n")
        return 1
    line = {"port": server.port, "url": server.url, "control_token": fake.settings.control_token}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    server.run()
    return 0


def _parsed(text: str) -> object:
    """Read JSON, or else TOML; nothing is the usual configuration."""
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return tomllib.loads(text)


if __name__ == "__main__":
    sys.exit(main())
