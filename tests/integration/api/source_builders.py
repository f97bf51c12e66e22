"""What the tests of sources and mentions put into the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from etheatmap_core.hours import HOUR
from etheatmap_core.signals.source_hours import SourceHour, record_hour

ADD_HEALTH = sa.text("""
    INSERT INTO source_health (source, last_ok, last_error, consecutive_errors, circuit_open_until)
    VALUES (:source, :last_ok, :last_error, :consecutive_errors, :circuit_open_until)""")
ADD_AUDIT = sa.text("""
    INSERT INTO audit_logs (ts, source, event, level, status) VALUES (:ts, :source, :event, :level, :status)""")
ADD_CAPTURE = sa.text("""
    INSERT INTO captures (source, ts, request_url, content_hash, size_bytes, captured_at, state)
    VALUES (:source, :ts, 'https://dumps.wikimedia.org/', 'ab', 1, :captured_at, 'good')""")
ADD_ITEM = sa.text("""
    INSERT INTO items (source, item_id, channel, url, title, summary, author, names, topics, published_at, numbers,
                       first_ts, last_ts, counted_ts, matcher)
    VALUES (:source, :item_id, :channel, :url, :title, '', :author, '{}', '{}', :published_at, :numbers,
            :first_ts, :last_ts, :counted_ts, 'm')""").bindparams(sa.bindparam("numbers", type_=JSONB))
ADD_MENTION = sa.text("""
    INSERT INTO mentions (source, item_id, entity_id, alias, alias_class, evidence, affect)
    VALUES (:source, :item_id, :entity_id, :alias, :alias_class, :evidence, :affect)""")
ADD_TIE = sa.text("""
    INSERT INTO mention_ties (source, item_id, position, alias, candidates, reason)
    VALUES (:source, :item_id, :position, :alias, :candidates, :reason)""")


class Rows:
    """Adds rows by keyword; what is not given is plain."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def health(self, source: str, **columns: Any) -> None:
        row = {"last_ok": None, "last_error": None, "consecutive_errors": 0, "circuit_open_until": None, **columns}
        with self._transaction() as connection:
            connection.execute(ADD_HEALTH, {"source": source, **row})

    def hour(self, source: str, ts: datetime, state: str, reason: str | None = None, **counts: Any) -> None:
        outcome = SourceHour(state, reason, **counts)
        with self._transaction() as connection:
            record_hour(connection, source, ts, outcome, ended_at=ts + HOUR)

    def audit(self, source: str, ts: datetime, event: str, level: str = "info", status: str = "200") -> None:
        row = {"source": source, "ts": ts, "event": event, "level": level, "status": status}
        with self._transaction() as connection:
            connection.execute(ADD_AUDIT, row)

    def capture(self, source: str, ts: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(ADD_CAPTURE, {"source": source, "ts": ts, "captured_at": ts + HOUR})

    def item(self, source: str, item_id: str, ts: datetime, **columns: Any) -> None:
        row = {
            "channel": "Variety", "url": f"https://variety.com/{item_id}", "title": f"Title of {item_id}",
            "author": None, "published_at": ts, "numbers": {}, "first_ts": ts, "last_ts": ts, "counted_ts": ts,
            **columns,
        }  # fmt: skip
        with self._transaction() as connection:
            connection.execute(ADD_ITEM, {"source": source, "item_id": item_id, **row})

    def mention(self, source: str, item_id: str, entity_id: int, **columns: Any) -> None:
        row = {"alias": "Zendaya", "alias_class": "unique", "evidence": [], "affect": 0.0, **columns}
        with self._transaction() as connection:
            connection.execute(ADD_MENTION, {"source": source, "item_id": item_id, "entity_id": entity_id, **row})

    def tie(self, source: str, item_id: str, alias: str, candidates: list[int], reason: str, position: int = 0) -> None:
        row = {"alias": alias, "candidates": candidates, "reason": reason, "position": position}
        with self._transaction() as connection:
            connection.execute(ADD_TIE, {"source": source, "item_id": item_id, **row})
