"""What is answered when the database is gone, silent or empty: 503 in plain words, soon, and recovery by itself."""

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest
from api_builders import NOW, AddScore
from httpx2 import Response
from psycopg import sql
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_api.database import Database

PATHS = ("/top", "/trends/intelligent", "/trends/intelligent?format=csv", "/trends/dashboard", "/health")
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


def test_the_api_comes_back_when_the_database_does(database_url: str) -> None:
    address = urlsplit(database_url)
    name = address.path.removeprefix("/")
    admin_url = address._replace(path="/postgres").geturl()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with psycopg.connect(admin_url, autocommit=True) as admin, client_of(database_url) as client:
        admin.execute(rename.format(sql.Identifier(name), sql.Identifier(f"{name}_away")))
        try:
            assert client.get("/health").status_code == 503
        finally:
            admin.execute(rename.format(sql.Identifier(f"{name}_away"), sql.Identifier(name)))
        assert client.get("/health").status_code == 200


def test_the_session_cannot_write_and_has_a_time_limit(database_url: str) -> None:
    async def settings() -> list[object]:
        database = Database(database_url)
        await database.open()
        try:
            async with database.reading() as connection:
                names = ("default_transaction_read_only", "statement_timeout", "TimeZone")
                return [(await (await connection.execute(f"SHOW {name}")).fetchone() or [None])[0] for name in names]
        finally:
            await database.close()

    assert asyncio.run(settings()) == ["on", "5s", "UTC"]
