"""How often each asset is due, and when it counts as late: one table for the whole platform.

Dagster's policy looks at an asset's last materialization, whichever partition that was of; telling whether the
newest due partition is there is the freshness sensor's work, not this table's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import dagster as dg


@dataclass(frozen=True)
class Cadence:
    """``poll_cron`` (UTC): when a missing partition is asked for. ``warn_after``, ``fail_after``: age of the last."""

    poll_cron: str
    warn_after: timedelta
    fail_after: timedelta

    @property
    def policy(self) -> dg.FreshnessPolicy:
        return dg.FreshnessPolicy.time_window(fail_window=self.fail_after, warn_window=self.warn_after)


CADENCES: Mapping[str, Cadence] = {
    # The dump of an hour appears 40 to 100 minutes after it; two of them missing is a warning.
    "wiki": Cadence("*/15 * * * *", warn_after=timedelta(hours=3), fail_after=timedelta(hours=6)),
    # Published promise: scores older than 6 hours are an alert.
    "heat_scores": Cadence("50 * * * *", warn_after=timedelta(hours=3), fail_after=timedelta(hours=6)),
    "storage_maintenance": Cadence("10 0 * * *", warn_after=timedelta(hours=30), fail_after=timedelta(hours=50)),
}


def with_freshness(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec with its policy from the table; an asset that is not in the table cannot be loaded."""
    return spec.replace_attributes(freshness_policy=CADENCES[spec.key.to_user_string()].policy)
