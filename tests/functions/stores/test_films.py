"""Claims about films that are read from a store by ranges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest

from cli.drill_proxy import Answer, Cut, Stall
from functions.errors import Postponed, Rejected
from functions.stores.minio import MinioStore
from functions.stores.patience import Patience
from functions.stores.ranges import BLOCK_BYTES
from functions.video.index import index
from functions.video.probe import probe
from tests.grey_films import written

if TYPE_CHECKING:
    from pathlib import Path

    from cli.drill_proxy import Fault, FaultProxy
    from functions.stores.minio import Bucket

FRAMES = 40

READS = frozenset({"GET"})


@pytest.fixture
def store(bucket: Bucket, proxy: FaultProxy) -> MinioStore:
    patience = Patience(read_seconds=0.5, tries=3, pause_seconds=0.01, total_seconds=30)
    return MinioStore(replace(bucket, endpoint=proxy.endpoint), patience=patience)


@pytest.fixture(scope="module")
def film_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of noise, several megabytes of it, with its index at the end."""
    noise = np.random.default_rng(7).integers(0, 255, (FRAMES, 240, 320), np.uint8)
    file = written(tmp_path_factory.mktemp("films") / "noise.mkv", iter(noise), "ffv1")
    assert file.stat().st_size > 10 * BLOCK_BYTES
    return file


@pytest.fixture
def name(store: MinioStore, place: str, film_file: Path) -> str:
    with film_file.open("rb") as file:
        store.write(f"{place}/film", file, content_type="video/x-matroska")
    return f"{place}/film"


def test_a_film_in_a_store_is_the_film_on_the_disk(
    store: MinioStore, proxy: FaultProxy, name: str, film_file: Path
) -> None:
    proxy.requests.clear()
    film, local = probe(lambda: store.open(name)), probe(lambda: film_file.open("rb"))
    assert film == local
    assert len(proxy.requests) < 6
    timeline, local_timeline = index(lambda: store.open(name), film), index(lambda: film_file.open("rb"), local)
    assert np.array_equal(timeline.pts, local_timeline.pts)


def test_answers_that_break_off_make_a_film_no_shorter(store: MinioStore, proxy: FaultProxy, name: str) -> None:
    film = probe(lambda: store.open(name))
    cuts = [Cut(methods=READS, times=1, spared=2 * number, after=size) for number, size in enumerate((100_000, 1, 0))]
    proxy.fail(*cuts)
    assert len(index(lambda: store.open(name), film)) == FRAMES
    assert [cut.times for cut in cuts] == [0, 0, 0]


@pytest.mark.parametrize("fault", [Stall(methods=READS, spared=2), Answer(methods=READS, spared=2)])
def test_a_store_that_fails_is_never_taken_for_the_end_of_a_film(
    store: MinioStore, proxy: FaultProxy, name: str, fault: Fault
) -> None:
    film = probe(lambda: store.open(name))
    proxy.fail(replace(fault))
    proxy.requests.clear()
    with pytest.raises(Postponed):
        index(lambda: store.open(name), film)
    assert len(proxy.requests) == 2 + 3  # what passed, and the tries


def test_a_film_that_is_replaced_while_it_is_read_is_found_out(store: MinioStore, name: str) -> None:
    film = probe(lambda: store.open(name))

    def source() -> BinaryIO:
        file = store.open(name)
        store.write(name, b"another", content_type="video/x-matroska")
        return file

    with pytest.raises(Rejected) as refused:
        index(source, film)
    assert refused.value.code == "changed"
