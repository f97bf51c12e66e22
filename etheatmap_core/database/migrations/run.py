"""Runs a file of ``sql/`` in the migration's transaction."""

from alembic import op

from etheatmap_core.database.migrate import sql_file


def run_sql_file(name: str) -> None:
    """Executes the file verbatim: many statements, and a ``%`` means itself."""
    op.get_bind().exec_driver_sql(sql_file(name), execution_options={"no_parameters": True})
