"""Guards: how far a source's rise is trusted, from 1 (people) to 0 (a machine, a single voice, a broken upstream).

Here: one pure function a guard, from counts to trust. Not here: where the counts come from, the score.
"""

from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.series import Flags, Grid

# What the people who curate Wikipedia's weekly top list take for human (Wikipedia:Top 25 Report/About): machines have
# no telephone, or nothing else.
USUAL_MOBILE_SHARE = (0.20, 0.70)
IMPOSSIBLE_MOBILE_SHARE = (0.05, 0.95)
LEAST_VIEWS = 50  # below it a share is chance
LARGEST_USUAL_SHARE = 0.5  # of one author or domain
LEAST_MENTIONS = 3  # one or two mentions always have few authors


class Guard(NamedTuple):
    """A guard's verdict, [hours, entities]: what a rise is multiplied by."""

    name: str
    trust: Grid


def mobile_guard(mobile_views: Grid, views: Grid) -> Guard:
    """Of Wikipedia: full trust at a mobile share of 20–70 %, none at 5 % or 95 %; where it is unknown, full trust."""
    share = np.divide(mobile_views, views, out=np.full(views.shape, np.nan), where=views >= LEAST_VIEWS)
    (low, high), (lowest, highest) = USUAL_MOBILE_SHARE, IMPOSSIBLE_MOBILE_SHARE
    trust = np.interp(share, [lowest, low, high, highest], [0.0, 1.0, 1.0, 0.0])
    return Guard("mobile_share", np.where(np.isnan(share), 1.0, trust))


def single_voice_guard(name: str, of_the_loudest: Grid, mentions: Grid) -> Guard:
    """Full trust where the loudest author or domain has half of the mentions or less, none where it has them all."""
    share = np.divide(of_the_loudest, mentions, out=np.zeros(mentions.shape), where=mentions >= LEAST_MENTIONS)
    trust = np.interp(share, [LARGEST_USUAL_SHARE, 1.0], [1.0, 0.0])
    return Guard(name, trust)


def working_guard(is_stale: Flags, heard: Grid) -> Guard:
    """None for a source that is behind its freshness, has failed or is not asked: what it shows is not now. Of an hour
    of which only a part was answered, that part (``heard``, from 0 to 1)."""
    return Guard("stale_or_broken", np.where(is_stale, 0.0, heard))


def trust_of(guards: tuple[Guard, ...], shape: tuple[int, ...]) -> Grid:
    """Of all guards together: that of the strictest."""
    trust = np.ones(shape)
    for guard in guards:
        trust = np.minimum(trust, guard.trust)
    return trust


def guarded(deviation: Grid, trust: Grid) -> Grid:
    """A rise counts as far as it is trusted; a fall stays; what is not trusted at all is not known."""
    return np.where(trust > 0.0, np.where(deviation > 0.0, deviation * trust, deviation), np.nan)
