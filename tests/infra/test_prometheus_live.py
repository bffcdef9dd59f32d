"""A real Prometheus reads what our programs tell: every rule can be worked out, and no panel stays empty."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, generate_latest

from bot.metrics import BotMetrics
from bot.verdicts import Colorise, Ignore, Silence
from demo.figures import Figures
from functions.queues.memory_records import MemoryRecords
from functions.queues.protocol import Depth
from functions.queues.subjects import KINDS
from functions.sandbox.report import Report
from functions.sandbox.verdicts import Crashed
from functions.sandbox.words import Guards
from functions.serve.gate import Gate
from functions.serve.metrics import CallMetrics
from functions.telemetry.metrics import Metrics
from infra.grafana.__main__ import DASHBOARDS, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS: Final = 180
"""Five scrapes take five seconds; a machine may stand still for a minute."""

JOBS: Final = ("colorise", "video-split", "bot", "demo", "queue", "store")

SERVERS: Final = """\
gnatsd_healthz_status{server_id="q",value="ok"} 0
jetstream_server_total_message_bytes{server_id="q"} 5e6
jetstream_server_max_storage{server_id="q"} 1e9
jetstream_stream_total_messages{server_id="q",stream_name="COLORISE"} 5
jetstream_stream_total_messages{server_id="q",stream_name="DEAD"} 1
SeaweedFS_volumeServer_resource{name="/store",type="all"} 1e9
SeaweedFS_volumeServer_resource{name="/store",type="avail"} 5e8
"""
"""What NATS's exporter and SeaweedFS tell, as far as it is used."""


class Programs:
    """All that all programs tell. Each time that they are asked, more has happened."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.workers = Metrics(self.registry)
        self.bot = BotMetrics(self.registry)
        self.calls = CallMetrics(self.registry, Gate(1))
        self.figures = Figures(MemoryRecords(keep_seconds=None), self.registry)
        self.sandbox = Report(self.registry)
        self.sandbox.guards(Guards(network="seccomp", calls="seccomp", memory="limit"))
        self.asked = 0

    def text(self) -> bytes:
        self.asked += 1
        now = datetime.now(UTC)
        for kind in KINDS:
            with self.workers.in_flight(kind, attempt=2):
                for stage in ("wait", "handle", "read", "colour", "write", "acknowledge", "plan", "join"):
                    self.workers.took(kind, stage, 1.0)
            for ending in ("done", "failed"):
                self.workers.ended(kind, ending)
            self.workers.buried(kind, "failed")
            self.sandbox.lost(kind, Crashed.code)
        self.workers.depths(dict.fromkeys(KINDS, Depth(3, 1)))
        self.bot.active(is_active=True)
        self.bot.polled(now)
        self.bot.pending(1)
        self.bot.stream(is_open=False)
        self.bot.heard(Colorise((), "1"))
        self.bot.heard(Ignore(Silence.RETWEET))
        self.bot.ended("answered")
        self.bot.answered("photo", 3.0)
        self.bot.limited("posts", now)
        self.bot.spent(1_000_000 + self.asked, 1_000_000)
        self.calls.answered("POST", 200, 0.1)
        self.calls.called_back(delivered=True)
        self.figures.turned_away("busy", now)
        self.figures._seconds.labels("photo").observe(1.0)
        requests = f'SeaweedFS_s3_request_total{{bucket="colorise",code="200",type="GET"}} {self.asked}\n'
        return generate_latest(self.registry) + (SERVERS + requests).encode()


@contextlib.contextmanager
def told() -> Iterator[int]:
    """Programs that tell their metrics; yields the port."""
    programs, lock = Programs(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                text = programs.text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            serving.join()


def ask(port: int, path: str, **given: str) -> Any:
    url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(given)}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.loads(answer.read())["data"]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port, once it has seen enough."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus: Debian's package of that name brings it")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with told() as port, socket.socket() as free:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(FOLDER.parent / "prometheus" / "rules.yaml")],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for job in JOBS
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        free.bind(("127.0.0.1", 0))
        own = int(free.getsockname()[1])
        free.close()
        command = [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{own}",
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            pause, end = threading.Event(), time.monotonic() + PATIENCE_SECONDS
            while not _has_seen_enough(own):
                assert process.poll() is None, (folder / "log").read_text()[-2000:]
                assert time.monotonic() < end, (folder / "log").read_text()[-2000:]
                pause.wait(0.2)
            yield own
        finally:
            process.kill()
            process.wait()


def _has_seen_enough(port: int) -> bool:
    """Whether each target was seen five times, and rules were worked out from that."""
    try:
        seen = ask(port, "query", query="min(count_over_time(up[10m]))")["result"]
        ruled = ask(port, "query", query="count_over_time(colorise:store_errors:ratio5m[10m])")["result"]
    except OSError:
        return False
    return all(found and float(found[0]["value"][1]) >= 5 for found in (seen, ruled))


def test_every_rule_can_be_worked_out(prometheus: int) -> None:
    rules = [rule for group in ask(prometheus, "rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"} == {}


@pytest.mark.parametrize(
    ("title", "expression"),
    [
        pytest.param(panel.title, query.expression, id=f"{dashboard.name}-{panel.title}-{number}")
        for dashboard in DASHBOARDS
        for number, (panel, query) in enumerate(
            (panel, query) for row in dashboard.rows for panel in row.panels for query in panel.queries
        )
    ],
)
def test_no_panel_stays_empty_or_fails(prometheus: int, title: str, expression: str) -> None:
    plain = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
    now = str(time.time())
    assert ask(prometheus, "query", query=plain, time=now)["result"], title


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: str(dashboard.name))
def test_there_are_instances_to_choose_from(prometheus: int, dashboard: Any) -> None:
    assert ask(prometheus, "label/instance/values", **{"match[]": dashboard.instances})
