"""Claims about `colorise doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli import demo_needs
from cli.main import main
from functions.colorise.models.shelf import SHELF

if TYPE_CHECKING:
    from pathlib import Path


def findings(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["topic"], row["name"]): row for row in json.loads(capsys.readouterr().out)}


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORISE_MODELS", str(tmp_path))
    return tmp_path


def test_a_healthy_installation_has_nothing_bad(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--no-speed"]) == 0
    found = findings(capsys)
    assert found["models", "small"]["value"].startswith(f"verified, {SHELF['small'].weights.bytes / 1e6:.1f} MB")
    assert found["software", "onnxruntime"]["state"] == "ok"
    assert found["film", "h264"]["value"] == "can be written"
    assert found["pictures", "jpeg"]["value"] == "reads and writes"
    assert ("hardware", "cores") in found


def test_what_a_stand_lacks_and_where_its_data_is_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLORISE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(demo_needs, "MODULES", ("json", "no_such_module"))
    assert main(["doctor", "--json", "--no-speed"]) == 0
    found = findings(capsys)
    assert found["servers", "data folder"]["value"] == str(tmp_path / "data")
    stand = found["servers", "stand"]
    assert (stand["state"], stand["value"]) == ("note", "needs more packages: no_such_module")
    assert "colorisebot[demo]" in stand["advice"]


def test_a_damaged_model_is_bad_and_fails(models_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "small", "--json"]) == 0
    card = json.loads(capsys.readouterr().out) | {"name": "mine"}
    (models_folder / "mine").mkdir()
    (models_folder / "mine" / "card.json").write_text(json.dumps(card))
    (models_folder / "mine" / "small.onnx").write_bytes(b"another file")
    assert main(["doctor", "--json", "--no-speed"]) == 1
    assert findings(capsys)["models", "mine"]["state"] == "bad"


def test_speed_says_what_it_means_for_a_film(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "for 1 megapixel, warm" in shown
    assert "a 2-hour film takes about" in shown
