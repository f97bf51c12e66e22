"""A day's heat, and discovery."""

from etheatmap_core.database.migrations.run import run_sql_file

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    run_sql_file("0005_discovery.sql")
