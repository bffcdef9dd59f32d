from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.models.caffe.convert import convert
from functions.colorise.models.caffe.writer import caffemodel, data, he, layer, statistics
from tests.functions.colorise.models import opencv4
from tests.functions.colorise.models.caffe_cases import CASES, DATA, IMAGE
from tests.functions.colorise.models.onnx_run import Array, assert_close, check, open_model, run

if TYPE_CHECKING:
    from collections.abc import Sequence

GENERATOR = np.random.default_rng(1)
PICTURE = GENERATOR.standard_normal(IMAGE).astype(np.float32)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Array]:
    questions = {
        name: opencv4.Question(case.prototxt, caffemodel(case.blobs()), case.values(), case.last)
        for name, case in CASES.items()
    }
    return opencv4.answers(questions, tmp_path_factory.mktemp("opencv4"))


def _convert(prototxt: str, **blobs: Sequence[Array]) -> bytes:
    return convert(prototxt.encode(), caffemodel(blobs or {"unrelated": [PICTURE]}))


@pytest.mark.parametrize("name", CASES)
def test_each_type_of_layer_computes_what_opencv_4_computes(name: str, reference: dict[str, Array]) -> None:
    case = CASES[name]
    model = convert(case.prototxt.encode(), caffemodel(case.blobs()))
    check(model)
    assert_close(run(model, case.values()), reference[name], within=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_each_type_of_layer_takes_a_batch_of_two(name: str) -> None:
    case = CASES[name]
    model = convert(case.prototxt.encode(), caffemodel(case.blobs()))
    both = case.values(batch=2)
    apart = [run(model, {name: values[index : index + 1] for name, values in both.items()}) for index in (0, 1)]
    assert_close(run(model, both), np.concatenate(apart), within=1e-5)


def test_batch_norm_divides_by_its_third_blob() -> None:
    mean, variance, count = statistics(GENERATOR, 4, count=17.0)
    mean_there, variance_there = (blob.reshape(4, 1, 1) / np.float32(17) for blob in (mean, variance))
    wanted = (PICTURE - mean_there) / np.sqrt(variance_there + np.float32(1e-5))
    model = _convert(DATA + layer("BatchNorm", "data", "out"), out=[mean, variance, count])
    assert_close(run(model, {"data": PICTURE}), wanted, within=1e-5)


def test_batch_norm_that_never_summed_anything_has_no_mean_and_no_variance() -> None:
    mean, variance, _ = statistics(GENERATOR, 4, count=17.0)
    model = _convert(DATA + layer("BatchNorm", "data", "out"), out=[mean, variance, np.zeros(1, np.float32)])
    assert_close(run(model, {"data": PICTURE}), PICTURE / np.float32(np.sqrt(1e-5)), within=1e-5)


def test_batch_norm_without_global_stats_takes_those_of_the_batch() -> None:
    # OpenCV takes those of each picture by itself; Caffe's src/caffe/layers/batch_norm_layer.cpp sums over the batch.
    settings = "batch_norm_param { use_global_stats: false eps: 0.01 }"
    pictures = GENERATOR.standard_normal((3, *IMAGE[1:])).astype(np.float32)
    mean = pictures.mean((0, 2, 3), keepdims=True)
    wanted = (pictures - mean) / np.sqrt(pictures.var((0, 2, 3), keepdims=True) + 0.01)
    model = _convert(DATA + layer("BatchNorm", "data", "out", settings))
    check(model)
    assert_close(run(model, {"data": pictures}), wanted, within=1e-5)


def test_bias_adds_a_value_to_each_channel() -> None:
    # A layer type that OpenCV does not know.
    bias = he(GENERATOR, (4,))
    model = _convert(DATA + layer("Bias", "data", "out"), out=[bias])
    assert_close(run(model, {"data": PICTURE}), PICTURE + bias.reshape(4, 1, 1), within=1e-6)


def test_bias_adds_a_second_bottom_from_its_axis_on() -> None:
    prototxt = DATA + data(4, name="other") + layer("Bias", "data other", "out", "bias_param { axis: -3 }")
    bias = he(GENERATOR, (4,))
    model = _convert(prototxt)
    check(model)
    assert open_model(model).get_inputs()[0].shape == ["n", 4, "h", "w"]
    answer = run(model, {"data": PICTURE, "other": bias})
    assert_close(answer, PICTURE + bias.reshape(4, 1, 1), within=1e-6)


def test_inner_product_reads_a_transposed_matrix() -> None:
    # OpenCV does not read the field.
    matrix, bias = he(GENERATOR, (396, 5)), he(GENERATOR, (5,))
    settings = "inner_product_param { num_output: 5 transpose: true }"
    model = _convert(DATA + layer("InnerProduct", "data", "out", settings), out=[matrix, bias])
    assert_close(run(model, {"data": PICTURE}), PICTURE.reshape(1, -1) @ matrix + bias, within=1e-5)


def test_inner_product_after_global_pooling_leaves_height_and_width_free() -> None:
    prototxt = DATA + layer("Pooling", "data", "mean", "pooling_param { pool: AVE global_pooling: true }")
    prototxt += layer("InnerProduct", "mean", "out", "inner_product_param { num_output: 5 }")
    matrix, bias = he(GENERATOR, (5, 4)), he(GENERATOR, (5,))
    model = _convert(prototxt, out=[matrix, bias])
    assert open_model(model).get_inputs()[0].shape == ["n", 4, "h", "w"]
    picture = GENERATOR.standard_normal((2, 4, 5, 6)).astype(np.float32)
    assert_close(run(model, {"data": picture}), picture.mean((2, 3)) @ matrix.T + bias, within=1e-5)


def test_scale_over_no_axes_is_a_scalar() -> None:
    factor = np.array(-1.5, dtype=np.float32)
    model = _convert(DATA + layer("Scale", "data", "out", "scale_param { num_axes: 0 }"), out=[factor])
    assert_close(run(model, {"data": PICTURE}), PICTURE * factor, within=1e-6)


@pytest.mark.parametrize(("operation", "combine"), [("SUM", np.add), ("PROD", np.multiply), ("MAX", np.maximum)])
def test_eltwise_combines_three(operation: str, combine: np.ufunc) -> None:
    prototxt = DATA + data(*IMAGE, name="second") + data(*IMAGE, name="third")
    prototxt += layer("Eltwise", "data second third", "out", f"eltwise_param {{ operation: {operation} }}")
    pictures = [GENERATOR.standard_normal(IMAGE).astype(np.float32) for _ in range(3)]
    answer = run(_convert(prototxt), dict(zip(("data", "second", "third"), pictures, strict=True)))
    assert_close(answer, combine(combine(pictures[0], pictures[1]), pictures[2]), within=1e-5)


@pytest.mark.parametrize("round_mode", ["CEIL", "FLOOR"])
@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_pooling_rounds_clips_and_counts_padding_as_caffe_does(pool: str, round_mode: str) -> None:
    # By hand, because OpenCV does not read round_mode, and to see every meeting of kernel, stride, pad and size.
    for kernel, stride, pad in itertools.product((1, 2, 3, 4), (1, 2, 3), (0, 1, 2)):
        if pad >= kernel or (stride > kernel and not pad):  # such a stride leaves windows empty
            continue
        settings = f"pool: {pool} kernel_size: {kernel} stride: {stride} pad: {pad} round_mode: {round_mode}"
        model = _convert(DATA + layer("Pooling", "data", "out", f"pooling_param {{ {settings} }}"))
        session = open_model(model)
        for height, width in ((9, 11), (8, 6), (7, 4)):
            picture = PICTURE[:, :, :height, :width]
            rounded = np.ceil if round_mode == "CEIL" else np.floor
            wanted = _pooled_by_caffe(picture, pool, rounded, (kernel, stride, pad))
            assert_close(run(session, {"data": picture}), wanted, within=1e-5)


def _pooled_by_caffe(picture: Array, pool: str, rounded: np.ufunc, window: tuple[int, int, int]) -> Array:
    """Pool as the loops of Caffe's src/caffe/layers/pooling_layer.cpp do; the window is kernel, stride, pad."""
    kernel, stride, pad = window
    size = picture.shape[2:]
    counts = []
    for pixels in size:
        count = int(rounded((pixels + 2 * pad - kernel) / stride)) + 1
        counts.append(count - 1 if pad and (count - 1) * stride >= pixels + pad else count)
    pooled = np.zeros((*picture.shape[:2], *counts), dtype=np.float32)
    for row, column in np.ndindex(*counts):
        starts = [row * stride - pad, column * stride - pad]
        ends = [min(start + kernel, pixels + pad) for start, pixels in zip(starts, size, strict=True)]
        area = (ends[0] - starts[0]) * (ends[1] - starts[1])
        seen = picture[:, :, max(starts[0], 0) : ends[0], max(starts[1], 0) : ends[1]]
        pooled[:, :, row, column] = seen.max((2, 3)) if pool == "MAX" else seen.sum((2, 3)) / area
    return pooled
