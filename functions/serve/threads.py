"""Where handlers run: never on the event loop."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Params = ParamSpec("_Params")
_Given = TypeVar("_Given")


class Threads:
    """As many threads as there may be calls.

    Args:
        most: calls at once.
    """

    def __init__(self, most: int) -> None:
        self._executor = ThreadPoolExecutor(most, thread_name_prefix="call")

    async def run(self, blocking: Callable[_Params, _Given], *args: _Params.args, **kwargs: _Params.kwargs) -> _Given:
        """Call something that blocks; what its call is known by in the log goes with it."""
        context = contextvars.copy_context()
        call = partial(context.run, blocking, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Let the threads end."""
        self._executor.shutdown(wait=False)
