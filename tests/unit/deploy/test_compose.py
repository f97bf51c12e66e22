"""docker-compose.yml, Dockerfile and the files of the root agree with each other and with the program."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from etheatmap_core.settings import variable_names

PROJECT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
LAUNCHER = yaml.safe_load((PROJECT / "dagster.yaml").read_text())["run_launcher"]["config"]
(GRPC,) = [entry["grpc_server"] for entry in yaml.safe_load((PROJECT / "workspace.yaml").read_text())["load_from"]]
# Inside a container; the published ports say who reaches it.
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104
# Read by Dagster and by compose itself, or made for one image.
NOT_SETTINGS = {"DAGSTER_HOME", "DAGSTER_CURRENT_IMAGE", "DOCKER_GID"}


def executables(service: dict[str, Any]) -> set[str]:
    """Every program that a service starts, in its command and its health check."""
    lines = [service["command"]]
    check = service.get("healthcheck", {}).get("test")
    if check:
        lines.append(check[1:])
    found = set()
    for words in lines:
        is_script = words[:2] == ["sh", "-c"]
        found |= {part.split()[0] for part in words[2].split("&&")} if is_script else {words[0]}
    return found


def flag(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def megabytes(limit: str) -> int:
    return int(limit[:-1]) * {"m": 1, "g": 1024}[limit[-1]]


def test_compose_file_follows_the_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, str(PROJECT / "docker-compose.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_services_are_those_of_the_platform() -> None:
    assert set(SERVICES) == {"db", "redis", "migrate", "code", "webserver", "daemon", "api"}
    assert set(OURS) == {"migrate", "code", "webserver", "daemon", "api"}


@pytest.mark.parametrize("name", OURS)
def test_every_program_of_a_command_is_installed(name: str) -> None:
    programs = executables(OURS[name])
    assert programs
    assert {
        program for program in programs if not shutil.which(program, path=str(Path(sys.executable).parent))
    } == set()


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_a_service_is_one_the_program_reads(name: str) -> None:
    assert set(OURS[name]["environment"]) - {*variable_names(), *NOT_SETTINGS} == set()


def test_every_variable_the_file_asks_of_its_reader_is_known() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (PROJECT / "docker-compose.yml").read_text()))
    assert asked - {*variable_names(), *NOT_SETTINGS} == set()


def test_there_is_no_default_password() -> None:
    assert "${POSTGRES_PASSWORD:?" in SERVICES["code"]["environment"]["DATABASE_URL"]
    assert not re.search(r"\$\{POSTGRES_PASSWORD:?-", (PROJECT / "docker-compose.yml").read_text())


def test_ports_are_the_contract_s_and_the_ui_is_for_this_machine_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "webserver": ["127.0.0.1:${DAGSTER_PORT:-3000}:3000"],
        "api": ["${API_PORT:-8080}:8080"],
    }
    assert flag(SERVICES["webserver"]["command"], "-p") == "3000"
    assert SERVICES["api"]["environment"]["API_PORT"] == "8080"
    assert SERVICES["api"]["environment"]["API_HOST"] == ALL_ADDRESSES


def test_the_workspace_names_the_code_server_as_compose_starts_it() -> None:
    command = SERVICES[GRPC["host"]]["command"]
    assert command[:3] == ["dagster", "api", "grpc"]
    assert flag(command, "-m") == "etheatmap_assets.definitions"
    assert flag(command, "-h") == ALL_ADDRESSES
    assert int(flag(command, "-p")) == GRPC["port"] == 4000
    assert flag(command, "--location-name") == GRPC["location_name"] == "etheatmap"
    for name in ("webserver", "daemon"):
        assert flag(SERVICES[name]["command"], "-w") == "workspace.yaml"


def test_both_databases_are_made_before_they_are_used() -> None:
    environment = SERVICES["code"]["environment"]
    assert environment["DATABASE_URL"].endswith(f"@db:5432/{SERVICES['db']['environment']['POSTGRES_DB']}")
    (script,) = [volume.split(":")[0] for volume in SERVICES["db"]["volumes"] if "initdb.d" in volume]
    (made,) = re.findall(r"^CREATE DATABASE (\w+);", (PROJECT / script).read_text(), flags=re.MULTILINE)
    assert environment["DAGSTER_POSTGRES_URL"].startswith("postgresql+psycopg2://")
    assert environment["DAGSTER_POSTGRES_URL"].endswith(f"@db:5432/{made}")
    for name in ("code", "api"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_a_run_container_sees_what_the_code_server_sees() -> None:
    handed_over = set(LAUNCHER["env_vars"])
    assert handed_over == set(SERVICES["daemon"]["environment"])
    assert handed_over == set(SERVICES["code"]["environment"]) - {"DAGSTER_CURRENT_IMAGE"}
    assert LAUNCHER["network"] == COMPOSE["networks"]["default"]["name"]
    name_on_the_machine = COMPOSE["volumes"]["data"]["name"]
    assert LAUNCHER["container_kwargs"]["volumes"] == [f"{name_on_the_machine}:/data"]
    for name in ("code", "daemon", "webserver"):
        assert "data:/data" in SERVICES[name]["volumes"]
        assert SERVICES[name]["environment"]["ETHEATMAP_HOME"] == "/data"


def test_every_setting_the_assets_read_reaches_the_run_containers() -> None:
    sources = "".join(path.read_text() for path in (PROJECT / "etheatmap_assets").rglob("*.py"))
    read = {name.upper() for name in re.findall(r"\bsettings\.(\w+)", sources)} & set(variable_names())
    assert {"ETHEATMAP_HOME", "HTTP_USER_AGENT"} <= read
    assert read - set(LAUNCHER["env_vars"]) == set()


def test_runs_use_the_image_of_this_version() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"etheatmap:{version}"}
    assert SERVICES["code"]["environment"]["DAGSTER_CURRENT_IMAGE"] == f"etheatmap:{version}"


def test_the_daemon_cannot_be_scaled() -> None:
    daemons = [name for name, service in SERVICES.items() if service.get("command", [""])[0] == "dagster-daemon"]
    assert daemons == ["daemon"]
    assert SERVICES["daemon"]["container_name"]


def test_only_who_starts_and_cancels_runs_holds_the_docker_socket() -> None:
    holders = {name for name, service in SERVICES.items() if "docker.sock" in str(service.get("volumes"))}
    assert holders == {"webserver", "daemon"}


def test_all_of_it_fits_eight_gigabytes() -> None:
    always = sum(megabytes(service["mem_limit"]) for name, service in SERVICES.items() if name != "migrate")
    queue = yaml.safe_load((PROJECT / "dagster.yaml").read_text())["concurrency"]["runs"]
    runs = queue["max_concurrent_runs"] * megabytes(LAUNCHER["container_kwargs"]["mem_limit"])
    assert always + runs <= 6 * 1024, "two gigabytes are the system's and the page cache's"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_comes_back_after_a_restart_but_the_one_that_ends(name: str) -> None:
    assert SERVICES[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")
