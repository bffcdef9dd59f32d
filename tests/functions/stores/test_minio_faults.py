"""Claims about the store on an S3 server that fails."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cli.drill_proxy import Answer, Cut, Stall
from functions.errors import Postponed, Rejected
from functions.stores.minio import MinioStore
from functions.stores.patience import Patience
from functions.stores.ranges import BLOCK_BYTES
from tests.noise import NOISE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.drill_proxy import FaultProxy
    from functions.stores.minio import Bucket

READS = frozenset({"GET"})


# What an operator has to mend


def asked_of(store: MinioStore, name: str) -> list[Callable[[], object]]:
    """All that can be asked of a server."""
    return [
        lambda: store.read(name),
        lambda: store.open(name),
        lambda: store.write(name, b"1", content_type="text/plain"),
        lambda: store.find(name),
        lambda: store.list(name),
        lambda: store.delete(name),
        store.prepare,
    ]


@pytest.mark.parametrize("wrong", ["access_key", "secret_key"])
def test_wrong_keys_postpone_and_say_so(bucket: Bucket, place: str, wrong: str) -> None:
    store = MinioStore(replace(bucket, **{wrong: "wrong"}))
    for attempt in asked_of(store, place):
        with pytest.raises(Postponed, match="check COLORISE_S3_ACCESS_KEY and COLORISE_S3_SECRET_KEY") as put_off:
            attempt()
        assert put_off.value.after_seconds == 60


def test_a_bucket_that_is_not_there_postpones_and_says_so(bucket: Bucket, place: str) -> None:
    store = MinioStore(replace(bucket, name="nowhere"))
    for attempt in (
        lambda: store.read(place),
        lambda: store.open(place),
        lambda: store.find(place),
        lambda: store.list(place),
    ):
        with pytest.raises(Postponed, match=r"bucket nowhere .* check COLORISE_S3_BUCKET"):
            attempt()


def test_a_server_that_is_not_there_postpones(bucket: Bucket, gives_up: Patience, place: str) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        store = MinioStore(replace(bucket, endpoint=endpoint), patience=gives_up)
        for attempt in asked_of(store, place):
            with pytest.raises(Postponed, match=endpoint) as put_off:
                attempt()
            assert put_off.value.after_seconds == 15


def test_what_is_no_s3_server_postpones(behind: MinioStore, proxy: FaultProxy, place: str) -> None:
    proxy.fail(Answer(status=418, code="Teapot"))
    for attempt in asked_of(behind, place):
        with pytest.raises(Postponed, match=proxy.endpoint):
            attempt()


# What passes


@pytest.mark.parametrize(
    "fault", [Answer(times=2), Answer(times=2, status=500), Cut(times=2)], ids=["503", "500", "cut"]
)
def test_a_server_that_fails_twice_is_asked_again(
    behind: MinioStore, proxy: FaultProxy, place: str, fault: Answer | Cut
) -> None:
    for attempt in asked_of(behind, f"{place}/1"):
        behind.write(f"{place}/1", b"1", content_type="text/plain")
        proxy.fail(replace(fault))
        attempt()
        proxy.pass_on()


def test_a_storm_of_503_postpones_after_a_few_tries(bucket: Bucket, proxy: FaultProxy, place: str) -> None:
    store = MinioStore(replace(bucket, endpoint=proxy.endpoint))
    proxy.fail(Answer())
    with pytest.raises(Postponed, match=rf"cannot read {place} in the bucket colorise at .*: 503 SlowDown") as put_off:
        store.read(place)
    assert put_off.value.after_seconds == 15
    assert 2 <= len(proxy.requests) <= Patience().tries


def test_a_storm_of_503_ends_every_request(hasty: MinioStore, proxy: FaultProxy, place: str) -> None:
    proxy.fail(Answer())
    for attempt in asked_of(hasty, place):
        with pytest.raises(Postponed, match="503 S"):  # SlowDown, or Service Unavailable where there is no body
            attempt()
    proxy.pass_on()
    hasty.write(place, b"1", content_type="text/plain")
    assert hasty.read(place) == b"1"


def test_a_full_server_is_left_alone_for_a_minute(hasty: MinioStore, proxy: FaultProxy, place: str) -> None:
    proxy.fail(Answer(status=500, code="InternalError"))
    with pytest.raises(Postponed, match="500 InternalError") as put_off:
        hasty.write(place, b"1", content_type="text/plain")
    assert put_off.value.after_seconds == 60


def test_a_server_that_stalls_ends_in_postponed(hasty: MinioStore, proxy: FaultProxy, place: str) -> None:
    hasty.write(f"{place}/1", NOISE, content_type="video/mp4")
    for stall in (Stall(), Stall(methods=READS, after=1000)):
        proxy.fail(stall)
        with pytest.raises(Postponed, match="timed out"):
            hasty.read(f"{place}/1")
        proxy.pass_on()
    assert hasty.read(f"{place}/1") == NOISE


def test_a_stall_while_reading_a_range_ends_in_postponed_and_passes(
    hasty: MinioStore, proxy: FaultProxy, place: str
) -> None:
    hasty.write(f"{place}/1", NOISE, content_type="video/mp4")
    with hasty.open(f"{place}/1") as file:
        proxy.fail(Stall(methods=READS))
        file.seek(1_000_000)
        with pytest.raises(Postponed, match=f"{place}/1"):
            file.read(10)
        proxy.pass_on()
    with hasty.open(f"{place}/1") as file:
        file.seek(1_000_000)
        assert file.read(10) == NOISE[1_000_000:1_000_010]


def test_an_answer_that_breaks_off_is_gone_on_with_where_it_did(
    behind: MinioStore, proxy: FaultProxy, place: str
) -> None:
    behind.write(f"{place}/1", NOISE, content_type="video/mp4")
    proxy.requests.clear()
    proxy.fail(Cut(methods=READS, times=1, after=1_000_000), Cut(methods=READS, times=1, after=200_000))
    assert behind.read(f"{place}/1") == NOISE
    first, second, third = (request.headers for request in proxy.requests)
    assert "range" not in first
    begins = [int(headers["range"].removeprefix("bytes=").partition("-")[0]) for headers in (second, third)]
    assert 0 < begins[0] <= 1_000_000 < begins[1] <= 1_200_000
    assert second["if-match"] == third["if-match"]


def test_an_answer_that_breaks_off_early_loses_nothing_that_came(
    behind: MinioStore, proxy: FaultProxy, place: str
) -> None:
    behind.write(f"{place}/1", NOISE[:5000], content_type="video/mp4")
    proxy.fail(Cut(methods=READS, times=Patience().tries - 1, after=1000))
    assert behind.read(f"{place}/1") == NOISE[:5000]
    begins = [request.headers.get("range") for request in proxy.requests if request.method == "GET"]
    assert begins == [None, "bytes=1000-", "bytes=2000-", "bytes=3000-", "bytes=4000-"]


def test_a_range_that_breaks_off_is_gone_on_with_where_it_did(
    behind: MinioStore, proxy: FaultProxy, place: str
) -> None:
    behind.write(f"{place}/1", NOISE, content_type="video/mp4")
    with behind.open(f"{place}/1") as file:
        proxy.requests.clear()
        proxy.fail(Cut(methods=READS, times=2, after=100_000))
        file.seek(3 * BLOCK_BYTES)
        assert file.read(BLOCK_BYTES) == NOISE[3 * BLOCK_BYTES : 4 * BLOCK_BYTES]
    ranges = [request.headers["range"] for request in proxy.requests]
    end = 4 * BLOCK_BYTES - 1
    assert ranges[0] == f"bytes={3 * BLOCK_BYTES}-{end}"
    assert len(set(ranges)) == 3
    assert all(asked.endswith(f"-{end}") for asked in ranges)


def test_an_object_replaced_between_two_halves_of_an_answer_is_found_out(
    behind: MinioStore, store: MinioStore, proxy: FaultProxy, place: str
) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")
    stall = Stall(methods=READS, times=1, after=1_000_000)
    proxy.fail(stall)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(behind.read, f"{place}/1")
        assert proxy.stalled.wait(60)
        store.write(f"{place}/1", NOISE[::-1], content_type="video/mp4")
        proxy.pass_on()
        with pytest.raises(Rejected) as refused:
            reading.result()
    assert refused.value.code == "changed"
