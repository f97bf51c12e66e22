"""Brings a database's schema up to date: the numbered files of ``sql/``, applied by Alembic.

Here: running them, and ``sql/init.sql`` made of them. Not here: the SQL itself. There is no way back but a backup.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from etheatmap_core.errors import ConfigError, DatabaseUnavailableError

VERSION_TABLE = "schema_revisions"
_MIGRATIONS = Path(__file__).parent / "migrations"
_SQL_FOLDER = Path(__file__).parents[2] / "sql"
_LOCK = 0x4554484D  # "ETHM"


def migrate(engine: sa.Engine) -> list[str]:
    """Applies what is missing, all of it in one transaction, and returns those revisions (``["0001"]``).

    Several processes may call it at once: one works, the others wait and find nothing to do.
    Raises DatabaseUnavailableError when the database does not answer or is newer than this program.
    """
    config = _config()
    with _connected(engine) as connection, connection.begin():
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        current = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
        known = _revisions(config)
        if current is not None and current not in known:
            raise DatabaseUnavailableError(
                f"The schema of {engine.url!r} is at {current}, newer than this program knows ({known[-1]}): "
                "update ET Heatmap."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return known[known.index(current) + 1 :] if current else known


def sql_file(name: str) -> str:
    """The text of one numbered file of ``sql/``, as the revision of that number runs it."""
    path = _SQL_FOLDER / name
    if not path.is_file():
        raise ConfigError(
            f"{path} is missing: the folder sql/ belongs beside the package; restore it from the release."
        )
    return path.read_text()


def render_init_sql() -> str:
    """All numbered files and the bookkeeping in one, for servers that are set up by an SQL file.

    ``migrate`` then finds nothing to do. Written to ``sql/init.sql`` by ``python -m etheatmap_core.database.migrate``.
    """
    revisions = _revisions(_config())
    files = [sql_file(path.name) for revision in revisions for path in _SQL_FOLDER.glob(f"{revision}_*.sql")]
    return "\n".join(
        [
            "-- Generated from the numbered files; change those, then run: python -m etheatmap_core.database.migrate",
            "BEGIN;",
            "",
            *files,
            f"CREATE TABLE {VERSION_TABLE} (",
            "    version_num varchar(32) NOT NULL,",
            f"    CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)",
            ");",
            f"INSERT INTO {VERSION_TABLE} VALUES ('{revisions[-1]}');",
            "",
            "COMMIT;",
            "",
        ]
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _revisions(config: Config) -> list[str]:
    """Oldest first."""
    newest_first = ScriptDirectory.from_config(config).walk_revisions()
    return [revision.revision for revision in newest_first][::-1]


def _connected(engine: sa.Engine) -> sa.Connection:
    try:
        return engine.connect()
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise DatabaseUnavailableError(
            f"The database {engine.url!r} cannot be reached ({reason}): start it, or correct DATABASE_URL / POSTGRES_*."
        ) from error


if __name__ == "__main__":
    (_SQL_FOLDER / "init.sql").write_text(render_init_sql())
