"""Admission: which candidates become entities, and in one sentence why the others do not.

Here: the published rule as a pure function. Not here: candidates, writing the entity, its backfill.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from etheatmap_core.discovery.candidates import Candidate, Sighting
from etheatmap_core.discovery.rules import AdmissionRules
from etheatmap_core.hours import HOUR

_PUBLISHED = AdmissionRules()


class Gate(StrEnum):
    """Why a candidate stays outside, in the order they are looked at."""

    SWITCHED_OFF = "switched off"
    ALREADY_TRACKED = "already tracked"
    LEFT_THE_ROSTER = "left the roster"
    AMBIGUOUS = "ambiguous"
    DOODLE_LIKE = "doodle-like"
    TOO_FEW_SOURCE_TYPES = "too few source types"
    TOO_SLOW = "too slow"
    NO_KIND = "no kind"  # judged where the entity would be made: nothing says what it is


@dataclass(frozen=True)
class Provenance:
    """What an admission rests on; the entity keeps it for ever."""

    first_seen: datetime
    admitted_in: datetime  # the hour it was judged for
    source_types: tuple[str, ...]
    z: float | None  # the highest within the window; None: no source measured one
    sightings: tuple[Sighting, ...]  # within the window, with their receipts


@dataclass(frozen=True)
class Verdict:
    """``gate`` is None for who is admitted."""

    candidate: Candidate
    gate: Gate | None
    reason: str
    provenance: Provenance

    @property
    def is_admitted(self) -> bool:
        return self.gate is None


def judged(
    candidates: Iterable[Candidate],
    hour: datetime,
    tracked: Collection[str],
    source_types: Mapping[str, str],
    rules: AdmissionRules = _PUBLISHED,
    *,
    left: Collection[str] = (),
) -> tuple[Verdict, ...]:
    """The verdict on every candidate at the end of ``hour``; nothing seen later has a say.

    ``tracked``: Wikidata items and article titles of the entities there are; ``left``: of those that the operator has
    taken out of entities.csv, which only they bring back. ``source_types``: source → type; sources
    of one type count once, and one without a type proves nothing about spread.
    """
    return tuple(_verdict(candidate, hour, tracked, left, source_types, rules) for candidate in candidates)


def _verdict(
    candidate: Candidate,
    hour: datetime,
    tracked: Collection[str],
    left: Collection[str],
    source_types: Mapping[str, str],
    rules: AdmissionRules,
) -> Verdict:
    provenance = _provenance(candidate, hour, source_types, rules)
    gate = _gate(candidate, provenance, tracked, left, rules)
    return Verdict(candidate, gate, _sentence(candidate, gate, provenance, rules), provenance)


def _provenance(
    candidate: Candidate, hour: datetime, source_types: Mapping[str, str], rules: AdmissionRules
) -> Provenance:
    begin = hour + HOUR - timedelta(hours=rules.window_hours)
    seen = tuple(one for one in candidate.sightings if begin <= one.hour <= hour)
    types = {source_types[one.source] for one in seen if one.source in source_types}
    z = max((one.z for one in seen if one.z is not None), default=None)
    return Provenance(candidate.first_seen, hour, tuple(sorted(types)), z, seen)


def _gate(
    candidate: Candidate,
    provenance: Provenance,
    tracked: Collection[str],
    left: Collection[str],
    rules: AdmissionRules,
) -> Gate | None:
    """The first that is shut."""
    shut = {
        Gate.SWITCHED_OFF: not rules.is_enabled,
        Gate.ALREADY_TRACKED: any(key in tracked for key in candidate.identity.keys),
        Gate.LEFT_THE_ROSTER: any(key in left for key in candidate.identity.keys),
        Gate.AMBIGUOUS: candidate.identity.is_disambiguation,
        Gate.DOODLE_LIKE: candidate.is_doodle_like,
        Gate.TOO_FEW_SOURCE_TYPES: len(provenance.source_types) < rules.least_source_types,
        Gate.TOO_SLOW: provenance.z is None or provenance.z < rules.least_z,
    }
    return next((gate for gate, is_shut in shut.items() if is_shut), None)


def _sentence(candidate: Candidate, gate: Gate | None, provenance: Provenance, rules: AdmissionRules) -> str:
    name, types = candidate.identity.title, ", ".join(provenance.source_types) or "no source type"
    seen = f"seen in {types} within {rules.window_hours} hours"
    velocity = "no velocity" if provenance.z is None else f"velocity z {provenance.z:.2f}"
    return {
        None: f"{name} is admitted: {seen}, {velocity}.",
        Gate.SWITCHED_OFF: "entity_discovery is switched off: set enabled: true for it in sources.yml.",
        Gate.ALREADY_TRACKED: f"{name} is tracked already.",
        Gate.LEFT_THE_ROSTER: f"{name} was taken out of entities.csv: put it back there to have it tracked.",
        Gate.AMBIGUOUS: f"{name} has several meanings, and nothing says which is meant.",
        Gate.DOODLE_LIKE: f"{name} climbs like the subject of a search engine's picture, not like news.",
        Gate.TOO_FEW_SOURCE_TYPES: f"{name} was {seen}; types needed: {rules.least_source_types}.",
        Gate.TOO_SLOW: f"{name} has {velocity}; needed: {rules.least_z}.",
        Gate.NO_KIND: f"{name}: nothing says what it is.",
    }[gate]
