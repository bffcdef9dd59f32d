"""`python -m functions.video_split worker|http`: splits films into chunks, and joins their pieces.

At the top stand imports that bring no numpy: the number of its threads is read when it is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.program.command import main
from functions.program.parts import Parts, Program
from functions.stopping import leave
from functions.video_split.settings import VideoSplitSettings

if TYPE_CHECKING:
    from functions.passing_on import OrderSink
    from functions.serve import Function
    from functions.stores.protocol import ObjectStore


def _assemble(settings: VideoSplitSettings, store: ObjectStore | None) -> Parts:
    import cv2  # noqa: PLC0415 - after the threads were counted

    from functions.video_split.handlers import JoinHandler, SplitHandler  # noqa: PLC0415 - as above

    if store is None:
        msg = "films are in a store, and none was given"
        raise ValueError(msg)
    cv2.setNumThreads(settings.threads)
    return Parts(
        handlers={
            "join-video": JoinHandler(store),  # first: with it a film is done
            "split-video": SplitHandler(store, max_bytes=settings.max_bytes),
        }
    )


def _function(
    settings: VideoSplitSettings, parts: Parts, store: ObjectStore | None, queue: OrderSink | None
) -> Function:
    from functions.serve import FILMS, Function, Limits  # noqa: PLC0415 - the web's libraries; a worker has none

    return Function(
        name="video-split",
        handlers=parts.handlers,
        vocabulary=FILMS,
        store=store,
        queue=queue,
        limits=Limits(max_inflight=settings.max_inflight or Limits().max_inflight),
    )


PROGRAM: Final = Program(
    name="functions.video_split",
    settings=VideoSplitSettings,
    kinds=("join-video", "split-video"),
    needs_store=True,
    assemble=_assemble,
    function=_function,
)

if __name__ == "__main__":
    leave(main(PROGRAM))
