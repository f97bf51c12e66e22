"""Who is tracked, and under which names: entities.csv, beside it what Wikipedia and Wikidata say about the articles.

Asked: Wikipedia, by up to fifty titles, where each is now and which redirects lead there; Wikidata, by up to twenty
ids, for English names and what each is an instance of. Comes back: JSON, the former in as many parts as it takes.
Becomes: ``entities.current_title``, ``kinds`` and, where entities.csv leaves it blank, ``wiki_id``; ``entity_names``.
Views are counted at all titles of an article; found names are looked for in texts where they do no harm.
What is curated is never overwritten; what is wrong with it is named in the state's reason.
"""

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.daily_asset import build_daily
from etheatmap_assets.sources.roster_collector import ALL_ANSWERED, ALL_FOUND, SOURCE, RosterCollector

_CHECKS = {
    ALL_ANSWERED: "A question of the day was not answered: what is known of those articles is of an earlier day.",
    ALL_FOUND: "An entity has no article of its own, or its wiki_id is another's: correct entities.csv.",
}


def build_entity_roster(grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself."""
    spec = dg.AssetSpec(
        SOURCE,
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds={"wikipedia", "wikidata", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "entity_names", "is_requested": condition is not None},
        description="Where the tracked articles are now, what redirects to them, and their names, by the day.",
    )
    return build_daily(spec, _CHECKS, lambda kit, must_ask: RosterCollector(kit, must_ask=must_ask))
