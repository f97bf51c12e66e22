"""What every collector works with, and how an attempt at an hour begins and ends."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import sqlalchemy as sa

from etheatmap_assets.resources.http import Gateway
from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.archive import RawArchive
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import refusal
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.settings import Settings
from etheatmap_core.signals.source_hours import SourceHour, record_hour

Collected = TypeVar("Collected")


@dataclass(frozen=True)
class Kit:
    """The resources of a run that collects."""

    engine: sa.Engine
    archive: RawArchive
    gateway: Gateway
    settings: Settings
    config: Config
    clock: Clock
    run_id: str = ""
    # Requested by automation, and not by a person: it keeps the pace of the budgets, and leaves their last part alone.
    is_automated: bool = False

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.engine, self.clock)

    def refusal(self, source: str) -> EtHeatmapError | None:
        """Why the source may not be asked here."""
        return refusal(source, self.config, self.settings)


class HourByHour(ABC, Generic[Collected]):
    """What all who collect hours share: many of them one after the other, and how old one is."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @abstractmethod
    def collect(self, hour: datetime) -> Collected:
        """Makes the hour's rows, or raises an EtHeatmapError and leaves what there was of the hour untouched."""

    def collect_range(self, hours: HourRange) -> Iterator[tuple[datetime, Collected | EtHeatmapError]]:
        """The same for many hours, in order."""
        for hour in hours:
            try:
                yield hour, self.collect(hour)
            except EtHeatmapError as error:
                yield hour, error

    def hours_since_end(self, hour: datetime) -> float:
        """How long ago the hour ended."""
        return (self._kit.clock() - (hour + HOUR)) / HOUR


@contextmanager
def attempt(kit: Kit, source: str, hour: datetime) -> Iterator[None]:
    """One attempt at an hour. Refused where the source is off or lacks its keys; how it fails is recorded."""
    try:
        if (error := kit.refusal(source)) is not None:
            raise error
        yield
    except EtHeatmapError as error:
        outcome = SourceHour(str(error.state), str(error))
        with kit.engine.begin() as connection:
            record_hour(connection, source, hour, outcome, ended_at=kit.clock())
        raise
