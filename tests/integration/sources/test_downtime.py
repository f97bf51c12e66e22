"""Hours and a day in which nothing ran: what automation asks for when it is back, and what a backfill brings."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from collecting import COSTLY, FEW_NAMES, FOUND, KEYS, NOW_ONLY
from simulated import FREE_SOURCES, SimulatedInstallation

from etheatmap_assets.budgets import CHECK, budget_deps
from etheatmap_assets.definitions import build_defs
from etheatmap_core.config import load_config
from etheatmap_core.hours import HOUR, partition_key
from etheatmap_sim.hours import parse_instant

NOW_ONLY_HOURLY = tuple(source for source in FREE_SOURCES if source in NOW_ONLY)
RECOLLECTABLE = tuple(source for source in FREE_SOURCES if source not in NOW_ONLY)
DAY = timedelta(days=1)
HOURLY_COSTLY = tuple(source for source in COSTLY if source in ("newsapi", "youtube"))
EVERY_SOURCE = (*FREE_SOURCES, *HOURLY_COSTLY)


class Evening:
    """The sensors of all sources, tick by tick. What a run makes is there; other hours are reported made."""

    def __init__(self, installation: SimulatedInstallation, *sources: str) -> None:
        sources = sources or FREE_SOURCES
        self.installation = installation
        installation.partitions = (installation.hour - 2 * HOUR, installation.partitions[1])
        self.definitions = build_defs(installation.settings(), clock=lambda: installation.now)
        self._cursors: dict[str, object] = dict.fromkeys(sources)

    def requested_at(self, clock: str, *, day: str = "2026-11-20") -> Mapping[str, Sequence[datetime]]:
        """By source, the hours its own sensor asks for."""
        place = self.installation
        place.go_to(parse_instant(f"{day}T{clock}"))
        hours = {partition_key(place.partitions[0] + number * HOUR): number for number in range(48)}
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


def test_after_a_day_the_last_six_hours_are_made_up_for_by_themselves(simulated: SimulatedInstallation) -> None:
    evening = Evening(simulated)
    evening.report_made(evening.requested_at("14:05"))
    evening.report_made(evening.requested_at("15:05"))
    requested = evening.requested_at("15:05", day="2026-11-21")
    newest = [at("14") + DAY]
    last_six = [at("09") + DAY + number * HOUR for number in range(6)]
    assert {source: requested[source] for source in RECOLLECTABLE} == dict.fromkeys(RECOLLECTABLE, last_six)
    assert {source: requested[source] for source in NOW_ONLY_HOURLY} == dict.fromkeys(NOW_ONLY_HOURLY, newest)


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
    assert evening.requested_at("14:15", day="2026-11-21") == {source: [at("13") + DAY] for source in HOURLY_COSTLY}


@pytest.fixture
def day_later(with_costly: SimulatedInstallation) -> SimulatedInstallation:
    """Nothing has run for the 24 hours up to now; there are few names to ask for."""
    with_costly.overrides["reddit_target_subs"] = ("movies",)
    with_costly.track(*FEW_NAMES)
    with_costly.go_to(parse_instant("2026-11-21T15:05"))
    return with_costly


def test_a_day_of_downtime_is_made_up_for_in_order_within_budget_and_limits(day_later: SimulatedInstallation) -> None:
    """By a backfill of each source: what upstreams still tell is fetched, the rest is a gap with its name."""
    place = day_later
    missed = [place.hour - number * HOUR for number in reversed(range(24))]
    place.overrides["news_api_daily_limit"] = 16
    lower(place, "gdelt_gkg", "600/hour", "60/hour")
    gone = {"wiki": at("17"), "gdelt_gkg": at("19")}
    place.simulator.order("dumps", "status", status=404, hours=["2026-11-20T17"])
    place.simulator.order("gdelt", "status", status=404, hours=["2026-11-20T19"])
    place.simulator.order("feeds", "status", status=403)

    told = {source: "".join(place.run(source, missed[0], missed[-1]).failures) for source in EVERY_SOURCE}
    states = {source: place.states(source) for source in EVERY_SOURCE}
    assert states["trade_rss"][missed[-1]] == "failed"
    assert {source for source in EVERY_SOURCE if states[source].get(missed[-1]) == "failed"} == {"trade_rss"}, "alone"
    for source in EVERY_SOURCE:
        assert fetched(place, source) == sorted(fetched(place, source)), "in order"
        if FOUND[source].is_now_only if source in FOUND else source in NOW_ONLY:
            assert set(fetched(place, source)) <= {missed[-1]}, "what is gone is not asked for"
            gaps = [row.ts for row in reasons(place, source) if "the hour stays a gap" in (row.reason or "")]
            assert gaps == missed[:-1], "but listed"

    assert [hour for hour, state in states["wiki"].items() if state != "ok"] == [gone["wiki"]]
    assert "pageviews-20261120-180000.gz is not published yet" in told["wiki"]
    # Sixty requests an hour are fifteen hours of its four files; one of them is lost at its first.
    assert [states["gdelt_gkg"][hour] for hour in missed].count("deferred") == 9
    assert states["gdelt_gkg"][gone["gdelt_gkg"]] == "not published"
    assert "60 requests an hour are used; next at 2026-11-21 16:00 UTC" in told["gdelt_gkg"]
    assert place.requests()["gdelt"] <= 60
    assert "Stopped there, 16 of 24 hours made." in told["newsapi"]
    assert fetched(place, "newsapi") == missed[:16]
    assert spent(place, "newsapi") == [16]

    # The next day has room: the same again asks for what is missing, and pays for nothing twice.
    place.go_to(parse_instant("2026-11-22T00:05"))
    place.requests()
    for source in ("gdelt_gkg", "newsapi"):
        place.run(source, missed[0], missed[-1])
    assert [hour for hour in missed if place.states("gdelt_gkg")[hour] != "ok"] == [gone["gdelt_gkg"]]
    assert set(place.states("newsapi").values()) == {"ok"}
    assert fetched(place, "newsapi") == missed
    assert (place.requests()["newsapi"], spent(place, "newsapi")) == (8, [16, 8])


def lower(place: SimulatedInstallation, source: str, rate: str, lower_rate: str) -> None:
    """How often limits.yml lets the source be asked; its rate stands there once."""
    path = place.configs / "limits.yml"
    text = path.read_text()
    assert text.count(f"requests: {rate}\n") == 1, source
    path.write_text(text.replace(f"requests: {rate}\n", f"requests: {lower_rate}\n"))


def fetched(place: SimulatedInstallation, source: str) -> list[datetime]:
    """The hours that were fetched, in the order in which they were."""
    rows = place.query("SELECT ts FROM captures WHERE source = :s AND state = 'good' ORDER BY id", s=source)
    return list(dict.fromkeys(row.ts for row in rows))


def reasons(place: SimulatedInstallation, source: str) -> list[Any]:
    return place.query("SELECT ts, reason FROM source_hours WHERE source = :s ORDER BY ts", s=source)


def spent(place: SimulatedInstallation, provider: str) -> list[int]:
    """Of its periods, one after the other; nothing is still set aside."""
    query = "SELECT spent_units, reserved_units FROM budget_periods WHERE provider = :p ORDER BY period_start"
    rows = place.query(query, p=provider)
    assert all(row.reserved_units == 0 for row in rows)
    return [row.spent_units for row in rows]
