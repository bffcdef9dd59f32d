"""The stand as a program: its words, its exit codes, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509

from demo.certificate import self_signed
from tests.demo.stand_world import OURS, grey_jpeg
from tests.nats_server import NatsServer, nats_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def told(folder: Path, **more: str) -> dict[str, str]:
    settings = {"COLORISE_STORE": (folder / "store").as_uri(), "COLORISE_DEMO_PORT": "0", **more}
    return {**{name: text for name, text in os.environ.items() if not name.startswith("COLORISE_")}, **settings}


def ran(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "demo", *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def nats() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@contextmanager
def running(environment: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The program, its address and its operator's number."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "demo", *words], env=environment, cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not (lines and "number" in lines[-1]):
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read() if process.stderr else ""
        yield process, lines[0].split()[-1], lines[-1].split()[-1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"COLORISE_DEMO_PORT": "many"}, "COLORISE_DEMO_PORT=many"),
        ({"COLORISE_DEMO_PIN": "12"}, "COLORISE_DEMO_PIN"),
        ({"COLORISE_DEMO_CERTIFICATE": "/x.pem"}, "both COLORISE_DEMO_CERTIFICATE and COLORISE_DEMO_KEY"),
        ({"COLORISE_STORE": "nowhere"}, "COLORISE_STORE=nowhere"),
    ],
)
def test_wrong_settings_end_it_before_anything_begins(tmp_path: Path, more: dict[str, str], said: str) -> None:
    ended = ran(told(tmp_path, **more))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("colorise demo: ")
    assert said in line
    assert ended.stdout == ""


def test_a_file_with_settings_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stand.toml").write_text("[demo]\nnaem = 'x'\n")
    ended = ran(told(tmp_path), "--config", str(tmp_path / "stand.toml"))
    assert ended.returncode == 2
    assert "demo_naem" in ended.stderr


def test_a_port_that_is_taken_is_told_in_a_line(tmp_path: Path, nats: NatsServer) -> None:
    ended = ran(told(tmp_path, COLORISE_NATS_URL=nats.url), "--port", str(nats.port))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_it_says_that_it_lives_while_it_waits_for_its_queue(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # listens, and never says a word
        url = f"nats://127.0.0.1:{nobody.getsockname()[1]}"
        environment = told(tmp_path, COLORISE_NATS_URL=url, COLORISE_HEALTH_PORT="0")
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "demo"], env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stderr is not None
            lines = (json.loads(line) for line in process.stderr)
            said = next(line for line in lines if line["event"] == "serving metrics and health")
            with httpx.Client(base_url=f"http://127.0.0.1:{said['port']}", trust_env=False) as client:
                assert client.get("/_/health").status_code == 200
                assert client.get("/_/ready").status_code == 503
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            assert process.returncode == 0
        finally:
            process.kill()
            process.communicate()


def test_it_serves_until_told_to_stop_and_ends_although_somebody_listens(tmp_path: Path, nats: NatsServer) -> None:
    environment = told(tmp_path, COLORISE_NATS_URL=nats.url, COLORISE_HEALTH_PORT="0")
    with running(environment) as (process, address, pin), httpx.Client(base_url=address, trust_env=False) as client:
        assert client.get("/").status_code == 200
        assert client.post("/api/operator/session", json={"pin": pin}, headers=OURS).status_code == 204
        accepted = client.post("/api/visits", content=grey_jpeg(), headers=OURS).json()
        with client.stream("GET", "/api/wall/events") as wall, client.stream("GET", accepted["events"]) as visit:
            assert next(wall.iter_lines()).startswith("event: ")
            assert next(visit.iter_lines()) == "event: stage"
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        assert process.returncode == 0
        assert process.stderr is not None
        log = process.stderr.read()
        assert "Traceback" not in log
        assert accepted["token"] not in log
        assert pin not in log


def test_a_stand_that_waits_for_its_queue_ends_when_told(tmp_path: Path) -> None:
    environment = told(tmp_path, COLORISE_NATS_URL="nats://127.0.0.1:1")
    command = [sys.executable, "-P", "-m", "demo"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "waiting" not in (line := process.stderr.readline()) and "queue" not in line and "NATS" not in line:
            assert line
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_its_own_certificate_is_for_the_addresses_of_its_machine(tmp_path: Path, nats: NatsServer) -> None:
    folder = tmp_path / "certificate"
    environment = told(tmp_path, COLORISE_NATS_URL=nats.url, COLORISE_DEMO_CERTIFICATE_FOLDER=str(folder))
    with running(environment, "--self-signed") as (_, address, _):
        assert address.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=str(folder / "stand.crt"))
        with httpx.Client(base_url=address, verify=trust, trust_env=False) as client:
            answer = client.get("/api/stand")
            assert answer.status_code == 200
            assert "; Secure" in answer.headers["set-cookie"]


def test_a_certificate_is_taken_again_until_it_does_not_fit(tmp_path: Path) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    certificate, key = self_signed(tmp_path, ["192.168.7.5"], now=now)
    assert key.stat().st_mode & 0o077 == 0
    first = certificate.read_bytes()
    names = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(one) for one in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1", "192.168.7.5"}
    assert "localhost" in names.get_values_for_type(x509.DNSName)

    def again(*addresses: str, days: int = 0) -> bool:
        path, _ = self_signed(tmp_path, addresses, now=now + timedelta(days=days))
        return path.read_bytes() == first

    assert again("192.168.7.5", days=80)
    assert again()
    assert not again("192.168.7.5", days=84)
    first = certificate.read_bytes()
    assert not again("10.0.0.1")
    certificate.write_bytes(b"broken")
    assert not again()
