"""What the daily roster has found stands beside what is curated, and neither makes the other flap."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from etheatmap_core.config.model import EntityConfig
from etheatmap_core.entities.roster import (
    Article,
    RosterChange,
    store_facts,
    sync_roster,
    tracked_articles,
)
from etheatmap_core.entities.roster_facts import Facts, Item
from etheatmap_core.entities.tracked_names import match_entities

DAY = datetime(2026, 11, 20, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
YE = EntityConfig("Ye", "person", "music", ("Kanye West",), None, "Ye (rapper)")
ITEM = Item("Q15935", ("Kanye West", "Kanye Omari West", "Yeezy"), ("Q5", "Q2252262"))
FACTS = Facts("Kanye West", ("Ye (rapper)",), ("Kanye", "Kanye Omari West"), "Q15935", ITEM)

Store = Callable[..., int]


@pytest.fixture
def store(engine: sa.Engine) -> Store:
    """Ye's facts of a day, after the roster is in the database."""

    def store(facts: Facts, day: datetime = DAY, entity: EntityConfig = YE) -> int:
        sync(engine, entity)
        with engine.begin() as connection:
            [entity_id] = connection.scalars(sa.text("SELECT id FROM entities WHERE name = 'Ye'")).all()
            return store_facts(connection, day, {entity_id: facts})

    return store


def sync(engine: sa.Engine, *entities: EntityConfig) -> RosterChange:
    with engine.begin() as connection:
        return sync_roster(connection, entities, DAY)


def articles(engine: sa.Engine) -> list[Article]:
    with engine.connect() as connection:
        return list(tracked_articles(connection).values())


def ye(engine: sa.Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(sa.text("SELECT * FROM entities WHERE name = 'Ye'")).mappings().one())


def names(engine: sa.Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        return {(row.origin, row.name) for row in connection.execute(sa.text("SELECT origin, name FROM entity_names"))}


def test_facts_stand_beside_what_is_curated(engine: sa.Engine, store: Store) -> None:
    assert store(FACTS) == 1
    row = ye(engine)
    assert (row["aliases"], row["wiki_title"]) == (["Kanye West"], "Ye (rapper)")
    assert (row["current_title"], row["kinds"], row["wiki_id"]) == ("Kanye West", ["Q5", "Q2252262"], "Q15935")
    assert names(engine) == {
        ("moved", "Ye (rapper)"),
        ("redirect", "Kanye"),
        ("redirect", "Kanye Omari West"),
        ("wikidata", "Kanye West"),
        ("wikidata", "Kanye Omari West"),
        ("wikidata", "Yeezy"),
    }
    assert articles(engine) == [
        Article("Ye (rapper)", "Kanye West", ("Kanye", "Kanye Omari West", "Ye (rapper)")),
    ]


def test_the_roster_does_not_flap_over_a_found_id(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    before = ye(engine)
    assert sync(engine, YE) == RosterChange(0, 0, 0)
    assert ye(engine) == before
    assert store(FACTS) == 1
    assert ye(engine) == before


def test_a_curated_id_wins_over_the_found_one_and_stays(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    curated = EntityConfig("Ye", "person", "music", ("Kanye West",), "Q1", "Ye (rapper)")
    assert sync(engine, curated) == RosterChange(0, 1, 0)
    assert ye(engine)["wiki_id"] == "Q1"
    store(Facts("Kanye West"), entity=curated)  # nothing is found for who is curated
    assert ye(engine)["wiki_id"] == "Q1"
    assert sync(engine, curated) == RosterChange(0, 0, 0)


def test_another_article_forgets_what_was_found_about_the_one_before(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    assert sync(engine, EntityConfig("Ye", "person", "music", ("Kanye West",), None, "Ye (album)")).updated == 1
    row = ye(engine)
    assert (row["current_title"], row["kinds"], row["wiki_id"], row["roster_ts"]) == (None, [], None, None)
    assert names(engine) == set()
    assert articles(engine) == [Article("Ye (album)")]


def test_another_alias_forgets_nothing(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    before = names(engine)
    assert sync(engine, EntityConfig("Ye", "person", "music", ("Yeezus",), None, "Ye (rapper)")).updated == 1
    assert (ye(engine)["current_title"], ye(engine)["wiki_id"]) == ("Kanye West", "Q15935")
    assert names(engine) == before


def test_a_day_that_is_replayed_late_changes_nothing_that_a_later_day_has_found(
    engine: sa.Engine, store: Store
) -> None:
    store(FACTS)
    assert store(Facts(None, (), ("Kanye",), "Q15935", ITEM), NEXT) == 1
    later = ye(engine), names(engine)
    assert later[0]["current_title"] is None
    assert store(FACTS, DAY) == 0
    assert (ye(engine), names(engine)) == later


def test_what_wikidata_did_not_tell_stays_as_it_was(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    store(Facts(None, (), ("Kanye Tudda",), "Q15935", item=None), NEXT)
    assert ye(engine)["kinds"] == ["Q5", "Q2252262"]
    assert names(engine) == {
        ("redirect", "Kanye Tudda"),
        ("wikidata", "Kanye West"),
        ("wikidata", "Kanye Omari West"),
        ("wikidata", "Yeezy"),
    }


def test_who_was_admitted_stays_when_they_are_not_in_the_file(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO entities (name, type, origin, wiki_title) VALUES ('New', 'person', 'admitted', 'New')")
        )
    assert sync(engine, YE) == RosterChange(added=1, updated=0, deactivated=0)
    assert {article.title for article in articles(engine)} == {"New", "Ye (rapper)"}
    new = EntityConfig("New", "person", "unknown", (), None, "New")
    assert sync(engine, YE, new) == RosterChange(0, 1, 0)
    assert sync(engine, YE) == RosterChange(0, 0, 1), "who is configured sleeps when they leave the file"


def test_names_in_texts_are_the_curated_ones_and_the_harmless_found_ones(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    with engine.connect() as connection:
        [ye_in_texts] = match_entities(connection, frozenset({"yeezy"}))
    assert ye_in_texts[1:] == ("Ye", "person", "music", ("Kanye West", "Kanye Omari West"), frozenset())
    with engine.connect() as connection:
        assert match_entities(connection)[0].aliases == ("Kanye West", "Kanye Omari West", "Yeezy")


def test_who_sleeps_is_not_looked_for_and_their_article_only_where_asked(engine: sa.Engine, store: Store) -> None:
    store(FACTS)
    sync(engine)
    with engine.connect() as connection:
        assert match_entities(connection) == []
        assert tracked_articles(connection) == {}
        asleep = ye(engine)["id"]
        assert set(tracked_articles(connection, also=[asleep])) == {asleep}
