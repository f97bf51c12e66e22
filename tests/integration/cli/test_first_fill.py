"""While `up` fills the first days it has no daemon yet, and says so where the API looks for one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from etheatmap_cli.instance import LocalInstance
from etheatmap_cli.platform import Platform, without_daemon_yet
from etheatmap_cli.preflight import free_port
from etheatmap_cli.supervisor import Service, Supervisor
from etheatmap_core.sensors_alive import heard
from etheatmap_core.settings import load_settings

PAUSE = Service("pause", [sys.executable, "-c", "import time; time.sleep(0.6)"], {})


class Kept(Supervisor):
    """Counts how often it was asked to keep alive what is no child of its own."""

    asked = 0

    def keep(self) -> None:
        self.asked += 1


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Kept]:
    supervisor = Kept(tmp_path / "logs", announce=lambda _line: None)
    supervisor.keep_alive = supervisor.keep
    yield supervisor
    supervisor.stop()


def platform(tmp_path: Path, url: str) -> Platform:
    return Platform(load_settings(None), LocalInstance(tmp_path, "", 1), url)


def test_it_beats_in_the_daemons_place_and_stops_with_the_fill(
    tmp_path: Path, supervisor: Kept, database_url: str, engine: sa.Engine
) -> None:
    with without_daemon_yet(platform(tmp_path, database_url), supervisor):
        supervisor.run_to_end(PAUSE)
    with engine.begin() as connection:
        found = heard(connection)
    assert (found.ticked_at, found.starting_at is not None) == (None, True)
    assert supervisor.asked == 1
    assert supervisor.keep_alive == supervisor.keep


def test_a_database_that_is_away_does_not_end_the_fill(tmp_path: Path, supervisor: Kept) -> None:
    away = f"postgresql://someone@127.0.0.1:{free_port()}/etheatmap"
    with without_daemon_yet(platform(tmp_path, away), supervisor):
        assert supervisor.run_to_end(PAUSE) == 0
    assert supervisor.asked == 1
