"""Amounts and accounts in words."""

from datetime import datetime

from etheatmap_core.budget.model import MICROS_PER_USD, Unit


def amount(units: int, unit: Unit) -> str:
    """``99,980 credits``, ``1 credit``, ``$12.40``; a part of a cent is shown where there is less than one."""
    if unit != "usd_micros":
        return f"{units:,} {unit.removesuffix('s') if units == 1 else unit}"
    dollars = units / MICROS_PER_USD
    return f"${dollars:,.2f}" if units == 0 or abs(units) >= MICROS_PER_USD // 100 else f"${dollars:.6f}"


def used_of(used: int, limit: int, unit: Unit) -> str:
    """``99,980 of 100,000 credits used``."""
    if unit == "usd_micros":
        return f"{amount(used, unit)} of {amount(limit, unit)} used"
    return f"{used:,} of {limit:,} {unit} used"


def day_or_minute(instant: datetime) -> str:
    """A day where it is midnight, else the minute: ``2026-12-01``, ``2026-12-01 14:20 UTC``."""
    return f"{instant:%Y-%m-%d}" if (instant.hour, instant.minute) == (0, 0) else f"{instant:%Y-%m-%d %H:%M} UTC"
