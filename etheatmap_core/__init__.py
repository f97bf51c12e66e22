"""The domain: what heat is, what it rests on, where it is kept.

Here: pure functions and the database, archive and lake they work on.
Not here: Dagster (etheatmap_assets), HTTP serving (etheatmap_api), command lines (etheatmap_cli).
"""
