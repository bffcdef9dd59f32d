"""Claims about the store on an S3 server that works: links, rules, and how bytes are moved."""

from __future__ import annotations

import io
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

from cli.drill_proxy import Answer, Stall
from functions.errors import Postponed, Rejected
from functions.stores.minio import MinioStore
from tests.noise import NOISE

if TYPE_CHECKING:
    from cli.drill_proxy import FaultProxy
    from functions.stores.minio import Bucket
    from tests.seaweed import Seaweed

READS = frozenset({"GET"})


# Links


def test_a_link_works_for_anybody_and_saves_under_the_name_it_was_given(store: MinioStore, place: str) -> None:
    store.write(f"{place}/1.jpg", b"colour", content_type="image/jpeg")
    answer = httpx.get(store.link(f"{place}/1.jpg", seconds=600, file_name="Größe.jpg"))
    assert answer.content == b"colour"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=\"Gr__e.jpg\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.jpg"
    )
    assert "Content-Disposition" not in httpx.get(store.link(f"{place}/1.jpg", seconds=600)).headers


def test_a_link_stops_working(store: MinioStore, place: str) -> None:
    store.write(f"{place}/1.jpg", b"colour", content_type="image/jpeg")
    link = store.link(f"{place}/1.jpg", seconds=1)
    pause = threading.Event()
    statuses = (httpx.get(link).status_code for _ in range(600) if not pause.wait(0.1))
    assert 403 in statuses


def test_a_link_serves_nothing_else(store: MinioStore, place: str) -> None:
    store.write(f"{place}/1.jpg", b"colour", content_type="image/jpeg")
    store.write(f"{place}/2.jpg", b"other", content_type="image/jpeg")
    link = store.link(f"{place}/1.jpg", seconds=600)
    assert httpx.get(link.replace("1.jpg", "2.jpg")).status_code == 403
    assert httpx.put(link, content=b"mine").status_code == 403


def test_a_link_leads_to_where_others_reach_the_server(bucket: Bucket, proxy: FaultProxy, place: str) -> None:
    store = MinioStore(replace(bucket, public_endpoint=proxy.endpoint))
    store.write(f"{place}/1.jpg", b"colour", content_type="image/jpeg")
    link = store.link(f"{place}/1.jpg", seconds=600)
    assert link.startswith(proxy.endpoint)
    assert httpx.get(link).content == b"colour"


@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_a_link_cannot_hold_for_ever(store: MinioStore, place: str, seconds: int) -> None:
    with pytest.raises(Rejected) as refused:
        store.link(place, seconds=seconds)
    assert refused.value.code == "bad-link"


# The bucket


def test_many_prepare_a_new_bucket_at_once(bucket: Bucket, server: Seaweed, place: str) -> None:
    fresh = replace(bucket, name=f"b{place[5:]}")
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: MinioStore(fresh).prepare(), range(6)))
    assert server.client().bucket_exists(bucket_name=fresh.name)


def test_each_prefix_has_a_rule_and_other_rules_stay(bucket: Bucket, server: Seaweed, place: str) -> None:
    fresh = replace(bucket, name=f"b{place[5:]}")
    client = server.client()
    client.make_bucket(bucket_name=fresh.name)
    by_hand = Rule(status=ENABLED, rule_filter=Filter(prefix="logs/"), rule_id="by-hand", expiration=Expiration(days=9))
    client.set_bucket_lifecycle(bucket_name=fresh.name, config=LifecycleConfig([by_hand]))
    MinioStore(fresh).prepare()
    MinioStore(fresh).prepare({"inbox": 2, "work": 3, "outbox": 7})
    rules = client.get_bucket_lifecycle(bucket_name=fresh.name)
    assert rules is not None
    assert {
        (rule.rule_id, rule.rule_filter and rule.rule_filter.prefix, rule.expiration and rule.expiration.days)
        for rule in rules.rules
    } == {
        ("by-hand", "logs/", 9),
        ("colorise-inbox", "inbox/", 2),
        ("colorise-work", "work/", 3),
        ("colorise-outbox", "outbox/", 7),
    }
    ours = [rule for rule in rules.rules if rule.rule_id != "by-hand"]
    uploads = [rule.abort_incomplete_multipart_upload for rule in ours]
    assert {upload and upload.days_after_initiation for upload in uploads} == {1}


def test_rules_that_are_right_are_not_written_again(behind: MinioStore, proxy: FaultProxy) -> None:
    behind.prepare()
    proxy.requests.clear()
    behind.prepare()
    assert {request.method for request in proxy.requests} == {"HEAD", "GET"}


@pytest.mark.parametrize(("status", "code"), [(501, "NotImplemented"), (403, "AccessDenied")])
def test_a_server_without_rules_is_used_and_warned_of(
    behind: MinioStore, proxy: FaultProxy, caplog: pytest.LogCaptureFixture, status: int, code: str
) -> None:
    proxy.fail(Answer(path="lifecycle", status=status, code=code))
    behind.prepare()
    assert "stays for ever" in caplog.text


# Bytes


def test_opening_asks_once_and_reads_what_it_needs(behind: MinioStore, proxy: FaultProxy, place: str) -> None:
    behind.write(f"{place}/1", NOISE, content_type="video/mp4")
    proxy.requests.clear()
    with behind.open(f"{place}/1") as file:
        assert file.read(1000) == NOISE[:1000]
        assert len(proxy.requests) == 1
        file.seek(-10, io.SEEK_END)
        assert file.read() == NOISE[-10:]
    assert [request.method for request in proxy.requests] == ["GET", "GET"]


def test_what_is_too_large_is_not_even_fetched(behind: MinioStore, proxy: FaultProxy, place: str) -> None:
    behind.write(f"{place}/1", NOISE, content_type="video/mp4")
    proxy.fail(Stall(methods=READS, after=0))  # the answer's head arrives, and no byte of its body
    with pytest.raises(Rejected) as refused:
        behind.read(f"{place}/1", max_bytes=1000)
    assert refused.value.code == "too-large"


class Counted(io.RawIOBase):
    """So many bytes, made while they are read; it cannot tell how many are to come."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        taken = min(self.left, size, 1 << 20)
        self.left -= taken
        return bytes(taken)


def test_a_long_stream_is_written_without_holding_it(store: MinioStore, place: str) -> None:
    size = 60 << 20
    tracemalloc.start()
    try:
        store.write(f"{place}/film", Counted(size), content_type="video/mp4")  # type: ignore[arg-type]  # reads as one
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    found = store.find(f"{place}/film")
    assert found is not None
    assert found.size == size
    assert peak < size / 2


def test_a_part_that_fails_is_sent_again(behind: MinioStore, proxy: FaultProxy, place: str) -> None:
    data = NOISE * 10
    proxy.fail(Answer(methods=frozenset({"PUT"}), path="partNumber=2", times=2))
    behind.write(f"{place}/film", io.BytesIO(data), content_type="video/mp4")
    assert behind.read(f"{place}/film") == data


def test_an_upload_that_fails_leaves_nothing_in_the_server(
    hasty: MinioStore, proxy: FaultProxy, server: Seaweed, place: str
) -> None:
    proxy.fail(Answer(methods=frozenset({"PUT"}), path="partNumber=2"))
    with pytest.raises(Postponed):
        hasty.write(f"{place}/film", io.BytesIO(NOISE * 10), content_type="video/mp4")
    uploads = server.client()._list_multipart_uploads(bucket_name=server.bucket, prefix=place)
    assert uploads.uploads == []
    assert hasty.find(f"{place}/film") is None
