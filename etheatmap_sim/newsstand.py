"""The articles of newsrooms and trades as aggregators show them: each once an outlet, found by words of its title.

Not here: how one aggregator spells them (google_news, newsapi).
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, floor_hour
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import NEWSROOMS, TRADE_OF

_COPIED_WITHIN = timedelta(hours=2)
_HOURS_IN_MEMORY = 500


class Entry(NamedTuple):
    """An article at one outlet. ``words``: of the title, in lower case between single spaces, to be searched."""

    shown_at: datetime
    item: Item
    place: str
    words: str

    @property
    def outlet(self) -> str:
        return TRADE_OF[self.place].name if self.place in TRADE_OF else NEWSROOMS[self.place]


class Newsstand:
    """Everything that newsrooms and trades have published."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._of_hour = lru_cache(maxsize=_HOURS_IN_MEMORY)(self._drawn)

    def between(self, since: datetime, until: datetime) -> list[Entry]:
        """Newest first: an agency's story is there once an outlet."""
        hour, seen = floor_hour(since - _COPIED_WITHIN), []
        while hour <= until:
            seen += [one for one in self._of_hour(hour) if since <= one.shown_at <= until]
            hour += HOUR
        return sorted(seen, key=lambda one: (one.shown_at, one.item.serial, one.place), reverse=True)

    def _drawn(self, hour: datetime) -> list[Entry]:
        """Of the articles of an hour, with the copies that come later."""
        found = []
        for item in (*self._items.of(Channel.NEWS, hour), *self._items.of(Channel.TRADE, hour)):
            for place in (item.place, None if item.shares_link else item.also_in):
                shown_at = item.shown_in(place) if place else None
                if place and shown_at:
                    found.append(Entry(shown_at, item, place, f" {' '.join(_words(item.title))} "))
        return found


def matcher(query: str) -> Callable[[Entry], bool]:
    """``"A Name" OR other words site:variety.com``: a phrase as it stands, words in any order, whatever the case."""
    sites = [site.removeprefix("www.") for site in re.findall(r"\bsite:(\S+)", query)]
    branches = re.split(r"\s+OR\s+|\|", re.sub(r"\bsite:\S+|[()]", " ", query))
    terms = [re.findall(r'"([^"]+)"|(\S+)', branch) for branch in branches]
    wanted = [[f" {' '.join(_words(one or other))} " for one, other in branch] for branch in terms if branch]

    def fits(entry: Entry) -> bool:
        if sites and entry.place.removeprefix("www.") not in sites:
            return False
        return any(all(term in entry.words for term in branch) for branch in wanted) if wanted else bool(sites)

    return fits


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
