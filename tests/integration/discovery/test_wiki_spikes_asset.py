"""wiki_spikes through Dagster: which lake files an hour is judged by, and what is said where one is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "assets"))

from installation import Installation, at, packed

from etheatmap_core.archive import RawArchive
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.discovery.pages import PageKind
from etheatmap_core.discovery.spike_store import lake_of, read_report, replace_report, require_partitions
from etheatmap_core.discovery.spike_test import AGES
from etheatmap_core.discovery.wiki_spikes import Spike, SpikeReport
from etheatmap_core.errors import ChecksFailedError, EtHeatmapError, NotPublishedYetError
from etheatmap_core.hours import HOUR, partition_key

NOW, KEY = at(80), partition_key(at(80))
CHECKED = {"spikes_are_above_usual", "mobile_share_is_a_share", "titles_have_spaces", "no_duplicates", "key_not_null"}


def usual() -> bytes:
    return packed({"Busy_page": 900, "Frank_Carson": 10}, {"Busy_page": 600, "Frank_Carson": 8})


def news() -> bytes:
    return packed(
        {"Busy_page": 950, "Frank_Carson": 400, "Main_Page": 9000, "Nahui_Ollin": 90_000},
        {"Busy_page": 500, "Frank_Carson": 300, "Main_Page": 8000, "Nahui_Ollin": 20},
    )


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    """Nobody is tracked; a few hours of wiki are collected as each test wants them."""
    installation = Installation(tmp_path, database_url)
    installation.switch_on("wiki", "entity_discovery")
    installation.track("Somebody Else")
    yield installation
    installation.close()


def collect(place: Installation, *ages: int) -> None:
    """Hours that NOW is judged by, by age; the last two are the news. What lies between them is a gap."""
    for age in ages:
        place.publish(NOW - age * HOUR, news() if age < 2 else usual())
    place.run("wiki", NOW - max(ages) * HOUR, NOW)


def test_an_hour_of_news(place: Installation) -> None:
    collect(place, *(age for age in AGES if age <= 24 * 3))
    run = place.run("wiki_spikes", NOW)
    assert run.failures == []
    assert run.checks.keys() >= CHECKED
    assert set(run.checks.values()) == {True}
    metadata = run.made[KEY]
    assert {name: metadata[name] for name in ("spikes", "tested", "distrusted", "known_days", "no_entities")} == {
        "spikes": 1, "tested": 3, "distrusted": 1, "known_days": 3, "no_entities": {"main page": 1},
    }  # fmt: skip
    assert metadata["strongest"].startswith("- **Frank Carson** 700 views, usually 18 (z ")
    assert "reason" not in metadata
    [row] = place.rows("wiki_spikes")
    assert (row["title"], row["views"], row["usual"], row["trust"]) == ("Frank Carson", 700, 18, 1)
    [hour] = place.rows("wiki_spike_hours")
    assert (hour["tested"], hour["known_days"], hour["no_entities"]) == (3, 3, {"main page": 1})

    place.now += timedelta(days=1)
    assert place.run("wiki_spikes", NOW).is_success
    assert (place.rows("wiki_spikes"), place.rows("wiki_spike_hours")) == ([row], [hour]), "made again, the same"
    with place.engine.connect() as connection:
        report = read_report(connection, NOW)
        assert read_report(connection, NOW + HOUR) is None
    assert report is not None
    assert [spike.title for spike in report.spikes] == ["Frank Carson"]
    assert report.no_entities == {PageKind.MAIN_PAGE: 1}

    place.publish(NOW, usual())
    place.run("wiki", NOW, config={"ask_again": True})
    assert place.run("wiki_spikes", NOW).made[KEY]["spikes"] == 0
    assert place.rows("wiki_spikes") == [], "of two answers the newer counts"


def test_too_few_days_are_said_and_no_spike_is(place: Installation) -> None:
    collect(place, 0, 1, 2, 24, 48)
    metadata = place.run("wiki_spikes", NOW).made[KEY]
    assert (metadata["spikes"], metadata["tested"], metadata["known_days"]) == (0, 3, 2)
    assert metadata["reason"] == "The lake has the same hour of 2 of the last 7 days: nothing is judged before 3."
    assert place.rows("wiki_spikes") == []


def test_an_hour_without_a_lake_file_is_no_empty_hour(place: Installation) -> None:
    place.now = NOW + 2 * HOUR
    waiting = place.run("wiki_spikes", NOW)
    assert (waiting.is_success, waiting.made, waiting.observed) == (True, {}, [KEY]), "not collected yet"
    place.publish(NOW, usual())
    place.run("wiki", NOW)
    [capture] = place.rows("captures")
    (place.home / capture["lake_path"]).unlink()
    gone = place.run("wiki_spikes", NOW)
    assert (
        gone.failure
        == "The lake file of 2024-03-04-08:00 is no more: run wiki for that hour with ask_again to have it."
    )
    assert place.rows("wiki_spikes") == place.rows("wiki_spike_hours") == []
    states = {row["state"] for row in place.rows("source_hours") if row["source"] == "wiki_spikes"}
    assert states == {"failed"}
    of_range = place.run("wiki_spikes", NOW - HOUR, NOW)
    assert of_range.failure.startswith("2 of 2 hours could not be made:\n2024-03-04T07: wiki has no views of")


def test_the_lake_of_an_hour_leaves_out_what_is_not_there(place: Installation) -> None:
    collect(place, 0, 1, 2)
    archive = RawArchive(place.home)
    with place.engine.connect() as connection:
        lake = lake_of(connection, archive, NOW)
        assert sorted(lake) == [NOW - 2 * HOUR, NOW - HOUR, NOW]
        lake[NOW - HOUR].unlink()
        assert sorted(lake_of(connection, archive, NOW)) == [NOW - 2 * HOUR, NOW]
        with pytest.raises(EtHeatmapError, match="is no more"):
            lake_of(connection, archive, NOW - HOUR)
        with pytest.raises(NotPublishedYetError, match="wiki has no views of 2024-03-04-09:00 yet"):
            lake_of(connection, archive, NOW + HOUR)


def test_a_refused_write_takes_nothing_away(place: Installation) -> None:
    good = Spike("Frank Carson", NOW, 700, 18.0, 5.0, 0.4, 1.0, is_doodle_like=False)
    wrong = Spike("Frank_Carson", NOW, 1, 18.0, 5.0, 1.5, 1.0, is_doodle_like=False)
    report = SpikeReport(NOW, 3, 1, {PageKind.DATE: 2}, 0, (good,))
    with place.engine.begin() as connection:
        require_partitions(connection, NOW)
        replace_report(connection, report)
    with place.engine.begin() as connection, pytest.raises(ChecksFailedError) as refused:
        replace_report(connection, SpikeReport(NOW, 3, 1, {}, 0, (wrong,)))
    failed = {one.name for one in refused.value.results if isinstance(one, CheckResult) and not one.passed}
    assert failed == {"spikes_are_above_usual", "mobile_share_is_a_share", "titles_have_spaces"}
    with place.engine.connect() as connection:
        assert read_report(connection, NOW) == report
