from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from functions.colorise.models.caffe import zhang_v2
from functions.colorise.models.caffe.convert import CaffeError, convert
from functions.colorise.models.caffe.writer import Blobs, caffemodel, data, he, layer
from functions.errors import Unreadable
from tests.functions.colorise.models.caffe_cases import DATA, IMAGE
from tests.functions.colorise.models.onnx_run import Array, assert_close, check, open_model, run

if TYPE_CHECKING:
    from collections.abc import Sequence

GENERATOR = np.random.default_rng(2)
PICTURE = GENERATOR.standard_normal(IMAGE).astype(np.float32)
FILTERS = [he(GENERATOR, (5, 4, 3, 3)), he(GENERATOR, (5,))]
SETTINGS = "convolution_param { num_output: 5 kernel_size: 3 }"
CONVOLUTION = layer("Convolution", "data", "conv", SETTINGS)
SMALL = DATA + CONVOLUTION + layer("ReLU", "conv", "conv", name="relu")
SMALL_BLOBS = {"conv": FILTERS}
UNRELATED = {"unrelated": [PICTURE]}


def _convert(prototxt: str, blobs: Blobs | None = None, output: str | None = None) -> bytes:
    return convert(prototxt.encode(), caffemodel(blobs or UNRELATED), output=output)


def _ends(model: bytes) -> tuple[list[str], list[str]]:
    session = open_model(model)
    return [value.name for value in session.get_inputs()], [value.name for value in session.get_outputs()]


@pytest.mark.parametrize("legacy_shape", [False, True])
@pytest.mark.parametrize("values", ["packed", "unpacked", "double"])
@pytest.mark.parametrize("version_1", [False, True])
def test_a_caffemodel_of_any_form_gives_the_same_model(
    *, values: Literal["packed", "unpacked", "double"], legacy_shape: bool, version_1: bool
) -> None:
    saved = caffemodel(SMALL_BLOBS, values=values, legacy_shape=legacy_shape, version_1=version_1)
    assert convert(SMALL.encode(), saved) == convert(SMALL.encode(), caffemodel(SMALL_BLOBS))


def test_a_version_1_prototxt_gives_the_same_model() -> None:
    old = f"""
        input: "data" input_dim: 1 input_dim: 4 input_dim: 9 input_dim: 11
        layers {{ name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 {SETTINGS} }}
        layers {{ name: "relu" type: RELU bottom: "conv" top: "conv" }}
    """
    assert _convert(old, SMALL_BLOBS) == _convert(SMALL, SMALL_BLOBS)


def test_a_top_level_input_shape_is_an_input() -> None:
    old = 'input: "data" input_shape { dim: 1 dim: 4 dim: 9 dim: 11 }' + SMALL.removeprefix(DATA)
    assert _convert(old, SMALL_BLOBS) == _convert(SMALL, SMALL_BLOBS)


def test_what_a_prototxt_says_for_training_is_skipped() -> None:
    rich = f"""
        # a comment with \xe9, and a network's name in single quotes
        name: 'small' force_backward: true
        {DATA}
        layer {{
          name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'
          param {{ lr_mult: 1 decay_mult: 1 }} param {{ lr_mult: 2 decay_mult: 0 }} propagate_down: true
          convolution_param {{
            num_output: 5 kernel_size: 3 engine: CUDNN weight_filler {{ type: 'xavier' std: 0.01 }}
          }}
        }}
        {layer("ReLU", "conv", "conv", name="relu")}
    """
    model = convert(rich.encode("latin-1"), caffemodel(SMALL_BLOBS))
    assert model == _convert(SMALL, SMALL_BLOBS)


def test_only_layers_of_the_test_phase_are_kept() -> None:
    prototxt = (
        layer("ImageData", "", "data", "include { phase: TRAIN }", name="train")
        + DATA
        + layer("NoSuch", "data", "data", "exclude { phase: TEST }", name="excluded")
        + layer("Sigmoid", "data", "out", "include { phase: TEST not_stage: 'deploy' }")
        + layer("NoSuch", "out", "staged", "include { phase: TEST stage: 'deploy' }")
        + layer("NoSuch", "out", "levelled", "include { min_level: 1 }")
    )
    assert _ends(_convert(prototxt)) == (["data"], ["out"])


def test_stages_and_levels_of_the_state_choose_layers() -> None:
    prototxt = f"state {{ level: 2 stage: 'deploy' }} {DATA}"
    prototxt += layer("Sigmoid", "data", "out", "include { min_level: 1 max_level: 2 stage: 'deploy' }")
    prototxt += layer("NoSuch", "data", "other", "exclude { stage: 'deploy' }")
    assert _ends(_convert(prototxt)) == (["data"], ["out"])


def test_an_in_place_layer_reads_one_version_and_writes_the_next() -> None:
    prototxt = DATA + layer("TanH", "data", "data", name="first") + layer("ReLU", "data", "data", name="second")
    model = _convert(prototxt)
    check(model)
    assert_close(run(model, {"data": PICTURE}), np.maximum(np.tanh(PICTURE), 0), within=1e-5)


def test_the_output_is_the_last_blob_that_nothing_reads() -> None:
    prototxt = DATA + layer("TanH", "data", "early") + layer("Sigmoid", "data", "late")
    prototxt += layer("ReLU", "early", "between")
    assert _ends(_convert(prototxt)) == (["data"], ["between"])


def test_what_silence_reads_can_be_the_output() -> None:
    prototxt = DATA + layer("TanH", "data", "out") + 'layer { type: "Silence" bottom: "out" }'
    assert _ends(_convert(prototxt)) == (["data"], ["out"])


def test_a_named_output_needs_only_the_layers_before_it() -> None:
    prototxt = SMALL + layer("NoSuch", "conv", "probability") + data(1, 1, name="unused")
    model = _convert(prototxt, SMALL_BLOBS, output="conv")
    assert _ends(model) == (["data"], ["conv"])
    assert run(model, {"data": PICTURE}).min() == 0  # after the in-place ReLU


def test_inputs_of_other_sizes_have_axes_of_their_own() -> None:
    prototxt = DATA + data(1, 4, 7, 11, name="other") + layer("Crop", "data other", "out")
    session = open_model(_convert(prototxt))
    shapes = {value.name: value.shape for value in session.get_inputs()}
    assert shapes == {"data": ["n", 4, "h", "w"], "other": ["n", 4, "h_other", "w"]}
    assert session.get_outputs()[0].shape == ["n", 4, "output_h", "output_w"]


def test_joining_batches_fixes_their_size() -> None:
    session = open_model(_convert(DATA + layer("Concat", "data data", "out", "concat_param { axis: 0 }")))
    assert session.get_inputs()[0].shape == [1, 4, "h", "w"]
    assert session.get_outputs()[0].shape == [2, 4, "output_h", "output_w"]


def test_a_layer_that_depends_on_the_size_fixes_it() -> None:
    prototxt = DATA + layer("InnerProduct", "data", "out", "inner_product_param { num_output: 2 }")
    model = _convert(prototxt, {"out": [he(GENERATOR, (2, 396)), he(GENERATOR, (2,))]})
    assert open_model(model).get_inputs()[0].shape == ["n", 4, 9, 11]


def test_weights_are_found_beside_layers_that_have_none() -> None:
    saved = caffemodel({"data": [], "relu": [], "another": [PICTURE], **SMALL_BLOBS})
    assert convert(SMALL.encode(), saved) == _convert(SMALL, SMALL_BLOBS)


BINS_NET = (
    DATA
    + layer("Convolution", "data", "scores", "convolution_param { num_output: 313 kernel_size: 1 }")
    + layer("Softmax", "scores", "odds")
)
BINS_BLOBS: dict[str, Sequence[Array]] = {"scores": [he(GENERATOR, (313, 4, 1, 1)), he(GENERATOR, (313,))]}
CENTRES = "convolution_param { num_output: 2 kernel_size: 1 }"


@pytest.mark.parametrize("name", ["class8_ab", "decode"])
def test_points_are_the_weights_of_a_layer_from_313_bins_that_has_none(name: str) -> None:
    prototxt = BINS_NET + layer("Convolution", "odds", "ab", CENTRES, name=name)
    points = zhang_v2.points()
    model = convert(prototxt.encode(), caffemodel(BINS_BLOBS), points=points)
    odds = run(convert(prototxt.encode(), caffemodel(BINS_BLOBS), output="odds"), {"data": PICTURE})
    answer = run(model, {"data": PICTURE})
    assert_close(answer, np.einsum("nbhw,bc->nchw", odds, points), within=1e-5)


@pytest.mark.parametrize("unset", [[], [(2, 313, 1, 1), (2,)], [(0,)]])
def test_points_replace_weights_that_were_never_set(unset: list[tuple[int, ...]]) -> None:
    prototxt = BINS_NET + layer("Convolution", "odds", "class8_ab", CENTRES)
    blobs = {**BINS_BLOBS, "class8_ab": [np.zeros(shape, dtype=np.float32) for shape in unset]}
    model = convert(prototxt.encode(), caffemodel(blobs), points=zhang_v2.points())
    assert model == convert(prototxt.encode(), caffemodel(BINS_BLOBS), points=zhang_v2.points())
    with pytest.raises(CaffeError, match=r"caffemodel: layer 'class8_ab' \(Convolution\): .*pts_in_hull"):
        convert(prototxt.encode(), caffemodel(blobs))


def test_points_leave_weights_that_were_set() -> None:
    prototxt = BINS_NET + layer("Convolution", "odds", "class8_ab", CENTRES)
    blobs = {**BINS_BLOBS, "class8_ab": [he(GENERATOR, (2, 313, 1, 1)), he(GENERATOR, (2,))]}
    saved = caffemodel(blobs)
    assert convert(prototxt.encode(), saved, points=zhang_v2.points()) == convert(prototxt.encode(), saved)


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (np.zeros((312, 2), dtype=np.float32), "reads 313 bins, the points given are 312x2"),
        (np.full((313, 2), np.nan, dtype=np.float32), "no numbers"),
    ],
)
def test_points_of_another_kind_are_refused(points: Array, fault: str) -> None:
    prototxt = BINS_NET + layer("Convolution", "odds", "class8_ab", CENTRES)
    with pytest.raises(CaffeError, match=fault):
        convert(prototxt.encode(), caffemodel(BINS_BLOBS), points=points)


def test_an_error_is_one_printable_line_that_survives_a_process_pool() -> None:
    error = CaffeError("prototxt: layer 'a\n\x1b[2Jb' " + "x" * 1000)
    assert str(error).isprintable()
    assert len(str(error)) <= 300
    assert isinstance(error, Unreadable)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (str(again), again.code) == (str(error), "bad-caffe-model")


def test_importing_builds_no_messages() -> None:
    program = (
        "from functions.colorise.models import onnx_graph\nfrom functions.colorise.models.caffe import convert, proto\n"
    )
    program += "print(proto.caffe_messages.cache_info().currsize, onnx_graph._messages.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "0"]
