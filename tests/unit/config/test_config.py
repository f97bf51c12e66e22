"""The files of configs/: what is accepted, and the words for what is not."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from etheatmap_core.config import load_config
from etheatmap_core.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "configs"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "configs"))


def test_the_shipped_files_are_valid_and_say_what_this_version_does() -> None:
    config = load_config(SHIPPED)
    assert len(config.entities) >= 60
    assert {entity.type for entity in config.entities} == {"person", "project", "event"}
    assert config.weights == {"wiki": 1.0}
    assert config.source_types == {
        "reddit": ("reddit",),
        "trends": ("trends", "wiki"),
        "tiktok": ("tt_cc", "tt_search", "apify_tiktok"),
    }
    swift = next(entity for entity in config.entities if entity.name == "Taylor Swift")
    assert (swift.wiki_id, swift.wiki_title, swift.category) == ("Q26876", "Taylor Swift", "music")
    dune = next(entity for entity in config.entities if entity.name == "Dune")
    assert dune.wiki_title == "Dune (2021 film)", "the article of the name alone is about something else"


ENTITIES_HEADER = "name,type,aliases,wiki_id,wiki_title,category\n"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("entities.csv", ENTITIES_HEADER + "X,persn,,,,\n", "entities.csv:2: type: expected 'person' (the nearest known), found 'persn'."),
        ("entities.csv", ENTITIES_HEADER + ",person,,,,\n", "entities.csv:2: name: expected a text."),
        ("entities.csv", ENTITIES_HEADER + "X,person,Tay,,,\n", """entities.csv:2: aliases: expected a JSON array of names like ["Tay", "Swiftie queen"], found 'Tay'."""),
        ("entities.csv", ENTITIES_HEADER + "X,person,,42,,\n", "entities.csv:2: wiki_id: expected a Wikidata id like Q42, or nothing, found '42'."),
        ("entities.csv", ENTITIES_HEADER + "X,person,,,,\nx,person,,,Other,\n", "entities.csv:3: name: expected each name once (line 2 has it too), found 'x'."),
        ("entities.csv", ENTITIES_HEADER + "X,person,,,,\nY,person,,,X,\n", "entities.csv:3: wiki_title: expected each wiki_title once (line 2 has it too), found 'X'."),
        ("entities.csv", ENTITIES_HEADER + "X,person,,\n", "entities.csv:2: row: expected 6 columns, found 4."),
        ("entities.csv", "name,type,alias,wiki_id\n", "entities.csv:1: header: expected 'aliases' (the nearest known), found 'alias'."),
        ("entities.csv", "name,type,wiki_id\n", "entities.csv:1: header: expected the column 'aliases', found 'name,type,wiki_id'."),
        ("sources.yml", "sources:\n  wikki: {enabled: true}\n", "sources.yml:2: wikki: expected 'wiki' (the nearest known), found 'wikki'."),
        ("sources.yml", "sources:\n  wiki: {enabled: perhaps}\n", "sources.yml:2: wiki.enabled: expected true or false, found 'perhaps'."),
        ("sources.yml", "sources:\n  wiki:\n    weight: -1\n", "sources.yml:3: wiki.weight: expected a number of at least 0, found -1."),
        ("sources.yml", "sources:\n  wiki:\n    weigth: 1\n", "sources.yml:3: wiki.weigth: expected 'weight' (the nearest known), found 'weigth'."),
        ("sources.yml", "sources:\n  wiki: {}\n  wiki: {}\n", "sources.yml:3: wiki: expected each name once, found 'wiki'."),
        ("sources.yml", "sources:\n  reddit: {}\n  reddit_ingest: {}\n", "sources.yml:3: reddit_ingest: expected one entry for reddit; it has one above under another name."),
        ("sources.yml", "source: {}\n", "sources.yml:1: source: expected only 'sources' at the top, found 'source'."),
        ("sources.yml", "sources:\n  wiki: [\n", "sources.yml:3: expected YAML"),
        ("source_types.yml", "types:\n  trends: wiki\n", "source_types.yml:2: trends: expected a list of source names like [trends, wiki]."),
        ("source_types.yml", "types:\n  a: [wiki]\n  b: [wiki]\n", "source_types.yml:3: b: expected each source in one type only, found 'wiki'."),
        ("tentpoles.csv", "title,start_date,end_date,boost\nOscars,2027-03-14,2027-03-13,0.5\n", "tentpoles.csv:2: end_date: expected a date not before start_date 2027-03-14, found '2027-03-13'."),
        ("tentpoles.csv", "title,start_date,end_date,boost\nOscars,14.3.2027,2027-03-15,0.5\n", "tentpoles.csv:2: start_date: expected a date like 2026-11-20, found '14.3.2027'."),
        ("tentpoles.csv", "title,start_date,end_date,boost\nOscars,2027-03-14,2027-03-15,inf\n", "tentpoles.csv:2: boost: expected a number of at least 0, found 'inf'."),
        ("news_sources.csv", "url\nvariety.com\n", "news_sources.csv:2: url: expected an address that starts with http:// or https://, found 'variety.com'."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_field_and_expectation(configs: Path, file: str, text: str, message: str) -> None:
    (configs / file).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(configs)
    assert str(caught.value).startswith(message)


def test_all_mistakes_of_a_file_are_told_at_once_up_to_ten(configs: Path) -> None:
    rows = "".join(f"Name {number},persn,,,,\n" for number in range(14))
    (configs / "entities.csv").write_text(ENTITIES_HEADER + rows)
    with pytest.raises(ConfigError) as caught:
        load_config(configs)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "... and 4 more in entities.csv."


def test_a_file_saved_by_a_spreadsheet_reads_the_same(configs: Path) -> None:
    before = load_config(configs)
    path = configs / "entities.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_config(configs) == before


def test_dates_are_read_as_dates(configs: Path) -> None:
    (configs / "tentpoles.csv").write_text("title,start_date,end_date,boost\nOscars,2027-03-14,2027-03-14,0.5\n")
    (tentpole,) = load_config(configs).tentpoles
    assert (tentpole.start_date, tentpole.boost) == (date(2027, 3, 14), 0.5)


def test_a_missing_file_is_named(configs: Path) -> None:
    (configs / "sources.yml").unlink()
    with pytest.raises(ConfigError, match=r"has no sources\.yml: restore it"):
        load_config(configs)


def test_a_missing_source_is_disabled_and_an_old_name_counts(configs: Path) -> None:
    (configs / "sources.yml").write_text("sources:\n  youtube_ingest: {enabled: true, weight: 0.5}\n")
    config = load_config(configs)
    assert not config.is_enabled("wiki")
    assert config.weights == {"youtube": 0.5}
