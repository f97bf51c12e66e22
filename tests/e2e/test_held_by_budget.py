"""Budgets on a real Dagster instance with its daemons: held with the reason, asked again in the new period; a backfill
of thirty days that stops at the limit and goes on later."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster_services import adapted, launch_backfill, until
from moved_clock import CLOCK_AHEAD, clock, move
from platform_process import PROJECT, free_port, processes_of

from etheatmap_assets.budgets import CHECK, budget_key
from etheatmap_cli.platform import Platform, prepare_dagster, prepared, services, supervised
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry
from etheatmap_core.config.installed import installed_config
from etheatmap_core.database.engine import create_engine
from etheatmap_core.hours import HOUR, floor_hour, partition_key
from etheatmap_core.settings import load_settings
from etheatmap_sim.roster import read_roster
from etheatmap_sim.testing import Simulator, serve

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

ASSET = dg.AssetKey("metered_example")
_A_DAY = 86400
CREDITS = 60  # the example's day


class Budgeted:
    """The platform with one source, which costs; what its daemons have done is read from Dagster's storage."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance, simulator: Simulator) -> None:
        self._platform = platform
        self.instance, self.simulator = instance, simulator

    def verdict(self) -> tuple[bool, str] | None:
        """The newest of the check that holds automation, as the UI shows it."""
        record = self.instance.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(budget_key("example"), CHECK)]
        )
        event = next((found.event for found in record.values() if found.event is not None), None)
        if event is None or event.dagster_event is None:
            return None
        evaluation = event.dagster_event.asset_check_evaluation_data
        return evaluation.passed, str(evaluation.description)

    def made(self) -> set[str]:
        return set(self.instance.get_materialized_partitions(ASSET))

    def runs(self) -> int:
        return self.instance.get_runs_count()

    def backfill(self, partitions: list[str]) -> str:
        """As the UI launches one. Returns what its run said in the end."""
        tags = launch_backfill(self._platform.settings.dagster_port, "metered_example", partitions)

        def ended() -> list[dg.DagsterRun]:
            return [run for run in self.instance.get_runs(dg.RunsFilter(tags=tags)) if run.is_finished]

        until(lambda: len(ended()) == 1, seconds=120, what="the backfill's run")
        (run,) = ended()
        assert not run.is_success
        logged = self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        (failure,) = [entry.dagster_event.step_failure_data for entry in logged if entry.dagster_event]
        assert failure.user_failure_data is not None, failure
        return str(failure.user_failure_data.description)

    def messages(self) -> list[str]:
        """That the example is used up, and that it is no more. Whether its nearing the limit is seen is chance."""
        query = "SELECT text FROM outbox WHERE key ~ '^budget:example:.*:(100|over)$' ORDER BY id"
        return [str(row[0]) for row in self._query(query)]

    def held_hours(self) -> list[tuple[Any, ...]]:
        return self._query("SELECT state, reason FROM source_hours WHERE source = 'metered_example' ORDER BY ts")

    def spent(self) -> int:
        """In all periods, by automation and backfills."""
        (row,) = self._query("SELECT sum(s.units) FROM budget_settlements s JOIN budget_reservations r "
                             "ON r.id = s.reservation_id WHERE r.asset = 'metered_example'")  # fmt: skip
        return int(row[0] or 0)

    def _query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._platform.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture
def budgeted(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Budgeted]:
    """Every service runs, and the credits of the day are spent before the first of them looks."""
    monkeypatch.setenv(CLOCK_AHEAD, str(home / "clock_ahead"))
    now = datetime.now(UTC)
    # Noon of the next day, so that the day of the books does not end by itself while the test runs.
    move((now.replace(hour=12, minute=0) - now).total_seconds() + _A_DAY)
    configs = home / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    (configs / "sources.yml").write_text("sources:\n  wiki: {enabled: false, weight: 1.0}\n")
    with ExitStack() as stack:
        # Its hours have ended long ago: it sells any that is asked for.
        roster = read_roster(PROJECT / "configs" / "entities.csv")
        simulator = stack.enter_context(serve(roster, now + timedelta(days=9)))
        settings = load_settings(None).model_copy(
            update={
                "etheatmap_home": home / "data",
                "etheatmap_config_dir": configs,
                "dagster_port": free_port(),
                "feature_metered_example": True,
            }
        )
        environment = {
            "SIMULATOR_URL": simulator.url,
            "FEATURE_METERED_EXAMPLE": "true",
            "ETHEATMAP_PARTITIONS_START": f"{floor_hour(now) - 722 * HOUR:%Y-%m-%dT%H}",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONPATH": str(Path(__file__).parent),
        }
        platform = stack.enter_context(prepared(settings, environment))
        engine = create_engine(platform.database_url)
        ledger = Ledger(engine, clock)
        ledger.configure(installed_config(settings).budgets.accounts)
        ledger.settle(ledger.reserve("example", CREDITS, Entry("somebody", "", "", "")), CREDITS)
        engine.dispose()
        supervisor = stack.enter_context(supervised(home / "data" / "logs"))
        prepare_dagster(platform, supervisor)
        for name, service in services(platform).items():
            if name != "API":
                supervisor.start(adapted(service, "budget_definitions"))
        supervisor.wait_ready()
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", platform.environment["DAGSTER_POSTGRES_URL"])
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(platform.instance.home)))
        yield Budgeted(platform, instance, simulator)
    assert processes_of(home) == []


def test_held_with_the_reason_and_asked_again_in_the_new_period(budgeted: Budgeted) -> None:
    today = clock()
    until(lambda: budgeted.verdict() is not None, seconds=120, what="the budget's first word")
    used_up = f"example: 60 of 60 credits used, next period {today + timedelta(days=1):%Y-%m-%d}"
    assert budgeted.verdict() == (False, used_up)
    assert budgeted.held_hours() == [("out of budget", used_up)]

    # By hand it is refused as well, at once and in words. Meanwhile the automation has let a minute of its go by.
    began = time.time()
    newest = floor_hour(datetime.now(UTC)) - HOUR
    days = [partition_key(newest - number * HOUR) for number in range(720, 0, -1)]
    told = budgeted.backfill(days[-3:])
    assert told.startswith("3 of 3 hours could not be made:")
    assert f"{used_up.rpartition(',')[0]}, 1 credit more does not fit" in told
    until(lambda: time.time() > began - began % 60 + 80, seconds=90, what="a minute of the automation's to go by")
    assert (budgeted.runs(), budgeted.spent()) == (1, 0)
    assert budgeted.simulator.requests().get("metered", 0) == 0

    move(_A_DAY)
    until(lambda: budgeted.verdict() != (False, used_up), seconds=60, what="the budget to open")
    until(lambda: bool(budgeted.made()), seconds=180, what="the automation to ask again")
    assert len(budgeted.made()) == 1, "the newest hour, and no queue of dead ones"
    assert budgeted.made() >= {partition_key(floor_hour(datetime.now(UTC)) - HOUR)}

    # Thirty days for sixty credits: it stops there, says how far it got, and goes on in the next period.
    told = budgeted.backfill(days)
    first = int(re.findall(r"Stopped there, (\d+) of 720 hours made", told)[0])
    assert first in (CREDITS - 1, CREDITS - 2), "one or two credits went to the automation"
    assert f"{720 - first} of 720 hours could not be made:" in told
    until(lambda: (budgeted.verdict() or (True,))[0] is False, seconds=60, what="the budget to close")

    move(_A_DAY)
    missing = sorted(set(days) - budgeted.made())
    told = budgeted.backfill(missing)
    second = int(re.findall(rf"Stopped there, (\d+) of {len(missing)} hours made", told)[0])
    assert second >= CREDITS - 2
    assert budgeted.simulator.requests()["metered"] == budgeted.spent() == len(budgeted.made()), "none is paid twice"

    until(lambda: len(budgeted.messages()) >= 5, seconds=60, what="the messages")
    assert [text.split(":")[1] for text in budgeted.messages()] == [
        "money_with_wings", "white_check_mark", "money_with_wings", "white_check_mark", "money_with_wings"
    ]  # fmt: skip
