"""How often each asset is due, and when it counts as late: one table for the whole platform, Dagster and API alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE, _MINUTES_A_DAY = timedelta(minutes=1), 24 * 60
_HOUR = timedelta(hours=1)
_HOURS_A_DAY = 24


@dataclass(frozen=True)
class Cadence:
    """``poll_cron`` (UTC): when a missing partition is asked for. ``warn_after``, ``fail_after``: age of the last."""

    poll_cron: str
    warn_after: timedelta
    fail_after: timedelta


CADENCES: Mapping[str, Cadence] = {
    # The dump of an hour appears 40 to 100 minutes after it; two of them missing is a warning.
    "wiki": Cadence("*/15 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # These tell what is now: asked soon after the hour, again each quarter of an hour until there. The minutes are
    # apart, so that two cores and one database are not asked for everything at once.
    "trade_rss": Cadence("2-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "reddit": Cadence("4-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "google_news": Cadence("6-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "trends": Cadence("8-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # The last file of an hour appears some minutes after it.
    "gdelt_gkg": Cadence("10-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "newsapi": Cadence("11-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # The same minutes every hour: what its counters have grown by is put down to the hours between.
    "youtube": Cadence("9-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "metered_example": Cadence("12-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # Some hundred pages, one after the other.
    "scrape_news": Cadence("14-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # Every twelve hours where they are asked by themselves at all; a run of an actor takes minutes.
    "tt_cc": Cadence("1-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "tt_search": Cadence("3-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    "apify_tiktok": Cadence("5-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # By then its feeders are there, or this hour goes without them.
    "news": Cadence("20 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR),
    # Published promise: scores older than 6 hours are an alert.
    "heat_scores": Cadence("50 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # After what is shown.
    "robust_scores": Cadence("55 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # When its lake file is there; at this minute in any case, so that it is known why not.
    "wiki_spikes": Cadence("52 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # After robust_scores, which it starts from.
    "advanced_scores": Cadence("58 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # When the sources have had their time; the spikes of the lake come later, and have the hour made again.
    "discovery_candidates": Cadence("30 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # When the hour's candidates are there, and again whenever they are made again.
    "admissions": Cadence("54 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # After the night's last hour is scored; later in the day for what was re-scored meanwhile.
    "daily_heat": Cadence("15 1-23 * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    # After the scores that it looks at, and again when the spikes of the hour come.
    "entity_standings": Cadence("57 * * * *", warn_after=3 * _HOUR, fail_after=6 * _HOUR),
    # What a day's discoveries come to: like daily_heat, after it.
    "discoveries": Cadence("20 1-23 * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    "discovery_outcomes": Cadence("22 1-23 * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    "entity_roster": Cadence("25 * * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    # After the roster, which finds the ids that it asks for.
    "imdb_box_office": Cadence("35 * * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    # A day is made when it begins.
    "tentpoles": Cadence("5 * * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    # For whoever has joined since the day before; often for nobody.
    "wiki_history": Cadence("40 * * * *", warn_after=50 * _HOUR, fail_after=74 * _HOUR),
    # Only where a provider is used that tells its count.
    "budget_reconciliation": Cadence("45 0 * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
    "storage_maintenance": Cadence("10 0 * * *", warn_after=30 * _HOUR, fail_after=50 * _HOUR),
}
# Sources that an asset of another name asks.
_ASKED_BY = {"entity_discovery": "discovery_candidates", "advanced_scoring": "advanced_scores"}
# Of a source that sources.yml adds: after all that are named here.
_ADDED = Cadence("14-59/15 * * * *", warn_after=2 * _HOUR, fail_after=6 * _HOUR)


def cadence_of(source: str, configured: timedelta | None) -> Cadence:
    """The cadence of a source whose partitions are hours; ``configured`` is sources.yml's, None where it says nothing.

    A longer one asks at every nth hour only; it is whole hours that divide a day, as sources.yml is read.
    """
    default = CADENCES.get(_ASKED_BY.get(source, source), _ADDED)
    if configured is None or configured == _HOUR:
        return default
    hours = configured // _HOUR
    minutes = default.poll_cron.split()[0]
    hour_field = "0" if hours == _HOURS_A_DAY else f"*/{hours}"
    return Cadence(
        f"{minutes} {hour_field} * * *", default.warn_after + configured - _HOUR, default.fail_after + 2 * configured
    )


def next_tick(cron: str, earliest: datetime) -> datetime:
    """The first tick at or after ``earliest`` (UTC) of a cron line that names minutes and hours only."""
    minutes, hours, *days = cron.split()
    if days != ["*", "*", "*"]:
        raise ValueError(f"not a line of minutes and hours: {cron}")
    in_minutes, in_hours = _values(minutes, 60), _values(hours, 24)
    first = earliest.replace(second=0, microsecond=0)
    first += _MINUTE if first < earliest else timedelta()
    ticks = (first + number * _MINUTE for number in range(_MINUTES_A_DAY))
    return next(tick for tick in ticks if tick.minute in in_minutes and tick.hour in in_hours)


def _values(field: str, count: int) -> range:
    """``*``, ``7``, ``*/15``, ``2-59/15`` as the numbers they name."""
    span, _, step = field.partition("/")
    first, _, last = ("0", "", str(count - 1)) if span == "*" else span.partition("-")
    return range(int(first), int(last or first) + 1, int(step or 1))
