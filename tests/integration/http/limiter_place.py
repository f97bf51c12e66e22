"""Where limits are kept, as a test gets it."""

from dataclasses import dataclass

from etheatmap_assets.resources.http.limiter import Limiter


@dataclass(frozen=True)
class LimiterPlace:
    """A limiter, and what another process needs to open the same one."""

    limiter: Limiter
    kind: str
    url: str
