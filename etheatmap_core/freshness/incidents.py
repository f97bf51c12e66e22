"""What people are told: one message when something turns stale by itself, one when it is over.

An asset that is stale below a stale one is told with it, and assets that turn stale together are one incident: a dead
upstream, or a machine that was off for a day, is one message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from etheatmap_core.freshness.verdict import Freshness, Verdict
from etheatmap_core.hours import HOUR
from etheatmap_core.outbox.store import Message

KIND = "freshness"
SCORES = "heat_scores"
# So long after its upstream is back an asset below it may still be on its way.
CATCHES_UP_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Incident:
    """``assets`` are stale by themselves."""

    id: int
    assets: tuple[str, ...]
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Changes:
    """``opened``: assets of a new incident, if any; ``closed``: incidents that are over."""

    opened: tuple[str, ...]
    closed: tuple[Incident, ...]


def changes(
    verdicts: Sequence[Verdict], above: Mapping[str, Collection[str]], incidents: Iterable[Incident], now: datetime
) -> Changes:
    """``above``: by asset, all that it rests on, near and far. ``incidents``: the open ones, and those just over."""
    stale = {verdict.asset for verdict in verdicts if verdict.state is Freshness.STALE}
    known = list(incidents)
    is_open = [incident for incident in known if incident.closed_at is None]
    closed = tuple(incident for incident in is_open if not stale & set(incident.assets))
    recent = [
        incident
        for incident in known
        if incident.closed_at is not None and now - incident.closed_at < CATCHES_UP_WITHIN
    ]
    told = {asset for incident in is_open if incident not in closed for asset in incident.assets}
    just_back = {asset for incident in (*recent, *closed) for asset in incident.assets}
    roots = sorted(asset for asset in stale - told if not (set(above.get(asset, ())) & (stale | just_back)))
    return Changes(tuple(roots), closed)


def opening(
    incident_id: int, assets: Sequence[str], verdicts: Mapping[str, Verdict], below: Mapping[str, Collection[str]]
) -> Message:
    """What turned stale, since when, why, and what rests on it. ``below``: by asset, all that rests on it."""
    lines = [_line(verdicts[asset]) for asset in assets]
    also = sorted({name for asset in assets for name in below.get(asset, ())} - set(assets))
    if also:
        stale = [name for name in also if name in verdicts and verdicts[name].state is Freshness.STALE]
        lines += [_line(verdicts[SCORES])] if SCORES in stale else []
        lines.append(f"Rests on it: {', '.join(also)}" + (f"; stale too: {', '.join(stale)}." if stale else "."))
    return Message(f"{KIND}:{incident_id}:stale", KIND, "\n".join(lines))


def closing(incident: Incident, verdicts: Mapping[str, Verdict]) -> Message:
    """That it is over, and how each stands."""
    lines = []
    for asset in incident.assets:
        verdict = verdicts.get(asset)
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
