"""The entities table follows the configured roster, and keeps the history of who left it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.entities.roster import RosterChange, sync_roster, tracked_titles


@dataclass(frozen=True)
class Entity:
    name: str
    type: str = "person"
    category: str = "film"
    aliases: tuple[str, ...] = ()
    wiki_id: str | None = None
    wiki_title: str | None = None


HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
KEVIN = Entity("Kevin Costner", aliases=("Costner",), wiki_title="Kevin Costner")
WHITNEY = Entity("Whitney Houston", category="music", wiki_id="Q34389", wiki_title="Whitney Houston")


def sync(engine: sa.Engine, *entities: Entity) -> RosterChange:
    with engine.begin() as connection:
        return sync_roster(connection, entities, HOUR)


def titles(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(tracked_titles(connection).values())


def rows(engine: sa.Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = "SELECT id, name, type, category, aliases, wiki_id, wiki_title, is_active, xmin::text FROM entities"
        return sorted(tuple(row) for row in connection.exec_driver_sql(query))


def test_adds_who_is_new(engine: sa.Engine) -> None:
    assert sync(engine, KEVIN, WHITNEY) == RosterChange(added=2, updated=0, deactivated=0)
    assert titles(engine) == ["Kevin Costner", "Whitney Houston"]
    kevin, whitney = rows(engine)
    assert kevin[1:8] == ("Kevin Costner", "person", "film", ["Costner"], None, "Kevin Costner", True)
    assert whitney[5] == "Q34389"


def test_writes_nothing_when_nothing_changed(engine: sa.Engine) -> None:
    sync(engine, KEVIN, WHITNEY)
    before = rows(engine)
    assert sync(engine, WHITNEY, KEVIN) == RosterChange(0, 0, 0)
    assert rows(engine) == before  # the rows' versions, too


@pytest.mark.parametrize(
    "changed",
    [
        Entity("Kevin Costner", type="event", aliases=("Costner",), wiki_title="Kevin Costner"),
        Entity("Kevin Costner", category="tv", aliases=("Costner",), wiki_title="Kevin Costner"),
        Entity("Kevin Costner", aliases=(), wiki_title="Kevin Costner"),
        Entity("Kevin Costner", aliases=("Costner",), wiki_id="Q11930", wiki_title="Kevin Costner"),
        Entity("Kevin Costner", aliases=("Costner",), wiki_title="Kevin Costner (actor)"),
    ],
)
def test_updates_what_changed_and_keeps_the_id(engine: sa.Engine, changed: Entity) -> None:
    sync(engine, KEVIN, WHITNEY)
    before = rows(engine)
    assert sync(engine, changed, WHITNEY) == RosterChange(0, 1, 0)
    after = rows(engine)
    assert after[0][0] == before[0][0]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_who_leaves_sleeps_and_who_returns_wakes_under_the_same_id(engine: sa.Engine) -> None:
    sync(engine, KEVIN, WHITNEY)
    ids = [row[0] for row in rows(engine)]
    assert sync(engine, KEVIN) == RosterChange(0, 0, 1)
    assert titles(engine) == ["Kevin Costner"]
    assert sync(engine, KEVIN) == RosterChange(0, 0, 0)
    assert sync(engine, KEVIN, WHITNEY) == RosterChange(0, 1, 0)
    assert titles(engine) == ["Kevin Costner", "Whitney Houston"]
    assert [row[0] for row in rows(engine)] == ids


def test_who_joins_or_wakes_is_looked_for_in_texts_from_that_hour_on(engine: sa.Engine) -> None:
    def since(hour: datetime, *entities: Entity) -> dict[str, int]:
        with engine.begin() as connection:
            sync_roster(connection, entities, hour)
            found = connection.exec_driver_sql("SELECT name, tracked_since FROM entities WHERE is_active").all()
        return {row.name: (row.tracked_since - HOUR) // timedelta(hours=1) for row in found}

    assert since(HOUR, KEVIN) == {"Kevin Costner": 0}
    assert since(HOUR + timedelta(hours=3), KEVIN, WHITNEY) == {"Kevin Costner": 0, "Whitney Houston": 3}
    assert since(HOUR - timedelta(hours=5), KEVIN, WHITNEY) == {"Kevin Costner": 0, "Whitney Houston": 3}, "a replay"
    since(HOUR + timedelta(hours=6), WHITNEY)
    assert since(HOUR + timedelta(hours=9), KEVIN, WHITNEY) == {"Kevin Costner": 9, "Whitney Houston": 3}
