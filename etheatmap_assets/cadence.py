"""Each asset's cadence in words and its freshness policy, from the table of cadences.

Dagster's policy looks at an asset's last materialization, whichever partition that was of; telling whether the
newest due partition is there is the freshness sensor's work, not this table's.
"""

from collections.abc import Callable, Mapping

import dagster as dg

from etheatmap_assets.budgets import is_budget
from etheatmap_core.cadence import Cadence

CADENCE_TAG = "etheatmap/cadence"


def policy(cadence: Cadence) -> dg.FreshnessPolicy:
    """Warns and fails by the age of the last materialization."""
    return dg.FreshnessPolicy.time_window(fail_window=cadence.fail_after, warn_window=cadence.warn_after)


def with_cadence(
    cadences: Mapping[str, Cadence | None], words: Mapping[str, str]
) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Gives a spec its policy from the table; an asset that is not in the table cannot be loaded.

    None: it is only requested by hand, so nobody waits for it, and a tag says so. ``words``: of the sources.
    """

    def apply(spec: dg.AssetSpec) -> dg.AssetSpec:
        if is_budget(spec.key):
            return spec  # nobody materializes it: its sensor says how it is
        name = spec.key.to_user_string()
        cadence = cadences[name]
        if name in words:
            spec = spec.merge_attributes(metadata={"cadence": words[name]})
        if cadence is None:
            return spec.merge_attributes(tags={CADENCE_TAG: "manual"})
        return spec.replace_attributes(freshness_policy=policy(cadence))

    return apply
