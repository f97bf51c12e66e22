"""GDELT's GKG 2.1: recorded lines into articles read from them by hand, rules of columns, and what is refused."""

import io
import random
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gkg_files import FOLDER, STAMP, packed, recorded, row
from hypothesis import example, given
from hypothesis import strategies as st

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.gkg import GkgArticle, read_gkg, words_of_address


def read(*lines: str | bytes) -> list[GkgArticle]:
    return read_gkg(packed(*lines), STAMP, "The file")


def only(**columns: str) -> GkgArticle:
    (article,) = read(row(**columns))  # type: ignore[arg-type]
    return article


def at(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


# File and stamp → lines, articles, addresses. Of the lines of 2015 two are no web pages (BBC Monitoring); in the
# translated ones twelve records share one address.
COUNTS = {
    ("gkg.csv", "20150218230000"): (50, 48, 48),
    ("gkg.csv", "20200318104500"): (50, 50, 50),
    ("gkgT.csv", "20150218224500"): (50, 50, 39),
    ("gkgT.csv", "20200318103000"): (50, 50, 50),
}
# By hand from the files, with their place among the articles. Those of 2015 have no title, authors or times.
ARTICLES = [
    (
        ("gkg.csv", "20150218230000"), 0,
        GkgArticle(
            "http://wjon.com/wjon-news-on-demand-wednesday-21815-afternoon-news/", "wjon.com",
            "wjon news on demand wednesday afternoon news", None,
            ("Waite Park", "City Food", "Adobe Flash Player", "Charter Channel"), 0.0, at("20150218224500"),
        ),
    ),
    (
        ("gkg.csv", "20150218230000"), 2,  # :80 in the file
        GkgArticle(
            "http://www.straitstimes.com/news/world/united-states/story/"
            "nano-drones-may-knock-cholesterol-out-bloodstream-study-20150219",
            "straitstimes.com", "nano drones may knock cholesterol out bloodstream study", None,
            ("United States", "Columbia University Medical Centre", "Science Translational", "Omid Farokhzad",
             "Harvard Medical"),
            -1.80505415162455, at("20150218224500"),
        ),
    ),
    (
        ("gkg.csv", "20200318104500"), 5,
        GkgArticle(
            "https://in.reuters.com/article/health-coronavirus-britain-parkrun/"
            "coronavirus-knocks-out-parkrun-in-britain-idINKBN21519V",
            "reuters.com", "Coronavirus knocks out Parkrun in Britain", None,
            ("Paul Sandle", "Thomson Reuters Trust", "Michael Holden"), -0.75187969924812, at("20200318103000"),
        ),
    ),
    (
        ("gkg.csv", "20200318104500"), 7,
        GkgArticle(
            "https://www.dailymail.co.uk/tvshowbiz/article-8125235/"
            "Seth-Rogen-live-tweets-trippy-viewing-Cats-stoned.html",
            "dailymail.co.uk", "Seth Rogen live tweets his 'trippy' first viewing of Cats while stoned",
            "Joanna Crawley; Joanna Crawley For Mailonline",
            ("Seth Rogen", "Jason Derulos", "Judi Dench", "Ian Mckellan", "Idris Elba", "Razzie Awards",
             "Worst Picture", "Alright I'm", "Amazon Prime Video", "Taylor Swift", "Andrew Lloyd Webber",
             "Tony Awards"),
            1.34575569358178, at("20200318095700"),
        ),
    ),
    (
        ("gkgT.csv", "20200318103000"), 0,
        GkgArticle(
            "https://www.ceskenoviny.cz/zpravy/"
            "vyroba-v-tpca-se-kvuli-koronaviru-zastavi-jiz-dnes-pred-pulnoci/1867946",
            "ceskenoviny.cz", "Výroba v TPCA se kvůli koronaviru zastaví již dnes před půlnocí", "ČTK",
            ("Toyota Peugeot Installed", "Czech Republic", "Mayor Boleslav Raduan Nwelati", "Pity The", "Pity Car",
             "Raduan Nwelati", "City Has", "Pity The Car", "Ukraine And Kazakhstan", "Boleslav Raduan Nwelati"),
            -1.69491525423729, at("20200318101500"),
        ),
    ),
]  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize(("file", "stamp"), COUNTS)
def test_recorded_lines_are_read_whole(realdata: Path, file: str, stamp: str) -> None:
    lines = recorded(realdata, file)[stamp]
    articles = read_gkg(packed(*lines), at(stamp), "The file")
    assert (len(lines), len(articles), len({article.url for article in articles})) == COUNTS[file, stamp]
    assert all(article.title and article.outlet and article.tone is not None for article in articles)


@pytest.mark.realdata
@pytest.mark.parametrize(("place", "number", "expected"), ARTICLES)
def test_recorded_articles(realdata: Path, place: tuple[str, str], number: int, expected: GkgArticle) -> None:
    file, stamp = place
    article = read_gkg(packed(*recorded(realdata, file)[stamp]), at(stamp), "The file")[number]
    assert article == expected


@pytest.mark.realdata
def test_every_recorded_page_that_says_when_it_was_published_was_so_before_its_stamp(realdata: Path) -> None:
    """What the stamp is: the end of its quarter of an hour. The nearest page is 18 minutes before it."""
    lags = []
    for file, stamp in COUNTS:
        for line in recorded(realdata, file)[stamp]:
            _, found, rest = line.partition(b"<PAGE_PRECISEPUBTIMESTAMP>")
            if found:
                lags.append(at(stamp) - at(rest[:14].decode()))
    assert len(lags) == 32
    assert min(lags) == timedelta(minutes=18)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "columns", "table"),
    [
        ("spark-gdelt/gkg1.csv", 11, "GKG 1.0"),
        ("spark-gdelt/gkg1Count.csv", 15, "the counts of GKG 1.0"),
        ("spark-gdelt/events.csv", 61, "the events of GDELT 2.0"),
        ("spark-gdelt/eventsT.csv", 61, "the events of GDELT 2.0"),
        ("20180101000000.export.CSV", 61, "the events of GDELT 2.0"),
        ("spark-gdelt/events1.csv", 57, "the events of GDELT 1.0"),
        ("spark-gdelt/mentions.csv", 16, "the mentions of GDELT 2.0"),
        ("spark-gdelt/mentionsT.csv", 16, "the mentions of GDELT 2.0"),
        ("spark-gdelt/normDaily.csv", 1, "a list of numbers"),
        ("spark-gdelt/normDailyByCountry.csv", 1, "a list of numbers"),
    ],
)
def test_recordings_of_other_tables_are_refused_by_name(realdata: Path, file: str, columns: int, table: str) -> None:
    with pytest.raises(CorruptCaptureError) as raised:
        read_gkg(packed((realdata / FOLDER / file).read_bytes()), STAMP, "The file")
    told = f"The file has {columns} columns in line 1, GKG 2.1 has 27: it looks like {table}."
    assert str(raised.value) == told


@pytest.mark.realdata
def test_the_recordings_are_all_of_gdelt_that_there_is(realdata: Path) -> None:
    files = {path.name for path in (realdata / FOLDER).rglob("*") if path.is_file()} - {"LICENSE"}
    tables = {"gkg1.csv", "gkg1Count.csv", "events.csv", "eventsT.csv", "events1.csv", "mentions.csv", "mentionsT.csv"}
    lists = {"normDaily.csv", "normDailyByCountry.csv", "20180101000000.export.CSV"}
    assert files == {file for file, _ in COUNTS} | tables | lists


@pytest.mark.realdata
def test_lines_of_another_stamp_are_another_file(realdata: Path) -> None:
    lines = recorded(realdata, "gkg.csv")
    mixed = packed(*lines["20200318104500"], *lines["20150218230000"])
    with pytest.raises(CorruptCaptureError, match=r"has '20150218230000' for V2.1DATE in line 51, expected 20200318"):
        read_gkg(mixed, at("20200318104500"), "The file")


@pytest.mark.realdata
def test_a_recorded_file_cut_short_or_flipped_is_refused(realdata: Path) -> None:
    whole = packed(*recorded(realdata, "gkg.csv")["20200318104500"])
    for length in (1, 100, len(whole) // 2, len(whole) - 1):
        with pytest.raises(CorruptCaptureError, match=r"^The file (is no whole zip file|cannot be unpacked)"):
            read_gkg(whole[:length], at("20200318104500"), "The file")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    with pytest.raises(CorruptCaptureError, match=r"^The file (is no whole zip file|cannot be unpacked)"):
        read_gkg(bytes(flipped), at("20200318104500"), "The file")


def test_an_empty_file_is_a_quiet_quarter() -> None:
    assert read() == []


def test_a_page_in_place_of_a_zip_is_told() -> None:
    with pytest.raises(CorruptCaptureError, match=r"^The file is an HTML page, not a zip file\.$"):
        read_gkg(b"<!DOCTYPE html><html></html>", STAMP, "The file")
    with pytest.raises(CorruptCaptureError, match="is no whole zip file"):
        read_gkg(b"", STAMP, "The file")


def test_a_zip_holds_one_file() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    with pytest.raises(CorruptCaptureError, match=r"^The file holds 2 files in its zip, expected one\.$"):
        read_gkg(file.getvalue(), STAMP, "The file")


def test_a_zip_that_grows_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etheatmap_core.signals.gkg._MAX_SIZE_BYTES", 10_000)
    with pytest.raises(CorruptCaptureError, match=r"^The file unpacks to more than 10000 bytes\.$"):
        read(*[row()] * 100)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"columns": 26}, r"has 26 columns in line 1, GKG 2.1 has 27\.$"),
        ({"record": "variety.com"}, r"has 'variety.com' for GKGRECORDID in line 1: its columns may have moved"),
        ({"date": "20261120141500"}, r"has '20261120141500' for V2.1DATE in line 1, expected 20261120143000"),
        ({"tone": "Maya Rudolph,1"}, r"has 'Maya Rudolph' for the tone \(V1.5TONE\) in line 1"),
    ],
)
def test_a_column_that_is_not_what_it_should_be_is_named(columns: dict[str, str], message: str) -> None:
    with pytest.raises(CorruptCaptureError, match=message):
        only(**columns)


def test_names_are_distinct_and_without_offsets() -> None:
    article = only(
        all_names="Maya Rudolph,15;Saturday Night Live,90;Maya Rudolph,210;Washington, D.C.,300",
        persons="maya rudolph,16;Kevin Hart,44;;",
    )
    assert article.names == ("Maya Rudolph", "Saturday Night Live", "Washington, D.C.", "Kevin Hart")


@pytest.mark.parametrize(
    ("title", "read_as"),
    [
        ("Beyonc&#xE9; &#x2013; live", "Beyoncé – live"),
        ("Salt &amp;amp; Pepper", "Salt & Pepper"),
        ("  Maya \t".replace("\t", " "), "Maya"),
    ],
)
def test_titles_are_unescaped(title: str, read_as: str) -> None:
    assert only(extras=f"<PAGE_LINKS>x</PAGE_LINKS><PAGE_TITLE>{title}</PAGE_TITLE>").title == read_as


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://a.org/2026/11/maya-rudolph-sings.html", "maya rudolph sings"),
        ("https://a.org/Capital+retreat+140B+rise/10823916/story.html", "Capital retreat rise"),
        ("https://a.org/news/Maya%20Rudolph%20sings", "Maya Rudolph sings"),
        ("https://a.org/films/beyonc%C3%A9-live_at-home", "beyoncé live at home"),
        ("https://a.org/brent-tumbles-below-60-115021900062_1.html", "brent tumbles below 60 1"),
        ("https://a.org/story/28142327", "a.org/story/28142327"),
        ("https://a.org/", "a.org/"),
    ],
)
def test_without_a_title_the_words_of_the_address_stand_for_it(address: str, words: str) -> None:
    assert words_of_address(address) == words
    assert only(document=address, extras="").title == words


@pytest.mark.parametrize(
    ("precise", "published"),
    [
        ("20261120141959", datetime(2026, 11, 20, 14, 19, 59, tzinfo=UTC)),
        ("20261113080000", datetime(2026, 11, 13, 8, tzinfo=UTC)),
        ("20261120143000", datetime(2026, 11, 20, 14, 15, tzinfo=UTC)),  # its clock is ahead
        ("20261399000000", datetime(2026, 11, 20, 14, 15, tzinfo=UTC)),
        ("", datetime(2026, 11, 20, 14, 15, tzinfo=UTC)),
    ],
)
def test_published_when_the_page_says_else_in_its_quarter(precise: str, published: datetime) -> None:
    extras = f"<PAGE_PRECISEPUBTIMESTAMP>{precise}</PAGE_PRECISEPUBTIMESTAMP>"
    assert only(extras=extras).published_at == published


@pytest.mark.parametrize(("tone", "expected"), [("", None), ("nan,1", None), ("inf", None), ("3.5,4", 3.5)])
def test_a_tone_is_a_number_or_none(tone: str, expected: float | None) -> None:
    assert only(tone=tone).tone == expected


def test_documents_outside_of_the_web_and_addresses_that_lead_nowhere_are_left_out() -> None:
    assert read(row(collection="2", document="BBC Monitoring"), row(document="ftp://a.org/x")) == []


def test_a_line_in_another_encoding_is_not_dropped() -> None:
    latin = row(extras="<PAGE_TITLE>Beyonc\xe9 sings</PAGE_TITLE>").encode("latin-1")
    assert [article.title for article in read(latin, row())] == ["Beyoncé sings", "Maya Rudolph Sings"]


def test_lines_may_end_as_windows_writes_them() -> None:
    assert read(row() + "\r") == read(row())


@example(b"\x00")
@given(st.binary(max_size=60))
def test_whatever_else_stands_in_the_file_is_plainly_refused(content: bytes) -> None:
    lines = content.replace(b"\r", b"").split(b"\n")
    if any(lines):
        with pytest.raises(CorruptCaptureError, match=r"^The file .*\.$"):
            read(content)
    else:
        assert read(content) == []


def test_a_zip_damaged_at_any_byte_is_read_as_it_was_or_plainly_refused() -> None:
    whole, draws = packed(row(), row(record="20261120143000-8")), random.Random(7)
    right = read_gkg(whole, STAMP, "The file")
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= draws.randrange(1, 256)
        try:
            found = read_gkg(bytes(damaged), STAMP, "The file")
        except CorruptCaptureError:
            continue
        assert found == right
