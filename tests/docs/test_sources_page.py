"""The page of the sources: a row for every source of the code, with the tick, the requests and the cost that hold."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etheatmap_core.budget.model import Unit
from etheatmap_core.budget.plan import MONTH, PlannedUse, plan
from etheatmap_core.budget.wording import amount
from etheatmap_core.cadence import next_tick
from etheatmap_core.config import Config, load_config
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from etheatmap_core.signals.source_status import NEVER_RUN

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "sources.md").read_text()
CONFIG = load_config(PROJECT / "configs")
HOURS = MONTH // HOUR
GIVES = ("source", "gives", "at most", "keys", "how it fails")
GLANCE = ("source", "asked", "how late", "where it fails: its states", "requests a month", "cost a month")
SOURCES = {source.name: source for source in known_sources(CONFIG, load_settings(None))}


def rows(heading: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """By source, the cells of all tables with this heading; each source stands there once."""
    found: dict[str, tuple[str, ...]] = {}
    is_inside = False
    for line in PAGE.splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split(" | ")) if line.startswith("|") else ()
        if not cells or cells == heading:
            is_inside = cells == heading
        elif is_inside and not line.startswith("|---"):
            name = cells[0].strip("`")
            assert name not in found
            found[name] = cells[1:]
    return found


AT_A_GLANCE = rows(GLANCE)


def uses(config: Config) -> Mapping[str, tuple[PlannedUse, Unit, int]]:
    """By source, what is planned, in which unit, and how many of its periods a month has."""
    return {
        use.source: (use, each.budget.unit, 1 if each.budget.period == "month" else MONTH // timedelta(days=1))
        for each in plan(config).providers
        for use in each.uses
    }


def planned(source: str, config: Config = CONFIG) -> str:
    use, unit, periods = uses(config)[source]
    return amount(use.units * periods, unit)


def first_number(text: str) -> int:
    return int(re.findall(r"[\d,]+", text)[-1].replace(",", ""))


def test_every_source_has_its_rows() -> None:
    assert AT_A_GLANCE.keys() == SOURCES.keys()
    assert rows(GIVES).keys() == SOURCES.keys()
    assert all(len(cells) == len(GLANCE) - 1 and all(cells) for cells in AT_A_GLANCE.values())


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_a_source_is_asked_when_the_page_says_so(source: KnownSource) -> None:
    asked = AT_A_GLANCE[source.name][0]
    if source.cadence is None:
        assert asked == "only by hand"
        return
    tick = next_tick(source.cadence.poll_cron, datetime(2026, 11, 20, tzinfo=UTC))
    often = {"every hour": "hourly", "every day": "daily"}.get(str(source.expected_interval), source.expected_interval)
    assert asked == f"{often}, minute {tick.minute}"


@pytest.mark.parametrize("source", SOURCES)
def test_its_cost_is_what_the_plan_computes(source: str) -> None:
    cost = AT_A_GLANCE[source][-1]
    if source not in uses(CONFIG):
        assert cost == "free"
    elif not SOURCES[source].is_manual:
        assert cost == planned(source)
    else:
        twice_a_day = replace(CONFIG.sources[source], is_manual=False, cadence=timedelta(hours=12))
        config = replace(CONFIG, sources={**CONFIG.sources, source: twice_a_day})
        assert cost == f"{planned(source)}; with `12h` {planned(source, config)}"


@pytest.mark.parametrize("source", SOURCES)
def test_its_states_are_words_of_ours(source: str) -> None:
    told = re.findall(r"`([^`]+)`", AT_A_GLANCE[source][2])
    assert told
    assert set(told) <= {*SourceState, NEVER_RUN, *SOURCES}


@pytest.mark.parametrize("source", SOURCES)
def test_its_requests_are_counted_from_the_configuration_and_fit_its_limits(source: str) -> None:
    requests = first_number(AT_A_GLANCE[source][3])
    limits = CONFIG.limits.get(source)
    if limits is not None:
        a_period = limits.requests
        assert requests <= a_period.requests * (MONTH.total_seconds() / a_period.period_seconds)
    counted = {
        **{name: CONFIG.limits[name].requests.requests * HOURS for name in ("trends", "google_news")},
        "trade_rss": sum(bool(outlet.feed) for outlet in CONFIG.outlets) * HOURS,
        "gdelt_gkg": 4 * HOURS,
        "newsapi": first_number(planned("newsapi").split()[0]),
    }
    assert requests == counted.get(source, requests)
