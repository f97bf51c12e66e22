"""The local Dagster instance: its folder, its two configuration files, and the environment its processes share.

The files at the project's root (dagster.yaml, workspace.yaml) are production's; the ones written here run every
process on this machine and keep Dagster's storage beside ours in PostgreSQL, never in SQLite.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy.engine import make_url

LOCATION = "etheatmap"
DEFINITIONS_MODULE = "etheatmap_assets.definitions"
# Two runs at a time fill two of four cores beside the database and the servers.
MAX_CONCURRENT_RUNS = 2


@dataclass(frozen=True)
class LocalInstance:
    """Where Dagster keeps its configuration, and the storage it talks to (a psycopg2 URL)."""

    home: Path
    storage_url: str
    code_server_port: int

    def write(self) -> None:
        """Writes dagster.yaml; what it held before is replaced."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "dagster.yaml").write_text(yaml.safe_dump(_dagster_yaml(self.home), sort_keys=False))

    def write_workspace(self) -> None:
        """Writes workspace.yaml: for whoever starts the code server, and nobody beside it."""
        (self.home / "workspace.yaml").write_text(
            yaml.safe_dump(_workspace_yaml(self.code_server_port), sort_keys=False)
        )

    def environment(self) -> Mapping[str, str]:
        return {"DAGSTER_HOME": str(self.home), "DAGSTER_POSTGRES_URL": self.storage_url}


def psycopg2_url(url: str) -> str:
    """The same address for Dagster's driver: a bare ``postgresql://`` is psycopg 3 to SQLAlchemy 2.1."""
    return make_url(url).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


def without_waiting_for_disk(url: str) -> str:
    """The same database, whose commits do not wait for the disk: Dagster writes an event a transaction.

    A power cut may cost its log the last second; a killed process costs nothing. Never used for our own data.
    """
    return (
        make_url(url).update_query_dict({"options": "-c synchronous_commit=off"}).render_as_string(hide_password=False)
    )


def _dagster_yaml(home: Path) -> dict[str, object]:
    ticks = {"purge_after_days": {"skipped": 1, "success": 7, "failure": 30}}
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "storage": {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}},
        "run_coordinator": {
            "module": "dagster.core.run_coordinator",
            "class": "QueuedRunCoordinator",
            "config": {"dequeue_interval_seconds": 1},
        },
        "concurrency": {
            "runs": {
                "max_concurrent_runs": MAX_CONCURRENT_RUNS,
                "tag_concurrency_limits": [{"key": "dagster/backfill", "limit": 1}],
            }
        },
        "compute_logs": {
            "module": "dagster.core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(home / "compute_logs")},
        },
        "local_artifact_storage": {
            "module": "dagster.core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(home)},
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 180,
            "max_runtime_seconds": 3 * 3600,
            "poll_interval_seconds": 60,
            "free_slots_after_run_end_seconds": 300,
        },
        "run_retries": {"enabled": True, "max_retries": 1, "retry_on_asset_or_op_failure": False},
        "retention": {"schedule": {"purge_after_days": 30}, "sensor": ticks, "auto_materialize": ticks},
    }


def _workspace_yaml(code_server_port: int) -> dict[str, object]:
    server = {"host": "127.0.0.1", "port": code_server_port, "location_name": LOCATION}
    return {"load_from": [{"grpc_server": server}]}
