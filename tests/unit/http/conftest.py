"""A misbehaving server, and a gateway that may ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from http_kit import ATTEMPTS, Kit, Server, limits, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def kit(server: Server) -> Iterator[Kit]:
    """Its source ``wiki`` has the server as its configured upstream."""
    kit = Kit(server.place, limits_of={"wiki": limits(hosts=("dumps.wikimedia.org",))})
    yield kit
    kit.gateway.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Retries as often as in earnest, without the waiting."""
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield
