"""Everything the code location offers, on one page.

``build_defs`` assembles it from settings; tests and the command line swap parts by arguments instead of patching.
Dagster loads ``defs``, made for the settings of the environment.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

# Dagster calls `backfill_policy` beta and `map_asset_specs` preview; its version is pinned and both are tested here.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from etheatmap_assets.advanced_scores import build_advanced_scores  # noqa: E402  after the filter, as all below
from etheatmap_assets.automation import (  # noqa: E402  after the filter: decorators warn when loaded
    AssetCondition,
    ask_for_newest,
    ask_until_there,
    automation_sensor,
    make_after_inputs,
    score_when_inputs_move,
    sum_up_when_over,
    while_within,
)
from etheatmap_assets.budgets import budget_assets, budget_checks, budget_deps  # noqa: E402
from etheatmap_assets.cadence import with_cadence  # noqa: E402
from etheatmap_assets.daily_heat import build_daily_heat  # noqa: E402
from etheatmap_assets.discovery.admissions import build_admissions  # noqa: E402
from etheatmap_assets.discovery.candidates import build_discovery_candidates  # noqa: E402
from etheatmap_assets.discovery.reports import build_discoveries, build_discovery_outcomes  # noqa: E402
from etheatmap_assets.discovery.standings import build_entity_standings  # noqa: E402
from etheatmap_assets.discovery.wiki_spikes import build_wiki_spikes  # noqa: E402
from etheatmap_assets.freshness import DISCOVERY_REPORTS, DISCOVERY_STEPS, freshness_checks  # noqa: E402
from etheatmap_assets.maintenance import build_storage_maintenance  # noqa: E402
from etheatmap_assets.partitions import day_grid, hour_grid  # noqa: E402
from etheatmap_assets.progress import Progress, SilentProgress  # noqa: E402
from etheatmap_assets.reconciliation import build_reconciliation  # noqa: E402
from etheatmap_assets.resources import Resources, build_resources  # noqa: E402
from etheatmap_assets.robust_scores import build_robust_scores  # noqa: E402
from etheatmap_assets.scores import build_heat_scores  # noqa: E402
from etheatmap_assets.sensors.budget import budget_sensors  # noqa: E402
from etheatmap_assets.sensors.delivery import delivery_sensor  # noqa: E402
from etheatmap_assets.sensors.freshness import freshness_sensor  # noqa: E402
from etheatmap_assets.sources.asset import build_source  # noqa: E402
from etheatmap_assets.sources.discovery import discovered  # noqa: E402
from etheatmap_assets.sources.entity_roster import build_entity_roster  # noqa: E402
from etheatmap_assets.sources.imdb_box_office import build_imdb_box_office  # noqa: E402
from etheatmap_assets.sources.news import FEEDERS, build_news  # noqa: E402
from etheatmap_assets.sources.tentpoles import build_tentpoles  # noqa: E402
from etheatmap_assets.sources.wiki import build_wiki  # noqa: E402
from etheatmap_assets.sources.wiki_history import build_wiki_history  # noqa: E402
from etheatmap_core.budget.reconcile import ASSET as RECONCILIATION  # noqa: E402
from etheatmap_core.cadence import CADENCES  # noqa: E402
from etheatmap_core.clock import Clock, system_clock  # noqa: E402
from etheatmap_core.config.access import ADVANCED, DISCOVERY  # noqa: E402
from etheatmap_core.settings import Settings, load_settings  # noqa: E402

# Of the runs that a score waits for: after a start, or an hour of standstill, everything is due at once.
_SOONER = 1
# Several assets in one go, in Dagster's UI and as `etheatmap run NAME`: the same partition of each, in this order.
JOBS: Mapping[str, tuple[Sequence[str], str]] = {
    "discovery": (tuple(DISCOVERY_STEPS), "An hour of discovery: spikes, candidates, admissions, who sleeps."),
    "outcomes": (tuple(DISCOVERY_REPORTS), "A day of discovery: who is young, and what became of who was admitted."),
}
_DAILY = ("entity_roster", "wiki_history", "imdb_box_office", "tentpoles")


def build_defs(settings: Settings, *, clock: Clock = system_clock, progress: Progress | None = None) -> dg.Definitions:
    """The definitions for one installation. Loading them reads settings and configs, never the database or the net."""
    resources = build_resources(settings, clock=clock, progress=progress or SilentProgress())
    hours = hour_grid(settings, clock())
    days, budgets = day_grid(hours), resources.config.budgets
    sources = discovered(resources.config)
    due = CADENCES.keys() | {source.name for source in sources}
    cadences = {name: None if resources.is_manual(name) else resources.cadence(name) for name in due}
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        build_wiki(hours, condition=_condition("wiki", resources, is_now_only=False)),
        *(
            build_source(
                source,
                hours,
                condition=_condition(source.name, resources, is_now_only=source.is_now_only),
                budgets=budget_deps(budgets, source.name),
            )
            for source in sources
        ),
        build_news(hours, feeders=[name for name in FEEDERS if name in resources.asked]),
        build_entity_roster(days, condition=_condition("entity_roster", resources, is_now_only=True)),
        build_wiki_history(days, condition=_history_condition(resources)),
        build_imdb_box_office(days, condition=_condition("imdb_box_office", resources, is_now_only=True)),
        build_tentpoles(day_grid(hours, has_today=True), condition=ask_for_newest(CADENCES["tentpoles"].poll_cron)),
        build_heat_scores(hours),
        build_robust_scores(hours),
        build_advanced_scores(hours, tiktok_share=settings.tiktok_weight, is_asked=ADVANCED in resources.asked),
        build_wiki_spikes(hours, condition=_discovery_condition("wiki_spikes", resources)),
        build_discovery_candidates(hours, condition=_candidates_condition(resources)),
        build_admissions(hours, condition=_discovery_condition("admissions", resources)),
        build_entity_standings(hours, condition=_discovery_condition("entity_standings", resources)),
        build_discoveries(days, condition=_report_condition("discoveries", resources)),
        build_discovery_outcomes(days, condition=_report_condition("discovery_outcomes", resources)),
        build_daily_heat(days),
        build_storage_maintenance(days),
        *build_reconciliation(days, settings),
        *budget_assets(budgets),
    ]
    collected = ["wiki", *(source.name for source in sources), "news", *_DAILY]
    edges = _edges(assets)
    scored = _upstream("heat_scores", edges)
    return dg.Definitions(
        assets=assets,
        asset_checks=[*budget_checks(budgets), *freshness_checks(edges.keys() & due)],
        sensors=[
            # One a source: a failing source fails alone, even when several ticks are made up for after downtime.
            *(
                automation_sensor(f"{name}_automation", [name], tier="source", priority=_SOONER * (name in scored))
                for name in collected
            ),
            automation_sensor("scores_automation", ["heat_scores"], tier="score", priority=_SOONER),
            # Nobody waits for it yet.
            automation_sensor("robust_automation", ["robust_scores"], tier="score"),
            automation_sensor("advanced_automation", ["advanced_scores"], tier="score"),
            automation_sensor("daily_heat_automation", ["daily_heat"], tier="score"),
            automation_sensor("discovery_automation", list(DISCOVERY_STEPS), tier="discovery"),
            automation_sensor("discovery_daily_automation", list(DISCOVERY_REPORTS), tier="discovery"),
            *budget_sensors(budgets),
            freshness_sensor(lambda: edges),
            delivery_sensor(),
            automation_sensor("maintenance_automation", _upkeep(edges), tier="maintenance"),
        ],
        jobs=[
            dg.define_asset_job(name, dg.AssetSelection.assets(*steps), description=told)
            for name, (steps, told) in JOBS.items()
        ],
        resources=resources.for_dagster(),
        # One process a run: ours wait for upstreams and the database, more processes would only cost start-up time.
        executor=dg.in_process_executor,
    ).map_asset_specs(func=with_cadence(cadences, resources.cadence_words()))


def _edges(assets: Sequence[dg.AssetsDefinition | dg.AssetSpec]) -> dict[str, frozenset[str]]:
    """By asset, those it rests on directly."""
    specs = [spec for asset in assets if isinstance(asset, dg.AssetsDefinition) for spec in asset.specs]
    return {spec.key.to_user_string(): frozenset(dep.asset_key.to_user_string() for dep in spec.deps) for spec in specs}


def _upstream(asset: str, edges: Mapping[str, frozenset[str]]) -> set[str]:
    """Those it rests on, near and far."""
    near = edges.get(asset, frozenset())
    return set(near).union(*(_upstream(name, edges) for name in near))


def _upkeep(assets: Iterable[str]) -> list[str]:
    """What is due once a day, of what there is here."""
    return [name for name in ("storage_maintenance", RECONCILIATION) if name in assets]


def _history_condition(resources: Resources) -> AssetCondition | None:
    """Only where both are asked whose articles and whose limits it shares."""
    is_asked = {"wiki", "entity_roster"} <= resources.asked
    return ask_for_newest(CADENCES["wiki_history"].poll_cron) if is_asked else None


def _discovery_condition(step: str, resources: Resources) -> AssetCondition | None:
    """When a step of discovery is made by itself: never while ``entity_discovery`` is off, or only for by hand."""
    return score_when_inputs_move(CADENCES[step].poll_cron) if _is_discovering(resources) else None


def _candidates_condition(resources: Resources) -> AssetCondition | None:
    """Once the many sources they are from have had their time."""
    poll_cron = CADENCES["discovery_candidates"].poll_cron
    return make_after_inputs(poll_cron) if _is_discovering(resources) else None


def _report_condition(report: str, resources: Resources) -> AssetCondition | None:
    """When the day is over, and later where one of its hours has changed since."""
    return sum_up_when_over(CADENCES[report].poll_cron) if _is_discovering(resources) else None


def _is_discovering(resources: Resources) -> bool:
    return DISCOVERY in resources.asked and not resources.is_manual(DISCOVERY)


def _condition(source: str, resources: Resources, *, is_now_only: bool) -> AssetCondition | None:
    """When a source is asked by itself: never, where it is switched off, lacks its keys or is only for by hand."""
    if source not in resources.asked or resources.is_manual(source):
        return None
    poll_cron = resources.cadence(source).poll_cron
    if above := budget_deps(resources.config.budgets, source):
        # Only the newest, also of an upstream that knows older hours: when money comes back, it is not for a queue.
        return while_within(ask_for_newest(poll_cron), above)
    return ask_for_newest(poll_cron) if is_now_only else ask_until_there(poll_cron)


defs = build_defs(load_settings())
