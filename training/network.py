"""The colouriser: an EfficientNet-Lite encoder that sees lightness, a separable U-Net decoder, four heads.

The encoder is EfficientNet-Lite (https://blog.tensorflow.org/2020/03/higher-accuracy-on-vision-models-with-efficientnet-lite.html):
EfficientNet (Tan and Le 2019) without squeeze-and-excitation, with ReLU6. Its batch normalisation is folded into the
convolutions, which go on learning; its three input channels, fed with the same grey, are summed into one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

if TYPE_CHECKING:
    from collections.abc import Iterator

STRIDE: Final = 4
"""Of the output: edges come from full-size luma later, so a quarter of the side is enough."""

GREY_MEAN: Final = 127 / 2.55
GREY_SCALE: Final = 2.55 / 128
"""L* → what the ImageNet weights were trained on: grey levels less 127, over 128."""

AB_SCALE: Final = 100.0
"""Of the regression heads: weights of ordinary size answer with chroma of ordinary size."""


class Scaling(NamedTuple):
    """How a larger EfficientNet-Lite differs from Lite0."""

    width: float
    depth: float


ENCODERS: Final = {"lite0": Scaling(1.0, 1.0), "lite1": Scaling(1.0, 1.1), "lite2": Scaling(1.1, 1.2)}


class Stage(NamedTuple):
    """A run of equal blocks of Lite0: table 1 of the EfficientNet paper."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM_CHANNELS: Final = 32


@dataclass(frozen=True, slots=True)
class Shape:
    """What must be known to build a network before its weights are loaded."""

    encoder: str = "lite0"
    decoder: tuple[int, int, int] = (160, 128, 96)
    """Channels at 1/16, 1/8 and 1/4 of the side."""
    bins: int = 261


class Answers(NamedTuple):
    """What the heads say of a batch, each (N, C, H/4, W/4)."""

    bins: Tensor
    """Scores of ab bins; trained on what is likely."""
    rebalanced: Tensor
    """Scores of ab bins; trained with rare colours weighted up (Zhang, Isola, Efros 2016, section 2.2). Nothing of it
    is shipped: it keeps the trunk aware of rare colours, and a quarter of the places is enough for that."""
    regression: Tensor
    """(N, 2, H/4, W/4), a* and b*."""
    direct: Tensor
    """(N, 2, H/4, W/4), a* and b*: what is shipped; learns to say what bins and regression say together."""


class Colouriser(nn.Module):
    """L* (N, 1, H, W), 0 to 100, sides multiples of 32 → `Answers` at a quarter of the side."""

    def __init__(self, shape: Shape, *, frozen_blocks: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(ENCODERS[shape.encoder], frozen_blocks)
        self.decoder = Decoder(self.encoder.channels, shape.decoder)
        width = shape.decoder[-1]
        self.bins = nn.Conv2d(width, shape.bins, 1)
        self.rebalanced = nn.Conv2d(width, shape.bins, 1)
        self.regression = nn.Conv2d(width, 2, 1)
        self.direct = DirectHead(width)

    def features(self, lightness: Tensor) -> Tensor:
        """(N, 1, H, W) → (N, C, H/4, W/4)."""
        features: Tensor = self.decoder(self.encoder(lightness))
        return features

    def answers(self, features: Tensor, quarter: int | None = None) -> Answers:
        """What all heads make of features (N, C, h, w); the rebalanced one of one quarter of the places, 0 to 3."""
        return Answers(
            bins=self.bins(features),
            rebalanced=self.rebalanced(features if quarter is None else quarter_of(features, quarter)),
            regression=self.regression(features) * AB_SCALE,
            direct=self.direct(features),
        )

    def forward(self, lightness: Tensor) -> Answers:
        """(N, 1, H, W) → answers at (H/4, W/4)."""
        return self.answers(self.features(lightness))

    def trainable(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Parameters of the encoder and those of the rest, without the frozen."""
        encoder = [weight for weight in self.encoder.parameters() if weight.requires_grad]
        ours = {id(weight) for weight in encoder}
        rest = [weight for weight in self.parameters() if weight.requires_grad and id(weight) not in ours]
        return encoder, rest


class Encoder(nn.Module):
    """Lightness → features at 1/4, 1/8, 1/16 and 1/32 of the side, one tensor each."""

    def __init__(self, scaling: Scaling, frozen_blocks: int = 0) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, STEM_CHANNELS, 3, 2)
        blocks: list[InvertedResidual] = []
        self.channels: list[int] = []
        self.taps: list[int] = []
        channels = STEM_CHANNELS
        for number, stage in enumerate(STAGES):
            width = rounded_channels(stage.channels * scaling.width)
            outer = number in (0, len(STAGES) - 1)
            for repeat in range(stage.repeats if outer else math.ceil(stage.repeats * scaling.depth)):
                stride = stage.stride if repeat == 0 else 1
                if stride == 2 and len(blocks) > 1:  # noqa: PLR2004 - halving; before it, the last features of its size
                    self.taps.append(len(blocks) - 1)
                    self.channels.append(channels)
                blocks.append(InvertedResidual(channels, width, stage.kernel, stride, stage.expansion))
                channels = width
        self.taps.append(len(blocks) - 1)
        self.channels.append(channels)
        self.blocks = nn.ModuleList(blocks)
        self.frozen_blocks = frozen_blocks
        if frozen_blocks:
            for module in (self.stem, *blocks[:frozen_blocks]):
                module.requires_grad_(requires_grad=False)

    def forward(self, lightness: Tensor) -> list[Tensor]:
        """(N, 1, H, W) → [(N, C1, H/4, W/4), … (N, C4, H/32, W/32)]."""
        features = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen_blocks):
            x = (lightness - GREY_MEAN) * GREY_SCALE
            x = F.relu6(self.stem(F.pad(x, (0, 1, 0, 1))))
        for number, block in enumerate(self.blocks):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen_blocks):
                x = block(x)
            if number in self.taps:
                features.append(x)
        return features


class InvertedResidual(nn.Module):
    """Widen, filter, narrow (Sandler et al. 2018); strides pad as TensorFlow did, or all is half a pixel off."""

    def __init__(self, channels: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.expand = nn.Conv2d(channels, inner, 1) if expansion > 1 else None
        even = stride == 1
        self.depthwise = nn.Conv2d(inner, inner, kernel, stride, kernel // 2 if even else 0, groups=inner)
        self.project = nn.Conv2d(inner, outputs, 1)
        self.padding = (0, 0, 0, 0) if even else 2 * uneven_padding(kernel, stride)
        self.residual = stride == 1 and channels == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C', H/stride, W/stride)."""
        inner = x if self.expand is None else F.relu6(self.expand(x))
        inner = F.relu6(self.depthwise(F.pad(inner, self.padding) if any(self.padding) else inner))
        outputs: Tensor = self.project(inner)
        return x + outputs if self.residual else outputs


def uneven_padding(kernel: int, stride: int) -> tuple[int, int]:
    """Pixels added before and after an even side so that the answer is the side over the stride, as TensorFlow pads."""
    low = (kernel - stride) // 2
    return low, kernel - stride - low


class Decoder(nn.Module):
    """Features of all sizes → one tensor at a quarter of the side; a global mean tells every place where it is."""

    def __init__(self, channels: list[int], widths: tuple[int, int, int]) -> None:
        super().__init__()
        deepest = channels[-1]
        self.context = nn.Sequential(nn.Conv2d(deepest, widths[0], 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.everywhere = nn.Conv2d(deepest, widths[0], 1)
        inputs = (widths[0], *widths[:-1])
        self.ups = nn.ModuleList(
            Up(below, skip, width) for below, skip, width in zip(inputs, reversed(channels[:-1]), widths, strict=True)
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Features from 1/4 to 1/32 → (N, C, H/4, W/4)."""
        *skips, deepest = features
        x = self.context(deepest) + self.everywhere(deepest.mean((2, 3), keepdim=True))
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        decoded: Tensor = x
        return decoded


class Up(nn.Module):
    """Twice the size, with what the encoder knew at that size."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.lateral = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.skip = nn.Sequential(nn.Conv2d(skip, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.refine = nn.Sequential(Separable(outputs, 5), Separable(outputs, 3))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(N, C, h, w) and (N, S, 2h, 2w) → (N, C', 2h, 2w)."""
        x = F.interpolate(self.lateral(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        refined: Tensor = self.refine(F.relu(x + self.skip(skip)))
        return refined


class Separable(nn.Sequential):
    """A depthwise and a pointwise convolution, each normalised."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )


class DirectHead(nn.Module):
    """a* and b* without bins: a third of the classifier's time in inference."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.mix = nn.Conv2d(width, width, 1)
        self.ab = nn.Conv2d(width, 2, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) → (N, 2, h, w)."""
        ab: Tensor = self.ab(F.relu(self.mix(features + F.relu(self.around(features))))) * AB_SCALE
        return ab


def quarter_of(planes: Tensor, quarter: int) -> Tensor:
    """Every other row and column, (N, C, h, w) → (N, C, h/2, w/2), from one of four corners on."""
    return planes[:, :, quarter // 2 :: 2, quarter % 2 :: 2]


def normalisations(network: nn.Module) -> Iterator[nn.BatchNorm2d]:
    """The layers whose statistics must be measured anew when weights were averaged."""
    return (module for module in network.modules() if isinstance(module, nn.BatchNorm2d))


def rounded_channels(channels: float, divisor: int = 8) -> int:
    """The nearest multiple of 8 that is not more than a tenth below (as the reference implementation rounds)."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded
