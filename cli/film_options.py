"""The options of one call of `colorise video`, and what they mean for one film."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.sources import RESULT_MARK, STDIN, Claims, Source, Usage, already_there, beside_or_below
from functions.colorise.film import FilmWishes
from functions.errors import Rejected
from functions.video.settings import CODECS, FORMATS, FROM_LOSSLESS, Deinterlace, EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from functions.video.calm import Calm

DEFAULT_CODEC: Final = "h264"

PREVIEW_MARK: Final = ".preview"
"""Before `RESULT_MARK` in the name of a result that is only a beginning."""

CONTAINER_OF: Final = {f".{name}": name for name in FORMATS} | {".m4v": "mp4"}
"""Ending of a file's name → the container that is written."""

NOT_FOR_PIPES: Final = frozenset({"mp4", "mov"})
"""Containers whose writers must go back in the file."""


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """The options of one call."""

    model: str
    side: int | None
    force: bool
    saturation: float
    calm: Calm
    codec: str | None
    container: str | None
    crf: int | None
    preset: str | None
    deinterlace: Deinterlace
    start: Fraction | None
    end: Fraction | None
    """Seconds from the first frame."""
    is_preview: bool
    compare: bool
    jobs: int | None
    fresh: bool
    report: Path | None
    verify: bool
    as_json: bool
    overwrite: bool
    skip_existing: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class FilmJob:
    """One film to colour."""

    source: Path
    target: Path | None
    """None is standard output."""
    wishes: FilmWishes


def planned(options: FilmOptions, sources: Sequence[Source], output: str | None) -> tuple[list[FilmJob], list[FilmJob]]:
    """What to colour, and what is there already.

    Raises:
        Usage: two results would be one file, a result would replace its source, or options contradict each other.
        Rejected: a result exists ("exists").
    """
    jobs, skipped = [], []
    claims = Claims()
    for source in sources:
        job = _job(options, source, output, alone=len(sources) == 1)
        if job.target is None:
            jobs.append(job)
            continue
        claims.claim(job.target, source.path)
        if job.target.exists() and not options.overwrite:
            if not (options.skip_existing or source.from_folder):
                raise already_there(job.target)
            skipped.append(job)
        else:
            jobs.append(job)
    return jobs, skipped


def _job(options: FilmOptions, source: Source, output: str | None, *, alone: bool) -> FilmJob:
    is_stream = str(source.path) == STDIN
    if output == STDIN or (output is None and is_stream):
        return _to_stdout(options, source, alone=alone)
    path = Path(output) if output is not None else None
    below = output is not None and (
        Path(output).is_dir() or output.endswith(("/", os.sep)) or not alone or source.from_folder is not None
    )
    if path is not None and not below:
        container = options.container or CONTAINER_OF.get(path.suffix.lower())
        if container is None:
            known = ", ".join(sorted(CONTAINER_OF))
            msg = f"{path}: this name does not tell what kind of film to write (known: {known}); give --format"
            raise Usage(msg)
        return FilmJob(source.path, path, _wishes(options, container))
    if path is not None and path.is_file():
        msg = f"-o {output} is a file, and there is more than one film: give a folder"
        raise Usage(msg)
    if is_stream:
        msg = f"-o {output} is a folder, and a film from standard input has no name: give a file"
        raise Usage(msg)
    container = options.container or _container_like(source.path, options.codec)
    suffix = source.path.suffix
    extension = suffix if CONTAINER_OF.get(suffix.lower()) == container else f".{container}"
    mark = PREVIEW_MARK if options.is_preview else ""
    target = beside_or_below(source, f"{source.path.stem}{mark}{RESULT_MARK}{extension}", path)
    return FilmJob(source.path, target, _wishes(options, container))


def _to_stdout(options: FilmOptions, source: Source, *, alone: bool) -> FilmJob:
    contradictions = {
        "-o - takes one film": not alone,
        "-o - and --json both want standard output": options.as_json,
        "--verify reads the result: name a file instead of -o -": options.verify,
        "--report reads the result: name a file instead of -o -": options.report is not None,
        f"{options.container} cannot be written into a pipe: take mkv, or name a file": options.container
        in NOT_FOR_PIPES,
    }
    for reason, applies in contradictions.items():
        if applies:
            raise Usage(reason)
    return FilmJob(source.path, None, _wishes(options, options.container or "mkv"))


def _container_like(source: Path, codec: str | None) -> str:
    """The container to write where nobody names one: the source's own where it holds the codec, GIF for GIF."""
    own = CONTAINER_OF.get(source.suffix.lower())
    if own == "gif" and codec is None:
        return own
    held = CODECS[codec or DEFAULT_CODEC].containers
    return own if own in held else held[0]


def _wishes(options: FilmOptions, container: str) -> FilmWishes:
    """How the film is coloured; without `--codec`, in the first codec that the container holds."""
    holding = [name for name, choice in CODECS.items() if container in choice.containers]
    codec = options.codec or (DEFAULT_CODEC if container in FROM_LOSSLESS else holding[0])
    try:
        encode = EncodeSettings(codec=codec, container=container, crf=options.crf, preset=options.preset)
    except Rejected as error:
        raise Usage(error.reason) from error
    return FilmWishes(
        encode=encode,
        calm=options.calm,
        saturation=options.saturation,
        deinterlace=options.deinterlace,
        compare=options.compare,
    )
