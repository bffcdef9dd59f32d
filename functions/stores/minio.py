"""Objects on any S3 server: SeaweedFS, MinIO, Ceph, Garage or a cloud's."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import MinioException, S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, Expiration, LifecycleConfig, Rule
from urllib3.exceptions import HTTPError

from functions.errors import Rejected
from functions.stores import ranges, s3_answers
from functions.stores.attachment import attachment
from functions.stores.names import checked
from functions.stores.patience import Patience, PatientPool
from functions.stores.protocol import KEPT_DAYS, ObjectInfo
from functions.stores.refusals import changed, too_large
from functions.stores.s3_answers import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import BaseHTTPResponse

_logger = logging.getLogger(__name__)

PART_BYTES: Final = 8 << 20
"""Of an upload: small enough to hold two, and above S3's least of 5 MiB."""

MOST_PARTS: Final = 9_999
"""S3 counts to 10,000."""

LONGEST_LINK: Final = 7 * 24 * 60 * 60
"""Seconds; Signature Version 4 holds for no longer."""

OWN_RULES: Final = "colorise-"
"""Begins the names of the expiry rules that are ours."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and who asks for what is in it."""

    endpoint: str
    """URL of the server, such as `http://127.0.0.1:8333`."""
    name: str
    access_key: str | None = None
    """None asks without a signature, as open servers allow."""
    secret_key: str | None = field(default=None, repr=False)
    region: str = "us-east-1"
    """That requests are signed for."""
    public_endpoint: str | None = None
    """URL under which others reach the server, for links; None takes `endpoint`."""


class MinioStore:
    """An `ObjectStore` in a bucket of an S3 server.

    Where the server refuses the key, or has no such bucket, that is no order's fault: it is `Postponed`, with a reason
    for the operator.
    """

    def __init__(self, bucket: Bucket, *, patience: Patience | None = None) -> None:
        self._endpoint = bucket.endpoint
        self._bucket = bucket.name
        self._bucket_seen = False
        self._patience = patience or Patience()
        self._client = _client(bucket, bucket.endpoint, self._patience)
        self._links = _client(bucket, bucket.public_endpoint or bucket.endpoint, self._patience)

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """Read with one request, or go on from where its answer breaks off."""
        return self._download(checked(name), max_bytes=max_bytes)[0]

    def open(self, name: str) -> BinaryIO:
        """Open with one request, which brings the first block."""
        head, version = self._download(checked(name), stop=ranges.BLOCK_BYTES)

        def fetch(start: int, stop: int) -> bytes:
            return self._download(name, start, stop, version=version)[0]

        return ranges.opened(fetch, version.size, head=head)

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        """Write in parts of 8 MiB, of which two are held; the object appears with the last of them.

        Of a stream that cannot tell its length, 78 GiB are written at most.
        """
        checked(name)
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        with self._answering("write", name):
            self._client.put_object(
                bucket_name=self._bucket,
                object_name=name,
                data=stream,
                length=-1,
                part_size=max(PART_BYTES, -(-_left(stream) // MOST_PARTS)),
                num_parallel_uploads=1,  # others each hold a part more
                content_type=content_type,
            )

    def find(self, name: str) -> ObjectInfo | None:
        """Ask for the object's head."""
        checked(name)
        with self._answering("find", name):
            try:
                found = self._client.stat_object(bucket_name=self._bucket, object_name=name)
            except S3Error as error:
                if error.code not in s3_answers.MISSING:
                    raise
                self._see_bucket(name)
                return None
        modified = found.last_modified or datetime.now(UTC)  # an answer always says when
        return ObjectInfo(name, found.size or 0, modified, found.content_type or "")

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List all at once: servers that keep folders do not sort by the whole name."""
        with self._answering("list", f"{prefix}*"):
            found = [
                ObjectInfo(kept.object_name, kept.size, kept.last_modified, "")
                for kept in self._client.list_objects(bucket_name=self._bucket, prefix=prefix, recursive=True)
                if kept.object_name and kept.size is not None and kept.last_modified
            ]
        return iter(sorted(found, key=lambda info: info.name))

    def delete(self, name: str) -> None:
        """Delete; S3 does not say whether it was there."""
        checked(name)
        with self._answering("delete", name):
            try:
                self._client.remove_object(bucket_name=self._bucket, object_name=name)
            except S3Error as error:
                if error.code not in s3_answers.MISSING:
                    raise

    def link(self, name: str, *, seconds: int, file_name: str | None = None) -> str:
        """Sign an address; the server is not asked, not even whether the object is there.

        Raises:
            Rejected: `seconds` is less than one, or more than seven days ("bad-link").
        """
        if not 1 <= seconds <= LONGEST_LINK:
            msg = f"a link to {name} cannot hold for {seconds:,} seconds: from 1 to {LONGEST_LINK:,} are possible"
            raise Rejected(msg, code="bad-link")
        return self._links.presigned_get_object(
            bucket_name=self._bucket,
            object_name=checked(name),
            expires=timedelta(seconds=seconds),
            response_headers={"response-content-disposition": attachment(file_name)} if file_name else None,
        )

    def prepare(self, kept_days: Mapping[str, int] = KEPT_DAYS) -> None:
        """Make the bucket, and give it a rule for each prefix; rules that are not ours stay as they are.

        Where the server has no such rules, or the key may not set them, a warning says so: nothing is deleted then.
        """
        with self._answering("prepare", self._bucket):
            if not self._client.bucket_exists(bucket_name=self._bucket):
                try:
                    self._client.make_bucket(bucket_name=self._bucket)
                except S3Error as error:
                    if error.code not in s3_answers.MADE:  # by another program, just now
                        raise
            self._bucket_seen = True
            try:
                self._set_rules(kept_days)
            except S3Error as error:
                if error.code not in s3_answers.NO_RULES:
                    raise
                _logger.warning(
                    "the bucket takes no expiry rules, so what is sent stays for ever: set them by hand",
                    extra={"endpoint": self._endpoint, "bucket": self._bucket, "s3_code": error.code},
                )

    def _set_rules(self, kept_days: Mapping[str, int]) -> None:
        there = self._client.get_bucket_lifecycle(bucket_name=self._bucket)
        rules = there.rules if there else []
        ours = [rule for rule in rules if (rule.rule_id or "").startswith(OWN_RULES)]
        others = [rule for rule in rules if rule not in ours]
        wanted = [_rule(prefix, days) for prefix, days in kept_days.items()]
        if {_gist(rule) for rule in ours} != {_gist(rule) for rule in wanted}:
            self._client.set_bucket_lifecycle(bucket_name=self._bucket, config=LifecycleConfig([*others, *wanted]))

    def _see_bucket(self, name: str) -> None:
        """Make sure that it is the object that is missing, and not the bucket: the answer to a HEAD does not tell."""
        if not self._bucket_seen and not self._client.bucket_exists(bucket_name=self._bucket):
            raise s3_answers.verdict(s3_answers.NO_BUCKET, None, self._doing("find", name), name)
        self._bucket_seen = True

    def _download(
        self,
        name: str,
        start: int = 0,
        stop: int | None = None,
        *,
        version: Version | None = None,
        max_bytes: int | None = None,
    ) -> tuple[bytes, Version]:
        """Read a range, or all from its start on; where an answer breaks off, the next goes on."""
        got = bytearray()

        def go_on() -> tuple[bytes, Version]:
            nonlocal version
            first = start + len(got)
            if version and first >= min(stop or version.size, version.size):
                return bytes(got), version  # it broke off behind the last byte
            response = self._asked(name, first, stop, version)
            if response is None:
                return b"", Version("", 0)
            with s3_answers.closing(response):
                found = s3_answers.version_of(response)
                if version and found.etag != version.etag:  # the server does not heed If-Match
                    raise changed(name)
                version = found
                if max_bytes is not None and version.size > max_bytes:
                    raise too_large(name, version.size, max_bytes)
                s3_answers.receive(response, got)
            return bytes(got), version

        with self._answering("read", name):
            return self._patience.insist(go_on, on=(s3_answers.CutOff,))

    def _asked(self, name: str, first: int, stop: int | None, version: Version | None) -> BaseHTTPResponse | None:
        """The answer with the bytes from `first` on; None where the object is empty: no range is in it."""
        try:
            return self._client.get_object(
                bucket_name=self._bucket,
                object_name=name,
                offset=first,
                length=stop - first if stop else 0,
                request_headers={"If-Match": version.etag} if version else None,
            )
        except S3Error as error:
            if version is None and error.code == "InvalidRange":
                return None
            if version and error.code in s3_answers.CHANGED:
                raise changed(name) from error
            raise

    @contextmanager
    def _answering(self, verb: str, name: str) -> Iterator[None]:
        """Turn what the server and the network answer into verdicts; what others raise in the block passes."""
        try:
            yield
        except S3Error as error:
            raise s3_answers.verdict(error.code, error.message, self._doing(verb, name), name) from error
        except (MinioException, HTTPError) as error:
            raise s3_answers.unreachable(error, self._doing(verb, name)) from error

    def _doing(self, verb: str, name: str) -> str:
        return f"{verb} {name} in the bucket {self._bucket} at {self._endpoint}"


def _client(bucket: Bucket, endpoint: str, patience: Patience) -> Minio:
    address = urlsplit(endpoint)
    return Minio(
        endpoint=address.netloc,
        secure=address.scheme == "https",
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        region=bucket.region,
        http_client=PatientPool(patience),
    )


def _left(stream: BinaryIO) -> int:
    """Bytes from where the stream stands to its end; 0 where it cannot tell."""
    if not stream.seekable():
        return 0
    position = stream.tell()
    left = stream.seek(0, io.SEEK_END) - position
    stream.seek(position)
    return left


def _rule(prefix: str, days: int) -> Rule:
    """One rule for both: some servers refuse a rule that only ends uploads nobody finished."""
    return Rule(
        status=ENABLED,
        rule_filter=Filter(prefix=f"{prefix}/"),
        rule_id=f"{OWN_RULES}{prefix}",
        expiration=Expiration(days=days),
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(days_after_initiation=1),
    )


def _gist(rule: Rule) -> tuple[str | None, str, str | None, int | None]:
    """What tells whether a rule is as it should be; servers leave out or add the rest."""
    prefix = rule.rule_filter.prefix if rule.rule_filter else None
    return rule.rule_id, rule.status, prefix, rule.expiration.days if rule.expiration else None
