"""News in a real database: each story once, whichever feed it came by and in whatever order the captures came."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.entities.matcher import Match, Matches
from etheatmap_core.errors import ChecksFailedError, NotPublishedYetError
from etheatmap_core.hours import HOUR
from etheatmap_core.signals import news
from etheatmap_core.signals.item_store import forget_items, replace_items
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.news import NewsWritten, record_trade_mentions, write_news
from etheatmap_core.signals.source_hours import SourceHour, hour_outcome, record_hour

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = {"Maya": 1, "Kevin": 2}
FEEDERS = ("trade_rss", "google_news")
TIERS = {"variety": 1, "deadline": 2, "people": 2}


class WordMatcher:
    version = "1"

    def match(self, text: str, *, topics: Collection[str] = ()) -> Matches:
        return Matches(
            tuple(
                Match(entity_id, name, text.index(name), text.index(name) + len(name), "unique", ("unique name",))
                for name, entity_id in NAMES.items()
                if name in text
            ),
            (),
        )


def article(title: str, minutes: int | None = 0, outlet: str = "Variety", link: str = "") -> Item:
    """``minutes``: of publication, from NOON; None: undated."""
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    url = link or f"https://{outlet.lower()}.com/{title.replace(' ', '-')}"
    return Item(url, outlet, url, title, author=outlet, published_at=at)


class Newsroom:
    """A database in which feeds arrive, and ``news`` after each."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            for name, entity_id in NAMES.items():
                connection.execute(
                    sa.text("INSERT INTO entities (id, type, name) VALUES (:id, 'person', :name)"),
                    {"id": entity_id, "name": name},
                )

    def capture(self, feeder: str, hours: int, *items: Item, is_complete: bool = True) -> None:
        hour = NOON + hours * HOUR
        with self.engine.begin() as connection:
            ensure_day_partitions(connection, "sightings", [hour])
        with self.engine.begin() as connection:
            written = replace_items(connection, feeder, hour, items, WordMatcher())
            state = "ok" if items else "empty"
            outcome = SourceHour(state, is_complete=is_complete, items=written.items, mentions=written.mentions)
            record_hour(connection, feeder, hour, outcome, ended_at=hour + HOUR)

    def write(self, hours: int, feeders: Sequence[str] = FEEDERS) -> NewsWritten:
        hour = NOON + hours * HOUR
        return write_news(self.engine, hour, feeders, TIERS, ended_at=hour + HOUR)

    def signals(self, metric: str = "headline_count") -> dict[tuple[int, int], float]:
        """By hours after NOON and entity."""
        found = self.query("SELECT ts, entity_id, value FROM signals WHERE source = 'news' AND metric = :m", m=metric)
        return {((row.ts - NOON) // HOUR, row.entity_id): row.value for row in found}

    def trade_mentions(self) -> dict[tuple[int, str], int]:
        """Minutes after NOON, by entity and outlet."""
        found = self.query("SELECT * FROM trade_mentions")
        return {(row.entity_id, row.source): (row.first_seen_ts - NOON) // timedelta(minutes=1) for row in found}

    def query(self, statement: str, **parameters: object) -> list[sa.Row[Any]]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), parameters).all())

    def outcome(self, hours: int) -> SourceHour | None:
        with self.engine.connect() as connection:
            return hour_outcome(connection, "news", NOON + hours * HOUR)

    def clear(self) -> None:
        tables = "sightings, items, mentions, mention_ties, signals, source_hours, trade_mentions"
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {tables}"))


@pytest.fixture
def newsroom(engine: sa.Engine) -> Newsroom:
    return Newsroom(engine)


@pytest.fixture(scope="module")
def shared_newsroom(shared_engine: sa.Engine) -> Newsroom:
    return Newsroom(shared_engine)


def test_a_story_of_two_feeders_counts_once(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5), article("Kevin Rests", 7, "Deadline"))
    newsroom.capture("google_news", 0, article("Maya sings!", 20, "People"), article("Maya and Kevin", 30, "Gazette"))
    written = newsroom.write(0)
    assert newsroom.signals() == {(0, 1): 2, (0, 2): 2}
    assert newsroom.signals("source_count") == {(0, 1): 3, (0, 2): 2}
    assert newsroom.signals("tier1_hits") == {(0, 1): 1, (0, 2): 0}
    assert newsroom.signals("authority_score") == {(0, 1): pytest.approx(0.65), (0, 2): pytest.approx(0.45)}
    assert (written.stories, written.duplicates, written.outcome.mentions) == (4, 1, 5)
    assert all(check.passed for check in written.checks)


def test_a_story_told_again_hours_later_is_no_news(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    newsroom.write(0)
    newsroom.capture("google_news", 3, article("Maya Sings", 200, "Gazette"), article("Maya Dances", 200, "Gazette"))
    newsroom.write(3)
    assert newsroom.signals() == {(0, 1): 1, (3, 1): 1}


def test_an_earlier_printing_that_comes_to_light_late_takes_the_story_with_it(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 1, article("Maya Sings", 70))
    newsroom.write(1)
    assert newsroom.signals() == {(1, 1): 1}
    newsroom.capture("google_news", 0, article("Maya Sings", 10, "People"))
    newsroom.write(0)
    assert newsroom.signals() == {(0, 1): 1}
    assert newsroom.signals("tier2_hits") == {(0, 1): 1}


def test_the_hour_is_complete_when_all_its_feeders_are(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    newsroom.capture("google_news", 0)
    newsroom.write(0)
    assert newsroom.outcome(0) == SourceHour("ok", None, True, questions=2, answered=2, items=1, mentions=1)
    newsroom.capture("google_news", 0, is_complete=False)
    newsroom.write(0)
    assert newsroom.outcome(0) == SourceHour(
        "ok", "google_news is incomplete", False, questions=2, answered=2, items=1, mentions=1
    )


def test_with_one_feeder_missing_the_other_makes_the_hour(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    newsroom.write(0)
    outcome = newsroom.outcome(0)
    assert outcome is not None
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, 1)
    assert outcome.reason == "google_news was never asked"
    assert newsroom.signals() == {(0, 1): 1}


def test_an_hour_in_which_nobody_is_named_is_empty_and_no_zero(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("A Quiet Day", 5))
    newsroom.capture("google_news", 0)
    newsroom.write(0)
    assert newsroom.outcome(0) == SourceHour("empty", None, True, questions=2, answered=2)
    assert newsroom.signals() == {}


def test_without_any_feeder_there_is_nothing_to_count(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    newsroom.write(0)
    with newsroom.engine.begin() as connection:
        failed = SourceHour("failed", "no network")
        record_hour(connection, "trade_rss", NOON + HOUR, failed, ended_at=NOON + 2 * HOUR)
    told = r"^news has nothing to count for 2026-11-20 13:00: google_news was never asked, trade_rss is failed\.$"
    with pytest.raises(NotPublishedYetError, match=told):
        newsroom.write(1)
    assert newsroom.signals() == {(0, 1): 1}


def test_hours_in_which_no_feeder_was_heard_of_stay_gaps(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 3, article("Maya Sings", 5), article("Maya Dances", 185))
    written = newsroom.write(3)
    assert newsroom.signals() == {(3, 1): 1}
    assert written.hours == 1


def test_writing_again_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    first = newsroom.write(0)
    before = newsroom.query("SELECT * FROM signals ORDER BY metric")
    assert newsroom.write(0) == NewsWritten(**{**vars(first), "trade_firsts": 0})
    assert newsroom.query("SELECT * FROM signals ORDER BY metric") == before


def test_a_failed_check_leaves_the_hour_as_it_was(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
    newsroom.write(0)
    monkeypatch.setattr(news, "AUTHORITY", {1: 7.0, 2: 0.6, 3: 0.3})
    with pytest.raises(ChecksFailedError, match="authority_is_a_mean_of_weights"):
        newsroom.write(0)
    assert newsroom.signals("authority_score") == {(0, 1): 1.0}


class TestTradeMentions:
    """Since when each outlet of the trades has named somebody."""

    def test_the_earliest_publication_counts_late_articles_too(self, newsroom: Newsroom) -> None:
        newsroom.capture("trade_rss", 0, article("Maya Sings", 5), article("Maya Ten Days Ago", -14_400))
        assert newsroom.write(0).trade_firsts == 1
        assert newsroom.trade_mentions() == {(1, "Variety"): -14_400}

    def test_each_outlet_has_its_own(self, newsroom: Newsroom) -> None:
        newsroom.capture("trade_rss", 0, article("Maya Sings", 5), article("Maya and Kevin", 9, "Deadline"))
        newsroom.write(0)
        assert newsroom.trade_mentions() == {(1, "Variety"): 5, (1, "Deadline"): 9, (2, "Deadline"): 9}

    def test_undated_and_wrongly_dated_articles_were_there_when_they_were_seen(self, newsroom: Newsroom) -> None:
        newsroom.capture("trade_rss", 1, article("Maya Sings", None), article("Kevin Tomorrow", 3000, "Deadline"))
        newsroom.write(1)
        assert newsroom.trade_mentions() == {(1, "Variety"): 60, (2, "Deadline"): 60}

    def test_other_feeders_are_no_trades(self, newsroom: Newsroom) -> None:
        newsroom.capture("google_news", 0, article("Maya Sings", 5))
        newsroom.write(0)
        assert newsroom.trade_mentions() == {}

    def test_in_any_order_the_same_firsts(self, newsroom: Newsroom) -> None:
        captures = {
            0: [article("Maya Sings", None), article("Kevin Rests", 10)],
            1: [article("Maya Sings", None, "Deadline", link="https://variety.com/Maya-Sings"), article("Kevin", 65)],
            2: [article("Maya Sings", None), article("Maya Dances", 90, "Deadline")],
        }
        outcomes = []
        for order in permutations(captures):
            newsroom.clear()
            for hours in order:
                newsroom.capture("trade_rss", hours, *captures[hours])
                with newsroom.engine.begin() as connection:
                    record_trade_mentions(connection)
            outcomes.append(newsroom.trade_mentions())
        assert outcomes == [{(1, "Variety"): 0, (1, "Deadline"): 90, (2, "Variety"): 10}] * 6

    def test_an_earlier_headline_of_an_article_says_whom_it_names(self, newsroom: Newsroom) -> None:
        newsroom.capture("trade_rss", 1, article("Kevin and Maya", 5, link="https://variety.com/a"))
        newsroom.write(1)
        newsroom.capture("trade_rss", 0, article("Maya Sings", 5, link="https://variety.com/a"))
        newsroom.write(0)
        assert newsroom.trade_mentions() == {(1, "Variety"): 5}

    def test_what_retention_has_dropped_is_remembered(self, newsroom: Newsroom) -> None:
        newsroom.capture("trade_rss", 0, article("Maya Sings", 5))
        newsroom.write(0)
        month = 30 * 24
        with newsroom.engine.begin() as connection:
            before = NOON + timedelta(days=1)
            forget_items(connection, sightings_before=before, items_before=before)
        newsroom.capture("trade_rss", month, article("Maya and Kevin", month * 60))
        newsroom.write(month)
        assert newsroom.trade_mentions() == {(1, "Variety"): 5, (2, "Variety"): month * 60}


TITLES = ["Maya Sings", "Maya sings?", "Breaking: Maya and Kevin", "Kevin Rests"]
ARTICLES = st.builds(
    article,
    st.sampled_from(TITLES),
    st.one_of(st.none(), st.integers(-300, 600)),
    st.sampled_from(["Variety", "Deadline", "Gazette"]),
    st.sampled_from(["", "https://shared.org/a", "https://shared.org/b"]),
)
CAPTURES = st.dictionaries(
    st.tuples(st.sampled_from(FEEDERS), st.integers(0, 8)), st.lists(ARTICLES, max_size=3), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None, phases=[phase for phase in Phase if phase is not Phase.explain])
@given(CAPTURES, st.data())
def test_any_order_of_captures_gives_the_same_news(
    shared_newsroom: Newsroom, captures: dict[tuple[str, int], list[Item]], data: st.DataObject
) -> None:
    def news_of(order: Sequence[tuple[str, int]]) -> list[Any]:
        shared_newsroom.clear()
        for feeder, hours in order:
            shared_newsroom.capture(feeder, hours, *captures[feeder, hours])
            shared_newsroom.write(hours)
        return [
            shared_newsroom.query("SELECT * FROM signals ORDER BY ts, entity_id, metric"),
            shared_newsroom.query("SELECT * FROM trade_mentions ORDER BY entity_id, source"),
        ]

    order = data.draw(st.permutations(sorted(captures)))
    assert news_of(order) == news_of(sorted(captures, key=lambda place: place[1]))
