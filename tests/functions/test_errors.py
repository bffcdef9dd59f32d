"""Claims about the kinds of failure."""

from __future__ import annotations

import pickle

import pytest

from functions.colorise.models.caffe.proto import CaffeError
from functions.colorise.session import ModelUnusable
from functions.errors import Postponed, Rejected, Unreadable
from functions.sandbox.verdicts import Crashed


@pytest.mark.parametrize(
    "error",
    [
        Rejected("too large", code="too-large"),
        Unreadable("ends early", code="ends-early"),
        Postponed("no network", after_seconds=60.0),
        ModelUnusable("not a network"),
        CaffeError("layer conv1: no weights"),
        Crashed("SIGSEGV"),
    ],
)
def test_a_failure_crosses_to_another_process_whole(error: Exception) -> None:
    there = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert vars(there) == vars(error)
