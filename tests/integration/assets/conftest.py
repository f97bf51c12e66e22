"""An installation a test, and an upstream that counts who asks it."""

import shutil
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from etheatmap_core.database.embedded import EmbeddedPostgres

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parents[1])]  # where the tests find installation and real_2012, in every import mode

from installation import HISTORY_HOURS, HOLE, START, Installation, at, history_dump  # noqa: E402


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    """Empty; it asks its upstream by file://."""
    installation = Installation(tmp_path, database_url)
    yield installation
    installation.close()


@pytest.fixture
def requests(installation: Installation) -> Iterator[list[str]]:
    """The installation asks its upstream over HTTP from now on; the paths it asked for."""
    asked: list[str] = []

    class Upstream(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Upstream, directory=str(installation.upstream))) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        installation.dumps_url = f"http://127.0.0.1:{server.server_port}"
        yield asked
        server.shutdown()
        serving.join()


@pytest.fixture(scope="session")
def hundred_hours(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """Folder and database of an installation that has collected hours 0 to 99, of which HOLE is missing."""
    folder = tmp_path_factory.mktemp("hundred_hours")
    with _database(postgres, migrated_template) as name:
        installation = Installation(folder, postgres.url(name))
        installation.track("Maya Rudolph", "Tyler Perry")
        for number in range(HISTORY_HOURS):
            if number != HOLE:
                installation.publish(at(number), history_dump(number))
        run = installation.run("wiki", START, at(HISTORY_HOURS - 1))
        assert run.failure.startswith("1 of 100 hours could not be made")
        installation.close()
        yield folder, name


@pytest.fixture
def history(hundred_hours: tuple[Path, str], postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Installation]:
    """A copy of it, of this test's own."""
    folder, template = hundred_hours
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with _database(postgres, template) as name:
        installation = Installation(tmp_path, postgres.url(name))
        yield installation
        installation.close()


@contextmanager
def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The name of a copy of ``template``, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
