"""Several questions an hour, items and mentions, states of hours, limits and breaker."""

from etheatmap_core.database.migrations.run import run_sql_file

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    run_sql_file("0002_sources.sql")
