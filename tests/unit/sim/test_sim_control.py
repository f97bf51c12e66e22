"""``/sim``: the clock that can be pinned, items with their truth, articles; and a roster of any length."""

import csv
import io
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sim_builders import ROSTER, SEED, SHIPPED_ROSTER, START, client

from etheatmap_sim import __main__ as command
from etheatmap_sim import padding
from etheatmap_sim.clock import SimClock
from etheatmap_sim.coverage import Channel
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.hours import HOUR
from etheatmap_sim.items import Items
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario

PROJECT = Path(__file__).parents[3]


def test_a_clock_runs_until_it_is_pinned_and_again_when_let() -> None:
    clock = SimClock(lambda: START)
    clock.pin(START + HOUR)
    assert (clock(), clock.is_pinned) == (START + HOUR, True)
    clock.let_run()
    assert (clock(), clock.is_pinned) == (START, False)


def test_the_clock_is_read_pinned_and_let_run_by_address() -> None:
    asked = client(START)
    assert asked.get("/sim/clock").json() == {"now": "2026-11-20T15:00:00+00:00", "is_pinned": True}
    assert asked.post("/sim/clock", json={"now": "2026-11-20T16:05"}).json()["now"] == "2026-11-20T16:05:00+00:00"
    assert asked.get("/variety.com/feed/").headers["date"] == "Fri, 20 Nov 2026 16:05:00 GMT"
    assert asked.delete("/sim/clock").json() == {"now": "2026-11-20T15:00:00+00:00", "is_pinned": False}


@pytest.mark.parametrize("posted", ["", "[]", "{}", '{"now": "tomorrow"}'])
def test_what_is_no_instant_is_refused(posted) -> None:
    answer = client().post("/sim/clock", content=posted)
    assert answer.status_code == 422
    assert answer.json()["errors"][0].startswith("now: ")


def test_items_are_told_by_hour_with_whom_they_name() -> None:
    told = client().get("/sim/items.json", params={"source": "reddit", "from": "2026-11-20T12", "to": "2026-11-20T14"})
    assert list(told.json()["hours"]) == ["2026-11-20T12", "2026-11-20T13"]
    items = Items(Scenario(SEED, START, ROSTER)).of(Channel.REDDIT, START - 3 * HOUR)
    labels = told.json()["hours"]["2026-11-20T12"]
    assert [label["id"] for label in labels] == [item.id for item in items]
    named = next(label for label in labels if label["entities"])
    assert all(entity["surface"] in named["title"] for entity in named["entities"])


@pytest.mark.parametrize(
    "params",
    [
        {"source": "trends", "from": "2026-11-20T12", "to": "2026-11-20T14"},
        {"source": "nobody", "from": "2026-11-20T12", "to": "2026-11-20T14"},
        {"source": "reddit", "from": "yesterday", "to": "2026-11-20T14"},
        {"source": "reddit", "from": "2026-01-01T00", "to": "2026-11-20T14"},
        {},
    ],
)
def test_items_that_cannot_be_told_are_refused_in_a_sentence(params) -> None:
    answer = client().get("/sim/items.json", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0].endswith(".")


def test_trade_articles_are_told_by_name_with_their_times_up_to_now() -> None:
    told = client().get("/sim/trade-articles.json").json()
    coverage = Scenario(SEED, START, ROSTER).coverage
    wave = next(wave for wave in coverage.waves[Channel.TRADE] if wave.first_hour < START - 24 * HOUR)
    times = [datetime.fromisoformat(article["published_at"]) for article in told[wave.name]]
    assert times == sorted(times)
    assert times[-1] < START
    assert any(wave.first_hour <= at < wave.first_hour + HOUR for at in times)


def test_articles_tell_what_redirects_to_them() -> None:
    bear = next(one for one in client().get("/sim/articles.json").json() if one["name"] == "The Bear")
    assert set(bear) == {"name", "title", "redirects", "item_id", "instance_of"}
    assert bear["redirects"]


def test_health_names_every_upstream_once() -> None:
    upstreams = client().get("/sim/health").json()["upstreams"]
    assert upstreams == [
        "dumps", "pageviews_rest", "wikipedia", "wikidata", "trends", "trends_rss", "reddit", "feeds", "google_news",
        "gdelt", "metered", "newsapi", "youtube", "scraperapi", "apify", "slack",
    ]  # fmt: skip


def test_a_padded_roster_keeps_who_was_there_and_is_the_same_every_time() -> None:
    shipped = read_roster(SHIPPED_ROSTER)
    long = padded(shipped, 500)
    assert long[: len(shipped)] == shipped
    assert long == padded(shipped, 500)
    for column in ("name", "title"):
        assert len({getattr(entity, column) for entity in long}) == 500
    assert {entity.type for entity in long[len(shipped) :]} == {"person", "project", "event"}


def test_padding_makes_matching_hard() -> None:
    added = padded(ROSTER, 500)[len(ROSTER) :]
    surnames = [alias for entity in added if entity.type == "person" for alias in entity.aliases if " " not in alias]
    assert len(set(surnames)) < len(surnames)  # shared
    assert any(not entity.name.isascii() for entity in added)
    assert any(" " not in entity.name for entity in added)  # ordinary words


def test_a_padded_roster_is_written_as_a_file_that_can_be_read(tmp_path, capsys) -> None:
    assert padding.main(["--entities", "300", "--roster", str(SHIPPED_ROSTER)]) == 0
    roster = tmp_path / "entities.csv"
    roster.write_text(capsys.readouterr().out)
    assert read_roster(roster) == padded(read_roster(SHIPPED_ROSTER), 300)
    rows = list(csv.DictReader(io.StringIO(roster.read_text())))
    assert list(rows[0]) == ["name", "type", "aliases", "wiki_id", "wiki_title", "category"]
    assert all(isinstance(json.loads(row["aliases"]), list) for row in rows)


@pytest.mark.parametrize("count", ["3", "100000"])
def test_too_few_or_too_many_is_one_plain_sentence(capsys, count) -> None:
    assert padding.main(["--entities", count, "--roster", str(SHIPPED_ROSTER)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SimulatorError, match=f"--entities {count}"):
        padded(read_roster(SHIPPED_ROSTER), int(count))


def test_the_command_takes_a_clock_faults_and_a_number_of_entities() -> None:
    fault = '{"upstream": "feeds", "kind": "status", "status": 418, "path": "deadline.com"}'
    options = ["--port", "0", "--start", "2026-11-20T15", "--roster", str(SHIPPED_ROSTER), "--entities", "200"]
    words = [sys.executable, "-m", "etheatmap_sim", *options, "--clock", "2026-11-20T15:05", "--fault", fault]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout
        address = simulator.stdout.readline().split(" ready on ")[1].split(",")[0]
        try:
            assert httpx2.get(f"{address}/deadline.com/feed/").status_code == 418
            assert httpx2.get(f"{address}/variety.com/feed/").status_code == 200
            assert httpx2.get(f"{address}/sim/clock").json()["now"] == "2026-11-20T15:05:00+00:00"
            assert len(httpx2.get(f"{address}/sim/labels.json").json()["entities"]) == 200
        finally:
            simulator.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--fault", '{"upstream": "nobody", "kind": "reset"}', "upstream: 'nobody' is unknown"),
        ("--fault", '{"upstream": "feeds", "kind": "explode"}', "kind: "),
        ("--clock", "noon", "'noon' is not an instant"),
        ("--entities", "3", "--entities 3 is fewer than the roster has"),
    ],
)
def test_an_option_that_makes_no_sense_is_one_plain_sentence(capsys, option, value, said) -> None:
    assert command.main(["--start", "2026-11-20T15", "--roster", str(SHIPPED_ROSTER), option, value]) == 1
    assert capsys.readouterr().err.startswith(said)


def test_the_machines_clock_shows_what_was_published_by_now() -> None:
    """Without a pinned clock the world goes on by itself."""
    now = datetime.now(UTC)
    asked = client(now, ROSTER)
    asked.delete("/sim/clock")
    assert asked.get("/sim/clock").json()["is_pinned"] is False
    assert datetime.fromisoformat(asked.get("/sim/clock").json()["now"]) - now < timedelta(minutes=1)
