"""What native libraries print about damaged pictures, caught before it reaches the terminal.

libjpeg, libpng and OpenCV write remarks such as "Corrupt JPEG data: premature end of data segment" straight to the
process's standard error, and OpenCV's Python calls report them in no other way: a picture of which the lower half is
missing comes back as if all were well. So the remarks are caught for the length of a call. They are a fact about the
picture, not a line for the terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDERR: Final = 2

_LIBRARIES: Final = rb"""
      ^\[[ ]*(?:FATAL|ERROR|WARN|INFO|DEBUG):\d+@                            # OpenCV
    | ^libpng[ ](?:error|warning):
    | ^(?:Corrupt[ ]JPEG|Premature[ ]end|Warning:|In[cv]|Unknown|Bogus)       # libjpeg
    | ^_?[A-Z]\w+:[ ].*\.$                                                    # libtiff: who complains, and of what
    | ^tempfile\.tif:[ ]                                                      # libtiff: Pillow's name for the file
    | Improper[ ]JPEG[ ]sampling | ^Apparently[ ]should                       # libtiff: in two lines
    | ^\s*$
"""
"""A line that a library printed. Any other was printed by another thread meanwhile, and is handed on."""

_one_at_a_time = threading.Lock()
"""Standard error belongs to the process: two calls at once could not tell their remarks apart."""


def _nameless_file() -> IO[bytes]:
    """A file without a name, in memory where the system has such; a pipe would block when it is full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("remarks"), "w+b")
    import tempfile  # noqa: PLC0415 - 7 ms, and Linux does without

    return tempfile.TemporaryFile()


@contextlib.contextmanager
def remarks_caught() -> Iterator[list[str]]:
    """Catch what native code prints while the block runs.

    Lines that no picture library prints are passed on when the block ends, in their order. Calls wait for each
    other. A program that is started by another thread meanwhile inherits a standard error that leads nowhere: start
    programs before, or from elsewhere.

    Yields:
        A list that holds the libraries' lines once the block has ended.
    """
    remarks: list[str] = []
    with _one_at_a_time, contextlib.ExitStack() as opened:
        try:
            terminal = os.dup(_STDERR)
        except OSError:  # a daemon without standard error: nothing can be printed
            yield remarks
            return
        opened.callback(os.close, terminal)
        caught = opened.enter_context(_nameless_file())
        os.dup2(caught.fileno(), _STDERR)
        try:
            yield remarks
        finally:
            os.dup2(terminal, _STDERR)
            caught.seek(0)
            for line in caught:
                if re.search(_LIBRARIES, line, re.VERBOSE):
                    remarks.append(line.decode(errors="replace").strip())
                else:
                    os.write(_STDERR, line)
            remarks[:] = filter(None, remarks)
