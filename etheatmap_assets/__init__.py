"""The Dagster code location: what is materialized when, from what, and how fresh it must be.

Here: assets, checks, automation, resources, and ``definitions.py``, which shows all of it on one page.
Not here: arithmetic, SQL and parsing (etheatmap_core), HTTP serving (etheatmap_api).
"""
