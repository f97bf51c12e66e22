"""Where everything is due at once, what a score waits for goes first."""

from pathlib import Path

import dagster as dg

from etheatmap_assets.definitions import build_defs
from etheatmap_core.settings import Settings

PROJECT = Path(__file__).parents[3]


def test_what_a_score_rests_on_goes_before_what_it_does_not(tmp_path: Path) -> None:
    definitions = build_defs(Settings(etheatmap_home=tmp_path, etheatmap_config_dir=PROJECT / "configs"))
    priorities = {
        sensor.name.removesuffix("_automation"): int(sensor.run_tags.get("dagster/priority", "0"))
        for sensor in definitions.sensors or []
        if isinstance(sensor, dg.AutomationConditionSensorDefinition)
    }
    first = {name for name, priority in priorities.items() if priority > 0}
    assert {"scores", "wiki", "news", "trade_rss", "google_news", "newsapi", "reddit", "trends", "youtube"} <= first
    assert first.isdisjoint({"entity_roster", "wiki_history", "imdb_box_office", "tentpoles", "maintenance"})
