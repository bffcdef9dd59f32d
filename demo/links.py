"""Links that open one visit for a while, to one purpose, and cannot be guessed or bent; and their QR codes."""

from __future__ import annotations

import hashlib
import io
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import segno
from itsdangerous import BadSignature, TimestampSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.queues.records import Records

SECRET_RECORD: Final = "secret"  # noqa: S105 - a key of the book
"""Of the record with the secret that was made."""

SECRET_BYTES: Final = 32

LONGEST_TOKEN: Final = 200
"""Characters; ours have about 60."""

QR_BORDER: Final = 4
"""Modules of quiet around a code: ISO/IEC 18004 asks for so many, and phones find it sooner."""


class Purpose(StrEnum):
    """What a token opens; one for another purpose is refused."""

    VISIT = "visit"
    """All of a visit: for the browser in which it began."""
    PHONE = "phone"
    """To look at it, to save and to delete it: whoever scans the code."""
    MEDIA = "media"
    """To look at the pictures: they stand in pages that others may see, such as the wall."""


class Links:
    """Signs and reads tokens, such as `ID.TIME.SIGNATURE`.

    Args:
        secret: known to nobody else; with another one, all earlier tokens are refused.
        now: the clock.
    """

    def __init__(self, secret: bytes, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._secret = secret
        self._now = now

    def token(self, purpose: Purpose | str, subject: str, at: datetime | None = None) -> str:
        """A token for a visit.

        Args:
            purpose: that it opens it for.
            subject: id of the visit, without dots.
            at: from when its age is counted; None is now. The same moment gives the same token.
        """
        return self._signer(purpose, at or self._now()).sign(subject).decode()

    def read(self, purpose: Purpose | str, token: str, *, max_age: timedelta) -> str | None:
        """Whom a token opens for this purpose; None where it is none of ours, or older than `max_age`."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            subject = self._signer(purpose, self._now()).unsign(token, max_age=int(max_age.total_seconds()))
            return subject.decode()
        except (BadSignature, UnicodeError, OverflowError):
            return None

    def _signer(self, purpose: Purpose | str, moment: datetime) -> _Signer:
        signer = _Signer(self._secret, salt=f"colorise.stand.{purpose}", digest_method=hashlib.sha256)
        signer.moment = int(moment.timestamp())
        return signer


class _Signer(TimestampSigner):
    """With a clock of its own; it compares signatures in constant time, as its base does."""

    moment: int

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return self.moment


async def remembered_secret(book: Records) -> bytes:
    """The secret that was made once for this stand, and is kept in the book.

    Raises:
        Postponed: the book is out of reach.
    """
    made = secrets.token_bytes(SECRET_BYTES)
    if await book.create(SECRET_RECORD, made) is not None:
        return made
    record = await book.get(SECRET_RECORD)
    return record.value if record is not None else made


def qr_svg(address: str) -> bytes:
    """A QR code as an SVG picture, black on white: phones read no inverted ones.

    It mends little: nothing rubs off on a screen, and the fewer its modules the further away they are told apart.
    """
    written = io.BytesIO()
    code = segno.make(address, error="l", micro=False)
    code.save(written, kind="svg", scale=8, border=QR_BORDER, dark="#000", light="#fff", xmldecl=False, nl=False)
    return written.getvalue()
