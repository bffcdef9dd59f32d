"""Everything of somebody's deleted, at once or after hours: stores' own rules know whole days only.

Nothing is deleted behind the back of work that goes on: whoever carries out an order for what is gone rejects it
("missing-object"), and keeps nothing of what came of it. That is so as well for another job that shares a source, or a
film's pieces, because somebody sent the very same: it ends with a reason, and asked again it is made anew. A moment
between a worker's look and its write remains; where a job may be in hand, cancel it first, and erase again when its
result has come.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.stores.names import answer_name, checked
from functions.stores.protocol import INBOX, OUTBOX, WORK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from functions.stores.protocol import ObjectStore

_PLAN: Final = re.compile(rf"({WORK}/[0-9a-f]{{32}}/)plan-[A-Za-z0-9_-]{{1,64}}\.json")
"""A film's plan, and the folder that holds its pieces (`functions.film_work.names`)."""

_FOLDER: Final = re.compile(rf"({INBOX}|{WORK}|{OUTBOX})(/[A-Za-z0-9_-][A-Za-z0-9._-]{{0,120}}){{1,3}}/")

_SWEPT: Final = re.compile(rf"({INBOX}|{WORK}|{OUTBOX})/(.*/)?")


def erase(store: ObjectStore, names: Iterable[str]) -> int:
    """Delete objects, and what belongs to them. What is not there is no error: doing it twice is harmless.

    Args:
        store: where they are.
        names: of sources and targets, each deleted with the answer beside it; of films' plans, each with all pieces
            and other plans of its film; and, with a slash at the end, of folders with all that is in them.

    Returns:
        How many objects were found and deleted.

    Raises:
        Rejected: a name can name nothing, or the folder is the whole of `inbox/`, `work/` or `outbox/` ("bad-name");
            then nothing was deleted.
        Postponed: the store is out of reach; some are deleted, and the rest is when it is called again.
    """
    plain: list[str] = []
    folders: list[str] = []
    for name in dict.fromkeys(names):
        plan = _PLAN.fullmatch(name)
        if plan is not None:
            folders.append(plan[1])
        elif name.endswith("/"):
            folders.append(_folder(name))
        else:
            plain += [checked(name), answer_name(name)]
    # Plans go first: without them, no worker begins or keeps a piece any more.
    found = [info.name for folder in folders for info in store.list(folder)]
    found.sort(key=lambda name: _PLAN.fullmatch(name) is None)
    found += [name for name in plain if store.find(name) is not None]
    for name in dict.fromkeys(found):
        store.delete(name)
    return len(set(found))


def plans_of(store: ObjectStore, job_id: str) -> list[str]:
    """Names of the plans that a job has made for its film, for `erase`; it looks through all that is in work.

    Raises:
        Postponed: the store is out of reach.
    """
    ending = f"/plan-{job_id}.json"
    return [info.name for info in store.list(f"{WORK}/") if info.name.endswith(ending) and _PLAN.fullmatch(info.name)]


def sweep(store: ObjectStore, prefix: str, older_than: timedelta, *, now: datetime) -> int:
    """Delete what was last written longer ago than is wanted; repeat it now and then.

    An answer goes with its target, or a moment later, for it is written after it. Work that takes longer than
    `older_than` loses what it needs.

    Args:
        store: where objects are.
        prefix: such as `inbox/`: one of the three, or a folder in it, with a slash at the end.
        older_than: how long objects stay.
        now: with its time zone.

    Returns:
        How many objects were deleted.

    Raises:
        Rejected: the prefix is no folder ("bad-name").
        Postponed: the store is out of reach.
    """
    if not _SWEPT.fullmatch(prefix):
        msg = f"{prefix!r} is no folder of the store: inbox/, work/ or outbox/, or one in them"
        raise Rejected(msg, code="bad-name")
    old = [info.name for info in store.list(prefix) if info.modified < now - older_than]
    for name in old:
        store.delete(name)
    return len(old)


def _folder(name: str) -> str:
    if not _FOLDER.fullmatch(name):
        msg = f"{name!r} is no folder that can be erased: it lies in inbox/, work/ or outbox/, and is none of them"
        raise Rejected(msg, code="bad-name")
    return name
