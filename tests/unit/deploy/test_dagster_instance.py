"""dagster.yaml is accepted by the Dagster that is installed, and says what a deployment relies on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.config import ConcurrencyConfig, dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster_docker import DockerRunLauncher
from dagster_postgres import DagsterPostgresStorage
from sqlalchemy.engine import make_url

from etheatmap_cli.instance import LocalInstance

PROJECT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
URL = COMPOSE["services"]["code"]["environment"]["DAGSTER_POSTGRES_URL"].replace("${POSTGRES_PASSWORD}", "abc123")


@pytest.fixture
def instance_ref(monkeypatch: pytest.MonkeyPatch) -> InstanceRef:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", URL)
    return InstanceRef.from_dir(str(PROJECT))


def accepted(data: Any, of_class: Any) -> Mapping[str, Any]:
    """The part's configuration as its class takes it, without making one: that would connect or write."""
    assert data.class_name == of_class.__name__
    result = process_config(resolve_to_config_type(of_class.config_type()), data.config_dict)
    assert result.success, result.errors
    assert result.value is not None
    return result.value


def test_every_key_is_one_dagster_knows() -> None:
    config, custom_class = dagster_instance_config(str(PROJECT))
    assert custom_class is None
    assert config["telemetry"] == {"enabled": False}
    assert config["run_retries"] == {"enabled": True, "max_retries": 1, "retry_on_asset_or_op_failure": False}
    assert config["run_monitoring"]["enabled"] is True
    assert set(config["retention"]) == {"schedule", "sensor", "auto_materialize"}


def test_storage_is_postgresql_through_psycopg2(instance_ref: InstanceRef) -> None:
    storage = accepted(instance_ref.storage_data, DagsterPostgresStorage)
    assert storage["postgres_url"] == URL
    assert make_url(storage["postgres_url"]).get_dialect().driver == "psycopg2"


def test_the_storage_s_address_is_not_in_the_file() -> None:
    stored = yaml.safe_load((PROJECT / "dagster.yaml").read_text())["storage"]
    assert stored == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}


def test_the_queue_takes_runs_each_second_two_at_a_time_and_one_of_a_backfill(instance_ref: InstanceRef) -> None:
    coordinator = instance_ref.run_coordinator
    assert isinstance(coordinator, QueuedRunCoordinator)
    assert coordinator.dequeue_interval_seconds == 1
    # Limits in both places are an error of Dagster's at start.
    assert coordinator.inst_data is not None
    assert set(coordinator.inst_data.config_dict) == {"dequeue_interval_seconds"}
    limits = instance_ref.settings["concurrency"]
    assert isinstance(limits, Mapping)
    concurrency = ConcurrencyConfig.from_concurrency_settings(limits, coordinator.get_run_queue_config())
    assert concurrency.run_queue_config is not None
    assert concurrency.run_queue_config.max_concurrent_runs == 2
    assert concurrency.run_queue_config.tag_concurrency_limits == [{"key": "dagster/backfill", "limit": 1}]


def test_runs_start_in_containers_that_leave_nothing_behind(instance_ref: InstanceRef) -> None:
    launcher = instance_ref.run_launcher
    assert isinstance(launcher, DockerRunLauncher)
    assert launcher.networks == ["etheatmap"]
    assert launcher.container_kwargs["auto_remove"] is True
    assert launcher.image is None, "the code server names the image, so that runs and plans are the same code"


def test_logs_and_artifacts_are_on_the_shared_volume(instance_ref: InstanceRef) -> None:
    logs = accepted(instance_ref.compute_logs_data, LocalComputeLogManager)
    artifacts = instance_ref.local_artifact_storage_data.config_dict
    assert Path(logs["base_dir"]).is_relative_to("/data")
    assert Path(artifacts["base_dir"]).is_relative_to("/data")


def test_a_deployment_limits_and_keeps_as_the_local_instance_does(tmp_path: Path) -> None:
    LocalInstance(tmp_path, "postgresql+psycopg2://", 4000).write()
    local = yaml.safe_load((tmp_path / "dagster.yaml").read_text())
    deployed = yaml.safe_load((PROJECT / "dagster.yaml").read_text())
    for key in ("telemetry", "nux", "storage", "run_coordinator", "concurrency", "run_retries", "retention"):
        assert deployed[key] == local[key], key


def test_the_workspace_is_one_code_server_at_the_service_code() -> None:
    (origin,) = location_origins_from_yaml_paths([str(PROJECT / "workspace.yaml")])
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port, origin.location_name) == ("code", 4000, "etheatmap")
