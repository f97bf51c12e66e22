"""Real dumps into rows that were looked up by hand (zcat | grep)."""

import gzip
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from etheatmap_core.hours import parse_hour
from etheatmap_core.signals.wiki_dump import dump_url, tracked_rows, write_lake_file
from etheatmap_core.signals.wiki_views import Extract, signals_from_extract

pytestmark = pytest.mark.realdata
TITLES = {1: "Whitney Houston", 2: "Kevin Costner", 3: "Dionne Warwick", 4: "Frank Carson"}


def real_dump(realdata: Path, hour: datetime) -> Path:
    return Path(dump_url(f"{realdata}/wikimedia_dumps", hour))


@pytest.fixture
def funeral(realdata: Path, tmp_path: Path) -> Extract:
    """Whitney Houston's funeral, 18 February 2012, 17:00 to 18:00: the 1,000 busiest pages, desktop only."""
    lake = tmp_path / "17.parquet"
    stats = write_lake_file(real_dump(realdata, parse_hour("2012-02-18T17")), lake, ["en"])
    assert (stats.lines, stats.malformed_lines, stats.rows) == (1000, 0, 1000)
    assert stats.smallest == {"en": {"desktop": 408}}
    return tracked_rows(lake, [*TITLES.values(), "2011–12 FA Cup", "Beyoncé Knowles", "whitney houston"])


def test_the_funeral_hour(funeral: Extract) -> None:
    hour = parse_hour("2012-02-18T17")
    rows = {
        (row.entity_id, row.metric): (row.value, row.is_censored) for row in signals_from_extract(funeral, hour, TITLES)
    }
    assert rows == {
        (1, "views"): (41433.0, False), (1, "views_desktop"): (41433.0, False),
        (2, "views"): (3058.0, False), (2, "views_desktop"): (3058.0, False),
        (3, "views"): (7151.0, False), (3, "views_desktop"): (7151.0, False),
        (4, "views"): (407.0, True), (4, "views_desktop"): (407.0, True),
    }  # fmt: skip


def test_titles_that_are_not_ascii_and_other_capitals(funeral: Extract) -> None:
    assert funeral.views["2011–12 FA Cup"] == {"desktop": 1043}
    assert funeral.views["Beyoncé Knowles"] == {"desktop": 1104}
    assert funeral.views["Whitney houston"] == {"desktop": 2174}  # the redirect is a page of its own


def test_a_title_with_quotes(realdata: Path, tmp_path: Path) -> None:
    write_lake_file(real_dump(realdata, parse_hour("2012-02-17T04")), tmp_path / "04.parquet", ["en"])
    title = 'Campaign for "santorum" neologism'
    assert tracked_rows(tmp_path / "04.parquet", [title]).views == {title: {"desktop": 954}}


def test_a_sample_of_a_current_dump_line_by_line(realdata: Path, tmp_path: Path) -> None:
    """1,000 random lines of 117 projects, unsorted: compared with a plain reading of the file."""
    raw, lake = realdata / "api_wikimedia" / "pageviews-20240803-060000.gz", tmp_path / "05.parquet"
    stats = write_lake_file(raw, lake, ["en"])
    expected: dict[str, list[int | None]] = {}
    for line in gzip.decompress(raw.read_bytes()).decode().splitlines():
        project, title, views, _ = line.split(" ")
        if project in {"en", "en.m"}:
            expected.setdefault(title.replace("_", " "), [None, None])[project == "en.m"] = int(views)
    assert (stats.lines, stats.malformed_lines, stats.rows) == (1000, 0, 395)
    assert stats.smallest == {"en": {"desktop": 1, "mobile": 1}}
    found = duckdb.sql(f"SELECT title, views_desktop, views_mobile FROM '{lake}'").fetchall()
    assert {title: views for title, *views in found} == expected
    assert [title for title, *_ in found] == sorted(expected, key=str.encode)
    assert tracked_rows(lake, ["Get Smart (film)"]).views == {"Get Smart (film)": {"mobile": 25}}


def test_a_current_sample_holds_its_accents(realdata: Path, tmp_path: Path) -> None:
    write_lake_file(realdata / "api_wikimedia" / "pageviews-20240803-060000.gz", tmp_path / "a.parquet", ["en", "ja"])
    titles = ["Karl Zéro", "2004 Harvard–Yale prank", "List of King of the Hill episodes"]
    assert tracked_rows(tmp_path / "a.parquet", titles).views == {
        "Karl Zéro": {"mobile": 1},
        "2004 Harvard–Yale prank": {"desktop": 1},
        "List of King of the Hill episodes": {"desktop": 9},
    }
    assert tracked_rows(tmp_path / "a.parquet", ["菅谷館"], wiki="ja").views == {"菅谷館": {"mobile": 1}}
