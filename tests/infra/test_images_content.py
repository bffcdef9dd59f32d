"""Claims about the content of assembled images: what is there is enough, and cannot be changed from inside."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.images.confined import can_confine
from infra.images.programs import IMAGES, ROOT, Image
from infra.images.reach import reach_of
from infra.images.tree import Tree
from tests.infra.assembled_images import PATIENCE_SECONDS, Program, asked, image, needs_images
from tests.logged_program import free_ports

pytestmark = needs_images

every_image = pytest.mark.parametrize("one", IMAGES.values(), ids=list(IMAGES))
confined = pytest.mark.skipif(not can_confine(), reason="the kernel gives no root of one's own")

SYSTEM = re.compile(r"^(ld-linux.*|lib(c|dl|gcc_s|m|mvec|pthread|rt|stdc\+\+|util|z))\.so")
"""Libraries that every Debian has; Python's own image needs the last one."""

WRITES = """
import json, os, pathlib
places = ["/", "/app", "/app/functions", "/opt/venv", "/opt/venv/lib", "/usr/lib", "/etc", "/dev", "/tmp"]
def takes(place):
    try:
        pathlib.Path(place, "a-file").write_text("a")
    except OSError:
        return False
    return True
print(json.dumps({
    "user": os.getuid(),
    "group": os.getgid(),
    "takes": [place for place in places if takes(place)],
    "open": [place for place in places if not os.statvfs(place).f_flag & os.ST_RDONLY],
}))
"""


@every_image
def test_every_module_that_a_program_can_reach_can_be_imported_with_what_is_in_its_image(one: Image) -> None:
    tree = image(one.name)
    names = sorted(reach_of(one.module, ROOT).modules)
    code = f"import importlib\nfor name in {names}:\n    importlib.import_module(name)"
    told = asked(tree, code)
    assert told.returncode == 0, told.stderr
    assert len(names) > 40


@every_image
def test_everything_of_others_that_a_program_can_reach_is_installed(one: Image) -> None:
    tree = image(one.name)
    others = sorted(reach_of(one.module, tree.inside("/app")).others)
    code = f"import importlib.util as u; print(*[name for name in {others} if u.find_spec(name) is None])"
    told = asked(tree, code)
    assert (told.returncode, told.stdout.split()) == (0, []), told.stderr


@every_image
def test_an_image_has_no_installer_and_no_compiler_and_all_of_its_code_is_compiled(one: Image) -> None:
    tree = image(one.name)
    installed = {
        path.name.partition("-")[0].lower() for path in tree.root.glob("opt/venv/lib/python3*/site-packages/*")
    }
    assert not installed & {"pip", "setuptools", "wheel", "uv"}
    sources = list(tree.root.glob("app/**/*.py"))
    assert sources
    missing = [path for path in sources if not Path(importlib.util.cache_from_source(str(path))).is_file()]
    assert missing == []


@confined
@every_image
def test_a_program_is_nobody_and_can_write_below_tmp_alone(one: Image) -> None:
    told = json.loads(asked(image(one.name), WRITES).stdout)
    assert told["takes"] == told["open"] == ["/tmp"]  # noqa: S108 - the image's own
    assert (told["user"], told["group"]) in {(10001, 10001), (0, 0)}  # the latter where we are not root ourselves


@every_image
def test_packages_need_no_library_of_the_system_that_a_bare_debian_lacks(one: Image) -> None:
    program = shutil.which("readelf")
    if program is None:
        pytest.skip("there is no readelf")
    libraries = [path for path in image(one.name).root.glob("opt/venv/**/*.so*") if path.is_file()]
    told = subprocess.run([program, "-d", *map(str, libraries)], capture_output=True, text=True, check=True)
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", told.stdout))
    assert libraries
    brought = {path.name for path in libraries}
    assert {name for name in needed - brought if not SYSTEM.match(name)} == set()


def test_a_worker_whose_model_was_changed_ends_before_it_says_that_it_is_ready(tmp_path: Path) -> None:
    whole = image("colorise")
    changed = Tree(tmp_path, whole.config)
    shutil.copytree(whole.root / "app", changed.root / "app")
    (changed.root / "opt").mkdir()
    shutil.copytree(whole.root / "opt/venv", changed.root / "opt/venv", symlinks=True)
    model = changed.inside("/app/functions/colorise/models/small.onnx")
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (port, other) = free_ports(2)
    settings = {"COLORISE_NATS_URL": f"nats://127.0.0.1:{other}", "COLORISE_STORE": "file:///tmp/store"}
    settings |= {"COLORISE_HEALTH_PORT": str(port), "COLORISE_HEALTH_HOST": "127.0.0.1"}
    with Program(changed, None, settings, port=port, secrets=secrets) as program:
        assert program.process.wait(PATIENCE_SECONDS) == 1
    assert "sha256" in program.told[-1].lower()


def test_a_program_runs_from_its_folder_where_it_gets_no_root_of_its_own() -> None:
    told = asked(image("bot"), "import bot.run, sys; print(bot.run.__file__, sys.prefix)", confine=False)
    assert told.returncode == 0, told.stderr
    where, prefix = told.stdout.split()
    assert where == str(image("bot").inside("/app/bot/run.py"))
    assert prefix == str(image("bot").inside("/opt/venv"))
