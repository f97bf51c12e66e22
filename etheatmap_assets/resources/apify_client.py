"""Apify through its SDK, with everything it sends going through the gateway, its own retries off.

The SDK takes another HTTP client: ours hands each request to the gateway, and raises what is no answer as one of our
states before the SDK has looked. Here: the client. Not here: how a run is waited for and paid (sources/apify_runs),
what is asked and what the items mean (the sources).
"""

import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pydantic
from apify_client import ApifyClient
from apify_client.http_clients import HttpClient, HttpResponse

from etheatmap_assets.resources.http import Call, Charge, Gateway, Refused
from etheatmap_core.archive import Received
from etheatmap_core.budget.model import MICROS_PER_USD
from etheatmap_core.errors import (
    CorruptCaptureError,
    EtHeatmapError,
    NoCredentialsError,
    RateLimitedError,
    UpstreamBudgetError,
    UpstreamRefusedError,
)
from etheatmap_core.settings import Settings

_TOKEN = "APIFY_TOKEN"  # noqa: S105  (the variable's name)
_ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"})
_PAYMENT_REQUIRED, _NOT_FOUND = 402, 404
# What Apify says of itself in ``error.type``.
_USED_UP = frozenset({"not-enough-usage-to-run-paid-actor", "platform-feature-disabled", "usage-hard-limit-exceeded"})
_BUSY = frozenset({"actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded"})
_ITEM_FORMAT = "json"
_WORDS = 200  # of Apify's explanation, in a message


@dataclass(frozen=True)
class ActorRun:
    """A run as Apify tells of it. ``usage_micros``: what it has cost so far, None where it does not say."""

    id: str
    status: str
    message: str
    started_at: datetime
    dataset_id: str
    usage_micros: int | None

    @property
    def has_ended(self) -> bool:
        return self.status in _ENDED

    @property
    def has_succeeded(self) -> bool:
        return self.status == "SUCCEEDED"


class RunClient:
    """Runs of actors and what they have found, for one source."""

    def __init__(self, gateway: Gateway, source: str, settings: Settings, api_url: str) -> None:
        if settings.apify_token is None:
            raise NoCredentialsError(f"{source} needs {_TOKEN}: set it in .env.")
        token = settings.apify_token.get_secret_value()
        self._http = _GatewayClient(gateway, source, token)
        self._apify = ApifyClient.with_custom_http_client(token, api_url=api_url, http_client=self._http)

    def start(
        self, actor: str, run_input: Mapping[str, Any], charge: Charge, *, most_items: int, seconds: int
    ) -> ActorRun:
        """Begins a run, which Apify ends by itself after so many ``seconds``, or where it would cost more than the
        units of ``charge`` (micro-dollars)."""
        with self._http.sending(charge=charge), _understood(f"a new run of {actor}"):
            started = self._apify.actor(actor).start(
                run_input=dict(run_input),
                max_items=most_items,
                max_total_charge_usd=Decimal(charge.units) / MICROS_PER_USD,
                run_timeout=timedelta(seconds=seconds),
            )
            return _run(started)

    def get(self, run_id: str) -> ActorRun:
        """How a run is now. UpstreamRefusedError (404) where Apify does not know it any more."""
        with _understood(f"run {run_id}"):
            found = self._apify.run(run_id).get()
            if found is None:
                raise UpstreamRefusedError(f"Apify does not know the run {run_id}.", _NOT_FOUND)
            return _run(found)

    def abort(self, run_id: str) -> ActorRun:
        """Ends it before its time; what it has cost so far is charged."""
        with _understood(f"the end of run {run_id}"):
            return _run(self._apify.run(run_id).abort())

    def items(self, dataset_id: str, most: int) -> tuple[Received, bytes]:
        """What a run has found, as Apify sent it."""
        with self._http.sending(is_read=True):
            body = self._apify.dataset(dataset_id).get_items_as_bytes(item_format=_ITEM_FORMAT, limit=most)
        if self._http.received is None:
            raise ValueError("the SDK has not asked")
        return self._http.received, body


class _GatewayClient(HttpClient):
    """Sends by the gateway; ``received`` is the last answer."""

    def __init__(self, gateway: Gateway, source: str, token: str) -> None:
        super().__init__(token=token, max_retries=0)
        self._gateway = gateway
        self._plain = Call(source, "", refusal=_refusal, is_free=True)
        self._call = self._plain
        self.received: Received | None = None

    @contextmanager
    def sending(self, *, charge: Charge | None = None, is_read: bool = False) -> Iterator[None]:
        """What is sent within is paid so, and read so; all else costs nothing."""
        self._call = replace(self._plain, charge=charge, is_free=charge is None, is_read=is_read)
        try:
            yield
        finally:
            self._call = self._plain

    def send_request(
        self,
        *,
        method: str,
        url: str,
        headers: dict[str, str],
        content: bytes | Iterator[bytes] | None,
        timeout: float | None,  # noqa: ARG002  (limits.yml says how long)
        stream: bool,  # noqa: ARG002  (nothing here is too large for the memory)
    ) -> HttpResponse:
        body = content if content is None or isinstance(content, bytes) else b"".join(content)
        own = {name: value for name, value in headers.items() if name.lower() != "user-agent"}
        with tempfile.TemporaryDirectory(prefix="etheatmap-") as folder:
            to = Path(folder) / "answer"
            self.received = self._gateway.fetch(replace(self._call, url=url, method=method, headers=own, body=body), to)
            return _Response(self.received, to.read_bytes())


class _Response:
    """What the SDK reads: all of it is here already."""

    def __init__(self, received: Received, body: bytes) -> None:
        self.status_code = received.status_code or 200
        self.content = body
        self.headers: Mapping[str, str] = {"content-type": received.content_type or ""}

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def read(self) -> bytes:
        return self.content

    async def aread(self) -> bytes:
        return self.content

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""

    def iter_bytes(self) -> Iterator[bytes]:
        yield self.content

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        yield self.content


def _run(told: Any) -> ActorRun:
    """``usageTotalUsd`` in whole micro-dollars, never less."""
    usage = None
    if told.usage_total_usd is not None:
        usage = int((Decimal(str(told.usage_total_usd)) * MICROS_PER_USD).to_integral_value(ROUND_CEILING))
    return ActorRun(
        told.id, told.status, told.status_message or "", told.started_at, told.default_dataset_id,
        None if usage is None or usage < 0 else usage,
    )  # fmt: skip


@contextmanager
def _understood(what: str) -> Iterator[None]:
    """What the SDK cannot read is no answer."""
    try:
        yield
    except EtHeatmapError:
        raise
    except pydantic.ValidationError as error:
        fields = ", ".join(dict.fromkeys(".".join(map(str, problem["loc"])) for problem in error.errors()))
        raise CorruptCaptureError(f"Apify's answer about {what} is not as it should be in: {fields}.") from error
    except ValueError as error:
        raise CorruptCaptureError(f"Apify's answer about {what} is not whole JSON ({error}).") from error


def _refusal(refused: Refused) -> EtHeatmapError | None:
    """By Apify's own words; None where the status says it all."""
    kind, words = _explanation(refused.body)
    status = refused.status_code
    if kind in _USED_UP or (status == _PAYMENT_REQUIRED and kind not in _BUSY):
        return UpstreamBudgetError(
            f"Apify runs nothing more for this account ({words or kind}): raise its limit in Apify's console, or wait "
            "for its next period.",
            status,
        )
    if kind in _BUSY:
        return RateLimitedError(f"Apify has no room for another run ({words or kind}): it is tried again later.")
    if status == 401:
        return UpstreamRefusedError(f"Apify does not know us ({words or 'status 401'}): check {_TOKEN}.", status)
    if kind and status < 500 and status != 429:
        return UpstreamRefusedError(f"Apify refuses {refused.shown} ({status}, {kind}): {words}", status)
    return None


def _explanation(body: bytes) -> tuple[str, str]:
    """Type and words of the error; empty where it has none."""
    try:
        error = json.loads(body)["error"]
        return str(error["type"]), str(error["message"])[:_WORDS]
    except (ValueError, KeyError, TypeError):
        return "", ""
