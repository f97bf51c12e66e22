"""The freshness policy of each asset, from the table of cadences.

Dagster's policy looks at an asset's last materialization, whichever partition that was of; telling whether the
newest due partition is there is the freshness sensor's work, not this table's.
"""

from collections.abc import Callable, Mapping

import dagster as dg

from etheatmap_assets.budgets import is_budget
from etheatmap_core.cadence import Cadence


def policy(cadence: Cadence) -> dg.FreshnessPolicy:
    """Warns and fails by the age of the last materialization."""
    return dg.FreshnessPolicy.time_window(fail_window=cadence.fail_after, warn_window=cadence.warn_after)


def with_freshness(cadences: Mapping[str, Cadence | None]) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Gives a spec its policy from the table; an asset that is not in the table cannot be loaded.

    None: it is only requested by hand, so nobody waits for it.
    """

    def apply(spec: dg.AssetSpec) -> dg.AssetSpec:
        if is_budget(spec.key):
            return spec  # nobody materializes it: its sensor says how it is
        cadence = cadences[spec.key.to_user_string()]
        return spec if cadence is None else spec.replace_attributes(freshness_policy=policy(cadence))

    return apply
