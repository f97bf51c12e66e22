"""When films and series come out, by Wikidata's publication dates (P577), and how much that is waited for.

Pure: bytes in, dates out. Asked by ids: wbgetentities, claims only. Here: parsing, which of several dates is the
release, the two metrics. Not here: asking (assets), who is tracked (entities).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from etheatmap_core.entities.wiki_answers import by_language, json_object, member, members, text_of
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.drift import require_not_renamed

SOURCE = "releases"
DAYS_UNTIL, ANTICIPATION = "days_until_release", "anticipation_score"
HALVES_EVERY_DAYS = 30.0
_PUBLISHED, _PLACE = "P577", "P291"
_HOME = "Q30"  # the United States: whose trade press, charts and searches everything else here is about
_YEAR, _MONTH, _DAY = 9, 10, 11  # precisions, https://www.wikidata.org/wiki/Help:Dates
_OF_A_CLAIM = ("mainsnak", "type", "id", "rank", "qualifiers-order", "references")
_TIME = re.compile(r"\+0*(\d{4})-(\d\d)-(\d\d)T")


@dataclass(frozen=True)
class Stated:
    """One publication date. ``day`` is None where only the month or the year is stated; ``spelled`` says what is."""

    day: date | None
    spelled: str
    place: str | None = None
    is_preferred: bool = False


@dataclass(frozen=True)
class Release:
    """``day`` is None where no date is known to the day; ``spelled`` is what is known, '' where nothing is."""

    day: date | None
    spelled: str


def releases_url(base_url: str, ids: Sequence[str]) -> str:
    parameters = {
        "action": "wbgetentities", "ids": "|".join(ids), "props": "claims", "format": "json", "formatversion": "2",
    }  # fmt: skip
    return f"{base_url}/w/api.php?{urlencode(parameters)}"


def parse_releases(body: bytes) -> dict[str, tuple[Stated, ...]]:
    """The stated dates by the id that was asked for, also of an item that was merged into another; () for an id that
    has none, or no item. Raises CorruptCaptureError, which names the field, for anything that is not such an answer."""
    what = "Wikidata's answer about releases"
    found: dict[str, tuple[Stated, ...]] = {}
    for asked, entity in member(json_object(body, what), "entities", dict, what).items():
        if not isinstance(entity, dict):
            raise CorruptCaptureError(f"{what} has no object for '{asked}' in 'entities'.")
        if "missing" in entity:
            found[asked] = ()
            continue
        claims = by_language(entity, "claims", what).get(_PUBLISHED, [])
        dates = tuple(date for claim in claims if (date := _stated(claim, what)) is not None)
        require_not_renamed(claims, ("qualifiers",), _OF_A_CLAIM, what)
        merged = entity.get("redirects")
        ids = {asked, text_of(entity, "id", what), *([text_of(merged, "from", what)] if merged else [])}
        found.update(dict.fromkeys(ids, dates))
    return found


def release_of(stated: Sequence[Stated]) -> Release:
    """Of the dates that are known to the day: a preferred one before others; then one of the United States, before one
    without a place, before one of elsewhere; the earliest of those. A year or a month is no day: there is none then."""
    days = [one for one in stated if one.day is not None]
    if not days:
        # The longest spelling is the most precise.
        return Release(None, min((one.spelled for one in stated), key=lambda text: (-len(text), text), default=""))
    days = [one for one in days if one.is_preferred] or days
    nearest = min(map(_distance, days))
    day = min(one.day for one in days if one.day is not None and _distance(one) == nearest)
    return Release(day, day.isoformat())


def anticipation(days_until: int) -> float:
    """1 on the day of the release, half of that 30 days before, half again 30 days earlier."""
    return float(0.5 ** (days_until / HALVES_EVERY_DAYS))


def release_metrics(release: Release, day: date) -> Mapping[str, float]:
    """Both metrics on a day; none where no day is known, for a number would be made up, or where it is out already."""
    if release.day is None or release.day < day:
        return {}
    days = (release.day - day).days
    return {DAYS_UNTIL: float(days), ANTICIPATION: anticipation(days)}


def _distance(one: Stated) -> int:
    return 0 if one.place == _HOME else 1 if one.place is None else 2


def _stated(claim: Any, what: str) -> Stated | None:
    """None for a claim that is withdrawn, says "unknown" or "none", or is no year of our time."""
    snak, rank = member(claim, "mainsnak", dict, what), text_of(claim, "rank", what)
    if text_of(snak, "snaktype", what) != "value" or rank == "deprecated":
        return None
    value = member(member(snak, "datavalue", dict, what), "value", dict, what)
    precision = member(value, "precision", int, what)
    match = _TIME.match(text_of(value, "time", what))
    if match is None or precision < _YEAR:
        return None
    year, month, day = match.groups()
    spelled = "-".join((year, month, day)[: min(precision, _DAY) - _YEAR + 1])
    try:
        on = date(int(year), int(month), int(day)) if precision >= _DAY else None
    except ValueError as error:
        raise CorruptCaptureError(f"{what} has the date '{spelled}', which does not exist.") from error
    return Stated(on, spelled, _place(claim, what), rank == "preferred")


def _place(claim: Mapping[str, Any], what: str) -> str | None:
    qualifiers = by_language(claim, "qualifiers", what) if "qualifiers" in claim else {}
    for snak in members(qualifiers, _PLACE, what, may_lack=True):
        if member(snak, "snaktype", str, what) == "value":
            return text_of(member(member(snak, "datavalue", dict, what), "value", dict, what), "id", what)
    return None
