"""Which database is used, and that it is there."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from etheatmap_core.database.address import companion_database_url, database_url
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import DatabaseUnavailableError
from etheatmap_core.settings import Settings


@pytest.fixture
def companion(postgres: EmbeddedPostgres) -> Iterator[str]:
    yield "companion"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE companion WITH (FORCE)")


def database_name(url: str) -> str:
    with psycopg.connect(url) as connection:
        return connection.info.dbname


def test_a_companion_is_created_once_however_many_ask(postgres: EmbeddedPostgres, companion: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: companion_database_url(postgres.url("postgres"), companion), range(4)))
    assert {make_url(url) for url in urls} == {make_url(postgres.url(companion))}
    assert database_name(urls.pop()) == companion


def test_a_companion_is_found_from_a_url_with_a_driver(postgres: EmbeddedPostgres, companion: str) -> None:
    url = companion_database_url(postgres.url("postgres").replace("postgresql:", "postgresql+psycopg2:"), companion)
    assert database_name(url) == companion


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"'dagster' beside .* cannot be reached") as refused:
        companion_database_url(f"postgresql://someone:hunter2@/etheatmap?host={tmp_path}", "dagster")
    assert "hunter2" not in str(refused.value)


def test_a_configured_database_is_taken_as_it_is(folder: Path) -> None:
    settings = Settings(database_url="postgresql://elsewhere/heat", etheatmap_home=folder)
    assert database_url(settings) == "postgresql://elsewhere/heat"
    assert list(folder.iterdir()) == []


def test_without_one_the_embedded_server_is_started(
    folder: Path, start_postgres: Callable[[Path], EmbeddedPostgres]
) -> None:
    settings = Settings(database_url=None, postgres_host=None, etheatmap_home=folder)
    try:
        url = database_url(settings)
        assert database_name(url) == "etheatmap"
        assert database_url(settings) == url
    finally:
        EmbeddedPostgres.stop_leftover(folder / "postgres")
