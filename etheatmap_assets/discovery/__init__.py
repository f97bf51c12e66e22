"""Discovery as assets: what breaks out though nobody tracks it, and what becomes of it.

Here: one asset a module. Not here: what they compute (etheatmap_core.discovery).
"""
