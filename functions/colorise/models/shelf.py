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
    # As the card beside the file says: reading that would bring in pydantic, 300 ms, for every photograph.
    "small": ModelCard(
        name="small",
        summary="ours: fast, for photographs and films; in the package",
        weights=ModelFile(
            name="small.onnx",
            bytes=13_063_238,
            sha256="51e9e210231fbcf159884745fec1d648915cc2268102f0d454d19f8b55f0e2fc",
        ),
        licence="MIT; its encoder started from EfficientNet-Lite0 (Apache-2.0)",
        source="The project's own, trained on CPUs from 20,003 small colour photographs; see training/README.md.",
        side=224,  # between 192 px, where it is calm and pale, and 256, where it is more colourful and less sure
        metrics={
            "validation_psnr_db": 23.98,
            "validation_auc": 90.862,
            "validation_rebalanced_auc": 71.748,
            "validation_colourfulness_share": 0.751,
            "validation_stray_share": 0.515,
            "validation_blotch_share": 0.7717,
            "validation_grey_psnr_db": 22.277,
            "validation_grey_auc": 88.685,
            "validation_grey_rebalanced_auc": 63.228,
            "unseen_psnr_db": 20.589,
            "unseen_auc": 85.741,
            "unseen_rebalanced_auc": 59.775,
            "unseen_colourfulness_share": 0.6836,
            "unseen_stray_share": 0.5418,
            "unseen_blotch_share": 1.1593,
            "unseen_grey_psnr_db": 19.846,
            "unseen_grey_auc": 83.609,
            "unseen_grey_rebalanced_auc": 54.076,
        },
        notes=(
            "clothes, signs, flags, fruit and other strongly coloured things tend to brown or grey",
            "what it is unsure of leans to brown, most of all crowds and rooms; plain walls can get faint blotches",
            "skin and dress are judged from recent photographs, most of them from Europe and America",
            "skin gets a likely colour for its lightness on film, not its own; uniforms, dyes and make-up are guesses",
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
