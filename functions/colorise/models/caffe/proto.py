"""The part of caffe.proto that a network at inference needs, and the error for files that break it.

Names, numbers and defaults are those of BVLC Caffe's src/caffe/proto/caffe.proto; `ceil_mode` is a fork's,
which OpenCV knows too. Fields that matter to training alone are left out: readers skip what they do not know.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from functions.colorise.models.proto_schema import message_classes
from functions.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.colorise.models.proto_schema import Enums, Messages

ERROR_CHARACTERS: Final = 300
"""An error is one line on a terminal; names in a hostile file can be as long as the file."""


class CaffeError(Unreadable):
    """A prototxt or caffemodel that cannot be converted: one line names the file, the layer and the fault."""

    def __init__(self, reason: str) -> None:
        printable = "".join(character if character.isprintable() else " " for character in reason)
        super().__init__(" ".join(printable.split())[:ERROR_CHARACTERS], code="bad-caffe-model")


_LAYER_PARAMETERS: Final[Mapping[str, tuple[str, int, int | None]]] = {
    # The message of each, its number in a layer, and in a V1 layer where it has one.
    "concat_param": ("ConcatParameter", 104, 9),
    "convolution_param": ("ConvolutionParameter", 106, 10),
    "eltwise_param": ("EltwiseParameter", 110, 24),
    "inner_product_param": ("InnerProductParameter", 117, 17),
    "pooling_param": ("PoolingParameter", 121, 19),
    "relu_param": ("ReLUParameter", 123, 30),
    "softmax_param": ("SoftmaxParameter", 125, 39),
    "slice_param": ("SliceParameter", 126, 31),
    "batch_norm_param": ("BatchNormParameter", 139, None),
    "bias_param": ("BiasParameter", 141, None),
    "scale_param": ("ScaleParameter", 142, None),
    "input_param": ("InputParameter", 143, None),
    "crop_param": ("CropParameter", 144, None),
}

_MESSAGES: Final[Messages] = {
    "NetParameter": {
        "layers": (2, "V1LayerParameter[]"),
        "input": (3, "string[]"),
        "input_dim": (4, "int32[]"),
        "state": (6, "NetState"),
        "input_shape": (8, "BlobShape[]"),
        "layer": (100, "LayerParameter[]"),
    },
    "NetState": {"phase": (1, "Phase", "TEST"), "level": (2, "int32"), "stage": (3, "string[]")},
    "NetStateRule": {
        "phase": (1, "Phase"),
        "min_level": (2, "int32"),
        "max_level": (3, "int32"),
        "stage": (4, "string[]"),
        "not_stage": (5, "string[]"),
    },
    "LayerParameter": {
        "name": (1, "string"),
        "type": (2, "string"),
        "bottom": (3, "string[]"),
        "top": (4, "string[]"),
        "include": (8, "NetStateRule[]"),
        "exclude": (9, "NetStateRule[]"),
        **{field: (number, message) for field, (message, number, _) in _LAYER_PARAMETERS.items()},
    },
    "V1LayerParameter": {
        "bottom": (2, "string[]"),
        "top": (3, "string[]"),
        "name": (4, "string"),
        "type": (5, "V1LayerParameter.LayerType"),
        "include": (32, "NetStateRule[]"),
        "exclude": (33, "NetStateRule[]"),
        **{field: (number, message) for field, (message, _, number) in _LAYER_PARAMETERS.items() if number},
    },
    "BatchNormParameter": {"use_global_stats": (1, "bool"), "eps": (3, "float", "1e-5")},
    "BiasParameter": {
        "axis": (1, "int32", "1"),
        "num_axes": (2, "int32", "1"),
        "filler": (3, "FillerParameter"),
    },
    "BlobShape": {"dim": (1, "int64[packed]")},
    "ConcatParameter": {"concat_dim": (1, "uint32", "1"), "axis": (2, "int32", "1")},
    "ConvolutionParameter": {
        "num_output": (1, "uint32"),
        "bias_term": (2, "bool", "true"),
        "pad": (3, "uint32[]"),
        "kernel_size": (4, "uint32[]"),
        "group": (5, "uint32", "1"),
        "stride": (6, "uint32[]"),
        "pad_h": (9, "uint32"),
        "pad_w": (10, "uint32"),
        "kernel_h": (11, "uint32"),
        "kernel_w": (12, "uint32"),
        "stride_h": (13, "uint32"),
        "stride_w": (14, "uint32"),
        "axis": (16, "int32", "1"),
        "dilation": (18, "uint32[]"),
    },
    "CropParameter": {"axis": (1, "int32", "2"), "offset": (2, "uint32[]")},
    "EltwiseParameter": {
        "operation": (1, "EltwiseParameter.EltwiseOp", "SUM"),
        "coeff": (2, "float[]"),
    },
    "FillerParameter": {"type": (1, "string", "constant"), "value": (2, "float")},
    "InnerProductParameter": {
        "num_output": (1, "uint32"),
        "bias_term": (2, "bool", "true"),
        "axis": (5, "int32", "1"),
        "transpose": (6, "bool"),
    },
    "InputParameter": {"shape": (1, "BlobShape[]")},
    "PoolingParameter": {
        "pool": (1, "PoolingParameter.PoolMethod", "MAX"),
        "kernel_size": (2, "uint32"),
        "stride": (3, "uint32", "1"),
        "pad": (4, "uint32"),
        "kernel_h": (5, "uint32"),
        "kernel_w": (6, "uint32"),
        "stride_h": (7, "uint32"),
        "stride_w": (8, "uint32"),
        "pad_h": (9, "uint32"),
        "pad_w": (10, "uint32"),
        "global_pooling": (12, "bool"),
        "round_mode": (13, "PoolingParameter.RoundMode", "CEIL"),
        # 13 as well in the fork that has it; a prototxt knows fields by name alone.
        "ceil_mode": (1013, "bool", "true"),
    },
    "ReLUParameter": {"negative_slope": (1, "float")},
    "ScaleParameter": {
        "axis": (1, "int32", "1"),
        "num_axes": (2, "int32", "1"),
        "filler": (3, "FillerParameter"),
        "bias_term": (4, "bool"),
        "bias_filler": (5, "FillerParameter"),
    },
    "SliceParameter": {
        "slice_dim": (1, "uint32", "1"),
        "slice_point": (2, "uint32[]"),
        "axis": (3, "int32", "1"),
    },
    "SoftmaxParameter": {"axis": (2, "int32", "1")},
    # A caffemodel is a NetParameter too. These are the same fields with what they nest left as bytes: a reader
    # opens one level at a time and counts first, for three bytes of a hostile file would buy a whole message.
    "NetWeights": {"layers": (2, "bytes[]"), "layer": (100, "bytes[]")},
    "LayerWeights": {"name": (1, "bytes"), "blobs": (7, "bytes[]")},
    "V1LayerWeights": {"name": (4, "bytes"), "blobs": (6, "bytes[]")},
    "BlobProto": {
        "num": (1, "int32"),
        "channels": (2, "int32"),
        "height": (3, "int32"),
        "width": (4, "int32"),
        "data": (5, "float[packed]"),
        "shape": (7, "BlobShape"),
        "double_data": (8, "double[packed]"),
    },
}

# fmt: off
_V1_TYPES: Final[Mapping[str, int]] = {
    "NONE": 0, "ACCURACY": 1, "BNLL": 2, "CONCAT": 3, "CONVOLUTION": 4, "DATA": 5, "DROPOUT": 6,
    "EUCLIDEAN_LOSS": 7, "FLATTEN": 8, "HDF5_DATA": 9, "HDF5_OUTPUT": 10, "IM2COL": 11, "IMAGE_DATA": 12,
    "INFOGAIN_LOSS": 13, "INNER_PRODUCT": 14, "LRN": 15, "MULTINOMIAL_LOGISTIC_LOSS": 16, "POOLING": 17,
    "RELU": 18, "SIGMOID": 19, "SOFTMAX": 20, "SOFTMAX_LOSS": 21, "SPLIT": 22, "TANH": 23, "WINDOW_DATA": 24,
    "ELTWISE": 25, "POWER": 26, "SIGMOID_CROSS_ENTROPY_LOSS": 27, "HINGE_LOSS": 28, "MEMORY_DATA": 29,
    "ARGMAX": 30, "THRESHOLD": 31, "DUMMY_DATA": 32, "SLICE": 33, "MVN": 34, "ABSVAL": 35, "SILENCE": 36,
    "CONTRASTIVE_LOSS": 37, "EXP": 38, "DECONVOLUTION": 39,
}
# fmt: on

TEST: Final = 1
"""The phase of a network at inference."""

_ENUMS: Final[Enums] = {
    "Phase": {"TRAIN": 0, "TEST": TEST},
    "EltwiseParameter.EltwiseOp": {"PROD": 0, "SUM": 1, "MAX": 2},
    "PoolingParameter.PoolMethod": {"MAX": 0, "AVE": 1, "STOCHASTIC": 2},
    "PoolingParameter.RoundMode": {"CEIL": 0, "FLOOR": 1},
    "V1LayerParameter.LayerType": _V1_TYPES,
}

V1_TYPES: Final[Mapping[int, str]] = {number: name for name, number in _V1_TYPES.items()}
"""The name of each type a V1 layer can have, by its number."""


@functools.cache
def caffe_messages() -> Mapping[str, Any]:
    """Return the message classes by name; they are built at the first call."""
    return message_classes("caffe", _MESSAGES, _ENUMS)
