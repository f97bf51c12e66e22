"""What one run has cost, from the books."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_core.budget.model import Unit

# Through budget_reservations_period_idx. What is still set aside is no cost yet.
_COST = sa.text("""
    SELECT l.unit, coalesce(sum(s.units), 0)::bigint AS units
    FROM budget_limits l
    LEFT JOIN budget_reservations r
        ON r.provider = l.provider AND r.period_start >= :since AND r.asset = :asset AND r.run_id = :run_id
    LEFT JOIN budget_settlements s ON s.reservation_id = r.id
    WHERE l.provider = :provider GROUP BY l.unit""")
_LONGEST_PERIOD = timedelta(days=31)


class RunCost(NamedTuple):
    """In the provider's unit."""

    units: int
    unit: Unit


def cost_of_run(connection: sa.Connection, provider: str, asset: str, run_id: str, now: datetime) -> RunCost | None:
    """What the calls of a run that has just ended are booked with; None where the books do not know the provider."""
    asked = {"provider": provider, "asset": asset, "run_id": run_id, "since": now - 2 * _LONGEST_PERIOD}
    row = connection.execute(_COST, asked).one_or_none()
    return None if row is None else RunCost(row.units, row.unit)
