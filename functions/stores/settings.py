"""Which store the programs use: read from the environment and from secret files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import AfterValidator, SecretStr, StringConstraints, model_validator

from functions.environment import EnvironmentSettings
from functions.stores.folder import FolderStore

if TYPE_CHECKING:
    from functions.stores.protocol import ObjectStore


def _server(address: str) -> str:
    parts = urlsplit(address)
    more = parts.username or parts.path.strip("/") or parts.query
    if parts.scheme not in {"http", "https"} or not parts.hostname or more:
        msg = "it must be the URL of a server and nothing more, such as http://127.0.0.1:8333"
        raise ValueError(msg)
    return f"{parts.scheme}://{parts.netloc}"


def _folder(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        msg = "it must be the address of a folder, with three slashes, such as file:///var/lib/colorise"
        raise ValueError(msg)
    return address


class StoreSettings(EnvironmentSettings):
    """The store: a folder where `COLORISE_STORE` names one, an S3 server otherwise."""

    store: Annotated[str, AfterValidator(_folder)] | None = None
    """Address of a folder, such as `file:///var/lib/colorise`: for one machine, or a file system that all share."""
    s3_endpoint: Annotated[str, AfterValidator(_server)] | None = None
    """URL of the S3 server, such as `http://127.0.0.1:8333`."""
    s3_public_endpoint: Annotated[str, AfterValidator(_server)] | None = None
    """URL under which others reach it, for links to results; without it, they get `s3_endpoint`."""
    s3_bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] = "colorise"
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = None
    s3_region: str = "us-east-1"
    """That requests are signed for; most servers of one's own do not care."""

    @model_validator(mode="after")
    def _complete(self) -> StoreSettings:
        if (self.store is None) == (self.s3_endpoint is None):
            msg = "set either COLORISE_S3_ENDPOINT, for an S3 server, or COLORISE_STORE, for a folder"
            raise ValueError(msg)
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            msg = "set both COLORISE_S3_ACCESS_KEY and COLORISE_S3_SECRET_KEY, or neither for an open server"
            raise ValueError(msg)
        return self


def open_store(settings: StoreSettings) -> ObjectStore:
    """Make the store that the settings name; nothing is asked of it yet."""
    if settings.s3_endpoint is None:
        return FolderStore(Path(url2pathname(urlsplit(settings.store or "").path)))
    from functions.stores.minio import Bucket, MinioStore  # noqa: PLC0415 - a fifth of a second that folders spare

    secret_key = settings.s3_secret_key
    return MinioStore(
        Bucket(
            endpoint=settings.s3_endpoint,
            name=settings.s3_bucket,
            access_key=settings.s3_access_key,
            secret_key=secret_key.get_secret_value() if secret_key else None,
            region=settings.s3_region,
            public_endpoint=settings.s3_public_endpoint,
        )
    )
