"""The gateway as an installation makes it: what its settings mean, and what stays in the database."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import stamina
from pydantic import SecretStr

from etheatmap_assets.resources.http import Call, Gateway, build_gateway
from etheatmap_core.config import load_config
from etheatmap_core.errors import (
    CircuitOpenError,
    CorruptCaptureError,
    DeferredError,
    NotPublishedYetError,
    UpstreamUnreachableError,
)
from etheatmap_core.settings import Settings, load_settings

SHIPPED = Path(__file__).parents[3] / "configs"
NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


class Simulator:
    """Answers every path with ``status``; writes down who was asked for what, and by whom."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[tuple[str, str | None]] = []
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulator.asked.append((self.path, self.headers["User-Agent"]))
                self.send_response(simulator.status)
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator()
    serving = threading.Thread(target=simulator.http.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield simulator
    simulator.http.shutdown()
    simulator.http.server_close()
    serving.join()


class Installation:
    """Settings, configs and a clock, and the gateways made from them."""

    def __init__(self, folder: Path, engine: sa.Engine, simulator: Simulator) -> None:
        self.configs = Path(shutil.copytree(SHIPPED, folder / "configs"))
        self.engine = engine
        self.now = NOW
        self.settings = load_settings(None).model_copy(update={"simulator_url": simulator.url})
        self._opened: list[Gateway] = []

    def change(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)

    def gateway(self) -> Gateway:
        opened = build_gateway(self.settings, load_config(self.configs), self.engine, clock=lambda: self.now)
        self._opened.append(opened)
        return opened

    def limit(self, source: str, text: str) -> None:
        """limits.yml with this one source in it."""
        (self.configs / "limits.yml").write_text(f"limits:\n  {source}: {text}\n")

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(query)).mappings()]

    def close(self) -> None:
        for gateway in self._opened:
            gateway.close()


@pytest.fixture
def installation(tmp_path: Path, engine: sa.Engine, simulator: Simulator) -> Iterator[Installation]:
    installation = Installation(tmp_path, engine, simulator)
    with stamina.set_testing(True, attempts=1):
        yield installation
    installation.close()


def test_a_call_is_written_down_whatever_becomes_of_the_run(installation: Installation, tmp_path: Path) -> None:
    """In a transaction of its own: the run's own is rolled back here."""
    gateway = installation.gateway()
    with installation.engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO source_health (source) VALUES ('reddit')"))
        gateway.fetch(Call("trends", "https://trends.google.com/trending/rss?geo=US&token=t"), tmp_path / "a")
        connection.rollback()
    [row] = installation.rows("SELECT ts, source, event, level, status, extra FROM audit_logs")
    assert row["extra"].pop("seconds") >= 0
    assert row == {
        "ts": NOW, "source": "trends", "event": "fetch", "level": "info", "status": "200",
        "extra": {"url": "https://trends.google.com/trending/rss?geo=US&token=***", "attempt": 1, "size_bytes": 5},
    }  # fmt: skip
    assert [found["source"] for found in installation.rows("SELECT source FROM source_health")] == ["trends"]


def test_an_answer_that_is_young_enough_is_a_hit(installation: Installation) -> None:
    installation.change(news_api_key=SecretStr("s3cret"))
    installation.gateway().audit.cache_hit("wiki", "https://h.org/?q=s3cret", 12.34567)
    [row] = installation.rows("SELECT source, event, level, status, extra FROM audit_logs")
    assert row == {
        "source": "wiki", "event": "cache hit", "level": "info", "status": "ok",
        "extra": {"key": "https://h.org/?q=***", "age_seconds": 12.346},
    }  # fmt: skip


def test_a_circuit_opens_for_every_process_and_closes_again(
    installation: Installation, simulator: Simulator, tmp_path: Path
) -> None:
    installation.limit("reddit", "{hosts: [oauth.reddit.com], requests: 60/minute, breaker: {failures: 3}}")
    call, to = Call("reddit", "https://oauth.reddit.com/r/movies/hot"), tmp_path / "a"
    simulator.status = 503
    for _ in range(3):
        with pytest.raises(UpstreamUnreachableError):
            installation.gateway().fetch(call, to)
    with pytest.raises(CircuitOpenError, match=r"reddit is not asked until 2026-03-14 12:05:00 UTC") as error:
        installation.gateway().fetch(call, to)
    assert error.value.open_until == NOW + timedelta(minutes=5)
    assert len(simulator.asked) == 3
    [health] = installation.rows(
        "SELECT last_ok, last_error, consecutive_errors, circuit_open_until FROM source_health"
    )
    assert health == {
        "last_ok": None, "consecutive_errors": 3, "circuit_open_until": error.value.open_until,
        "last_error": "oauth.reddit.com cannot be reached (status 503): check the network, or ask again later.",
    }  # fmt: skip
    simulator.status = 200
    installation.now += timedelta(minutes=5)
    installation.gateway().fetch(call, to)
    [health] = installation.rows("SELECT last_ok, consecutive_errors, circuit_open_until FROM source_health")
    assert health == {"last_ok": installation.now, "consecutive_errors": 0, "circuit_open_until": None}
    events = [row["event"] for row in installation.rows("SELECT event FROM audit_logs ORDER BY id")]
    assert events == ["fetch"] * 3 + ["circuit open", "fetch"]


@pytest.mark.parametrize("keeper", ["postgresql", "redis"])
def test_limits_hold_over_gateways_and_time_gives_room_again(
    installation: Installation, simulator: Simulator, tmp_path: Path, keeper: str, request: pytest.FixtureRequest
) -> None:
    if keeper == "redis":
        installation.change(redis_url=SecretStr(request.getfixturevalue("redis_url")))
    installation.limit("trends", "{hosts: [trends.google.com], requests: 20/hour}")
    call, to = Call("trends", "https://trends.google.com/trends/api/explore", cost=5), tmp_path / "a"
    for _ in range(4):
        installation.gateway().fetch(call, to)
    with pytest.raises(DeferredError, match="trends: 20 requests an hour are used; next at 2026-03-14 13:00 UTC"):
        installation.gateway().fetch(call, to)
    installation.now += timedelta(minutes=59, seconds=59)
    with pytest.raises(DeferredError):
        installation.gateway().fetch(call, to)
    assert len(simulator.asked) == 4, "an hour's quota does not come back within the hour"
    installation.now += timedelta(seconds=1)
    installation.gateway().fetch(call, to)


def test_each_source_says_who_we_are(installation: Installation, simulator: Simulator, tmp_path: Path) -> None:
    installation.change(
        http_user_agent="us", rss_user_agent="us reading feeds", reddit_user_agent="us on reddit",
    )  # fmt: skip
    gateway = installation.gateway()
    for source, url in [
        ("trends", "https://trends.google.com/"),
        ("trade_rss", installation.settings.variety_rss),
        ("google_news", "https://news.google.com/rss"),
        ("reddit", "https://oauth.reddit.com/"),
    ]:
        gateway.fetch(Call(source, url), tmp_path / "a")
    told = [user_agent for _, user_agent in simulator.asked]
    assert told == ["us", "us reading feeds", "us reading feeds", "us on reddit"]


def test_every_address_the_operator_configured_may_be_asked(
    installation: Installation, simulator: Simulator, tmp_path: Path
) -> None:
    sources = (installation.configs / "sources.yml").read_text()
    changed = sources.replace("google_news: {", "google_news: {base_url: 'https://news.example.org/x', ")
    assert changed != sources
    (installation.configs / "sources.yml").write_text(changed)
    installation.change(wikimedia_dumps_url="https://mirror.example.org/dumps", thr_rss="http://feeds.example.org/thr")
    gateway = installation.gateway()
    for source, url in [
        ("google_news", "https://news.example.org/x/rss"),
        ("wiki", "https://mirror.example.org/dumps/a"),
        ("trade_rss", "http://feeds.example.org/thr"),
        *(("trade_rss", feed.url) for feed in load_config(installation.configs).trade_feeds),
    ]:
        gateway.fetch(Call(source, url), tmp_path / "a")
    assert simulator.asked[0][0] == "/news.example.org/x/rss"


def test_dumps_may_be_on_loopback_because_the_operator_said_so(
    installation: Installation, simulator: Simulator, tmp_path: Path
) -> None:
    installation.change(simulator_url=None, wikimedia_dumps_url=f"{simulator.url}/dumps")
    installation.gateway().fetch(Call("wiki", f"{simulator.url}/dumps/a"), tmp_path / "a")
    assert [path for path, _ in simulator.asked] == ["/dumps/a"]
    simulator.status = 404
    with pytest.raises(NotPublishedYetError):
        installation.gateway().fetch(Call("wiki", f"{simulator.url}/dumps/b"), tmp_path / "a")


def test_the_time_for_a_feed_is_the_one_of_its_setting(installation: Installation) -> None:
    installation.change(rss_timeout=3)
    waits = {source: limits.timeout_seconds for source, limits in installation.gateway()._limits.items()}
    assert (waits["trade_rss"], waits["trends"]) == (3, 20)


def test_the_shipped_limits_name_variables_that_exist() -> None:
    for limits in load_config(SHIPPED).limits.values():
        assert {name.lower() for name in limits.credentials} <= set(Settings.model_fields)


def test_a_wall_of_html_with_status_200_opens_the_circuit_as_silence_does(
    installation: Installation, tmp_path: Path
) -> None:
    installation.limit("trends", "{hosts: [trends.google.com], requests: 100/hour, breaker: {failures: 3}}")
    gateway = installation.gateway()
    call = Call("trends", "https://trends.google.com/trending/rss", is_read=True)
    for _ in range(3):
        gateway.fetch(call, tmp_path / "a")
        gateway.has_read("trends", CorruptCaptureError("The feed is an HTML page."))
    with pytest.raises(CircuitOpenError, match=r"The feed is an HTML page\."):
        gateway.fetch(call, tmp_path / "a")
    [health] = installation.rows("SELECT last_ok, last_error, consecutive_errors FROM source_health")
    assert health == {"last_ok": None, "last_error": "The feed is an HTML page.", "consecutive_errors": 3}


def test_an_answer_that_reads_well_ends_the_row_of_failures(installation: Installation, tmp_path: Path) -> None:
    gateway = installation.gateway()
    call = Call("trends", "https://trends.google.com/trending/rss", is_read=True)
    for error in (CorruptCaptureError("The feed is empty."), None):
        gateway.fetch(call, tmp_path / "a")
        gateway.has_read("trends", error)
    [health] = installation.rows("SELECT last_ok, consecutive_errors FROM source_health")
    assert health == {"last_ok": NOW, "consecutive_errors": 0}
