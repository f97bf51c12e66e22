"""The product's definitions for the test of freshness: their clock can be moved, sensors tick every five seconds, and
automation asks for nothing, so that the test decides which hours are made.

Loaded by a code server. Dagster's own clock is the real one.
"""

from dagster_services import with_sensors
from moved_clock import clock

from etheatmap_assets.definitions import build_defs
from etheatmap_assets.sensors import delivery, freshness
from etheatmap_core.settings import load_settings

freshness._INTERVAL_SECONDS = 5
delivery._INTERVAL_SECONDS = 5

defs = with_sensors(build_defs(load_settings(), clock=clock), freshness.NAME, delivery.NAME)
