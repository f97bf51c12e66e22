"""ScraperAPI's own count of credits beside our books, once a day.

Asked: ``/account``, for free. Comes back: JSON. Becomes: a row of ``budget_reconciliations``, and what the books
lacked. Here: asking. Not here: the comparison (etheatmap_core.budget.reconcile).
"""

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import dagster as dg
import orjson
import sqlalchemy as sa

from etheatmap_assets.resources.http import Call, Gateway
from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.archive import RawArchive
from etheatmap_core.budget.reconcile import ASSET, PROVIDER, is_asked, message, reconcile
from etheatmap_core.cadence import CADENCES
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.errors import CorruptCaptureError, EtHeatmapError, NotRecollectableError
from etheatmap_core.outbox.store import enqueue
from etheatmap_core.settings import Settings

_ADDRESS = "https://api.scraperapi.com/account"
_DAY = timedelta(days=1)


class Account(NamedTuple):
    """What the provider says, in credits: used in its present cycle, of how many."""

    counted: int
    limit: int


def build_reconciliation(grid: dg.DailyPartitionsDefinition, settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset; none where no provider is used that tells its count."""
    return [_build(grid)] if is_asked(settings) else []


def _build(grid: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        name=ASSET,
        partitions_def=grid,
        automation_condition=dg.AutomationCondition.on_cron(CADENCES[ASSET].poll_cron),
        group_name="budgets",
        kinds={"rest", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "budget_reconciliations"},
        description="The provider's own count beside our books; what it counts more is booked, and told.",
    )
    def budget_reconciliation(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        archive: dg.ResourceParam[RawArchive],
        gateway: dg.ResourceParam[Gateway],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> dg.MaterializeResult[None]:
        day, now = context.partition_time_window.start, clock()
        try:
            if now - context.partition_time_window.end >= _DAY:
                raise NotRecollectableError(f"{PROVIDER} only tells its count of now, and {day:%Y-%m-%d} is over.")
            open_ledger(engine, clock).configure(configs.budgets.accounts)
            with archive.incoming() as path:
                received = gateway.fetch(Call(ASSET, _url(settings)), path)
                account = _read(path)
                with engine.begin() as connection:
                    where = (connection, ASSET, day, received, path)
                    if isinstance(account, CorruptCaptureError):
                        archive.quarantine(*where, captured_at=now, reason=str(account))
                    else:
                        archive.keep(*where, captured_at=now, suffix=".json")
            if isinstance(account, CorruptCaptureError):
                raise account
        except EtHeatmapError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        with engine.begin() as connection:
            found = reconcile(connection, PROVIDER, day.date(), account.counted, now, context.run.run_id)
            if (told := message(PROVIDER, day.date(), found)) is not None:
                enqueue(connection, told, now)
        return dg.MaterializeResult(
            metadata={
                "provider": account.counted,
                "provider_limit": account.limit,
                "ledger": found.counts.ledger_units,
                "adjusted": found.adjusted_units,
            }
        )

    return budget_reconciliation


def _url(settings: Settings) -> str:
    if settings.scraperapi_key is None:
        raise ValueError("this asset is only built where the key is set")
    return f"{_ADDRESS}?{urlencode({'api_key': settings.scraperapi_key.get_secret_value()})}"


def _read(path: Path) -> Account | CorruptCaptureError:
    """The error, where the answer is not what it should be."""
    try:
        account = orjson.loads(path.read_bytes())
        return Account(int(account["requestCount"]), int(account["requestLimit"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        return CorruptCaptureError(f"{_ADDRESS} should tell requestCount and requestLimit, and does not: {error!r}.")
