import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")
pytest.importorskip("onnx", reason="the exporter needs onnx")
pytest.importorskip("pydantic_settings", reason="training's programs need pydantic-settings")

import torch

from functions.colorise.models.card_file import card_from_json
from functions.colorise.models.pinned import read
from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.export_onnx import Shipped, compared, onnx_bytes
from training.losses import Decoding
from training.network import Colouriser, Shape

TEXT = """
summary = "for a test"
licence = "MIT"
source = "made from numbers"
side = 224
notes = ["it has learnt nothing"]
intended_use = "none"
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("checkpoint") / "a.pt"
    prior = torch.rand(261).add(0.1)
    checkpoints.save(path, Checkpoint(Shape(), Colouriser(Shape()).state_dict(), prior / prior.sum(), ({"run": "a"},)))
    return path


def export(checkpoint: Path, out: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    asked = [sys.executable, "-W", "ignore", "-m", "training.export_onnx", str(checkpoint), str(out), *more]
    return subprocess.run(asked, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("head", ["direct", "mixture"])
def test_torch_and_onnx_runtime_agree_and_the_card_describes_the_file(
    checkpoint: Path, tmp_path: Path, head: str
) -> None:
    (tmp_path / "text.toml").write_text(TEXT)
    out = tmp_path / "tried.onnx"

    row = {"psnr_db": 24.0, "auc": 91.0, "rebalanced_auc": 70.0, "colourfulness_share": 0.9, "stray_share": 0.6}
    rows = [{"name": name, **row, "blotch_share": 0.9} for name in ("grey", "tried")]
    (tmp_path / "metrics.json").write_text(json.dumps({"rows": rows}))

    texts = ("--text", str(tmp_path / "text.toml"), "--metrics", f"unseen={tmp_path / 'metrics.json'}:tried")
    done = export(checkpoint, out, "--head", head, *texts)

    assert done.returncode == 0, done.stderr
    data = (tmp_path / "tried.json").read_bytes()
    card, fields = card_from_json(data, where="here"), json.loads(data)
    assert read(out, card.weights)  # size and hash are the file's
    assert (card.name, card.side, card.licence, card.notes) == ("tried", 224, "MIT", ("it has learnt nothing",))
    assert card.metrics["unseen_auc"] == card.metrics["unseen_grey_auc"] == 91.0
    assert max(fields["agreement_ab"].values()) < 0.05
    assert len(fields["agreement_ab"]) == 3
    assert fields["made"]["runs"] == [{"run": "a"}]
    assert len(fields["made"]["commit"].removesuffix("+changes")) == 40
    assert fields["intended_use"] == "none"


def test_a_checkpoint_without_a_direct_head_says_what_to_do(tmp_path: Path, checkpoint: Path) -> None:
    whole = checkpoints.load(checkpoint)
    weights = {name: weight for name, weight in whole.weights.items() if not name.startswith("direct.")}
    checkpoints.save(tmp_path / "b.pt", Checkpoint(whole.shape, weights, whole.prior))

    done = export(tmp_path / "b.pt", tmp_path / "b.onnx")

    assert done.returncode == 1
    assert "--head mixture" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.pt"]


def test_a_disagreement_is_seen(checkpoint: Path) -> None:
    start = checkpoints.load(checkpoint)
    shipped = Shipped(start.network().eval(), start, "direct", Decoding(), 1.0).eval()
    data = onnx_bytes(shipped)
    with torch.no_grad():
        shipped.head.ab.bias += 0.01

    assert min(compared(shipped, data).values()) > 0.5
