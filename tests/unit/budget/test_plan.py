"""What the cadences will use: the shipped files stay within every limit, with every source that costs switched on."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from etheatmap_core.budget.model import MICROS_PER_USD
from etheatmap_core.budget.plan import Plan, PlannedProvider, PlannedUse, plan
from etheatmap_core.config import Config, load_config
from etheatmap_core.config.model import SourceConfig

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shipped() -> Config:
    return load_config(Path(__file__).parents[3] / "configs")


def provider(planned: Plan, name: str) -> PlannedProvider:
    return next(each for each in planned.providers if each.budget.provider == name)


def of_source(planned: Plan, name: str) -> PlannedUse:
    return next(use for each in planned.providers for use in each.uses if use.source == name)


def with_source(config: Config, name: str, **changes: object) -> Config:
    entry = config.sources.get(name, SourceConfig(name, enabled=False, weight=0.0))
    return replace(config, sources={**config.sources, name: replace(entry, **changes)})  # type: ignore[arg-type]


def test_the_shipped_plan_keeps_the_published_targets(shipped: Config) -> None:
    planned = plan(shipped)
    assert provider(planned, "scraperapi").units_with_all == 24_800  # about 25k of 100k credits a month
    assert provider(planned, "newsapi").units_with_all == 432  # about 450 of 500 requests a day
    assert provider(planned, "youtube").units_with_all == 9_600  # of 10,000 units a day
    assert provider(planned, "apify").units_with_all == 0  # requested by hand
    twice_a_day = shipped
    for source in ("tt_cc", "tt_search", "apify_tiktok"):
        twice_a_day = with_source(twice_a_day, source, is_manual=False, cadence=12 * HOUR)
    assert provider(plan(twice_a_day), "apify").units_with_all == 21_700_000  # of $30 a month
    assert plan(twice_a_day).is_within
    assert planned.is_within


def test_every_limit_in_dollars_used_up_is_still_within_the_whole(shipped: Config) -> None:
    planned = plan(shipped)
    most = sum(each.budget.limit_units for each in planned.providers if each.budget.unit == "usd_micros")
    assert planned.fixed_usd_micros + most <= planned.limit_usd_micros == 200 * MICROS_PER_USD
    assert planned.usd_micros_with_all == 68 * MICROS_PER_USD


def test_what_is_off_is_planned_apart(shipped: Config) -> None:
    twice_a_day = {"is_manual": False, "cadence": 12 * HOUR}
    planned = plan(with_source(with_source(shipped, "tt_cc", **twice_a_day), "tt_search", enabled=False, **twice_a_day))
    apify = provider(planned, "apify")
    assert (apify.units, apify.units_with_all) == (62 * 50_000, 62 * 200_000)
    assert planned.usd_micros == 68 * MICROS_PER_USD + apify.units


@pytest.mark.parametrize(
    ("source", "cadence", "partitions"),
    [
        ("newsapi", None, 24),  # its own: every hour, of a day
        ("newsapi", 2 * HOUR, 12),
        ("scrape_news", HOUR, 744),  # of the longest month
        ("scrape_news", 12 * HOUR, 62),
        ("scrape_news", 24 * HOUR, 31),
        ("scrape_news", HOUR / 4, 744),  # an hour is the finest partition
        ("newsapi", 7 * HOUR, 4),  # a rest counts whole
    ],
)
def test_partitions_follow_the_cadence(
    shipped: Config, source: str, cadence: timedelta | None, partitions: int
) -> None:
    use = of_source(plan(with_source(shipped, source, cadence=cadence)), source)
    assert use.partitions_a_period == partitions
    assert use.units == partitions * use.units_a_partition


def test_what_is_only_asked_by_hand_is_not_planned(shipped: Config) -> None:
    use = of_source(plan(with_source(shipped, "scrape_news", is_manual=True)), "scrape_news")
    assert (use.cadence, use.units) == (None, 0)


def test_a_cadence_that_would_pass_a_limit_is_seen(shipped: Config) -> None:
    planned = plan(with_source(shipped, "scrape_news", cadence=HOUR))
    assert provider(planned, "scraperapi").units_with_all == 297_600
    assert not provider(planned, "scraperapi").is_within
    assert not planned.is_within
