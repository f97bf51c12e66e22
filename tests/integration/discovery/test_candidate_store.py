"""Candidates are read as they were written, and an hour is replaced as a whole."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.discovery.candidate_store import (
    Seen,
    forget_discovery,
    read_candidates,
    read_sightings,
    replace_candidates,
    replace_sightings,
)
from etheatmap_core.discovery.candidates import Candidate, Identity, Sighting, merged
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOVA = Identity("Nova Quill", "Q901", "singer", "person", "musician")
LINK = ("https://en.wikipedia.org/wiki/Nova_Quill",)


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.begin() as opened:
        for table in ("discovery_sightings", "discovery_candidates"):
            ensure_day_partitions(opened, table, [NOON - 24 * HOUR, NOON])
        yield opened


def test_a_candidate_comes_back_as_it_was_written(connection: sa.Connection) -> None:
    rays = Identity("Ray", is_disambiguation=True)
    seen = [
        Sighting("Nova Quill", "wiki", NOON, 4.5, LINK),
        Sighting("nova quill", "trends", NOON - HOUR, None, ("https://trends.example/",)),
        Sighting("Ray", "reddit", NOON, None, ("https://reddit.example/1", "https://reddit.example/2")),
    ]
    candidates = merged(seen, {"Nova Quill": NOVA, "Nova quill": NOVA, "Ray": rays}, doodle_like=["Ray"])
    replace_candidates(connection, NOON, candidates)
    assert read_candidates(connection, NOON) == candidates
    assert [one.is_doodle_like for one in candidates] == [False, True]
    row = connection.execute(sa.text("SELECT key, z, sources FROM discovery_candidates WHERE title LIKE 'Nova%'")).one()
    assert tuple(row) == ("Q901", 4.5, ["trends", "wiki"])


def test_an_hour_is_replaced_as_a_whole_and_others_are_left_alone(connection: sa.Connection) -> None:
    first = Candidate(NOVA, (Sighting("Nova Quill", "wiki", NOON - HOUR, 4.5, LINK),))
    replace_candidates(connection, NOON - HOUR, [first])
    replace_candidates(connection, NOON, [first])
    replace_candidates(connection, NOON, [])
    assert read_candidates(connection, NOON) == ()
    assert read_candidates(connection, NOON - HOUR) == (first,)


def test_the_window_ends_with_its_hour(connection: sa.Connection) -> None:
    hours = [NOON - 12 * HOUR, NOON - 11 * HOUR, NOON]
    seen = [Seen(Sighting("Nova Quill", "wiki", hour, 4.5, LINK), 2) for hour in hours]
    for one in seen:
        replace_sightings(connection, one.sighting.hour, [one])
    assert read_sightings(connection, NOON, 12) == tuple(seen[1:])
    assert read_sightings(connection, NOON - HOUR, 12) == tuple(seen[:2])


def test_a_sighting_that_shows_nothing_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(ChecksFailedError, match="nothing shows where"):
        replace_sightings(connection, NOON, [Seen(Sighting("Nova Quill", "wiki", NOON, 4.5))])


def test_days_that_are_over_are_forgotten(connection: sa.Connection) -> None:
    seen = [Seen(Sighting("Nova Quill", "wiki", hour, 4.5, LINK)) for hour in (NOON - 24 * HOUR, NOON)]
    for one in seen:
        replace_sightings(connection, one.sighting.hour, [one])
    replace_candidates(connection, NOON - 24 * HOUR, [Candidate(NOVA, (seen[0].sighting,))])
    assert forget_discovery(connection, sightings_before=NOON, candidates_before=NOON - 24 * HOUR) == 1
    assert read_sightings(connection, NOON, 48) == (seen[1],)
    assert len(read_candidates(connection, NOON - 24 * HOUR)) == 1
