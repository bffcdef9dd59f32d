"""The way of a visitor's picture over HTTP: brought, followed, looked at, put on the wall, deleted."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import uploads
from demo.addresses import is_at_machine, place_of
from demo.answers import Later, json_of
from demo.links import Purpose, qr_svg
from demo.media import object_response
from demo.pace import Pace
from demo.security import greet, visitor_of
from demo.sentences import PLAIN, told
from demo.visit import Coloured, Refused, begun
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from demo.stand import Stand
    from demo.uploads import Upload
    from demo.visit import Visit
    from demo.visits import Live

PLACE_FACTOR: Final = 10
"""Times as many visits as one visitor are taken from one address: a whole fair may be behind it."""

AT_ONCE: Final = 4
"""Uploads that are looked at, and put into the store, at the same time: each may be held in memory whole."""

WAITING: Final = 100
"""Uploads that arrive at the same time from elsewhere; the booth at the stand's own machine is never told to wait."""

WAITING_FROM_A_PLACE: Final = 40
"""Of them from one address: who sends a byte now and then does not keep all others out."""


class VisitApi:
    """Routes of visits.

    Args:
        stand: with everything that visits need.
    """

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._looking = asyncio.Semaphore(AT_ONCE)
        self._arriving: Counter[str] = Counter()
        self._times = 0
        self._by_visitor = Pace(1, 60.0)
        self._by_place = Pace(1, 60.0)

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        of, visit = self._stand.answers.of, "/api/visits/{id}"
        return [
            Route("/api/visits", of(self._bring), methods=["POST"]),
            Route(visit, of(self._delete), methods=["DELETE"]),
            Route(f"{visit}/events", of(self._events)),
            Route(f"{visit}/before", of(self._before)),
            Route(f"{visit}/after", of(self._after)),
            Route(f"{visit}/preview/{{number:int}}", of(self._preview)),
            Route(f"{visit}/qr.svg", of(self._qr)),
            Route(f"{visit}/wall", of(self._hang), methods=["PUT"]),
            Route(f"{visit}/wall", of(self._take_down), methods=["DELETE"]),
        ]

    async def _bring(self, request: Request) -> Response:
        began_at = self._stand.now()
        try:
            return await self._brought(request, began_at)
        except Rejected as error:
            self._stand.figures.turned_away(told(error.code), began_at)
            raise

    async def _brought(self, request: Request, began_at: datetime) -> Response:
        stand = self._stand
        try:
            self._check_pace(request)
        except Later:
            await uploads.thrown_away(request)
            raise
        place = place_of(request)
        self._arriving[place] += 1
        try:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
                sample = str((await json_of(request)).get("sample"))
                data = await asyncio.to_thread(stand.samples.file, sample)
                upload = await asyncio.to_thread(self._looked_at, io.BytesIO(data), len(data))
                live = await self._taken_on(request, upload, began_at, is_sample=True)
            else:
                most = stand.rules.now.max_bytes
                async with uploads.received(request, max_bytes=most) as (file, size), self._looking:
                    upload = await asyncio.to_thread(self._looked_at, file, size)
                    live = await self._taken_on(request, upload, began_at, is_sample=False)
        finally:
            self._arriving -= Counter([place])
        visit = live.visit
        token = stand.links.token(Purpose.VISIT, visit.id, visit.began_at)
        events = f"/api/visits/{visit.id}/events?token={token}"
        response = JSONResponse({"id": visit.id, "token": token, "events": events, "kind": visit.kind}, 201)
        greet(request, response)
        return response

    def _check_pace(self, request: Request) -> None:
        """Raise `Later` where somebody comes too often, or the stand is about to end."""
        if self._stand.is_stopping:
            msg = "the stand is about to stop: try again in a moment"
            raise Later(msg, code="stopping", after_seconds=5)
        place, is_booth = place_of(request), is_at_machine(request)
        is_full = self._arriving[place] >= WAITING_FROM_A_PLACE or self._arriving.total() >= WAITING
        if is_full and not is_booth:
            msg = "many pictures are arriving just now: try again in a moment"
            raise Later(msg, code="busy", after_seconds=2)
        times = self._stand.rules.now.per_visitor_per_minute
        if times != self._times:  # the operator has changed it: everybody begins anew
            self._times = times
            self._by_visitor = Pace(times, 60.0, clock=self._stand.clock)
            self._by_place = Pace(PLACE_FACTOR * times, 60.0, clock=self._stand.clock)
        visitor = visitor_of(request)
        wait = self._by_visitor.wait_seconds(visitor) if visitor else 0.0
        if not wait and not is_booth:
            wait = self._by_place.wait_seconds(place)
        if wait:
            msg = f"that was many pictures in a short time: again in {wait:.0f} s"
            raise Later(msg, code="too-often", after_seconds=wait)

    def _looked_at(self, file: Any, size: int) -> Upload:
        return uploads.looked_at(file, size, max_clip_seconds=self._stand.rules.now.max_clip_seconds)

    async def _taken_on(self, request: Request, upload: Upload, began_at: datetime, *, is_sample: bool) -> Live:
        """Put it into the store and the book, and have it coloured."""
        stand = self._stand
        language = stand.answers.language(request)
        visit = begun(upload, began_at=began_at, language=language, is_sample=is_sample)
        visit = visit.reached("received", stand.now())
        data = upload.file.read() if upload.kind == "photo" else None
        source: Any = upload.file if data is None else data
        await asyncio.to_thread(stand.store.write, visit.source, source, content_type=visit.content_type)
        live = await stand.visits.add(visit.reached("stored", stand.now()))
        # It is kept until the colours are there, however many wait: only what is small.
        stand.colourist.start(live, data if upload.size <= uploads.IN_MEMORY_BYTES else None)
        return live

    async def _events(self, request: Request) -> Response:
        live, purpose = self._opened(request, Purpose.VISIT, Purpose.PHONE)
        return self._stand.streams.answer(request, self._told(request, live, purpose), visit=live.visit.id)

    async def _told(self, request: Request, live: Live, purpose: Purpose) -> AsyncIterator[tuple[str, Any]]:
        async for name, what in live.follow():
            if isinstance(what, Coloured):
                yield name, self._done(request, live.visit, what, purpose)
            elif isinstance(what, Refused):
                yield name, self._failed(live.visit, what)
            elif name == "progress":
                number = what["preview"]
                preview = None if number is None else self._address(live.visit, f"preview/{number}")
                yield name, {**what, "preview": preview}
            else:
                yield name, what

    def _done(self, request: Request, visit: Visit, coloured: Coloured, purpose: Purpose) -> dict[str, Any]:
        stand = self._stand
        qr = stand.links.token(purpose, visit.id, visit.began_at)
        reached = dict(visit.stages)
        return {
            "kind": visit.kind,
            "before": self._address(visit, "before"),
            "after": self._address(visit, "after"),
            "width": coloured.width,
            "height": coloured.height,
            "seconds": round((reached.get("done", 0) - reached.get("received", 0)) / 1000, 2),
            "tint": coloured.tint,
            "notes": list(coloured.notes) if visit.language == PLAIN else [],  # programs remark in English
            "page": self._page(request, visit),
            "qr": f"/api/visits/{visit.id}/qr.svg?token={qr}",
            "caption": visit.hung.caption if visit.hung else "",
            "on_wall": visit.hung is not None,
            "may_post": purpose is Purpose.VISIT,
        }

    def _failed(self, visit: Visit, refused: Refused) -> dict[str, str]:
        why = self._stand.answers.sentences.why(visit.language, refused.code, refused.reason)
        return {"code": told(refused.code), "reason": why}

    def _page(self, request: Request, visit: Visit) -> str:
        token = self._stand.links.token(Purpose.PHONE, visit.id, visit.began_at)
        return f"{self._stand.addresses.seen_from(request)}/p/{token}"

    def _address(self, visit: Visit, part: str) -> str:
        token = self._stand.links.token(Purpose.MEDIA, visit.id, visit.began_at)
        return f"/api/visits/{visit.id}/{part}?token={token}"

    async def _before(self, request: Request) -> Response:
        return await self._shown(request, "before")

    async def _after(self, request: Request) -> Response:
        return await self._shown(request, "after")

    async def _shown(self, request: Request, part: Literal["before", "after"]) -> Response:
        live, _ = self._opened(request, *Purpose)
        visit = live.visit
        if visit.coloured is None:
            msg = "this picture is not in colour yet"
            raise Rejected(msg, code="gone")
        ending, content_type = ("mp4", "video/mp4") if visit.kind == "clip" else ("jpg", "image/jpeg")
        name = visit.before if part == "before" else visit.after
        if request.query_params.get("size") == "wall":
            name, ending, content_type = visit.on_wall(part), "jpg", "image/jpeg"
        file_name = None
        if request.query_params.get("download"):
            word = "coloured" if part == "after" else "before"
            file_name = f"{word}-{visit.began_at.astimezone():%Y-%m-%d}.{ending}"
        return await object_response(request, self._stand.store, name, content_type, file_name=file_name)

    async def _preview(self, request: Request) -> Response:
        live, _ = self._opened(request, *Purpose)
        number = request.path_params["number"]
        picture = next((data for kept, data in live.previews if kept == number), None)
        if picture is None:
            msg = "this preview is not here any more"
            raise Rejected(msg, code="gone")
        return Response(picture, media_type="image/jpeg")

    async def _qr(self, request: Request) -> Response:
        live, _ = self._opened(request, Purpose.VISIT, Purpose.PHONE)
        return Response(qr_svg(self._page(request, live.visit)), media_type="image/svg+xml")

    async def _hang(self, request: Request) -> Response:
        live, _ = self._opened(request, Purpose.VISIT)
        wishes = await json_of(request)
        saturation, caption = wishes.get("saturation", 1), wishes.get("caption", "")
        await self._stand.wall.hang(live, saturation=saturation, caption=caption)
        return Response(status_code=204)

    async def _take_down(self, request: Request) -> Response:
        live, _ = self._opened(request, Purpose.VISIT, Purpose.PHONE)
        await self._stand.wall.take_down(live)
        return Response(status_code=204)

    async def _delete(self, request: Request) -> Response:
        live, _ = self._opened(request, Purpose.VISIT, Purpose.PHONE)
        await self._stand.retention.erase(live)
        return Response(status_code=204)

    def _opened(self, request: Request, *purposes: Purpose) -> tuple[Live, Purpose]:
        """The visit of the address, and for what its token opens it.

        Raises:
            Rejected: the token is none of this visit's, or too old ("gone"); or for less than this ("forbidden").
        """
        live = self._stand.opened(request.query_params.get("token", ""), request.path_params["id"])
        if live[1] not in purposes:
            msg = "this link is for looking only"
            raise Rejected(msg, code="forbidden")
        return live
