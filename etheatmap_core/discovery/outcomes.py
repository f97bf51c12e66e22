"""Outcomes: what became of an admitted entity in each of its episodes, as trending, steady or failed.

An episode is what scoring.episodes says: hours with a velocity of 2.5 or more, with up to 6 hours in a row between them
that are lower or unknown. The first begins with the admission itself, and takes in a rise that begins within 12 hours
of it: so long mvp's window needs to hold the rise that admitted. What an episode comes to follows from the gates that
an alert must pass, and can only get better while it lasts:

| outcome  | when                                                                                        |
|----------|---------------------------------------------------------------------------------------------|
| trending | every gate was open at once: velocity 2.5 in 2 source types, 2 hours in a row               |
| steady   | it has risen, but not so widely: a velocity of 2.5 in 2 hours                               |
| failed   | the episode is over and was neither; who was admitted and never rose has one such           |

Here: pure rules over scored hours of model mvp, whose gates are published and whose constants are frozen. Not here:
reading hours, storing outcomes (outcome_store).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from etheatmap_core.discovery.lifecycle import Outcome
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.episodes import MAX_GAP_HOURS
from etheatmap_core.scoring.gates import PUBLISHED, Poll, polls_in_a_row
from etheatmap_core.scoring.velocity import WINDOW_HOURS

SETTLES = WINDOW_HOURS * HOUR
# Of two hours that are further apart, the later one belongs to another episode.
_WITHIN = (MAX_GAP_HOURS + 1) * HOUR
_GOES_ON = _WITHIN + HOUR
_HOURS_A_DAY = 24


@dataclass(frozen=True)
class ScoredHour:
    """One hour of one entity. ``velocity`` unclipped; None where the hour could not be judged."""

    ts: datetime
    velocity: float | None
    heat: float | None
    source_types: int
    confidence: float

    @property
    def is_hot(self) -> bool:
        return self.velocity is not None and self.velocity >= PUBLISHED.least_rise


@dataclass(frozen=True)
class Judged:
    """An outcome. ``ts``: the last hour that has a say in it; velocity and confidence: of the fastest hour."""

    episode_start: datetime
    ts: datetime
    outcome: Outcome
    peak_score: float | None  # the highest heat of its hours
    duration_days: float  # from its start to its last hour of a velocity of 2.5; 0: it never had one
    confidence: float | None
    velocity: float | None
    reason: str


@dataclass(frozen=True)
class _Episode:
    start: datetime
    hours: tuple[
        ScoredHour, ...
    ]  # those of a velocity of 2.5 or more; of an admission without one, those it settled in
    over_at: datetime  # the first hour that belongs to no rise any more

    @property
    def hot(self) -> tuple[ScoredHour, ...]:
        return tuple(hour for hour in self.hours if hour.is_hot)


def outcomes(admitted: datetime, hours: Sequence[ScoredHour], last: datetime) -> tuple[Judged, ...]:
    """The outcomes known at the end of hour ``last``, oldest first: one an episode, none of what is still open.

    ``hours``: those scored since ``admitted``, oldest first; what comes after ``last`` has no say.
    """
    known = [hour for hour in hours if admitted <= hour.ts <= last]
    return tuple(judged for episode in _episodes(admitted, known) if (judged := _judged(episode, last)) is not None)


def _episodes(admitted: datetime, hours: Sequence[ScoredHour]) -> Iterator[_Episode]:
    hot = [hour for hour in hours if hour.is_hot]
    runs: list[list[ScoredHour]] = []
    for hour in hot:
        if runs and hour.ts - runs[-1][-1].ts <= _WITHIN:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    # What begins while the admission settles is its own; two runs of that time are one episode.
    first = [hour for run in runs if run[0].ts < admitted + SETTLES for hour in run]
    settling = [hour for hour in hours if hour.ts < admitted + SETTLES]
    over_at = max([admitted + SETTLES, *(hour.ts + _GOES_ON for hour in first[-1:])])
    yield _Episode(admitted, tuple(first or settling), over_at)
    for run in runs:
        if run[0].ts >= admitted + SETTLES:
            yield _Episode(run[0].ts, tuple(run), run[-1].ts + _GOES_ON)


def _judged(episode: _Episode, last: datetime) -> Judged | None:
    """None while nothing can be said: it is open and has not risen for long, or none of its hours could be judged."""
    measured = [hour for hour in episode.hours if hour.velocity is not None]
    is_over, hot = last >= episode.over_at - HOUR, episode.hot
    widest = _open_hours(hot)
    outcome: Outcome
    if widest:
        outcome, why = "trending", f"every gate was open by {widest[0].ts:%Y-%m-%dT%H}"
    elif len(hot) >= PUBLISHED.polls:
        outcome, why = "steady", f"it rose, but never in {PUBLISHED.source_types} source types two hours in a row"
    elif measured and is_over:
        told = "once only" if hot else "never"
        outcome, why = "failed", f"{told} a velocity of {PUBLISHED.least_rise} or more"
    else:
        return None
    fastest = max(measured, key=lambda hour: (hour.velocity or 0.0, -hour.ts.timestamp()))
    duration = (hot[-1].ts + HOUR - episode.start) / HOUR / _HOURS_A_DAY if hot else 0.0
    told_hours = f"{len(hot)} {'hour' if len(hot) == 1 else 'hours'} of a velocity of {PUBLISHED.least_rise} or more"
    state = "" if is_over else " so far"
    return Judged(
        episode_start=episode.start,
        ts=min(last, episode.over_at - HOUR),
        outcome=outcome,
        peak_score=max((hour.heat for hour in episode.hours if hour.heat is not None), default=None),
        duration_days=duration,
        confidence=fastest.confidence,
        velocity=fastest.velocity,
        reason=f"{why}; {told_hours}{state}." if hot else f"{why}.",
    )


def _open_hours(hot: Sequence[ScoredHour]) -> tuple[ScoredHour, ...]:
    """The first hour at which every gate of an alert was open, and none where it never was."""
    for place, hour in enumerate(hot):
        recent = [one for one in hot[: place + 1] if one.ts > hour.ts - PUBLISHED.polls * HOUR]
        if len(recent) == PUBLISHED.polls:
            polls = [Poll(one.velocity, one.source_types) for one in recent]
            if polls_in_a_row(PUBLISHED, polls) >= PUBLISHED.polls:
                return (hour,)
    return ()
