"""Files pinned by size and hash: what was hashed is what is used."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from functions.colorise.models.card import ModelFile
from functions.errors import Rejected

if TYPE_CHECKING:
    from pathlib import Path


class WrongBytes(Rejected):
    """The bytes are not those that were pinned: damaged, tampered with, or another version."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="wrong-bytes")


def pin(name: str, data: bytes) -> ModelFile:
    """Note the size and the hash of bytes that are trusted now."""
    return ModelFile(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def check(data: bytes, file: ModelFile, *, where: str) -> None:
    """Compare bytes with what was pinned.

    Args:
        data: the whole file.
        file: what it should be.
        where: the path or address the bytes came from, for the message.

    Raises:
        WrongBytes: size or hash differ; the message names both hashes.
    """
    found = hashlib.sha256(data).hexdigest()
    if len(data) != file.bytes or found != file.sha256:
        raise WrongBytes(difference(where, file, found_bytes=len(data), found_sha256=found))


def difference(where: str, file: ModelFile, *, found_bytes: int, found_sha256: str) -> str:
    """Say what was expected and what was found, in one line."""
    return (
        f"{where} is not the file it should be: "
        f"expected {file.bytes} bytes with sha256 {file.sha256 or '(none noted)'}, "
        f"found {found_bytes} bytes with sha256 {found_sha256}"
    )


def read(path: Path, file: ModelFile) -> bytes:
    """Read a pinned file whole, and check it.

    Raises:
        WrongBytes: the file is another than the one that was pinned.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size != file.bytes:  # a file of another size is not worth reading: it may be huge
        msg = f"{path} is not the file it should be: expected {file.bytes} bytes, found {size}"
        raise WrongBytes(msg)
    data = path.read_bytes()
    check(data, file, where=str(path))
    return data
