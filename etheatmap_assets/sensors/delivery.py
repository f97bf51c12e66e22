"""The sensor that sends messages: the only one that speaks HTTP, for twenty seconds a tick at most."""

import dagster as dg
import sqlalchemy as sa

from etheatmap_core.clock import Clock
from etheatmap_core.outbox.deliver import deliver
from etheatmap_core.outbox.slack import webhook_poster
from etheatmap_core.sensors_alive import beat
from etheatmap_core.settings import Settings

NAME = "slack_delivery"
_INTERVAL_SECONDS = 20


def delivery_sensor() -> dg.SensorDefinition:
    """The sensor ``slack_delivery``."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends what waits in the outbox to Slack; each message once.",
    )
    def sensor(
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        clock: dg.ResourceParam[Clock],
    ) -> dg.SkipReason:
        with engine.begin() as connection:
            beat(connection, NAME, clock())
        webhook = settings.slack_webhook_url
        post = None if webhook is None else webhook_poster(webhook.get_secret_value(), settings.simulator_url)
        return dg.SkipReason(str(deliver(engine, post, clock)))

    return sensor
