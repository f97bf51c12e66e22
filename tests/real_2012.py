"""A fortnight of real Wikipedia views: what was in the news, and who was in the files of every hour.

271 hourly dumps of February 2012 with the 1,000 most viewed English pages each (``../shared/realdata``).
"""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

from etheatmap_core.hours import HOUR

MOMENTS = {
    "Kevin_Costner": datetime(2012, 2, 18, 17, tzinfo=UTC),  # Whitney Houston's funeral
    "Dionne_Warwick": datetime(2012, 2, 18, 17, tzinfo=UTC),
    "Tyler_Perry": datetime(2012, 2, 18, 17, tzinfo=UTC),
    "Whitney_Houston": datetime(2012, 2, 18, 17, tzinfo=UTC),
    "Maya_Rudolph": datetime(2012, 2, 19, 4, 30, tzinfo=UTC),  # hosts Saturday Night Live
    "Frank_Carson": datetime(2012, 2, 22, 21, tzinfo=UTC),  # his death is known
    "Kevin_Hart": datetime(2012, 2, 25, 0, tzinfo=UTC),  # the All-Star celebrity game
}
ALSO_NAMED = ("Gary_Carter", "Jeremy_Lin", "Heinrich_Hertz")
BUSY_PAGES = 30
NEAR = timedelta(hours=3)
Hour = dict[str, int]


def read_views(folder: Path) -> dict[datetime, Hour]:
    """Views by title of every hour; the stamp in a file's name is the end of its hour."""
    hours = {}
    for path in sorted(folder.rglob("pageviews-*.gz")):
        stamp = datetime.strptime(path.name, "pageviews-%Y%m%d-%H0000.gz").replace(tzinfo=UTC)
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            words = [line.split(" ") for line in lines]
        assert all(word[0] == "en" for word in words)
        hours[stamp - HOUR] = {word[1]: int(word[2]) for word in words}
    return hours


def busiest_always_present(views: dict[datetime, Hour]) -> list[str]:
    """The titles in every file, the most viewed first."""
    always = set.intersection(*(set(hour) for hour in views.values()))
    return sorted(always, key=lambda title: (-sum(hour[title] for hour in views.values()), title))[:BUSY_PAGES]
