"""What all tests need before the first one runs."""

from __future__ import annotations

import os
import signal


def pytest_configure() -> None:
    """Hear Ctrl-C, and let the programs that tests start hear it: shells make what they start with `&` ignore it.

    Whoever imports ONNX Runtime past our own door is not to have it tell Microsoft of that.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
