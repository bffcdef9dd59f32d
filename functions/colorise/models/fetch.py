"""The one door to httpx: a pinned file over https, resumed where it broke off, verified at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx

from functions.colorise.models.partial import PartialFile
from functions.colorise.models.pinned import WrongBytes, difference
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from functions.colorise.models.card import ModelFile

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the file's name, the bytes that are here, and the bytes it will have."""

REDIRECTS: Final = 5
"""Release hosts use one or two."""

HEADWAY_BYTES: Final = 1024 * 1024
"""A try that got this far further was no failure of the address: the count of tries starts again."""

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Hosts that may speak plain http: nobody sits between."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what."""

    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    """A server that sends nothing for so long has stalled."""
    tries: int = 3
    """In a row without headway, for each address."""
    first_delay_seconds: float = 1.0
    """Before the second try; it doubles each time."""


class _AnotherFile(WrongBytes):
    """The head of the answer says already that it is not our file; nothing of it was written."""


class _AskAgain(Exception):  # noqa: N818 - not an error of its own: the loop below turns it into one
    """The server cannot answer now (429 or 5xx)."""


def download(  # noqa: PLR0913 - each is a different person's choice
    file: ModelFile,
    target: Path,
    *,
    mirror: str | None = None,
    patience: Patience | None = None,
    certificates: ssl.SSLContext | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch a pinned file; under its own name there is the whole verified file or nothing.

    What came before a break stays beside it as `NAME.part` and is continued next time, from any address: the
    sha256 at the end decides. Bytes that turn out wrong are deleted.

    Args:
        file: name, size, sha256 and addresses.
        target: the path to write; its folder is made.
        mirror: a base address that is tried first; the file's name is added to it.
        patience: for slow and broken networks.
        certificates: whom to trust; by default SSL_CERT_FILE and SSL_CERT_DIR, else certifi's authorities.
        progress: called as bytes arrive.

    Raises:
        BeingFetched: another process is fetching the same file.
        Postponed: no address could be reached, or answered with the file; the reason names each.
        WrongBytes: every address that answered sent something else.
        Rejected: an address is not https.
        OSError: the file cannot be written.
    """
    addresses = [mirror.rstrip("/") + "/" + file.name] if mirror else []
    addresses += file.mirrors
    if not addresses:
        msg = f"no address is known for {file.name}"
        raise Rejected(msg, code="no-address")
    urls = [_checked(address) for address in addresses]
    patience = patience or Patience()
    failures: list[Rejected | Postponed] = []
    with _client(patience, certificates) as client, PartialFile(target, file) as part:
        for url in urls:
            try:
                _download_from(client, url, part, patience, progress or _silent)
            except (Rejected, Postponed) as error:
                failures.append(error)
            else:
                return
    later = [error for error in failures if isinstance(error, Postponed)]
    if not later:
        raise failures[-1]
    raise Postponed("; ".join(error.reason for error in failures), after_seconds=60.0) from later[0]


def _silent(_name: str, _done: int, _total: int) -> None:
    """Show nothing."""


def _client(patience: Patience, certificates: ssl.SSLContext | None) -> httpx.Client:
    return httpx.Client(
        verify=certificates or True,
        timeout=httpx.Timeout(patience.stall_seconds, connect=patience.connect_seconds),
        follow_redirects=False,  # each hop is checked by _response
        # The hash is of the file itself; a range of a compressed answer would be one of something else.
        headers={"Accept-Encoding": "identity", "User-Agent": "colorise"},
        # A proxy from the environment cannot know this machine's own addresses.
        mounts={f"all://[{host}]" if ":" in host else f"all://{host}": None for host in LOOPBACK},
    )


def _checked(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        msg = f"{address!r} is no address: {error}"
        raise Rejected(msg, code="bad-address") from error
    if url.scheme != "https" and not (url.scheme == "http" and url.host in LOOPBACK):
        msg = f"{address}: models are fetched over https only (or http from this very machine)"
        raise Rejected(msg, code="insecure")
    return url


def _download_from(
    client: httpx.Client, url: httpx.URL, part: PartialFile, patience: Patience, progress: Progress
) -> None:
    """Fetch from one address with patience."""
    failed = 0
    while True:
        begun_at = part.size
        try:
            _download_once(client, url, part, progress)
        except WrongBytes as error:
            if not begun_at or isinstance(error, _AnotherFile):
                raise
            # The beginning came from an earlier try, perhaps from elsewhere: start clean, once.
            part.discard()
        except (httpx.RequestError, _AskAgain) as error:
            failed = 1 if part.size - begun_at >= HEADWAY_BYTES else failed + 1
            if failed >= patience.tries:
                msg = f"{url.host}: {_trouble(error, patience)}"
                raise Postponed(msg, after_seconds=60.0) from error
            time.sleep(patience.first_delay_seconds * 2 ** (failed - 1))
        else:
            return


def _download_once(client: httpx.Client, url: httpx.URL, part: PartialFile, progress: Progress) -> None:
    """Ask for what is missing, write what comes, and seal the file when it is whole."""
    file = part.file
    if part.size < file.bytes:
        headers = {}
        if part.size:
            headers["Range"] = f"bytes={part.size}-"
            etag = part.etag(str(url))
            if etag:
                headers["If-Range"] = etag
        with _response(client, url, headers) as response:
            _begin(response, part, url)
            for chunk in response.iter_bytes():
                if part.size + len(chunk) > file.bytes:
                    part.discard()
                    msg = f"{url} sends more than the {file.bytes} bytes that {file.name} has"
                    raise WrongBytes(msg)
                part.write(chunk)
                progress(file.name, part.size, file.bytes)
        if part.size < file.bytes:  # the server closed in good order, too early
            msg = f"{part.size} of {file.bytes} bytes came"
            raise httpx.ReadError(msg)
    found = part.sha256()
    if found != file.sha256:
        size = part.size
        part.discard()
        raise WrongBytes(difference(str(url), file, found_bytes=size, found_sha256=found))
    part.seal()


@contextlib.contextmanager
def _response(client: httpx.Client, url: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """Open the answer to a request, following redirects to https."""
    here = url
    for _ in range(REDIRECTS + 1):
        with client.stream("GET", here, headers=headers) as response:
            if not response.has_redirect_location:
                yield response
                return
            try:
                there = here.join(response.headers["Location"])
            except httpx.InvalidURL as error:
                msg = f"{here} redirects to no address: {error}"
                raise Postponed(msg, after_seconds=3600.0) from error
        if there.scheme != "https":
            msg = f"{here} redirects to {there}: only https is followed"
            raise Rejected(msg, code="insecure")
        here = there
    msg = f"{url} redirects more than {REDIRECTS} times"
    raise Postponed(msg, after_seconds=60.0)


def _begin(response: httpx.Response, part: PartialFile, url: httpx.URL) -> None:
    """Judge the head of an answer, and cut the partial file to where the body begins."""
    status = response.status_code
    if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.discard()
        msg = "the server has no more bytes than are here already"
        raise _AskAgain(msg)
    if status == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        msg = f"{status} {response.reason_phrase}"
        raise _AskAgain(msg)
    if status not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        msg = f"{url.host}: {status} {response.reason_phrase} for {url.path}"
        raise Postponed(msg, after_seconds=3600.0)
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    begins_at = 0
    if status == httpx.codes.PARTIAL_CONTENT:
        begins_at = part.size
        if encoded or not response.headers.get("Content-Range", "").startswith(f"bytes {begins_at}-"):
            part.discard()
            msg = "the server sends another part of the file than it was asked for"
            raise _AskAgain(msg)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and not encoded and begins_at + int(promised) != part.file.bytes:
        msg = (
            f"{url} offers {begins_at + int(promised)} bytes, and {part.file.name} has {part.file.bytes}: "
            "it is another file"
        )
        raise _AnotherFile(msg)
    part.cut(begins_at)
    part.remember_etag(str(url), response.headers.get("ETag", ""))


def _trouble(error: Exception, patience: Patience) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {patience.connect_seconds:g} s"
    if isinstance(error, httpx.TimeoutException):
        return f"nothing came for {patience.stall_seconds:g} s"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})"
    return str(error) or type(error).__name__
