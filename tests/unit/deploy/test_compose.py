"""docker-compose.yml: its form, and that it names only what exists elsewhere in the project."""

import subprocess
import sys
from pathlib import Path

import pytest
from deployment import (
    COMPOSE,
    INSTANCE,
    LAUNCHER,
    OURS,
    PROJECT,
    SERVICES,
    environment_of,
    interpolated_names,
    published_ports,
    size_bytes,
)

from etheatmap_core.settings import load_settings, variable_names

SCRIPTS = Path(sys.executable).parent
# Read by Dagster and by the Docker client, not by us.
NOT_OURS = {"DAGSTER_CURRENT_IMAGE", "DOCKER_HOST"}
SERVER_MEMORY_BYTES = 8 << 30
LEFT_FOR_THE_SYSTEM_BYTES = 512 << 20


def test_it_follows_the_compose_specification() -> None:
    check = [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*check, str(PROJECT / "docker-compose.yml")], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_platform_is_these_services() -> None:
    assert set(SERVICES) == {"db", "redis", "docker", *OURS}
    assert set(OURS) == {"migrate", "code", "webserver", "daemon", "api"}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    assert set(SERVICES[service]["environment"]) - NOT_OURS <= set(variable_names())


def test_what_the_operator_writes_in_env_for_compose_is_a_setting_too() -> None:
    """Otherwise the same .env would be refused by `make up`."""
    assert interpolated_names() <= set(variable_names())


def test_the_fixed_values_are_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of("api").items():
        monkeypatch.setenv(name, "secret" if name == "POSTGRES_PASSWORD" else value or "")
    monkeypatch.setenv("APIFY_TOKEN", "")
    settings = load_settings(None)
    assert settings.database == "postgresql://etheatmap:secret@db:5432/etheatmap"
    assert settings.api_host == "0.0.0.0"  # noqa: S104  inside its container
    assert settings.dagster_postgres_url is not None
    assert settings.dagster_postgres_url.get_secret_value().startswith("postgresql+psycopg2://dagster:")


@pytest.mark.parametrize(
    ("service", "ports"),
    [
        ("api", [("${API_PORT:-8080}", "8080")]),
        ("webserver", [("127.0.0.1:${DAGSTER_PORT:-3000}", "3000")]),
        ("db", [("127.0.0.1:${POSTGRES_PORT:-5432}", "5432")]),
    ],
)
def test_the_contracts_ports_and_only_the_api_for_everyone(service: str, ports: list[tuple[str, str]]) -> None:
    assert published_ports(service) == ports


def test_nothing_else_is_published() -> None:
    assert {name for name in SERVICES if published_ports(name)} == {"api", "webserver", "db"}


@pytest.mark.parametrize("service", OURS)
def test_each_command_is_installed(service: str) -> None:
    first, *rest = SERVICES[service]["command"]
    commands = [part.split()[0] for part in rest[-1].split("&&")] if first == "sh" else [first]
    for command in commands:
        assert (SCRIPTS / command).is_file(), f"{service} runs {command}, which requirements.lock does not install"


def test_the_code_servers_module_and_address_are_what_the_workspace_says() -> None:
    words = SERVICES["code"]["command"]
    assert words[words.index("-m") + 1] == "etheatmap_assets.definitions"
    assert words[words.index("-p") + 1] == "4000"
    assert words[words.index("--location-name") + 1] == "etheatmap"


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "migrate"])
def test_a_service_is_watched_and_comes_back(service: str) -> None:
    assert SERVICES[service]["restart"] == "unless-stopped"
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"


def test_the_migration_runs_once_before_everything_of_ours() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for service in ("code", "api"):
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    for service in ("webserver", "daemon"):
        assert SERVICES[service]["depends_on"]["code"] == {"condition": "service_healthy"}


def test_services_and_runs_fit_the_server() -> None:
    services = [size_bytes(service["mem_limit"]) for name, service in SERVICES.items() if name != "migrate"]
    at_once = INSTANCE["concurrency"]["runs"]["max_concurrent_runs"]
    runs = at_once * size_bytes(LAUNCHER["container_kwargs"]["mem_limit"])
    assert sum(services) + runs <= SERVER_MEMORY_BYTES - LEFT_FOR_THE_SYSTEM_BYTES


def test_only_the_proxy_holds_the_docker_socket() -> None:
    mounts = {name: " ".join(service.get("volumes", ())) for name, service in SERVICES.items()}
    assert [name for name, volumes in mounts.items() if "docker.sock" in volumes] == ["docker"]
    assert [name for name in OURS if "docker" in SERVICES[name].get("networks", ())] == ["webserver", "daemon"]
    assert COMPOSE["networks"]["docker"]["internal"] is True


@pytest.mark.parametrize("service", [name for name in SERVICES if name not in OURS])
def test_images_of_others_are_pinned(service: str) -> None:
    _, _, tag = SERVICES[service]["image"].partition(":")
    assert tag
    assert tag != "latest"
