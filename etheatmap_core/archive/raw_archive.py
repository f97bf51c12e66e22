"""The raw archive: a folder of upstream bytes, and a row in ``captures`` for each answer.

The row outlives the bytes: hash, address and tracked rows stay for ever. Bytes are moved into place before the row is
committed, so a crash between the two leaves a file without a row, never a row without its bytes.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

_FOUND = """
    id, request_key, request_url, status_code, content_hash, size_bytes, content_type, etag, last_modified, captured_at,
    raw_path, lake_path, extract"""
# The newest good answer to each question of an hour.
_GOOD_OF_HOUR = sa.text(f"""
    SELECT DISTINCT ON (request_key) {_FOUND}
    FROM captures WHERE source = :source AND ts = :hour AND state = 'good'
    ORDER BY request_key, captured_at DESC, id DESC""")
_NEWEST_OF_KEY = sa.text(f"""
    SELECT {_FOUND} FROM captures WHERE source = :source AND request_key = :key AND state = 'good'
    ORDER BY captured_at DESC, id DESC LIMIT 1""")
# Of a source that asks one question an hour: the answer that counts is the newest, whether its file is there or not.
_LAKE_OF_HOURS = sa.text("""
    SELECT DISTINCT ON (ts) ts, lake_path FROM captures
    WHERE source = :source AND ts = ANY(:hours) AND request_key = '' AND state = 'good'
    ORDER BY ts, captured_at DESC, id DESC""")
_LAST_ASKED = sa.text("""
    SELECT entity, max(ts) AS ts
    FROM captures, jsonb_array_elements_text(extract -> 'entities') AS entity
    WHERE source = :source AND ts >= :since AND ts < :before AND state = 'good'
    GROUP BY entity""")
_KEYS = sa.text("""
    SELECT DISTINCT request_key FROM captures
    WHERE source = :source AND ts > :after AND ts < :before AND ts <> :but AND state = 'good'""")
_INSERT = sa.text("""
    INSERT INTO captures (source, ts, request_key, request_url, status_code, content_hash, size_bytes, content_type,
                          etag, last_modified, captured_at, state, reason, raw_path, lake_path, extract)
    VALUES (:source, :hour, :request_key, :request_url, :status_code, :content_hash, :size_bytes, :content_type,
            :etag, :last_modified, :captured_at, :state, :reason, :raw_path, :lake_path, :extract)""")
_REFRESH = sa.text("""
    UPDATE captures SET lake_path = coalesce(:lake_path, lake_path), extract = :extract
    WHERE id = :id
      AND (lake_path, extract) IS DISTINCT FROM (coalesce(:lake_path, lake_path), CAST(:extract AS jsonb))""")
# Two runs may bring the same hour at once: the second waits, and finds the row of the first.
_LOCK_HOUR = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:source || CAST(:hour AS timestamptz), 0))")
_SAME_BYTES = sa.text("""
    SELECT id FROM captures
    WHERE source = :source AND ts = :hour AND request_key = :request_key AND content_hash = :content_hash
      AND state = 'good'""")
_RECEIVED_AGAIN = sa.text("""
    UPDATE captures
    SET captured_at = :captured_at, etag = :etag, last_modified = :last_modified, raw_path = :raw_path,
        lake_path = :lake_path, extract = :extract
    WHERE id = :id""")
_EXPIRED = {
    column: sa.text(f"""
        UPDATE captures SET {column} = NULL FROM captures AS before
        WHERE captures.id = before.id AND captures.source = :source AND captures.captured_at < :before
          AND captures.{column} IS NOT NULL
        RETURNING before.{column}""")
    for column in ("raw_path", "lake_path")
}
_LAKE_DRAFTS = ".draft-*"  # as write_lake_file names its folder


@dataclass(frozen=True)
class Received:
    """An upstream's answer as it was stored on arrival. ``status_code`` is None where the protocol has none (file://)."""

    url: str
    status_code: int | None
    size_bytes: int
    content_hash: str  # sha256, hex
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Capture:
    """A good answer to the question ``key``. Paths are None where retention, or somebody, has removed the file."""

    id: int
    key: str
    received: Received
    captured_at: datetime
    raw_path: Path | None
    lake_path: Path | None
    extract: Mapping[str, Any] | None


@dataclass(frozen=True)
class RetentionResult:
    """What was removed."""

    raw_files: int
    lake_files: int
    size_bytes: int


class RawArchive:
    """The archive below one installation's data folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    @contextmanager
    def incoming(self, name: str = "answer") -> Iterator[Path]:
        """A path, called ``name``, to receive an answer at; what is not kept or quarantined by the end is removed."""
        folder = self._home / "incoming" / f"{os.getpid()}-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        try:
            yield folder / name
        finally:
            shutil.rmtree(folder)

    def lake_path(self, source: str, hour: datetime, content_hash: str) -> Path:
        """Where the lake file of an answer belongs: named after its bytes, so that no row ever points at another's."""
        return self._home / "lake" / source / f"{hour.astimezone(UTC):%Y/%m/%d/%H}-{content_hash[:12]}.parquet"

    def good_of_hour(self, connection: sa.Connection, source: str, hour: datetime) -> dict[str, Capture]:
        """The answers to replay for this hour, by question; raw bytes only where they are there and hash right."""
        rows = connection.execute(_GOOD_OF_HOUR, {"source": source, "hour": hour})
        return {row.request_key: self._capture(row) for row in rows}

    def newest_good(self, connection: sa.Connection, source: str, hour: datetime) -> Capture | None:
        """The answer to replay for this hour, of a source that asks one question an hour."""
        return self.good_of_hour(connection, source, hour).get("")

    def lake_files(
        self, connection: sa.Connection, source: str, hours: Collection[datetime]
    ) -> dict[datetime, Path | None]:
        """The lake file of each of the hours that was captured; None where retention, or somebody, has removed it."""
        rows = connection.execute(_LAKE_OF_HOURS, {"source": source, "hours": sorted(hours)})
        return {row.ts: self._present(row.lake_path) for row in rows}

    def newest_of_key(self, connection: sa.Connection, source: str, key: str) -> Capture | None:
        """The newest answer to this question, of whichever hour: what a conditional request compares with."""
        row = connection.execute(_NEWEST_OF_KEY, {"source": source, "key": key}).one_or_none()
        return None if row is None else self._capture(row)

    def last_asked(
        self, connection: sa.Connection, source: str, *, since: datetime, before: datetime
    ) -> dict[str, datetime]:
        """The newest partition from ``since`` on and before ``before`` in which an answer was about an entity, by the
        entity's name."""
        rows = connection.execute(_LAST_ASKED, {"source": source, "since": since, "before": before})
        return {row.entity: row.ts for row in rows}

    def keys_of_others(self, connection: sa.Connection, source: str, hour: datetime, *, within: timedelta) -> set[str]:
        """The questions answered for other partitions that are less than ``within`` away from this one."""
        span = {"source": source, "but": hour, "after": hour - within, "before": hour + within}
        return set(connection.scalars(_KEYS, span))

    def _capture(self, row: sa.Row[Any]) -> Capture:
        received = Received(
            row.request_url, row.status_code, row.size_bytes, row.content_hash, row.content_type, row.etag,
            row.last_modified,
        )  # fmt: skip
        raw_path = self._present(row.raw_path)
        if raw_path is not None and content_hash(raw_path) != row.content_hash:
            raw_path = None  # damaged on disk: it must not be replayed
        lake_path = self._present(row.lake_path)
        return Capture(row.id, row.request_key, received, row.captured_at, raw_path, lake_path, row.extract)

    def keep(
        self,
        connection: sa.Connection,
        source: str,
        hour: datetime,
        received: Received,
        incoming: Path,
        *,
        captured_at: datetime,
        key: str = "",
        suffix: str = "",
        lake_path: Path | None = None,
        extract: Mapping[str, Any] | None = None,
    ) -> None:
        """Moves the bytes into place and records them as the answer to ``key``, in the caller's transaction.

        ``suffix`` names the kind of file for people who look into the folder. The same bytes again add no row: theirs
        is then the newest again, with its files as on the first day.
        """
        name = f"{hour.astimezone(UTC):%Y/%m/%d/%H}-{received.content_hash[:12]}{suffix}"
        target = self._home / "raw" / source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        incoming.replace(target)
        row = {
            **self._row(source, hour, received, captured_at, key),
            "state": "good",
            "reason": None,
            "raw_path": self._relative(target),
            "lake_path": lake_path and self._relative(lake_path),
            "extract": None if extract is None else Jsonb(extract),
        }
        connection.execute(_LOCK_HOUR, row)
        known_id = connection.execute(_SAME_BYTES, row).scalar_one_or_none()
        if known_id is None:
            connection.execute(_INSERT, row)
        else:
            connection.execute(_RECEIVED_AGAIN, {**row, "id": known_id})

    def refresh(
        self, connection: sa.Connection, capture: Capture, *, lake_path: Path | None, extract: Mapping[str, Any]
    ) -> None:
        """Records what a replay has derived anew (a lake file, the rows of an entity that has joined since)."""
        lake = lake_path and self._relative(lake_path)
        connection.execute(_REFRESH, {"id": capture.id, "lake_path": lake, "extract": Jsonb(extract)})

    def quarantine(
        self,
        connection: sa.Connection,
        source: str,
        hour: datetime,
        received: Received,
        incoming: Path,
        *,
        captured_at: datetime,
        reason: str,
        key: str = "",
    ) -> Path:
        """Puts a bad answer aside with its reason: looked at by people, never replayed."""
        target = self._home / "quarantine" / source / f"{hour.astimezone(UTC):%Y-%m-%dT%H}-{received.content_hash[:12]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        incoming.replace(target)
        connection.execute(
            _INSERT,
            {
                **self._row(source, hour, received, captured_at, key),
                "state": "quarantined",
                "reason": reason,
                "raw_path": self._relative(target),
                "lake_path": None,
                "extract": None,
            },
        )
        return target

    def apply_retention(
        self, connection: sa.Connection, source: str, *, before_raw: datetime, before_lake: datetime
    ) -> RetentionResult:
        """Removes files captured before the given instants; their rows stay for ever."""
        counts: dict[str, int] = {}
        size_bytes = 0
        for column, before in (("raw_path", before_raw), ("lake_path", before_lake)):
            expired = connection.execute(_EXPIRED[column], {"source": source, "before": before}).scalars().all()
            files = [path for name in expired if (path := self._present(name)) is not None]
            size_bytes += sum(path.stat().st_size for path in files)
            for path in files:
                path.unlink()
            counts[column] = len(files)
        self._clear_leftovers(source, before_raw)
        return RetentionResult(counts["raw_path"], counts["lake_path"], size_bytes)

    def _clear_leftovers(self, source: str, before: datetime) -> None:
        """What killed processes left: half-received answers, and drafts of lake files."""
        leftovers = [*(self._home / "incoming").glob("*"), *(self._home / "lake" / source).rglob(_LAKE_DRAFTS)]
        for path in leftovers:
            with suppress(FileNotFoundError):  # a download that ended just now
                if path.stat().st_mtime >= before.timestamp():
                    continue
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()

    def _present(self, name: str | None) -> Path | None:
        return path if name is not None and (path := self._home / name).is_file() else None

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self._home))

    @staticmethod
    def _row(source: str, hour: datetime, received: Received, captured_at: datetime, key: str) -> dict[str, object]:
        return {
            "source": source,
            "hour": hour,
            "request_key": key,
            "request_url": received.url,
            "status_code": received.status_code,
            "content_hash": received.content_hash,
            "size_bytes": received.size_bytes,
            "content_type": received.content_type,
            "etag": received.etag,
            "last_modified": received.last_modified,
            "captured_at": captured_at,
        }


def content_hash(path: Path) -> str:
    """sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
