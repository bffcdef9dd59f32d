"""Claims about how the store is chosen."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from functions.stores.folder import FolderStore
from functions.stores.minio import MinioStore
from functions.stores.settings import StoreSettings, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from functions.stores.minio import Bucket


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("STORE", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        monkeypatch.delenv(f"COLORISE_{name}", raising=False)
    monkeypatch.setenv("COLORISE_SECRETS", str(tmp_path / "secrets"))
    return monkeypatch


def test_a_folder_is_named_by_its_address(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("COLORISE_STORE", (tmp_path / "a folder").as_uri())
    store = open_store(StoreSettings())
    assert isinstance(store, FolderStore)
    store.prepare()
    store.write("inbox/1", b"1", content_type="text/plain")
    assert (tmp_path / "a folder" / "inbox" / "1").exists()


@pytest.mark.parametrize("hyphens", [False, True])
def test_a_server_needs_its_keys_which_may_be_files(
    environment: pytest.MonkeyPatch, tmp_path: Path, bucket: Bucket, place: str, *, hyphens: bool
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, value in (("access", bucket.access_key), ("secret", bucket.secret_key)):
        called = f"colorise_s3_{name}_key"
        (secrets / (called.replace("_", "-") if hyphens else called)).write_text(f"{value}\n")
    environment.setenv("COLORISE_S3_ENDPOINT", f"{bucket.endpoint}/")
    store = open_store(StoreSettings())
    assert isinstance(store, MinioStore)
    store.write(place, b"1", content_type="text/plain")
    assert store.read(place) == b"1"


def test_the_environment_goes_before_the_files(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "colorise_s3_bucket").write_text("from-a-file")
    environment.setenv("COLORISE_S3_ENDPOINT", "https://s3.example.org")
    assert StoreSettings().s3_bucket == "from-a-file"
    environment.setenv("COLORISE_S3_BUCKET", "from-outside")
    assert StoreSettings().s3_bucket == "from-outside"


def test_a_folder_without_secrets_is_nothing_to_warn_of(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("COLORISE_S3_ENDPOINT", "https://s3.example.org:8333")
    with warnings.catch_warnings(action="error"):
        settings = StoreSettings()
    assert settings.s3_endpoint == "https://s3.example.org:8333"
    assert settings.s3_bucket == "colorise"
    assert settings.s3_region == "us-east-1"


def test_the_secret_key_is_shown_to_nobody(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("COLORISE_S3_ENDPOINT", "https://s3.example.org")
    environment.setenv("COLORISE_S3_ACCESS_KEY", "someone")
    environment.setenv("COLORISE_S3_SECRET_KEY", "geheim")
    assert "geheim" not in repr(StoreSettings())
    assert "geheim" not in str(open_store(StoreSettings()).__dict__)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "set either COLORISE_S3_ENDPOINT"),
        ({"STORE": "file:///tmp", "S3_ENDPOINT": "http://127.0.0.1:1"}, "set either COLORISE_S3_ENDPOINT"),
        ({"S3_ENDPOINT": "http://127.0.0.1:1", "S3_ACCESS_KEY": "1"}, "set both COLORISE_S3_ACCESS_KEY"),
        ({"S3_ENDPOINT": "127.0.0.1:8333"}, "it must be the URL of a server"),
        ({"S3_ENDPOINT": "http://127.0.0.1:8333/bucket"}, "it must be the URL of a server"),
        ({"S3_ENDPOINT": "http://key:secret@127.0.0.1:8333"}, "it must be the URL of a server"),
        ({"STORE": "/var/lib/colorise"}, "it must be the address of a folder"),
        ({"STORE": "file://var/lib"}, "it must be the address of a folder"),
        ({"S3_ENDPOINT": "http://127.0.0.1:1", "S3_BUCKET": "No_Bucket"}, "s3_bucket"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    environment: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        environment.setenv(f"COLORISE_{name}", value)
    with pytest.raises(ValidationError, match=said):
        StoreSettings()
