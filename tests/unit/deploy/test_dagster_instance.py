"""dagster.yaml and workspace.yaml: Dagster accepts them, and they fit docker-compose.yml and the local instance."""

from pathlib import Path

import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_docker import DockerRunLauncher
from deployment import COMPOSE, INSTANCE, LAUNCHER, OURS, PROJECT, SERVICES, environment_of
from docker.models.containers import _create_container_args  # type: ignore[import-untyped]

from etheatmap_cli.instance import LocalInstance
from etheatmap_core.settings import variable_names

# Settings that no run reads: addresses we listen on, what only the API or the demo needs.
NOT_FOR_RUNS = {
    *("API_PORT", "API_HOST", "API_LOG_LEVEL", "API_REDIS_CACHE", "API_REQUIRE_KEY", "API_KEY", "API_CORS_ORIGINS"),
    *("DAGSTER_PORT", "METABASE_PORT", "CLOUDFLARE_TUNNEL_TOKEN", "ETHEATMAP_SIM_START"),
    *("SLACK_SIGNING_SECRET", "SLACK_SIG_TOLERANCE_SECONDS"),
    "DATABASE_URL",  # Compose gives the database in parts
    "APIFY_API_TOKEN",  # Compose turns it into APIFY_TOKEN
}
# What production and one machine cannot share: how runs start, and where files lie.
OF_THE_PLACE = {"run_launcher", "compute_logs", "local_artifact_storage"}


@pytest.fixture
def instance_ref(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> InstanceRef:
    """Production's instance as Dagster reads it; an invalid file raises here."""
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://dagster:secret@db:5432/dagster")
    (tmp_path / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text())
    return InstanceRef.from_dir(str(tmp_path))


@pytest.fixture
def launcher(instance_ref: InstanceRef) -> DockerRunLauncher:
    assert instance_ref.run_launcher_data is not None
    return instance_ref.run_launcher_data.rehydrate(as_type=DockerRunLauncher)


def test_dagster_accepts_the_file(instance_ref: InstanceRef) -> None:
    assert instance_ref.settings["telemetry"] == {"enabled": False}
    assert instance_ref.run_coordinator_data is not None
    assert instance_ref.run_coordinator_data.class_name == "QueuedRunCoordinator"


def test_limits_are_not_said_a_second_time_in_the_coordinator() -> None:
    """Dagster refuses both, but only when the daemon starts."""
    assert set(INSTANCE["run_coordinator"]["config"]) == {"dequeue_interval_seconds"}


def test_storage_is_postgresql_by_psycopg2() -> None:
    assert INSTANCE["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    for service in OURS:
        assert str(environment_of(service)["DAGSTER_POSTGRES_URL"]).startswith("postgresql+psycopg2://dagster:")


def test_production_differs_from_the_local_instance_only_in_its_place(tmp_path: Path) -> None:
    LocalInstance(tmp_path, "postgresql+psycopg2://localhost/dagster", 4000).write()
    local = yaml.safe_load((tmp_path / "dagster.yaml").read_text())
    shared = {name: value for name, value in INSTANCE.items() if name not in OF_THE_PLACE}
    assert shared == {name: value for name, value in local.items() if name not in OF_THE_PLACE}


def test_a_failed_asset_is_not_tried_again_by_the_instance() -> None:
    assert INSTANCE["run_retries"]["retry_on_asset_or_op_failure"] is False


def test_the_code_location_is_service_code() -> None:
    (origin,) = WorkspaceFileTarget([str(PROJECT / "workspace.yaml")]).create_origins()
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port, origin.location_name) == ("code", 4000, "etheatmap")
    assert "code" in SERVICES


def test_a_run_is_given_every_setting_it_could_read(launcher: DockerRunLauncher) -> None:
    """A new setting must be added to env_vars, or named above as one that no run reads."""
    assert set(launcher.env_vars) == set(variable_names()) - NOT_FOR_RUNS


@pytest.mark.parametrize("service", ["daemon", "webserver"])
def test_the_launching_processes_have_every_variable_they_pass_on(service: str, launcher: DockerRunLauncher) -> None:
    """An unset one fails every launch; set to nothing is fine."""
    assert {name for name in launcher.env_vars if environment_of(service).get(name) is None} == set()


def test_dockers_client_accepts_the_containers_options() -> None:
    options = {name: value for name, value in LAUNCHER["container_kwargs"].items() if name != "stop_timeout"}
    made = _create_container_args({"image": "etheatmap:local", "command": ["true"], "version": "1.47", **options})
    assert made["host_config"]["Memory"] == 1 << 30
    assert made["host_config"]["AutoRemove"] is True


def test_runs_use_the_network_and_the_volume_that_compose_makes(launcher: DockerRunLauncher) -> None:
    assert launcher.networks == [COMPOSE["networks"]["default"]["name"]]
    (mounted,) = LAUNCHER["container_kwargs"]["volumes"]
    home = SERVICES["code"]["environment"]["ETHEATMAP_HOME"]
    assert mounted == f"{COMPOSE['volumes']['home']['name']}:{home}"
    assert all(SERVICES[service]["volumes"] == [f"home:{home}"] for service in OURS)


def test_runs_use_the_code_servers_image() -> None:
    assert SERVICES["code"]["environment"]["DAGSTER_CURRENT_IMAGE"] == SERVICES["code"]["image"]


def test_what_a_run_prints_is_kept_where_the_webserver_reads_it() -> None:
    home = SERVICES["webserver"]["environment"]["ETHEATMAP_HOME"]
    for part in ("compute_logs", "local_artifact_storage"):
        assert INSTANCE[part]["config"]["base_dir"].startswith(f"{home}/dagster")
