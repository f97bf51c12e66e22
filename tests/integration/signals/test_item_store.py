"""Items in a real database: whatever order captures and replays come in, the same rows come out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.entities.matcher import Match, Matches, Tie
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.signals.item_store import (
    CountedMention,
    ItemsWritten,
    forget_items,
    replace_counts,
    replace_items,
)
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.source_hours import SourceHour, record_hour

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = {"Maya": 1, "Kevin": 2}
TABLES = ("sightings", "items", "mentions", "mention_ties", "signals")


class WordMatcher:
    """Finds two names where they stand, and a third that could be either's."""

    def __init__(self, version: str = "1") -> None:
        self.version = version

    def match(self, text: str, *, topics: Collection[str] = ()) -> Matches:
        found = [
            Match(entity_id, name, text.index(name), text.index(name) + len(name), "unique", ("unique name",))
            for name, entity_id in NAMES.items()
            if name in text
        ]
        ties = (Tie("Sam", text.index("Sam"), text.index("Sam") + 3, (1, 2), "either"),) if "Sam" in text else ()
        return Matches(tuple(found), ties)


def counts(mentions: Sequence[CountedMention]) -> Mapping[str, float]:
    return {"mention_count": len(mentions), "score_sum": sum(mention.numbers["score"] for mention in mentions)}


def item(number: int, title: str = "Maya smiles", minutes: int | None = 0, score: float = 1.0) -> Item:
    """``minutes``: of publication, from NOON; None: undated."""
    published_at = None if minutes is None else NOON + timedelta(minutes=minutes)
    url = f"https://example.org/{number}"
    return Item(f"t3_{number}", "r/all", url, title, published_at=published_at, numbers={"score": score})


class Books:
    """A database in which captures arrive."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            for name, entity_id in NAMES.items():
                connection.execute(
                    sa.text("INSERT INTO entities (id, type, name) VALUES (:id, 'person', :name)"),
                    {"id": entity_id, "name": name},
                )

    def capture(self, hour: datetime, *items: Item, matcher: WordMatcher | None = None) -> ItemsWritten:
        with self.engine.begin() as connection:
            ensure_day_partitions(connection, "sightings", [hour])
            ensure_day_partitions(connection, "signals", HourRange(hour - 6 * HOUR, hour + 2 * HOUR))
        with self.engine.begin() as connection:
            written = replace_items(connection, "reddit", hour, items, matcher or WordMatcher())
            outcome = SourceHour("ok", is_complete=True, items=written.items, mentions=written.mentions)
            record_hour(connection, "reddit", hour, outcome, ended_at=hour + HOUR)
            replace_counts(connection, "reddit", written.changed_hours, counts)
        return written

    def rows(self, table: str) -> list[Any]:
        query = sa.text(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text")
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def everything(self) -> dict[str, list[Any]]:
        return {table: self.rows(table) for table in TABLES}

    def signals(self, metric: str = "mention_count") -> dict[tuple[int, int], float]:
        """By hours after NOON and entity."""
        query = sa.text("SELECT ts, entity_id, value FROM signals WHERE metric = :metric")
        with self.engine.connect() as connection:
            found = connection.execute(query, {"metric": metric}).all()
        return {((row.ts - NOON) // HOUR, row.entity_id): row.value for row in found}

    def clear(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {', '.join(TABLES)}, source_hours"))


@pytest.fixture
def books(engine: sa.Engine) -> Books:
    return Books(engine)


@pytest.fixture(scope="module")
def shared_books(shared_engine: sa.Engine) -> Books:
    return Books(shared_engine)


def test_an_item_that_several_captures_hold_counts_once(books: Books) -> None:
    books.capture(NOON, item(1, minutes=10))
    books.capture(NOON + HOUR, item(1, minutes=10), item(2, "Kevin and Maya", minutes=70))
    assert books.signals() == {(0, 1): 1.0, (1, 1): 1.0, (1, 2): 1.0}
    assert len(books.rows("mentions")) == 3


def test_scores_and_comments_follow_the_newest_capture_and_words_the_first(books: Books) -> None:
    books.capture(NOON, item(1, "Maya smiles", minutes=10, score=3))
    books.capture(NOON + HOUR, item(1, "Kevin smiles", minutes=10, score=40))
    assert books.signals("score_sum") == {(0, 1): 40.0}
    books.capture(NOON, item(1, "Maya smiles", minutes=10, score=3))  # a replay of the older one changes nothing
    assert books.signals("score_sum") == {(0, 1): 40.0}


def test_an_item_seen_too_late_is_stored_and_counted_nowhere(books: Books) -> None:
    written = books.capture(NOON, item(1, minutes=-7 * 60))
    assert (written.late, books.signals()) == (1, {})
    assert [row["counted_ts"] for row in books.rows("items")] == [None]


def test_an_hour_that_was_never_captured_stays_a_gap_though_later_captures_show_parts_of_it(books: Books) -> None:
    books.capture(NOON + 2 * HOUR, item(1, minutes=10), item(2, minutes=130))
    assert books.signals() == {(2, 1): 1.0}
    books.capture(NOON, item(1, minutes=10))
    assert books.signals() == {(0, 1): 1.0, (2, 1): 1.0}


def test_a_capture_made_again_with_less_takes_back_what_it_no_longer_shows(books: Books) -> None:
    books.capture(NOON, item(1, minutes=10), item(2, "Sam or Kevin", minutes=20))
    assert len(books.rows("mention_ties")) == 1
    books.capture(NOON, item(1, minutes=10))
    assert books.signals() == {(0, 1): 1.0}
    assert (len(books.rows("items")), books.rows("mention_ties")) == (1, [])


def test_an_undated_item_keeps_its_first_hour_even_when_retention_has_dropped_the_sighting(books: Books) -> None:
    books.capture(NOON, item(1, minutes=None))
    a_day_later = NOON + 24 * HOUR
    with books.engine.begin() as connection:
        assert forget_items(connection, sightings_before=a_day_later, items_before=NOON) == (1, 0)
    assert books.rows("sightings") == []
    books.capture(a_day_later, item(1, minutes=None))
    assert books.signals() == {(0, 1): 1.0}


def test_items_not_seen_for_long_are_forgotten_with_their_mentions(books: Books) -> None:
    books.capture(NOON, item(1, minutes=10))
    books.capture(NOON + HOUR, item(2, minutes=70))
    with books.engine.begin() as connection:
        assert forget_items(connection, sightings_before=NOON, items_before=NOON + HOUR) == (0, 1)
    assert [row["item_id"] for row in books.rows("mentions")] == ["t3_2"]


def test_other_names_or_rules_read_what_is_seen_again(books: Books) -> None:
    books.capture(NOON, item(1, minutes=10))
    with books.engine.begin() as connection:
        connection.execute(sa.text("UPDATE mentions SET alias = 'an old name'"))
    books.capture(NOON, item(1, minutes=10))
    assert [row["alias"] for row in books.rows("mentions")] == ["an old name"], "read once, while nothing changed"
    books.capture(NOON, item(1, minutes=10), matcher=WordMatcher("2"))
    assert [row["alias"] for row in books.rows("mentions")] == ["Maya"]


def test_an_item_without_a_title_stops_the_write_and_nothing_is_lost(books: Books) -> None:
    books.capture(NOON, item(1, minutes=10))
    before = books.everything()
    with pytest.raises(ChecksFailedError, match="an item has no title or no link in 1 of 2"):
        books.capture(NOON, item(1, minutes=10), item(2, title="", minutes=10))
    assert books.everything() == before


ITEMS = st.builds(
    item,
    number=st.integers(1, 6),
    title=st.sampled_from(["Maya smiles", "Kevin and Maya", "Nobody", "Sam waits"]),
    minutes=st.none() | st.integers(-10 * 60, 12 * 60),
    score=st.integers(0, 9).map(float),
)
CAPTURES = st.dictionaries(st.integers(0, 9), st.lists(ITEMS, max_size=5), min_size=1, max_size=5)


@given(captures=CAPTURES, data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_captures_and_replays_does_not_matter(
    shared_books: Books, captures: dict[int, list[Item]], data: st.DataObject
) -> None:
    results = []
    in_order = sorted(captures)
    replays = data.draw(st.lists(st.sampled_from(in_order), max_size=3))
    for order in (in_order, data.draw(st.permutations([*in_order, *replays]))):
        shared_books.clear()
        for number in order:
            shared_books.capture(NOON + number * HOUR, *captures[number])
        results.append(shared_books.everything())
    assert results[0] == results[1]
    counted = [(row["item_id"], row["counted_ts"]) for row in results[0]["items"]]
    assert len(counted) == len({item_id for item_id, _ in counted}), "each item counts in one hour at most"
    total = sum(row["value"] for row in results[0]["signals"] if row["metric"] == "mention_count")
    assert total <= len(results[0]["mentions"])
