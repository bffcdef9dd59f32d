"""A container's health check: 0 where the program in it says that it is ready, 1 otherwise.

Copied into the images alone: it needs Python's own modules and nothing beside it. A program is asked at its health
port, and a function over HTTP at the port where it is called.
"""

from __future__ import annotations

import http.client
import os
import sys

SECONDS = 2
"""For an answer; the check itself has three."""


def is_ready(port: int) -> bool:
    """Whether what listens there says that it is ready."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        asked.request("GET", "/_/ready")
        return asked.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def ports() -> list[int]:
    """Where to ask, as the container's variables have it; a health port that is off is none."""
    named = (os.environ.get("COLORISE_HEALTH_PORT", ""), os.environ.get("COLORISE_HTTP_PORT") or "8080")
    return [int(port) for port in named if port.isdecimal()]


if __name__ == "__main__":
    sys.exit(not any(is_ready(port) for port in ports()))
