"""Files of a film that are on this machine only as long as they are made."""

from __future__ import annotations

import errno
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL_SECONDS: Final = 60.0
"""Until an order is tried again, by then perhaps on a machine with more room."""


@contextmanager
def scratch_file(suffix: str = "") -> Iterator[Path]:
    """A path to write to in the folder for temporary files; it is gone when the block ends.

    Raises:
        Postponed: no space is left there.
    """
    with tempfile.TemporaryDirectory(prefix="colorise-", ignore_cleanup_errors=True) as folder:
        try:
            yield Path(folder) / f"film{suffix}"
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            msg = f"no space left in {Path(folder).parent} to write the film: make room, or name another by TMPDIR"
            raise Postponed(msg, after_seconds=FULL_SECONDS) from error
