"""The HTTP face: JSON and CSV in the published shapes, and the dashboard.

Here: routes, the queries behind them, what a page shows. Reads PostgreSQL only, writes nothing.
Not here: scoring and settings (etheatmap_core), collection (etheatmap_assets), Dagster: it starts in about a second.
"""
