"""The budget ledger, the outbox of messages, heartbeats and freshness verdicts."""

from etheatmap_core.database.migrations.run import run_sql_file

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    run_sql_file("0003_budgets.sql")
