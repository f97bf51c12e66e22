"""An hour that was captured is made again from the archive: the same rows, and nobody is asked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from collecting import DAILY, FEW_NAMES, NOW_ONLY, SOURCES, CollectingInstallation

from etheatmap_core.errors import NotRecollectableError
from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator

pytestmark = pytest.mark.parametrize("source", SOURCES)
DERIVED = ("mention_ties", "mentions", "items", "sightings", "signals", "source_hours", "entity_names")


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, database_url: str, source: str) -> Iterator[CollectingInstallation]:
    """It has collected the newest partition of the source."""
    place = CollectingInstallation(tmp_path, database_url, simulator)
    place.track_only(*FEW_NAMES)
    assert place.collect(source) is None
    assert place.requests()
    yield place
    place.close()


def test_again_from_the_archive(place: CollectingInstallation, source: str) -> None:
    made, outcome = place.made(source), place.outcome(source)
    assert place.collect(source) is None
    assert (place.made(source), place.outcome(source), place.requests()) == (made, outcome, {})


def test_days_later_from_the_archive_alone(place: CollectingInstallation, source: str) -> None:
    """The upstream has moved on; nothing but captures and files is left of the hour."""
    made, partition = place.made(source), place.partition(source)
    with place.engine.begin() as connection:
        for table in DERIVED:
            connection.execute(sa.text(f"DELETE FROM {table}"))
        connection.execute(sa.text("UPDATE entities SET current_title = NULL, kinds = '{}', roster_ts = NULL"))
    place.go_to(place.now + timedelta(days=3))
    assert place.collect(source, partition) is None
    assert place.requests() == {}
    assert place.made(source) == made
    outcome = place.outcome(source, partition)
    assert outcome is not None
    assert (outcome.state, outcome.is_complete) == ("ok", True)


def test_asked_again_when_told_so(place: CollectingInstallation, source: str) -> None:
    made, partition = place.made(source), place.partition(source)
    assert place.collect(source, partition, must_ask=True) is None
    assert place.requests(), "nobody was asked"
    assert place.made(source) == made, "the upstream said the same"


def test_a_past_hour_that_was_never_captured(place: CollectingInstallation, source: str) -> None:
    """What only tells what is now is not asked about yesterday: it would answer with today."""
    made, missed = place.made(source), place.partition(source) - (2 * HOUR if source != DAILY else timedelta(days=2))
    error = place.collect(source, missed)
    if source not in NOW_ONLY:
        assert error is None
        assert place.requests()
        return
    assert isinstance(error, NotRecollectableError)
    assert "what is now" in str(error)
    assert "nothing was captured" in str(error)
    assert ("stays a gap" if source != DAILY else "stays as it is") in str(error)
    outcome = place.outcome(source, missed)
    assert outcome is not None
    assert (outcome.state, outcome.reason) == ("failed", str(error))
    assert (place.made(source), place.requests()) == (made, {})


def test_a_file_that_was_damaged_on_disk_is_not_replayed(place: CollectingInstallation, source: str) -> None:
    """While the upstream can still be asked, it is; afterwards the rows that are there stay."""
    made, partition = place.made(source), place.partition(source)
    row = place.query("SELECT raw_path FROM captures WHERE source = :s ORDER BY request_key LIMIT 1", s=source)[0]
    path = place.home / row.raw_path
    path.write_bytes(path.read_bytes()[:-1])
    for lake_file in (place.home / "lake").rglob("*.parquet"):
        lake_file.unlink()

    if source in NOW_ONLY:
        later = place.now
        place.go_to(place.now + timedelta(days=3))
        error = place.collect(source, partition)
        assert isinstance(error, NotRecollectableError) == (source != DAILY)
        assert place.requests() == {}
        if source != DAILY:  # of the roster what can be read is read: no answer replaces another's rows
            assert place.made(source) == made
        place.go_to(later)
    assert place.collect(source, partition) is None
    assert place.requests() or source == "wiki"  # whose tracked rows stand in the database too
    assert place.made(source) == made
