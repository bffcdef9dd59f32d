"""Pictures and films on X: what hangs on a post, and where its bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from bot.platforms.protocol import Attachment, AttachmentKind, Forbidden, Gone, Unreachable
from bot.platforms.twitter_http import unreachable
from bot.platforms.twitter_limits import LIMITS, RETRY_SECONDS
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests

    from bot.platforms.twitter_http import TwitterHttp

HOSTS: Final = frozenset({"pbs.twimg.com", "video.twimg.com"})
"""Where X keeps its users' files; bytes are fetched from nowhere else."""

SIZES: Final = ("orig", "large")
"""Of a photo, best first, as `?name=`: not documented, but in use since 2018. What the API names is `medium`."""

REDIRECTS: Final = 3
"""There were none for years."""

_KINDS: Final = {
    "photo": AttachmentKind.PHOTO,
    "animated_gif": AttachmentKind.GIF,
    "video": AttachmentKind.VIDEO,
}
_PIECE_BYTES: Final = 256 * 1024
_BITS: Final = 8


def attachment(media: Mapping[str, Any]) -> Attachment:
    """Read a media object; an unknown kind is a photo, whose address X gives or not.

    Raises:
        KeyError, TypeError, ValueError: it is not as X describes them.
    """
    kind = _KINDS.get(str(media.get("type")), AttachmentKind.PHOTO)
    milliseconds = media.get("duration_ms")
    seconds = None if milliseconds is None else float(milliseconds) / 1000
    url, content_type = media.get("url"), None
    if kind is not AttachmentKind.PHOTO:
        url, content_type = _best(media.get("variants") or (), seconds)
    return Attachment(
        key=str(media["media_key"]),
        kind=kind,
        url=url,
        content_type=content_type,
        alt_text=media.get("alt_text"),
        width=media.get("width"),
        height=media.get("height"),
        seconds=seconds,
    )


def _best(variants: Iterable[Mapping[str, Any]], seconds: float | None) -> tuple[str | None, str | None]:
    """Give address and type of the MP4 of the highest bit rate that is not too large, else of the smallest."""
    films = [each for each in variants if each.get("content_type") == "video/mp4" and each.get("url")]
    if not films:
        return None, None
    films.sort(key=_bit_rate)
    fitting = [each for each in films if _bit_rate(each) / _BITS * (seconds or 0.0) <= LIMITS.video_bytes]
    best = fitting[-1] if fitting else films[0]
    return str(best["url"]), "video/mp4"


def _bit_rate(variant: Mapping[str, Any]) -> int:
    return int(variant.get("bit_rate") or 0)


def download(
    http: TwitterHttp, session: requests.Session, wanted: Attachment, into: BinaryIO, *, max_bytes: int
) -> str:
    """Write an attachment's bytes, and return their type; photos in the best size that there is and that fits.

    Args:
        http: turns failures into errors.
        session: one that signs nothing.
        wanted: what to fetch.
        into: where to; after an error there may be some bytes in it.
        max_bytes: the most.

    Raises:
        Rejected: "too-large", or "bad-address".
        Gone: it is not there any more.
    """
    if wanted.url is None:
        msg = f"X shows no file for the attachment {wanted.key}"
        raise Gone(msg)
    *better, last = _addresses(wanted)
    for url in better:
        try:
            response = _opened(http, session, url, max_bytes=max_bytes)
        except (Gone, Forbidden):
            continue
        except Rejected as error:
            if error.code == "too-large":
                continue
            raise
        return _written(response, wanted, into, max_bytes=max_bytes)
    return _written(_opened(http, session, last, max_bytes=max_bytes), wanted, into, max_bytes=max_bytes)


def _addresses(wanted: Attachment) -> Iterator[str]:
    """Give what to try, best first."""
    url = _checked(str(wanted.url))
    if wanted.kind is AttachmentKind.PHOTO:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        for size in SIZES:
            yield urlunsplit(parts._replace(query=urlencode({**query, "name": size})))
    yield url


def _opened(http: TwitterHttp, session: requests.Session, url: str, *, max_bytes: int) -> requests.Response:
    doing = "GET of an attachment"
    for _ in range(REDIRECTS + 1):
        response = http.open(_checked(url), doing=doing, session=session)
        if response.is_redirect:
            url = urljoin(url, response.headers["Location"])
            response.close()
            continue
        if not response.ok:
            with response:
                raise http.failed(response, None, doing=doing)
        declared = response.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > max_bytes:
            response.close()
            raise _too_large(max_bytes)
        return response
    msg = f"X leads from one address to the next, more than {REDIRECTS} times"
    raise Unreachable(msg, after_seconds=RETRY_SECONDS)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        own = parts.scheme == "https" and parts.hostname in HOSTS and parts.port in {None, 443} and not parts.username
    except ValueError:
        own = False
    if not own:
        msg = "the attachment's address is not one of X's own: it is not fetched"
        raise Rejected(msg, code="bad-address")
    return url


def _written(response: requests.Response, wanted: Attachment, into: BinaryIO, *, max_bytes: int) -> str:
    size = 0
    with response:
        pieces = response.iter_content(_PIECE_BYTES)
        while piece := _next(pieces):
            size += len(piece)
            if size > max_bytes:
                raise _too_large(max_bytes)
            into.write(piece)
    told = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return told or wanted.content_type or "application/octet-stream"


def _next(pieces: Iterator[bytes]) -> bytes:
    """Read on; only what X does is caught here, not what the file does that is written to."""
    try:
        return next(pieces, b"")
    except OSError as error:  # all of requests' errors are
        raise unreachable(error, doing="GET of an attachment") from None


def _too_large(max_bytes: int) -> Rejected:
    return Rejected(f"the attachment has more than {max_bytes} bytes", code="too-large")
