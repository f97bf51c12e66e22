"""Every spelling of a PostgreSQL address leads to psycopg 3 in UTC."""

import pytest

from etheatmap_core.database.engine import create_engine


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_any_prefix_means_psycopg_3(prefix: str) -> None:
    engine = create_engine(f"{prefix}://user:secret@db.example:5433/heat?sslmode=require")
    assert (engine.dialect.driver, engine.url.host, engine.url.port) == ("psycopg", "db.example", 5433)
    assert engine.url.password == "secret"
    assert engine.url.query == {"sslmode": "require"}


def test_a_socket_folder_stays() -> None:
    engine = create_engine("postgresql://postgres@/heat?host=/var/run/my%20heat&port=5432")
    assert engine.url.query["host"] == "/var/run/my heat"
