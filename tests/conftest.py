"""Fixtures every test may use: the recorded upstream data, a PostgreSQL server, a fresh migrated database in it."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate

# How long an example takes says how busy the machine is, which pytest-timeout watches over.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")
PROJECT = Path(__file__).parents[1]
_TEMPLATE = "template_migrated"
# The tests' rows are worth nothing after a power cut; killed processes lose nothing without fsync.
_UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"postgres", "start_postgres"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of recorded upstream answers; without it tests are skipped, or fail (REQUIRE_REALDATA=1)."""
    folder = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata")
    if not folder.is_dir():
        reason = f"no recorded upstream data in {folder} (ETHEATMAP_REALDATA)"
        if os.environ.get("REQUIRE_REALDATA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def start_postgres() -> Callable[[Path], EmbeddedPostgres]:
    """Starts or joins a server of the version under test (TEST_POSTGRES_VERSION, default 18) in a data folder."""
    version = int(os.environ.get("TEST_POSTGRES_VERSION", "18"))
    return lambda data_dir: EmbeddedPostgres.start(data_dir, version=version, settings=_UNSAFE_AND_FAST)


@pytest.fixture(scope="session")
def postgres(start_postgres: Callable[[Path], EmbeddedPostgres]) -> Iterator[EmbeddedPostgres]:
    """One server for the whole session."""
    folder = Path(tempfile.mkdtemp(prefix="etheatmap-"))
    try:
        yield start_postgres(folder / "pg")
    finally:
        EmbeddedPostgres.stop_leftover(folder / "pg")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty database that is only ever copied."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
    engine = create_engine(postgres.url(_TEMPLATE))
    migrate(engine)
    engine.dispose()
    return _TEMPLATE


@contextmanager
def _fresh_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield postgres.url(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """The URL of a fresh migrated database of this test's own."""
    with _fresh_database(postgres, migrated_template) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine on the test's own database."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def shared_engine(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[sa.Engine]:
    """An engine on one database of the module's own, for all examples of a property: each clears what it needs."""
    with _fresh_database(postgres, migrated_template) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()
