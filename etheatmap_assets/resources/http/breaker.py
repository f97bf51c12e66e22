"""The circuit breaker of each source, kept in ``source_health`` for all processes together.

Closed: everybody asks. Open, after so many failures in a row: nobody asks until the pause is over. Half open: one
caller probes; a success closes the circuit, a failure opens it again for twice as long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from etheatmap_core.config.model import BreakerLimits
from etheatmap_core.errors import CircuitOpenError

MAX_PAUSE_SECONDS = 6 * 3600
_OPEN_FOREVER = timedelta(seconds=MAX_PAUSE_SECONDS)

_STATE = sa.text("""
    SELECT circuit_state, circuit_open_until, probe_until, last_error FROM source_health WHERE source = :source""")
# Of all who find the pause over, the row lock lets one turn the state; a probe that never came back is replaced.
_PROBE = sa.text("""
    UPDATE source_health SET circuit_state = 'half_open', probe_until = :probe_until
    WHERE source = :source
      AND (circuit_state = 'open' AND circuit_open_until <= :now
           OR circuit_state = 'half_open' AND (probe_until IS NULL OR probe_until <= :now))
    RETURNING 1""")
_SUCCEEDED = sa.text("""
    INSERT INTO source_health AS health (source, last_ok) VALUES (:source, :now)
    ON CONFLICT (source) DO UPDATE
    SET last_ok = greatest(health.last_ok, excluded.last_ok), consecutive_errors = 0, circuit_state = 'closed',
        circuit_open_until = NULL, open_count = 0, probe_until = NULL""")
# The upstream is there and says no: nothing to open a circuit for, and a probe has found what it wanted to know.
_ANSWERED = sa.text(
    """
    INSERT INTO source_health AS health (source, last_error) VALUES (:source, :error)
    ON CONFLICT (source) DO UPDATE
    SET last_error = coalesce(excluded.last_error, health.last_error),
        consecutive_errors = CASE WHEN {closes} THEN 0 ELSE health.consecutive_errors END,
        circuit_state = CASE WHEN {closes} THEN 'closed' ELSE health.circuit_state END,
        circuit_open_until = CASE WHEN {closes} THEN NULL ELSE health.circuit_open_until END,
        open_count = CASE WHEN {closes} THEN 0 ELSE health.open_count END,
        probe_until = CASE WHEN {closes} THEN NULL ELSE health.probe_until END
    """.format(closes="CAST(:is_probe AS boolean) AND health.circuit_state = 'half_open'")
)
_RELEASED = sa.text("""
    UPDATE source_health SET probe_until = NULL
    WHERE source = :source AND circuit_state = 'half_open' AND probe_until = :probe_until""")
# Failures that end while the circuit is open belong to calls sent before: they count, and do not lengthen the pause.
_FAILED = sa.text("""
    INSERT INTO source_health AS health (source, last_error, consecutive_errors) VALUES (:source, :error, 1)
    ON CONFLICT (source) DO UPDATE
    SET last_error = excluded.last_error, consecutive_errors = health.consecutive_errors + 1
    RETURNING consecutive_errors, circuit_state, open_count""")
_OPENED = sa.text("""
    UPDATE source_health
    SET circuit_state = 'open', circuit_open_until = :open_until, open_count = open_count + 1, probe_until = NULL
    WHERE source = :source""")


@dataclass(frozen=True)
class Pass:
    """Leave to ask ``source``. Who has it tells the breaker how it went, once."""

    source: str
    probe_until: datetime | None = None  # of the one who probes

    @property
    def is_probe(self) -> bool:
        return self.probe_until is not None


class Breaker(Protocol):
    """Who may ask, and what became of it."""

    def admit(self, source: str, now: datetime, probe_seconds: float) -> Pass:
        """CircuitOpenError, naming until when, where nobody asks the source now. A probe has ``probe_seconds``."""

    def succeeded(self, leave: Pass, now: datetime) -> None:
        """An answer as it should be."""

    def answered(self, leave: Pass, error: str | None) -> None:
        """The upstream is there, and said no, or not yet (no ``error``)."""

    def failed(
        self, leave: Pass, limits: BreakerLimits, now: datetime, error: str, not_before: datetime | None = None
    ) -> None:
        """No answer, or none to use. ``not_before``: when the upstream wants to be asked again."""

    def not_sent(self, leave: Pass) -> None:
        """Nothing was asked after all: the next one may probe."""


class PostgresBreaker:
    """Each step is a transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def admit(self, source: str, now: datetime, probe_seconds: float) -> Pass:
        probe_until = now + timedelta(seconds=probe_seconds)
        asked = {"source": source, "now": now, "probe_until": probe_until}
        with self._engine.begin() as connection:
            found = connection.execute(_STATE, asked).one_or_none()
            if found is None or found.circuit_state == "closed":
                return Pass(source)
            if connection.execute(_PROBE, asked).one_or_none() is not None:
                return Pass(source, probe_until)
            found = connection.execute(_STATE, asked).one()
        if found.circuit_state == "closed":  # the probe of another has just succeeded
            return Pass(source)
        until = found.circuit_open_until if found.circuit_state == "open" else found.probe_until
        told = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if found.circuit_state == "open" else "while one call probes it"
        raise CircuitOpenError(
            f"{source} is not asked {told}: it failed too often in a row, last with: {found.last_error}", until
        )

    def succeeded(self, leave: Pass, now: datetime) -> None:
        with self._engine.begin() as connection:
            connection.execute(_SUCCEEDED, {"source": leave.source, "now": now})

    def answered(self, leave: Pass, error: str | None) -> None:
        with self._engine.begin() as connection:
            connection.execute(_ANSWERED, {"source": leave.source, "error": error, "is_probe": leave.is_probe})

    def failed(
        self, leave: Pass, limits: BreakerLimits, now: datetime, error: str, not_before: datetime | None = None
    ) -> None:
        with self._engine.begin() as connection:
            health = connection.execute(_FAILED, {"source": leave.source, "error": error}).one()
            has_probed = leave.is_probe and health.circuit_state == "half_open"
            if has_probed or (health.circuit_state == "closed" and health.consecutive_errors >= limits.failures):
                open_until = now + pause(limits, health.open_count)
                if not_before is not None:
                    open_until = min(max(open_until, not_before), now + _OPEN_FOREVER)
                connection.execute(_OPENED, {"source": leave.source, "open_until": open_until})

    def not_sent(self, leave: Pass) -> None:
        if leave.is_probe:
            with self._engine.begin() as connection:
                connection.execute(_RELEASED, {"source": leave.source, "probe_until": leave.probe_until})


def pause(limits: BreakerLimits, open_count: int) -> timedelta:
    """How long the circuit opens when it has opened ``open_count`` times in a row before."""
    doubled = limits.pause_seconds * 2 ** min(open_count, 32)
    return timedelta(seconds=min(doubled, max(MAX_PAUSE_SECONDS, limits.pause_seconds)))
