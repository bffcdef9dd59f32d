"""How to know that a server works: by a question that only a working one answers.

These speak the few words of each protocol themselves, for a fifth of a second of every start: the clients of NATS and
S3 are large, and `colorise up` has no other use for them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import http.client
import json
import socket
from typing import Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 1.0
"""For an answer from this machine."""

PROBE: Final = "up/probe"
"""Name of an object that is nobody's."""

UNSIGNED: Final = "UNSIGNED-PAYLOAD"

REGION: Final = "us-east-1"


def stream_server_answers(port: int, user: str, password: str) -> bool:
    """Whether a NATS server on loopback lets us in and has JetStream running.

    Protocol: https://docs.nats.io/reference/reference-protocols/nats-protocol
    """
    who = json.dumps({"user": user, "pass": password, "verbose": False, "pedantic": False, "name": "colorise up"})
    words = f"CONNECT {who}\r\nSUB up.answer 1\r\nPUB $JS.API.INFO up.answer 0\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as server, server.makefile("rb") as lines:
            if not lines.readline().startswith(b"INFO "):
                return False
            server.sendall(words.encode())
            while line := lines.readline():
                if line.startswith(b"MSG up.answer "):
                    return b'"error"' not in lines.readline()
                if line.startswith((b"-ERR", b"HMSG ")):  # not let in; or nobody answers: no JetStream
                    return False
    except OSError:
        pass
    return False


def bucket_works(port: int, bucket: str, access_key: str, secret_key: str) -> bool:
    """Whether an S3 server on loopback knows us, has the bucket, and gives out what was put there.

    It asks for a small object, and puts it there the first time. Only the bucket would not do: SeaweedFS knows it for
    up to five seconds before it finds its volumes again, and answers all else with errors.

    Signature: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    """
    host = f"127.0.0.1:{port}"
    path = f"/{bucket}/{PROBE}"
    status = _status(host, "GET", path, _signed("GET", host, path, access_key, secret_key))
    if status == http.client.NOT_FOUND:
        status = _status(host, "PUT", path, _signed("PUT", host, path, access_key, secret_key), b"ready")
    return status == http.client.OK


def says_ready(port: int) -> bool:
    """Whether a worker on loopback says that it is ready for work."""
    return _status(f"127.0.0.1:{port}", "GET", "/_/ready", {}) == http.client.OK


def accepts_connections(url: str) -> bool:
    """Whether something listens at the address of a server that is not ours; of several, at the first."""
    parts = urlsplit(url.split(",", maxsplit=1)[0].strip())
    usual = {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(parts.scheme, 4222)
    try:
        socket.create_connection((parts.hostname or "", parts.port or usual), PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def _status(host: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> int | None:
    """Status of the answer; None where there is none."""
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _signed(method: str, host: str, path: str, access_key: str, secret_key: str) -> dict[str, str]:
    now = dt.datetime.now(dt.UTC)
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"host": host, "x-amz-content-sha256": UNSIGNED, "x-amz-date": moment}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{headers['x-amz-content-sha256']}"
    scope = f"{day}/{REGION}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": credential}
