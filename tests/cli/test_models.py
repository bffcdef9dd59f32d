from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import pytest

from cli.exit_codes import ExitCode
from cli.library import models_folder, open_model
from cli.main import main
from functions.colorise.models.card_file import card_to_json
from functions.colorise.models.library import Library
from functions.colorise.models.shelf import SHELF
from tests.file_server import Authority, FileServer, Offer, serving
from tests.tiny_models import caffe_card, caffe_files, onnx_net

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = caffe_files()
NO_NETWORK = "http://127.0.0.1:9"
"""Discard's port: nobody listens there."""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("COLORISE_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("COLORISE_MIRROR", raising=False)
    return Library(tmp_path / "models")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path / "authority.pem")))
    with serving(authority.server_side()) as server:
        server.offers.update({f"/{name}": Offer(data, etag='"1"') for name, data in FILES.items()})
        yield server


def card_file(tmp_path: Path, *mirrors: str) -> str:
    path = tmp_path / "tiny-card.json"
    path.write_bytes(card_to_json(caffe_card("tiny", FILES, *mirrors)))
    return str(path)


def onnx_file(tmp_path: Path, net: bytes | None = None) -> str:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_net() if net is None else net)
    return str(path)


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from cli.main import run; run()", "models", *words]


def test_lists_tab_separated_when_piped(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (library.folder / "broken").mkdir(parents=True)
    (library.folder / "broken" / "card.json").write_text("{")
    assert main(["models", "list"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[:3] for row in rows] == [
        ["small", "built in", str(SHELF["small"].weights.bytes)],
        ["broken", "damaged", "0"],
        ["zhang16", "to fetch", "128961797"],
    ]
    assert {len(row) for row in rows} == {5}
    assert err == ""


@pytest.mark.usefixtures("library")
def test_lists_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["small", "zhang16"]
    assert rows[0]["bytes"] == SHELF["small"].weights.bytes


@pytest.mark.usefixtures("library")
def test_lists_a_table_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command("list"), stdout=theirs, env={**os.environ, "COLUMNS": "120"}) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert b"Licence" in shown
    assert f"{SHELF['small'].weights.bytes / 1e6:.1f} MB".encode() in shown
    assert b"\t" not in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way of saying that nobody writes there any more
        return b""


@pytest.mark.usefixtures("library")
def test_shows_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "zhang16"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    for file in SHELF["zhang16"].built_from:
        assert file.name in shown
        assert file.sha256 in shown
    assert main(["models", "show", "small", "--json"]) == ExitCode.DONE
    fields = json.loads(capsys.readouterr().out)
    assert fields["weights"]["sha256"] == SHELF["small"].weights.sha256
    assert fields["metrics"] == SHELF["small"].metrics


@pytest.mark.usefixtures("library")
def test_shows_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", onnx_file(tmp_path, onnx_net(halved=16)), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["multiple"] == 16


@pytest.mark.parametrize("word", ["show", "fetch", "verify"])
def test_an_unknown_name_is_one_line(library: Library, capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert main(["models", word, "vivid"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    said = out if word == "verify" else err
    assert "no model 'vivid' here; there is small" in said
    assert len(said.splitlines()) == 1
    assert not library.folder.exists()


def test_fetches_a_model_over_https(
    library: Library, server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = card_file(tmp_path, server.address)
    assert main(["models", "fetch", card]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert out == f"tiny: ready in {library.folder / 'tiny'}\n"
    assert err == ""  # no bar where nobody sees it
    assert open_model("tiny")[0].stride == 4
    assert {path.name for path in (library.folder / "tiny").iterdir()} == {"card.json", "tiny.onnx"}
    asked = len(server.asked)
    assert main(["models", "fetch", card]) == ExitCode.DONE
    assert "already" in capsys.readouterr().out
    assert len(server.asked) == asked


def test_fetches_again_what_was_tampered_with(
    library: Library, server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = card_file(tmp_path, server.address)
    assert main(["models", "fetch", card, "--keep"]) == ExitCode.DONE
    path = library.folder / "tiny" / "tiny.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    capsys.readouterr()
    assert main(["models", "verify"]) == ExitCode.FAILED
    small, tiny = capsys.readouterr().out.splitlines()
    assert small == "small\tok"
    assert tiny.startswith("tiny\tbad\t")
    assert main(["models", "verify", "small"]) == ExitCode.DONE
    assert main(["models", "fetch", card]) == ExitCode.DONE  # from the sources that were kept
    assert main(["models", "verify", "tiny"]) == ExitCode.DONE


def test_a_mirror_serves_what_upstream_has_lost(
    library: Library, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = card_file(tmp_path, f"{NO_NETWORK}/gone")
    assert main(["models", "fetch", card, "--mirror", server.address]) == ExitCode.DONE
    library.remove("tiny")
    monkeypatch.setenv("COLORISE_MIRROR", server.address)
    assert main(["models", "fetch", card]) == ExitCode.DONE


def test_tampered_downloads_are_refused_in_one_line(
    library: Library, server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.offers["/points.npy"].body = FILES["points.npy"][:-1] + b"!"
    assert main(["models", "fetch", card_file(tmp_path, server.address)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "points.npy is not the file it should be: expected" in err
    assert library.names() == ("small",)


def test_without_a_network_it_says_which_files_to_bring(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NO_NETWORK)
    assert main(["models", "fetch", "zhang16", "--tries", "1"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("colorise: model zhang16 cannot be fetched now: raw.githubusercontent.com: no connection")
    assert str(library.folder / "zhang16") in err
    for file in SHELF["zhang16"].built_from:
        assert f"{file.name}: {file.bytes} bytes, sha256 {file.sha256}" in err
        assert file.mirrors[0] in err


def test_files_that_were_brought_are_used_without_a_network(library: Library, tmp_path: Path) -> None:
    card = card_file(tmp_path, NO_NETWORK)
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    assert main(["models", "fetch", card, "--from", str(tmp_path)]) == ExitCode.DONE
    assert library.names() == ("small", "tiny")


def test_a_killed_fetch_leaves_a_part_to_continue_and_no_model(
    library: Library, server: FileServer, tmp_path: Path
) -> None:
    card = card_file(tmp_path, server.address)
    server.offers["/tiny.caffemodel"].stalls = deque([100])
    part = library.folder / "tiny" / "tiny.caffemodel.part"
    with subprocess.Popen(command("fetch", card), stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None and not (part.exists() and part.stat().st_size):
                time.sleep(0.02)
        finally:
            process.send_signal(signal.SIGKILL)
    assert part.read_bytes() == FILES["tiny.caffemodel"][:100]
    assert library.names() == ("small",)
    assert main(["models", "fetch", card]) == ExitCode.DONE
    assert "bytes=100-" in server.ranges_asked()
    assert library.names() == ("small", "tiny")


def test_shows_progress_on_a_terminal_and_none_when_quiet(server: FileServer, library: Library, tmp_path: Path) -> None:
    for words, seen in ((["--quiet"], False), ([], True)):
        ours, theirs = pty.openpty()
        line = command("fetch", card_file(tmp_path, server.address))
        line[3:3] = words
        terminal = {**os.environ, "TERM": "xterm"}
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=theirs, env=terminal) as process:
            os.close(theirs)
            shown = b""
            while chunk := _read(ours):
                shown += chunk
            out = process.stdout.read() if process.stdout else b""
        os.close(ours)
        assert process.returncode == 0
        assert (b"tiny.caffemodel" in shown) == seen
        assert out.startswith(b"tiny: ready in ")
        library.remove("tiny")


@pytest.mark.parametrize("name", ["small", "zhang16"])
def test_no_card_passes_for_one_of_ours(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(card_to_json(caffe_card(name, FILES, NO_NETWORK)))
    assert main(["models", "fetch", str(path)]) == ExitCode.FAILED
    assert "one of the program's own models" in capsys.readouterr().err
    assert not library.folder.exists()


@pytest.mark.usefixtures("library")
def test_the_built_in_model_needs_no_fetching(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "small"]) == ExitCode.DONE
    assert "already" in capsys.readouterr().out


def test_imports_an_onnx_file_and_opens_it_by_name_or_path(library: Library, tmp_path: Path) -> None:
    path = onnx_file(tmp_path)
    assert main(["models", "import", path, "--name", "mine", "--offset", "50", "--licence", "CC0-1.0"]) == ExitCode.DONE
    card, weights = open_model("mine")
    assert (card.lightness_offset, card.licence) == (50.0, "CC0-1.0")
    assert open_model(path)[1] == weights == onnx_net()
    assert library.names() == ("small", "mine")


def test_imports_a_caffe_network(library: Library, tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    pair = ["--prototxt", str(tmp_path / "tiny.prototxt"), "--caffemodel", str(tmp_path / "tiny.caffemodel")]
    points = ["--points", str(tmp_path / "points.npy")]
    assert main(["models", "import", *pair, *points, "--name", "mine", "--side", "64"]) == ExitCode.DONE
    bins = ["--output", "bins", "--blob", "conv", "--temperature", "1"]
    assert main(["models", "import", *pair, *points, *bins, "--name", "scores"]) == ExitCode.DONE
    assert library.find("mine").output == "ab"
    assert len(library.find("scores").bins) == 3


def test_a_file_that_is_no_network_is_one_line(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "import", onnx_file(tmp_path, b"GIF89a"), "--name", "mine"]) == ExitCode.FAILED
    err = capsys.readouterr().err
    assert err.startswith("colorise: model mine: ONNX Runtime cannot load mine.onnx")
    assert len(err.splitlines()) == 1
    assert not library.folder.exists()


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    "words",
    [
        ["--name", "mine"],
        ["FILE", "--name", "mine", "--prototxt", "FILE", "--caffemodel", "FILE"],
        ["--name", "mine", "--prototxt", "FILE"],
        ["FILE", "--name", "mine", "--output", "bins"],
        ["FILE", "--name", "mine", "--points", "FILE"],
        ["FILE"],
        ["missing.onnx", "--name", "mine"],
    ],
)
def test_wrong_arguments_are_one_line_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    path = onnx_file(tmp_path)
    assert main(["models", "import", *(path if word == "FILE" else word for word in words)]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_removes_a_model_after_a_yes(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # pytest -s would leave a person there
    assert main(["models", "import", onnx_file(tmp_path), "--name", "mine"]) == ExitCode.DONE
    assert main(["models", "remove", "mine"]) == ExitCode.USAGE  # nobody to ask
    assert "add -y" in capsys.readouterr().err
    assert library.names() == ("small", "mine")
    assert main(["models", "remove", "mine", "-y"]) == ExitCode.DONE
    assert library.names() == ("small",)
    assert main(["models", "remove", "small", "-y"]) == ExitCode.FAILED
    assert "built-in" in capsys.readouterr().err


def test_models_live_in_the_persons_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORISE_MODELS", raising=False)
    assert models_folder().parts[-2:] == ("colorise", "models")
    monkeypatch.setenv("COLORISE_MODELS", str(tmp_path))
    assert models_folder() == tmp_path
