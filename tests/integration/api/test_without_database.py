"""What is answered when the database is gone, silent or empty: 503 in plain words, soon, and recovery by itself."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest
from api_builders import NOW, AddScore
from httpx2 import Response
from psycopg import AsyncConnection, sql
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_api.database import Answer, Database
from etheatmap_core.errors import DatabaseUnavailableError

PATHS = (
    "/top",
    "/trends/intelligent",
    "/trends/intelligent?format=csv",
    "/trends/dashboard",
    "/health",
    "/health/extended",
    "/health/sources",
    "/source-health",
    "/sources/status",
    "/budget",
    "/freshness",
    "/messages",
    "/mentions?entity=a",
    "/mentions/ties",
)
_BOUND_SECONDS = 8.0


def client_of(url: str) -> TestClient:
    return TestClient(create_app(url, now=lambda: NOW))


@pytest.fixture(scope="module")
def dead_url() -> Iterator[str]:
    """A port that is bound, so that nobody else takes it, but does not listen."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"postgresql://someone:hunter2@127.0.0.1:{reserved.getsockname()[1]}/etheatmap"


@pytest.fixture(scope="module")
def silent_url() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"postgresql://someone:hunter2@127.0.0.1:{server.getsockname()[1]}/etheatmap"


def answers_of(url: str) -> dict[str, Response]:
    """Every route asked at once; fails when one takes longer than the bound."""
    with client_of(url) as client, ThreadPoolExecutor(len(PATHS)) as threads:
        started = time.monotonic()
        answers = dict(zip(PATHS, threads.map(client.get, PATHS), strict=True))
        assert time.monotonic() - started < _BOUND_SECONDS
    return answers


@pytest.mark.parametrize("url_fixture", ["dead_url", "silent_url"])
def test_every_route_is_503_in_plain_words_and_in_bounded_time(
    url_fixture: str, request: pytest.FixtureRequest
) -> None:
    answers = answers_of(request.getfixturevalue(url_fixture))
    for path, answer in answers.items():
        assert answer.status_code == 503, path
        for secret in ("hunter2", "someone", "127.0.0.1:", "psycopg", "Traceback"):
            assert secret not in answer.text
    sentence = "The database cannot be reached: check that it is running."
    assert answers["/health"].json() == {"status": "error", "detail": sentence}
    extended = answers["/health/extended"].json()
    assert list(extended) == ["status", "db", "cache", "time", "daemon"]
    assert (extended["status"], extended["db"], extended["daemon"]) == ("error", {"ok": False, "error": sentence}, None)
    assert answers["/top"].json() == answers["/trends/intelligent"].json() == {"detail": sentence}
    page = answers["/trends/dashboard"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert "The heat map is out of reach" in page.text
    assert sentence in page.text


def test_health_is_ok_with_a_database(client: TestClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.text) == (200, '{"status":"ok"}')


def test_a_database_without_tables_is_told_apart(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE scores, score_revisions CASCADE")
    with client_of(database_url) as client:
        answer = client.get("/top")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The database has no tables yet: run `etheatmap db migrate`.",
    )


def test_any_spelling_of_the_url_works(database_url: str) -> None:
    rest = database_url.split("://", 1)[1]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
        with client_of(f"{scheme}://{rest}") as client:
            assert client.get("/health").status_code == 200


def test_connections_cut_by_a_restart_are_replaced_unnoticed(
    client: TestClient, database_url: str, add_score: AddScore
) -> None:
    add_score("Whitney Houston")
    assert len(client.get("/top").json()) == 1
    with psycopg.connect(database_url, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'etheatmap-api'"
        ).fetchone()
    assert cut
    assert cut[0] >= 1
    assert len(client.get("/top").json()) == 1


def test_the_api_starts_before_the_database_and_finds_it(database_url: str) -> None:
    address = urlsplit(database_url)
    name = address.path.removeprefix("/")
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    here, away = sql.Identifier(name), sql.Identifier(f"{name}_away")
    with psycopg.connect(address._replace(path="/postgres").geturl(), autocommit=True) as admin:
        admin.execute(rename.format(here, away))
        with client_of(database_url) as client:
            assert [client.get("/health").status_code for _ in range(3)] == [503, 503, 503]
            admin.execute(rename.format(away, here))
            assert 200 in [client.get("/health").status_code for _ in range(2)]


def test_the_session_cannot_write_and_has_a_time_limit(database_url: str) -> None:
    async def settings(connection: AsyncConnection) -> list[object]:
        names = ("default_transaction_read_only", "statement_timeout", "TimeZone")
        return [(await (await connection.execute(f"SHOW {name}")).fetchone() or [None])[0] for name in names]

    assert asked(database_url, settings) == ["on", "5s", "UTC"]


def test_an_answer_that_takes_too_long_is_not_waited_for(database_url: str) -> None:
    async def sleep(connection: AsyncConnection) -> None:
        await connection.execute("SELECT pg_sleep(60)")

    with pytest.raises(DatabaseUnavailableError, match="took too long"):
        asked(database_url, sleep, within_seconds=0.5)


def asked(url: str, question: Callable[[AsyncConnection], Awaitable[Answer]], **options: float) -> Answer:
    """What the API's way to the database makes of a question."""

    async def ask() -> Answer:
        database = Database(url)
        await database.open()
        try:
            return await database.read(question, **options)
        finally:
            await database.close()

    return asyncio.run(ask())
