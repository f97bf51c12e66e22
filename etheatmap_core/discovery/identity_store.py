"""What names were found to be, kept: a name is asked for once, and again when its answer has aged.

Here: the table discovery_identities. Not here: what the answers say (identities), asking (assets).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_core.discovery.candidates import Identity
from etheatmap_core.discovery.identities import Resolved, State

# Articles are moved and written, and what was not found may be there by now.
AGES_AFTER = timedelta(days=30)
_READ = sa.text("""
    SELECT name, state, title, wiki_id, description, type, category, kinds, decided_by, reason, resolved_at
    FROM discovery_identities WHERE name = ANY(:names) ORDER BY name""")
# An hour that is made again brings its old answer: the newer one stays.
_WRITE = sa.text("""
    INSERT INTO discovery_identities (name, state, title, wiki_id, description, type, category, kinds, decided_by,
                                      reason, capture_id, resolved_at)
    VALUES (:name, :state, :title, :wiki_id, :description, :type, :category, :kinds, :decided_by, :reason, :capture_id,
            :resolved_at)
    ON CONFLICT (name) DO UPDATE SET
        state = EXCLUDED.state, title = EXCLUDED.title, wiki_id = EXCLUDED.wiki_id,
        description = EXCLUDED.description, type = EXCLUDED.type, category = EXCLUDED.category, kinds = EXCLUDED.kinds,
        decided_by = EXCLUDED.decided_by, reason = EXCLUDED.reason, capture_id = EXCLUDED.capture_id,
        resolved_at = EXCLUDED.resolved_at
    WHERE discovery_identities.resolved_at <= EXCLUDED.resolved_at""")


@dataclass(frozen=True)
class Known:
    """What a name was found to be, and when."""

    resolved: Resolved
    resolved_at: datetime

    def has_aged(self, now: datetime) -> bool:
        return now - self.resolved_at >= AGES_AFTER


@dataclass(frozen=True)
class Answered:
    """A name's answer on its way into the table; ``capture_id`` is that of Wikipedia's answer."""

    resolved: Resolved
    resolved_at: datetime
    capture_id: int | None


def read_identities(connection: sa.Connection, names: Collection[str]) -> Mapping[str, Known]:
    """By name, as ``page_title`` spells it; without those never asked for."""
    rows = connection.execute(_READ, {"names": sorted(names)})
    known = {}
    for row in rows:
        state = State(row.state)
        is_ambiguous = state is State.AMBIGUOUS
        identity = (
            None
            if row.title is None
            else Identity(row.title, row.wiki_id, row.description or "", row.type, row.category, is_ambiguous)
        )
        found = Resolved(row.name, state, identity, tuple(row.kinds), row.decided_by, row.reason)
        known[row.name] = Known(found, row.resolved_at)
    return known


def write_identities(connection: sa.Connection, answers: Iterable[Answered]) -> None:
    """Those that are not older than what is there; in the caller's transaction."""
    rows = [_row(answer) for answer in sorted(answers, key=lambda one: one.resolved.name)]
    if rows:
        connection.execute(_WRITE, rows)


def _row(answer: Answered) -> Mapping[str, object]:
    found, identity = answer.resolved, answer.resolved.identity
    return {
        "name": found.name,
        "state": str(found.state),
        "title": identity.title if identity else None,
        "wiki_id": identity.wiki_id if identity else None,
        "description": identity.description if identity else None,
        "type": identity.type if identity else None,
        "category": identity.category if identity else None,
        "kinds": list(found.kinds),
        "decided_by": found.decided_by,
        "reason": found.reason,
        "capture_id": answer.capture_id,
        "resolved_at": answer.resolved_at,
    }
