"""Five hours in which nothing ran: what the automation of every source asks for when it is back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg
import pytest
from collecting import COSTLY, FOUND, KEYS, NOW_ONLY
from installation import Run
from simulated import FREE_SOURCES, SimulatedInstallation

from etheatmap_assets.budgets import CHECK, budget_deps
from etheatmap_assets.definitions import build_defs
from etheatmap_core.config import load_config
from etheatmap_core.hours import HOUR, partition_key
from etheatmap_sim.hours import parse_instant

NOW_ONLY_HOURLY = tuple(source for source in FREE_SOURCES if source in NOW_ONLY)
RECOLLECTABLE = tuple(source for source in FREE_SOURCES if source not in NOW_ONLY)
FAILING = "trade_rss"
HOURLY_COSTLY = tuple(source for source in COSTLY if source in ("newsapi", "youtube"))


class Evening:
    """The sensors of all sources, tick by tick. What a run makes is there; other hours are reported made."""

    def __init__(self, installation: SimulatedInstallation, *sources: str) -> None:
        sources = sources or FREE_SOURCES
        self.installation = installation
        installation.partitions = (installation.hour - 2 * HOUR, installation.partitions[1])
        self.definitions = build_defs(installation.settings(), clock=lambda: installation.now)
        self._cursors: dict[str, object] = dict.fromkeys(sources)

    def requested_at(self, clock: str) -> Mapping[str, Sequence[datetime]]:
        """By source, the hours its own sensor asks for."""
        place = self.installation
        place.go_to(parse_instant(f"2026-11-20T{clock}"))
        hours = {partition_key(place.partitions[0] + number * HOUR): number for number in range(24)}
        requested = {}
        for source, cursor in self._cursors.items():
            sensor = self.definitions.resolve_sensor_def(f"{source}_automation")
            assert isinstance(sensor, dg.AutomationConditionSensorDefinition)
            found = dg.evaluate_automation_conditions(
                self.definitions,
                place.instance,
                asset_selection=sensor.asset_selection,
                evaluation_time=place.now + timedelta(seconds=10),
                cursor=cursor,  # type: ignore[arg-type]  opaque to us
            )
            self._cursors[source] = found.cursor
            keys = found.get_requested_partitions(dg.AssetKey(source))
            assert found.total_requested == len(keys), "a sensor asks for its own source only"
            requested[source] = sorted(place.partitions[0] + hours[key] * HOUR for key in keys if key is not None)
        return requested

    def open_budgets(self) -> None:
        """As their sensors say it: there is money."""
        for source in self._cursors:
            for provider in budget_deps(load_config(self.installation.configs).budgets, source):
                passed = dg.AssetCheckEvaluation(asset_key=provider, check_name=CHECK, passed=True)
                self.installation.instance.report_runless_asset_event(passed)

    def report_made(self, requested: Mapping[str, Sequence[datetime]]) -> None:
        for source, hours in requested.items():
            for hour in hours:
                made = dg.AssetMaterialization(source, partition=partition_key(hour))
                self.installation.instance.report_runless_asset_event(made)


def at(clock: str) -> datetime:
    return parse_instant(f"2026-11-20T{clock}:00")


def test_after_downtime_each_source_asks_for_what_its_upstream_still_tells(simulated: SimulatedInstallation) -> None:
    evening = Evening(simulated)
    evening.report_made(evening.requested_at("14:05"))
    evening.report_made(evening.requested_at("15:05"))
    # Nothing runs from 15:05 to 20:05: the hours from 15 on are missing.
    requested = evening.requested_at("20:05")
    newest = [at("19")]
    assert {source: requested[source] for source in NOW_ONLY_HOURLY} == dict.fromkeys(NOW_ONLY_HOURLY, newest)
    missed = [at("15"), at("16"), at("17"), at("18"), at("19")]
    assert {source: requested[source] for source in RECOLLECTABLE} == dict.fromkeys(RECOLLECTABLE, missed)
    evening.report_made(requested)
    assert not any(evening.requested_at("20:15").values())


def test_after_a_longer_one_six_hours_are_made_up_for(simulated: SimulatedInstallation) -> None:
    evening = Evening(simulated)
    evening.report_made(evening.requested_at("14:05"))
    requested = evening.requested_at("22:05")
    newest = [at("21")]
    last_six = [at("16"), at("17"), at("18"), at("19"), at("20"), at("21")]
    assert {source: requested[source] for source in RECOLLECTABLE} == dict.fromkeys(RECOLLECTABLE, last_six)
    assert {source: requested[source] for source in NOW_ONLY_HOURLY} == dict.fromkeys(NOW_ONLY_HOURLY, newest)


def test_of_the_sources_that_come_back_a_failing_one_fails_alone(simulated: SimulatedInstallation) -> None:
    evening = Evening(simulated)
    for source, hours in evening.requested_at("15:05").items():
        assert all(simulated.run(source, hour).is_success for hour in hours)
    before = simulated.made_rows(FAILING)

    requested = evening.requested_at("18:05")
    simulated.simulator.order("feeds", "status", status=403)
    runs: dict[str, list[Run]] = {
        source: [simulated.run(source, hour) for hour in hours] for source, hours in requested.items()
    }
    failed = {source for source, made in runs.items() if not all(run.is_success for run in made)}
    assert failed == {FAILING}
    assert simulated.states(FAILING)[at("17")] == "failed"
    assert simulated.made_rows(FAILING) == before, "its earlier hour is as it was, and no zero stands for the others"
    for source in set(FREE_SOURCES) - {FAILING}:
        assert simulated.states(source)[at("17")] == "ok"
        gap = {at("15"), at("16")} - simulated.states(source).keys()
        assert gap == ({at("15"), at("16")} if source in NOW_ONLY else set())


@pytest.fixture
def with_costly(simulated: SimulatedInstallation) -> SimulatedInstallation:
    """Those that cost are on too, with keys, and their budgets have said that there is money."""
    simulated.switch_on(*FREE_SOURCES, *HOURLY_COSTLY)
    simulated.overrides.update(KEYS)
    return simulated


def test_of_a_source_that_costs_automation_makes_up_for_no_hour_but_the_newest(
    with_costly: SimulatedInstallation,
) -> None:
    """When money or the machine is back, it is not spent on a queue of old hours: those are a person's to ask for."""
    evening = Evening(with_costly, *HOURLY_COSTLY)
    evening.open_budgets()
    evening.report_made(evening.requested_at("14:15"))
    assert evening.requested_at("20:15") == {source: [at("19")] for source in HOURLY_COSTLY}


def test_what_a_day_of_downtime_has_cost_is_listed_and_made_up_for_by_hand(with_costly: SimulatedInstallation) -> None:
    """The missing hours, in order: what the upstream still tells is fetched, the rest is a gap with its name."""
    place = with_costly
    place.go_to(parse_instant("2026-11-20T15:15"))
    hours = [place.hour - number * HOUR for number in (2, 1)]
    for source in (*NOW_ONLY_HOURLY, *RECOLLECTABLE, *HOURLY_COSTLY):
        for hour in hours:
            place.run(source, hour)
    kept = {source for source in (*FREE_SOURCES, *HOURLY_COSTLY) if set(place.states(source).values()) == {"ok"}}
    assert kept == {*RECOLLECTABLE, *(source for source in HOURLY_COSTLY if not FOUND[source].is_now_only)}
    for source in {*FREE_SOURCES, *HOURLY_COSTLY} - kept:
        rows = place.query("SELECT ts, state, reason FROM source_hours WHERE source = :s ORDER BY ts", s=source)
        assert [row.ts for row in rows] == hours
        assert all("nothing was captured then: the hour stays a gap" in row.reason for row in rows)
    asked = place.query(
        "SELECT partition_key FROM budget_reservations WHERE asset = 'newsapi' AND state = 'settled' ORDER BY id"
    )
    assert list(dict.fromkeys(row.partition_key for row in asked)) == [partition_key(hour) for hour in hours]
    [books] = place.query("SELECT spent_units, reserved_units FROM budget_periods WHERE provider = 'newsapi'")
    assert (books.spent_units, books.reserved_units) == (len(asked), 0)
