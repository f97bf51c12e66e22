"""Statements on a large outbox: years of sent messages are not read to find the one that waits."""

from typing import Any

import sqlalchemy as sa

from etheatmap_core.outbox.store import RECENT, claim


def plan_of(connection: sa.Connection, statement: str, values: dict[str, Any]) -> str:
    return "\n".join(line for (line,) in connection.exec_driver_sql(f"EXPLAIN ANALYZE {statement}", values))


def test_the_next_message_and_the_newest_ones_are_found_through_indexes(outbox) -> None:
    with outbox.engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO outbox (key, kind, text, state, created_at, next_at)
                SELECT 'old:' || n, 'test', 'sent long ago', 'sent', :now - n * interval '1 minute', :now
                FROM generate_series(1, 50000) AS n"""),
            {"now": outbox.now},
        )
    outbox.put("waits")
    with outbox.engine.connect() as connection:
        connection.execute(sa.text("ANALYZE outbox"))
        seen: list[tuple[str, dict[str, Any]]] = []

        def note(_conn, _cursor, statement, parameters, _context, _many):
            seen.append((statement, parameters))

        sa.event.listen(outbox.engine, "before_cursor_execute", note)
        assert claim(connection, outbox.now).text == "waits"
        sa.event.remove(outbox.engine, "before_cursor_execute", note)
        connection.rollback()
        claim_plan = plan_of(connection, *seen[0])
        connection.rollback()
        recent_plan = plan_of(connection, RECENT, {"limit": 20})
    assert "outbox_waiting_idx" in claim_plan
    assert "outbox_created_idx" in recent_plan
