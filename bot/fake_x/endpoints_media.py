"""Endpoints that take pictures and films: in three steps each with its own address, or with a command at one."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.calls import Answer, Call, Endpoint, answer
from bot.fake_x.faults import FaultKind
from bot.fake_x.file_kinds import look_at
from bot.fake_x.media import ALT_TEXT_LENGTH, CATEGORIES, CHUNK_BYTES, MediaKind, Upload
from bot.fake_x.parameters import IDENTITY, Query
from bot.fake_x.problems import Problem, blank, invalid

if TYPE_CHECKING:
    from bot.fake_x.network import Network

MOST_SEGMENTS: Final = 1000
_COMMANDS: Final = ("INIT", "APPEND", "FINALIZE", "STATUS")


def initialize(network: Network, call: Call) -> Answer:
    """Begin an upload."""
    body = call.json()
    return _initialize(network, call, {name: str(value) for name, value in body.items()})


def append(network: Network, call: Call) -> Answer:
    """Take a segment."""
    fields = call.fields()
    media = fields.get("media", b"")
    if call.content_type.startswith("application/json"):
        try:
            media = base64.b64decode(media, validate=True)
        except binascii.Error as error:
            raise invalid({}, "$.media: is not base64") from error
    return _append(network, call, call.path["id"], fields.get("segment_index", b""), media)


def finalize(network: Network, call: Call) -> Answer:
    """End an upload."""
    return _finalize(network, call, call.path["id"])


def status(network: Network, call: Call) -> Answer:
    """Say how far the work on an upload is."""
    query = Query(call.query, "command", "media_id")
    if query.text("command") != "STATUS":
        raise invalid({}, f"The `command` query parameter value [{query.text('command')}] is not one of [STATUS]")
    upload = _find(network, call, query.text("media_id") or "")
    if upload.state in {"pending", "in_progress"}:
        if upload.checks_left:
            upload.checks_left -= 1
            upload.state = "in_progress"
        else:
            upload.state = "failed" if upload.error else "succeeded"
    elif upload.state == "open" or not CATEGORIES[upload.category].processed:
        # What needs no work has no status: X answered so for pictures in 2025.
        raise invalid({}, "BadRequest: Not found")
    return answer({"data": _upload_json(network, upload)})


def command(network: Network, call: Call) -> Answer:
    """Do one of the steps at the one older address; without a command, take a whole picture at once."""
    fields = call.fields()
    texts = {name: value.decode("utf-8", "replace") for name, value in fields.items() if name != "media"}
    which = texts.pop("command", None)
    if which == "INIT":
        return _initialize(network, call, texts)
    if which == "APPEND":
        return _append(
            network, call, texts.get("media_id", ""), fields.get("segment_index", b""), fields.get("media", b"")
        )
    if which == "FINALIZE":
        return _finalize(network, call, texts.get("media_id", ""))
    if which is not None:
        raise invalid({"command": [which]}, f"The `command` value [{which}] is not one of [{','.join(_COMMANDS)}]")
    return _at_once(network, call, texts, fields.get("media", b""))


def metadata(network: Network, call: Call) -> Answer:
    """Describe a picture or film for those who do not see it."""
    body = call.json()
    upload = _find(network, call, str(body.get("id", "")))
    described = body.get("metadata")
    alt_text = described.get("alt_text") if isinstance(described, dict) else None
    text = alt_text.get("text") if isinstance(alt_text, dict) else None
    if not isinstance(text, str) or not text:
        raise invalid({}, "$.metadata.alt_text.text: is missing but it is required")
    if len(text) > ALT_TEXT_LENGTH:
        message = f"$.metadata.alt_text.text: must be at most {ALT_TEXT_LENGTH} characters long"
        raise invalid({"$.metadata.alt_text.text": [text]}, message)
    upload.alt_text = text
    return answer({"data": {"id": str(upload.id), "associated_metadata": {"alt_text": {"text": text}}}})


def _initialize(network: Network, call: Call, fields: dict[str, str]) -> Answer:
    category = CATEGORIES.get(fields.get("media_category", ""))
    total = fields.get("total_bytes", "")
    if category is None:
        raise _bad(fields, "media_category", f"does not have a value in the enumeration {sorted(CATEGORIES)}")
    if fields.get("media_type") not in category.types:
        raise _bad(fields, "media_type", f"does not have a value in the enumeration {sorted(category.types)}")
    if not total.isdecimal() or int(total) < 1:
        raise _bad(fields, "total_bytes", "must be a positive number")
    if int(total) > category.most_bytes:
        raise invalid({"total_bytes": [total]}, f"File size exceeds {category.most_bytes} bytes.")
    upload = _open(network, call, fields["media_category"], fields["media_type"], int(total))
    return answer({"data": _upload_json(network, upload)})


def _append(network: Network, call: Call, identity: str, index: bytes, media: bytes) -> Answer:
    upload = _find(network, call, identity)
    if not index.isdigit() or int(index) >= MOST_SEGMENTS:
        message = f"$.segment_index: must be between 0 and {MOST_SEGMENTS - 1}"
        raise invalid({"segment_index": [index.decode("utf-8", "replace")]}, message)
    if not media:
        raise invalid({}, "$.media: is missing but it is required")
    if len(media) > CHUNK_BYTES:
        raise blank(413, "Payload Too Large")
    if upload.state != "open":
        raise invalid({"media_id": [identity]}, "Upload is finalized already.")
    upload.segments[int(index)] = media
    return answer({"data": {"expires_at": int(upload.expires_at)}})


def _finalize(network: Network, call: Call, identity: str) -> Answer:
    """End an upload; to end it again changes nothing."""
    upload = _find(network, call, identity)
    if upload.state == "open":
        indices = sorted(upload.segments)
        if indices != list(range(len(indices))) or len(upload.content) != upload.total_bytes:
            raise invalid({"media_id": [identity]}, "Segments do not add up to provided total file size.")
        _examine(network, upload)
    return answer({"data": _upload_json(network, upload)})


def _at_once(network: Network, call: Call, texts: dict[str, str], media: bytes) -> Answer:
    facts = look_at(media)
    name = texts.get("media_category", "")
    category = CATEGORIES.get(name)
    if category is None or category.kind is not MediaKind.PHOTO:
        raise _bad(texts, "media_category", "does not have a value in the enumeration ['tweet_image']")
    if facts is None:
        raise invalid({}, "media type unrecognized.")
    if len(media) > category.most_bytes:
        raise invalid({}, f"File size exceeds {category.most_bytes} bytes.")
    upload = _open(network, call, name, texts.get("media_type", facts.content_type), len(media))
    upload.segments[0] = media
    _examine(network, upload)
    return answer({"data": _upload_json(network, upload)})


def _open(network: Network, call: Call, category: str, media_type: str, total: int) -> Upload:
    expires = network.clock.now() + network.settings.media_lifetime_seconds
    upload = Upload(network.new_id(), call.user.id, category, media_type, total, expires)
    network.media.uploads[upload.id] = upload
    return upload


def _examine(network: Network, upload: Upload) -> None:
    """Look at a whole file: a bad picture is refused at once, a bad film later."""
    upload.error = upload.examine()
    if network.faults.draw("upload", FaultKind.PROCESSING_FAILED):
        upload.error = "InternalError while processing"
    if CATEGORIES[upload.category].processed:
        upload.state = "pending"
        upload.checks_left = network.settings.processing_checks
    elif upload.error:
        raise invalid({"media_id": [str(upload.id)]}, upload.error)
    else:
        upload.state = "succeeded"


def _find(network: Network, call: Call, identity: str) -> Upload:
    upload = network.media.uploads.get(int(identity)) if IDENTITY.fullmatch(identity) else None
    expired = upload is not None and not upload.used and network.clock.now() >= upload.expires_at
    if upload is None or upload.owner != call.user.id or expired:
        raise invalid({"media_id": [identity]}, "Invalid media_id.")
    return upload


def _upload_json(network: Network, upload: Upload) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": str(upload.id),
        "media_key": upload.key,
        "expires_after_secs": max(0, int(upload.expires_at - network.clock.now())),
    }
    if upload.state == "open":
        return data
    data["size"] = upload.total_bytes
    if not CATEGORIES[upload.category].processed:
        if upload.facts:
            image = {"image_type": upload.facts.content_type, "w": upload.facts.width, "h": upload.facts.height}
            data["image"] = image
        return data
    info: dict[str, Any] = {"state": upload.state}
    if upload.state in {"pending", "in_progress"}:
        info["check_after_secs"] = network.settings.check_after_seconds
        if upload.state == "in_progress":
            info["progress_percent"] = 50
    else:
        info["progress_percent"] = 100
        if upload.state == "failed":
            info["error"] = {"code": 1, "name": "InvalidMedia", "message": upload.error}
    data["processing_info"] = info
    return data


def _bad(fields: dict[str, str], name: str, message: str) -> Problem:
    return invalid({f"$.{name}": [fields.get(name, "")]}, f"$.{name}: {message}")


MEDIA: Final = (
    Endpoint("POST", "/2/media/upload/initialize", "upload", "user", initialize),
    Endpoint("POST", "/2/media/upload/{id}/append", "upload", "user", append),
    Endpoint("POST", "/2/media/upload/{id}/finalize", "upload", "user", finalize),
    Endpoint("GET", "/2/media/upload", "upload", "user", status),
    Endpoint("POST", "/2/media/upload", "upload", "user", command),
    Endpoint("POST", "/2/media/metadata", "metadata", "user", metadata),
)
