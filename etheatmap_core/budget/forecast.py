"""What an account will have used when its period ends, if the rest goes as it has gone until now."""

from datetime import datetime, timedelta

from etheatmap_core.budget.model import Standing

# Before a twelfth of the period (two hours of a day, two and a half days of a month) one dear call would tell the
# forecast: nothing is told then.
_EARLIEST_PART = 12
_MICROSECOND = timedelta(microseconds=1)


def forecast_units(standing: Standing, now: datetime) -> int | None:
    """What is spent at this pace to the period's end, rounded up; never less than what is used. None: too early to say.

    What is set aside is no pace: it is a moment's.
    """
    length = (standing.period_end - standing.period_start) // _MICROSECOND
    elapsed = min((now - standing.period_start) // _MICROSECOND, length)
    if elapsed * _EARLIEST_PART < length:
        return None
    return max(standing.used_units, -(-standing.spent_units * length // elapsed))
