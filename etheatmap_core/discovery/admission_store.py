"""Admissions in the database: the verdicts of an hour, and the entities that follow from them, once and for ever.

Who was admitted stays so, whatever is judged later or again; an hour that is made again replaces its other verdicts.
Here: discovery_verdicts, admissions, and new rows of entities. Not here: the rule (admission), history (backfill).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.discovery.admission import Gate, Verdict, judged
from etheatmap_core.discovery.candidate_store import read_candidates, told
from etheatmap_core.discovery.candidates import Candidate, Identity
from etheatmap_core.discovery.rules import AdmissionRules
from etheatmap_core.entities.names import CommonWords
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.hours import partition_key
from etheatmap_core.signals.wiki_views import page_title

VERDICT_CHECKS = (
    RowCheck("admitted_have_an_entity", "gate IS NULL AND entity_id IS NULL", "who was admitted became no entity"),
    RowCheck("verdicts_have_a_reason", "reason = ''", "nothing says why"),
)
_COLUMNS = ("ts", "key", "title", "gate", "reason", "source_types", "z", "entity_id")
# The lock of the roster's sync: two runs, or a run and a sync, would each miss the other's new entity.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('entities', 0))")
_ENTITIES = sa.text("""
    SELECT id, name, aliases, wiki_id, wiki_title, current_title, admissions.ts AS admitted_ts, reason, source_types, z
    FROM entities LEFT JOIN admissions ON entity_id = id ORDER BY id""")
_ADD_ENTITY = sa.text("""
    INSERT INTO entities (name, type, category, aliases, wiki_id, wiki_title, origin, tracked_since)
    VALUES (:name, :type, :category, :aliases, :wiki_id, :wiki_title, 'admitted', :hour)
    RETURNING id""")
_ADD_ADMISSION = sa.text("""
    INSERT INTO admissions (entity_id, ts, first_seen, z, source_types, sightings, reason, admitted_at)
    VALUES (:entity_id, :ts, :first_seen, :z, :source_types, :sightings, :reason, :admitted_at)""")


@dataclass(frozen=True)
class Judged:
    """A candidate's verdict as it is stored; ``gate`` is None for who is admitted."""

    key: str
    title: str
    gate: Gate | None
    reason: str
    source_types: tuple[str, ...]
    z: float | None
    entity_id: int | None  # whom it became, or is


@dataclass(frozen=True)
class HourJudged:
    """What became of an hour's candidates. ``admitted``: by this run, not by an earlier one of the same hour."""

    verdicts: tuple[Judged, ...]
    admitted: tuple[int, ...]
    checks: tuple[CheckResult, ...]


def judge_hour(
    connection: sa.Connection,
    hour: datetime,
    source_types: Mapping[str, str],
    rules: AdmissionRules,
    common_words: Collection[str],
    admitted_at: datetime,
) -> HourJudged:
    """Judges the stored candidates of ``hour`` and makes entities of the admitted, in the caller's transaction.

    After ``ensure_day_partitions(..., "discovery_verdicts", ...)``. Tracked is who was an entity before the hour's end;
    of two runs the later one finds what the first has admitted.
    """
    connection.execute(_LOCK)
    known = _Known(connection.execute(_ENTITIES).all(), hour)
    naming = _Naming(known.rows, CommonWords(common_words))
    verdicts = judged(read_candidates(connection, hour), hour, known.before, source_types, rules)
    outcomes: dict[str, Judged] = {}
    admitted: list[int] = []
    for verdict in verdicts:
        outcome = _outcome(verdict, known)
        if outcome.gate is None and outcome.entity_id is None:
            entity_id = _admit(connection, verdict, naming, admitted_at)
            admitted.append(entity_id)
            known.add(entity_id, verdict.candidate.identity)
            outcome = replace(outcome, entity_id=entity_id)
        outcomes[outcome.key] = outcome
    named = {one.entity_id for one in outcomes.values() if one.gate is None}
    for row in known.of_hour:  # admitted by an earlier run, and no candidate any more: who is tracked is none
        if row.id not in named:
            one = _kept(row.wiki_id or page_title(row.wiki_title), row.wiki_title, row)
            outcomes[one.key] = one
    rows = [
        (hour, one.key, one.title, None if one.gate is None else str(one.gate), one.reason, list(one.source_types),
         one.z, one.entity_id)
        for one in outcomes.values()
    ]  # fmt: skip
    checks = replace_hours(connection, "discovery_verdicts", [hour], {}, _COLUMNS, rows, VERDICT_CHECKS).checks
    return HourJudged(tuple(outcomes.values()), tuple(admitted), checks)


class _Known:
    """The entities there are, by what a candidate is known by; and which of them discovery has made, and when."""

    def __init__(self, rows: Sequence[sa.Row[Any]], hour: datetime) -> None:
        self.rows = rows
        self.of_hour = [row for row in rows if row.admitted_ts == hour]
        self.before = {
            key for row in rows if row.admitted_ts is None or row.admitted_ts < hour for key in _keys_of(row)
        }
        self._by_key = {key: row for row in reversed(rows) for key in _keys_of(row)}
        self._new: dict[str, int] = {}
        self._hour = hour

    def find(self, identity: Identity) -> sa.Row[Any] | None:
        return next((self._by_key[key] for key in identity.keys if key in self._by_key), None)

    def made_now(self, identity: Identity) -> int | None:
        return next((self._new[key] for key in identity.keys if key in self._new), None)

    def add(self, entity_id: int, identity: Identity) -> None:
        self._new.update(dict.fromkeys(identity.keys, entity_id))

    def is_of_hour(self, row: sa.Row[Any]) -> bool:
        return bool(row.admitted_ts == self._hour)


def _keys_of(row: sa.Row[Any]) -> Iterable[str]:
    """A name alone is no key: another thing may have the same."""
    titles = (row.wiki_title, row.current_title)
    return [key for key in (row.wiki_id, *(page_title(title) for title in titles if title)) if key]


def _outcome(verdict: Verdict, known: _Known) -> Judged:
    """The verdict, unless the entity is there already; without an id where one is still to be made."""
    identity, provenance = verdict.candidate.identity, verdict.provenance
    row = known.find(identity)
    if row is not None and known.is_of_hour(row):
        return _kept(identity.keys[0], identity.title, row)
    one = Judged(
        identity.keys[0], identity.title, verdict.gate, verdict.reason, provenance.source_types, provenance.z,
        None if row is None else row.id,
    )  # fmt: skip
    if not verdict.is_admitted:
        return one
    if row is not None:
        reason = f"{identity.title} is tracked already: it was admitted for {partition_key(row.admitted_ts)}."
        return replace(one, gate=Gate.ALREADY_TRACKED, reason=reason)
    if (twin := known.made_now(identity)) is not None:
        reason = f"{identity.title} is tracked already: it was admitted in this hour under another name."
        return replace(one, gate=Gate.ALREADY_TRACKED, reason=reason, entity_id=twin)
    if identity.type is None:
        reason = f"{identity.title}: nothing says whether it is a person, a project or an event."
        return replace(one, gate=Gate.NO_KIND, reason=reason)
    return one


def _kept(key: str, title: str, row: sa.Row[Any]) -> Judged:
    return Judged(key, title, None, row.reason, tuple(row.source_types), row.z, row.id)


def _admit(connection: sa.Connection, verdict: Verdict, naming: "_Naming", admitted_at: datetime) -> int:
    """The entity, and for ever what it rests on."""
    candidate, provenance = verdict.candidate, verdict.provenance
    identity = candidate.identity
    name, aliases = naming.names_of(candidate)
    entity = {
        "name": name,
        "aliases": list(aliases),
        "type": identity.type,
        "category": identity.category or "unknown",
        "wiki_id": identity.wiki_id,
        "wiki_title": page_title(identity.title),
        "hour": provenance.admitted_in,
    }
    entity_id: int = connection.execute(_ADD_ENTITY, entity).scalar_one()
    admission = {
        "entity_id": entity_id,
        "ts": provenance.admitted_in,
        "first_seen": provenance.first_seen,
        "z": provenance.z,
        "source_types": list(provenance.source_types),
        "sightings": Jsonb([told(one) for one in provenance.sightings]),
        "reason": verdict.reason,
        "admitted_at": admitted_at,
    }
    connection.execute(_ADD_ADMISSION, admission)
    return entity_id


class _Naming:
    """What an admitted entity is called. Nobody has looked at these names: only what does no harm in texts is used."""

    def __init__(self, rows: Sequence[sa.Row[Any]], words: CommonWords) -> None:
        self._names = {row.name for row in rows}
        self._forms = {_form(name) for row in rows for name in (row.name, *row.aliases)}
        self._words = words

    def names_of(self, candidate: Candidate) -> tuple[str, tuple[str, ...]]:
        """The name, which no other entity has, and aliases; both are others' no more."""
        identity = candidate.identity
        title = page_title(identity.title)
        bare = without_parenthesis(title)
        wanted = (bare, title) if self._is_safe(bare) else (title, bare)
        last = f"{title} ({identity.keys[0]})"
        name = next((one for one in (*wanted, last) if one not in self._names and _form(one) not in self._forms), last)
        self._take(name)
        seen = dict.fromkeys(without_parenthesis(page_title(one.name)) for one in candidate.sightings)
        aliases: list[str] = []
        for alias in (bare, *seen):
            if alias != name and self._is_safe(alias):
                self._take(alias)
                aliases.append(alias)
        return name, tuple(aliases)

    def _is_safe(self, name: str) -> bool:
        """Several words, of which a text is made only to name this one."""
        form = _form(name)
        return " " in form and form not in self._forms and not self._words.is_common(form)

    def _take(self, name: str) -> None:
        self._names.add(name)
        self._forms.add(_form(name))


def without_parenthesis(title: str) -> str:
    """``Adele (singer)`` → ``Adele``."""
    bare, opening, _ = title.partition(" (")
    return bare if opening and title.endswith(")") else title


def _form(name: str) -> str:
    return normalise(name).text.strip()
