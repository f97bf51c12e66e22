"""The raw archive: files and the rows that speak of them, on a real database."""

import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from etheatmap_core.archive import Capture, RawArchive, Received
from etheatmap_core.signals.wiki_dump import DRAFT_PREFIX

HOUR = datetime(2012, 2, 18, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 18, 5, tzinfo=UTC)
DAY = timedelta(days=1)
EXTRACT = {"wiki": "en", "smallest": {"desktop": 408}, "views": {"Whitney Houston": {"desktop": 41433}}}


def received(content: bytes) -> Received:
    return Received("https://dumps.example/file.gz", 200, len(content), hashlib.sha256(content).hexdigest())


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def rows(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT * FROM captures ORDER BY id")))


class Kit:
    """An archive, its database, and an upstream that answers what the test says."""

    def __init__(self, home: Path, engine: sa.Engine) -> None:
        self.home, self.engine, self.archive = home, engine, RawArchive(home)

    def keep(self, content: bytes, at: datetime = MONDAY, hour: datetime = HOUR) -> None:
        lake = self.archive.lake_path("wiki", hour, received(content).content_hash)
        lake.parent.mkdir(parents=True, exist_ok=True)
        lake.write_bytes(b"lake of " + content)
        with self.archive.incoming() as path:
            path.write_bytes(content)
            with self.engine.begin() as connection:
                self.archive.keep(
                    connection, "wiki", hour, received(content), path,
                    captured_at=at, suffix=".gz", lake_path=lake, extract=EXTRACT,
                )  # fmt: skip

    def quarantine(self, content: bytes, at: datetime = MONDAY) -> Path:
        with self.archive.incoming() as path:
            path.write_bytes(content)
            with self.engine.begin() as connection:
                return self.archive.quarantine(
                    connection, "wiki", HOUR, received(content), path, captured_at=at, reason="file.gz is cut short."
                )

    def newest_good(self, hour: datetime = HOUR) -> Capture | None:
        with self.engine.connect() as connection:
            return self.archive.newest_good(connection, "wiki", hour)

    def retain(self, raw: datetime, lake: datetime) -> tuple[int, int, int]:
        with self.engine.begin() as connection:
            result = self.archive.apply_retention(connection, "wiki", before_raw=raw, before_lake=lake)
        return result.raw_files, result.lake_files, result.size_bytes


@pytest.fixture
def kit(tmp_path: Path, engine: sa.Engine) -> Kit:
    return Kit(tmp_path, engine)


def test_a_kept_answer_can_be_replayed(kit: Kit) -> None:
    kit.keep(b"dump")
    capture = kit.newest_good()
    assert capture is not None
    assert capture.received == received(b"dump")
    assert capture.captured_at == MONDAY
    assert capture.extract == EXTRACT
    assert capture.raw_path is not None
    assert capture.raw_path.read_bytes() == b"dump"
    assert capture.lake_path is not None
    assert capture.lake_path.read_bytes() == b"lake of dump"


def test_files_lie_by_source_and_hour_and_nothing_stays_in_incoming(kit: Kit) -> None:
    kit.keep(b"dump")
    hash12 = received(b"dump").content_hash[:12]
    raw = [name for name in files(kit.home) if not name.startswith("lake/")]
    assert raw == [f"raw/wiki/2012/02/18/17-{hash12}.gz"]


def test_an_hour_that_was_never_captured_has_nothing_to_replay(kit: Kit) -> None:
    kit.keep(b"dump", hour=HOUR + timedelta(hours=1))
    assert kit.newest_good() is None


def test_the_newest_good_answer_is_replayed(kit: Kit) -> None:
    kit.keep(b"first", at=MONDAY)
    kit.keep(b"second", at=MONDAY + DAY)
    capture = kit.newest_good()
    assert capture is not None
    assert capture.received == received(b"second")
    assert len(rows(kit.engine)) == 2


def test_the_same_bytes_again_add_no_row(kit: Kit) -> None:
    kit.keep(b"dump", at=MONDAY)
    before = files(kit.home)
    kit.keep(b"dump", at=MONDAY + DAY)
    assert len(rows(kit.engine)) == 1
    assert files(kit.home) == before


def test_an_answer_that_comes_back_is_the_newest_again_without_a_row_of_its_own(kit: Kit) -> None:
    """The upstream corrected a file and took that back: what it says now is replayed."""
    for number, content in enumerate([b"first", b"second", b"first"]):
        kit.keep(content, at=MONDAY + number * DAY)
    capture = kit.newest_good()
    assert capture is not None
    assert capture.received == received(b"first")
    assert len(rows(kit.engine)) == 2


def test_a_quarantined_answer_is_kept_with_its_reason_and_never_replayed(kit: Kit) -> None:
    path = kit.quarantine(b"half a dump")
    assert path.read_bytes() == b"half a dump"
    assert kit.newest_good() is None
    (row,) = rows(kit.engine)
    assert (row.state, row.reason) == ("quarantined", "file.gz is cut short.")
    assert kit.home / row.raw_path == path


def test_a_bad_answer_does_not_hide_the_good_one(kit: Kit) -> None:
    kit.keep(b"dump", at=MONDAY)
    kit.quarantine(b"half a dump", at=MONDAY + DAY)
    capture = kit.newest_good()
    assert capture is not None
    assert capture.received == received(b"dump")


def test_bytes_that_were_damaged_on_disk_are_not_replayed(kit: Kit) -> None:
    kit.keep(b"dump")
    (raw,) = (kit.home / "raw").rglob("*.gz")
    raw.write_bytes(b"pump")
    capture = kit.newest_good()
    assert capture is not None
    assert capture.raw_path is None
    assert capture.extract == EXTRACT


def test_files_that_somebody_removed_are_not_promised(kit: Kit) -> None:
    kit.keep(b"dump")
    for name in files(kit.home):
        (kit.home / name).unlink()
    capture = kit.newest_good()
    assert capture is not None
    assert (capture.raw_path, capture.lake_path) == (None, None)


def test_retention_removes_the_old_bytes_and_keeps_the_rows_for_ever(kit: Kit) -> None:
    kit.keep(b"old", at=MONDAY, hour=HOUR)
    kit.keep(b"young", at=MONDAY + 2 * DAY, hour=HOUR + timedelta(hours=1))
    assert kit.retain(raw=MONDAY + DAY, lake=MONDAY) == (1, 0, len(b"old"))
    old, young = kit.newest_good(), kit.newest_good(HOUR + timedelta(hours=1))
    assert old is not None
    assert young is not None
    assert (old.raw_path, old.extract, old.received) == (None, EXTRACT, received(b"old"))
    assert old.lake_path is not None
    assert young.raw_path is not None
    assert kit.retain(raw=MONDAY + DAY, lake=MONDAY + DAY) == (0, 1, len(b"lake of old"))
    assert [(row.raw_path is None, row.lake_path is None) for row in rows(kit.engine)] == [(True, True), (False, False)]


def test_retention_reaches_the_quarantine_too(kit: Kit) -> None:
    path = kit.quarantine(b"half a dump", at=MONDAY)
    assert kit.retain(raw=MONDAY + DAY, lake=MONDAY) == (1, 0, len(b"half a dump"))
    assert not path.exists()
    assert rows(kit.engine)[0].reason == "file.gz is cut short."


def test_retention_of_an_older_answer_leaves_the_newer_one_of_its_hour(kit: Kit) -> None:
    kit.keep(b"first", at=MONDAY)
    kit.keep(b"second", at=MONDAY + 2 * DAY)
    kit.retain(raw=MONDAY + DAY, lake=MONDAY + DAY)
    capture = kit.newest_good()
    assert capture is not None
    assert capture.raw_path is not None
    assert capture.lake_path is not None
    assert capture.lake_path.read_bytes() == b"lake of second"


def test_bytes_that_come_again_after_retention_are_there_again(kit: Kit) -> None:
    kit.keep(b"dump", at=MONDAY)
    kit.retain(raw=MONDAY + DAY, lake=MONDAY + DAY)
    kit.keep(b"dump", at=MONDAY + 2 * DAY)
    kit.retain(raw=MONDAY + DAY, lake=MONDAY + DAY)
    capture = kit.newest_good()
    assert capture is not None
    assert capture.raw_path is not None
    assert capture.lake_path is not None
    assert len(rows(kit.engine)) == 1


def test_retention_clears_what_killed_downloads_left(kit: Kit) -> None:
    stale, fresh = kit.home / "incoming" / "stale", kit.home / "incoming" / "fresh"
    stale.parent.mkdir()
    for path, at in ((stale, MONDAY - DAY), (fresh, MONDAY + DAY)):
        path.write_bytes(b"half")
        os.utime(path, (at.timestamp(), at.timestamp()))
    kit.retain(raw=MONDAY, lake=MONDAY)
    assert files(kit.home) == {"incoming/fresh"}


def test_a_rolled_back_transaction_leaves_no_row(kit: Kit) -> None:
    def keep_and_fail() -> None:
        with kit.archive.incoming() as path, kit.engine.begin() as connection:
            path.write_bytes(b"dump")
            kit.archive.keep(
                connection, "wiki", HOUR, received(b"dump"), path,
                captured_at=MONDAY, lake_path=kit.home / "lake" / "x", extract=EXTRACT,
            )  # fmt: skip
            raise RuntimeError("a check failed")

    with pytest.raises(RuntimeError, match="a check failed"):
        keep_and_fail()
    assert kit.newest_good() is None
    assert not files(kit.home / "incoming")


KILLED_BEFORE_COMMIT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[3])))
import sqlalchemy as sa
from test_raw_archive import EXTRACT, HOUR, MONDAY, received
from etheatmap_core.archive import RawArchive
from etheatmap_core.database.engine import create_engine
archive = RawArchive(Path(sys.argv[2]))
with archive.incoming() as path, create_engine(sys.argv[1]).begin() as connection:
    path.write_bytes(b"dump")
    archive.keep(connection, "wiki", HOUR, received(b"dump"), path,
                 captured_at=MONDAY, lake_path=Path(sys.argv[2]) / "lake" / "x", extract=EXTRACT)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_before_commit_leaves_a_file_without_a_row_and_the_next_one_heals_it(
    kit: Kit, database_url: str
) -> None:
    here = str(Path(__file__).parent)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_COMMIT, database_url, str(kit.home), here], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert kit.newest_good() is None
    kit.keep(b"dump")
    capture = kit.newest_good()
    assert capture is not None
    assert capture.raw_path is not None
    assert len(rows(kit.engine)) == 1


def test_retention_clears_drafts_of_lake_files(kit: Kit) -> None:
    kit.keep(b"dump", at=MONDAY + DAY)
    lake = kit.archive.lake_path("wiki", HOUR, received(b"dump").content_hash)
    draft = lake.parent / f"{DRAFT_PREFIX}x"
    draft.mkdir()
    (draft / "part-0").write_bytes(b"half")
    os.utime(draft, ((MONDAY - DAY).timestamp(),) * 2)
    kit.retain(raw=MONDAY, lake=MONDAY)
    assert not draft.exists()
    assert lake.exists()


def test_two_runs_that_bring_the_same_hour_at_once_make_one_row(kit: Kit) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kit.keep(b"dump"), range(16)))
    assert len(rows(kit.engine)) == 1


def test_a_replay_that_derives_nothing_new_changes_nothing(kit: Kit) -> None:
    kit.keep(b"dump")
    capture = kit.newest_good()
    assert capture is not None
    before = version(kit.engine)
    with kit.engine.begin() as connection:
        kit.archive.refresh(connection, capture, lake_path=capture.lake_path, extract=EXTRACT)
    assert version(kit.engine) == before
    joined = {**EXTRACT, "views": {"Kevin Hart": {}}}
    with kit.engine.begin() as connection:
        kit.archive.refresh(connection, capture, lake_path=None, extract=joined)
    after = kit.newest_good()
    assert after is not None
    assert (after.extract, after.lake_path, after.raw_path) == (joined, capture.lake_path, capture.raw_path)


def version(engine: sa.Engine) -> Any:
    """PostgreSQL's own mark of a row's version: another one after any update."""
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT ctid, xmin FROM captures")).one()
