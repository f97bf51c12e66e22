"""The local Dagster instance: its two files, which Dagster itself must accept, and the storage they name."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.load_target import WorkspaceFileTarget
from sqlalchemy.engine import make_url

from etheatmap_cli.instance import LocalInstance, psycopg2_url

STORAGE_URL = "postgresql+psycopg2://postgres@/dagster?host=%2Ftmp%2Fpg&port=5432"


@pytest.fixture
def instance(tmp_path: Path) -> LocalInstance:
    made = LocalInstance(tmp_path / "dagster", STORAGE_URL, 4242)
    made.write()
    return made


@pytest.fixture
def written(instance: LocalInstance) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((instance.home / "dagster.yaml").read_text())
    return loaded


def test_storage_is_postgresql_and_its_address_is_not_in_the_file(
    instance: LocalInstance, written: dict[str, Any]
) -> None:
    assert written["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    text = (instance.home / "dagster.yaml").read_text().lower()
    assert "sqlite" not in text
    assert "postgresql+psycopg2" not in text, "the address may hold a password"


def test_everything_dagster_writes_goes_below_its_home(instance: LocalInstance, written: dict[str, Any]) -> None:
    for part in ("compute_logs", "local_artifact_storage"):
        assert Path(written[part]["config"]["base_dir"]).is_relative_to(instance.home)


def test_nothing_is_sent_to_others(written: dict[str, Any]) -> None:
    assert written["telemetry"] == {"enabled": False}
    assert written["nux"] == {"enabled": False}


def test_dagster_accepts_the_instance(instance: LocalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in instance.environment().items():
        monkeypatch.setenv(name, value)
    read = InstanceRef.from_dir(str(instance.home))
    for part in (read.run_storage_data, read.event_storage_data, read.schedule_storage_data):
        assert part is not None
        assert part.module_name == "dagster_postgres"
    assert read.run_coordinator_data is not None
    assert read.run_coordinator_data.class_name == "QueuedRunCoordinator"


def test_writing_again_replaces_what_was_there(instance: LocalInstance) -> None:
    file = instance.home / "dagster.yaml"
    first = file.read_text()
    file.write_text("storage: {sqlite: {base_dir: /somewhere}}\n")
    instance.write()
    assert file.read_text() == first


def test_the_workspace_is_the_one_code_server(instance: LocalInstance) -> None:
    assert not (instance.home / "workspace.yaml").exists(), "who only backfills starts no code server and names none"
    instance.write_workspace()
    (origin,) = WorkspaceFileTarget([str(instance.home / "workspace.yaml")]).create_origins()
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port, origin.location_name) == ("127.0.0.1", 4242, "etheatmap")


@pytest.mark.parametrize(
    "spelling",
    [
        "postgresql://ann@db:5433/heat",
        "postgresql+psycopg://ann@db:5433/heat",
        "postgresql+psycopg2://ann@db:5433/heat",
    ],
)
def test_the_address_names_dagsters_driver_however_it_was_spelled(spelling: str) -> None:
    assert psycopg2_url(spelling) == "postgresql+psycopg2://ann@db:5433/heat"


def test_a_unix_socket_stays_in_the_query() -> None:
    url = make_url(psycopg2_url("postgresql://postgres@/dagster?host=%2Fdata%20folder%2Fpg&port=5432"))
    assert (url.drivername, url.host, url.database) == ("postgresql+psycopg2", None, "dagster")
    assert dict(url.query) == {"host": "/data folder/pg", "port": "5432"}


def test_a_password_survives_with_all_its_characters() -> None:
    url = make_url(psycopg2_url("postgresql://ann:p%40ss%2Fw%3A%25rd@db/heat?sslmode=require"))
    assert url.password == "p@ss/w:%rd"
    assert dict(url.query) == {"sslmode": "require"}
