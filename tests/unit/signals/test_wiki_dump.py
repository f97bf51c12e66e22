"""From a dump to the lake: what is kept, summed, decoded, counted and refused."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals import wiki_dump
from etheatmap_core.signals.wiki_dump import LakeStats, dump_url, read_lake_stats, tracked_rows, write_lake_file

WriteLines = Callable[..., Path]
WriteBytes = Callable[[bytes], Path]


def lake_rows(lake: Path) -> list[tuple[str, str, int | None, int | None]]:
    """The file as it is: no order but its own."""
    return duckdb.sql(f"SELECT wiki, title, views_desktop, views_mobile FROM '{lake}'").fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake" / "17.parquet"


@pytest.mark.parametrize(
    ("hour", "file"),
    [
        (datetime(2012, 2, 14, 16, tzinfo=UTC), "2012/2012-02/pageviews-20120214-170000.gz"),
        (datetime(2012, 2, 29, 23, tzinfo=UTC), "2012/2012-03/pageviews-20120301-000000.gz"),
        (datetime(2023, 12, 31, 23, tzinfo=UTC), "2024/2024-01/pageviews-20240101-000000.gz"),
        (datetime(2012, 2, 14, 17, tzinfo=timezone(timedelta(hours=1))), "2012/2012-02/pageviews-20120214-170000.gz"),
    ],
)
def test_a_file_is_named_after_the_end_of_its_hour(hour: datetime, file: str) -> None:
    assert dump_url("https://dumps.wikimedia.org/", hour) == f"https://dumps.wikimedia.org/other/pageviews/{file}"
    assert dump_url("file:///dumps", hour) == f"file:///dumps/other/pageviews/{file}"


def test_pages_are_one_row_with_desktop_and_mobile_views_sorted_by_title(lake: Path, dump: WriteLines) -> None:
    raw = dump(
        "de Berlin 9 0", "en Zoo 2 0", "en Get_Smart_(film) 4 0", "en.d word 8 0",
        "en.m Get_Smart_(film) 25 0", "en.zero Get_Smart_(film) 3 0", "en.m Ant 1 0", "enx Zoo 5 0",
    )  # fmt: skip
    stats = write_lake_file(raw, lake, ["en"])
    assert lake_rows(lake) == [
        ("en", "Ant", None, 1), ("en", "Get Smart (film)", 4, 28), ("en", "Zoo", 2, None),
    ]  # fmt: skip
    assert stats == LakeStats(lines=8, malformed_lines=0, rows=5, smallest={"en": {"desktop": 2, "mobile": 1}})
    assert read_lake_stats(lake) == stats


def test_several_wikis_share_a_file(lake: Path, dump: WriteLines) -> None:
    raw = dump("de Berlin 9 0", "de.m Berlin 8 0", "en Berlin 7 0", "fr Berlin 6 0")
    stats = write_lake_file(raw, lake, ["en", "de"])
    assert lake_rows(lake) == [("de", "Berlin", 9, 8), ("en", "Berlin", 7, None)]
    assert stats.smallest == {"de": {"desktop": 9, "mobile": 8}, "en": {"desktop": 7}}


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Beyonc%C3%A9", "Beyoncé"),
        ("Beyonce\u0301", "Beyonc\u00e9"),
        ("AC%2FDC", "AC/DC"),
        ("100%_Wolf", "100% Wolf"),
        ("50%25_off", "50% off"),
        ("Bad_%C3_bytes", "Bad %C3 bytes"),
        ("Odd_%ZZ", "Odd %ZZ"),
        ("C++", "C++"),
        ('Eddie_"The_Eagle"_Edwards', 'Eddie "The Eagle" Edwards'),
        ('"Crocodile"_Dundee', '"Crocodile" Dundee'),
        ('top"', 'top"'),
        ("Rock_'n'_Roll", "Rock 'n' Roll"),
        ("#hashtag", "#hashtag"),
        ("back\\slash", "back\\slash"),
        ("2011–12_FA_Cup", "2011–12 FA Cup"),
        ("菅谷館", "菅谷館"),
        ("NULL", "NULL"),
    ],
)
def test_titles_as_people_read_them(lake: Path, written: str, title: str, dump: WriteLines) -> None:
    write_lake_file(dump("en Before 1 0", f"en {written} 5 0", "en Zz 1 0"), lake, ["en"])
    assert ("en", title, 5, None) in lake_rows(lake)


def test_spellings_of_one_title_are_summed(lake: Path, dump: WriteLines) -> None:
    raw = dump("en Beyonc%C3%A9 5 0", "en Beyoncé 7 0", "en.m Beyoncé 1 0", "en.m Beyonc%c3%a9 2 0")
    write_lake_file(raw, lake, ["en"])
    assert lake_rows(lake) == [("en", "Beyoncé", 12, 3)]
    assert read_lake_stats(lake).smallest == {"en": {"desktop": 5, "mobile": 1}}


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param("en Only_three 5", id="a field too few"),
        pytest.param("en One two 5 0", id="a space in the title"),
        pytest.param("en Title many 0", id="views that are no number"),
        pytest.param("en Title -1 0", id="negative views"),
        pytest.param("en  5 0", id="no title"),
        pytest.param("", id="an empty line"),
        pytest.param(b"en Latin_\xe9 5 0", id="no UTF-8"),
        pytest.param("de Only_three 5", id="another wiki's line"),
    ],
)
def test_a_line_that_cannot_be_a_row_is_skipped_and_counted(
    lake: Path, malformed: str | bytes, dump: WriteLines
) -> None:
    good = [f"en Page_{number:03} {number} 0" for number in range(1, 200)]
    stats = write_lake_file(dump(*good[:100], malformed, *good[100:]), lake, ["en"])
    assert (stats.lines, stats.malformed_lines, stats.rows) == (200, 1, 199)
    assert len(lake_rows(lake)) == 199


def test_a_file_of_mostly_malformed_lines_is_corrupt(lake: Path, dump: WriteLines) -> None:
    good = [f"en Page_{number} 1 0" for number in range(97)]
    raw = dump(*good, "<html>", "<title>502 Bad Gateway</title>", "</html>")
    with pytest.raises(CorruptCaptureError, match=r"pageviews-20120218-180000\.gz.*3 of 100 lines"):
        write_lake_file(raw, lake, ["en"])


@pytest.mark.parametrize(
    ("plain", "reason"),
    [
        pytest.param(b"", "0 lines", id="nothing"),
        pytest.param(b"de Berlin 5 0\nfr Paris 6 0\n", "none of en", id="only other wikis"),
        pytest.param(b"<!DOCTYPE html><title>Error</title>", "no dump", id="an error page, packed"),
    ],
)
def test_a_file_without_one_line_of_the_wikis_is_corrupt(
    lake: Path, plain: bytes, reason: str, packed: WriteBytes
) -> None:
    with pytest.raises(CorruptCaptureError, match=reason):
        write_lake_file(packed(plain), lake, ["en"])


def test_a_bad_file_leaves_the_earlier_lake_file_and_no_draft(tmp_path: Path, lake: Path, dump: WriteLines) -> None:
    write_lake_file(dump("en Whitney_Houston 41433 0"), lake, ["en"])
    before = lake.read_bytes()
    damaged = bytearray(gzip.compress(b"en Whitney_Houston 99999 0\n"))
    damaged[-8] ^= 1
    raw = tmp_path / "damaged.gz"
    raw.write_bytes(damaged)
    with pytest.raises(CorruptCaptureError, match="data check"):
        write_lake_file(raw, lake, ["en"])
    assert lake.read_bytes() == before
    assert list(lake.parent.iterdir()) == [lake]


def test_the_same_bytes_give_the_same_lake_file(tmp_path: Path, dump: WriteLines) -> None:
    raw = dump(*(f"en Page_{number * 7919 % 5000} {number % 9 + 1} 0" for number in range(5000)))
    lakes = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path in lakes:
        write_lake_file(raw, path, ["en"])
    assert lakes[0].read_bytes() == lakes[1].read_bytes()


def test_an_unfinished_last_line_counts(lake: Path, packed: WriteBytes) -> None:
    assert write_lake_file(packed(b"en A 1 0\nen B 2 0"), lake, ["en"]).lines == 2
    assert lake_rows(lake) == [("en", "A", 1, None), ("en", "B", 2, None)]


def test_parts_and_order_of_the_dump_do_not_matter(
    lake: Path, monkeypatch: pytest.MonkeyPatch, dump: WriteLines
) -> None:
    """English lines everywhere, across many parts: all are found, none twice."""
    monkeypatch.setattr(wiki_dump, "_PART_BYTES", 100_000)
    lines = [f"{('en', 'aa', 'en.m', 'zh')[number % 4]} Page_{number // 8} 1 0" for number in range(80_000)]
    stats = write_lake_file(dump(*lines), lake, ["en"])
    assert (stats.lines, stats.rows) == (80_000, 40_000)
    assert sorted(lake_rows(lake)) == sorted(("en", f"Page {number}", 2, 2) for number in range(10_000))


def test_tracked_articles_are_found_whatever_their_spelling(lake: Path, dump: WriteLines) -> None:
    write_lake_file(dump("en Get_Smart 4 0", "en.m Get_Smart 25 0", "en get_smart 3 0"), lake, ["en"])
    extract = tracked_rows(lake, ["get_Smart", "Get Smart", "Frank Carson"])
    assert extract.views == {"Get Smart": {"desktop": 4, "mobile": 25}, "Frank Carson": {}}
    assert extract.smallest == {"desktop": 3, "mobile": 25}


def test_tracked_articles_of_a_wiki_that_is_not_in_the_file(lake: Path, dump: WriteLines) -> None:
    write_lake_file(dump("en Berlin 4 0"), lake, ["en"])
    extract = tracked_rows(lake, ["Berlin"], wiki="de")
    assert (extract.smallest, extract.views) == ({}, {"Berlin": {}})


@pytest.mark.parametrize("content", [b"", b"not parquet at all, but long enough to be one"])
def test_a_damaged_lake_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "17.parquet"
    path.write_bytes(content)
    with pytest.raises(CorruptCaptureError, match=r"17\.parquet"):
        tracked_rows(path, ["Berlin"])


def test_another_parquet_file_is_no_lake_file(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS number) TO '{path}'")
    with pytest.raises(CorruptCaptureError, match="no lake file"):
        read_lake_stats(path)
