"""kill -9 in mid-run: an hour's rows are all there or none, no lock stays, the next run asks what was not answered.

A run is held at an exact point, by a question that takes long or by a table that nobody else may write to, and killed
there. SOAK=1 kills at more points.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from collecting import DAILY, FEW_NAMES, HOURLY, SOURCES, CollectingInstallation, fresh_database
from fault_cases import TARGETS
from killable import start, warm
from simulated import NOW, roster

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.signals.source_hours import SourceHour
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import serve

ASKING = "asking"  # at one of the questions; every other point is the first row written to a table
# The sources of texts are collected by one collector: of the others of them a point each is enough in passing.
_SOME = [
    *(("reddit", at) for at in (ASKING, "captures", "sightings", "items", "mentions", "source_hours", "signals")),
    *(("wiki", at) for at in ("captures", "signals")),
    *(("trends", at) for at in (ASKING, "signals")),
    ("trade_rss", "items"),
    ("google_news", ASKING),
    *(("gdelt_gkg", at) for at in (ASKING, "signals")),
    *((DAILY, at) for at in (ASKING, "source_hours")),
]
_MORE = [
    *(("trade_rss", at) for at in (ASKING, "captures", "source_hours")),
    *(("google_news", at) for at in ("captures", "items", "source_hours")),
    *(("gdelt_gkg", at) for at in ("captures", "items", "source_hours")),
    *(("trends", at) for at in ("captures", "source_hours")),
    *(("wiki", at) for at in (ASKING, "source_hours")),
    (DAILY, "captures"),
]
POINTS = _SOME + (_MORE if os.environ.get("SOAK") else [])
_PATIENCE_SECONDS = 60


class Undisturbed:
    """What the partition of a source becomes when nobody kills anything."""

    def __init__(self, place: CollectingInstallation, source: str) -> None:
        self.before = place.made(source)
        assert place.collect(source) is None
        self.made, self.outcome = place.made(source), place.outcome(source)
        place.restore_state()


class Place:
    """An installation that has an earlier hour of every source, to which it goes back before each kill."""

    def __init__(self, installation: CollectingInstallation) -> None:
        self.installation = installation
        installation.track_only(*FEW_NAMES)
        installation.go_to(parse_instant(NOW) - timedelta(days=1))
        assert installation.collect(DAILY) is None
        installation.go_to(parse_instant(NOW) - timedelta(hours=3))
        for source in ("wiki", *HOURLY):
            assert installation.collect(source) is None
        installation.go_to(parse_instant(NOW))
        installation.keep_state()
        self._undisturbed: dict[str, Undisturbed] = {}

    def undisturbed(self, source: str) -> Undisturbed:
        if source not in self._undisturbed:
            self._undisturbed[source] = Undisturbed(self.installation, source)
        return self._undisturbed[source]


@pytest.fixture(scope="module")
def place(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with (
        warm(),
        serve(roster(), NOW) as simulator,
        fresh_database(postgres, migrated_template) as database_url,
    ):
        installation = CollectingInstallation(tmp_path_factory.mktemp("killed"), database_url, simulator)
        try:
            yield Place(installation)
        finally:
            installation.close()


@pytest.mark.parametrize(("source", "point"), POINTS)
def test_a_killed_run_leaves_a_whole_partition_or_none_and_the_next_one_completes_it(
    place: Place, source: str, point: str
) -> None:
    installation = place.installation
    installation.restore_state()
    undisturbed = place.undisturbed(source)
    others = installation.of_others(source)

    with _held_at(installation, source, point) as is_held:
        run = start(installation, source)
        _wait(lambda: is_held() or not run.is_alive())
        assert run.is_alive(), "the run has ended before it was killed"
        run.kill()
        run.join()
    assert run.exitcode == -9
    installation.simulator.clear_faults()

    _wait(lambda: not _connections_of_others(installation))
    assert not installation.query("SELECT * FROM pg_locks WHERE locktype = 'advisory'"), "a lock was left"
    assert installation.made(source) == undisturbed.before, "a part of the partition is there"
    assert installation.outcome(source) is None
    answers = _good_answers(installation, source)
    assert all((installation.home / row.raw_path).is_file() for row in answers)

    installation.requests()
    asked_before = installation.query("SELECT coalesce(max(id), 0) AS id FROM audit_logs")[0].id
    assert installation.collect(source) is None
    assert installation.made(source) == undisturbed.made
    assert _without_questions(installation.outcome(source)) == _without_questions(undisturbed.outcome)
    assert installation.of_others(source) == others, "another source was touched"
    sent = {row.url for row in installation.query(
        "SELECT extra ->> 'url' AS url FROM audit_logs WHERE event = 'fetch' AND id > :after", after=asked_before
    )}  # fmt: skip
    assert not sent & {row.request_url for row in answers}, "what was answered was asked again"
    # A dump is recorded together with its rows: it is asked for again as long as they are not there.
    if point not in (ASKING, "captures") and source != "wiki":
        assert installation.requests() == {}, "everything had been answered"


def test_every_source_is_killed_somewhere() -> None:
    assert {source for source, _ in POINTS} == set(SOURCES)


@contextmanager
def _held_at(installation: CollectingInstallation, source: str, point: str) -> Iterator[Callable[[], bool]]:
    """A run stops there; the value tells whether one has."""
    if point == ASKING:
        target = next(target for target in TARGETS if target.source == source)
        # Of the roster: what comes second, when the articles are known.
        upstream, path = ("wikidata", None) if source == DAILY else (target.upstream, target.one)
        installation.simulator.order(upstream, "latency", path=path, count=1, seconds=2)
        yield lambda: not installation.simulator.board.faults
        return
    with installation.engine.connect() as holder, holder.begin():
        holder.execute(sa.text(f"LOCK TABLE {point} IN EXCLUSIVE MODE"))  # may be read, not written to
        yield lambda: bool(
            installation.query(
                "SELECT FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE NOT granted AND datname = current_database() AND relation = CAST(:table AS regclass)",
                table=point,
            )
        )


def _connections_of_others(installation: CollectingInstallation) -> list[Any]:
    """Those the server still has of a process that is no more. Ours are idle."""
    return installation.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND pid <> pg_backend_pid() AND (state <> 'idle' OR query LIKE '%pg_try_advisory_lock%')"
    )


def _good_answers(installation: CollectingInstallation, source: str) -> list[Any]:
    return installation.query(
        "SELECT request_url, raw_path FROM captures WHERE source = :s AND ts = :ts AND state = 'good'",
        s=source, ts=installation.partition(source),
    )  # fmt: skip


def _without_questions(outcome: SourceHour | None) -> tuple[object, ...]:
    """The roster asks in other portions for what was left."""
    assert outcome is not None
    return outcome.state, outcome.reason, outcome.is_complete, outcome.deferred, outcome.items, outcome.mentions


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.02)
