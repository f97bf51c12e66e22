"""Every upstream of a scenario on one clock: the simulator as it is served."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from etheatmap_sim.dumps_http import dumps_upstream
from etheatmap_sim.feeds import feed_upstreams
from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.reddit import reddit_upstreams
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.upstream import Upstream


def all_upstreams(scenario: Scenario, items: Items, clock: Clock, publish_delay: timedelta) -> Sequence[Upstream]:
    """Each is mounted at its host's name; the dumps are at the root too, for WIKIMEDIA_DUMPS_URL."""
    dumps = dumps_upstream(scenario, clock, publish_delay)
    return [
        dumps,
        replace(dumps, prefix=f"/dumps.wikimedia.org{dumps.prefix}"),
        *reddit_upstreams(items, clock),
        *feed_upstreams(items, clock),
    ]
