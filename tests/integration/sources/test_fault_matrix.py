"""Every source on its upstream's bad days: the hour ends in the right state and nothing else is touched; when the day
is over, it becomes what it would have been. ``FAULTS=all`` plays every case, otherwise pairs of everything."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import stamina
from collecting import (
    BOX_OFFICE,
    COLLECTED,
    COSTLY,
    DAILY,
    FEW_NAMES,
    HISTORY,
    HOURLY,
    CollectingInstallation,
    fresh_database,
)
from fault_cases import FAULTS, MODES, TARGETS, Case, every_case, pairwise
from simulated import NOW, roster

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.signals.source_hours import SourceHour
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import serve

CASES = list(every_case() if os.environ.get("FAULTS") == "all" else pairwise())
COUNTS = ("mention_count", "gkg_mentions", "views")  # metrics of which a 0 would say that there was nothing


@dataclass(frozen=True)
class Undisturbed:
    """The hour as it is without a fault, and what was there before."""

    before: Mapping[str, list[Any]]
    made: Mapping[str, list[Any]]
    outcome: SourceHour | None


class Places:
    """An installation with few names and all sources, and one with all names for the roster. Each has collected an
    earlier hour of all its sources, to which it goes back before every case."""

    def __init__(self, few: CollectingInstallation, many: CollectingInstallation) -> None:
        self._few, self._many = few, many
        few.track_only(*FEW_NAMES)
        for place, sources in ((few, ("wiki", *HOURLY, *COSTLY)), (many, ("trade_rss",))):
            place.go_to(parse_instant(NOW) - timedelta(days=1))
            assert place.collect(DAILY) is None
            place.go_to(parse_instant(NOW) - timedelta(hours=3))
            for source in sources:
                assert place.collect(source) is None
            place.go_to(parse_instant(NOW))
            place.keep_state()
        self._undisturbed: dict[str, Undisturbed] = {}

    def of(self, source: str) -> CollectingInstallation:
        return self._many if source in (DAILY, BOX_OFFICE) else self._few

    def undisturbed(self, source: str) -> Undisturbed:
        if source not in self._undisturbed:
            place = self.of(source)
            before = place.made(source)
            assert place.collect(source) is None
            self._undisturbed[source] = Undisturbed(before, place.made(source), place.outcome(source))
            place.restore_state()
        return self._undisturbed[source]


@pytest.fixture(scope="module")
def places(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Places]:
    with (
        stamina.set_testing(True, attempts=2, cap=True),  # retries as in earnest, without the waiting
        serve(roster(), NOW) as simulator,
        fresh_database(postgres, migrated_template) as few_url,
        fresh_database(postgres, migrated_template) as many_url,
    ):
        few = CollectingInstallation(tmp_path_factory.mktemp("few"), few_url, simulator)
        many = CollectingInstallation(tmp_path_factory.mktemp("many"), many_url, simulator)
        try:
            yield Places(few, many)
        finally:
            few.close()
            many.close()


@pytest.mark.faults
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_day(places: Places, case: Case) -> None:
    source, place = case.target.source, places.of(case.target.source)
    place.simulator.clear_faults()
    place.restore_state()
    undisturbed = places.undisturbed(source)
    others = place.of_others(source, case.target.asks_as)
    place.requests()

    place.simulator.order(case.target.upstream, **case.order)
    error = place.collect(source, **case.limits)
    place.simulator.clear_faults()

    outcome, requests = place.outcome(source), place.requests()
    _require_state(case, outcome, error, undisturbed)
    _require_quarantine(place, case)
    _require_audit(place, case, sum(requests.values()))
    _require_health(place, case)
    _require_rows(place.made(source), undisturbed, case, outcome)
    assert place.of_others(source, case.target.asks_as) == others, "another source was touched"

    answered = _good_addresses(place, source)
    asked_before = _last_audit(place)
    assert place.collect(source, must_ask=case.fault.name == "skew") is None
    recovered = place.outcome(source)
    if case.target.name == "wikipedia" and recovered is not None and undisturbed.outcome is not None:
        # The ids of a batch of titles that came later are asked for by themselves: a question more.
        assert recovered.answered == recovered.questions
        recovered = replace(recovered, questions=undisturbed.outcome.questions, answered=undisturbed.outcome.answered)
    assert recovered == undisturbed.outcome
    assert place.made(source) == undisturbed.made, "the hour is not what it would have been"
    assert place.of_others(source, case.target.asks_as) == others, "another source was touched"
    if case.fault.name != "skew":
        asked = [row.url for row in _sent(place, case.target.asks_as, after=asked_before)]
        assert not answered & set(asked), "what was answered was asked again"
        assert bool(asked) == bool(case.loss.lost)
    health = place.query("SELECT * FROM source_health WHERE source = :s", s=case.target.asks_as)[0]
    assert (health.consecutive_errors, health.circuit_state) == (0, "closed")


def test_pairs_of_everything_are_among_the_cases() -> None:
    cases = list(pairwise())
    sources, faults = {target.source for target in TARGETS}, {fault.name for fault in FAULTS}
    assert {(case.target.source, case.fault.name) for case in cases} == set(product(sources, faults))
    assert {(case.target.name, case.mode) for case in cases} == set(product((t.name for t in TARGETS), MODES))
    assert {(case.fault.name, case.mode) for case in cases} == set(product(faults, MODES))
    assert len(cases) == len(sources) * len(faults)
    assert len({str(case) for case in every_case()}) == len(TARGETS) * len(faults) * len(MODES)


def test_every_source_that_is_collected_is_struck() -> None:
    assert {target.source for target in TARGETS} == {*COLLECTED, BOX_OFFICE, HISTORY}


def _require_state(case: Case, outcome: SourceHour | None, error: Exception | None, undisturbed: Undisturbed) -> None:
    loss = case.loss
    assert outcome is not None
    assert undisturbed.outcome is not None
    assert outcome.state == case.state
    assert outcome.is_complete == (loss.lost == 0)
    assert (error is not None) == loss.is_all
    if loss.is_all:
        assert outcome.reason == str(error)
        assert case.words in str(outcome.reason)
    elif loss.lost:
        assert (outcome.questions - outcome.answered, outcome.questions) == loss
        told = str(outcome.reason)
        assert f"{loss.lost} of {loss.questions} questions not answered: " in told
        assert case.words in told
        assert case.mode != "one question" or f"{case.target.key}" in told
    else:
        assert outcome.reason == undisturbed.outcome.reason


def _require_quarantine(place: CollectingInstallation, case: Case) -> None:
    rows = place.query("SELECT source, raw_path, reason FROM captures WHERE state = 'quarantined'")
    assert len(rows) == case.quarantined
    assert all(row.source == case.target.source and case.words in row.reason for row in rows)
    assert all((place.home / row.raw_path).is_file() for row in rows)


def _require_audit(place: CollectingInstallation, case: Case, requests: int) -> None:
    """A row for each request that was sent, with the status that came."""
    sent = [row for row in _sent(place, case.target.asks_as) if row.ts == place.now]
    assert len(sent) == requests
    limited = [row for row in sent if row.event == "rate limited"]
    assert bool(limited) == case.fault.name.startswith("429")
    status = case.fault.ordered.get("status")
    assert status is None or str(status) in {row.status for row in sent}


def _require_health(place: CollectingInstallation, case: Case) -> None:
    [health] = place.query("SELECT * FROM source_health WHERE source = :s", s=case.target.asks_as)
    assert health.circuit_state == "closed"
    # What comes whole on the way to an answer is read by a vendor's library, which tells us of no single request.
    is_read = case.target.is_archived
    is_told = bool(case.loss.lost) and (is_read or not case.fault.is_content)
    assert (case.words in health.last_error) if is_told else health.last_error is None
    if case.loss.is_all:
        assert (health.consecutive_errors > 0) == (case.fault.is_counted or (case.fault.is_content and is_read))
    if not case.loss.lost:
        assert (health.last_ok, health.consecutive_errors) == (place.now, 0)


def _require_rows(
    made: Mapping[str, list[Any]], undisturbed: Undisturbed, case: Case, outcome: SourceHour | None
) -> None:
    if case.loss.is_all:
        assert made == undisturbed.before, "a failure has changed rows"
    elif case.loss.lost == 0 and case.fault.name != "skew":
        assert made == undisturbed.made
        assert outcome == undisturbed.outcome
    elif case.target.source == DAILY:
        # What was not told stays as it was told before.
        told = [{(row["entity_id"], row["origin"], row["name"]) for row in side["entity_names"]}
                for side in (made, undisturbed.made)]  # fmt: skip
        assert told[0] == told[1]
    elif case.fault.name == "skew":  # all are there, under other times
        assert len(made["sightings"]) == len(undisturbed.made["sightings"])
        assert len(made["mentions"]) == len(undisturbed.made["mentions"])
    else:
        _require_part(made, undisturbed)


def _require_part(made: Mapping[str, list[Any]], undisturbed: Undisturbed) -> None:
    """Nothing but what the whole hour has, nothing of an earlier capture changed, no zero in place of a gap."""
    earlier = {row["ts"] for row in undisturbed.before["sightings"]}
    assert [row for row in made["sightings"] if row["ts"] in earlier] == undisturbed.before["sightings"]
    for table in ("sightings", "items"):
        assert _ids(made, table) <= _ids(undisturbed.made, table)
    keys = [{(row["entity_id"], row["ts"], row["metric"]) for row in side["signals"]}
            for side in (undisturbed.before, made, undisturbed.made)]  # fmt: skip
    assert keys[0] <= keys[1] <= keys[2]
    zeros = [row for row in made["signals"] if row["value"] == 0 and row["metric"] in COUNTS]
    assert not zeros


def _ids(made: Mapping[str, list[Any]], table: str) -> set[str]:
    return {row["item_id"] for row in made[table]}


def _good_addresses(place: CollectingInstallation, source: str) -> set[str]:
    query = "SELECT request_url FROM captures WHERE source = :s AND ts = :ts AND state = 'good'"
    return {row.request_url for row in place.query(query, s=source, ts=place.partition(source))}


def _sent(place: CollectingInstallation, source: str, *, after: int = 0) -> list[Any]:
    return place.query(
        "SELECT ts, event, status, extra ->> 'url' AS url FROM audit_logs WHERE source = :s AND id > :after"
        " AND (event IN ('fetch', 'rate limited') OR event = 'cache hit' AND status = '304') ORDER BY id",
        s=source, after=after,
    )  # fmt: skip


def _last_audit(place: CollectingInstallation) -> int:
    return int(place.query("SELECT coalesce(max(id), 0) AS id FROM audit_logs")[0].id)
