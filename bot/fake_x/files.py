"""The servers of files, where pictures and films are downloaded: anybody may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.fake_x.calls import Answer, Call, refusal
from bot.fake_x.media import MediaKind
from bot.fake_x.problems import blank

if TYPE_CHECKING:
    from bot.fake_x.network import Network

HOSTS: Final = ("pbs.twimg.com", "video.twimg.com")


def file(network: Network, call: Call) -> Answer:
    """Give a file by its address: one with the host in the Host header, or with the host first in the path."""
    host, path = call.path["host"].partition(":")[0].lower(), call.path["path"]
    if host not in HOSTS:
        host, _, path = path.partition("/")
    name, _, suffix = path.rpartition("/")[2].partition(".")
    medium = network.media.file(name) if host in HOSTS else None
    if medium is None or (medium.kind is MediaKind.PHOTO) != (host == HOSTS[0]):
        return refusal(blank(404, "Not Found"))
    if suffix == "m3u8":
        return Answer(200, b"#EXTM3U\n", "application/x-mpegURL")
    return Answer(200, medium.content, medium.content_type)
