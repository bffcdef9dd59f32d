"""How large an image is, layer by layer: as it lies on a disk, and as it goes over the wire."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.images.tree import Layer, Tree

KINDS: Final = (("packages", "/opt/venv/"), ("model", "/app/functions/colorise/models/small.onnx"), ("code", "/app/"))
"""What a layer holds, by where its first file lies."""

GZIP_LEVEL: Final = 6
"""Of docker and BuildKit, where nobody says another one."""

ZSTD_LEVEL: Final = 3
"""Of zstd itself, and of BuildKit."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a layer, in bytes."""

    kind: str
    files: int
    plain: int
    """Of its archive."""
    compiled: int
    """Of it the files that Python has compiled."""
    gzipped: int
    zstandard: int | None
    """None where this machine has no zstd."""


def sizes(tree: Tree) -> list[Size]:
    """Measure all layers that an image adds to its base."""
    return [_size(tree, layer) for layer in tree.config.layers]


def table(measured: Iterable[tuple[str, list[Size]]]) -> Iterator[str]:
    """Lines of Markdown, megabytes of a million bytes: for each image its layers, and all of them together."""
    yield "| Image | Layer | Files | MB | of it .pyc | gzip | zstd |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for name, layers in measured:
        for one in [*layers, _together(layers)]:
            smallest = "-" if one.zstandard is None else _megabytes(one.zstandard)
            figures = (
                str(one.files),
                _megabytes(one.plain),
                _megabytes(one.compiled),
                _megabytes(one.gzipped),
                smallest,
            )
            yield f"| {' | '.join((name, one.kind, *figures))} |"


def _size(tree: Tree, layer: Layer) -> Size:
    kind = next((kind for kind, place in KINDS if layer.paths[0].startswith(place)), "other")
    archive = _archive(tree, layer)
    compiled = sum(tree.inside(path).stat().st_size for path in layer.paths if path.endswith(".pyc"))
    squeezed = len(gzip.compress(archive.getvalue(), GZIP_LEVEL))
    return Size(kind, len(layer.paths), len(archive.getvalue()), compiled, squeezed, _zstandard(archive))


def _archive(tree: Tree, layer: Layer) -> io.BytesIO:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path in sorted(layer.paths):
            archive.add(tree.inside(path), path.lstrip("/"), recursive=False)
    return written


def _zstandard(archive: IO[bytes]) -> int | None:
    program = shutil.which("zstd")
    if program is None:
        return None
    archive.seek(0)
    data = archive.read()
    told = subprocess.run([program, f"-{ZSTD_LEVEL}", "-c"], input=data, capture_output=True, check=True)  # noqa: S603 - no words of a stranger's
    return len(told.stdout)


def _together(layers: list[Size]) -> Size:
    smallest = [one.zstandard for one in layers if one.zstandard is not None]
    return Size(
        "**all**",
        sum(one.files for one in layers),
        sum(one.plain for one in layers),
        sum(one.compiled for one in layers),
        sum(one.gzipped for one in layers),
        sum(smallest) if len(smallest) == len(layers) else None,
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f}"
