"""The hour grid: every partition is one UTC hour, named by its start.

Here: parsing, formatting and ranges of hours, the stored start of the grid. Never the current time: callers pass it.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from etheatmap_core.errors import ConfigError

HOUR = timedelta(hours=1)
GRID_DAYS_BEFORE_FIRST_START = 60
_SPELLING = re.compile(r"(\d{4}-\d{2}-\d{2})[T -](\d{2})(:00)?(:00)?(Z|\+00:00)?")


def floor_hour(instant: datetime) -> datetime:
    """The start of the UTC hour that holds ``instant`` (which must carry a time zone)."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone has no hour")
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def parse_hour(text: str) -> datetime:
    """``2012-02-14T16`` (also with ``:00`` or as a partition key ``2012-02-14-16:00``) as an instant, UTC."""
    match = _SPELLING.fullmatch(text.strip())
    try:
        if match:
            return datetime.strptime(f"{match[1]} {match[2]} +0000", "%Y-%m-%d %H %z").astimezone(UTC)
    except ValueError:
        pass  # a date that does not exist is told below like any other bad spelling
    raise ConfigError(f"'{text}' is not an hour: write it as 2012-02-14T16 (UTC).")


def partition_key(hour: datetime) -> str:
    """The name Dagster gives the hour's partition: ``2012-02-14-16:00``."""
    return hour.astimezone(UTC).strftime("%Y-%m-%d-%H:00")


@dataclass(frozen=True)
class HourRange:
    """Hours from ``start`` up to, not including, ``end``; both whole UTC hours."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start != floor_hour(self.start) or self.end != floor_hour(self.end) or self.end < self.start:
            raise ValueError(f"not a range of whole hours: {self.start} to {self.end}")

    @classmethod
    def single(cls, hour: datetime) -> "HourRange":
        return cls(hour, hour + HOUR)

    def __len__(self) -> int:
        return (self.end - self.start) // HOUR

    def __iter__(self) -> Iterator[datetime]:
        return (self.start + i * HOUR for i in range(len(self)))

    def __contains__(self, instant: object) -> bool:
        return isinstance(instant, datetime) and self.start <= instant < self.end

    def widened(self, hours_before: int) -> "HourRange":
        """The same range with ``hours_before`` more hours in front."""
        return HourRange(self.start - hours_before * HOUR, self.end)


def stored_grid_start(home: Path, now: datetime) -> datetime:
    """The first hour of this installation's grid: 60 days before its first start, then the same for ever.

    Kept in ``home/hour_grid.json``. A start that moved at every reload would drop partitions and lose requests.
    """
    path = home / "hour_grid.json"
    home.mkdir(parents=True, exist_ok=True)
    first = floor_hour(now).replace(hour=0) - timedelta(days=GRID_DAYS_BEFORE_FIRST_START)
    draft = home / f".hour_grid.{os.getpid()}"
    draft.write_text(json.dumps({"starts_at": first.isoformat()}) + "\n")
    try:
        os.link(draft, path)  # atomic, and refuses to overwrite: of two first starts only one counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    try:
        return floor_hour(datetime.fromisoformat(json.loads(path.read_text())["starts_at"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged ({error}): restore it or delete it to start a new hour grid.") from error
