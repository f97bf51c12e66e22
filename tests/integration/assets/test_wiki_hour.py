"""One hour of Wikipedia, from the upstream's file to rows, capture and lake, as Dagster runs it."""

import gzip
import hashlib
from datetime import timedelta

import duckdb
import pytest
import stamina
from installation import START, Installation, Run, at, packed

from etheatmap_core.hours import partition_key

KEY = partition_key(START)
LINES = """\
de Maya_Rudolph 900 0
en %22Weird_Al%22_Yankovic 30 0
en Main_Page 5000 0
en Maya_Rudolph 120 0
en Quiet_page 4 0
en.m Main_Page 6000 0
en.m Maya_Rudolph 80 0
en.m Quiet_page 3 0
en.zero Maya_Rudolph 2 0
"""


@pytest.fixture
def made(installation: Installation) -> Run:
    """The hour START, made from LINES."""
    installation.track("Maya Rudolph", "Weird Al", "Tyler Perry", Weird_Al='"Weird Al" Yankovic')
    installation.publish(START, gzip.compress(LINES.encode(), mtime=0))
    installation.now = START + timedelta(hours=2)
    run = installation.run("wiki", START)
    assert run.failures == []
    return run


def test_the_rows_are_what_the_file_says(installation: Installation, made: Run) -> None:
    assert installation.views(START) == {
        "Maya Rudolph": (120 + 80 + 2, False),
        "Weird Al": (30, False),
        "Tyler Perry": (2 - 1, True),  # not in the file: fewer than the smallest line shows
    }
    assert installation.views(START, "views_desktop") == {
        "Maya Rudolph": (120, False),
        "Weird Al": (30, False),
        "Tyler Perry": (4 - 1, True),
    }
    assert installation.views(START, "views_mobile") == {
        "Maya Rudolph": (82, False),
        "Weird Al": (2 - 1, True),
        "Tyler Perry": (2 - 1, True),
    }
    assert len(installation.rows("signals")) == 9


def test_the_capture_says_what_was_asked_and_what_came(installation: Installation, made: Run) -> None:
    content = installation.dump_path(START).read_bytes()
    [capture] = installation.rows("captures")
    assert (
        capture["request_url"] == f"{installation.dumps_url}/other/pageviews/2024/2024-03/pageviews-20240301-010000.gz"
    )
    assert capture["content_hash"] == hashlib.sha256(content).hexdigest()
    assert (capture["size_bytes"], capture["state"]) == (len(content), "good")
    assert capture["captured_at"] == "2024-03-01T02:00:00+00:00"
    assert (installation.home / capture["raw_path"]).read_bytes() == content


def test_the_lake_holds_every_page_of_the_chosen_wiki(installation: Installation, made: Run) -> None:
    [capture] = installation.rows("captures")
    with duckdb.connect() as lake:
        found = lake.execute(
            "SELECT * FROM read_parquet(?)", [str(installation.home / capture["lake_path"])]
        ).fetchall()
    assert found == [
        ("en", '"Weird Al" Yankovic', 30, None),
        ("en", "Main Page", 5000, 6000),
        ("en", "Maya Rudolph", 120, 82),
        ("en", "Quiet page", 4, 3),
    ]


def test_dagster_shows_the_hour_its_checks_and_its_numbers(installation: Installation, made: Run) -> None:
    assert made.is_success
    assert made.checks == dict.fromkeys(
        ("key_not_null", "no_duplicates", "hour_inside_partition", "finite_numbers", "counts_not_negative"), True
    )
    metadata = made.made[KEY]
    content = installation.dump_path(START).read_bytes()
    assert metadata.pop("seconds") > 0
    assert metadata == {
        "dagster/partition_row_count": 9,
        "entities": 3,
        "size_bytes": len(content),
        "capture_hash": hashlib.sha256(content).hexdigest(),
        "is_replay": False,
        "lag_seconds": 3600.0,
    }


def test_an_hour_not_published_yet_is_no_failure_and_no_materialization(installation: Installation) -> None:
    installation.track("Maya Rudolph")
    installation.now = START + timedelta(hours=2)
    run = installation.run("wiki", START)
    assert run.is_success
    assert (run.made, run.checks, run.observed) == ({}, {}, [KEY])
    assert installation.rows("signals") == installation.rows("captures") == []
    installation.publish(START, packed({"Maya_Rudolph": 7}))
    assert list(installation.run("wiki", START).made) == [KEY], "asked again, it is there"


def test_a_file_that_is_missing_for_more_than_a_day_is_a_gap_and_fails(installation: Installation) -> None:
    installation.track("Maya Rudolph")
    installation.now = START + timedelta(hours=25)
    assert installation.run("wiki", START).is_success
    installation.now += timedelta(minutes=1)
    run = installation.run("wiki", START)
    assert (run.made, run.observed) == ({}, [])
    assert "pageviews-20240301-010000.gz is not published yet" in run.failure
    assert "A file this old will not come: the hour stays a gap." in run.failure


def test_a_failed_check_is_shown_in_dagster_and_leaves_everything_as_it_was(installation: Installation) -> None:
    installation.track("Maya Rudolph", "Tyler Perry")
    installation.publish(START, packed({"Maya_Rudolph": 100, "Main_Page": 9}))
    assert installation.run("wiki", START).is_success
    before = installation.everything()
    installation.publish(START, packed({"Main_Page": 0}))  # less than nothing for who is not in it
    run = installation.run("wiki", START, config={"ask_again": True})
    assert (run.is_success, run.made) == (False, {})
    assert [name for name, passed in run.checks.items() if not passed] == ["counts_not_negative"]
    assert "a number of views is negative in 4 of 4 rows" in run.check_details["counts_not_negative"]
    assert "counts_not_negative" in run.failure
    assert installation.everything() == before
    assert installation.run("wiki", START).is_success
    assert installation.everything() == before, "the replay rests on the answer that was good, not on the refused one"


def test_in_a_range_a_failed_check_costs_its_own_hour(installation: Installation) -> None:
    installation.track("Tyler Perry")
    for number in range(4):
        installation.publish(at(number), packed({"Main_Page": number % 2}))  # 0, 1, 0, 1
    run = installation.run("wiki", at(0), at(3))
    assert sorted(run.made) == [partition_key(at(1)), partition_key(at(3))]
    assert run.checks["counts_not_negative"] is False
    assert run.failure.startswith("2 of 4 hours could not be made:\n2024-03-01T00: ")
    assert installation.views(at(1)) == {"Tyler Perry": (0, True)}


def test_an_upstream_that_never_answers_is_given_up_and_the_hours_are_told(installation: Installation) -> None:
    installation.track("Madonna")
    installation.dumps_url = "http://127.0.0.1:9"
    with stamina.set_testing(True, attempts=1):
        run = installation.run("wiki", at(0), at(29))
    assert not run.is_success
    assert "30 of 30 hours could not be made" in run.failure
    assert "127.0.0.1:9 cannot be reached" in run.failure
    assert "not asked: nobody answered 4 times in a row." in run.failure
    assert run.failure.endswith("... and 10 more.")
    assert installation.rows("signals") == []


def test_base_url_of_sources_yml_wins_over_the_variable(installation: Installation) -> None:
    installation.track("Maya Rudolph")
    installation.publish(START, packed({"Maya_Rudolph": 5}))
    installation.now = START + timedelta(hours=2)
    address = installation.dumps_url
    installation.dumps_url = "file:///nowhere"
    (installation.configs / "sources.yml").write_text(f"sources:\n  wiki: {{enabled: true, base_url: '{address}'}}\n")
    assert installation.run("wiki", START).failures == []
    assert installation.views(START) == {"Maya Rudolph": (5, False)}
