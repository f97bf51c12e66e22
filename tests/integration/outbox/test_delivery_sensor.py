"""The sensor that delivers, tick by tick: what it says, and that it leaves a heartbeat."""

import dagster as dg
import pytest
from pydantic import SecretStr

from etheatmap_assets.sensors.delivery import NAME, delivery_sensor
from etheatmap_core.outbox.deliver import PAUSE_SECONDS
from etheatmap_core.sensors_alive import last_beat
from etheatmap_core.settings import Settings


def tick(outbox, webhook: str | None) -> str | None:
    settings = Settings(
        _env_file=None,
        slack_webhook_url=None if webhook is None else SecretStr(webhook),
        simulator_url=outbox.slack.url,
    )
    sensor = delivery_sensor()
    resources = {"engine": outbox.engine, "settings": settings, "clock": lambda: outbox.now}
    with dg.build_sensor_context(sensor_name=NAME, resources=resources) as context:
        return sensor.evaluate_tick(context).skip_message


def test_a_tick_sends_what_waits_and_says_so(outbox) -> None:
    outbox.put("hello")
    assert PAUSE_SECONDS == 1
    assert tick(outbox, outbox.webhook) == "1 sent"
    assert outbox.arrived == ["hello"]
    assert tick(outbox, outbox.webhook) == "no message waits"


@pytest.mark.parametrize("webhook", [None, "https://hooks.slack.com/services/T0/B0/secret"])
def test_each_tick_leaves_a_heartbeat(outbox, webhook: str | None) -> None:
    tick(outbox, webhook)
    with outbox.engine.begin() as connection:
        assert last_beat(connection) == outbox.now


def test_without_a_webhook_the_tick_says_that_messages_were_only_logged(outbox) -> None:
    outbox.put("hello")
    assert tick(outbox, None) == "1 logged"
    assert outbox.arrived == []


def test_it_runs_from_the_start_and_starts_no_run() -> None:
    sensor = delivery_sensor()
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 20
