"""The product's definitions for the test of budgets: their clock can be moved, and waits are short.

Loaded by a code server. Dagster's own clock, and with it the hours that are asked for, is the real one.
"""

from typing import Any, cast

import dagster as dg
from moved_clock import clock

from etheatmap_assets.definitions import build_defs
from etheatmap_assets.sensors import budget
from etheatmap_core.cadence import CADENCES, Cadence
from etheatmap_core.settings import load_settings

usual = CADENCES["metered_example"]
cast("dict[str, Any]", CADENCES)["metered_example"] = Cadence("* * * * *", usual.warn_after, usual.fail_after)
budget._INTERVAL_SECONDS = 5


def needed() -> dg.Definitions:
    """Without the sensors of others, which would only keep two cores busy."""
    whole = build_defs(load_settings(), clock=clock)
    sensors = [one for one in whole.sensors or [] if one.name in {"budget_example", "metered_example_automation"}]
    return dg.Definitions(
        assets=whole.assets,
        asset_checks=whole.asset_checks,
        sensors=sensors,
        resources=whole.resources,
        executor=whole.executor,
    )


defs = needed()
