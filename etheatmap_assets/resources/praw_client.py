"""Reddit through praw, read-only, with everything it sends going through the gateway.

praw's own retries and pacing are off. prawcore retries what it sees fail (a status, an exception of requests): here it
sees no failure, ``_Requestor`` raises each as one of our states before prawcore has looked. It sleeps, for minutes when
a window is used up, by the x-ratelimit headers: it does not get to see them either, our own bucket holds the rate.
Here: the client. Not here: what is asked and what the bytes mean (sources/reddit.py).
"""

import json
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import praw
import prawcore
import requests

from etheatmap_assets.resources.http import Gateway, unwrap
from etheatmap_core.archive import Received
from etheatmap_core.errors import CorruptCaptureError, NoCredentialsError, UpstreamRefusedError
from etheatmap_core.settings import Settings

_VARIABLES = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
_PACING_HEADERS = ("x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset")


class ListingClient:
    """Pages of listings. A context manager: it closes its session."""

    def __init__(self, gateway: Gateway, source: str, settings: Settings, api_url: str) -> None:
        if settings.reddit_client_id is None or settings.reddit_client_secret is None:
            raise NoCredentialsError(f"{source} needs {' and '.join(_VARIABLES)}: set them in .env.")
        self._heard: list[tuple[Received, bytes]] = []
        self._refusal: UpstreamRefusedError | None = None
        self._session = gateway.session(source, self._keep)
        self._reddit = praw.Reddit(
            client_id=settings.reddit_client_id.get_secret_value(),
            client_secret=settings.reddit_client_secret.get_secret_value(),
            user_agent=settings.reddit_user_agent or settings.http_user_agent,
            oauth_url=f"{api_url}/",
            requestor_class=_Requestor,
            requestor_kwargs={"session": self._session},
            check_for_updates=False,
            check_for_async=False,
        )
        self._reddit.read_only = True  # whatever a praw.ini of this machine says

    def page(self, listing: str, limit: int, after: str | None) -> tuple[Received, bytes]:
        """One page of ``r/movies/new``, as Reddit sent it. ``after``: the id that the page before ends with."""
        if self._refusal is not None:  # our name and password do not become right by asking for each listing
            raise self._refusal
        self._heard.clear()
        try:
            # What is no JSON is heard all the same: the parser refuses it, and it is kept as evidence.
            with suppress(prawcore.BadJSON):
                self._reddit.request(
                    method="GET", path=listing, params={"limit": limit, **({"after": after} if after else {})}
                )
        except _TokenRefusedError as error:
            self._refusal = UpstreamRefusedError(str(error), error.status_code)
            raise self._refusal from error
        except UpstreamRefusedError as error:
            raise _explained(listing, error) from error
        except prawcore.PrawcoreException as error:
            raise unwrap(error) or CorruptCaptureError(
                f"praw does not understand {listing} of reddit: {error}"
            ) from error
        if not self._heard:
            raise CorruptCaptureError(f"{listing} of reddit came without content.")
        return self._heard[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def _keep(self, _request: requests.PreparedRequest, received: Received, body: bytes) -> None:
        self._heard.append((received, body))


class _TokenRefusedError(UpstreamRefusedError):
    """Reddit does not know this app."""


class _Requestor(prawcore.Requestor):
    """Answers good ones, raises the others as our states."""

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        is_for_token = str(args[1] if len(args) > 1 else kwargs.get("url")).endswith("/api/v1/access_token")
        try:
            response = super().request(*args, timeout=timeout, **kwargs)
        except prawcore.RequestException as error:
            state = unwrap(error)
            if is_for_token and isinstance(state, UpstreamRefusedError):
                raise _refused_token(f"status {state.status_code}", state.status_code) from error
            if state is None:
                raise
            raise state from error
        if response.is_redirect:
            raise UpstreamRefusedError("a redirect to a search", response.status_code)
        if is_for_token:
            _require_token(response)
        for header in _PACING_HEADERS:
            response.headers.pop(header, None)
        return response


def _require_token(response: requests.Response) -> None:
    try:
        token = json.loads(response.content)
    except ValueError as error:
        raise CorruptCaptureError(f"The token of reddit is not whole JSON ({error}).") from None
    if isinstance(token, dict) and "error" in token:  # with status 200
        raise _refused_token(str(token["error"]), response.status_code)
    expected = {"access_token": str, "expires_in": int, "scope": str}
    for name, kind in expected.items():
        if not isinstance(token, dict) or not isinstance(token.get(name), kind):
            raise CorruptCaptureError(f"The token of reddit has no {name!r}.")


def _refused_token(reason: str, status_code: int | None) -> _TokenRefusedError:
    return _TokenRefusedError(f"Reddit gives us no token ({reason}): check {' and '.join(_VARIABLES)}.", status_code)


def _explained(listing: str, error: UpstreamRefusedError) -> UpstreamRefusedError:
    """What a status means for a listing."""
    subreddit = listing.rpartition("/")[0]
    match error.status_code:
        case 403:
            why = f"{subreddit} is private or quarantined, or Reddit does not want us (403)"
        case 404:
            why = f"{subreddit} is banned, or there is none (404)"
        case 301 | 302:
            why = f"There is no {subreddit}: Reddit redirects to a search"
        case _:
            return error
    return UpstreamRefusedError(
        f"{why}: take it out of REDDIT_TARGET_SUBS, or check REDDIT_USER_AGENT where it happens to all.",
        error.status_code,
    )
