"""An installation whose every upstream is the simulator, at an hour that stands still."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "assets")]  # where the tests find simulated and installation

from simulated import NOW, SimulatedInstallation, roster  # noqa: E402

from etheatmap_sim.testing import Simulator, serve  # noqa: E402


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Every upstream, at five past the hour."""
    with serve(roster(), NOW) as simulator:
        yield simulator


@pytest.fixture
def simulated(tmp_path: Path, database_url: str, simulator: Simulator) -> Iterator[SimulatedInstallation]:
    """Empty, all free sources switched on."""
    installation = SimulatedInstallation(tmp_path, database_url, simulator)
    yield installation
    installation.close()
