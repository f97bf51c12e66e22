"""The tables of the published contract."""

from etheatmap_core.database.migrations.run import run_sql_file

revision, down_revision = "0001", None


def upgrade() -> None:
    run_sql_file("0001_initial.sql")
