"""The seven components of a row, each [hours, entities] in its range, NaN where it cannot be told, and then why.

Here: one function a component. Not here: where the numbers come from (``inputs``), what heat makes of them (``heat``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.scoring import mvp
from etheatmap_core.scoring.advanced.inputs import RobustRows, Window
from etheatmap_core.scoring.heat import MIN_MENTIONS_FOR_AFFECT, VELOCITY_CLIP
from etheatmap_core.scoring.robust.guards import LEAST_VIEWS, mobile_guard
from etheatmap_core.scoring.robust.rows import past_highest
from etheatmap_core.scoring.robust.tail import PAST_DAYS
from etheatmap_core.scoring.series import Flags, Grid

NAMES = ("velocity", "acceleration", "virality", "sentiment", "network", "novelty", "quality")
SIGNED = frozenset({"acceleration", "sentiment"})  # −1 to 1; the others 0 to 1
LEAST_NOVELTY_DAYS = 7
# Sources that tell how many different voices there were; each other one is a single voice.
VOICES = {
    "reddit": ("subreddit_count",),
    "youtube": ("unique_channels",),
    "news": ("source_count",),
    "tt_search": ("unique_authors_24h",),
}
_NO_ROW = "model robust has no row of this hour"
_NOT_JUDGED = "model robust could not judge this hour"


@dataclass(frozen=True)
class Component:
    """``values``: NaN where it is null; ``why``: place in ``reasons`` of those that are."""

    values: Grid
    why: NDArray[np.int8]
    reasons: tuple[str, ...]

    def reason(self, row: int, entity: int) -> str:
        return self.reasons[int(self.why[row, entity])]


def component(values: Grid, *cases: tuple[Flags | bool, str]) -> Component:
    """cases: why a value is null, the first that holds counts; the last one's condition must always hold then."""
    why = np.full(values.shape, len(cases) - 1, dtype=np.int8)
    for place, (holds, _) in reversed(list(enumerate(cases))):
        why = np.where(holds, np.int8(place), why)
    return Component(values, why, tuple(reason for _, reason in cases))


def velocity(robust: RobustRows) -> Component:
    """What is left above the usual of robust's velocity, of its largest."""
    return component(
        np.maximum(robust.velocity, 0.0) / VELOCITY_CLIP, (is_absent(robust), _NO_ROW), (True, _NOT_JUDGED)
    )


def acceleration(robust: RobustRows) -> Component:
    """The change of velocity since the hour before, of the largest there could be."""
    change = (robust.velocity - robust.velocity_before) / (2.0 * VELOCITY_CLIP)
    return component(
        change,
        (is_absent(robust), _NO_ROW),
        (np.isnan(robust.velocity), _NOT_JUDGED),
        (True, "model robust has no velocity of the hour before"),
    )


def virality(window: Window, weights: Mapping[str, float]) -> Component:
    """What people did with each mention in the last day beside its usual of seven days: r / (1 + r), as usual is ½."""
    found: list[tuple[float, Grid]] = []
    if window.has("reddit", "comment_sum"):
        day = [window.day_sum("reddit", name) for name in ("score_sum", "comment_sum", "mention_count")]
        week = [window.week_sum("reddit", name) for name in ("score_sum", "comment_sum", "mention_count")]
        found.append((weights["reddit"], _as_usual(_per(day[0] + day[1], day[2]), _per(week[0] + week[1], week[2]))))
    for source, name in (("youtube", "engagement_rate"), ("tt_search", "eng_ratio_median")):
        if window.has(source, name):
            day_mean = _per(window.day_sum(source, name), window.day_known(source, name))
            week_mean = _per(window.week_sum(source, name), window.week_known(source, name))
            found.append((weights[source], _as_usual(day_mean, week_mean)))
    sharing = [(weight, value) for weight, value in found if weight > 0.0]
    if not sharing:
        return _null(window, "no source measures sharing: Reddit, YouTube and TikTok are not collected")
    return component(
        weighted_mean(sharing, window.shape), (True, "nothing shared in the last 24 h, or in the 7 days before")
    )


def sentiment(window: Window, weights: Mapping[str, float]) -> Component:
    """The mean feeling of the last day's mentions, each source's by its weight, from three mentions on."""
    sums, counts, mentions = (np.zeros(window.shape) for _ in range(3))
    sources = [source for source in mvp.MENTION_COUNTS if window.has(source, "affect_sum")]
    for source in sources:
        counted = window.day_sum(source, mvp.MENTION_COUNTS[source])
        mentions += counted
        counts += weights[source] * counted
        sums += weights[source] * window.day_sum(source, "affect_sum")
    if not sources:
        return _null(window, "no source of texts is collected")
    mean = np.where(mentions >= MIN_MENTIONS_FOR_AFFECT, np.clip(_per(sums, counts), -1.0, 1.0), np.nan)
    return component(mean, (True, f"fewer than {MIN_MENTIONS_FOR_AFFECT} mentions in the last 24 h"))


def network(window: Window, primary: Mapping[str, str], weights: Mapping[str, float]) -> Component:
    """How many voices carry it: of each source n / (n + 1) of its different ones, by weight. A silent source counts as
    none; one that told nothing at all in the last day is left out."""
    found = []
    for source, name in primary.items():
        if not window.has(source, name):
            continue
        is_carried = window.day_sum(source, name) > 0.0
        known = window.day_known(source, name) > 0.0
        voices = is_carried.astype(np.float64)
        for told in VOICES.get(source, ()):
            if window.has(source, told):
                voices = np.where(is_carried, np.maximum(voices, window.day_largest(source, told)), 0.0)
        found.append((weights[source], np.where(known, voices / (voices + 1.0), np.nan)))
    if not found:
        return _null(window, "no source is collected")
    return component(weighted_mean(found, window.shape), (True, "no source told anything in the last 24 h"))


def novelty(robust: RobustRows, hours: int) -> Component:
    """How long it was not as high as now: days since, of 28; of a shorter past no more than that past."""
    now = robust.strength[-hours:] if hours else robust.strength[:0]
    highest = past_highest(robust.strength[:-1], hours)
    known = (~np.isnan(highest)).sum(axis=0)
    days = np.minimum(known, PAST_DAYS).astype(np.float64)
    for age in reversed(range(PAST_DAYS)):
        days = np.where(highest[age] >= now, np.minimum(age, known), days)
    told = np.where(np.isnan(now) | (known < LEAST_NOVELTY_DAYS), np.nan, days / PAST_DAYS)
    return component(
        told,
        (is_absent(robust), _NO_ROW),
        (np.isnan(now), _NOT_JUDGED),
        (True, f"fewer than {LEAST_NOVELTY_DAYS} scored days before"),
    )


def quality(window: Window, weights: Mapping[str, float]) -> Component:
    """How far who carries it can be relied on: the news' authority, readers with telephones, upvotes, by weight."""
    found = []
    if window.has("news", "authority_score"):
        stories = np.nan_to_num(window.values("news", "headline_count"))
        authority = np.nan_to_num(window.values("news", "authority_score"))
        found.append((weights["news"], _per(window.sum_of_day(stories * authority), window.sum_of_day(stories))))
    if window.has("wiki", "views_mobile"):
        is_told = ~np.isnan(window.values("wiki", "views_mobile"))
        views = window.sum_of_day(np.where(is_told, np.nan_to_num(window.values("wiki", "views")), 0.0))
        trust = mobile_guard(window.day_sum("wiki", "views_mobile"), views).trust
        found.append((weights["wiki"], np.where(views >= LEAST_VIEWS, trust, np.nan)))
    if window.has("reddit", "upvote_ratio"):
        ratio = _per(window.day_sum("reddit", "upvote_ratio"), window.day_known("reddit", "upvote_ratio"))
        found.append((weights["reddit"], ratio))
    if not found:
        return _null(window, "no source of it is collected: news, Wikipedia or Reddit")
    values = weighted_mean(found, window.shape)
    return component(np.clip(values, 0.0, 1.0), (True, "no story, vote or readership large enough in the last 24 h"))


def is_absent(robust: RobustRows) -> Flags:
    """Where there is no row at all."""
    return np.asarray(robust.states == "", dtype=np.bool_)


def _null(window: Window, why: str) -> Component:
    return component(np.full(window.shape, np.nan), (True, why))


def _per(total: Grid, of: Grid) -> Grid:
    result: Grid = np.divide(total, of, out=np.full(total.shape, np.nan), where=of > 0.0)
    return result


def _as_usual(day: Grid, week: Grid) -> Grid:
    """r / (1 + r) of r = day / week, without a division by an empty week; NaN where either is not known."""
    return _per(day, day + week)


def weighted_mean(parts: Sequence[tuple[float, Grid]], shape: tuple[int, ...]) -> Grid:
    """The mean of those that are known; NaN where none is."""
    total, weight = np.zeros(shape), np.zeros(shape)
    for share, values in parts:
        is_known = ~np.isnan(values)
        total += np.where(is_known, share * values, 0.0)
        weight += np.where(is_known, share, 0.0)
    return _per(total, weight)
