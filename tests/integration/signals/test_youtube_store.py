"""YouTube's growth in a real database: in whatever order captures and replays come, the same signals come out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.signals.item_store import forget_items, replace_items
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.source_hours import SourceHour, record_hour
from etheatmap_core.signals.youtube_growth import FALL_CHECK, SEEN_AT
from etheatmap_core.signals.youtube_store import videos_to_watch, write_growth

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = {"Maya Rudolph": 1, "Kevin Hart": 2}
ENTITIES = [Tracked(entity_id, name, "person", "film", None) for name, entity_id in NAMES.items()]
MATCHER = Matcher([MatchEntity(entity_id, name, "person", "film", ()) for name, entity_id in NAMES.items()], [])
TABLES = ("sightings", "items", "mentions", "signals")
Views = Mapping[str, int]


def item(video: str, views: int, days_old: int, seen_at: datetime) -> Item:
    """``m1``, ``m2``, ... name Maya, ``k...`` Kevin, ``both`` both."""
    title = {"m": "Maya Rudolph smiles", "k": "Kevin Hart smiles", "b": "Maya Rudolph and Kevin Hart smile"}[video[0]]
    published_at = NOON - timedelta(days=days_old)
    numbers = {"view_count": float(views), "like_count": float(views // 10), "comment_count": 1.0}
    numbers[SEEN_AT] = seen_at.timestamp()
    return Item(video, f"UC{video[0]}", f"https://youtu.be/{video}", title, published_at=published_at, numbers=numbers)


class Books:
    """A database in which captures arrive, told by hours after noon."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            for name, entity_id in NAMES.items():
                connection.execute(
                    sa.text("INSERT INTO entities (id, type, name) VALUES (:id, 'person', :name)"),
                    {"id": entity_id, "name": name},
                )

    def capture(self, number: int, views: Views, days_old: int = 1, late: int = 0) -> dict[str, CheckResult]:
        """``late``: minutes after the end of the hour."""
        hour = NOON + number * HOUR
        seen_at = hour + HOUR + timedelta(minutes=late)
        items = [item(video, count, days_old, seen_at) for video, count in views.items()]
        with self.engine.begin() as connection:
            ensure_day_partitions(connection, "sightings", [hour])
            ensure_day_partitions(connection, "signals", HourRange(hour - 6 * HOUR, hour + 2 * HOUR))
        with self.engine.begin() as connection:
            written = replace_items(connection, "youtube", hour, items, MATCHER)
            outcome = SourceHour("ok", is_complete=True, items=written.items, mentions=written.mentions)
            record_hour(connection, "youtube", hour, outcome, ended_at=hour + HOUR)
            checks = write_growth(connection, hour)
        return {check.name: check for check in checks}

    def watched(self, number: int, *entities: Tracked) -> list[str]:
        with self.engine.connect() as connection:
            return videos_to_watch(connection, NOON + number * HOUR, entities or ENTITIES)

    def everything(self) -> dict[str, list[Any]]:
        with self.engine.connect() as connection:
            return {
                table: list(
                    connection.scalars(sa.text(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text"))
                )
                for table in TABLES
            }

    def signals(self, metric: str = "view_count") -> dict[tuple[int, int], float]:
        """By hours after noon and entity."""
        query = sa.text("SELECT ts, entity_id, value FROM signals WHERE source = 'youtube' AND metric = :metric")
        with self.engine.connect() as connection:
            found = connection.execute(query, {"metric": metric}).all()
        return {((row.ts - NOON) // HOUR, row.entity_id): row.value for row in found}

    def clear(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {', '.join(TABLES)}, mention_ties, source_hours"))


@pytest.fixture
def books(engine: sa.Engine) -> Books:
    return Books(engine)


@pytest.fixture(scope="module")
def shared_books(shared_engine: sa.Engine) -> Books:
    return Books(shared_engine)


def test_an_hour_is_what_the_counters_of_its_videos_have_grown_by(books: Books) -> None:
    books.capture(0, {"m1": 100, "both": 1_000})
    assert books.signals() == {}, "seen once, nothing is known yet"
    books.capture(1, {"m1": 130, "both": 1_500, "k1": 9_999})
    assert books.signals() == {(1, 1): 530.0, (1, 2): 500.0}
    assert books.signals("video_count") == {(1, 1): 2.0, (1, 2): 1.0}
    assert books.signals("unique_channels")[1, 1] == 2.0


def test_an_hour_that_was_missed_gets_its_share_and_more_exactly_when_it_comes_after_all(books: Books) -> None:
    books.capture(0, {"m1": 100})
    books.capture(3, {"m1": 400})
    assert books.signals() == {(1, 1): 100.0, (2, 1): 100.0, (3, 1): 100.0}
    books.capture(1, {"m1": 300})
    assert books.signals() == {(1, 1): 200.0, (2, 1): 50.0, (3, 1): 50.0}


def test_the_hour_after_a_late_capture_is_made_of_the_steps_on_both_sides_of_it_in_any_order(books: Books) -> None:
    captures = {0: (0, 0), 6: (6_500, 30), 12: (6_500, 30), 13: (7_000, 0)}  # views, minutes
    told = {**dict.fromkeys(range(1, 7), 1_000.0), 7: 500.0, **dict.fromkeys(range(8, 13), 0.0), 13: 500.0}
    for order in permutations(captures):
        books.clear()
        for number in order:
            views, late = captures[number]
            books.capture(number, {"m1": views}, late=late)
        assert {hour: value for (hour, _), value in books.signals().items()} == told, order


def test_after_a_standstill_the_first_hour_is_no_spike(books: Books) -> None:
    books.capture(0, {"m1": 100})
    books.capture(8, {"m1": 1_000_000})
    assert books.signals() == {}
    books.capture(9, {"m1": 1_000_010})
    assert books.signals() == {(9, 1): 10.0}


def test_a_capture_that_no_longer_shows_a_video_takes_its_growth_back(books: Books) -> None:
    books.capture(0, {"m1": 100})
    books.capture(1, {"m1": 130})
    books.capture(1, {"k1": 5})
    assert books.signals() == {}


def test_views_that_are_taken_back_are_told_and_never_negative(books: Books) -> None:
    books.capture(0, {"m1": 100})
    checks = books.capture(1, {"m1": 90})
    assert books.signals() == {(1, 1): 0.0}
    assert (checks[FALL_CHECK.name].passed, checks["counts_not_negative"].passed) == (False, True)


def test_what_retention_has_dropped_stays_as_it_was_counted(books: Books) -> None:
    for number in (0, 1, 2):
        books.capture(number, {"m1": 100 + 10 * number})
    before = books.signals()
    with books.engine.begin() as connection:
        later = NOON + timedelta(days=2)
        assert forget_items(connection, sightings_before=later, items_before=NOON - timedelta(days=1))[0] == 1
    books.capture(1, {"m1": 110})  # replayed from the archive; the sightings beside it are gone
    assert books.signals() == before == {(1, 1): 10.0, (2, 1): 10.0}


def test_watched_are_videos_of_a_week_the_most_watched_of_each_first(books: Books) -> None:
    books.capture(0, {"m1": 100, "m2": 900, "k1": 5})
    books.capture(1, {"m3": 7}, days_old=8)
    assert books.watched(2) == ["m2", "k1", "m1"]
    assert books.watched(2, *ENTITIES[:1]) == ["m2", "m1"]
    assert books.watched(0) == [], "of an hour itself nothing is known before it"
    assert books.watched(7 * 24) == []


def test_watched_is_the_same_at_each_attempt_at_an_hour(books: Books) -> None:
    books.capture(0, {"m1": 100, "m2": 90})
    before = books.watched(1)
    books.capture(1, {"m2": 5_000, "m3": 1})
    assert books.watched(1) == before == ["m1", "m2"]
    assert books.watched(2) == ["m2", "m1", "m3"]


SEEN = st.dictionaries(st.sampled_from(["m1", "m2", "k1", "both"]), st.integers(0, 500), max_size=4)
CAPTURES = st.dictionaries(st.integers(-8, 8), st.tuples(SEEN, st.integers(0, 59)), min_size=1, max_size=5)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(captures=CAPTURES, data=st.data())
def test_captures_and_replays_in_any_order_give_the_same_rows(
    shared_books: Books, captures: dict[int, tuple[dict[str, int], int]], data: st.DataObject
) -> None:
    results = []
    in_order = sorted(captures)
    for order in (in_order, data.draw(st.permutations([*in_order, in_order[0]]))):
        shared_books.clear()
        for number in order:
            views, late = captures[number]
            shared_books.capture(number, views, late=late)
        results.append(shared_books.everything())
    assert results[0] == results[1]
