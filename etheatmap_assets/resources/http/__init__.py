"""The one way to upstreams: limits, breaker, retries, reservations, audit, and addresses that may be asked.

Here: everything between "ask this" and bytes in a file. Not here: what is asked and what the bytes mean (sources/).
"""

from etheatmap_assets.resources.http.calls import Call, NotModified, Validators
from etheatmap_assets.resources.http.downloader import Downloader
from etheatmap_assets.resources.http.gateway import Gateway
from etheatmap_assets.resources.http.reservations import Reservation, Reserve, unmetered

__all__ = ["Call", "Downloader", "Gateway", "NotModified", "Reservation", "Reserve", "Validators", "unmetered"]
