"""The models this project knows by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.colorise.models.card import ModelCard, ModelFile

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT: Final = "small"

ZHANG_REPOSITORY: Final = "https://raw.githubusercontent.com/richzhang/colorization/caffe/colorization"
ZHANG_DEMO: Final = "https://eecs.berkeley.edu/~rich.zhang/projects/2016_colorization/files/demo_v2"
"""Where the paper's authors keep their files (read 2026-11)."""

SHELF: Final[Mapping[str, ModelCard]] = {
    "small": ModelCard(
        name="small",
        summary="ours: fast, for photographs and films; in the package",
        weights=ModelFile(
            name="small.onnx",
            bytes=13_177_476,
            sha256="3b863b49f667fec0965095a6cef270f3fb88502944fd8a7bff31fcae0cf540d7",
        ),
        licence="MIT; its encoder started from EfficientNet-Lite0 (Apache-2.0)",
        source=(
            "The project's own, trained on CPUs from 20,415 colour photographs: 130,000 samples at 128 px, 43,000 more "
            "at 192 to 256 px; see training/README.md."
        ),
        side=224,  # between 192 px, where it is calm and pale, and 256, where it is more colourful and less sure
        # 331 photographs that the training had seen in part; grey has PSNR 22.23, AuC 88.63, rebalanced AuC 62.25.
        metrics={
            "psnr_db_256": 24.04,
            "auc_256": 90.87,
            "rebalanced_auc_256": 68.60,
            "colourfulness_share_256": 0.68,
            "blotch_share_256": 0.75,
        },
        notes=(
            "clothes and strongly coloured objects tend to brown or grey",
            "the whole leans to brown; plain walls can still get faint blotches",
            "skin is judged from modern photographs; flags, uniforms and dyes are guesses",
        ),
    ),
    "zhang16": ModelCard(
        name="zhang16",
        summary="the 2016 original (Colorful Image Colorization, release v2): 30 times slower; fetched on request",
        # The ONNX file is written on this machine; its own size and hash are noted when that happens.
        weights=ModelFile(name="zhang16.onnx", bytes=0, sha256=""),
        licence="BSD-2-Clause",
        source="Richard Zhang, Phillip Isola, Alexei A. Efros, ECCV 2016: https://github.com/richzhang/colorization",
        built_from=(
            ModelFile(
                name="colorization_deploy_v2.prototxt",
                bytes=9_945,
                sha256="d16418cef8df4ccd703a55ae0ef3960861d5010418f77c90d0a47689998a7169",
                mirrors=(f"{ZHANG_REPOSITORY}/models/colorization_deploy_v2.prototxt",),
            ),
            ModelFile(
                name="colorization_release_v2.caffemodel",
                bytes=128_946_764,
                sha256="f5af1e602646328c792e1094f9876fe9cd4c09ac46fa886e5708a1abc89137b1",
                mirrors=(f"{ZHANG_DEMO}/colorization_release_v2.caffemodel",),
            ),
            ModelFile(
                name="pts_in_hull.npy",
                bytes=5_088,
                sha256="b5dec01315c34f43f1c8c089e84c45ae35d1838d8e77ed0e7ca930f79ffa450e",
                mirrors=(f"{ZHANG_REPOSITORY}/resources/pts_in_hull.npy",),
            ),
        ),
        side=224,
        lightness_offset=50.0,
        notes=("turns many things brown or too vivid; the paper's own figures are its best description",),
    ),
}
