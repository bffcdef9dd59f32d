"""What an S3 server's answers mean: bytes of a version of an object, or an error that is somebody's turn to mend."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from urllib3.exceptions import HTTPError, ProtocolError, TimeoutError  # noqa: A004 - urllib3's own

from functions.errors import Postponed, Rejected
from functions.stores.patience import Busy
from functions.stores.refusals import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse

READ_BYTES: Final = 1 << 16
"""Taken from the network at once, at most."""

SOON_SECONDS: Final = 15.0
"""Until a server that is restarted or overloaded may be back."""

LATER_SECONDS: Final = 60.0
"""Until somebody may have made room, or put the settings right."""

LONGEST_SAID: Final = 200
"""Characters of an answer that is not S3's, such as the page of a proxy."""

MISSING: Final = frozenset({"NoSuchKey", "NoSuchVersion"})

CHANGED: Final = frozenset({"PreconditionFailed", "InvalidRange"})
"""Answers to a range of a version that is the object no longer; a shorter one may not reach so far."""

NO_BUCKET: Final = "NoSuchBucket"

MADE: Final = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})

NO_RULES: Final = frozenset({"NotImplemented", "MethodNotAllowed", "AccessDenied"})
"""Answers of servers without expiry rules, and of those where this key may not set them."""

TOO_LARGE: Final = frozenset({"EntityTooLarge", "MaxMessageLengthExceeded"})

REFUSED: Final = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)
"""The keys are wrong, or may not do what was asked; a HEAD's answer only ever says AccessDenied."""

HINTS: Final = {
    NO_BUCKET: "there is no such bucket: check COLORISE_S3_BUCKET",
    "PermanentRedirect": "the bucket is in another region: check COLORISE_S3_REGION",
    "RequestTimeTooSkewed": "its clock and this machine's disagree: set this machine's clock",
} | dict.fromkeys(
    REFUSED,
    "the key is wrong, or may not do this: check COLORISE_S3_ACCESS_KEY and COLORISE_S3_SECRET_KEY, and the key's "
    "rights to read, write, list and delete",
)
"""Code of an error that an operator has to mend → what is wrong, and what to do."""


class CutOff(HTTPError):  # noqa: N818 - named as urllib3 might
    """An answer's body ended too early, or stopped coming."""


@dataclass(frozen=True, slots=True)
class Version:
    """Of an object, as an answer tells it that carries the object's bytes."""

    etag: str
    size: int
    """Bytes of the whole object, not of the answer."""


def version_of(response: BaseHTTPResponse) -> Version:
    """Read an answer's headers."""
    whole = response.headers.get("Content-Range", "").rpartition("/")[2]
    size = whole if whole.isdecimal() else response.headers.get("Content-Length", "0")
    return Version(response.headers.get("ETag", ""), int(size))


def receive(response: BaseHTTPResponse, received: bytearray) -> None:
    """Add the answer's body to what was received; the connection is free, or closed where the body broke off.

    Raises:
        CutOff: it broke off; what came before is in `received`.
    """
    try:
        while piece := response.read1(READ_BYTES):  # `read` would keep what it has when the rest does not come
            received += piece
    except (ProtocolError, TimeoutError) as error:
        msg = f"the answer broke off after {len(received):,} bytes ({plainly(error)})"
        raise CutOff(msg) from error


@contextmanager
def closing(response: BaseHTTPResponse) -> Iterator[None]:
    """Let go of the connection; one with bytes still to come is closed."""
    try:
        yield
    finally:
        response.close()
        response.release_conn()


def verdict(code: str | None, said: str | None, doing: str, name: str | None) -> Rejected | Postponed:
    """What an error of the server means for whoever wanted something.

    Args:
        code: of the error, such as `NoSuchKey`.
        said: the server's own words.
        doing: what was wanted of whom, such as `read inbox/1.jpg at http://…`.
        name: of the object.
    """
    if name and code in MISSING:
        return missing(name)
    if name and code in TOO_LARGE:
        return Rejected(f"{name} is larger than the store takes", code="too-large")
    hint = HINTS.get(code or "", said or "no reason given")
    return Postponed(f"cannot {doing}: {code}: {hint}", after_seconds=LATER_SECONDS)


def unreachable(error: Exception, doing: str) -> Postponed:
    """What it means that there was no answer, or none that is S3's."""
    full = isinstance(error, Busy) and str(error).startswith("500")  # a full disk, or a fault that takes its time
    return Postponed(f"cannot {doing}: {plainly(error)}", after_seconds=LATER_SECONDS if full else SOON_SECONDS)


def plainly(error: Exception) -> str:
    """What urllib3 and minio-py say, in one line and without the names of their classes."""
    last = " ".join(str(error.args[-1] if error.args else error).split())
    return last.rpartition("): ")[2][:LONGEST_SAID].rstrip(".")
