"""GDELT: four files an hour, each article in the file of its quarter, and lists that tell the truth about the files."""

import hashlib
from datetime import timedelta

import pytest
from sim_builders import GDELT, ROSTER, SEED, START, client, gkg_rows
from starlette.testclient import TestClient

from etheatmap_sim.coverage import Channel
from etheatmap_sim.gdelt import QUARTER, hour_of, stamp
from etheatmap_sim.hours import HOUR
from etheatmap_sim.items import Items
from etheatmap_sim.scenario import Scenario

NOW = START + timedelta(minutes=5)


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client(NOW)


def test_a_row_has_27_columns_and_the_batch_in_its_id(asked) -> None:
    rows = gkg_rows(asked, START)
    assert len(rows) > 10
    assert {len(row) for row in rows} == {27}
    assert [row[0] for row in rows] == [f"20261120150000-{turn}" for turn in range(len(rows))]
    assert {row[1] for row in rows} == {"20261120150000"}


def test_the_four_files_of_an_hour_hold_every_article_of_it_once(asked) -> None:
    hour = START - HOUR
    rows = [row for turn in range(1, 5) for row in gkg_rows(asked, hour + turn * QUARTER)]
    urls = [row[4] for row in rows]
    assert len(urls) == len(set(urls))
    articles = Items(Scenario(SEED, START, ROSTER)).of(Channel.GDELT, hour)
    assert {item.link for item in articles} <= set(urls)


def test_a_row_names_whom_its_article_names(asked) -> None:
    items = Items(Scenario(SEED, START, ROSTER)).between(Channel.GDELT, START - 12 * HOUR, START)
    item = next(item for item in items if item.entities and item.entities[0].surface.startswith("Person "))
    name = item.entities[0].surface
    quarter_end = item.hour + QUARTER * (item.published_at.minute // 15 + 1)
    row = next(row for row in gkg_rows(asked, quarter_end) if row[4] == item.link)
    assert row[3] == item.place
    assert name.lower() in row[11].split(";")
    assert row[12].startswith(f"{name},")
    assert f"{name}," in row[23]
    assert "<PAGE_TITLE>" in row[26]
    tone = [float(number) for number in row[15].split(",")]
    assert len(tone) == 7
    assert tone[0] == pytest.approx(tone[1] - tone[2], abs=1e-3)


def test_a_file_is_there_two_minutes_after_its_quarter_and_never_changes() -> None:
    name = f"{GDELT}/{stamp(START)}.gkg.csv.zip"
    assert client(START + timedelta(seconds=119)).get(name).status_code == 404
    first, later = client(START + timedelta(minutes=2)).get(name), client(START + timedelta(hours=9)).get(name)
    assert first.content == later.content
    assert first.headers["etag"] == later.headers["etag"]


@pytest.mark.parametrize(
    "name",
    ["20261120150700.gkg.csv.zip", "20261131000000.gkg.csv.zip", "20261101000000.gkg.csv.zip", "x.zip", ""],
)
def test_what_is_no_file_is_not_found(asked, name) -> None:
    assert asked.get(f"{GDELT}/{name}").status_code == 404


def test_lastupdate_lists_the_newest_three_with_true_sizes_and_digests(asked) -> None:
    lines = asked.get(f"{GDELT}/lastupdate.txt").text.splitlines()
    assert len(lines) == 3
    for line in lines:
        size, digest, address = line.split(" ")
        assert stamp(START) in address
        body = asked.get(f"/{address.removeprefix('http://')}").content
        assert (str(len(body)), hashlib.md5(body, usedforsecurity=False).hexdigest()) == (size, digest)


def test_the_master_list_ends_as_lastupdate_does() -> None:
    young = client(START - 335 * HOUR)
    master = young.get(f"{GDELT}/masterfilelist.txt").text
    assert len(master.splitlines()) == 3 * 3
    assert master.endswith(young.get(f"{GDELT}/lastupdate.txt").text)


def test_a_file_belongs_to_the_hour_of_its_articles() -> None:
    assert hour_of(f"{GDELT}/{stamp(START)}.gkg.csv.zip") == START - HOUR
    assert hour_of(f"{GDELT}/{stamp(START + QUARTER)}.gkg.csv.zip") == START
    assert hour_of(f"{GDELT}/lastupdate.txt") is None
