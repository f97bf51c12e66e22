"""The simulated Apify as its API is documented: runs, their ends, datasets, refusals. No recording exists."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sim_builders import ROSTER, SEED, START

from etheatmap_sim.testing import Simulator, serve
from etheatmap_sim.tiktok import tag_of

NOW = START + timedelta(minutes=5)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(ROSTER, NOW, seed=SEED) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def name(simulator: Simulator) -> str:
    """Whom Reddit talks most about today."""
    posts = simulator.said("reddit", START - timedelta(hours=20), START)
    return Counter(named.name for post in posts for named in post.entities).most_common(1)[0][0]


def ask(
    simulator: Simulator,
    path: str,
    body: Mapping[str, Any] | None = None,
    token: str = "any",  # noqa: S107
    **query: object,
) -> httpx2.Response:
    method, url = "GET" if body is None else "POST", f"{simulator.url}/api.apify.com/v2{path}"
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.request(method, url, json=body, params=query, headers=headers, trust_env=False)  # type: ignore[arg-type]


def run_of(simulator: Simulator, body: Mapping[str, Any], actor: str = "a~tiktok", **query: object) -> dict[str, Any]:
    """Begun, and asked after until it has ended and its cost is counted."""
    run: dict[str, Any] = ask(simulator, f"/actors/{actor}/runs", body, **query).json()["data"]
    assert (run["status"], run["usageTotalUsd"]) == ("READY", 0)
    seen = [ask(simulator, f"/actor-runs/{run['id']}").json()["data"] for _ in range(3)]
    assert seen[0]["status"] == "RUNNING"
    return dict(seen[2])


def test_what_a_run_has_cost_is_not_counted_when_it_ends(simulator: Simulator) -> None:
    run = ask(simulator, "/actors/a~tiktok/runs", {"maxItems": 10}).json()["data"]
    told = [ask(simulator, f"/actor-runs/{run['id']}").json()["data"] for _ in range(4)]
    assert [one["status"] for one in told] == ["RUNNING", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]
    assert [one["usageTotalUsd"] for one in told] == [0, 0.001, 0.031, 0.031]


def items(simulator: Simulator, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(ask(simulator, f"/datasets/{run['defaultDatasetId']}/items", format="json").json())


def test_a_search_gives_the_newest_of_the_day_up_to_what_was_asked_for(simulator: Simulator, name: str) -> None:
    run = run_of(simulator, {"searchQueries": [name], "resultsPerPage": 5})
    assert run["status"] == "SUCCEEDED"
    found = items(simulator, run)
    times = [datetime.fromisoformat(video["createTimeISO"]) for video in found]
    assert 0 < len(found) <= 5
    assert times == sorted(times, reverse=True)
    assert all(START - timedelta(hours=24) < at <= START + timedelta(minutes=5) for at in times)
    assert all(name in video["text"] and video["searchQuery"] == name for video in found)
    assert run["usageTotalUsd"] == pytest.approx(0.001 + 0.003 * len(found))


def test_a_hashtag_page_is_not_in_the_order_of_time(simulator: Simulator, name: str) -> None:
    found = items(simulator, run_of(simulator, {"hashtags": [tag_of(name)], "resultsPerPage": 50}))
    plays = [video["playCount"] for video in found]
    assert plays == sorted(plays, reverse=True)
    assert {video["searchHashtag"]["name"] for video in found} == {tag_of(name)}


def test_the_same_is_found_at_the_same_instant(simulator: Simulator, name: str) -> None:
    asked = {"searchQueries": [name], "resultsPerPage": 5}
    assert items(simulator, run_of(simulator, asked)) == items(simulator, run_of(simulator, asked))


def test_creative_center_lists_hashtags_by_rank_with_a_week_of_days(simulator: Simulator) -> None:
    found = items(simulator, run_of(simulator, {"countryCode": "US", "maxItems": 100}))
    assert [one["rank"] for one in found] == list(range(1, 101))
    assert len({one["hashtag_name"] for one in found}) == 100
    assert all(len(one["trend"]) == 7 and 0 <= one["trend"][-1]["value"] <= 1 for one in found)


def test_a_cap_ends_the_run_and_its_cost(simulator: Simulator) -> None:
    run = run_of(simulator, {"maxItems": 100}, maxTotalChargeUsd=0.05)
    assert len(items(simulator, run)) == 16
    assert run["usageTotalUsd"] <= 0.05
    assert len(items(simulator, run_of(simulator, {"maxItems": 100}, maxItems=7))) == 7


@pytest.mark.parametrize(("suffix", "end"), [("-fails", "FAILED"), ("-times-out", "TIMED-OUT")])
def test_the_name_of_an_actor_tells_how_its_runs_end(simulator: Simulator, suffix: str, end: str) -> None:
    assert run_of(simulator, {}, f"a~b{suffix}")["status"] == end


def test_a_run_that_goes_on_is_aborted(simulator: Simulator) -> None:
    run = run_of(simulator, {}, "a~b-goes-on")
    assert run["status"] == "RUNNING"
    assert ask(simulator, f"/actor-runs/{run['id']}/abort", {}).json()["data"]["status"] == "ABORTED"
    assert ask(simulator, f"/actor-runs/{run['id']}").json()["data"]["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("token", "status", "kind"),
    [
        ("wrong", 401, "user-or-token-not-found"),
        ("used-up", 403, "platform-feature-disabled"),
        ("unpaid", 402, "not-enough-usage-to-run-paid-actor"),
    ],
)
def test_refusals_come_with_apifys_words(simulator: Simulator, token: str, status: int, kind: str) -> None:
    answer = ask(simulator, "/acts/a~b/runs", {}, token)
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)


def test_what_is_unknown_is_not_found(simulator: Simulator) -> None:
    for path in ("/actor-runs/none", "/datasets/none/items"):
        assert ask(simulator, path).json()["error"]["type"] == "record-not-found"
