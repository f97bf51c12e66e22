"""YouTube from the simulator: hours within Google's units, growth from one to the next, and its bad days."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from one_source import collect, kit_of
from pydantic import SecretStr
from simulated import SimulatedInstallation

from etheatmap_assets.sources.collector import Collector
from etheatmap_assets.sources.source import Plan, Question
from etheatmap_assets.sources.youtube import SOURCE
from etheatmap_assets.sources.youtube_refusals import KeyRefusedError
from etheatmap_core.config import load_config
from etheatmap_core.errors import BudgetExhaustedError, EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator
from etheatmap_sim.videos import Videos

NAMES = ("Brad Pitt", "Blackpink", "Meryl Streep")
CHART, SEARCHES = 4, 3


@pytest.fixture
def youtube(simulated: SimulatedInstallation) -> SimulatedInstallation:
    """Three people are tracked, and asked for with a good key."""
    simulated.switch_on("youtube")
    simulated.track(*NAMES)
    simulated.overrides["youtube_api_key"] = SecretStr("simulated-key")
    return simulated


def spent(place: SimulatedInstallation) -> int:
    """In the books."""
    return int(place.query("SELECT coalesce(sum(units), 0) AS units FROM budget_settlements")[0].units)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def signals(place: SimulatedInstallation, metric: str) -> dict[str, float]:
    query = """SELECT name, value FROM signals JOIN entities ON id = entity_id
               WHERE source = 'youtube' AND metric = :metric AND ts = :hour"""
    return {row.name: row.value for row in place.query(query, metric=metric, hour=place.hour)}


def test_hours_that_follow_one_another(youtube: SimulatedInstallation, simulator: Simulator) -> None:
    first = collect(youtube, SOURCE)
    assert (first.outcome.state, first.outcome.is_complete, first.outcome.reason) == ("ok", True, None)
    assert first.outcome.questions == 1 + SEARCHES + SEARCHES, "the chart, searches, and what those have found"
    assert youtube.requests() == {"youtube": CHART + 2 * SEARCHES}
    assert spent(youtube) == CHART + 100 * SEARCHES + SEARCHES
    assert youtube.made_rows("youtube")["signals"] == [], "seen once, nothing is known of any hour"

    youtube.go_to(youtube.now + HOUR)
    second = collect(youtube, SOURCE)
    assert second.outcome.questions == 1 + 1 + SEARCHES + SEARCHES, "the videos of before are asked about again"
    made = youtube.made_rows("youtube")
    ids = [row["item_id"] for row in made["items"]]
    assert len(ids) == len(set(ids)) == len({row["item_id"] for row in made["mentions"]})
    assert {len(item_id) for item_id in ids} == {11}

    # By the simulator's own count: of each video that both captures have seen, what was added between them.
    videos, expected = Videos(simulator.scenario), dict.fromkeys(NAMES, 0)
    seen_before = {row["item_id"] for row in made["sightings"] if row["ts"] < youtube.hour.isoformat()}
    for video_id in seen_before:
        video = videos.by_id(video_id)
        assert video is not None
        assert video.name is not None
        expected[video.name] += max(0, videos.views(video, youtube.now) - videos.views(video, youtube.now - HOUR))
    assert signals(youtube, "view_count") == pytest.approx(expected)
    assert sum(signals(youtube, "video_count").values()) == len(seen_before)
    assert max(expected.values()) > 0


def test_replayed_it_is_the_same_without_a_request_and_without_a_unit(youtube: SimulatedInstallation) -> None:
    """Each hour in the minute after its end in which it was asked then."""
    hours, start = [], youtube.now.replace(minute=0)
    for number, minute in enumerate((0, 57, 3)):
        youtube.go_to(start + number * HOUR + timedelta(minutes=minute))
        collect(youtube, SOURCE)
        hours.append(youtube.hour)
    before, units = youtube.made_rows("youtube"), spent(youtube)
    assert before["signals"]
    instants = (
        "SELECT DISTINCT ts, extract(epoch FROM captured_at)::float8 AS at FROM captures WHERE source = 'youtube'"
    )
    readings = "SELECT DISTINCT ts, (numbers ->> 'seen_at')::float8 AS at FROM sightings WHERE source = 'youtube'"
    assert sorted(youtube.query(readings)) == sorted(youtube.query(instants)), "read when captured, to the microsecond"
    assert len(youtube.query(instants)) == len(hours)
    youtube.requests()
    youtube.go_to(youtube.now + timedelta(days=1))
    for hour in hours:
        assert collect(youtube, SOURCE, hour).asked == 0
    assert (youtube.requests(), spent(youtube)) == ({}, units)
    assert youtube.made_rows("youtube") == before


def test_a_quota_that_ends_in_the_middle_keeps_what_was_answered_and_asks_nothing_more(
    youtube: SimulatedInstallation, simulator: Simulator
) -> None:
    """Somebody else has used the key: a chart and a search are answered, and then Google says no."""
    search = f"{simulator.url}/www.googleapis.com/youtube/v3/search?part=snippet&q=somebody"
    with httpx2.Client(headers={"X-Goog-Api-Key": "simulated-key"}, timeout=30) as somebody_else:
        assert {somebody_else.get(search).status_code for _ in range(98)} == {200}
    collected = collect(youtube, SOURCE)
    outcome = collected.outcome
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, 2)
    assert "YouTube's quota of the day is used up (quotaExceeded" in str(outcome.reason)
    assert "it begins anew at 2026-11-21 08:00 UTC" in str(outcome.reason)
    assert spent(youtube) == CHART + 100, "what was refused costs nothing"
    assert collected.is_asked_again
    [health] = youtube.query("SELECT consecutive_errors, circuit_state FROM source_health")
    assert (health.consecutive_errors, health.circuit_state) == (1, "closed"), "refused once, not asked again"

    youtube.go_to(youtube.now + HOUR)
    outcome = collect(youtube, SOURCE).outcome
    assert (outcome.answered, outcome.questions) == (2, 5), (
        "what costs little still fits: the chart, the watched videos"
    )

    youtube.go_to(youtube.now.replace(day=21, hour=8))  # midnight in Los Angeles
    assert collect(youtube, SOURCE).outcome.is_complete


def test_a_key_that_was_revoked_opens_nothing_and_is_tried_once(youtube: SimulatedInstallation) -> None:
    collect(youtube, SOURCE)
    made = youtube.made_rows("youtube")
    youtube.go_to(youtube.now + HOUR)
    youtube.requests()
    with pytest.raises(KeyRefusedError, match=r"does not know our key: set YOUTUBE_API_KEY in \.env") as refused:
        collect(youtube, SOURCE, youtube_api_key=SecretStr("wrong"))
    assert youtube.requests() == {"youtube": 1}
    assert "wrong" not in str(refused.value)
    assert youtube.states("youtube")[youtube.hour] == "failed"
    assert youtube.made_rows("youtube") == made, "a failure has changed rows"
    recovered = collect(youtube, SOURCE)
    assert (recovered.outcome.state, recovered.outcome.is_complete) == ("ok", True)


def test_a_key_that_is_revoked_in_mid_run_keeps_what_was_answered(youtube: SimulatedInstallation) -> None:
    """Good for the chart, wrong from the first search on."""

    def revoked(plan: Plan) -> Sequence[Question]:
        chart, *others = SOURCE.questions(plan)
        return [chart, *(replace(question, headers={"X-Goog-Api-Key": "wrong"}) for question in others)]

    outcome = collect(youtube, replace(SOURCE, questions=revoked)).outcome
    assert (outcome.state, outcome.is_complete, outcome.answered, outcome.questions) == ("ok", False, 1, 1 + SEARCHES)
    assert "does not know our key: set YOUTUBE_API_KEY" in str(outcome.reason)
    assert youtube.requests() == {"youtube": CHART + 1}
    assert collect(youtube, SOURCE).outcome.is_complete
    assert youtube.requests() == {"youtube": 2 * SEARCHES}, "what was answered was asked again"


def test_our_own_books_end_in_the_middle(youtube: SimulatedInstallation) -> None:
    budgets = youtube.configs / "budgets.yml"
    budgets.write_text(budgets.read_text().replace("limit: 10_000, period: day", "limit: 150, period: day"))
    with pytest.raises(BudgetExhaustedError, match="youtube"):
        collect(youtube, SOURCE)
    [row] = youtube.query("SELECT state, is_complete, answered FROM source_hours")
    assert (row.state, row.is_complete, row.answered) == ("ok", False, 3), "the chart, a search and what it has found"
    assert spent(youtube) == CHART + 100 + 1


def test_searches_that_fail_are_tried_again_within_the_plan_of_the_hour(
    youtube: SimulatedInstallation, simulator: Simulator
) -> None:
    simulator.order("youtube", kind="status", status=500, path="/youtube/v3/search")
    planned = load_config(youtube.configs).budgets.uses["youtube"].units_a_partition
    start, outcomes = youtube.now, []
    for attempt in range(4):
        youtube.go_to(start + attempt * timedelta(minutes=14))
        with kit_of(youtube) as kit:
            outcomes.append(Collector(SOURCE, replace(kit, is_automated=True)).collect(youtube.hour).outcome)
    assert spent(youtube) == CHART + 300 <= planned
    assert [outcome.state for outcome in outcomes] == ["ok"] * 4
    assert "status 500" in str(outcomes[0].reason)
    assert "plans 400 units of youtube for one hour of youtube, and attempts at it have used 304 units" in str(
        outcomes[-1].reason
    )


def test_one_spoilt_answer_is_told_by_its_question_and_the_others_count(
    youtube: SimulatedInstallation, simulator: Simulator
) -> None:
    simulator.order("youtube", kind="malformed", path="Blackpink")
    outcome = collect(youtube, SOURCE).outcome
    assert (outcome.answered, outcome.questions) == (outcome.questions - 1, outcome.questions)
    assert "search/Blackpink: search/Blackpink of YouTube is not whole JSON" in str(outcome.reason)
    simulator.clear_faults()
    assert collect(youtube, SOURCE).outcome.is_complete


def test_without_a_key_nobody_is_asked(youtube: SimulatedInstallation) -> None:
    with pytest.raises(EtHeatmapError, match="youtube needs YOUTUBE_API_KEY"):
        collect(youtube, SOURCE, youtube_api_key=None)
    assert youtube.requests() == {}
    assert youtube.states("youtube") == {youtube.hour: "no credentials"}


def test_the_key_is_in_no_table_and_in_no_file(youtube: SimulatedInstallation) -> None:
    youtube.overrides["youtube_api_key"] = SecretStr("a-key-of-nobody")
    collect(youtube, SOURCE)
    for table in ("captures", "audit_logs", "source_hours", "budget_reservations"):
        assert "a-key-of-nobody" not in str(youtube.rows(table))
    assert not [path for path in files(youtube.home) if b"a-key-of-nobody" in path.read_bytes()]


def test_as_dagster_runs_it_the_checks_tell_of_growth(youtube: SimulatedInstallation) -> None:
    youtube.run("youtube", youtube.hour)
    youtube.go_to(youtube.now + HOUR)
    run = youtube.run("youtube", youtube.hour)
    assert run.is_success
    (made,) = run.made.values()
    assert (made["state"], made["late"], made["is_replay"]) == ("ok", 0, False)
    assert {"views_only_grow", "counts_not_negative", "every_question_answered"} <= run.checks.keys()
    assert run.checks["counts_not_negative"]
    assert run.check_details["views_only_grow"]
