"""The dump files: the upstream's format to the letter, the scenario's counts to the view, the same bytes for ever."""

import gzip
import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sim_builders import ROSTER, START, scenario

from etheatmap_sim.dumps import Dumps, file_name, hour_of
from etheatmap_sim.hours import HOUR
from etheatmap_sim.scenario import HourViews

PROJECT = Path(__file__).parents[3]
NEWEST = START - HOUR


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return gzip.decompress(Dumps(scenario()).file(NEWEST)).decode().removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def counts(lines) -> dict[tuple[str, str], int]:
    return {(project, title): int(views) for project, title, views, _ in (line.split(" ") for line in lines)}


def test_every_line_is_project_title_views_and_a_zero(lines) -> None:
    for line in lines:
        project, title, views, size = line.split(" ")
        assert project
        assert title
        assert views.isdigit()
        assert size == "0"


def test_lines_are_sorted_by_project_then_title_and_none_comes_twice(lines) -> None:
    pages = [tuple(part.encode() for part in line.split(" ")[:2]) for line in lines]
    assert pages == sorted(set(pages))


def test_it_is_a_full_dump_of_many_wikis_with_one_as_the_smallest_count(lines, counts) -> None:
    assert 5_000 <= len(lines) <= 7_000
    assert min(counts.values()) == 1
    assert {"en", "en.m", "de", "fr.m", "ja", "ru.m", "commons.m"} <= {project for project, _ in counts}
    assert sum(not title.isascii() for _, title in counts) > 500


@pytest.mark.parametrize("title", ["-", "Special:Search", "Main_Page", '12"_single', "100%_Yarrow"])
def test_odd_pages_of_real_files_are_there(counts, title) -> None:
    assert ("en", title) in counts


def test_the_article_has_the_scenarios_views_to_the_view(counts) -> None:
    views = scenario().views(NEWEST)
    for position, entity in enumerate(ROSTER):
        title = entity.title.replace(" ", "_")
        assert counts.get(("en", title), 0) == views.desktop[position]
        assert counts.get(("en.m", title), 0) == views.mobile[position]


def test_people_whom_no_roster_lists_have_an_article_and_change_no_other_line(lines, counts, monkeypatch) -> None:
    told = scenario()
    views, titles = told.unlisted_views(NEWEST), told.coverage.unlisted_titles
    spelled = [title.replace(" ", "_") for title in titles]
    assert [counts.get(("en", title), 0) for title in spelled] == views.desktop.tolist()
    assert [counts.get(("en.m", title), 0) for title in spelled] == views.mobile.tolist()
    monkeypatch.setattr(type(told), "unlisted_views", lambda *_: HourViews(views.desktop * 0, views.mobile * 0))
    without = gzip.decompress(Dumps(told).file(NEWEST)).decode().splitlines()
    assert without == [line for line in lines if line.split(" ")[1] not in spelled]


def test_encoded_and_redirected_titles_have_a_few_views_beside_the_article() -> None:
    dumps, article, encoded, redirect = Dumps(scenario()), 0, 0, 0
    for i in range(24):
        for line in gzip.decompress(dumps.file(NEWEST - i * HOUR)).decode().splitlines():
            project, title, views, _ = line.split(" ")
            article += int(views) if (project, title) == ("en", "Beyoncé") else 0
            encoded += int(views) if (project, title) == ("en", "Beyonc%C3%A9") else 0
            redirect += int(views) if (project, title) == ("en", "Queen_B") else 0
    assert 0 < encoded < 0.05 * article
    assert 0 < redirect < 0.05 * article


def test_same_seed_same_bytes_in_another_process_and_another_order() -> None:
    hours = [START - 336 * HOUR, START - 50 * HOUR, START + 30 * HOUR]
    dumps = Dumps(scenario())
    here = [hashlib.sha256(dumps.file(hour)).hexdigest() for hour in reversed(hours)]
    script = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from sim_builders import *; from etheatmap_sim.dumps import Dumps; from etheatmap_sim.hours import HOUR\n"
        "dumps = Dumps(scenario())\n"
        "for hours in (-336, -50, 30): print(hashlib.sha256(dumps.file(START + hours * HOUR)).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == list(reversed(here))


def test_no_two_hours_and_no_two_seeds_are_alike() -> None:
    assert Dumps(scenario()).file(NEWEST) != Dumps(scenario()).file(NEWEST - HOUR)
    assert Dumps(scenario(seed=8)).file(NEWEST) != Dumps(scenario()).file(NEWEST)


def test_the_stamp_in_the_name_is_the_end_of_the_hour() -> None:
    last_of_year = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert file_name(last_of_year) == "pageviews-20270101-000000.gz"
    assert hour_of("pageviews-20270101-000000.gz") == last_of_year


@pytest.mark.parametrize(
    "name",
    ["pageviews-20260231-000000.gz", "pageviews-20260201-240000.gz", "pageviews-20260201-003000.gz", "index.html", ""],
)
def test_what_is_no_dumps_name_covers_no_hour(name) -> None:
    assert hour_of(name) is None
