"""What all tests need before the first one runs."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, and let the programs that tests start hear it: shells make what they start with `&` ignore it.

    Whoever imports ONNX Runtime past our own door is not to have it tell Microsoft of that. And no test fails for the
    time that an example took: what else the machine does is no property of ours.
    """
    # In CI the same examples each time: what new ones find there would be blamed on whatever was changed last.
    same = "CI" in os.environ
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=same)
    settings.load_profile("untimed")
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(_FailuresAtOnce(config))


@pytest.fixture(autouse=True)
def no_real_time_priority() -> Iterator[None]:
    """Tests leave their process scheduled as it was: with real-time priority, programs started later starve others."""
    yield
    if sys.platform == "linux":
        assert os.sched_getscheduler(0) == os.SCHED_OTHER


class _FailuresAtOnce:
    """Names a test when it fails: a run that is ended from outside never gets to its summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._plugins = config.pluginmanager

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say which one failed, and its last line."""
        terminal = self._plugins.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            last = report.longreprtext.rstrip().rpartition("\n")[2]
            terminal.write_line(f"\n{report.when} of {report.nodeid} failed: {last}")
