"""Alembic's environment: the connection, its transaction and its lock come from ``migrate``."""

from alembic import context

from etheatmap_core.database.migrate import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
