"""The wall: pictures whose owners want them to be seen, told live to all who look at it."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from demo.clip_preview import frame_of
from demo.fan_out import FanOut
from demo.links import Purpose
from demo.prints import WALL_SIDE, wall_prints
from demo.visit import Hung
from functions.errors import Rejected
from functions.stores.erasing import erase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from demo.figures import Figures
    from demo.links import Links
    from demo.visit import Visit
    from demo.visits import Live, Visits
    from functions.stores.protocol import ObjectStore

CAPTION: Final = 80
"""Characters."""

MOST: Final = 500
"""Pictures on the wall: the oldest makes room. A screen shows a few dozen."""

MOST_SATURATION: Final = 2.0

PRINTS_AT_ONCE: Final = 2
"""Pictures that are decoded for the wall at the same time."""

log = logging.getLogger(__name__)


class Wall:
    """Pictures by their visit.

    Args:
        visits: whose pictures hang here.
        store: where pictures are.
        links: to look at them.
        figures: told beside the pictures.
        now: the clock.
    """

    def __init__(
        self, visits: Visits, store: ObjectStore, links: Links, figures: Figures, *, now: Callable[[], datetime]
    ) -> None:
        self._visits = visits
        self._store = store
        self._links = links
        self._figures = figures
        self._now = now
        self._printing = asyncio.Semaphore(PRINTS_AT_ONCE)
        self.news: FanOut[tuple[str, dict[str, Any]]] = FanOut()

    def hanging(self) -> list[Live]:
        """All that hang, the longest first."""
        hung = [(live.visit.hung.at, live) for live in self._visits.all() if live.visit.hung is not None]
        return [live for _, live in sorted(hung, key=lambda one: one[0])]

    async def hang(self, live: Live, *, saturation: object, caption: object) -> None:
        """Put a picture on the wall, or change what stands beside it.

        Args:
            live: the visit, of which somebody has agreed to this.
            saturation: 0 to 2, how much colour it is shown with.
            caption: a few words.

        Raises:
            Rejected: it is not in colour yet ("bad-request"), or the wishes cannot be.
            Postponed: store or book are out of reach.
        """
        visit = live.visit
        if visit.coloured is None:
            msg = "this picture is not in colour yet"
            raise Rejected(msg, code="bad-request")
        hung = Hung(saturation=_saturation(saturation), caption=plain(caption), at=self._now())
        async with self._printing:
            await asyncio.to_thread(self._make_prints, visit)
        if visit.hung is not None:
            self._told_off(live)
        if live.is_gone:
            await asyncio.to_thread(erase, self._store, visit.all_names())
        self._visits.require(live)
        self._visits.change(live, live.visit.model_copy(update={"hung": hung}))
        await self._visits.write(live)
        self.news.tell(("added", self._told(live)))
        for old in self.hanging()[:-MOST]:
            await self.take_down(old)
        self._counted()

    async def take_down(self, live: Live) -> None:
        """Take a picture off the wall; one that does not hang there is no error.

        Raises:
            Postponed: the book is out of reach; it is gone from the wall all the same until a restart.
        """
        if live.visit.hung is None:
            return
        self._told_off(live)
        self._visits.change(live, live.visit.model_copy(update={"hung": None}))
        self._counted()
        await self._visits.write(live)

    async def clear(self) -> int:
        """Take all off, and return how many there were.

        Raises:
            Postponed: the book is out of reach.
        """
        hanging = self.hanging()
        for live in hanging:
            await self.take_down(live)
        return len(hanging)

    def gone(self, live: Live) -> None:
        """A visit is deleted, whether it hung here or not."""
        if live.visit.hung is not None:
            self._told_off(live)
            self._counted()

    def tell_figures(self) -> None:
        """Another picture is coloured."""
        self._counted()

    async def follow(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """All that is there, and then what happens: `added`, `removed` and `count`."""
        with self.news.listening() as news:
            for live in self.hanging():
                yield "added", self._told(live)
            yield "count", self._count()
            async for event in news:
                yield event

    def _make_prints(self, visit: Visit) -> None:
        names = visit.on_wall("before"), visit.on_wall("after")
        if all(self._store.find(name) for name in names):
            return
        if visit.kind == "clip":
            coloured = frame_of(lambda: self._store.open(visit.after), WALL_SIDE)
        else:
            coloured = self._store.read(visit.after)
        if coloured is None:
            msg = "no picture of this clip can be shown"
            raise Rejected(msg, code="damaged")
        for name, data in zip(names, wall_prints(coloured), strict=True):
            self._store.write(name, data, content_type="image/jpeg")

    def _told(self, live: Live) -> dict[str, Any]:
        visit, hung, coloured = live.visit, live.visit.hung, live.visit.coloured
        assert hung is not None  # noqa: S101 - it hangs
        assert coloured is not None  # noqa: S101 - or it could not
        token = self._links.token(Purpose.MEDIA, visit.id, visit.began_at)
        return {
            "id": visit.id,
            "kind": visit.kind,
            "before": f"/api/visits/{visit.id}/before?token={token}&size=wall",
            "after": f"/api/visits/{visit.id}/after?token={token}&size=wall",
            "width": coloured.width,
            "height": coloured.height,
            "saturation": hung.saturation,
            "caption": hung.caption,
        }

    def _told_off(self, live: Live) -> None:
        self.news.tell(("removed", {"id": live.visit.id}))

    def _count(self) -> dict[str, Any]:
        return {"pictures": self._figures.pictures, "median_seconds": self._figures.median_seconds}

    def _counted(self) -> None:
        self._figures.on_wall.set(len(self.hanging()))
        self.news.tell(("count", self._count()))


def plain(caption: object) -> str:
    """A caption on one line, without characters that are not seen or turn the line around.

    Raises:
        Rejected: it is no text, or too long ("bad-request").
    """
    if not isinstance(caption, str):
        msg = "a caption is a text"
        raise Rejected(msg, code="bad-request")
    seen = "".join(one if not unicodedata.category(one).startswith("C") else " " for one in caption)
    words = " ".join(seen.split())
    if len(words) > CAPTION:
        msg = f"a caption has at most {CAPTION} characters, and this has {len(words)}"
        raise Rejected(msg, code="bad-request")
    return words


def _saturation(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MOST_SATURATION:
        msg = f"saturation is a number from 0 to {MOST_SATURATION:g}"
        raise Rejected(msg, code="bad-request")
    return float(given)
