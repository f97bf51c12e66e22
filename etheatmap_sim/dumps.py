"""The Wikimedia hourly pageview dumps: the bytes of one hour's file.

Format: https://dumps.wikimedia.org/other/pageviews/readme.html — a gzip of lines ``project title views 0``, sorted,
titles with underscores; the stamp in the name is the END of the hour. Here: content and names. Not here: serving.
"""

import gzip
import re
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from etheatmap_sim.background import Page, background_pages, busiest_utc_hour
from etheatmap_sim.hours import HOUR, hour_number
from etheatmap_sim.randomness import Counts, Floats, Purpose, stream
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario, daily_profile

_NAME = re.compile(r"pageviews-(\d{8})-(\d{2})0000\.gz")
# Views beside an article's own, as a share of its desktop views: links that encode it, and redirects from aliases.
_ENCODED_SHARE = 0.01
_REDIRECT_SHARE = 0.02
_COMPRESSION = 6  # as gzip's default; a fixed level and no time stamp keep the bytes the same


def file_name(hour: datetime) -> str:
    """The name of the file that covers ``hour``, stamped with its end."""
    return f"pageviews-{hour + HOUR:%Y%m%d-%H}0000.gz"


def hour_of(name: str) -> datetime | None:
    """The hour that the file covers; None when it is no dump's name."""
    match = _NAME.fullmatch(name)
    try:
        return datetime.strptime(f"{match[1]}{match[2]}", "%Y%m%d%H").replace(tzinfo=UTC) - HOUR if match else None
    except ValueError:
        return None  # the 31st of February, or 24 o'clock


class _Row(NamedTuple):
    """A line that may appear. An entity's row has its position and ``share`` of desktop or mobile views."""

    page: Page
    entity: int | None = None
    share: float = 1.0


class Dumps:
    """All files of a scenario. Any hour costs the same and gives the same bytes, whatever was asked before."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def file(self, hour: datetime) -> bytes:
        """The gzipped file that covers ``hour``."""
        unlisted = self._scenario.unlisted_views(hour)
        counts = np.concatenate([self._counts(hour), unlisted.desktop, unlisted.mobile])[self._order]
        lines = [b"%b%d 0\n" % row for row in zip(self._beginnings, counts.tolist(), strict=True) if row[1]]
        return gzip.compress(b"".join(lines), compresslevel=_COMPRESSION, mtime=0)

    @cached_property
    def _rows(self) -> list[_Row]:
        """Every line that may appear but those of unlisted people, in the order of the files: bytes of project, then
        of title."""
        entities = list(enumerate(self._scenario.entities))
        rows: dict[tuple[bytes, bytes], _Row] = {}
        # Of two rows with one title the later wins: an article beats a redirect, and both an invented page.
        rows |= _by_title([_Row(page) for page in background_pages(self._scenario.seed)])
        rows |= _by_title([row for position, entity in entities for row in _rows_beside(position, entity)])
        rows |= _by_title([row for position, entity in entities for row in _article_rows(position, entity)])
        return [rows[key] for key in sorted(rows)]

    @cached_property
    def _unlisted(self) -> list[Page]:
        """Whose articles no roster lists. Their counts are drawn apart, so that all others are as they were."""
        titles = [_underscored(title) for title in self._scenario.coverage.unlisted_titles]
        return [Page(project, title, 0.0) for project in ("en", "en.m") for title in titles]

    @cached_property
    def _order(self) -> Counts:
        """Where each line of a file comes from: a place among the rows, then among the unlisted."""
        pages = [*(row.page for row in self._rows), *self._unlisted]
        return np.array(sorted(range(len(pages)), key=lambda i: _key(pages[i])))

    @cached_property
    def _beginnings(self) -> list[bytes]:
        pages = [*(row.page for row in self._rows), *self._unlisted]
        return [f"{pages[i].project} {pages[i].title} ".encode() for i in self._order]

    @cached_property
    def _usual(self) -> Floats:
        """Mean views an hour of the background's rows, 0 for the entities'; [rows]."""
        return np.array([row.page.views for row in self._rows])

    @cached_property
    def _busiest_utc_hours(self) -> Floats:
        return np.array([busiest_utc_hour(row.page.project) for row in self._rows])

    @cached_property
    def _entity_rows(self) -> tuple[Counts, Counts, Counts, Floats]:
        """Of the rows that belong to entities: row, entity, 1 if mobile, share of its views."""
        rows = [i for i, row in enumerate(self._rows) if row.entity is not None]
        entities = [row.entity for row in self._rows if row.entity is not None]
        is_mobile = [int(self._rows[i].page.project == "en.m") for i in rows]
        return np.array(rows), np.array(entities), np.array(is_mobile), np.array([self._rows[i].share for i in rows])

    def _counts(self, hour: datetime) -> Counts:
        """Views of each row, [rows]."""
        dice = stream(self._scenario.seed, Purpose.PAGE_VIEWS, hour_number(hour))
        counts = dice.poisson(self._usual * daily_profile(hour, self._busiest_utc_hours))
        rows, entities, is_mobile, shares = self._entity_rows
        # The article itself has the scenario's count to the view (a share of 1); what comes beside it is drawn.
        counts[rows] = dice.binomial(np.stack(self._scenario.views(hour))[is_mobile, entities], shares)
        return counts


def _by_title(rows: list[_Row]) -> dict[tuple[bytes, bytes], _Row]:
    return {_key(row.page): row for row in rows}


def _key(page: Page) -> tuple[bytes, bytes]:
    return page.project.encode(), page.title.encode()


def _article_rows(position: int, entity: Entity) -> list[_Row]:
    return [_Row(Page(project, _underscored(entity.title), 0.0), position) for project in ("en", "en.m")]


def _rows_beside(position: int, entity: Entity) -> list[_Row]:
    """What is counted beside the article under other titles: percent-encoded links, and redirects from aliases."""
    title = _underscored(entity.title)
    encoded = quote(title, safe="/:,.-_~!'*")
    rows = [_Row(Page("en", encoded, 0.0), position, _ENCODED_SHARE)] if encoded != title else []
    aliases = [_underscored(alias) for alias in entity.aliases if alias.strip()]
    return rows + [_Row(Page("en", alias, 0.0), position, _REDIRECT_SHARE) for alias in aliases]


def _underscored(title: str) -> str:
    return title.strip().replace(" ", "_")
