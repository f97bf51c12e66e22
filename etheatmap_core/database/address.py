"""Which database this installation uses, as a URL."""

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import DatabaseUnavailableError
from etheatmap_core.settings import Settings

DATABASE = "etheatmap"
EMBEDDED_VERSION = 18
_CREATE_LOCK = 0x45544844  # "ETHD"


def database_url(settings: Settings) -> str:
    """The configured database, else the embedded server's in ``etheatmap_home``, started or joined.

    A configured one is not contacted. Raises DatabaseUnavailableError when the embedded one cannot be started.
    """
    if settings.database is not None:
        return settings.database
    server = EmbeddedPostgres.start(settings.etheatmap_home / "postgres", version=EMBEDDED_VERSION)
    _create_where_missing(make_url(server.url("postgres")), DATABASE)
    return server.url(DATABASE)


def embedded_server(settings: Settings) -> EmbeddedPostgres | None:
    """The installation's own server, running or not; None where another is configured."""
    return None if settings.database is not None else _embedded(settings)


def _embedded(settings: Settings) -> EmbeddedPostgres:
    return EmbeddedPostgres((settings.etheatmap_home / "postgres").resolve(), EMBEDDED_VERSION)


def companion_database_url(url: str, name: str) -> str:
    """The URL of database ``name`` on the server of ``url`` (``postgresql://``), created where it does not exist."""
    address = make_url(url).set(drivername="postgresql")
    _create_where_missing(address, name)
    return address.set(database=name).render_as_string(hide_password=False)


def _create_where_missing(address: URL, name: str) -> None:
    try:
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            # CREATE DATABASE knows no IF NOT EXISTS: two first starts would both find it missing.
            connection.execute("SELECT pg_advisory_lock(%s)", (_CREATE_LOCK,))
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise DatabaseUnavailableError(
            f"The database '{name}' beside {address.render_as_string(hide_password=True)} cannot be reached or created "
            f"({_first_line(error)}): start that server, or create the database by hand."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
