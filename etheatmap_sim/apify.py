"""Apify: runs of actors that go READY, RUNNING and to an end, and datasets with what they found on TikTok.

Paths and fields as docs.apify.com/api/v2 has them; videos as clockworks/tiktok-scraper documents them, hashtags as
TikTok's Creative Center names them. No recording was at hand. Any token is right but ``wrong`` (401), ``used-up``
(403, the account's monthly limit) and ``unpaid`` (402). A run moves on each time it is asked after, and all it has cost
is told only when it is asked after once more. How it ends its actor's name tells: one that ends in ``-fails``,
``-times-out`` or ``-goes-on`` does so; all others succeed.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.tiktok import TikTok
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "apify"
_START_USD, _RESULT_USD = 0.001, 0.003
_ENDS = {"-fails": "FAILED", "-times-out": "TIMED-OUT", "-goes-on": "RUNNING"}
_WORDS = {
    "SUCCEEDED": "Actor finished successfully.",
    "FAILED": "The proxy was blocked.",
    "TIMED-OUT": "The run was timed out.",
    "ABORTED": "Run was aborted.",
}
_REFUSED = {
    "": (401, "token-not-provided", "Authentication token was not provided."),
    "wrong": (401, "user-or-token-not-found", "User was not found or authentication token is not valid."),
    "used-up": (403, "platform-feature-disabled", "Monthly usage hard limit exceeded."),
    "unpaid": (402, "not-enough-usage-to-run-paid-actor", "By launching this job you would exceed what remains."),
}
_MANY = 1_000


def apify_upstream(items: Items, clock: Clock) -> Upstream:
    """Its account is its own: every simulator starts at nothing."""
    account = _Account(TikTok(items), clock)
    starts = [Route(f"/v2/{path}/{{actor}}/runs", account.start, methods=["POST"]) for path in ("acts", "actors")]
    routes = [
        *starts,
        Route("/v2/actor-runs/{run}", account.tell),
        Route("/v2/actor-runs/{run}/abort", account.abort, methods=["POST"]),
        Route("/v2/datasets/{dataset}/items", account.list_items),
        Route("/v2/users/me/usage/monthly", account.tell_usage),
    ]
    return Upstream(NAME, "/api.apify.com", routes)


@dataclass
class _Run:
    id: str
    actor: str
    started_at: datetime
    items: Sequence[dict[str, Any]]
    usage_usd: float
    options: dict[str, Any]
    status: str = "READY"
    finished_at: datetime | None = None
    polls: int = field(default=0)
    is_counted: bool = False  # what it has cost

    def go_on(self, now: datetime) -> None:
        self.polls += 1
        self.is_counted = self.finished_at is not None
        if self.status in ("READY", "RUNNING"):
            ending = next((end for suffix, end in _ENDS.items() if self.actor.endswith(suffix)), "SUCCEEDED")
            self.end("RUNNING" if self.polls == 1 else ending, now)

    def end(self, status: str, now: datetime) -> None:
        self.status = status
        self.finished_at = None if status == "RUNNING" else now

    def spelled(self) -> dict[str, Any]:
        cost = 0.0 if not self.finished_at else self.usage_usd if self.is_counted else _START_USD
        return {
            "id": self.id,
            "actId": self.actor.replace("~", ""),
            "userId": "simulatedUser0001",
            "startedAt": _iso(self.started_at),
            "finishedAt": self.finished_at and _iso(self.finished_at),
            "status": self.status,
            "statusMessage": _WORDS.get(self.status),
            "meta": {"origin": "API", "userAgent": "simulated"},
            "stats": {"inputBodyLen": 240, "restartCount": 0, "resurrectCount": 0, "computeUnits": 0.0138},
            "options": {"build": "latest", "memoryMbytes": 1024, "diskMbytes": 2048, **self.options},
            "buildId": "simulatedBuild001",
            "buildNumber": "0.0.36",
            "exitCode": 0 if self.status == "SUCCEEDED" else None,
            "defaultKeyValueStoreId": f"kv{self.id}",
            "defaultDatasetId": f"data{self.id}",
            "defaultRequestQueueId": f"queue{self.id}",
            "usageTotalUsd": round(cost, 6),
        }


class _Account:
    def __init__(self, tiktok: TikTok, clock: Clock) -> None:
        self._tiktok = tiktok
        self._clock = clock
        self._runs: list[_Run] = []

    async def start(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            asked = json.loads(body or b"{}")
            timeout = int(request.query_params.get("timeout", "0"))
            most = int(request.query_params.get("maxItems", _MANY))
            cap = float(request.query_params.get("maxTotalChargeUsd", "inf"))
        except ValueError:
            return _error(400, "invalid-input", "Input is not valid.")
        now, skew = self._clock(), skew_of(request)
        affordable = max(0, int((min(cap, _MANY) - _START_USD) / _RESULT_USD))
        found = self._found(asked, now, skew)[: min(most, affordable)]
        options = {"timeoutSecs": timeout, "maxItems": most, "maxTotalChargeUsd": None if cap == float("inf") else cap}
        usage = _START_USD + _RESULT_USD * len(found)
        run = _Run(f"run{len(self._runs):06}", request.path_params["actor"], now + skew, found, usage, options)
        self._runs.append(run)
        return JSONResponse({"data": run.spelled()}, 201)

    def tell(self, request: Request) -> Response:
        run = self._run(request.path_params["run"])
        if (refused := _refused(request)) is not None or run is None:
            return refused or _unknown("Actor run")
        run.go_on(self._clock())
        return JSONResponse({"data": run.spelled()})

    def abort(self, request: Request) -> Response:
        run = self._run(request.path_params["run"])
        if (refused := _refused(request)) is not None or run is None:
            return refused or _unknown("Actor run")
        run.end("ABORTED", self._clock())
        return JSONResponse({"data": run.spelled()})

    def list_items(self, request: Request) -> Response:
        run = self._run(request.path_params["dataset"].removeprefix("data"))
        if (refused := _refused(request)) is not None or run is None:
            return refused or _unknown("Dataset")
        most = int(request.query_params.get("limit", _MANY))
        return JSONResponse(list(run.items[:most]))

    def tell_usage(self, request: Request) -> Response:
        """What all runs have cost."""
        cost = sum(run.usage_usd for run in self._runs if run.finished_at)
        told = {"totalUsageCreditsUsdAfterVolumeDiscount": round(cost, 6)}
        return _refused(request) or JSONResponse({"data": told})

    def _run(self, run_id: str) -> _Run | None:
        return next((run for run in self._runs if run.id == run_id), None)

    def _found(self, asked: dict[str, Any], now: datetime, skew: timedelta) -> Sequence[dict[str, Any]]:
        if "searchQueries" in asked or "hashtags" in asked:
            most = int(asked.get("resultsPerPage", 1))
            found = [self._tiktok.searched(words, now, skew)[:most] for words in asked.get("searchQueries", ())]
            found += [self._tiktok.tagged(tag, now, skew)[:most] for tag in asked.get("hashtags", ())]
            return [video for videos in found for video in videos]
        return self._tiktok.rising(int(asked.get("maxItems", 100)), now, skew)


def _refused(request: Request) -> Response | None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    told = _REFUSED.get(token or request.query_params.get("token", ""))
    return None if told is None else _error(*told)


def _unknown(what: str) -> Response:
    return _error(404, "record-not-found", f"{what} was not found")


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"type": kind, "message": message}}, status)


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")
