"""What is wrong in a config file, and the exact words: file, line, field, what was expected, what was found."""

import csv
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etheatmap_core.config import load_config
from etheatmap_core.config.tables import read_entities
from etheatmap_core.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "configs"

# The six columns of entities.csv → the message, after "entities.csv:2: "
ENTITY_MISTAKES = [
    ("X,persn,,,,", "type: expected 'person' (the nearest known), found 'persn'."),
    ("X,42,,,,", "type: expected one of person, project, event, found '42'."),
    ("X,,,,,", "type: expected one of person, project, event, found ''."),
    (" ,person,,,,", "name: expected a text."),
    ("X,person,Tay,,,", """aliases: expected a JSON array of names like ["The Oscars", "Oscars"], found 'Tay'."""),
    ("X,person,[1],,,", """aliases: expected a JSON array of names like ["The Oscars", "Oscars"], found '[1]'."""),
    ("X,person,{},,,", """aliases: expected a JSON array of names like ["The Oscars", "Oscars"], found '{}'."""),
    (
        'X,person,"[""""]",,,',
        """aliases: expected a JSON array of names like ["The Oscars", "Oscars"], found '[""]'.""",
    ),
    ("X,person,,42,,", "wiki_id: expected a Wikidata id like Q42, or nothing, found '42'."),
    ("X,person,,Q0,,", "wiki_id: expected a Wikidata id like Q42, or nothing, found 'Q0'."),
    ("X,person,,,A#B,", "wiki_title: expected the title of an article, like Dune (2021 film), found 'A#B'."),
    (
        "X,person,,,https://en.wikipedia.org/wiki/X,",
        "wiki_title: expected the title of an article, like Dune (2021 film), found 'https://en.wikipedia.org/wiki/X'.",
    ),
    ("X,person,,", "row: expected 6 columns, found 4."),
    ('"X,person,,,,', "row: expected CSV (unexpected end of data)."),
]
# Two rows → the message, after "entities.csv:3: "
TWINS = [
    (("Dune,project,,,,", "DUNE,project,,,Other,"), "name: expected each name once (line 2 has it too), found 'DUNE'."),
    (("X,person,,,,", "Y,person,,,X,"), "wiki_title: expected each wiki_title once (line 2 has it too), found 'X'."),
    (
        ("X,person,,,A B,", "Y,person,,,a_B,"),
        "wiki_title: expected each wiki_title once (line 2 has it too), found 'A B'.",
    ),
]
HEADERS = [
    ("name,type,alias,wiki_id,aliases", "header: expected 'aliases' (the nearest known), found 'alias'."),
    ("name,type,wiki_id", "header: expected the column 'aliases', found 'name,type,wiki_id'."),
    ("name,type,aliases,wiki_id,name", "header: expected each column once, found 'name'."),
]
CADENCE = "whole hours that divide a day (1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d), or manual"
YOUTUBE_CADENCE = "1h, 2h, 3h, 4h, 6h or manual, for what is asked less often tells nothing of an hour"
SOURCES = [
    (
        "  wikki: {enabled: true}",
        2,
        "wikki: expected 'wiki' (the nearest known), or a title in a source that was added, found 'wikki'.",
    ),
    ("  hacker_news: {title: 3}", 2, "hacker_news.title: expected a text that people read, like Hacker News, found 3."),
    ("  wiki: {enabled: perhaps}", 2, "wiki.enabled: expected true or false, found 'perhaps'."),
    ("  wiki: {enabled: 1}", 2, "wiki.enabled: expected true or false, found 1."),
    ("  wiki: {enabled: }", 2, "wiki.enabled: expected true or false, found 'nothing'."),
    ("  wiki:\n    weight: -1", 3, "wiki.weight: expected a number of at least 0, found -1."),
    ("  wiki:\n    weight: .inf", 3, "wiki.weight: expected a number of at least 0, found inf."),
    ("  wiki:\n    weight: .nan", 3, "wiki.weight: expected a number of at least 0, found nan."),
    ("  wiki:\n    weight: true", 3, "wiki.weight: expected a number of at least 0, found True."),
    ("  wiki:\n    weight: 2026-13-45", 3, "wiki.weight: expected a number of at least 0, found '2026-13-45'."),
    ("  wiki:\n    weight: !!python/name:os.system x", 3, "wiki.weight: expected a number of at least 0, found 'x'."),
    ("  wiki:\n    weigth: 1", 3, "wiki.weigth: expected 'weight' (the nearest known), found 'weigth'."),
    ("  wiki:\n    cadence: hourly", 3, f"wiki.cadence: expected {CADENCE}, found 'hourly'."),
    ("  wiki:\n    cadence: 15m", 3, f"wiki.cadence: expected {CADENCE}, found '15m'."),
    ("  wiki:\n    cadence: 5h", 3, f"wiki.cadence: expected {CADENCE}, found '5h'."),
    ("  youtube:\n    cadence: 8h", 3, f"youtube.cadence: expected {YOUTUBE_CADENCE}, found '8h'."),
    ("  youtube_ingest: {cadence: 1d}", 2, f"youtube.cadence: expected {YOUTUBE_CADENCE}, found '1d'."),
    ("  youtube:\n    cadence: 5h", 3, f"youtube.cadence: expected {YOUTUBE_CADENCE}, found '5h'."),
    ("  wiki:\n    ttl_seconds: 0", 3, "wiki.ttl_seconds: expected a whole number of seconds above 0, found 0."),
    ("  wiki:\n    ttl_seconds: 1.5", 3, "wiki.ttl_seconds: expected a whole number of seconds above 0, found 1.5."),
    (
        "  wiki:\n    base_url: wikimedia.org",
        3,
        "wiki.base_url: expected an address that starts with http://, https:// or file:///, found 'wikimedia.org'.",
    ),
    ("  wiki: {weight: 1, weight: 2}", 2, "weight: expected each name once, found 'weight'."),
    ("  wiki: {}\n  wiki: {}", 3, "wiki: expected each name once, found 'wiki'."),
    ("  wiki: on", 2, "wiki: expected names with a colon, one a line, found 'on'."),
    ("  - wiki", 2, "sources: expected names with a colon, one a line, found 'a list'."),
    (
        "  reddit: {}\n  reddit_ingest: {}",
        3,
        "reddit_ingest: expected one entry for reddit; it has one above under another name.",
    ),
]
SOURCE_TYPES = [
    ("  trends: wiki", 2, "trends: expected a list of source names like [trends, wiki]."),
    ("  trends: []", 2, "trends: expected a list of source names like [trends, wiki]."),
    ("  a: [wiki]\n  b: [wiki]", 3, "b: expected each source in one type only, found 'wiki'."),
    ("  a: [reddit, reddit_ingest]", 2, "a: expected each source in one type only, found 'reddit_ingest'."),
    ("  a:\n    - wiki\n    - redit", 4, "a: expected 'reddit' (the nearest known), found 'redit'."),
    (
        "  a: [wiki]\n  b: [reddit]\n  c: [tt_cc]\n  d: [trends]",
        5,
        "d: expected at most 3 types, which is what the formula counts.",
    ),
]
TENTPOLES = [
    ("O,2027-03-14,2027-03-13,1", "end_date: expected a date not before start_date 2027-03-14, found '2027-03-13'."),
    ("O,14.3.2027,2027-03-15,1", "start_date: expected a date like 2026-11-20, found '14.3.2027'."),
    ("O,2027-03-14,2027-02-30,1", "end_date: expected a date like 2026-11-20, found '2027-02-30'."),
    ("O,2027-03-14,2027-03-15,inf", "boost: expected a number of at least 0, found 'inf'."),
    ("O,2027-03-14,2027-03-15,-1", "boost: expected a number of at least 0, found '-1'."),
    ("O,2027-03-14,2027-03-15,", "boost: expected a number of at least 0, found ''."),
    (",2027-03-14,2027-03-15,1", "title: expected a text."),
]
WHOLE_FILES = [
    ("sources.yml", "source: {}\n", "sources.yml:1: source: expected only 'sources' at the top, found 'source'."),
    ("sources.yml", "# nothing\n", "sources.yml:1: sources: expected the key 'sources' at the top; the file is empty."),
    ("sources.yml", "a: {}\n---\nb: {}\n", "sources.yml:2: expected YAML, found but found another document."),
    (
        "sources.yml",
        "sources:\n  wiki: [\n",
        "sources.yml:3: expected YAML, found expected the node content, but found '<stream end>'.",
    ),
    ("entities.csv", "", "entities.csv:1: header: expected the column 'name', found ''."),
    (
        "news_sources.csv",
        "url\nvariety.com\n",
        "news_sources.csv:2: url: expected an address that starts with http:// or https://, found 'variety.com'.",
    ),
    (
        "news_sources.csv",
        "url\nhttp://[x\n",
        "news_sources.csv:2: url: expected an address that starts with http:// or https://, found 'http://[x'.",
    ),
    (
        "news_sources.csv",
        "url\nhttps://a.example/\nhttps://www.a.example\n",
        "news_sources.csv:3: url: expected each url once (line 2 has it too), found 'https://www.a.example'.",
    ),
    (
        "news_sources.csv",
        "url,options\nhttps://a.example/,render+premum\n",
        "news_sources.csv:2: options: expected 'premium' (the nearest known), found 'premum'.",
    ),
]
MISTAKES = [
    *(
        ("entities.csv", f"name,type,aliases,wiki_id,wiki_title,category\n{row}\n", f"entities.csv:2: {message}")
        for row, message in ENTITY_MISTAKES
    ),
    *(
        (
            "entities.csv",
            "\n".join(("name,type,aliases,wiki_id,wiki_title,category", *rows)),
            f"entities.csv:3: {message}",
        )
        for rows, message in TWINS
    ),
    *(("entities.csv", f"{header}\n", f"entities.csv:1: {message}") for header, message in HEADERS),
    *(("sources.yml", f"sources:\n{text}\n", f"sources.yml:{line}: {message}") for text, line, message in SOURCES),
    *(
        ("source_types.yml", f"types:\n{text}\n", f"source_types.yml:{line}: {said}")
        for text, line, said in SOURCE_TYPES
    ),
    *(
        ("tentpoles.csv", f"title,start_date,end_date,boost\n{row}\n", f"tentpoles.csv:2: {message}")
        for row, message in TENTPOLES
    ),
    *WHOLE_FILES,
]


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "configs"))


def complaint(configs: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(configs)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("file", "text", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_a_mistake_is_named_with_file_line_field_and_expectation(
    configs: Path, file: str, text: str, message: str
) -> None:
    (configs / file).write_text(text)
    assert complaint(configs)[0] == message


def test_the_line_is_where_the_row_starts_even_after_cells_of_several_lines(configs: Path) -> None:
    rows = 'name,type,aliases,wiki_id\nX,person,"[""a"",\n""b""]",\n\nY,"per\nson",,\n'
    (configs / "entities.csv").write_text(rows)
    assert complaint(configs) == ["entities.csv:5: type: expected 'person' (the nearest known), found 'per son'."]


def test_all_mistakes_of_a_row_and_of_a_file_are_told_at_once(configs: Path) -> None:
    (configs / "entities.csv").write_text('name,type,aliases,wiki_id\n,persn,Tay,42\nX,person,,Q\n"Y,person\n')
    assert complaint(configs) == [
        "entities.csv:2: type: expected 'person' (the nearest known), found 'persn'.",
        "entities.csv:2: wiki_id: expected a Wikidata id like Q42, or nothing, found '42'.",
        "entities.csv:2: name: expected a text.",
        """entities.csv:2: aliases: expected a JSON array of names like ["The Oscars", "Oscars"], found 'Tay'.""",
        "entities.csv:3: wiki_id: expected a Wikidata id like Q42, or nothing, found 'Q'.",
        "entities.csv:4: row: expected CSV (unexpected end of data).",
    ]


@pytest.mark.parametrize(("mistakes", "last"), [(10, "entities.csv:11: "), (14, "... and 4 more in entities.csv.")])
def test_ten_mistakes_are_shown_and_the_others_counted(configs: Path, mistakes: int, last: str) -> None:
    rows = "".join(f"Name {number},persn,,\n" for number in range(mistakes))
    (configs / "entities.csv").write_text("name,type,aliases,wiki_id\n" + rows)
    lines = complaint(configs)
    assert len(lines) == min(mistakes, 11)
    assert lines[-1].startswith(last)


@pytest.mark.parametrize("file", sorted(path.name for path in SHIPPED.iterdir()))
def test_a_file_in_another_encoding_is_told_with_its_line(configs: Path, file: str) -> None:
    (configs / file).write_bytes(b"# one\n# two \xe9\n")
    message = f"{file}:2: expected UTF-8 text, found the byte 0xe9: save the file as UTF-8."
    assert complaint(configs) == [message]


names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip()) and not set(text) & set("#<>[]|{}:_")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=names, aliases=st.lists(names, max_size=3), line_end=st.sampled_from(["\n", "\r\n"]))
def test_any_name_survives_the_way_through_a_csv_file(
    tmp_path: Path, name: str, aliases: Sequence[str], line_end: str
) -> None:
    """Quotes, commas and every alphabet; read, written and read again it is the same."""
    path = tmp_path / "entities.csv"

    def written_and_read(name: str, aliases: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator=line_end)
        writer.writerows([["name", "type", "aliases", "wiki_id"], [name, "person", json.dumps(list(aliases)), ""]])
        path.write_bytes(text.getvalue().encode())
        (entity,) = read_entities(path)
        return entity.name, entity.aliases

    once = written_and_read(name, aliases)
    assert written_and_read(*once) == once
    assert len(once[1]) == len(aliases)
