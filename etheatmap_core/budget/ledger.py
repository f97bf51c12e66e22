"""The books: a call reserves before it is sent and is settled after it, so that no limit can be passed by a unit.

Modelled on two-phase transfers: pending, then posted or voided, each at most once. Whether a reservation is granted is
decided by one conditional UPDATE in the database (sql/0003_budgets.sql), whose clock tells the period for all
processes. Here: the ledger's moves. Not here: what a period looks like to people (month.py), prices (prices.py).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa

from etheatmap_core.budget.model import TOTAL, Begun, Entry, ProviderBudget, Reservation, Standing
from etheatmap_core.budget.wording import amount, day_or_minute, used_of
from etheatmap_core.clock import Clock
from etheatmap_core.errors import BudgetExhaustedError, ConfigError, DatabaseUnavailableError, PacedError
from etheatmap_core.hours import partition_key

_CONFIGURE = sa.text("""
    INSERT INTO budget_limits (provider, unit, period, limit_units, pace_ahead_seconds, expires_after_seconds,
                               configured_at)
    SELECT :provider, :unit, :period, :limit_units, :pace_ahead_seconds, :expires_after_seconds,
           coalesce(CAST(:now AS timestamptz), clock_timestamp())
    FROM pg_advisory_xact_lock(hashtextextended('budget limits', 0))
    ON CONFLICT (provider) DO UPDATE
    SET unit = excluded.unit, period = excluded.period, limit_units = excluded.limit_units,
        pace_ahead_seconds = excluded.pace_ahead_seconds, expires_after_seconds = excluded.expires_after_seconds,
        configured_at = excluded.configured_at
    WHERE (budget_limits.unit, budget_limits.period, budget_limits.limit_units, budget_limits.expires_after_seconds)
          <> (excluded.unit, excluded.period, excluded.limit_units, excluded.expires_after_seconds)
       OR budget_limits.pace_ahead_seconds IS DISTINCT FROM excluded.pace_ahead_seconds""")
_RESERVE = sa.text("""
    SELECT * FROM budget_reserve(:provider, :units, :asset, :partition_key, :run_id, :request, :is_paced, :now)""")
_SENT = sa.text("""
    UPDATE budget_reservations SET state = 'sent', sent_at = coalesce(CAST(:now AS timestamptz), clock_timestamp())
    WHERE id = :id AND state = 'reserved' RETURNING id""")
_BOOK = sa.text("SELECT (budget_book(:id, :from_states, :to_state, :charged, :kind, :now)).id")
_BEGUN = sa.text("UPDATE budget_reservations SET begun = :begun WHERE id = :id")
_NEWEST_BEGUN = sa.text("""
    SELECT id, provider, units, state, begun FROM budget_reservations
    WHERE begun IS NOT NULL AND asset = :asset AND partition_key = :partition_key AND request = :request
    ORDER BY id DESC LIMIT 1""")
# Through budget_reservations_period_idx: nobody asks for an hour before it has come.
_USED_FOR_HOUR = sa.text("""
    SELECT coalesce(sum(coalesce(s.units, r.units)), 0)
    FROM budget_reservations r LEFT JOIN budget_settlements s ON s.reservation_id = r.id
    WHERE r.provider = :provider AND r.period_start > :since AND r.asset = :asset
      AND r.partition_key = :partition_key AND r.state <> 'released'""")
_LONGEST_PERIOD = timedelta(days=31)
_EXPIRED = sa.text("""
    SELECT id, state, units FROM budget_reservations
    WHERE state IN ('reserved', 'sent') AND expires_at <= coalesce(CAST(:now AS timestamptz), clock_timestamp())
    ORDER BY id""")
_REOPEN = sa.text("""
    UPDATE budget_periods SET closed_reason = NULL, closed_at = NULL
    WHERE provider = :provider AND closed_reason IS NOT NULL RETURNING period_start""")

_STANDINGS = sa.text("""
    SELECT l.provider, l.unit, l.period, l.limit_units, coalesce(p.spent_units, 0) AS spent_units,
           coalesce(p.reserved_units, 0) AS reserved_units, calendar.starts_at AS period_start,
           calendar.ends_at AS period_end, p.closed_reason, p.closed_at
    FROM budget_limits l
    CROSS JOIN LATERAL budget_period(l.period, coalesce(CAST(:now AS timestamptz), clock_timestamp())) AS calendar
    LEFT JOIN budget_periods p ON p.provider = l.provider AND p.period_start = calendar.starts_at
    ORDER BY l.provider""")
# No connection, one that ended or is never free, a server that only may be read, two that wait for each other.
_UNREACHABLE = (
    sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError,
    psycopg.OperationalError,  # SQLAlchemy passes on what happens before a statement
)  # fmt: skip


class Ledger:
    """``clock``: simulated time; by default the database's clock counts, the same for all processes.

    Each method is a transaction of its own. DatabaseUnavailableError where there is no database: nothing is granted.
    """

    def __init__(self, engine: sa.Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock

    def configure(self, accounts: Iterable[ProviderBudget]) -> None:
        """Writes the limits down. One below what is spent refuses everything until the period ends."""
        with self._connected() as connection:
            for account in sorted(accounts, key=lambda account: account.provider):
                connection.execute(_CONFIGURE, {**vars(account), "now": self._now()})

    def reserve(self, provider: str, units: int, entry: Entry, *, is_paced: bool = False) -> Reservation:
        """Sets ``units``, the most that the call may cost, aside.

        Raises BudgetExhaustedError where they would pass the limit of the provider or the total, or the provider is
        closed; PacedError where they only would run ahead of the pace (``is_paced``: automation).
        """
        _check_units(units)
        asked = {**vars(entry), "provider": provider, "units": units, "is_paced": is_paced, "now": self._now()}
        with self._connected() as connection:
            found = connection.execute(_RESERVE, asked).one()
            if found.refusal in {"exhausted", "paced"} and self._expire(connection):
                found = connection.execute(_RESERVE, asked).one()
        if found.refusal is not None:
            raise _refused(found, provider, units)
        return Reservation(found.id, provider, units)

    def mark_sent(self, reservation: Reservation) -> None:
        """To be called before the call leaves: from here on it may have been charged.

        BudgetExhaustedError where the reservation has expired meanwhile: then it must not be sent.
        """
        with self._connected() as connection:
            if connection.execute(_SENT, {"id": reservation.id, "now": self._now()}).one_or_none() is None:
                raise BudgetExhaustedError(
                    f"{reservation.provider}: the reservation of {reservation.units:,} units expired before the call "
                    "was sent: it was not sent; run it again."
                )

    def begin(self, reservation: Reservation, begun: str) -> None:
        """The call has begun what is charged when it ends, and the upstream calls it so."""
        with self._connected() as connection:
            connection.execute(_BEGUN, {"id": reservation.id, "begun": begun})

    def newest_begun(self, entry: Entry) -> Begun | None:
        """What was begun last for the same asset, partition and request, by whatever run; None: nothing."""
        with self._connected() as connection:
            row = connection.execute(_NEWEST_BEGUN, vars(entry)).one_or_none()
        if row is None:
            return None
        return Begun(Reservation(row.id, row.provider, row.units), row.begun, is_settled=row.state == "settled")

    def used_for_hour(self, provider: str, asset: str, hour: datetime) -> int:
        """What the calls for an hour of an asset have cost, or may cost, in all runs."""
        asked = {"provider": provider, "asset": asset, "partition_key": partition_key(hour)}
        with self._connected() as connection:
            return int(connection.execute(_USED_FOR_HOUR, {**asked, "since": hour - _LONGEST_PERIOD}).scalar_one())

    def settle(self, reservation: Reservation, units: int) -> None:
        """Books what the call cost. More than was reserved is booked whole, and closes the provider.

        Also of a call that was taken for lost and whose answer came after all. ValueError where it is settled already.
        """
        _check_units(units)
        self._book_or_raise(reservation, ["reserved", "sent", "lost"], "settled", units, "answer")

    def lose(self, reservation: Reservation) -> None:
        """The call was sent and its answer was lost: whether it was charged nobody knows, so it is booked whole.

        Also where it took so long that it expired meanwhile: then it is booked so already.
        """
        self._book_or_raise(reservation, ["reserved", "sent", "lost"], "lost", reservation.units, "lost call")

    def release(self, reservation: Reservation) -> None:
        """The call was never sent: nothing is charged."""
        self._book_or_raise(reservation, ["reserved", "sent"], "released", 0, None)

    def expire(self) -> int:
        """Ends what crashes left, and tells how many: not yet sent is released, sent is booked whole as a lost call."""
        with self._connected() as connection:
            return self._expire(connection)

    def reopen(self, provider: str) -> bool:
        """Opens a provider that an overrun closed; False where none was closed."""
        with self._connected() as connection:
            return connection.execute(_REOPEN, {"provider": provider}).first() is not None

    def standings(self) -> dict[str, Standing]:
        """Every account in its present period, by provider, the total's among them."""
        with self._connected() as connection:
            rows = connection.execute(_STANDINGS, {"now": self._now()}).mappings()
            return {row["provider"]: Standing(**row) for row in rows}

    def _book_or_raise(
        self, reservation: Reservation, from_states: list[str], to_state: str, charged: int, kind: str | None
    ) -> None:
        with self._connected() as connection:
            if not self._book(connection, reservation.id, from_states, to_state, charged, kind):
                raise ValueError(f"{reservation} cannot become {to_state}: it is none of {', '.join(from_states)}")

    def _book(
        self,
        connection: sa.Connection,
        reservation_id: int,
        from_states: list[str],
        to_state: str,
        charged: int,
        kind: str | None,
    ) -> bool:
        asked = {"id": reservation_id, "from_states": from_states, "to_state": to_state, "charged": charged}
        return connection.execute(_BOOK, {**asked, "kind": kind, "now": self._now()}).scalar_one() is not None

    def _expire(self, connection: sa.Connection) -> int:
        """The state may change between the look and the booking: then somebody else has ended it."""
        ended = 0
        for left in connection.execute(_EXPIRED, {"now": self._now()}).all():
            is_sent = left.state == "sent"
            to_state, charged, kind = ("lost", left.units, "lost call") if is_sent else ("released", 0, None)
            ended += self._book(connection, left.id, [left.state], to_state, charged, kind)
        return ended

    def _now(self) -> datetime | None:
        return self._clock() if self._clock else None

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """Each statement commits by itself: what the database has granted is granted, whatever comes after."""
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except _UNREACHABLE as error:
            raise DatabaseUnavailableError(
                "The budget's books cannot be reached, so nothing that costs is asked: check that the database runs."
            ) from error


def _check_units(units: int) -> None:
    if units < 0:
        raise ValueError(f"{units} units: what a call costs is never below 0")


def _refused(found: Any, provider: str, units: int) -> BudgetExhaustedError | PacedError | ConfigError:
    if found.refusal == "unknown":
        return ConfigError(f"budgets.yml: {found.refused_by} has no budget: nothing of {provider} may be asked.")
    whose = provider if found.refused_by == provider else f"{provider}, the {TOTAL} of the month"
    used, asked = found.spent_units + found.reserved_units, amount(units, found.unit)
    told_use = used_of(used, found.limit_units, found.unit)
    if found.refusal == "paced":
        next_at = _room_at(found, used + units)
        return PacedError(
            f"{whose}: {told_use}, {amount(found.allowed_units, found.unit)} are planned until now: {asked} "
            f"{'fits' if units == 1 else 'fit'} from {day_or_minute(next_at)} on.",
            next_at,
        )
    ends = found.period_end.astimezone(UTC)
    no_room = f"{asked} more {'does' if units == 1 else 'do'} not fit"
    why = f"closed, because {found.closed_reason}" if found.refusal == "closed" else no_room
    return BudgetExhaustedError(
        f"{whose}: {told_use}, {why}; next period {day_or_minute(ends)}.",
        provider=found.refused_by,
        limit_units=found.limit_units,
        used_units=used,
        period_end=ends,
    )


def _room_at(found: Any, wanted_units: int) -> datetime:
    """When the pace will have room for so many units, to the next full minute."""
    length = found.period_end - found.period_start
    ahead = timedelta(seconds=found.pace_ahead_seconds)
    instant: datetime = found.period_start + length * wanted_units / found.limit_units - ahead
    minute = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return minute + timedelta(minutes=1)
