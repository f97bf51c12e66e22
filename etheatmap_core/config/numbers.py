"""Amounts as YAML holds them, read exactly: whole numbers, and dollars as integer micro-dollars."""

from decimal import Decimal, InvalidOperation

from etheatmap_core.budget.model import MICROS_PER_USD

_MOST = 10**12  # of any unit; a million dollars. Beyond is a slip, and sums would leave the range of a bigint.


def count(value: object) -> int | None:
    """A whole number of at least 0; None: it is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return value if is_count else None  # type: ignore[return-value]


def micros(value: object) -> int | None:
    """Exactly what is written: a float's own digits, and no more than six of them behind the point; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        exact = Decimal(str(value)) * MICROS_PER_USD
        return int(exact) if exact == exact.to_integral_value() and 0 <= exact <= _MOST else None
    except InvalidOperation:
        return None
