"""What the day has become: read from our database, the books, Dagster's storage the simulator. Nothing is judged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dagster import DagsterRunStatus, RunsFilter

from etheatmap_core.budget.model import TOTAL, Unit
from etheatmap_core.budget.plan import plan
from etheatmap_core.config import Config
from etheatmap_core.config.installed import installed_config
from etheatmap_core.config.model import RequestRate, SourceLimits
from etheatmap_core.database.engine import create_engine
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from load.installation import MIDNIGHT, Installation

_DAY = timedelta(days=1)
_SENT = "(event IN ('fetch', 'rate limited') OR event = 'cache hit' AND status = '304')"
_ENDED = sa.text("""
    SELECT source, ts, state, is_complete, questions, answered, deferred, mentions, reason FROM source_hours
    WHERE ts >= :first AND ts < :last ORDER BY source, ts""")
_REQUESTS = sa.text(f"SELECT source, ts FROM audit_logs WHERE {_SENT}")
_SPENT = sa.text("""
    SELECT l.provider, l.unit, l.period, l.limit_units, coalesce(sum(p.spent_units), 0)::bigint AS spent_units,
           coalesce(sum(p.reserved_units), 0)::bigint AS reserved_units,
           count(*) FILTER (WHERE p.spent_units + p.reserved_units > l.limit_units) AS passed
    FROM budget_limits l LEFT JOIN budget_periods p USING (provider) GROUP BY l.provider ORDER BY l.provider""")
_COST = sa.text("""
    SELECT r.asset, sum(s.units)::bigint AS units, count(*) FILTER (WHERE r.state = 'lost') AS lost
    FROM budget_reservations r JOIN budget_settlements s ON s.reservation_id = r.id GROUP BY r.asset""")
_SCORED = sa.text("SELECT DISTINCT ts FROM scores WHERE model = 'mvp' AND ts >= :first AND ts < :last")
_ENTITIES = sa.text("SELECT count(*) FROM entities WHERE is_active")
_OF_TODAY = ("tentpoles",)  # the others tell of the day before


@dataclass
class SourceDay:
    """A source, in the partitions that were due in the measured hours."""

    name: str
    due: int
    made: int = 0
    whole: int = 0
    states: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    answered: int = 0
    deferred: int = 0
    mentions: int = 0
    requests: int = 0
    busiest: int = 0  # requests in one period of the limit
    limit: RequestRate | None = None
    most: int = 0  # requests that the limit lets through in one such period
    units: int | None = None  # None: it costs nothing
    unit: Unit = "requests"
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ProviderDay:
    provider: str
    unit: Unit
    period: str
    spent: int
    reserved: int
    planned: int  # by `budget --plan`, for as many hours
    limit: int
    is_passed: bool


@dataclass(frozen=True)
class Figures:
    hours: int
    entities: int
    sources: tuple[SourceDay, ...]
    providers: tuple[ProviderDay, ...]
    upstreams: Mapping[str, int]  # requests, as the simulator has counted them
    runs: int
    failures: Mapping[str, int]  # runs that failed, by what they should have made
    scored: int
    score_hours: int


def read_figures(installation: Installation, hours: int) -> Figures:
    """Of the partitions that became due between midnight and ``hours`` later."""
    settings = installation.platform.settings
    config = installed_config(settings)
    engine = create_engine(installation.platform.database_url)
    try:
        with engine.connect() as connection:
            sources = _sources(connection, config, known_sources(config, settings), hours)
            span = {"first": MIDNIGHT - HOUR, "last": MIDNIGHT + (hours - 1) * HOUR}
            scored = len(connection.execute(_SCORED, span).all())
            providers = tuple(_providers(connection, config, hours))
            entities = int(connection.execute(_ENTITIES).scalar_one())
    finally:
        engine.dispose()
    runs = installation.instance.get_runs()
    failed = installation.instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.FAILURE]))
    failures = Counter(
        ",".join(sorted(key.to_user_string() for key in run.asset_selection or ())) or run.job_name for run in failed
    )
    return Figures(
        hours, entities, tuple(sources), providers, installation.requests(), len(runs), failures, scored, hours
    )


def _sources(connection: sa.Connection, config: Config, known: tuple[KnownSource, ...], hours: int) -> list[SourceDay]:
    days = {source.name: _day(source, config, hours) for source in known if source.is_asked and source.interval}
    span = {"first": MIDNIGHT - _DAY, "last": MIDNIGHT + hours * HOUR}
    due = {source.name: _due(source, hours) for source in known}
    for row in connection.execute(_ENDED, span):
        if row.source in days and row.ts in due[row.source]:
            _add(days[row.source], row)
            due[row.source].discard(row.ts)
    for name, day in days.items():
        day.missing += [f"{ts:%Y-%m-%d %H:00}: nobody tried" for ts in sorted(due[name])]
    sent: dict[str, list[datetime]] = {name: [] for name in days}
    for row in connection.execute(_REQUESTS):
        sent.get(row.source, []).append(row.ts)
    for name, day in days.items():
        day.requests = len(sent[name])
        day.busiest = 0 if day.limit is None else busiest(sent[name], day.limit.period_seconds)
    for row in connection.execute(_COST):
        if row.asset in days:
            days[row.asset].units = (days[row.asset].units or 0) + row.units
    return list(days.values())


def _day(source: KnownSource, config: Config, hours: int) -> SourceDay:
    limits, use = config.limits.get(source.name), config.budgets.uses.get(source.name)
    return SourceDay(
        source.name,
        due=len(_due(source, hours)),
        limit=limits.requests if limits else None,
        most=_most(limits) if limits else 0,
        units=0 if use else None,
        unit=config.budgets.providers[use.provider].unit if use else "requests",
    )


def busiest(sent: Iterable[datetime], period_seconds: int) -> int:
    """The most requests in one of the clock's periods."""
    return max(Counter(ts.timestamp() // period_seconds for ts in sent).values(), default=0)


def _most(limits: SourceLimits) -> int:
    """A quota of an hour or day lets through its number; a bucket that refills (http.md), what was in it too."""
    rate = limits.requests
    is_quota = timedelta(seconds=rate.period_seconds) >= HOUR
    return rate.requests if is_quota else rate.requests + (limits.burst or rate.requests)


def _due(source: KnownSource, hours: int) -> set[datetime]:
    """The partitions that its cadence makes due in the measured hours: the newest full one at each turn."""
    if source.interval is None:
        return set()
    if source.partition >= _DAY:
        return {MIDNIGHT if source.name in _OF_TODAY else MIDNIGHT - _DAY}
    turns = (MIDNIGHT + number * HOUR for number in range(hours))
    every = source.interval // HOUR
    return {turn - HOUR for turn in turns if turn.hour % every == 0}


def _add(day: SourceDay, row: Any) -> None:
    day.states[row.state] += 1
    if row.state in ("ok", "empty"):
        day.made += 1
        day.whole += row.is_complete
    else:
        day.missing.append(f"{row.ts:%Y-%m-%d %H:00}: {row.state}, {row.reason}")
    day.questions += row.questions
    day.answered += row.answered
    day.deferred += row.deferred
    day.mentions += row.mentions


def _providers(connection: sa.Connection, config: Config, hours: int) -> list[ProviderDay]:
    planned = {
        provider.budget.provider: sum(
            use.units_a_partition * -(-hours * HOUR // max(use.cadence, HOUR))
            for use in provider.uses
            if use.is_enabled and use.cadence is not None
        )
        for provider in plan(config).providers
    }
    planned[TOTAL] = sum(
        planned[budget.provider] for budget in config.budgets.providers.values() if budget.unit == "usd_micros"
    )
    return [
        ProviderDay(
            row.provider, row.unit, row.period, row.spent_units, row.reserved_units, planned.get(row.provider, 0),
            row.limit_units, row.passed > 0,
        )
        for row in connection.execute(_SPENT)
    ]  # fmt: skip
