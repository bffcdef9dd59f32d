import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from training.dataset import Cropping, PhotoMemory, batch_of, numbers_of, remembered
from training.photos import photos_in, split_of


def picture(seed: int, height: int = 70, width: int = 90) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def folder_of(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"photo-{number}.png"), picture(number))
    return folder


def test_files_and_tar_shards_hold_the_same_photographs(tmp_path: Path) -> None:
    files = folder_of(tmp_path / "files", 5)
    shards = tmp_path / "shards"
    shards.mkdir()
    with tarfile.open(shards / "a.tar", "w") as shard:
        for path in files.iterdir():
            shard.add(path, f"inside/{path.name}")

    one, other = photos_in(files), photos_in(shards)

    assert [photo.name for photo in one] == [photo.name for photo in other]
    assert all(np.array_equal(a.pixels(), b.pixels()) for a, b in zip(one, other, strict=True))


def test_a_folder_without_photographs_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no photographs"):
        photos_in(tmp_path)


def test_a_photograph_keeps_its_split_and_three_in_a_hundred_validate() -> None:
    splits = [split_of(f"photo-{number}.jpg") for number in range(20_000)]

    assert split_of("photo-1.jpg") == splits[1]
    assert splits.count("validation") == pytest.approx(600, rel=0.1)
    assert splits.count("settings") == pytest.approx(400, rel=0.1)


def test_every_epoch_shows_every_photograph_once_in_another_order() -> None:
    epochs = [
        [number for turn in range(4 * epoch, 4 * epoch + 4) for number in numbers_of(turn, batch=5, photos=20, seed=1)]
        for epoch in range(2)
    ]

    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(20))
    assert epochs[0] != epochs[1]


def test_photographs_are_decoded_once_and_mapped_afterwards(tmp_path: Path) -> None:
    files = folder_of(tmp_path / "files", 120)
    first = remembered(files, "training", tmp_path / "cache")
    for path in files.iterdir():
        path.unlink()

    again = remembered(files, "training", tmp_path / "cache")

    assert len(first) == len(again) > 100
    names = sorted(f"photo-{number}.png" for number in range(120))
    number = next(int(name[6:-4]) for name in names if split_of(name) == "training")
    assert np.array_equal(again.photo(0).permute(1, 2, 0).numpy(), picture(number))


def memory_of(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> PhotoMemory:
    return PhotoMemory(torch.from_numpy(pixels).flatten(), [(0, pixels.shape[0], pixels.shape[1])])


def test_a_batch_shows_lightness_and_wants_the_colours_of_the_same_place() -> None:
    pixels = np.empty((64, 64, 3), np.uint8)
    pixels[:, :32] = (20, 30, 200)
    pixels[:, 32:] = (200, 60, 10)
    plain = Cropping(side=64, smallest=1.0, aged_share=0.0)

    found = [batch_of(memory_of(pixels), [0], plain, torch.Generator().manual_seed(seed)) for seed in range(12)]

    for batch in found:
        assert batch.lightness.shape == (1, 1, 64, 64)
        assert batch.ab.shape == (1, 2, 16, 16)
        red_first = batch.ab[0, 0, 8, 2] > batch.ab[0, 0, 8, 13]
        assert (batch.true_lightness[0, 0, 8, 2] > batch.true_lightness[0, 0, 8, 13]) == red_first
    assert {bool(batch.ab[0, 0, 8, 2] > batch.ab[0, 0, 8, 13]) for batch in found} == {True, False}  # mirrored or not
