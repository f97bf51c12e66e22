"""The books of the month, read for people. The statements are the core's: command line and API read the same."""

from collections.abc import Collection
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row

from etheatmap_core.budget.model import Budgets, Standing
from etheatmap_core.budget.month import MONTH_COSTS, STANDINGS, AssetCost, Month, month, month_of


async def read_month(connection: AsyncConnection, budgets: Budgets, asked: Collection[str], now: datetime) -> Month:
    """``asked``: the sources that are asked here. What the books do not know yet stands as configured, unspent."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(STANDINGS, {"now": now})
        standings = await cursor.fetchall()
    starts_at, ends_at = month_of(now)
    wanted = {
        "providers": [standing.provider for standing in standings],
        "month_start": starts_at,
        "month_end": ends_at,
    }
    async with connection.cursor(row_factory=class_row(AssetCost)) as cursor:
        await cursor.execute(MONTH_COSTS, wanted)
        costs = await cursor.fetchall()
    return month(budgets, standings, costs, frozenset(asked), now)
