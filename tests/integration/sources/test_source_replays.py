"""An hour made again from its captures: the same rows, nobody asked; and what is refused where there is no capture."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from collecting import DAILY, FEW_NAMES, NOW_ONLY, SOURCES, CollectingInstallation, fresh_database
from simulated import NOW, roster

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import NotRecollectableError, SourceState
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import serve

HOURS_LATER = timedelta(days=3)
DERIVED = ("mentions", "mention_ties", "items", "sightings", "signals", "source_hours")


@pytest.fixture(scope="module")
def collected(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CollectingInstallation]:
    """Every source has its newest hour, and nothing else."""
    with serve(roster(), NOW) as simulator, fresh_database(postgres, migrated_template) as database_url:
        installation = CollectingInstallation(tmp_path_factory.mktemp("replay"), database_url, simulator)
        installation.track_only(*FEW_NAMES)
        for source in (DAILY, *(name for name in SOURCES if name != DAILY)):
            assert installation.collect(source) is None
        installation.keep_state()
        yield installation
        installation.close()


@pytest.fixture
def place(collected: CollectingInstallation) -> CollectingInstallation:
    collected.go_to(parse_instant(NOW))
    collected.restore_state()
    collected.requests()
    return collected


@pytest.mark.parametrize("is_emptied", [False, True], ids=["as it is", "tables emptied"])
@pytest.mark.parametrize("is_past", [False, True], ids=["newest", "days later"])
@pytest.mark.parametrize("source", SOURCES)
def test_an_hour_made_again_is_the_same_and_nobody_is_asked(
    place: CollectingInstallation, source: str, is_past: bool, is_emptied: bool
) -> None:
    partition, made = place.partition(source), place.made(source)
    outcome, others = place.outcome(source), place.of_others(source)
    if is_emptied:
        _empty(place, source)
    if is_past:
        place.go_to(place.now + HOURS_LATER)

    assert place.collect(source, partition) is None

    assert place.requests() == {}
    assert place.made(source) == made
    again = place.outcome(source, partition)
    assert again is not None
    assert outcome is not None
    assert (again.state, again.items, again.mentions) == (outcome.state, outcome.items, outcome.mentions)
    if not is_emptied:
        assert again == outcome
    assert place.of_others(source) == others


@pytest.mark.parametrize("source", SOURCES)
def test_told_to_ask_again_it_asks_and_an_unchanged_upstream_changes_nothing(
    place: CollectingInstallation, source: str
) -> None:
    made, outcome = place.made(source), place.outcome(source)
    assert place.collect(source, must_ask=True) is None
    assert sum(place.requests().values()) >= 1
    assert place.made(source) == made
    assert place.outcome(source) == outcome


@pytest.mark.parametrize("source", NOW_ONLY)
def test_a_past_hour_without_a_capture_is_refused_in_plain_words(place: CollectingInstallation, source: str) -> None:
    partition, made = place.partition(source) - timedelta(days=2), place.made(source)
    error = place.collect(source, partition)
    assert isinstance(error, NotRecollectableError)
    assert f"{partition:%Y-%m-%d}" in str(error)
    assert "nothing was captured" in str(error)
    outcome = place.outcome(source, partition)
    assert outcome is not None
    assert (outcome.state, outcome.reason, outcome.is_complete) == (SourceState.FAILED, str(error), False)
    assert place.made(source) == made, "a gap is no row and no zero"
    assert place.requests() == {}


@pytest.mark.parametrize("source", NOW_ONLY)
def test_a_past_hour_is_not_asked_again_by_force(place: CollectingInstallation, source: str) -> None:
    """By then the upstream tells of another hour."""
    partition, made = place.partition(source), place.made(source)
    place.go_to(place.now + HOURS_LATER)
    error = place.collect(source, partition, must_ask=True)
    assert isinstance(error, NotRecollectableError)
    assert place.made(source) == made
    assert place.requests() == {}


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "wiki"])
def test_bytes_damaged_on_disk_are_asked_for_again_and_not_replayed(place: CollectingInstallation, source: str) -> None:
    made = place.made(source)
    with _damaged(place, source):
        assert place.collect(source) is None
        assert sum(place.requests().values()) >= 1
    assert place.made(source) == made


def test_wiki_has_its_tracked_rows_beside_the_bytes(place: CollectingInstallation) -> None:
    made = place.made("wiki")
    with _damaged(place, "wiki"):
        assert place.collect("wiki") is None
    assert place.requests() == {}
    assert place.made("wiki") == made


@pytest.mark.parametrize("source", NOW_ONLY)
def test_when_nobody_can_be_asked_any_more_damaged_bytes_change_no_row(
    place: CollectingInstallation, source: str
) -> None:
    partition, made = place.partition(source), place.made(source)
    place.go_to(place.now + HOURS_LATER)
    with _damaged(place, source):
        error = place.collect(source, partition)
    assert place.made(source) == made
    assert place.requests() == {}
    # The roster leaves out the batch: what it has told before is known on.
    assert isinstance(error, NotRecollectableError) or source == DAILY


@contextmanager
def _damaged(place: CollectingInstallation, source: str) -> Iterator[None]:
    """One bit of one answer is another, and no lake file stands in for it."""
    query = "SELECT raw_path, lake_path FROM captures WHERE source = :s AND state = 'good' ORDER BY id"
    row = place.query(query, s=source)[0]
    raw, lake = place.home / row.raw_path, row.lake_path and place.home / row.lake_path
    good, in_lake = raw.read_bytes(), lake and lake.read_bytes()
    raw.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    if lake:
        lake.unlink()
    try:
        yield
    finally:
        raw.write_bytes(good)
        if lake:
            lake.write_bytes(in_lake)


def _empty(place: CollectingInstallation, source: str) -> None:
    """Everything that is made from captures. What is known of the roster stays: every source leans on it."""
    with place.engine.begin() as connection:
        for table in DERIVED:
            connection.execute(sa.text(f"DELETE FROM {table} WHERE source = :source"), {"source": source})
