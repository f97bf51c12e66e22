"""The product's definitions for the test of budgets: their clock can be moved, and waits are short.

Loaded by a code server. Dagster's own clock, and with it the hours that are asked for, is the real one.
"""

from typing import Any, cast

from dagster_services import with_sensors
from moved_clock import clock

from etheatmap_assets.definitions import build_defs
from etheatmap_assets.sensors import budget
from etheatmap_core.cadence import CADENCES, Cadence
from etheatmap_core.settings import load_settings

usual = CADENCES["metered_example"]
cast("dict[str, Any]", CADENCES)["metered_example"] = Cadence("* * * * *", usual.warn_after, usual.fail_after)
budget._INTERVAL_SECONDS = 5

defs = with_sensors(build_defs(load_settings(), clock=clock), "budget_example", "metered_example_automation")
