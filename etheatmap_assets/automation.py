"""When an asset is requested without anyone asking. Conditions are built here, and each says why it has its shape."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster._core.storage.tags import PRIORITY_TAG

# Dagster's type parameters of conditions (assets, or assets and checks) do not compose with each other's operators.
Condition: Any = dg.AutomationCondition
AssetCondition = dg.AutomationCondition[dg.AssetKey]

# An hour is asked for by itself while it is this young. Older holes are a backfill, which a person starts.
RECENT = timedelta(hours=6)


def ask_until_there(poll_cron: str) -> AssetCondition:
    """For a source whose upstream publishes late: each missing recent hour is asked for at each tick until there.

    Without ``since_last_handled``: with it a tick that found nothing published yet would be the only one, and the
    hour would be lost. The first evaluation after a start asks at once, so that nobody waits a quarter of an hour
    for the newest hour after a deployment.
    """
    tick = Condition.cron_tick_passed(poll_cron) | Condition.initial_evaluation()
    is_wanted = Condition.in_latest_time_window(RECENT) & Condition.missing() & ~Condition.in_progress()
    condition: AssetCondition = (is_wanted & tick).with_label("ask_until_there")
    return condition


def ask_for_newest(poll_cron: str) -> AssetCondition:
    """For a source that only knows "now": the newest hour, at each tick until there. Older ones are lost to it."""
    tick = Condition.cron_tick_passed(poll_cron) | Condition.initial_evaluation()
    is_wanted = Condition.in_latest_time_window() & Condition.missing() & ~Condition.in_progress()
    condition: AssetCondition = (is_wanted & tick).with_label("ask_for_newest")
    return condition


def while_within(condition: AssetCondition, budgets: Sequence[dg.AssetKey]) -> AssetCondition:
    """``condition``, held while the budget above the source says no; also before it has said anything.

    The selection names the assets: one by group would leave external assets out, and hold nothing.
    """
    passes = Condition.all_checks_match(Condition.check_passed(), blocking_only=True)
    is_within = Condition.all_deps_match(passes).allow(dg.AssetSelection.assets(*budgets)).with_label("within_budget")
    held: AssetCondition = (condition & is_within).with_label(f"{condition.get_label()}_within_budget")
    return held


def score_when_inputs_move(deadline_cron: str, movers: Sequence[str] = ()) -> AssetCondition:
    """For a score: once for each recent hour whose inputs have changed since, and by the deadline in any case.

    Not ``eager()``, which demands every input: one missing source must not stop the score of the hour. A late
    input re-scores exactly its own hour; an hour older than ``RECENT`` stays as it was known then.

    ``movers``: of the inputs, those that make it move, where not every one does: a score that rests on another one
    moves with that, and not once more with each source of both.
    """
    any_moved = Condition.any_deps_match(Condition.newly_updated())
    if movers:
        any_moved = any_moved.allow(dg.AssetSelection.assets(*movers))
    inputs_moved = any_moved.since_last_handled()
    moved = Condition.in_latest_time_window(RECENT) & inputs_moved
    due = (
        Condition.in_latest_time_window()
        & Condition.missing()
        & Condition.cron_tick_passed(deadline_cron).since_last_handled()
    )
    is_free = ~Condition.any_deps_in_progress() & ~Condition.in_progress()
    condition: AssetCondition = ((moved | due) & is_free).with_label("score_when_inputs_move")
    return condition


def make_after_inputs(tick_cron: str) -> AssetCondition:
    """For a step over many sources: once a tick, by when most are there, and again for each that comes later.

    Not ``score_when_inputs_move``, which would make it once a source and read the others each time in vain. An hour
    that downtime has left out is made when one of its inputs is.
    """
    inputs_moved = Condition.any_deps_match(Condition.newly_updated()).since_last_handled()
    is_past_its_tick = ~Condition.missing() | ~Condition.in_latest_time_window()
    again = Condition.in_latest_time_window(RECENT) & inputs_moved & is_past_its_tick
    due = (
        Condition.in_latest_time_window()
        & Condition.missing()
        & Condition.cron_tick_passed(tick_cron).since_last_handled()
    )
    is_free = ~Condition.any_deps_in_progress() & ~Condition.in_progress()
    condition: AssetCondition = ((again | due) & is_free).with_label("make_after_inputs")
    return condition


def sum_up_when_over(poll_cron: str) -> AssetCondition:
    """For a day's sum: the newest day at the first tick after it, and at later ones where an hour was re-scored.

    Hours that are missing do not hold it. A day without any scored hour is not asked for: it would fail at each tick.
    Between ticks nothing is asked, so that ten late inputs of a morning are one run and not ten.
    """
    tick = Condition.cron_tick_passed(poll_cron) | Condition.initial_evaluation()
    hours_moved = Condition.any_deps_match(Condition.newly_updated()).since_last_handled()
    is_wanted = Condition.missing() | hours_moved
    has_scores = Condition.any_deps_match(~Condition.missing())
    is_free = ~Condition.any_deps_in_progress() & ~Condition.in_progress()
    every = Condition.in_latest_time_window() & is_wanted & tick & has_scores & is_free
    condition: AssetCondition = every.with_label("sum_up_when_over")
    return condition


def automation_sensor(
    name: str, targets: Sequence[str], tier: str, *, priority: int = 0
) -> dg.AutomationConditionSensorDefinition:
    """One sensor a source, so that each source is a run of its own and a failing one fails alone.

    ``priority``: of its runs, where more are queued than may run at once.

    ``emit_backfills`` is off: several hours after downtime become several runs, each of which may find its hour
    not published yet without failing the others.
    """
    return dg.AutomationConditionSensorDefinition(
        name=name,
        target=dg.AssetSelection.assets(*targets),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=15,
        emit_backfills=False,
        run_tags={"etheatmap/tier": tier, **({PRIORITY_TAG: str(priority)} if priority else {})},
    )
