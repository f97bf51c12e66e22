"""Our books beside the provider's own count, once a day: what it counts more than we is booked, so that the books
never understate.

Compared is what either has counted since the comparison before; a count that went back began a new cycle of the
provider's, which need not be a month of the calendar. Here: the comparison and its rows. Not here: asking (assets).
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from etheatmap_core.outbox.store import Message
from etheatmap_core.settings import Settings

ASSET = "budget_reconciliation"  # who is named in the books for what is adjusted
PROVIDER = "scraperapi"  # so far the only one that tells its count

_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('reconcile ' || :provider, 0))")
_OURS = sa.text("""
    SELECT coalesce(sum(spent_units), 0)::bigint AS spent_units,
           coalesce(sum(reserved_units), 0)::bigint AS reserved_units
    FROM budget_periods WHERE provider = :provider""")
# Our count as the adjustment of that day left it.
_BEFORE = sa.text("""
    SELECT ledger_units + adjusted_units AS ledger_units, provider_units FROM budget_reconciliations
    WHERE provider = :provider ORDER BY compared_at DESC LIMIT 1""")
# Booked whole, whatever the limit says: it has been spent.
_ADJUST = sa.text("""
    WITH period AS (
        INSERT INTO budget_periods (provider, period_start, period_end, spent_units)
        SELECT l.provider, calendar.starts_at, calendar.ends_at, :units
        FROM budget_limits l CROSS JOIN LATERAL budget_period(l.period, :now) AS calendar
        WHERE l.provider = :provider AND l.unit <> 'usd_micros'
        ON CONFLICT (provider, period_start) DO UPDATE
        SET spent_units = budget_periods.spent_units + excluded.spent_units
        RETURNING provider, period_start
    ), entry AS (
        INSERT INTO budget_reservations (provider, period_start, units, state, asset, partition_key, run_id, request,
                                         reserved_at, expires_at)
        SELECT provider, period_start, :units, 'settled', :asset, :partition_key, :run_id, 'counted by the provider',
               :now, :now
        FROM period RETURNING id
    )
    INSERT INTO budget_settlements (reservation_id, units, kind, is_overrun, settled_at)
    SELECT id, :units, 'adjustment', false, :now FROM entry RETURNING reservation_id""")
# A day that is compared again keeps what was adjusted before.
_RECORD = sa.text("""
    INSERT INTO budget_reconciliations (provider, day, period_start, ledger_units, provider_units, adjusted_units,
                                        compared_at)
    SELECT l.provider, :day, calendar.starts_at, :ledger_units, :provider_units, :adjusted_units, :now
    FROM budget_limits l CROSS JOIN LATERAL budget_period(l.period, :now) AS calendar WHERE l.provider = :provider
    ON CONFLICT (provider, day) DO UPDATE
    SET period_start = excluded.period_start, provider_units = excluded.provider_units,
        ledger_units = excluded.ledger_units - budget_reconciliations.adjusted_units,
        adjusted_units = budget_reconciliations.adjusted_units + excluded.adjusted_units,
        compared_at = excluded.compared_at""")


@dataclass(frozen=True)
class Counts:
    """Both counts at one instant: what we have booked since the first day, the provider's in its present cycle."""

    ledger_units: int
    provider_units: int


@dataclass(frozen=True)
class Comparison:
    """What came of one. ``before``: the counts it was compared with; None: the first one."""

    counts: Counts
    before: Counts | None
    adjusted_units: int


def is_asked(settings: Settings) -> bool:
    """Whether a provider that tells its count is used here."""
    return settings.feature_scraperapi and settings.scraperapi_key is not None


def missing_units(before: Counts | None, now: Counts, reserved_units: int = 0) -> int:
    """What the provider has counted since, and our books have not.

    What is set aside at the moment it may have counted already: that is not held against the books now, but by the
    next comparison if it has not been booked by then.

    At the first comparison all that it counts is held against the books: a key that was used before is no new one.
    """
    known = before or Counts(0, 0)
    has_new_cycle = now.provider_units < known.provider_units
    counted = now.provider_units - (0 if has_new_cycle else known.provider_units)
    return max(0, counted - (now.ledger_units - known.ledger_units) - reserved_units)


def reconcile(
    connection: sa.Connection, provider: str, day: date, provider_units: int, now: datetime, run_id: str = ""
) -> Comparison:
    """Compares, books what is missing and records the day, in the caller's transaction.

    ValueError where the books do not know the provider, or it is paid in dollars.
    """
    connection.execute(_ALONE, {"provider": provider})
    ours = connection.execute(_OURS, {"provider": provider}).one()
    row = connection.execute(_BEFORE, {"provider": provider}).one_or_none()
    before = None if row is None else Counts(*row)
    counts = Counts(ours.spent_units, provider_units)
    missing = missing_units(before, counts, ours.reserved_units)
    told = {"provider": provider, "day": day, "now": now}
    if missing:
        entry = {"asset": ASSET, "partition_key": f"{day:%Y-%m-%d}", "run_id": run_id, "units": missing}
        if connection.execute(_ADJUST, {**told, **entry}).one_or_none() is None:
            raise ValueError(f"{provider} has no account in the books that counts something else than dollars")
    # What was set aside has excused this much, once: as if booked, so that the next comparison does not count it again.
    excused = missing_units(before, counts) - missing
    recorded = {"ledger_units": counts.ledger_units + excused, "provider_units": counts.provider_units}
    connection.execute(_RECORD, {**told, **recorded, "adjusted_units": missing})
    return Comparison(counts, before, missing)


def message(provider: str, day: date, comparison: Comparison) -> Message | None:
    """For people, where something was missing in the books."""
    if not comparison.adjusted_units:
        return None
    since = "" if comparison.before else " It was compared for the first time: the key may have been used before."
    return Message(
        f"reconciliation:{provider}:{day:%Y-%m-%d}",
        "budget",
        f":money_with_wings: {provider} counts {comparison.adjusted_units:,} more than the books had on "
        f"{day:%Y-%m-%d}. They are booked, as {ASSET}.{since} Does somebody else use the key?",
    )
