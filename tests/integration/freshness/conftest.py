"""An installation whose partitions are reported made, and its freshness sensor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

sys.path.append(str(Path(__file__).parents[1] / "assets"))

from installation import Installation

from etheatmap_assets.definitions import build_defs
from etheatmap_core.hours import partition_key


class Watched:
    """``tick`` is one of the sensor's; its cursor is kept, and its events go to the instance."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self._cursor: str | None = None

    @property
    def definitions(self) -> dg.Definitions:
        return build_defs(self.place.settings(), clock=lambda: self.place.now)

    def made(self, asset: str, *hours: datetime) -> None:
        for hour in hours:
            self.report(asset, partition_key(hour))

    def report(self, asset: str, partition: str) -> None:
        self.place.instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition))

    def tick(self, *, is_restarted: bool = False) -> dict[str, tuple[bool, str]]:
        """What it said, by asset: passed, and the reason."""
        sensor = next(sensor for sensor in self.definitions.sensors or [] if sensor.name == "freshness")
        result = self.evaluate(sensor, cursor=None if is_restarted else self._cursor)
        assert isinstance(result, dg.SensorResult)
        self._cursor = result.cursor
        for event in result.asset_events:
            self.place.instance.report_runless_asset_event(event)
        checks = [event for event in result.asset_events if isinstance(event, dg.AssetCheckEvaluation)]
        return {check.asset_key.to_user_string(): (bool(check.passed), str(check.description)) for check in checks}

    def evaluate(self, sensor: dg.SensorDefinition, cursor: str | None = None) -> object:
        """One tick of any sensor."""
        resources = self.definitions.resources or {}
        needed = {key: resources[key] for key in sensor.required_resource_keys}
        with dg.build_sensor_context(instance=self.place.instance, cursor=cursor, resources=needed) as context:
            return sensor(context)

    def messages(self) -> list[str]:
        return [row["text"] for row in sorted(self.place.rows("outbox"), key=lambda row: row["id"])]

    def states(self) -> dict[str, str]:
        return {row["asset"]: row["state"] for row in self.place.rows("asset_freshness")}


@pytest.fixture
def watched(tmp_path: Path, database_url: str) -> Iterator[Watched]:
    installation = Installation(tmp_path, database_url)
    yield Watched(installation)
    installation.close()
