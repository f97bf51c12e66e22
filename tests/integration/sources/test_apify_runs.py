"""TikTok through Apify, against an account that counts: what a run becomes, what it costs; that it is begun once."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import stamina
from collecting import FEW_NAMES, CollectingInstallation, collector_of, fresh_database
from killable import start, warm
from pydantic import SecretStr
from simulated import NOW, roster

from etheatmap_assets.resources import apify_client
from etheatmap_assets.resources.apify_client import RunClient
from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_assets.sources import apify_runs
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_sim.hours import parse_instant
from etheatmap_sim.testing import serve
from etheatmap_sim.tiktok import TikTok

SOURCES = ("tt_search", "apify_tiktok", "tt_cc")
_USAGE = "/api.apify.com/v2/users/me/usage/monthly"


class Killed(BaseException):
    """The process is gone."""


class Place(CollectingInstallation):
    """Collects an hour a test."""

    def runs(self) -> int:
        """Begun since the books were emptied."""
        query = "SELECT count(*) AS n FROM audit_logs WHERE status = '201' AND extra ->> 'url' LIKE '%/runs?%'"
        return int(self.query(query)[0].n)

    def books(self) -> tuple[int, int]:
        """Spent and reserved, in micro-dollars."""
        rows = self.query("SELECT spent_units, reserved_units FROM budget_periods WHERE provider = 'apify'")
        return (int(rows[0].spent_units), int(rows[0].reserved_units)) if rows else (0, 0)

    def reservations(self) -> list[tuple[str, int | None]]:
        """State and what was charged, of each."""
        query = "SELECT state, s.units FROM budget_reservations LEFT JOIN budget_settlements s ON reservation_id = id"
        return [tuple(row) for row in self.query(f"{query} ORDER BY id")]

    def charged(self) -> int:
        """What Apify has counted since the simulator started, in micro-dollars."""
        answer = httpx2.get(f"{self.simulator.url}{_USAGE}", headers={"Authorization": "Bearer any"}, trust_env=False)
        return round(answer.json()["data"]["totalUsageCreditsUsdAfterVolumeDiscount"] * 1_000_000)

    def signals(self, source: str) -> dict[tuple[str, str], float]:
        query = "SELECT name, metric, value FROM signals JOIN entities ON id = entity_id WHERE source = :s"
        return {(row.name, row.metric): row.value for row in self.query(query, s=source)}

    def budget(self, text: str, replacement: str) -> None:
        path = self.configs / "budgets.yml"
        before = path.read_text()
        assert text in before
        path.write_text(before.replace(text, replacement))


@pytest.fixture(scope="module")
def opened(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with (
        stamina.set_testing(True, attempts=2, cap=True),
        serve(roster(), NOW) as simulator,
        fresh_database(postgres, migrated_template) as url,
    ):
        place = Place(tmp_path_factory.mktemp("apify"), url, simulator)
        place.track_only(*FEW_NAMES)
        place.keep_state()
        try:
            yield place
        finally:
            place.close()


@pytest.fixture
def place(opened: Place) -> Iterator[Place]:
    """Nothing collected, nothing spent, the few tracked, the shipped budgets."""
    opened.simulator.clear_faults()
    opened.restore_state()
    opened.go_to(parse_instant(NOW))
    opened.track_only(*FEW_NAMES)
    overrides, budgets = dict(opened.overrides), (opened.configs / "budgets.yml").read_text()
    yield opened
    opened.overrides = overrides
    (opened.configs / "budgets.yml").write_text(budgets)


def test_a_search_becomes_what_there_was(place: Place) -> None:
    before = place.charged()
    assert place.collect("tt_search") is None
    told, tiktok = place.signals("tt_search"), TikTok(place.simulator.items)
    for name in FEW_NAMES:
        there = tiktok.searched(name, place.now, timedelta(0))
        assert there, f"the simulator has nothing about {name}"
        if len(there) < 10:
            assert told[name, "hits_24h"] == len(there)
            assert told[name, "unique_authors_24h"] == len({one["authorMeta"]["name"] for one in there})
        else:
            # By the pace of the newest ten, which is not that of the whole day; never the ten themselves.
            assert told[name, "hits_24h"] > 10
            assert (name, "unique_authors_24h") not in told
        assert told[name, "view_vel_median"] > 0
        assert 0 < told[name, "eng_ratio_median"] < 1
    mentions = place.query("SELECT url FROM mentions JOIN items USING (source, item_id) WHERE source = 'tt_search'")
    assert mentions
    assert all(row.url.startswith("https://www.tiktok.com/@") for row in mentions)
    assert place.books() == (place.charged() - before, 0)


def test_the_other_two_become_their_numbers(place: Place) -> None:
    before = place.charged()
    assert place.collect("apify_tiktok") is None
    assert {metric for _, metric in place.signals("apify_tiktok")} == {"hits"}
    outcome = place.outcome("apify_tiktok")
    assert outcome is not None
    assert str(outcome.reason).startswith("no number of hits of ")
    assert place.collect("tt_cc") is None
    found = place.signals("tt_cc")
    assert {metric for _, metric in found} == {"hashtag_score", "momentum"}
    assert {name for name, _ in found} <= set(FEW_NAMES)
    outcome = place.outcome("tt_cc")
    assert outcome is not None
    assert "16 of 100 hashtags: the cost cap of the run ended it early" in str(outcome.reason)
    assert place.books() == (place.charged() - before, 0)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_search_that_its_money_ended_tells_no_whole_day(
    place: Place, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    """$0.03 pays the start and nine results: with $0.028 spent the tenth does not fit. Where Apify does not tell what
    was spent, it may be so."""
    if not is_told:
        read = apify_client._run
        monkeypatch.setattr(apify_client, "_run", lambda told: replace(read(told), usage_micros=None))
    place.track_only(FEW_NAMES[0])
    place.budget("tt_search: {provider: apify, a_partition: 0.15, a_request: 0.15}",
                 "tt_search: {provider: apify, a_partition: 0.03, a_request: 0.03}")  # fmt: skip
    assert place.collect("tt_search") is None
    assert place.books() == (28_000 if is_told else 30_000, 0)
    told = place.signals("tt_search")
    assert told.get((FEW_NAMES[0], "hits_24h")) != 9, "what its money bought, and not what there was"
    assert (FEW_NAMES[0], "unique_authors_24h") not in told


@pytest.mark.parametrize("source", SOURCES)
def test_a_partition_is_paid_once_and_replayed_for_nothing(place: Place, source: str) -> None:
    assert place.collect(source) is None
    made, books = place.made_rows(source), place.books()
    place.requests()
    assert place.collect(source) is None
    assert (place.made_rows(source), place.books(), place.requests()) == (made, books, {})
    assert place.collect(source, must_ask=True) is None
    assert (place.runs(), place.books()) == (2, (2 * books[0], 0))


@pytest.mark.parametrize(
    ("actor", "told", "asked_after"),
    [
        ("simulated/tiktok-fails", r"The run run\d+ of simulated/tiktok-fails failed: The proxy was blocked\.", 2),
        ("simulated/tiktok-times-out", "was ended by Apify, because it took longer than 300 seconds", 2),
        ("simulated/tiktok-goes-on", "was aborted: Run was aborted", 3),
    ],
)
def test_a_run_without_success_is_a_failure_and_no_zero(
    place: Place, monkeypatch: pytest.MonkeyPatch, actor: str, told: str, asked_after: int
) -> None:
    monkeypatch.setattr(apify_runs, "_POLLS", 3)
    place.overrides["apify_tiktok_actor"] = actor
    before = place.charged()
    place.requests()
    error = place.collect("tt_search")
    assert error is not None
    assert error.state == "failed"
    outcome = place.outcome("tt_search")
    assert outcome is not None
    assert (outcome.state, outcome.is_complete) == ("failed", False)
    assert place.signals("tt_search") == {}
    assert re.search(told, str(error))
    # It has cost what it says; a second attempt begins another.
    assert place.books() == (place.charged() - before, 0)
    assert place.requests()["apify"] >= asked_after + 1
    assert place.collect("tt_search") is not None
    assert place.runs() == 2


def automated(place: Place) -> EtHeatmapError | None:
    """One attempt as automation makes it."""
    with place.kit() as kit:
        try:
            collector_of(replace(kit, is_automated=True), "tt_search").collect(place.hour)
        except EtHeatmapError as error:
            return error
    return None


def test_automation_begins_no_more_runs_than_are_planned_and_a_person_may(place: Place) -> None:
    place.overrides["apify_tiktok_actor"] = "simulated/tiktok-fails"
    assert isinstance(automated(place), apify_runs.ActorRunError)
    books = place.books()
    waits = automated(place)
    assert str(waits).startswith("budgets.yml plans $0.15 of apify for one hour of tt_search, and attempts at it have ")
    assert (waits and waits.state, place.runs(), place.books()) == ("deferred", 1, books)
    place.overrides["apify_tiktok_actor"] = "simulated/tiktok"
    assert place.collect("tt_search") is None
    assert place.runs() == 2


def begin_and_die(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that began a run is gone before it has asked after it."""

    def die(_client: RunClient, _run_id: str) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RunClient, "get", die)
        with pytest.raises(Killed):
            place.collect("tt_search")


def test_a_run_that_goes_on_is_found_again_and_not_begun_twice(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_and_die(place, monkeypatch)
    assert place.books() == (0, 150_000)
    assert place.collect("tt_search") is None
    assert (place.runs(), place.reservations()) == (1, [("settled", place.books()[0])])
    assert place.signals("tt_search")


def test_what_was_begun_is_within_the_plan_already(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_and_die(place, monkeypatch)
    assert automated(place) is None
    assert place.runs() == 1


def test_kill_9_while_a_run_goes_on(place: Place) -> None:
    place.simulator.order("apify", kind="latency", seconds=8, path="/actor-runs/", count=1)
    with warm():
        process = start(place, "tt_search")
        patience = time.monotonic() + 60
        while not place.query("SELECT 1 FROM budget_reservations WHERE begun IS NOT NULL"):
            assert process.is_alive()
            assert time.monotonic() < patience
            time.sleep(0.1)
        process.kill()
        process.join()
    assert (place.books(), place.signals("tt_search")) == ((0, 150_000), {})
    place.simulator.clear_faults()
    assert place.collect("tt_search") is None
    assert (place.runs(), place.books()[1]) == (1, 0)


def test_a_run_that_nobody_comes_back_for_is_booked_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_and_die(place, monkeypatch)
    place.now += 3 * HOUR
    assert open_ledger(place.engine, lambda: place.now).expire() == 1
    assert (place.books(), place.reservations()) == ((150_000, 0), [("lost", 150_000)])
    # Whoever comes after all books what it really cost.
    place.now -= 3 * HOUR
    assert place.collect("tt_search") is None
    assert place.runs() == 1
    assert place.books()[0] < 150_000


def test_a_run_that_apify_no_longer_knows_is_booked_whole_and_begun_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_and_die(place, monkeypatch)
    with place.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE budget_reservations SET begun = 'gone'")
    assert place.collect("tt_search") is None
    assert place.runs() == 2
    assert [state for state, _ in place.reservations()] == ["lost", "settled"]


def test_a_run_that_was_told_something_else_answers_nothing_of_what_is_asked_now(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.track_only(FEW_NAMES[0])
    begin_and_die(place, monkeypatch)
    place.track_only(FEW_NAMES[1])
    assert place.collect("tt_search") is None
    assert place.runs() == 2, "another question, another run"
    assert {name for name, _ in place.signals("tt_search")} <= {FEW_NAMES[1]}
    assert sorted(state for state, _ in place.reservations()) == ["sent", "settled"], "the first is booked when it ends"


def test_a_start_whose_answer_is_lost_is_booked_whole_and_not_tried_again(place: Place) -> None:
    place.simulator.order("apify", kind="reset", path="/runs?", count=1, is_taken=True)
    place.requests()
    assert place.collect("tt_search") is not None
    assert place.requests() == {"apify": 1}
    assert (place.books(), place.reservations()) == ((150_000, 0), [("lost", 150_000)])


def test_what_a_run_found_is_read_again_for_nothing(place: Place) -> None:
    place.simulator.order("apify", kind="malformed", path="/datasets/", count=1)
    error = place.collect("tt_search")
    assert "The items of tt_search are not whole JSON" in str(error)
    books = place.books()
    assert books[1] == 0
    assert place.collect("tt_search") is None
    assert (place.runs(), place.books()) == (1, books)


def test_a_token_that_is_revoked_while_a_run_goes_on(place: Place) -> None:
    place.simulator.order("apify", kind="status", status=401, path="/actor-runs/")
    error = place.collect("tt_search")
    assert "check APIFY_TOKEN" in str(error)
    assert (place.books(), place.signals("tt_search")) == ((0, 150_000), {})
    place.simulator.clear_faults()
    assert place.collect("tt_search") is None
    assert (place.runs(), place.books()[1]) == (1, 0)


@pytest.mark.parametrize(
    ("token", "state", "told"),
    [
        ("wrong", "failed", "Apify does not know us .*: check APIFY_TOKEN"),
        ("used-up", "out of budget", r"Apify runs nothing more for this account \(Monthly usage hard limit exceeded"),
        ("unpaid", "out of budget", "raise its limit in Apify's console, or wait for its next period"),
    ],
)
def test_an_account_that_may_not_run_is_told_and_costs_nothing(place: Place, token: str, state: str, told: str) -> None:
    place.overrides["apify_token"] = SecretStr(token)
    error = place.collect("tt_cc")
    assert error is not None
    assert (error.state, bool(re.search(told, str(error)))) == (state, True)
    assert (place.books(), place.reservations()) == ((0, 0), [("settled", 0)])


def test_a_budget_that_ends_in_mid_partition(place: Place) -> None:
    place.budget("tt_search: {provider: apify, a_partition: 0.15, a_request: 0.15}",
                 "tt_search: {provider: apify, a_partition: 0.15, a_request: 0.05}")  # fmt: skip
    place.budget("apify: {unit: usd, limit: 30,", "apify: {unit: usd, limit: 0.10,")
    error = place.collect("tt_search")
    assert error is not None
    assert error.state == "out of budget"
    outcome = place.outcome("tt_search")
    assert outcome is not None
    assert (outcome.state, outcome.is_complete, outcome.answered, outcome.questions) == ("ok", False, 2, 3)
    assert place.books()[0] <= 100_000
    answered, runs = place.signals("tt_search"), place.runs()
    place.budget("limit: 0.10,", "limit: 30,")
    assert place.collect("tt_search") is None
    assert place.runs() == runs + 1
    assert answered.items() <= place.signals("tt_search").items()


def test_switched_off_by_its_feature_it_says_so(place: Place) -> None:
    place.overrides["feature_apify"] = False
    error = place.collect("tt_cc")
    assert (error and error.state, str(error)) == (
        "disabled", "tt_cc is switched off: set FEATURE_APIFY=true in .env.",
    )  # fmt: skip
    place.overrides.update(feature_apify=True, apify_cc_actor=None)
    assert "tt_cc needs APIFY_CC_ACTOR" in str(place.collect("tt_cc"))


def test_the_deadline_of_a_run_is_ours_too() -> None:
    assert apify_runs._POLLS * 5 > apify_runs.RUN_SECONDS, "Apify ends it first"
