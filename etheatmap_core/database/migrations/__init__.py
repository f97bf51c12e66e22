"""What Alembic runs: its environment, and in versions/ one stub a revision that names its file of sql/.

Here: the order of the files. Not here: any SQL, and who takes the lock and the transaction (database/migrate.py).
"""
