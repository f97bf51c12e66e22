"""Freshness, messages and the daemon, as the API and the dashboard show them; and who watches the daemon."""

import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from api_builders import NOW
from starlette.testclient import TestClient

from etheatmap_api import daemon_watch
from etheatmap_api.app import create_app
from etheatmap_api.daemon_watch import DaemonWatch
from etheatmap_core.outbox.slack import Attempt
from etheatmap_core.outbox.store import Message, enqueue
from etheatmap_core.sensors_alive import STARTING, beat

MINUTE = timedelta(minutes=1)


@pytest.fixture
def hour_old_client(database_url: str, request: pytest.FixtureRequest):
    """A process that started an hour before NOW."""
    clock = [NOW - timedelta(hours=1)]
    with TestClient(create_app(database_url, now=lambda: clock[0])) as client:
        clock[0] = NOW
        yield client


def tick(engine: sa.Engine, at: datetime, who: str = "freshness") -> None:
    with engine.begin() as connection:
        beat(connection, who, at)


def judged(engine: sa.Engine, asset: str, state: str, reason: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("""INSERT INTO asset_freshness VALUES
                       (:asset, :state, :reason, '2026-11-20-13:00', '2026-11-20-05:00', :now, :now, :now)"""),
            {"asset": asset, "state": state, "reason": reason, "now": NOW - MINUTE},
        )


def test_health_extended_has_the_published_keys_and_the_daemon(client: TestClient, engine: sa.Engine) -> None:
    tick(engine, NOW - timedelta(seconds=20))
    body = client.get("/health/extended").json()
    assert list(body) == ["status", "db", "cache", "time", "daemon"]
    assert body["db"] == {"ok": True, "error": None}
    assert body["cache"] == {"entries": 0, "hits": 0, "misses": 0, "hit_rate": None}
    assert body["daemon"] == {
        "status": "ok",
        "last_tick": "2026-11-20T15:24:40+00:00",
        "silent_seconds": 20,
        "quiet_sensors": [],
    }
    assert body["status"] == "ok"


def test_a_daemon_silent_for_three_minutes_degrades_and_is_on_the_dashboard(hour_old_client, engine) -> None:
    tick(engine, NOW - 3 * MINUTE)
    assert hour_old_client.get("/health/extended").json()["status"] == "ok"
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE sensor_heartbeats SET ticked_at = ticked_at - interval '1 second'"))
    body = hour_old_client.get("/health/extended").json()
    assert (body["status"], body["daemon"]["status"]) == ("degraded", "silent")
    page = hour_old_client.get("/trends/dashboard").text
    assert "Dagster&#39;s daemon has been silent since 2026-11-20T15:21 UTC" in page


def test_a_process_that_has_just_started_waits_for_the_daemon(client: TestClient, engine: sa.Engine) -> None:
    assert client.get("/health/extended").json()["daemon"]["status"] == "starting"
    tick(engine, NOW - timedelta(hours=8))
    body = client.get("/health/extended").json()
    assert (body["status"], body["daemon"]["status"]) == ("ok", "starting")


def test_freshness_lists_what_asks_for_a_person_first(client: TestClient, engine: sa.Engine) -> None:
    judged(engine, "wiki", "fresh", "All there.")
    judged(engine, "trade_rss", "stale", "variety.com cannot be reached.")
    judged(engine, "reddit", "off", "Switched off.")
    body = client.get("/freshness").json()
    assert [(row["asset"], row["state"]) for row in body["items"]] == [
        ("trade_rss", "stale"), ("wiki", "fresh"), ("reddit", "off"),
    ]  # fmt: skip
    assert body["items"][0]["newest_partition"] == "2026-11-20-05:00"
    page = client.get("/trends/dashboard").text
    assert "variety.com cannot be reached." in page
    assert "1 of the assets lack their newest due partition" in page


def test_messages_are_listed_and_what_is_unknown_is_explained(client: TestClient, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for number, state in enumerate(("sent", "unknown", "failed", "logged")):
            enqueue(connection, Message(f"k{number}", "test", f"<b>{state}</b>"), NOW - number * MINUTE)
            connection.execute(sa.text("UPDATE outbox SET state = :s WHERE key = :k"), {"s": state, "k": f"k{number}"})
    body = client.get("/messages?limit=3").json()
    assert [item["state"] for item in body["items"]] == ["sent", "unknown", "failed"]
    assert body["states"] == {"sent": 1, "unknown": 1, "failed": 1, "logged": 1}
    page = client.get("/trends/dashboard").text
    assert "&lt;b&gt;unknown&lt;/b&gt;" in page
    assert "1 unknown: Slack’s answer was lost" in page
    assert "1 only logged: no <code>SLACK_WEBHOOK_URL</code> was set when they were due" in page
    assert "1 failed: Slack refuses them" in page


class Watching:
    """An API process's watch; ``posted`` is what Slack was sent."""

    def __init__(self, engine: sa.Engine) -> None:
        self.now = NOW
        self.posted: list[str] = []
        self.engine = engine
        self.watch = self.process()

    def process(self, started_at: datetime = NOW - timedelta(hours=1)) -> DaemonWatch:
        return DaemonWatch(self.engine, self.post, lambda: self.now, started_at)

    def post(self, message) -> Attempt:
        self.posted.append(message.text)
        return Attempt("sent")


@pytest.fixture
def watching(engine: sa.Engine) -> Watching:
    return Watching(engine)


def test_the_api_tells_of_a_dead_daemon_once_and_of_its_return(watching: Watching, engine: sa.Engine) -> None:
    tick(engine, NOW)
    watching.watch.look()
    watching.now += 4 * MINUTE
    watching.watch.look()
    assert watching.posted == [], "one look may be that of a machine that has just woken up"
    watching.watch.look()
    (told,) = watching.posted
    assert told.startswith(":rotating_light: Dagster's daemon has been silent since 2026-11-20 15:25 UTC (4 min ago)")
    watching.now += timedelta(hours=1)
    watching.watch.look()
    assert len(watching.posted) == 1
    tick(engine, watching.now)
    watching.watch.look()
    assert watching.posted[1:] == [":white_check_mark: Dagster's daemon ticks again."]
    watching.watch.look()
    assert len(watching.posted) == 2


def test_several_processes_tell_one_message(watching: Watching, engine: sa.Engine) -> None:
    tick(engine, NOW)
    watching.now += 10 * MINUTE
    others = [watching.process(NOW + minutes * MINUTE) for minutes in (-60, 1, 2)]
    for _ in range(3):
        for process in others:
            process.look()
    assert len(watching.posted) == 1


def test_while_the_first_days_are_filled_there_is_no_daemon_to_miss(
    watching: Watching, hour_old_client: TestClient, engine: sa.Engine
) -> None:
    tick(engine, NOW, STARTING)
    assert hour_old_client.get("/health/extended").json()["daemon"]["status"] == "starting"
    for _ in range(30):
        watching.now += MINUTE
        tick(engine, watching.now, STARTING)
        watching.watch.look()
    assert watching.posted == []
    for _ in range(4):
        watching.now += MINUTE
        watching.watch.look()
    watching.watch.look()
    assert len(watching.posted) == 1, "it should have followed by now"


def test_a_restart_of_the_api_says_nothing_again(watching: Watching, engine: sa.Engine) -> None:
    for beats in (False, True):
        if beats:
            tick(engine, watching.now)
        for _ in range(2):
            watching.now += 10 * MINUTE
            restarted = watching.process(watching.now - 5 * MINUTE)
            restarted.look()
            restarted.look()
    assert [text.partition(":")[2].partition(":")[2][:60] for text in watching.posted] == [
        " Dagster's daemon has not ticked yet: nothing is collected, ",
        " Dagster's daemon has been silent since 2026-11-20 15:45 UTC",
    ]
    tick(engine, watching.now)
    watching.watch.look()
    assert len(watching.posted) == 3, "it is back once, however often it was gone"


def test_a_machine_that_has_slept_raises_no_alarm(watching: Watching, engine: sa.Engine) -> None:
    tick(engine, NOW)
    watching.watch.look()
    watching.now += timedelta(hours=8)
    watching.watch.look()
    tick(engine, watching.now)
    watching.watch.look()
    assert watching.posted == []


def test_the_watch_runs_beside_the_api_and_a_failing_look_is_not_the_last(database_url: str, caplog) -> None:
    looks = []

    def look() -> None:
        looks.append(1)
        raise RuntimeError("no database")

    app = create_app(database_url, now=lambda: NOW, watch=look)
    before, daemon_watch.LOOK_EVERY_SECONDS = daemon_watch.LOOK_EVERY_SECONDS, 0.05
    try:
        with TestClient(app) as client:
            client.get("/health")
            deadline = time.monotonic() + 10
            while len(looks) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
    finally:
        daemon_watch.LOOK_EVERY_SECONDS = before
    assert len(looks) >= 2
    assert "The daemon could not be looked at: RuntimeError: no database" in caplog.text


def test_one_dead_sensor_among_living_ones_is_told_once_and_its_return(watching: Watching, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        beat(connection, "slack_delivery", NOW)
    for minutes in (10, 16, 17):
        watching.now = NOW + minutes * MINUTE
        tick(engine, watching.now)
        watching.watch.look()
    assert watching.posted == [
        ":rotating_light: The sensor slack_delivery has been silent since 2026-11-20 15:25 UTC, while others tick: "
        "see why under Automation in Dagster."
    ]
    with engine.begin() as connection:
        beat(connection, "slack_delivery", watching.now)
    watching.watch.look()
    watching.watch.look()
    assert watching.posted[1:] == [":white_check_mark: The sensor slack_delivery ticks again."]


def test_health_names_a_sensor_that_stopped_alone(client: TestClient, engine: sa.Engine) -> None:
    tick(engine, NOW)
    with engine.begin() as connection:
        beat(connection, "budget_openai", NOW - 16 * MINUTE)
        beat(connection, "budget_of_a_removed_provider", NOW - timedelta(days=3))
    body = client.get("/health/extended").json()
    assert (body["status"], body["daemon"]["quiet_sensors"]) == ("degraded", ["budget_openai"])
    assert "Sensors do not tick: budget_openai." in client.get("/trends/dashboard").text
