"""One S3 server for all tests of a process, and a place in the store for each test."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cli.drill_proxy import fault_proxy
from functions.stores.minio import Bucket, MinioStore
from functions.stores.patience import Patience
from tests.seaweed import seaweed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.drill_proxy import FaultProxy
    from tests.seaweed import Seaweed


@pytest.fixture(scope="session")
def server() -> Iterator[Seaweed]:
    with seaweed() as running:
        yield running


@pytest.fixture
def bucket(server: Seaweed) -> Bucket:
    return Bucket(server.endpoint, server.bucket, server.access_key, server.secret_key)


@pytest.fixture
def proxy(server: Seaweed) -> Iterator[FaultProxy]:
    with fault_proxy(server.endpoint) as running:
        yield running


@pytest.fixture
def place() -> str:
    """What the names of a test's objects begin with, without a slash at the end."""
    return f"work/{secrets.token_hex(8)}"


@pytest.fixture
def gives_up() -> Patience:
    """For servers that never answer."""
    return Patience(connect_seconds=2, read_seconds=0.5, tries=3, pause_seconds=0.01, total_seconds=1)


@pytest.fixture
def store(bucket: Bucket) -> MinioStore:
    return MinioStore(bucket)


@pytest.fixture
def behind(bucket: Bucket, proxy: FaultProxy) -> MinioStore:
    """The store behind the proxy; it waits for as long as even a slow machine may take."""
    patience = Patience(pause_seconds=0.01, total_seconds=300)
    return MinioStore(replace(bucket, endpoint=proxy.endpoint), patience=patience)


@pytest.fixture
def hasty(bucket: Bucket, proxy: FaultProxy, gives_up: Patience) -> MinioStore:
    """The store behind the proxy, when it gives up soon."""
    return MinioStore(replace(bucket, endpoint=proxy.endpoint), patience=gives_up)
