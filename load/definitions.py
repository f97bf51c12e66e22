"""The product's definitions, whole, on the moved clock. Loaded by the code server, and by each run."""

from load.moved_clock import clock, rule_dagster, rule_waits

rule_dagster()
rule_waits()

from etheatmap_assets.definitions import build_defs  # noqa: E402
from etheatmap_core.settings import load_settings  # noqa: E402

defs = build_defs(load_settings(None), clock=clock)
