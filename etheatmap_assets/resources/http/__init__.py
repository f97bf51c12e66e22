"""The one way to upstreams: limits, breaker, retries, reservations, audit, and addresses that may be asked.

Here: everything between "ask this" and bytes in a file. Not here: what is asked and what the bytes mean (sources/).
"""

from etheatmap_assets.resources.http.addresses import places_of
from etheatmap_assets.resources.http.audit import Audit
from etheatmap_assets.resources.http.build import build_gateway
from etheatmap_assets.resources.http.calls import Call, Charge, NotModified, Refusal, Refused, Validators
from etheatmap_assets.resources.http.gateway import Gateway
from etheatmap_assets.resources.http.reservations import Reservation, Reserve, metered, unmetered
from etheatmap_assets.resources.http.sdk_session import unwrap

__all__ = [
    "Audit",
    "Call",
    "Charge",
    "Gateway",
    "NotModified",
    "Refusal",
    "Refused",
    "Reservation",
    "Reserve",
    "Validators",
    "build_gateway",
    "metered",
    "places_of",
    "unmetered",
    "unwrap",
]
