"""The README's first command as a user meets it: it fills a dashboard, goes on by itself, and leaves nothing."""

import json
import re
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from platform_process import (
    PROJECT,
    end_by_ctrl_c,
    environment,
    etheatmap,
    free_port,
    get,
    processes_of,
    start,
    wait_for,
)

HOUR = timedelta(hours=1)

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.integration, pytest.mark.timeout(600)]


def _newest_scored_hour(api_port: int) -> datetime:
    answer = json.loads(get(f"http://127.0.0.1:{api_port}/trends/intelligent?limit=1"))
    return datetime.fromisoformat(answer["trends"][0]["timestamp"])


def _graphql(dagster_port: int, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{dagster_port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: dict[str, Any] = json.loads(answer.read())["data"]
        return body


def _hours_made(dagster_port: int) -> dict[str, int]:
    """Materialized partitions by asset, as the Dagster UI shows them."""
    query = "{ assetNodes { assetKey { path } partitionStats { numMaterialized } } }"
    nodes = _graphql(dagster_port, query)["assetNodes"]
    # Budgets are assets without partitions.
    made = {node["assetKey"]["path"][0]: node["partitionStats"] for node in nodes if node["partitionStats"]}
    return {asset: stats["numMaterialized"] for asset, stats in made.items()}


def test_once_prints_the_hottest_with_their_why_and_leaves_nothing(home: Path) -> None:
    run = subprocess.run(
        etheatmap("demo", "--once"),
        cwd=PROJECT,
        env=environment(home, ETHEATMAP_SIM_START="2026-11-20T15", COLUMNS="160"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Hottest at 2026-11-20 14:00 UTC" in run.stdout
    assert re.search(r"\+\d\.\d\dσ .*12 h of Wikipedia views are \d+(\.\d+)?× the usual 7 days", run.stdout), run.stdout
    assert processes_of(home) == []

    there = environment(home, ETHEATMAP_HOME=str(next(home.rglob("demo.json")).parent), COLUMNS="160")
    for command, words in (("sources", "trade_rss"), ("budget", "example")):
        told = subprocess.run(
            etheatmap(command), cwd=PROJECT, env=there, capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == 0, told.stderr
        assert words in told.stdout
        assert "no credentials" not in told.stdout, "its keys are the simulated ones"
        assert "is a demo's folder" in told.stderr
    assert processes_of(home) == []


def test_the_demo_fills_itself_goes_on_by_itself_and_ends_on_ctrl_c(home: Path) -> None:
    api_port, dagster_port = free_port(), free_port()
    log = home.with_suffix(".log")
    env = environment(home, API_PORT=str(api_port), DAGSTER_PORT=str(dagster_port))
    demo = start("demo", env=env, log=log)
    try:
        wait_for(
            lambda: "ET Heatmap is up" in log.read_text(), seconds=240, what="the demo to be up", log=log, process=demo
        )
        newest_full_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR

        wait_for(
            lambda: _newest_scored_hour(api_port) >= newest_full_hour,
            seconds=120,
            what="the automation to make the newest hour",
            log=log,
            process=demo,
        )
        page = get(f"http://127.0.0.1:{api_port}/trends/dashboard").decode()
        assert page.count("<tr") > 10
        assert "× the usual" in page

        # The API shows a row at its COMMIT, a moment before Dagster has stored the event.
        wait_for(
            lambda: min(_hours_made(dagster_port)[name] for name in ("wiki", "heat_scores")) >= 336,
            seconds=30,
            what="Dagster to show the newest hour",
            log=log,
            process=demo,
        )
        sources = ("gdelt_gkg", "trade_rss", "google_news", "reddit", "trends", "news", "entity_roster")
        wait_for(
            lambda: all(_hours_made(dagster_port)[name] for name in sources),
            seconds=120,
            what="every source to arrive by itself",
            log=log,
            process=demo,
        )
        statuses = json.loads(get(f"http://127.0.0.1:{api_port}/sources/status"))["sources"]
        assert {one["state"] for one in statuses if one["source"] in sources} == {"ok"}
    finally:
        code = end_by_ctrl_c(demo)
    assert code == 0, log.read_text()
    assert processes_of(home) == []
    log.unlink()
