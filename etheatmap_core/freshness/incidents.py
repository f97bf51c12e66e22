"""What people are told: one message when something turns stale by itself, one when it is over.

An asset that is stale because of what it rests on is told with that, and assets that turn stale together are one
incident: a dead upstream, or a machine that was off for a day, is one message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from etheatmap_core.freshness.verdict import Freshness, Verdict
from etheatmap_core.hours import HOUR
from etheatmap_core.outbox.store import Message

KIND = "freshness"
SCORES = "heat_scores"
# They go on without some of what they rest on, so only the lack of all of it explains that they are stale.
GOES_ON_WITHOUT_SOME = frozenset({SCORES, "robust_scores", "advanced_scores", "daily_heat", "news"})
# So long after its upstream is back an asset below it may still be on its way.
CATCHES_UP_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Incident:
    """An open one; ``assets`` were stale by themselves when it opened, ``over`` are those of them that have come back
    since: what turns stale again is a new one."""

    id: int
    assets: tuple[str, ...]
    over: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Changes:
    """``opened``: assets of a new incident, if any; ``going_on``: the others, as they are now; ``closed``: incidents
    that are over."""

    opened: tuple[str, ...]
    going_on: tuple[Incident, ...]
    closed: tuple[Incident, ...]


def changes(
    verdicts: Sequence[Verdict],
    above: Mapping[str, Collection[str]],
    incidents: Iterable[Incident],
    moved: Collection[str],
) -> Changes:
    """``above``: by asset, those it rests on directly. ``moved``: whose state has changed within CATCHES_UP_WITHIN."""
    stale = {verdict.asset for verdict in verdicts if verdict.state is Freshness.STALE}
    asked = {verdict.asset for verdict in verdicts if verdict.state is not Freshness.OFF}
    # Waiting or held again is not back: only what is there ends an incident, or a switch.
    ill = {verdict.asset for verdict in verdicts if verdict.state not in {Freshness.FRESH, Freshness.OFF}}
    now_known = [replace(one, over=one.over | (frozenset(one.assets) - ill)) for one in incidents]
    closed = tuple(incident for incident in now_known if incident.over >= set(incident.assets))
    going_on = tuple(incident for incident in now_known if incident not in closed)
    told = {asset for incident in going_on for asset in set(incident.assets) - incident.over}
    lacking = stale | set(moved)
    roots = sorted(asset for asset in stale - told if not _is_explained(asset, above, asked, lacking))
    return Changes(tuple(roots), going_on, closed)


def _is_explained(
    asset: str, above: Mapping[str, Collection[str]], asked: Collection[str], lacking: Collection[str]
) -> bool:
    """Whether what it rests on lacks, or lacked a moment ago, what it needs."""
    needs = [name in lacking for name in above.get(asset, ()) if name in asked]
    return bool(needs) and (all(needs) if asset in GOES_ON_WITHOUT_SOME else any(needs))


def opening(
    incident_id: int, assets: Sequence[str], verdicts: Mapping[str, Verdict], below: Mapping[str, Collection[str]]
) -> Message:
    """What turned stale, since when, why, and what rests on it. ``below``: by asset, all that rests on it."""
    lines = [_line(verdicts[asset]) for asset in assets]
    resting = {name for asset in assets for name in below.get(asset, ())} - set(assets)
    also = sorted(name for name in resting if verdicts[name].state is not Freshness.OFF)
    if also:
        stale = [name for name in also if verdicts[name].state is Freshness.STALE]
        lines += [_line(verdicts[SCORES])] if SCORES in stale else []
        lines.append(f"Rests on it: {', '.join(also)}" + (f"; stale too: {', '.join(stale)}." if stale else "."))
    return Message(f"{KIND}:{incident_id}:stale", KIND, "\n".join(lines))


def closing(incident: Incident, verdicts: Mapping[str, Verdict]) -> Message:
    """That it is over, and how each stands."""
    lines = []
    for asset in incident.assets:
        verdict = verdicts.get(asset)
        if verdict is not None and verdict.state is Freshness.STALE:
            continue  # once more, which is another incident's to tell
        state = "not watched any more" if verdict is None else f"{verdict.state}. {verdict.reason}"
        lines.append(f":white_check_mark: {_title(asset)} no longer stale: {state}")
    return Message(f"{KIND}:{incident.id}:over", KIND, "\n".join(lines))


def _line(verdict: Verdict) -> str:
    """The published wording, and the reason."""
    last = "never" if verdict.newest is None else f"{verdict.newest.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
    age, limit = f"{verdict.age / HOUR:.1f}h", f"{verdict.limit / HOUR:g}h"
    return f":warning: {_title(verdict.asset)} stale: last={last} age={age} > {limit}. {verdict.reason}"


def _title(asset: str) -> str:
    return "Scores" if asset == SCORES else asset
