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
            bytes=13_177_786,
            sha256="11e3e94176748c1780f03cc71331b2efa097e501a9e2390e4f81e4fc57edec64",
        ),
        licence="MIT; its encoder started from EfficientNet-Lite0 (Apache-2.0)",
        source=(
            "The project's pilot: 130,000 samples at 128 px on a CPU, from about 16,000 colour photographs. Mean of "
            "an annealed 261-bin classifier (T = 0.38, prior correction 0.3) and a regression head."
        ),
        side=224,  # between the 128 px of its training, where it is pale, and 256, where it turns vivid and blotchy
        # 200 held-out ImageNet photographs at 256 px; grey has PSNR 24.0, AuC 90.4, rebalanced AuC 67.9.
        metrics={"psnr_db_256": 23.16, "auc_256": 90.02, "rebalanced_auc_256": 70.8, "colourfulness_256": 29.1},
        notes=(
            "clothes and strongly coloured objects tend to brown or grey",
            "plain walls and skies can get orange or blue blotches",
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
