"""The checks before COMMIT, as Dagster shows them: the same names, whether they passed or stopped the write."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import dagster as dg

from etheatmap_core.database.replace import BUILT_IN_CHECKS, CheckResult
from etheatmap_core.errors import ChecksFailedError


class NamedCheck(Protocol):
    """What a check is called and what it says of a bad row, or of an hour that is not whole."""

    @property
    def name(self) -> str: ...
    @property
    def meaning(self) -> str: ...


def check_specs(asset: str, checks: Sequence[NamedCheck]) -> Sequence[dg.AssetCheckSpec]:
    """One spec a check of the asset's write, the built-in ones first."""
    return [
        dg.AssetCheckSpec(check.name, asset=asset, description=check.meaning) for check in (*BUILT_IN_CHECKS, *checks)
    ]


def check_results(asset: str, results: Sequence[CheckResult]) -> Iterator[dg.AssetCheckResult]:
    """The outcomes of one write. Of a write in several parts, all of which passed, the last part's."""
    for result in {result.name: result for result in results}.values():
        yield dg.AssetCheckResult(
            asset_key=asset,
            check_name=result.name,
            passed=result.passed,
            severity=dg.AssetCheckSeverity.WARN if result.is_warning else dg.AssetCheckSeverity.ERROR,
            metadata={"detail": result.detail},
        )


def failed_checks(asset: str, error: ChecksFailedError) -> Iterator[dg.AssetCheckResult]:
    """The outcomes that came with a refused write."""
    return check_results(asset, [result for result in error.results if isinstance(result, CheckResult)])
