"""A `colorise up` in a process of its own, whose events can be waited for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cli.up_address import Running, find_running
from tests.told_process import ToldProcess

if TYPE_CHECKING:
    from pathlib import Path

STAND_IN = """\
import http.server, os, signal, socket, subprocess, sys
from urllib.parse import urlsplit

kind = sys.argv[1]
if kind == "broken":
    print("no model of this name", flush=True)
    sys.exit(1)

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = urlsplit(os.environ["COLORISE_NATS_URL"])
        try:
            socket.create_connection((server.hostname, server.port), 1).close()
        except OSError:
            self.send_response(503)
        else:
            self.send_response(200)
        self.end_headers()

if kind == "busy":
    signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"told to stop\\n"))
if kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
place = os.environ["COLORISE_HEALTH_HOST"], int(os.environ["COLORISE_HEALTH_PORT"])
http.server.ThreadingHTTPServer(place, Answer).serve_forever()
"""

PROGRAM = f"""\
import sys
from pathlib import Path
from cli.up_run import UpOptions, run_up
stand_in = {STAND_IN!r}
kinds = dict(word.split("=") for word in sys.argv[2:])
workers = {{name: (sys.executable, "-c", stand_in, kind) for name, kind in kinds.items()}}
sys.exit(run_up(UpOptions(Path(sys.argv[1]), 1, "small", {{}}, as_json=True), workers))
"""


class Up(ToldProcess):
    """A `colorise up --json` in a process of its own: with stand-ins of these kinds for workers, or with ours.

    Args:
        data: the data folder.
        environment: more of it.
        kinds: name → kind of stand-in.
    """

    def __init__(self, data: Path, environment: dict[str, str] | None = None, **kinds: str) -> None:
        self.data = data
        words = [sys.executable, "-c", PROGRAM, str(data), *(f"{name}={kind}" for name, kind in kinds.items())]
        if not kinds:
            words = [sys.executable, "-m", "cli", "up", "--data", str(data), "--workers", "1", "--json"]
        super().__init__(words, environment)

    def running(self) -> Running:
        found = find_running(self.data)
        assert found is not None
        return found
