"""The command line: starts the platform, backfills, shows and repairs.

Here: argument parsing, processes and their lives, what is printed.
Not here: anything another part could need; that belongs to etheatmap_core or etheatmap_assets.
"""
