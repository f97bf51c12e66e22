"""The gateway of one installation, from its settings and configs/."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import sqlalchemy as sa

from etheatmap_assets.resources.http.addresses import AddressGuard, places_of
from etheatmap_assets.resources.http.audit import PostgresAudit
from etheatmap_assets.resources.http.breaker import PostgresBreaker
from etheatmap_assets.resources.http.gateway import Gateway
from etheatmap_assets.resources.http.limiter import Limiter, PostgresLimiter, RedisLimiter
from etheatmap_assets.resources.http.redact import Redactor, secrets_of
from etheatmap_assets.resources.http.reservations import Reserve, metered
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.clock import Clock, system_clock
from etheatmap_core.config import Config
from etheatmap_core.config.model import SourceLimits
from etheatmap_core.settings import Settings

_FEEDS = "trade_rss"


def build_gateway(
    settings: Settings,
    config: Config,
    engine: sa.Engine,
    *,
    clock: Clock = system_clock,
    allowed: Mapping[str, Collection[str]] | None = None,
    reserve: Reserve | None = None,
) -> Gateway:
    """``allowed``: more hosts that the operator configured, by source. Simulated time holds for the limits too."""
    redactor = Redactor(secrets_of(settings))
    hosts = configured_hosts(settings, config)
    for source, more in (allowed or {}).items():
        hosts[source] = hosts.get(source, frozenset()) | frozenset(more)
    return Gateway(
        _with_timeouts(config.limits, settings),
        guard=AddressGuard(config.limits, hosts, settings.simulator_url),
        limiter=_limiter(settings, engine),
        breaker=PostgresBreaker(engine),
        audit=PostgresAudit(engine, clock, redactor.text),
        redactor=redactor,
        user_agent=settings.http_user_agent,
        user_agents=_user_agents(settings),
        reserve=reserve or metered(open_ledger(engine, clock), config.budgets.uses, lambda: config.budgets.accounts),
        clock=clock,
        limiter_clock=None if clock is system_clock else clock,
    )


def open_ledger(engine: sa.Engine, clock: Clock) -> Ledger:
    """The books on the database's clock, or in simulated time."""
    return Ledger(engine, None if clock is system_clock else clock)


def configured_hosts(settings: Settings, config: Config) -> dict[str, frozenset[str]]:
    """The hosts of the addresses that the operator has written down, by source."""
    urls = {source.name: [source.base_url] for source in config.sources.values() if source.base_url}
    urls.setdefault("wiki", []).append(settings.wikimedia_dumps_url)
    feeds = [feed.url for feed in config.trade_feeds]
    urls.setdefault(_FEEDS, []).extend([settings.variety_rss, settings.thr_rss, *feeds])
    return {source: places_of(addresses) for source, addresses in urls.items()}


def _limiter(settings: Settings, engine: sa.Engine) -> Limiter:
    if settings.redis_url is not None:
        return RedisLimiter(settings.redis_url.get_secret_value())
    return PostgresLimiter(engine)


def _user_agents(settings: Settings) -> dict[str, str]:
    """Where somebody else is to be told than everywhere."""
    rss = settings.rss_user_agent
    chosen = {_FEEDS: rss, "google_news": rss, "reddit": settings.reddit_user_agent}
    return {source: user_agent for source, user_agent in chosen.items() if user_agent}


def _with_timeouts(limits: Mapping[str, SourceLimits], settings: Settings) -> dict[str, SourceLimits]:
    """RSS_TIMEOUT says how long to wait for a feed, where limits.yml does not."""
    waiting = dict(limits)
    if (feeds := limits.get(_FEEDS)) is not None and feeds.timeout_seconds is None:
        waiting[_FEEDS] = replace(feeds, timeout_seconds=settings.rss_timeout)
    return waiting
