"""Eight hours of every source of texts: in whatever order their captures are read the tables are the same, and what is
counted is what the simulator's authors meant."""

import base64
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from collecting import CollectingInstallation, fresh_database
from simulated import NOW, roster

from etheatmap_assets.sources.news import FEEDERS, NewsCollector
from etheatmap_core.config import load_config
from etheatmap_core.config.model import RequestRate
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.hours import HOUR, floor_hour
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.items import Item
from etheatmap_sim.testing import serve

TEXTS = ("reddit", "trade_rss", "google_news", "gdelt_gkg")
SUBREDDITS = ("movies", "television", "entertainment")
SEARCHES = RequestRate(30, 3600)  # an hour: the rest is deferred
HOURS = 8
DERIVED = ("mentions", "mention_ties", "items", "sightings", "signals", "source_hours", "trade_mentions")


class Evening(NamedTuple):
    """Eight hours, collected one after the other, as they came."""

    place: CollectingInstallation
    hours: tuple[datetime, ...]
    made: Mapping[str, Any]


@pytest.fixture(scope="module")
def evening(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Evening]:
    with serve(roster(), NOW) as simulator, fresh_database(postgres, migrated_template) as database_url:
        place = CollectingInstallation(tmp_path_factory.mktemp("evening"), database_url, simulator)
        place.feeds = [outlet.name for outlet in load_config(place.configs).outlets]
        place.overrides["reddit_target_subs"] = SUBREDDITS
        first, hours = parse_instant(NOW), []
        for number in range(HOURS):
            place.go_to(first + number * HOUR)
            hours.append(place.hour)
            _collect(place, place.hour)
        yield Evening(place, tuple(hours), _made(place))
        place.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_captures_read_in_any_order_make_the_same_tables(evening: Evening, seed: int) -> None:
    place = evening.place
    _empty(place)
    assert not any(any(tables.values()) for tables in _made(place).values())
    place.go_to(parse_instant(NOW) + timedelta(days=3))
    place.requests()
    captures = [(source, hour) for source in TEXTS for hour in evening.hours]
    random.Random(seed).shuffle(captures)
    for source, hour in captures:
        assert place.collect(source, hour) is None
    for hour in random.Random(seed).sample(evening.hours, HOURS):
        _write_news(place, hour)
    assert place.requests() == {}
    assert _made(place) == evening.made


class Told(NamedTuple):
    """An item as its author meant it. ``hour``: the one it is to be counted in; None where its date is wrong."""

    names: frozenset[str]
    hour: datetime | None
    is_looked_at: bool  # where it appeared the source reads everything


class Quality(NamedTuple):
    precision: float
    recall: float
    right_hours: float


# Measured were 0.995 and 0.978 for reddit, 1 and 0.992 for google_news, 1 and 1 for the others. How well names are
# found in real texts is judged elsewhere (make eval-matching).
LEAST = Quality(precision=0.98, recall=0.95, right_hours=1.0)


@pytest.mark.parametrize("source", TEXTS)
def test_what_is_counted_is_what_was_meant(evening: Evening, source: str) -> None:
    place, hours = evening.place, evening.hours
    told = _told(place, source, hours[0], hours[-1] + HOUR)
    counted = {
        (_key(source, row), row.name): row.counted_ts
        for row in place.query(
            "SELECT item_id, url, name, counted_ts FROM items JOIN mentions USING (source, item_id)"
            " JOIN entities ON id = entity_id WHERE source = :s AND counted_ts = ANY(:hours)",
            s=source, hours=list(hours),
        )
    }  # fmt: skip
    judged = {pair: hour for pair, hour in counted.items() if pair[0] in told}
    meant = {(key, name): one.hour for key, one in told.items() if one.is_looked_at for name in one.names}
    right = {(key, name) for key, name in judged if name in told[key].names}
    found = judged.keys() & meant.keys()
    dated = [(key, name) for key, name in right if told[key].hour is not None]
    right_hours = sum(judged[key, name] == told[key].hour for key, name in dated)
    measured = Quality(len(right) / len(judged), len(found) / len(meant), right_hours / len(dated))
    assert len(meant) > 20
    assert all(map(float.__ge__, measured, LEAST)), measured


def _told(place: CollectingInstallation, source: str, start: datetime, end: datetime) -> dict[str, Told]:
    """What appeared in these hours where the source looks, by its key."""
    channels = ("google_news", "trade_rss") if source == "google_news" else (source,)
    tracked = {entity.name for entity in load_config(place.configs).entities}
    told = {}
    for item in (item for channel in channels for item in place.simulator.said(channel, start - 3 * HOUR, end)):
        for where in (item.place, item.also_in):
            shown_at = item.shown_in(where) if where else None
            if where and shown_at and start <= shown_at < end:
                names = frozenset(named.name for named in item.entities) & tracked
                is_dated = not item.is_undated and not item.dated_ahead
                hour = floor_hour(shown_at) if is_dated else None
                told[_link(source, item, where)] = Told(names, hour, source != "reddit" or where in SUBREDDITS)
    return told


def _link(source: str, item: Item, where: str) -> str:
    if source == "reddit":
        return item.id
    link = item.link_in(where)
    return base64.urlsafe_b64encode(link.encode()).decode().rstrip("=") if source == "google_news" else link


def _key(source: str, row: Any) -> str:
    if source == "reddit":
        return str(row.item_id)
    return str(row.url).partition("CBMi")[2].partition("?")[0] if source == "google_news" else str(row.url)


def _collect(place: CollectingInstallation, hour: datetime) -> None:
    for source in TEXTS:
        limits = {"requests": SEARCHES, "burst": SEARCHES.requests} if source == "google_news" else {}
        assert place.collect(source, hour, **limits) is None
    _write_news(place, hour)


def _write_news(place: CollectingInstallation, hour: datetime) -> None:
    with place.kit() as kit:
        NewsCollector(kit, FEEDERS).collect(hour)


def _made(place: CollectingInstallation) -> dict[str, Any]:
    """What the captures have become; not since when rows are there."""
    made: dict[str, Any] = {source: place.made(source) for source in (*TEXTS, "news")}
    return {**made, "trades": {"trade_mentions": place.rows("trade_mentions")}}


def _empty(place: CollectingInstallation) -> None:
    with place.engine.begin() as connection:
        for table in DERIVED:
            connection.execute(sa.text(f"DELETE FROM {table}"))
