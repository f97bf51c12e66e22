"""Five hours in which nothing ran: what the automation of every source asks for when it is back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg
from collecting import NOW_ONLY
from installation import Run
from simulated import FREE_SOURCES, SimulatedInstallation

from etheatmap_assets.definitions import build_defs
from etheatmap_core.hours import HOUR, partition_key
from etheatmap_sim.hours import parse_instant

NOW_ONLY_HOURLY = tuple(source for source in FREE_SOURCES if source in NOW_ONLY)
RECOLLECTABLE = tuple(source for source in FREE_SOURCES if source not in NOW_ONLY)
FAILING = "trade_rss"


class Evening:
    """The sensors of all sources, tick by tick. What a run makes is there; other hours are reported made."""

    def __init__(self, installation: SimulatedInstallation) -> None:
        self.installation = installation
        installation.partitions = (installation.hour - 2 * HOUR, installation.partitions[1])
        self.definitions = build_defs(installation.settings(), clock=lambda: installation.now)
        self._cursors: dict[str, object] = dict.fromkeys(FREE_SOURCES)

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
