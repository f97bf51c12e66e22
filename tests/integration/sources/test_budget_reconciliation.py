"""ScraperAPI's own count beside our books: asked once a day, what the books lack is booked and told."""

from datetime import timedelta

import dagster as dg
import httpx2
import pytest
from pydantic import SecretStr
from simulated import SimulatedInstallation

from etheatmap_assets.definitions import build_defs
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry

ASSET = "budget_reconciliation"
KEY = "a-key-of-nobody"


class Reconciled:
    """``scrape`` is a call that the books know of or, by ``elsewhere``, do not."""

    def __init__(self, place: SimulatedInstallation) -> None:
        self.place = place
        place.overrides |= {"feature_scraperapi": True, "scraperapi_key": SecretStr(KEY)}
        self.compare()

    def scrape(self, calls: int, *, elsewhere: int = 0) -> None:
        ledger = Ledger(self.place.engine, lambda: self.place.now)
        for _ in range(calls):
            ledger.settle(ledger.reserve("scraperapi", 1, Entry("somebody", "", "", "")), 1)
        for _ in range(calls + elsewhere):
            httpx2.get(f"{self.place.simulator.url}/api.scraperapi.com/?api_key=k&url=u", trust_env=False)

    def compare(self) -> dict[str, object]:
        day = f"{self.place.now - timedelta(days=1):%Y-%m-%d}"
        run = self.place.run_day(ASSET, day)
        assert run.is_success, run.failures
        return run.made[day]

    def spent(self) -> int:
        return Ledger(self.place.engine, lambda: self.place.now).standings()["scraperapi"].spent_units

    def messages(self) -> list[str]:
        return [row.text for row in self.place.query("SELECT text FROM outbox WHERE key LIKE 'reconciliation:%'")]


@pytest.fixture
def reconciled(simulated: SimulatedInstallation) -> Reconciled:
    return Reconciled(simulated)


def test_books_that_agree_are_left_alone(reconciled: Reconciled) -> None:
    reconciled.scrape(4)
    reconciled.place.go_to(reconciled.place.now + timedelta(days=1))
    assert reconciled.compare() == {"provider": 4, "provider_limit": 100_000, "ledger": 4, "adjusted": 0}
    assert (reconciled.spent(), reconciled.messages()) == (4, [])


def test_what_the_provider_counts_more_is_booked_as_an_adjustment_and_told_once(reconciled: Reconciled) -> None:
    reconciled.scrape(4, elsewhere=3)
    reconciled.place.go_to(reconciled.place.now + timedelta(days=1))
    assert reconciled.compare()["adjusted"] == 3
    assert reconciled.compare()["adjusted"] == 0, "once"
    assert reconciled.spent() == 7
    (row,) = reconciled.place.query(
        "SELECT s.kind, s.units, s.is_overrun, r.asset, r.partition_key FROM budget_settlements s "
        "JOIN budget_reservations r ON r.id = s.reservation_id WHERE s.kind = 'adjustment'"
    )
    assert tuple(row) == ("adjustment", 3, False, ASSET, "2026-11-20")
    days = reconciled.place.query(
        "SELECT day::text, ledger_units, provider_units, adjusted_units FROM budget_reconciliations ORDER BY day"
    )
    assert [tuple(day) for day in days] == [("2026-11-19", 0, 0, 0), ("2026-11-20", 4, 7, 3)]
    (told,) = reconciled.messages()
    assert "scraperapi counts 3 more than the books had on 2026-11-20" in told


def test_the_answer_is_archived_without_the_key(reconciled: Reconciled) -> None:
    (capture,) = reconciled.place.query(
        "SELECT request_url, state FROM captures WHERE source = 'budget_reconciliation'"
    )
    assert capture.state == "good"
    assert KEY not in capture.request_url
    audited = reconciled.place.query("SELECT to_jsonb(a)::text AS row FROM audit_logs a")
    assert KEY not in "".join(row.row for row in audited)


def test_a_day_long_over_is_refused_and_a_strange_answer_is_kept_apart(reconciled: Reconciled) -> None:
    assert "only tells its count of now" in reconciled.place.run_day(ASSET, "2026-11-15").failure
    reconciled.place.simulator.order("scraperapi", kind="html")
    reconciled.place.go_to(reconciled.place.now + timedelta(days=1))
    run = reconciled.place.run_day(ASSET, "2026-11-20")
    assert "should tell requestCount and requestLimit" in run.failure
    assert [row.state for row in reconciled.place.query("SELECT state FROM captures ORDER BY id")] == [
        "good", "quarantined"
    ]  # fmt: skip


def test_without_the_switch_or_the_key_there_is_no_such_asset(simulated: SimulatedInstallation) -> None:
    definitions = build_defs(simulated.settings(), clock=lambda: simulated.now)
    assert dg.AssetKey(ASSET) not in definitions.resolve_asset_graph().materializable_asset_keys
