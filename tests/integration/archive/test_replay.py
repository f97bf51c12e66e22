"""Raw bytes, lake file and extract tell the same story: an hour can be made again when only one of them is left."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from etheatmap_core.archive import Capture, RawArchive, Received
from etheatmap_core.archive.raw_archive import content_hash
from etheatmap_core.hours import parse_hour
from etheatmap_core.signals.wiki_dump import dump_url, tracked_rows, write_lake_file
from etheatmap_core.signals.wiki_views import Extract, signals_from_extract

HOUR = parse_hour("2012-02-18T17")
TITLES = {1: "Whitney Houston", 2: "Kevin Costner", 3: "Frank Carson"}
pytestmark = pytest.mark.realdata


@pytest.fixture
def capture(realdata: Path, tmp_path: Path, engine: sa.Engine) -> Capture:
    """A real hour, captured and kept."""
    archive, lake = RawArchive(tmp_path), RawArchive(tmp_path).lake_path("wiki", HOUR, "0" * 64)
    url = dump_url(f"file://{realdata}/wikimedia_dumps", HOUR)
    with archive.incoming() as path:
        path.write_bytes(Path(url.removeprefix("file://")).read_bytes())
        write_lake_file(path, lake, ["en"])
        extract = tracked_rows(lake, TITLES.values())
        received = Received(url, None, path.stat().st_size, content_hash(path))
        with engine.begin() as connection:
            archive.keep(
                connection, "wiki", HOUR, received, path,
                captured_at=datetime(2026, 11, 23, tzinfo=UTC), lake_path=lake, extract=extract.to_json(),
            )  # fmt: skip
            capture = archive.newest_good(connection, "wiki", HOUR)
    assert capture is not None
    return capture


def test_each_of_the_three_gives_the_same_signals(capture: Capture, tmp_path: Path) -> None:
    assert capture.raw_path is not None
    assert capture.lake_path is not None
    assert capture.extract is not None
    write_lake_file(capture.raw_path, tmp_path / "again.parquet", ["en"])
    replays = [
        tracked_rows(tmp_path / "again.parquet", TITLES.values()),
        tracked_rows(capture.lake_path, TITLES.values()),
        Extract.from_json(capture.extract),  # after its life as jsonb
    ]
    first, *others = [signals_from_extract(extract, HOUR, TITLES) for extract in replays]
    assert [(row.entity_id, row.value, row.is_censored) for row in first if row.metric == "views"] == [
        (1, 41433.0, False), (2, 3058.0, False), (3, 407.0, True),
    ]  # fmt: skip
    assert others == [first, first]


def test_the_lake_made_again_is_the_same_file(capture: Capture, tmp_path: Path) -> None:
    assert capture.raw_path is not None
    assert capture.lake_path is not None
    write_lake_file(capture.raw_path, tmp_path / "again.parquet", ["en"])
    assert (tmp_path / "again.parquet").read_bytes() == capture.lake_path.read_bytes()
