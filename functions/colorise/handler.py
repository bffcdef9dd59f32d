"""Carries out orders for pictures: from the store, coloured, into the store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from functions.colorise.photo import Wishes, colorise_photo
from functions.colorise.picture_file import Limits
from functions.errors import Rejected
from functions.jobs import ImageColorised
from functions.kept_answers import asked_by, keep_answer, kept_answer
from functions.outcome import Outcome
from functions.telemetry.context import stage

if TYPE_CHECKING:
    from functions.colorise.engine import Engine
    from functions.jobs import ColoriseImage, ImageWishes
    from functions.stores.protocol import ObjectStore

log = logging.getLogger(__name__)


class ImageHandler:
    """Colours the picture of an order.

    Args:
        store: where pictures come from and go to.
        engine: the network.
        limits: what is too large, whatever an order allows.
    """

    def __init__(self, store: ObjectStore, engine: Engine, limits: Limits = Limits()) -> None:  # noqa: B008 - a tuple
        self._store = store
        self._engine = engine
        self._limits = limits

    def __call__(self, order: ColoriseImage) -> Outcome:
        """Put the coloured picture at its target, unless it is there.

        Raises:
            Rejected: the source is not there, too large, no picture, in colour already, or nothing to colour; it was
                erased meanwhile ("missing-object"); or the result cannot be made to fit ("too-large").
            Postponed: the store is out of reach, or another network is wanted.
        """
        store = self._store
        asked = asked_by(order, store.find(order.source))
        answer = kept_answer(store, order.target, asked, job_id=order.job_id, trace_id=order.trace_id)
        if answer is not None:
            log.info("picture is there already", extra={"target": order.target})
            return Outcome((answer,))
        coloriser = self._engine.coloriser(order.network if "network" in order.model_fields_set else None)
        with stage("read"):
            data = store.read(order.source, max_bytes=self._limits.max_bytes)
        with stage("colour"):
            wishes = photo_wishes(order.wishes, self._limits)
            photo = colorise_photo(data, coloriser, wishes, self._engine.provenance)
        with stage("write"):
            if store.find(order.source) is None:
                msg = f"{order.source} was deleted while it was coloured: what came of it is not kept"
                raise Rejected(msg, code="missing-object")
            store.write(order.target, photo.data, content_type=f"image/{photo.kind}")
        answer = ImageColorised(
            job_id=order.job_id,
            trace_id=order.trace_id,
            target=order.target,
            picture_kind=photo.kind,
            width=photo.width,
            height=photo.height,
            verdict=photo.triage.verdict.value,
            tint=photo.triage.tint,
            notes=photo.notes,
            seconds=photo.seconds,
        )
        keep_answer(store, asked, answer)
        return Outcome((answer,))


def photo_wishes(wishes: ImageWishes, limits: Limits) -> Wishes:
    """What an order wants, in the engine's words, and within the worker's limits."""
    return Wishes(
        kind=wishes.kind,
        quality=wishes.quality,
        saturation=wishes.saturation,
        restore_tone=wishes.restore_tone,
        compare=wishes.compare,
        force=wishes.force,
        keep_metadata=wishes.keep_metadata,
        limits=limits._replace(max_pixels=min(limits.max_pixels, wishes.max_pixels)),
        kinds=wishes.kinds,
        max_side=wishes.max_side,
        max_bytes=wishes.max_bytes,
        mark=wishes.mark,
    )
