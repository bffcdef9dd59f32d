"""What objects are called: names that follow from content and wishes, so that the same work is never done twice.

`engine` is the version of the code that colours: another one gives other names, and nothing old is taken for new.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from functions.errors import Rejected
from functions.jobs import ObjectName
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from functions.jobs import ImageWishes, Network, VideoWishes

LONGEST_PART: Final = 121
"""Characters between two slashes of an object's name."""

_NAME: Final[TypeAdapter[str]] = TypeAdapter(ObjectName)


def checked(name: str) -> str:
    """The name itself, where it may name an object.

    Raises:
        Rejected: it may not ("bad-name").
    """
    try:
        return _NAME.validate_python(name, strict=True)
    except ValidationError as error:
        msg = f"{name!r} cannot name an object: inbox, work or outbox, then one to four plain parts after slashes"
        raise Rejected(msg, code="bad-name") from error


def inbox_name(sha256: str, extension: str) -> str:
    """Of what somebody sent.

    Args:
        sha256: of its bytes, in hex digits.
        extension: for people who look into the store; what is no plain one is left out.
    """
    return checked(f"{INBOX}/{_hex(sha256)}{_dotted(extension)}")


def outbox_name(
    source: str, *, network: Network, wishes: ImageWishes | VideoWishes, engine: str, extension: str
) -> str:
    """Of the coloured picture or film: the same for all who send the same and wish the same.

    Args:
        source: name of the source, which follows from its content.
        network: that colours; where it leaves its `sha256` open, a worker's new weights do not give a new name.
        wishes: all of them.
        engine: version of the code that colours.
        extension: of the result; what is no plain one is left out.

    Returns:
        With 40 hex digits in it: 160 bits of a SHA-256.
    """
    parts = (source, network.model_dump_json(), wishes.model_dump_json(), engine)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
    return checked(f"{OUTBOX}/{digest}{_dotted(extension)}")


def answer_name(target: str) -> str:
    """Of the answer that lies beside a finished target."""
    folder, _, last = target.rpartition("/")
    beside = f"{last}.json"
    if len(beside) > LONGEST_PART:
        beside = f"{hashlib.sha256(last.encode()).hexdigest()}.json"
    return f"{folder}/{beside}"


def _hex(sha256: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        msg = f"{sha256!r} is no SHA-256 in lower-case hex digits"
        raise ValueError(msg)
    return sha256


def _dotted(extension: str) -> str:
    plain = extension.lower().removeprefix(".")
    return f".{plain}" if re.fullmatch(r"[a-z0-9]{1,10}", plain) else ""
