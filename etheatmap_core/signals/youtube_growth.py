"""Signals of YouTube: how much the counters of one and the same video have grown from one capture to the next. Pure.

A counter says how often a video was seen in all its life, so the views of an hour are what was added in it: per video,
never a difference between whichever videos two captures showed. An hour is captured after its end, now sooner and now
later: what was added between two captures is spread evenly over the time between their instants, and an hour is given
what falls into it. Two that are further apart than six hours say nothing of a single hour, and a video first seen says
nothing of the time before. A counter that falls (YouTube takes back what machines have watched)
has not grown; that is told, and is no negative number. All follows from the set of readings alone, in whatever order
captures and replays come. Here: the arithmetic. Not here: reading answers (youtube), the database (youtube_store).
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from etheatmap_core.database.replace import CheckResult
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.youtube import COMMENTS, COUNTERS, LIKES, SOURCE, VIEWS

# What is further apart is a gap: its growth, put into single hours, would be made up.
MOST_HOURS_APART = 6
# Among the numbers of a reading, in seconds since 1970. Where it is not (captured by an earlier version), the end of
# the hour has to do.
SEEN_AT = "seen_at"
# So much of an hour has to be measured for it to stand for all of it.
_LEAST_MEASURED = timedelta(minutes=30)


class FallCheck(NamedTuple):
    """Passes when no video has fewer views than before; it warns, and stops nothing."""

    name: str = "views_only_grow"
    meaning: str = "YouTube has taken back views of a video: it counts as not watched in those hours."


FALL_CHECK = FallCheck()


@dataclass(frozen=True)
class Watched:
    """A video, who it names, and its counters in the captures of some hours, by hour."""

    video: str
    channel: str
    entities: Sequence[int]
    readings: Mapping[datetime, Mapping[str, float]]


@dataclass(frozen=True)
class _Grown:
    """A video in one hour; a counter that is not known then is not there."""

    video: str
    channel: str
    added: Mapping[str, float]


def growth(readings: Mapping[datetime, Mapping[str, float]], counter: str) -> dict[datetime, float]:
    """What was added to the counter in each hour between two readings of it.

    The first of these hours has begun before the first reading was made: until then it went as the readings before that
    tell, and where there are none, as it went on.
    """
    added, paces = dict[datetime, float](), dict[datetime, float]()  # an hour, and until the reading of an hour
    for before, after in _steps(readings, counter):
        since, until = _instant(readings, before), _instant(readings, after)
        if until <= since:  # one answer has stood for two hours
            continue
        pace = max(0.0, readings[after][counter] - readings[before][counter]) / ((until - since) / HOUR)
        paces[after] = pace
        if before not in paces and until - since < _LEAST_MEASURED:
            continue
        added |= {before + hour * HOUR: pace for hour in range(1, (after - before) // HOUR + 1)}
        first = before + HOUR
        missed = min(max((since - first) / HOUR, 0.0), 1.0)
        added[first] = missed * paces.get(before, pace) + (1 - missed) * pace
    return added


def signal_rows(watched: Sequence[Watched], hours: Collection[datetime]) -> list[SignalRow]:
    """The metrics of every entity in those of ``hours`` that one of its videos was watched over."""
    wanted = set(hours)
    groups: dict[tuple[datetime, int], list[_Grown]] = {}
    for video in watched:
        for hour, added in _by_hour(video, wanted).items():
            for entity_id in video.entities:
                groups.setdefault((hour, entity_id), []).append(_Grown(video.video, video.channel, added))
    return [
        SignalRow(entity_id, SOURCE, hour, metric, value, False)
        for (hour, entity_id), grown in sorted(groups.items(), key=lambda group: group[0])
        for metric, value in _metrics(grown).items()
    ]


def falls(watched: Sequence[Watched], hour: datetime) -> CheckResult:
    """Which counters the capture of ``hour`` shows lower than the one before it. Likes and comments are taken back by
    people, every day: only views are worth a warning."""
    fallen = [
        (counter != VIEWS, video.video, counter, video.readings[before][counter], video.readings[after][counter])
        for video in watched
        for counter in COUNTERS
        for before, after in _steps(video.readings, counter)
        if after == hour and video.readings[after][counter] < video.readings[before][counter]
    ]
    if not fallen:
        return CheckResult(FALL_CHECK.name, True, f"{len(watched)} videos", is_warning=True)
    less_views = sum(not is_other for is_other, *_ in fallen)
    _, video_id, counter, was, now = min(fallen)
    told = f"counters fallen: {len(fallen)}, of views: {less_views}; e.g. {counter} of {video_id}"
    return CheckResult(FALL_CHECK.name, less_views == 0, f"{told}: {was:,.0f} → {now:,.0f}", is_warning=True)


def _steps(readings: Mapping[datetime, Mapping[str, float]], counter: str) -> Iterator[tuple[datetime, datetime]]:
    """Readings of the counter that follow one another closely enough."""
    known = sorted(hour for hour, numbers in readings.items() if counter in numbers)
    return ((a, b) for a, b in pairwise(known) if b - a <= MOST_HOURS_APART * HOUR)


def _instant(readings: Mapping[datetime, Mapping[str, float]], hour: datetime) -> datetime:
    seen_at = readings[hour].get(SEEN_AT)
    return hour + HOUR if seen_at is None else datetime.fromtimestamp(seen_at, UTC)


def _by_hour(video: Watched, wanted: Collection[datetime]) -> dict[datetime, dict[str, float]]:
    """By hour, what was added to each counter; only where the views are known."""
    grown = {counter: growth(video.readings, counter) for counter in COUNTERS}
    return {
        hour: {counter: grown[counter][hour] for counter in COUNTERS if hour in grown[counter]}
        for hour in grown[VIEWS]
        if hour in wanted
    }


def _metrics(grown: Sequence[_Grown]) -> dict[str, float]:
    """One entity in one hour.

    like_count and comment_count are there where one of its videos shows them. engagement_rate: likes and comments
    added for each view added, over the videos that show all three; not there where nobody watched those.
    """
    metrics = {counter: _sum(grown, counter) for counter in COUNTERS if any(counter in one.added for one in grown)}
    metrics["video_count"] = float(len({one.video for one in grown}))
    metrics["unique_channels"] = float(len({one.channel for one in grown}))
    open_ones = [one for one in grown if all(counter in one.added for counter in COUNTERS)]
    if (views := _sum(open_ones, VIEWS)) > 0:
        metrics["engagement_rate"] = (_sum(open_ones, LIKES) + _sum(open_ones, COMMENTS)) / views
    return metrics


def _sum(grown: Sequence[_Grown], counter: str) -> float:
    """Exact, so that no order of videos makes another number."""
    return math.fsum(one.added.get(counter, 0.0) for one in grown)
