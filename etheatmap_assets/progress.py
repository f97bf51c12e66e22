"""How far a long range has come, for whoever waits for it. Assets report; who listens is decided outside."""

from typing import Protocol


class Progress(Protocol):
    """Receives a step each time an hour of an asset is done."""

    def begin(self, asset: str, total_hours: int) -> None: ...

    def advance(self, asset: str, hours: int = 1) -> None: ...


class SilentProgress:
    """For runs nobody watches on a terminal; Dagster's own log has the details."""

    def begin(self, asset: str, total_hours: int) -> None:
        """Nothing to show."""

    def advance(self, asset: str, hours: int = 1) -> None:
        """Nothing to show."""
