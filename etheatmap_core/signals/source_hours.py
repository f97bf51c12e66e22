"""How each hour of a source ended: table ``source_hours``, in which no two states look alike.

Here: the row and its statements. Not here: when an hour is asked for (the assets), what is wrong now (source_health).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from etheatmap_core.errors import SourceState

_UPSERT = sa.text("""
    INSERT INTO source_hours (source, ts, state, reason, is_complete, questions, answered, deferred, items, mentions,
                              ended_at)
    VALUES (:source, :hour, :state, :reason, :is_complete, :questions, :answered, :deferred, :items, :mentions,
            :ended_at)
    ON CONFLICT (source, ts) DO UPDATE SET
        (state, reason, is_complete, questions, answered, deferred, items, mentions, ended_at) =
        (EXCLUDED.state, EXCLUDED.reason, EXCLUDED.is_complete, EXCLUDED.questions, EXCLUDED.answered,
         EXCLUDED.deferred, EXCLUDED.items, EXCLUDED.mentions, EXCLUDED.ended_at)
    WHERE source_hours.state NOT IN ('ok', 'empty') OR EXCLUDED.state IN ('ok', 'empty')""")
# A gap that nobody has tried. What was made or failed stays as it is; what only waits for money now waits longer.
_HOLD = sa.text("""
    INSERT INTO source_hours (source, ts, state, reason, is_complete, questions, answered, deferred, items, mentions,
                              ended_at)
    VALUES (:source, :hour, 'out of budget', :reason, false, 0, 0, 0, 0, 0, :now)
    ON CONFLICT (source, ts) DO UPDATE
    SET state = EXCLUDED.state, reason = EXCLUDED.reason, ended_at = EXCLUDED.ended_at
    WHERE source_hours.state IN ('deferred', 'out of budget')
      AND (source_hours.state, source_hours.reason) IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.reason)""")
_LET_GO = sa.text("""
    UPDATE source_hours held SET state = 'deferred', reason = concat_ws('; ', held.reason, CAST(:reason AS text)),
                                 ended_at = :now
    WHERE held.source = :source AND held.state = 'out of budget'
      AND held.ts = (SELECT max(newest.ts) FROM source_hours newest WHERE newest.source = :source)""")
_READ = sa.text("""
    SELECT state, reason, is_complete, questions, answered, deferred, items, mentions FROM source_hours
    WHERE source = :source AND ts = :hour""")
_CAPTURED = sa.text("""
    SELECT ts FROM source_hours WHERE source = :source AND ts = ANY(:hours) AND state IN ('ok', 'empty')""")

_MADE = (SourceState.OK, SourceState.EMPTY)


@dataclass(frozen=True)
class SourceHour:
    """One hour of a source. ``deferred`` questions did not fit its limits and were never sent."""

    state: str  # as in errors.SourceState
    reason: str | None = None
    is_complete: bool = False
    questions: int = 0
    answered: int = 0
    deferred: int = 0
    items: int = 0
    mentions: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether everything worth asking was answered, so that not being named means no mention. An hour that is
        complete may not be: what did not fit the limits was never asked."""
        return self.is_complete and self.deferred == 0

    def __post_init__(self) -> None:
        # A plain text: psycopg and Dagster know no enumerations of ours.
        object.__setattr__(self, "state", str(self.state))

    @property
    def is_made(self) -> bool:
        """Whether its rows were written."""
        return self.state in _MADE


def record_hour(
    connection: sa.Connection, source: str, hour: datetime, outcome: SourceHour, *, ended_at: datetime
) -> None:
    """Writes how the hour ended. An hour that was made stays made: a later attempt that failed took nothing away."""
    row = {"source": source, "hour": hour, "ended_at": ended_at, **vars(outcome)}
    connection.execute(_UPSERT, row)


def hold_hour(connection: sa.Connection, source: str, hour: datetime, reason: str, now: datetime) -> None:
    """Writes down that the hour is not asked for, because the budget does not allow it."""
    connection.execute(_HOLD, {"source": source, "hour": hour, "reason": reason, "now": now})


def let_go(connection: sa.Connection, source: str, reason: str, now: datetime) -> None:
    """The source is held no longer: where its newest hour was, it now waits for its turn; ``reason`` is added to it."""
    connection.execute(_LET_GO, {"source": source, "reason": reason, "now": now})


def hour_outcome(connection: sa.Connection, source: str, hour: datetime) -> SourceHour | None:
    """How the hour ended; None when it was never tried."""
    row = connection.execute(_READ, {"source": source, "hour": hour}).one_or_none()
    return None if row is None else SourceHour(*row)


def captured_hours(connection: sa.Connection, source: str, hours: Collection[datetime]) -> set[datetime]:
    """Those of the hours that the source was really heard of in."""
    return set(connection.execute(_CAPTURED, {"source": source, "hours": sorted(hours)}).scalars())
