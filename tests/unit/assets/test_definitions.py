"""The asset graph as a whole: what it holds, that it is fresh and owned, and that loading it touches nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from etheatmap_assets.cadence import CADENCE_TAG
from etheatmap_assets.definitions import JOBS, build_defs
from etheatmap_assets.freshness import DISCOVERY_REPORTS, DISCOVERY_STEPS
from etheatmap_core.budget.reconcile import ASSET as RECONCILIATION
from etheatmap_core.cadence import CADENCES
from etheatmap_core.config.example import EXAMPLE
from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import load_settings

PROJECT = Path(__file__).parents[3]
SNAPSHOT = Path(__file__).parent / "asset_graph.json"
NOW = datetime(2026, 11, 20, 15, 37, tzinfo=UTC)


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    settings = load_settings(None).model_copy(
        update={"etheatmap_home": tmp_path, "etheatmap_config_dir": PROJECT / "configs"}
    )
    return build_defs(settings, clock=lambda: NOW)


def test_the_definitions_load_without_a_database_or_a_net(definitions: dg.Definitions, tmp_path: Path) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert [path.name for path in tmp_path.iterdir()] == ["hour_grid.json"]


def test_the_asset_graph_is_the_one_reviewed(definitions: dg.Definitions) -> None:
    """Change asset_graph.json on purpose: it is what a reviewer reads when an asset, a dependency or a policy moves."""
    graph = {}
    for spec in sorted(definitions.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string()):
        cadence = None if is_manual(spec) else CADENCES.get(spec.key.to_user_string())
        assert isinstance(spec.freshness_policy, dg.FreshnessPolicy) == (cadence is not None)
        condition = spec.automation_condition
        graph[spec.key.to_user_string()] = {
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "group": spec.group_name,
            "owners": list(spec.owners),
            "kinds": sorted(spec.kinds),
            "partitions": type(spec.partitions_def).__name__ if spec.partitions_def else None,
            "fail_after_hours": cadence.fail_after.total_seconds() / 3600 if cadence else None,
            "automation": condition.get_label() if condition else None,
            "checks": sorted(
                key.name for key in definitions.resolve_asset_graph().asset_check_keys if key.asset_key == spec.key
            ),
        }
    assert graph == json.loads(SNAPSHOT.read_text())


def is_manual(spec: dg.AssetSpec) -> bool:
    return spec.tags.get(CADENCE_TAG) == "manual"


def test_every_asset_but_the_manual_ones_has_its_own_freshness_policy(definitions: dg.Definitions) -> None:
    specs = list(definitions.resolve_all_asset_specs())
    with_policy = {spec.key.to_user_string() for spec in specs if spec.freshness_policy}
    manual = {spec.key.to_user_string() for spec in specs if is_manual(spec)}
    assert with_policy == set(CADENCES) - {EXAMPLE, RECONCILIATION} - manual
    assert manual == {"apify_tiktok", "tt_cc", "tt_search"}, "as shipped"


def test_each_source_has_an_automation_sensor_of_its_own(definitions: dg.Definitions) -> None:
    targets = {
        sensor.name: {key.to_user_string() for key in sensor.asset_selection.resolve(definitions.resolve_asset_graph())}
        for sensor in definitions.sensors or []
        if sensor.asset_selection is not None
    }
    sources = [spec for spec in definitions.resolve_all_asset_specs() if spec.group_name == "sources"]
    assert {f"{spec.key.to_user_string()}_automation" for spec in sources} <= targets.keys()
    assert targets.pop("discovery_automation") == set(DISCOVERY_STEPS), "one for all of discovery"
    assert targets.pop("discovery_daily_automation") == set(DISCOVERY_REPORTS), "and one for its days"
    assert all(len(assets) == 1 for assets in targets.values()), "each asset is asked for by a sensor of its own"


@pytest.mark.parametrize("job", sorted(JOBS))
def test_a_job_makes_one_partition_of_each_of_its_assets(definitions: dg.Definitions, job: str) -> None:
    steps, _ = JOBS[job]
    found = definitions.resolve_job_def(job)
    assert {key.to_user_string() for key in found.asset_layer.executable_asset_keys} == set(steps)
    assert found.partitions_def == definitions.resolve_assets_def(steps[0]).partitions_def


def test_a_source_without_its_keys_is_never_requested_by_itself(definitions: dg.Definitions) -> None:
    conditions = {
        spec.key.to_user_string(): spec.automation_condition for spec in definitions.resolve_all_asset_specs()
    }
    assert conditions["reddit"] is None, "there are no REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"
    assert conditions["trade_rss"] is not None


def test_a_longer_cadence_asks_at_every_nth_hour_only_and_goes_stale_later(tmp_path: Path) -> None:
    definitions = _with_sources(tmp_path, "sources:\n  trade_rss: {enabled: true, cadence: 3h}\n")
    spec = next(spec for spec in definitions.resolve_all_asset_specs() if spec.key == dg.AssetKey("trade_rss"))
    assert "2-59/15 */3 * * *" in str(spec.automation_condition)
    assert isinstance(spec.freshness_policy, dg.FreshnessPolicy)
    assert "hours=12" in repr(spec.freshness_policy) or "43200" in repr(spec.freshness_policy)


def test_a_manual_source_is_requested_only_by_hand_and_nobody_waits_for_it(tmp_path: Path) -> None:
    definitions = _with_sources(tmp_path, "sources:\n  trade_rss: {enabled: true, cadence: manual}\n")
    spec = next(spec for spec in definitions.resolve_all_asset_specs() if spec.key == dg.AssetKey("trade_rss"))
    assert (spec.automation_condition, spec.freshness_policy) == (None, None)
    assert (spec.tags[CADENCE_TAG], spec.metadata["cadence"]) == ("manual", "only by hand")


def test_every_source_says_how_often_it_is_due(definitions: dg.Definitions) -> None:
    cadences = {
        spec.key.to_user_string(): spec.metadata.get("cadence")
        for spec in definitions.resolve_all_asset_specs()
        if spec.group_name == "sources"
    }
    assert cadences["wiki"] == "every hour"
    assert cadences["imdb_box_office"] == "every day"
    assert cadences["tt_cc"] == "only by hand"
    assert None not in cadences.values()


def test_a_tentpole_is_known_on_its_first_day_and_other_days_when_they_are_over(definitions: dg.Definitions) -> None:
    with dg.partition_loading_context(NOW):
        newest = {
            name: definitions.resolve_assets_def(name).partitions_def.get_last_partition_key()
            for name in ("tentpoles", "imdb_box_office")
        }
    assert newest == {"tentpoles": "2026-11-20", "imdb_box_office": "2026-11-19"}


def test_a_source_that_no_file_collects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"sources\.yml: hacker_news has a title, but no file of etheatmap_assets/sources collects it"
    ):
        _with_sources(tmp_path, "sources:\n  hacker_news: {title: Hacker News, enabled: true}\n")


def test_the_grid_starts_sixty_days_before_the_first_start(definitions: dg.Definitions) -> None:
    grid = definitions.resolve_assets_def("wiki").partitions_def
    assert grid is not None
    assert grid.get_first_partition_key() == "2026-09-21-00:00"


def test_a_replay_has_the_grid_it_asks_for(tmp_path: Path) -> None:
    settings = load_settings(None).model_copy(
        update={
            "etheatmap_home": tmp_path,
            "etheatmap_config_dir": PROJECT / "configs",
            "etheatmap_partitions_start": datetime(2012, 2, 14, 16, tzinfo=UTC),
            "etheatmap_partitions_end": datetime(2012, 2, 25, 23, tzinfo=UTC),
        }
    )
    grid = build_defs(settings, clock=lambda: NOW).resolve_assets_def("heat_scores").partitions_def
    assert grid is not None
    keys = grid.get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2012-02-14-16:00", "2012-02-25-22:00", 271)
    assert list(tmp_path.iterdir()) == [], "a replay stores no grid of its own"


def _with_sources(tmp_path: Path, text: str) -> dg.Definitions:
    configs = tmp_path / "configs"
    configs.mkdir(parents=True)
    for path in (PROJECT / "configs").iterdir():
        (configs / path.name).write_text(path.read_text())
    (configs / "sources.yml").write_text(text)
    settings = load_settings(None).model_copy(update={"etheatmap_home": tmp_path, "etheatmap_config_dir": configs})
    return build_defs(settings, clock=lambda: NOW)


def test_a_disabled_source_is_never_requested_by_itself(tmp_path: Path) -> None:
    definitions = _with_sources(tmp_path, "sources:\n  wiki: {enabled: false}\n")
    spec = next(spec for spec in definitions.resolve_all_asset_specs() if spec.key == dg.AssetKey("wiki"))
    assert spec.automation_condition is None
    assert spec.metadata["is_requested"] is False


def test_advanced_scores_are_requested_while_their_switch_is_on(tmp_path: Path) -> None:
    def condition(definitions: dg.Definitions) -> object:
        specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
        return specs["advanced_scores"].automation_condition

    assert condition(_with_sources(tmp_path / "on", "sources:\n  advanced_scoring: {enabled: true}\n")) is not None
    assert condition(_with_sources(tmp_path / "off", "sources:\n  advanced_scoring: {enabled: false}\n")) is None


def test_the_steps_of_discovery_are_switched_on_together(definitions: dg.Definitions, tmp_path: Path) -> None:
    def requested(definitions: dg.Definitions) -> set[str]:
        specs = [spec for spec in definitions.resolve_all_asset_specs() if spec.group_name == "discovery"]
        assert {spec.key.to_user_string() for spec in specs} == {*DISCOVERY_STEPS, *DISCOVERY_REPORTS}
        return {spec.key.to_user_string() for spec in specs if spec.automation_condition is not None}

    assert requested(definitions) == {*DISCOVERY_STEPS, *DISCOVERY_REPORTS}, "as shipped"
    sources = "sources:\n  wiki: {enabled: true}\n  entity_discovery: {enabled: true, cadence: manual}\n"
    assert requested(_with_sources(tmp_path / "manual", sources)) == set()
    off = sources.replace("true, cadence: manual", "false")
    assert requested(_with_sources(tmp_path / "off", off)) == set()


@pytest.mark.parametrize(
    ("source", "key", "told"),
    [
        (
            "trade_rss",
            "base_url: 'https://feeds.example.org'",
            r"base_url: expected nothing, .* stand in trade_feeds\.yml",
        ),
        ("wiki", "ttl_seconds: 60", r"ttl_seconds: expected nothing, because each hour has a file of its own"),
    ],
)
def test_a_key_that_would_change_nothing_is_refused(tmp_path: Path, source: str, key: str, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"sources\.yml: {source}\.{told}"):
        _with_sources(tmp_path, f"sources:\n  {source}: {{enabled: true, {key}}}\n")
