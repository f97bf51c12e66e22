"""What a paid call has begun."""

from etheatmap_core.database.migrations.run import run_sql_file

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    run_sql_file("0004_paid_sources.sql")
