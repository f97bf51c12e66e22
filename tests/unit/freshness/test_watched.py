"""Nothing that can be made is left unwatched, and what nobody asks for by itself raises no alarm."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from etheatmap_assets.definitions import build_defs
from etheatmap_assets.freshness import CHECK, watched_assets
from etheatmap_core.config.installed import installed_config
from etheatmap_core.freshness.verdict import Facts, Freshness, Watched, judge
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import Settings, load_settings

PROJECT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    return load_settings(None).model_copy(
        update={"etheatmap_home": tmp_path / "home", "etheatmap_config_dir": tmp_path / "configs"}
    )


def watched_in(settings: Settings) -> dict[str, Watched]:
    return {one.asset: one for one in watched_assets(installed_config(settings), settings)}


def configured(settings: Settings, *lines: str) -> None:
    sources = settings.etheatmap_config_dir / "sources.yml"
    sources.write_text("\n".join(["sources:", *(f"  {line}" for line in lines)]) + "\n")


@pytest.mark.parametrize("is_example_on", [False, True])
def test_every_asset_that_can_be_made_is_watched_and_has_the_check(settings: Settings, is_example_on: bool) -> None:
    settings = settings.model_copy(update={"feature_metered_example": is_example_on})
    graph = build_defs(settings, clock=lambda: NOW).resolve_asset_graph()
    watched = watched_in(settings)
    assert {key.to_user_string() for key in graph.materializable_asset_keys} == set(watched)
    assert {key.asset_key.to_user_string() for key in graph.asset_check_keys if key.name == CHECK} == set(watched)


def test_its_policy_and_its_partitions_are_those_it_is_watched_by(settings: Settings) -> None:
    graph = build_defs(settings, clock=lambda: NOW).resolve_asset_graph()
    for name, watched in watched_in(settings).items():
        node = graph.get(dg.AssetKey(name))
        window = node.freshness_policy
        if window is None:
            assert "only requested by hand" in str(watched.refused) or "FEATURE_" in str(watched.refused), name
            continue
        assert window == dg.FreshnessPolicy.time_window(
            fail_window=watched.cadence.fail_after, warn_window=watched.cadence.warn_after
        )
        is_daily = isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
        assert watched.partition == (DAY if is_daily else HOUR), name


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("trade_rss: {enabled: false, weight: 1.0}", "trade_rss is switched off"),
        ("reddit: {enabled: true, weight: 1.0}", "reddit needs REDDIT_CLIENT_ID"),
        ("trade_rss: {enabled: true, weight: 1.0, cadence: manual}", "trade_rss is only requested by hand"),
    ],
)
def test_what_nobody_asks_for_by_itself_is_off_with_the_reason(settings: Settings, line: str, told: str) -> None:
    configured(settings, "wiki: {enabled: true, weight: 1.0}", line)
    verdict = judge(watched_in(settings)[line.split(":", maxsplit=1)[0]], Facts(None, NOW - 90 * DAY), NOW)
    assert (verdict.state, verdict.reason.startswith(told)) == (Freshness.OFF, True), verdict.reason


def test_a_longer_cadence_is_watched_as_it_is_configured(settings: Settings) -> None:
    configured(settings, "gdelt_gkg: {enabled: true, weight: 1.0, cadence: 6h}")
    watched = watched_in(settings)["gdelt_gkg"]
    assert (watched.interval, watched.partition, watched.cadence.fail_after) == (6 * HOUR, HOUR, 18 * HOUR)
