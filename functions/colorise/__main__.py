"""`python -m functions.colorise worker|http`: colours pictures and chunks of films.

At the top stand imports that bring no numpy: the number of its threads is read when it is imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.colorise.settings import ColoriseSettings
from functions.program.command import main
from functions.program.parts import Parts, Program
from functions.stopping import leave

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.colorise.engine import Engine
    from functions.colorise.picture_file import Limits
    from functions.jobs import ImageWishes
    from functions.outcome import Handlers
    from functions.passing_on import OrderSink
    from functions.serve import ColouredBytes, Function
    from functions.serve.function import ColoriseBytes
    from functions.stores.protocol import ObjectStore


def _readable(settings: ColoriseSettings) -> Sequence[Path]:
    from functions.colorise.models.library import usual_folder  # noqa: PLC0415 - as below

    models = settings.models or usual_folder()
    return (models, Path(settings.model)) if settings.model.endswith(".onnx") else (models,)


def _assemble(settings: ColoriseSettings, store: ObjectStore | None) -> Parts:
    import cv2  # noqa: PLC0415 - after the threads were counted

    from functions.colorise.chunk_handler import ChunkHandler  # noqa: PLC0415 - as above
    from functions.colorise.engine import Engine  # noqa: PLC0415 - as above
    from functions.colorise.handler import ImageHandler  # noqa: PLC0415 - as above
    from functions.colorise.models.library import Library, usual_folder  # noqa: PLC0415 - as above
    from functions.colorise.picture_file import Limits  # noqa: PLC0415 - as above
    from functions.colorise.session import NetworkSession  # noqa: PLC0415 - as above

    cv2.setNumThreads(settings.threads)
    library = Library(settings.models or usual_folder())
    card, weights = library.open(settings.model, lambda weights, card: NetworkSession(weights, card, gpus=()))
    gpus = None if settings.gpu else ()
    engine = Engine(weights, card, threads=settings.threads, side=settings.side, gpus=gpus)
    # Films have the same bytes on every machine: on one thread of a CPU.
    alone = settings.threads == 1 and not settings.gpu
    film_engine = engine if alone else Engine(weights, card, threads=1, side=settings.side)
    limits = Limits(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    handlers: Handlers = {}
    if store is not None:
        handlers = {
            "colorise-image": ImageHandler(store, engine, limits),  # first: somebody waits for a picture
            "colorise-chunk": ChunkHandler(store, film_engine),
        }

    def warm_up() -> None:
        engine.warm()
        if film_engine is not engine:
            film_engine.warm()

    return Parts(
        handlers=handlers,
        warm_up=warm_up,
        model=(card.name, card.weights.sha256),
        colorise_bytes=_colorise_bytes(engine, limits),
    )


def _colorise_bytes(engine: Engine, limits: Limits) -> ColoriseBytes:
    from functions.colorise.handler import photo_wishes  # noqa: PLC0415 - after the threads were counted
    from functions.colorise.photo import colorise_photo  # noqa: PLC0415 - as above

    def colorise_bytes(data: bytes, wishes: ImageWishes) -> ColouredBytes:
        from functions.serve import ColouredBytes  # noqa: PLC0415 - the web's libraries; a worker has none

        photo = colorise_photo(data, engine.coloriser(None), photo_wishes(wishes, limits), engine.provenance)
        return ColouredBytes(photo.data, photo.kind, photo.width, photo.height, photo.notes, photo.seconds)

    return colorise_bytes


def _function(settings: ColoriseSettings, parts: Parts, store: ObjectStore | None, queue: OrderSink | None) -> Function:
    from functions.serve import PICTURES, Function, Limits  # noqa: PLC0415 - the web's libraries; a worker has none

    usual = Limits()
    return Function(
        name="colorise",
        handlers=parts.handlers,
        vocabulary=PICTURES,
        store=store,
        colorise_bytes=parts.colorise_bytes,
        queue=queue,
        limits=Limits(
            max_inflight=settings.max_inflight or usual.max_inflight,
            max_body_bytes=settings.max_bytes,
            max_pixels=settings.max_pixels,
        ),
    )


PROGRAM: Final = Program(
    name="functions.colorise",
    settings=ColoriseSettings,
    kinds=("colorise-image", "colorise-chunk"),
    needs_store=False,
    assemble=_assemble,
    function=_function,
    readable=_readable,
    accelerator=lambda settings: settings.gpu,
)

if __name__ == "__main__":
    leave(main(PROGRAM))
