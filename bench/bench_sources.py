"""One simulated hour of all free sources with 500 entities: collected, counted, scored; beside the same requests bare.

Each collector as a run of its own calls it, without Dagster (`backfill` measures that). The simulator is a process of
its own on the same machine, whose work is in both figures.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import sqlalchemy as sa
from pydantic import SecretStr

from bench.report import BenchRow
from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources.collector import Collector
from etheatmap_assets.sources.discovery import discovered
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.news import FEEDERS, NewsCollector
from etheatmap_assets.sources.roster_collector import RosterCollector
from etheatmap_assets.sources.wiki_collector import WikiCollector
from etheatmap_core.archive import RawArchive
from etheatmap_core.config import load_config
from etheatmap_core.config.access import scored_weights
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
from etheatmap_core.hours import HOUR, HourRange, floor_hour
from etheatmap_core.scoring.store import score_and_store
from etheatmap_core.settings import load_settings
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import read_roster, spelled_roster
from etheatmap_sim.trends import token_of

PROJECT = Path(__file__).parents[1]
ENTITIES = 500
_NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
_AIM = "< 60 s"
_NAME, _SECRET = "simulated-client", "simulated-secret"
_ROSTER, _WIKI, _NEWS, _SCORES = "entity_roster", "wiki", "news", "heat_scores"
_SENT = sa.text("""
    SELECT source, count(*) AS requests FROM audit_logs
    WHERE event IN ('fetch', 'rate limited') OR event = 'cache hit' AND status = '304' GROUP BY source""")
_HOURS = sa.text("SELECT source, state, questions, answered, deferred, mentions FROM source_hours")
_ANSWERED = sa.text("SELECT source, request_url AS url FROM captures WHERE state = 'good' ORDER BY captured_at")


@dataclass(frozen=True)
class _Ended:
    """How a source's hour ended, and the seconds it took."""

    seconds: float
    requests: int
    state: str
    questions: int
    answered: int
    deferred: int
    mentions: int


def run() -> list[BenchRow]:
    """A row a source, and one for all of them with the score."""
    folder = Path(tempfile.mkdtemp(prefix="ethx-"))
    try:
        roster = padded(read_roster(PROJECT / "configs" / "entities.csv"), ENTITIES)
        configs = Path(shutil.copytree(PROJECT / "configs", folder / "configs"))
        (configs / "entities.csv").write_text(spelled_roster(roster), encoding="utf-8")
        server = EmbeddedPostgres.start(folder / "pg")
        try:
            engine = create_engine(server.url("postgres"))
            migrate(engine)
            with _simulator(configs) as url, _kit(folder, configs, engine, server.url("postgres"), url) as kit:
                seconds = _collect(kit)
                ended, answered = _read_back(engine, seconds)
                limits = {name: str(entry.requests) for name, entry in kit.config.limits.items()}
            engine.dispose()
        finally:
            server.stop()
        with _simulator(configs) as url:  # a new one, that remembers nothing of what it has worked out before
            floors = {name: _bare(url, name, addresses) for name, addresses in answered.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _rows(seconds, ended, limits, floors)


def _collect(kit: Kit) -> dict[str, float]:
    """Seconds by source, in the order of a day that begins: whom articles are about, then everything else."""
    hour = floor_hour(kit.clock()) - HOUR
    day = _NOW.replace(hour=0, minute=0) - timedelta(days=1)
    weights = scored_weights(kit.config, kit.settings)
    steps: dict[str, Callable[[], object]] = {
        _ROSTER: partial(RosterCollector(kit).collect, day),
        _WIKI: partial(WikiCollector(kit).collect, hour),
        **{source.name: partial(Collector(source, kit).collect, hour) for source in discovered(kit.config)},
        _NEWS: partial(NewsCollector(kit, FEEDERS).collect, hour),
        _SCORES: lambda: score_and_store(
            kit.engine, HourRange.single(hour), weights, kit.config.source_types, kit.clock()
        ),
    }
    seconds = {}
    for name, step in steps.items():
        started = time.perf_counter()
        step()
        seconds[name] = time.perf_counter() - started
    return seconds


def _read_back(engine: sa.Engine, seconds: dict[str, float]) -> tuple[dict[str, _Ended], dict[str, list[str]]]:
    """How the sources ended, and the addresses that were answered."""
    with engine.connect() as connection:
        sent = {row.source: row.requests for row in connection.execute(_SENT)}
        ended = {
            row.source: _Ended(seconds[row.source], sent.get(row.source, 0), *row[1:])
            for row in connection.execute(_HOURS)
        }
        addresses: dict[str, list[str]] = {}
        for row in connection.execute(_ANSWERED):
            addresses.setdefault(row.source, []).append(row.url)
    return ended, addresses


def _bare(url: str, source: str, addresses: list[str]) -> float:
    """Seconds of one client that asks for the same and throws it away."""
    with httpx2.Client(timeout=60) as client:
        started = time.perf_counter()
        headers = {}
        if source == "reddit":
            asked = {"grant_type": "client_credentials"}
            told = client.post(f"{url}/www.reddit.com/api/v1/access_token", auth=(_NAME, _SECRET), data=asked)
            headers["authorization"] = f"bearer {told.json()['access_token']}"
        for address in addresses:
            client.get(f"{url}/{_with_token(address).partition('://')[2]}", headers=headers).raise_for_status()
        return time.perf_counter() - started


def _with_token(address: str) -> str:
    """Trends wants a pass for each widget, which the archive does not keep; the simulator's follows from the rest."""
    asked = parse_qs(urlsplit(address).query).get("req")
    return address.replace("token=***", f"token={token_of(json.loads(asked[0]))}") if asked else address


def _rows(
    seconds: dict[str, float], ended: dict[str, _Ended], limits: dict[str, str], floors: dict[str, float]
) -> list[BenchRow]:
    rows = []
    for name, one in ended.items():
        told = f"{one.requests} requests of {limits[name]}" if name in limits else "no upstream"
        told += f"; {one.state}, {one.answered} of {one.questions} answered, {one.deferred} deferred"
        told += f"; {one.mentions} mentions" if one.mentions else ""
        rows.append(BenchRow(f"hour of {name}", floors.get(name), seconds[name], "–", told))
    total = BenchRow(
        f"hour of all free sources, {ENTITIES} entities", sum(floors.values()), sum(seconds.values()), _AIM,
        f"of it {seconds[_SCORES]:.2f} s scores; {sum(one.requests for one in ended.values())} requests, "
        f"{sum(one.mentions for name, one in ended.items() if name != _NEWS)} mentions; floor: the answered ones bare",
    )  # fmt: skip
    return [*rows, total]


@contextmanager
def _kit(folder: Path, configs: Path, engine: sa.Engine, database_url: str, simulator: str) -> Iterator[Kit]:
    """A clock that runs from ``_NOW`` on: limits refill as they do in earnest."""
    settings = load_settings(None).model_copy(
        update={
            "etheatmap_home": folder / "home",
            "etheatmap_config_dir": configs,
            "etheatmap_partitions_start": _NOW.replace(hour=0, minute=0),
            "database_url": SecretStr(database_url),
            "wikimedia_dumps_url": "https://dumps.wikimedia.org",
            "simulator_url": simulator,
            "reddit_client_id": SecretStr(_NAME),
            "reddit_client_secret": SecretStr(_SECRET),
        }
    )
    config = load_config(configs)
    shift = _NOW - datetime.now(UTC)

    def clock() -> datetime:
        return datetime.now(UTC) + shift

    gateway = build_gateway(settings, config, engine, clock=clock)
    try:
        yield Kit(engine, RawArchive(folder / "home"), gateway, settings, config, clock)
    finally:
        gateway.close()


@contextmanager
def _simulator(configs: Path) -> Iterator[str]:
    """Its address. Its own clock stands at ``_NOW``, so that it says the same each time."""
    command = [
        sys.executable, "-m", "etheatmap_sim", "--port", "0", "--start", f"{_NOW:%Y-%m-%dT%H}",
        "--clock", f"{_NOW:%Y-%m-%dT%H:%M}", "--roster", str(configs / "entities.csv"),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = process.stdout.readline() if process.stdout else ""
            yield told.partition(" on ")[2].partition(",")[0]
        finally:
            process.terminate()
