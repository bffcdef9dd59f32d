"""What the command asks of a pipeline: orders for photographs and films."""

from __future__ import annotations

import mimetypes
import secrets
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from cli.sources import EXTENSION_OF_KIND, Usage
from functions.jobs import ColoriseImage, ImageWishes, Network, SplitVideo, VideoWishes
from functions.stores.names import outbox_name

if TYPE_CHECKING:
    from pathlib import Path

    from cli.film_options import FilmJob, FilmOptions
    from cli.photo_job import Batch, Job

JOB_PREFIX: Final = "cli-"
"""Begins the names of the command's jobs, so that an operator sees whose they are."""

JOB_BYTES: Final = 12
"""Of randomness: no two calls have the same job, and none can be guessed."""


def photo_order(batch: Batch, job: Job, source: str) -> ColoriseImage:
    """Order a photograph whose bytes are in the store under the name `source`."""
    wanted = job.wishes
    wishes = ImageWishes(
        kind=wanted.kind,  # type: ignore[arg-type]  # the command's own choice of kinds; the message checks it again
        quality=wanted.quality,
        saturation=wanted.saturation,
        restore_tone=wanted.restore_tone,
        compare=wanted.compare,
        force=wanted.force,
        keep_metadata=wanted.keep_metadata,
        max_pixels=wanted.limits.max_pixels,
        kinds=wanted.kinds,  # type: ignore[arg-type]  # as above
        max_side=wanted.max_side,
        max_bytes=wanted.max_bytes,
        mark=wanted.mark,
    )
    network = Network(name=batch.model, side=batch.side)
    extension = EXTENSION_OF_KIND.get(wanted.kind or "", "")
    return ColoriseImage(
        job_id=_new_job(),
        trace_id=secrets.token_hex(16),
        asked_at=datetime.now(UTC),
        network=network,
        source=source,
        target=_target(source, wishes, network, extension),
        wishes=wishes,
    )


def film_order(options: FilmOptions, job: FilmJob, source: str) -> SplitVideo:
    """Order a film whose bytes are in the store under the name `source`."""
    wanted = job.wishes
    wishes = VideoWishes(
        codec=wanted.encode.codec,  # type: ignore[arg-type]  # as above
        container=wanted.encode.holder,  # type: ignore[arg-type]  # as above
        crf=wanted.encode.crf,
        preset=wanted.encode.preset,
        every=wanted.calm.every,
        smooth=wanted.calm.smooth,
        saturation=wanted.saturation,
        deinterlace=wanted.deinterlace,
        compare=wanted.compare,
        force=options.force,
        start=options.start,
        end=options.end,
    )
    network = Network(name=options.model, side=options.side)
    return SplitVideo(
        job_id=_new_job(),
        trace_id=secrets.token_hex(16),
        asked_at=datetime.now(UTC),
        network=network,
        source=source,
        target=_target(source, wishes, network, f".{wanted.encode.holder}"),
        wishes=wishes,
    )


def refuse_model_file(model: str) -> None:
    """Refuse a network that only this machine has.

    Raises:
        Usage: `--model` names a file.
    """
    if model.lower().endswith(".onnx") or "/" in model or "\\" in model:
        msg = f"--model {model} is a file on this machine, and --via colours elsewhere: name a model of the workers"
        raise Usage(msg)


def _new_job() -> str:
    return f"{JOB_PREFIX}{secrets.token_hex(JOB_BYTES)}"


def content_type_of(source: Path) -> str:
    """What a browser is told of a source, by its name; nothing depends on it."""
    return mimetypes.guess_type(source.name)[0] or "application/octet-stream"


def _target(source: str, wishes: ImageWishes | VideoWishes, network: Network, extension: str) -> str:
    return outbox_name(source, network=network, wishes=wishes, engine=version("colorisebot"), extension=extension)
