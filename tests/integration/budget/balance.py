"""Whether the books balance, from the tables alone."""

import sqlalchemy as sa

# Each account's row beside the sums of its calls, the total's beside those of all that cost dollars.
_UNBALANCED = sa.text("""
    WITH calls AS (
        SELECT r.provider, r.period_start, r.total_period_start, coalesce(s.units, 0) AS spent,
               CASE WHEN r.state IN ('reserved', 'sent') THEN r.units ELSE 0 END AS reserved
        FROM budget_reservations r LEFT JOIN budget_settlements s ON s.reservation_id = r.id
    ), sums AS (
        SELECT provider, period_start, sum(spent) AS spent, sum(reserved) AS reserved FROM calls GROUP BY 1, 2
        UNION ALL
        SELECT 'total', total_period_start, sum(spent), sum(reserved) FROM calls
        WHERE total_period_start IS NOT NULL GROUP BY 2
    )
    SELECT coalesce(p.provider, sums.provider), coalesce(p.period_start, sums.period_start),
           p.spent_units, p.reserved_units, sums.spent, sums.reserved
    FROM budget_periods p FULL JOIN sums USING (provider, period_start)
    WHERE (coalesce(p.spent_units, 0), coalesce(p.reserved_units, 0))
       <> (coalesce(sums.spent, 0), coalesce(sums.reserved, 0))""")
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
