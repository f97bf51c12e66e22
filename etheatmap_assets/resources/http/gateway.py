"""Skeleton: the interface others build on."""

from collections.abc import Callable
from pathlib import Path

import requests

from etheatmap_assets.resources.http.calls import Call, NotModified, Validators
from etheatmap_core.archive import Received


class Gateway:
    """The one way to upstreams. Safe to share between threads."""

    def fetch(self, call: Call, to: Path, *, validators: Validators | None = None) -> Received | NotModified:
        """Sends it, within limits, to a file."""
        raise NotImplementedError

    def ask(self, call: Call) -> bytes:
        """A small answer, in memory."""
        raise NotImplementedError

    def session(
        self, source: str, on_answer: Callable[[requests.PreparedRequest, Received, bytes], None]
    ) -> requests.Session:
        """For vendor SDKs: everything it sends goes through ``fetch``."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes the connections."""
