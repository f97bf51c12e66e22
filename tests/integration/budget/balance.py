"""Whether the books balance, from the tables alone."""

import sqlalchemy as sa

# Each account's row beside the sums of its calls, the total's beside those of all that cost dollars.
_UNBALANCED = sa.text("""
    SELECT p.provider, p.period_start, p.spent_units, p.reserved_units, sums.spent, sums.reserved
    FROM budget_periods p
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.units), 0) AS spent,
               coalesce(sum(r.units) FILTER (WHERE r.state IN ('reserved', 'sent')), 0) AS reserved
        FROM budget_reservations r LEFT JOIN budget_settlements s ON s.reservation_id = r.id
        WHERE CASE WHEN p.provider = 'total' THEN r.total_period_start = p.period_start
                   ELSE r.provider = p.provider AND r.period_start = p.period_start END
    ) AS sums
    WHERE (p.spent_units, p.reserved_units) <> (sums.spent, sums.reserved)""")
# A settlement belongs to a call that is over and was charged, and each such call has one.
_MISMATCHED = sa.text("""
    SELECT r.id, r.state, s.units, s.kind FROM budget_reservations r
    LEFT JOIN budget_settlements s ON s.reservation_id = r.id
    WHERE (r.state IN ('settled', 'lost')) <> (s.reservation_id IS NOT NULL)
       OR (r.state = 'lost' AND s.units <> r.units) OR s.is_overrun <> (s.units > r.units)""")


def assert_balanced(engine: sa.Engine) -> None:
    """To the unit."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        assert connection.execute(_UNBALANCED).all() == []
        assert connection.execute(_MISMATCHED).all() == []
