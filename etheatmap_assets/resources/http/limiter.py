"""Token buckets that all processes share: a bucket refills steadily up to its capacity; what is not there is not sent.

In any stretch of time a bucket grants at most its capacity and what was refilled meanwhile. By default the server's
clock counts, the same for all, so that a process whose clock is wrong cannot overspend.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import redis
import sqlalchemy as sa

from etheatmap_core.errors import DatabaseUnavailableError


@dataclass(frozen=True)
class Grant:
    """Whether the tokens were taken. ``wait_seconds``: until they would be there, if nobody else takes any."""

    is_granted: bool
    wait_seconds: float

    def __bool__(self) -> bool:
        return self.is_granted


class Limiter(Protocol):
    """Takes tokens, all or none. ``now`` is for tests and simulated time; None is the server's clock."""

    def take(
        self, bucket: str, tokens: int, capacity: int, refill_per_second: float, now: datetime | None = None
    ) -> Grant:
        """ValueError for more tokens than the bucket holds: waiting would not help."""

    def close(self) -> None:
        """Closes what it has opened."""


# One statement, so that no other process comes between reading and taking. The row lock of the upsert makes those wait
# who are at the same bucket. A clock that goes back refills nothing and does not set the bucket back.
_TAKE = sa.text("""
    WITH clock AS (SELECT coalesce(CAST(:now AS timestamptz), clock_timestamp()) AS now)
    INSERT INTO rate_buckets AS bucket (bucket, tokens, refilled_at)
    SELECT :bucket, CAST(:capacity AS double precision) - :tokens, clock.now FROM clock
    ON CONFLICT (bucket) DO UPDATE
    SET tokens = least(:capacity, bucket.tokens + :refill_per_second * greatest(0, extract(epoch FROM
                     excluded.refilled_at - bucket.refilled_at))) - :tokens,
        refilled_at = greatest(bucket.refilled_at, excluded.refilled_at)
    WHERE least(:capacity, bucket.tokens + :refill_per_second * greatest(0, extract(epoch FROM
              excluded.refilled_at - bucket.refilled_at))) >= :tokens
    RETURNING 1""")
_MISSING = sa.text("""
    SELECT CAST(:tokens AS double precision) - least(:capacity, tokens + :refill_per_second * greatest(0, extract(
        epoch FROM coalesce(CAST(:now AS timestamptz), clock_timestamp()) - refilled_at))) AS missing
    FROM rate_buckets WHERE bucket = :bucket""")


class PostgresLimiter:
    """Buckets in the table ``rate_buckets``."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(
        self, bucket: str, tokens: int, capacity: int, refill_per_second: float, now: datetime | None = None
    ) -> Grant:
        _require_holdable(bucket, tokens, capacity)
        asked = {
            "bucket": bucket,
            "tokens": float(tokens),
            "capacity": float(capacity),
            "refill_per_second": refill_per_second,
            "now": now,
        }
        with self._engine.begin() as connection:
            if connection.execute(_TAKE, asked).one_or_none() is not None:
                return Grant(is_granted=True, wait_seconds=0.0)
            missing = connection.execute(_MISSING, asked).scalar_one()
        return Grant(is_granted=False, wait_seconds=max(0.0, missing) / refill_per_second)

    def close(self) -> None:
        """The engine is its owner's."""


# The same in Redis, where a script runs alone. A bucket that would be full again expires: full is what none means.
_SCRIPT = """
local now = tonumber(ARGV[4])
if not now then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
end
local tokens, capacity, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'tokens', 'refilled_at')
local there, refilled_at = tonumber(known[1]) or capacity, tonumber(known[2]) or now
there = math.min(capacity, there + refill * math.max(0, now - refilled_at))
if there < tokens then
  return tostring((tokens - there) / refill)
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', there - tokens),
           'refilled_at', string.format('%.17g', math.max(now, refilled_at)))
redis.call('EXPIRE', KEYS[1], math.ceil(capacity / refill) + 60)
return '0'
"""


class RedisLimiter:
    """Buckets in Redis, under ``etheatmap:rate:``."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._take = cast("Callable[..., Any]", self._redis.register_script(_SCRIPT))

    def take(
        self, bucket: str, tokens: int, capacity: int, refill_per_second: float, now: datetime | None = None
    ) -> Grant:
        _require_holdable(bucket, tokens, capacity)
        instant = "" if now is None else repr(now.astimezone(UTC).timestamp())
        try:
            answer = self._take(
                keys=[f"etheatmap:rate:{bucket}"], args=[tokens, capacity, repr(refill_per_second), instant]
            )
        except redis.RedisError as error:
            raise DatabaseUnavailableError(
                f"The rate limits cannot be read, Redis does not answer ({type(error).__name__}): "
                "start it, or leave REDIS_URL empty and PostgreSQL keeps them."
            ) from error
        wait_seconds = float(answer)
        return Grant(is_granted=answer == b"0", wait_seconds=wait_seconds)

    def close(self) -> None:
        self._redis.close()


def _require_holdable(bucket: str, tokens: int, capacity: int) -> None:
    if not 0 < tokens <= capacity:
        raise ValueError(f"{bucket}: {tokens} tokens are asked for, the bucket holds {capacity}")
