"""An upstream renames a field: an error that names it, and never a silent null.

Driven by data: of each kind of answer that a source gets from the simulator, each field is renamed, everywhere it
stands. Either nothing changes, for the field is not read, or the parser says which field is missing. What may go
silently is listed here, each with its reason.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from collecting import (
    BOX_OFFICE,
    COLLECTED,
    COSTLY,
    DAILY,
    FEW_NAMES,
    FOUND,
    HOURLY,
    CollectingInstallation,
    fresh_database,
)
from simulated import NOW, roster

from etheatmap_assets.sources import metered_example
from etheatmap_assets.sources.source import Answer, Question
from etheatmap_core.config import load_config
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.entities.roster_facts import parse_wikidata, parse_wikipedia
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.releases import parse_releases, releases_url
from etheatmap_core.signals.wiki_rest import daily_views_url, parse_daily_views
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import serve

Read = Callable[[bytes], object]
METERED = metered_example.SOURCE.name
HISTORY = "wiki_history"
# A dump has lines, and no names in them.
SOURCES = (*(name for name in COLLECTED if name != "wiki"), METERED, BOX_OFFICE, HISTORY)
# By source and field: what may be missing of an answer without a word, and why.
OPTIONAL: Mapping[tuple[str, str], str] = {
    # RSS leaves both to the writer: in recordings every second feed lacks one. What an outlet has put on an article
    # only adds to what its title and text name, and no signal is made of who wrote it.
    ("trade_rss", "category"): "names that the outlet adds",
    ("trade_rss", "creator"): "shown, and not counted",
}
# Objects whose keys are data and no names of fields.
MAPS: Mapping[str, Sequence[str]] = {
    "releases": ("entities", "entities.*.claims", "entities.*.claims.*.qualifiers"),
    "wikidata": ("entities", "entities.*.labels", "entities.*.aliases", "entities.*.claims"),
}
_SUFFIX = "_v2"


@dataclass(frozen=True)
class Specimen:
    """An answer of one kind, and how it is read."""

    source: str
    kind: str
    body: bytes
    read: Read


@pytest.fixture(scope="module")
def specimens(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, list[Specimen]]]:
    """By source, the longest answer of each kind of question of an hour."""
    with serve(roster(), NOW) as simulator, fresh_database(postgres, migrated_template) as url:
        place = CollectingInstallation(tmp_path_factory.mktemp("drift"), url, simulator)
        place.track_only(*FEW_NAMES)
        place.go_to(parse_instant(NOW) - timedelta(hours=2))
        for source in COSTLY:  # what is seen a second time tells more
            place.collect(source)
        place.go_to(parse_instant(NOW))
        found: dict[str, list[Specimen]] = {}
        for source in (*HOURLY, *COSTLY, DAILY):
            assert place.collect(source) is None
            found[source] = list(_specimens(place, source))
        found[METERED] = [_metered(simulator.url, place)]
        found[BOX_OFFICE] = [_releases(simulator.url, place)]
        found[HISTORY] = [_history(simulator.url)]
        place.close()
        yield found


@pytest.mark.parametrize("source", SOURCES)
def test_a_renamed_field_is_named_or_was_never_read(source: str, specimens: Mapping[str, list[Specimen]]) -> None:
    silent = set[str]()
    for specimen in specimens[source]:
        whole = specimen.read(specimen.body)
        for field, spoilt in renamed(specimen):
            if (source, field) in OPTIONAL:
                continue
            told = _told(specimen.read, spoilt)
            if isinstance(told, str) and field not in told:
                silent.add(f"{specimen.kind}: {field} is not named: {told}")
            elif not isinstance(told, str) and told != whole:
                silent.add(f"{specimen.kind}: {field} is missed in silence")
    assert not silent, "\n".join(sorted(silent))


def test_every_source_that_is_collected_has_its_answers_looked_at(specimens: Mapping[str, list[Specimen]]) -> None:
    assert set(specimens) == set(SOURCES)
    assert all(specimens.values())


def renamed(specimen: Specimen) -> Iterator[tuple[str, bytes]]:
    """Each field of the answer, and the answer with another name for it."""
    body = specimen.body
    if body.startswith(b"PK"):
        yield from _other_columns(body)
    elif body.lstrip().startswith(b"<?xml") or body.lstrip().startswith(b"<rss"):
        yield from _other_tags(body)
    elif not body.lstrip().lower().startswith((b"<!doctype", b"<html")):  # a page has no fields
        yield from _other_keys(body, MAPS.get(specimen.kind, ()))


def _told(read: Read, body: bytes) -> object:
    try:
        return read(body)
    except CorruptCaptureError as error:
        return str(error)


def _specimens(place: CollectingInstallation, source: str) -> Iterator[Specimen]:
    config = load_config(place.configs)
    longest: dict[str, Any] = {}
    for row in place.query(
        "SELECT request_key AS key, request_url AS url, raw_path, content_type, extract, size_bytes FROM captures"
        " WHERE source = :s AND ts = :ts AND state = 'good' ORDER BY size_bytes",
        s=source, ts=place.partition(source),
    ):  # fmt: skip
        longest[row.key.split("/")[0]] = row
    for kind, row in longest.items():
        body = (place.home / row.raw_path).read_bytes()
        if source == DAILY:
            yield Specimen(source, kind, body, {"wikipedia": parse_wikipedia, "wikidata": parse_wikidata}[kind])
            continue
        question = Question(row.key, row.url, tuple((row.extract or {}).get("entities", ())))
        answer = Answer(question, b"", row.content_type, place.partition(source), config)
        yield Specimen(source, kind, body, _reader(source, answer))


def _reader(source: str, answer: Answer) -> Read:
    return lambda body: FOUND[source].parse(replace(answer, body=body))


def _metered(url: str, place: CollectingInstallation) -> Specimen:
    body = httpx2.get(f"{url}/metered.example/v1/articles?hour={place.hour:%Y-%m-%dT%H}", trust_env=False).content
    answer = Answer(Question("articles", ""), b"", "application/json", place.hour)
    return Specimen(
        METERED, "articles", body, lambda spoilt: metered_example.SOURCE.parse(replace(answer, body=spoilt))
    )


def _releases(url: str, place: CollectingInstallation) -> Specimen:
    ids = [row.wiki_id for row in place.query("SELECT wiki_id FROM entities WHERE wiki_id IS NOT NULL")]
    asked = releases_url("https://www.wikidata.org", ids or ["Q36153"]).removeprefix("https:/")
    return Specimen(BOX_OFFICE, "releases", httpx2.get(f"{url}{asked}", trust_env=False).content, parse_releases)


def _history(url: str) -> Specimen:
    last = parse_instant(NOW).replace(hour=0, minute=0) - timedelta(days=2)
    asked = daily_views_url("https://wikimedia.org", "en.wikipedia", "Zendaya", last - timedelta(days=3), last)
    body = httpx2.get(f"{url}{asked.removeprefix('https:/')}", trust_env=False).content
    return Specimen(HISTORY, "daily", body, parse_daily_views)


def _other_keys(body: bytes, maps: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """By key, wherever it is an object's: of one document or of several in a row."""
    text = body.decode()
    start = len(text) - len(text.lstrip(")]}',\n"))  # what keeps a page from running it as a script
    documents, decoder, position = [], json.JSONDecoder(), start
    while position < len(text):
        document, end = decoder.raw_decode(text, position)
        rest = len(text[end:]) - len(text[end:].lstrip("\n\r \x1e"))
        documents.append((document, text[end : end + rest]))
        position = end + rest
    paths = dict.fromkeys(path for document, _ in documents for path in _paths(document, "", maps))
    for path in paths:
        spoilt = "".join(
            json.dumps(_with_other_key(document, "", path, maps)) + between for document, between in documents
        )
        yield path.rpartition(".")[2], (text[:start] + spoilt).encode()


def _paths(value: object, at: str, maps: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _paths(one, at, maps)
    elif isinstance(value, dict):
        for key, one in value.items():
            path = f"{at}.{'*' if at in maps else key}".lstrip(".")
            if at not in maps:
                yield path
            yield from _paths(one, path, maps)


def _with_other_key(value: object, at: str, path: str, maps: Sequence[str]) -> object:
    if isinstance(value, list):
        return [_with_other_key(one, at, path, maps) for one in value]
    if not isinstance(value, dict):
        return value
    spoilt = {}
    for key, one in value.items():
        here = f"{at}.{'*' if at in maps else key}".lstrip(".")
        spoilt[key + _SUFFIX if here == path else key] = _with_other_key(one, here, path, maps)
    return spoilt


def _other_tags(body: bytes) -> Iterator[tuple[str, bytes]]:
    """By the place of an element in the document, and by the names of attributes."""
    places = dict.fromkeys(_places(ElementTree.fromstring(body), ""))  # noqa: S314  the simulator's own
    for place in places:
        root = ElementTree.fromstring(body)  # noqa: S314
        _rename(root, "", place)
        yield place.rpartition("/")[2].rpartition("}")[2].removeprefix("@"), ElementTree.tostring(root)


def _places(element: ElementTree.Element, at: str) -> Iterator[str]:
    path = f"{at}/{element.tag}"
    yield path
    for name in element.attrib:
        yield f"{path}/@{name}"
    for child in element:
        yield from _places(child, path)


def _rename(element: ElementTree.Element, at: str, place: str) -> None:
    path = f"{at}/{element.tag}"
    for child in element:
        _rename(child, path, place)
    for name in list(element.attrib):
        if f"{path}/@{name}" == place:
            element.attrib[name + _SUFFIX] = element.attrib.pop(name)
    if path == place:
        element.tag += _SUFFIX


def _other_columns(body: bytes) -> Iterator[tuple[str, bytes]]:
    """A file without names: each column gone, and the lines say how many they have."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        [name] = packed.namelist()
        lines = packed.read(name).decode().splitlines()
    for column in range(lines[0].count("\t") + 1):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as packed:
            packed.writestr(name, "\n".join("\t".join(_without(line.split("\t"), column)) for line in lines))
        yield "columns", target.getvalue()


def _without(fields: list[str], column: int) -> list[str]:
    return fields[:column] + fields[column + 1 :]
