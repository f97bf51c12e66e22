"""A day and a night of all sources with bad days of their upstreams at random, beside an installation without any.

SOAK=1 plays it: 24 hours, a tick a quarter of an hour as the automation has it, within the limits of the product.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
import stamina
from collecting import DAILY, HOURLY, CollectingInstallation, fresh_database
from simulated import FREE_SOURCES, NOW, roster

from etheatmap_assets.sources.news import FEEDERS, NewsCollector
from etheatmap_core.config import load_config
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.source_hours import SourceHour
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import Simulator, serve

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("SOAK"), reason="takes minutes: make soak"),
]
SEED, HOURS, TICKS = 20261120, 24, (5, 20, 35, 50)
CATCH_UP_HOURS = 6  # as far back as the automation asks an upstream that keeps its files
STRUCK_SHARE = 0.35  # of the upstreams, each tick
OUTAGES = {"feeds": range(8, 10), "gdelt": range(14, 16)}  # whole hours, beside the bad luck
UPSTREAMS = ("dumps", "trends", "trends_rss", "reddit", "feeds", "google_news", "gdelt")
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"kind": "latency", "seconds": 0.2},
    {"kind": "status", "status": 429, "retry_after": 0},
    {"kind": "status", "status": 429, "retry_after": 1200},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 403},
    {"kind": "reset"},
    {"kind": "truncate"},
    {"kind": "drip", "seconds": 0.2},
    {"kind": "malformed"},
    {"kind": "encoding"},
    {"kind": "empty"},
    {"kind": "html"},
    {"kind": "corrupt"},
)
KEEPING = tuple(name for name in FREE_SOURCES if name == "wiki" or not HOURLY[name].is_now_only)
NOW_ONLY = tuple(name for name in FREE_SOURCES if name not in KEEPING)
# Asked half an hour later, the newest posts of all of Reddit no longer reach back to where the hour began.
AGREE = {"reddit": 0.95}
COUNTS = ("mention_count", "gkg_mentions", "views", "headline_count")


class Days(NamedTuple):
    """The same hours, with bad days and without."""

    disturbed: CollectingInstallation
    undisturbed: CollectingInstallation
    hours: tuple[datetime, ...]
    ordered: Counter[str]


@pytest.fixture(scope="module")
def days(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Days]:
    with (
        stamina.set_testing(True, attempts=2, cap=True),  # retries as in earnest, without the waiting
        serve(roster(), NOW) as simulator,
        fresh_database(postgres, migrated_template) as one_url,
        fresh_database(postgres, migrated_template) as other_url,
    ):
        # What does not fit waits for the next tick: the clock stands still within one.
        one = CollectingInstallation(tmp_path_factory.mktemp("disturbed"), one_url, simulator, max_wait_seconds=0)
        other = CollectingInstallation(tmp_path_factory.mktemp("undisturbed"), other_url, simulator, max_wait_seconds=0)
        dice, ordered, hours = random.Random(SEED), Counter[str](), []
        for place in (one, other):
            place.feeds = [outlet.name for outlet in load_config(place.configs).outlets]
            place.go_to(parse_instant(NOW) - timedelta(days=1))
            assert place.collect(DAILY) is None
        for number in range(HOURS):
            start = parse_instant(NOW).replace(minute=0) + number * HOUR
            hours.append(start - HOUR)
            _tick(other, start + timedelta(minutes=TICKS[0]), hours)
            for minute in TICKS:
                for upstream, down in OUTAGES.items():
                    if number in down:
                        simulator.order(upstream, "status", status=503)
                ordered += _strike(simulator, dice)
                _tick(one, start + timedelta(minutes=minute), hours)
                simulator.clear_faults()
        for place in (one, other):  # the last hour may have been missed too
            place.go_to(place.now + timedelta(minutes=20))
            for source in KEEPING:
                _make_up(place, source, hours)
        yield Days(one, other, tuple(hours), ordered)
        one.close()
        other.close()


@pytest.mark.parametrize("source", KEEPING)
def test_of_an_upstream_that_keeps_its_files_every_hour_is_what_it_would_have_been(days: Days, source: str) -> None:
    assert {days.disturbed.outcome(source, hour) for hour in days.hours} == {
        days.undisturbed.outcome(source, hour) for hour in days.hours
    }
    assert all(_outcome(days.disturbed, source, hour).is_complete for hour in days.hours)
    assert days.disturbed.made(source) == days.undisturbed.made(source)


@pytest.mark.parametrize("source", NOW_ONLY)
def test_of_an_upstream_that_only_tells_now_every_hour_is_whole_or_says_what_is_missing(
    days: Days, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = {hour: _outcome(days.disturbed, source, hour) for hour in days.hours}
    assert all(one.is_complete or one.reason for one in outcomes.values())
    made = {hour for hour, one in outcomes.items() if one.is_made}
    assert made
    stored = days.disturbed.query("SELECT DISTINCT ts FROM sightings WHERE source = :s", s=source)
    assert {row.ts for row in stored} <= made, "rows of an hour that failed"
    assert source != "trade_rss" or len(made) < HOURS, "an outage of two hours leaves a gap"
    pairs, same = _agreement(days, source)
    told = Counter(one.state + ("" if one.is_complete or not one.is_made else ", in part") for one in outcomes.values())
    with capsys.disabled():
        print(f"\n{source}: {dict(told)}; {same} of {pairs} counts of whole hours as without bad days")
    assert same >= AGREE.get(source, 1.0) * pairs


def test_no_zero_stands_for_a_failure(days: Days, capsys: pytest.CaptureFixture[str]) -> None:
    zeros = days.disturbed.query(
        "SELECT source, ts, metric FROM signals WHERE value = 0 AND metric = ANY(:counts)", counts=list(COUNTS)
    )
    assert not zeros
    doubled = days.disturbed.query("SELECT source, item_id FROM items GROUP BY 1, 2 HAVING count(*) > 1")
    assert not doubled
    requests = {
        name: place.query("SELECT count(*) AS n FROM audit_logs WHERE event IN ('fetch', 'rate limited')")[0].n
        for name, place in (("with", days.disturbed), ("without", days.undisturbed))
    }
    quarantined = days.disturbed.query("SELECT count(*) AS n FROM captures WHERE state = 'quarantined'")[0].n
    with capsys.disabled():
        print(f"\nbad days: {dict(days.ordered)}; requests {requests}; {quarantined} answers quarantined")


def _strike(simulator: Simulator, dice: random.Random) -> Counter[str]:
    """Some upstreams have a bad quarter of an hour, or a few bad answers."""
    ordered = Counter[str]()
    for upstream in UPSTREAMS:
        if dice.random() < STRUCK_SHARE:
            fault, count = dice.choice(FAULTS), dice.choice((None, 1, 3))
            simulator.order(upstream, count=count, **fault)
            ordered[f"{fault['kind']} {fault.get('status', '')}".strip()] += 1
    return ordered


def _tick(place: CollectingInstallation, now: datetime, hours: list[datetime]) -> None:
    """What the automation does in this quarter of an hour: what is whole is left alone."""
    place.go_to(now)
    for source in NOW_ONLY:
        _make_up(place, source, [place.hour])
    for source in KEEPING:
        _make_up(place, source, hours)
    if any(_is_made(place, feeder, place.hour) for feeder in FEEDERS):
        with place.kit() as kit:
            NewsCollector(kit, FEEDERS).collect(place.hour)


def _make_up(place: CollectingInstallation, source: str, hours: list[datetime]) -> None:
    for hour in hours[-CATCH_UP_HOURS:]:
        outcome = place.outcome(source, hour)
        if outcome is None or not outcome.is_complete:
            place.collect(source, hour)


def _is_made(place: CollectingInstallation, source: str, hour: datetime) -> bool:
    outcome = place.outcome(source, hour)
    return outcome is not None and outcome.is_made


def _outcome(place: CollectingInstallation, source: str, hour: datetime) -> SourceHour:
    outcome = place.outcome(source, hour)
    assert outcome is not None, f"nobody knows what became of {source} at {hour}"
    return outcome


def _agreement(days: Days, source: str) -> tuple[int, int]:
    """Mentions a name and hour, over hours whole in both; how many there are, and how many are the same.

    Of items that count when their outlet has dated them: the others count when they were first seen, which is later
    after a bad quarter of an hour. Without the last hour: an answer of the hour before that is younger than its time
    to live stands for it, and the articles since then come with the next one.
    """
    whole = [
        hour
        for hour in days.hours[:-1]
        if all(_outcome(place, source, hour).is_complete for place in (days.disturbed, days.undisturbed))
    ]
    counts = [
        {(row.entity_id, row.counted_ts): row.n for row in place.query(
            "SELECT entity_id, counted_ts, count(*) AS n FROM items JOIN mentions USING (source, item_id)"
            " WHERE source = :s AND counted_ts = ANY(:hours) AND date_trunc('hour', published_at) = counted_ts"
            " GROUP BY 1, 2", s=source, hours=whole,
        )}
        for place in (days.disturbed, days.undisturbed)
    ]  # fmt: skip
    keys = counts[0].keys() | counts[1].keys()
    return len(keys), sum(counts[0].get(key) == counts[1].get(key) for key in keys)
