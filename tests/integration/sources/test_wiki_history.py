"""Daily views from before the dumps were collected: once an article, from any day, and its bad days."""

import json
import shutil
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from one_source import kit_of
from simulated import SimulatedInstallation

from etheatmap_assets.sources.day_answers import CollectedDay
from etheatmap_assets.sources.wiki_history import ALL_ANSWERED, HistoryCollector
from etheatmap_core.entities.roster import store_facts
from etheatmap_core.entities.roster_facts import Facts
from etheatmap_core.errors import CorruptCaptureError, DisabledError, UpstreamRefusedError
from etheatmap_core.signals.wiki_rest import daily_views_url

DAY = datetime(2026, 11, 19, tzinfo=UTC)
FIRST = DAY - timedelta(days=60)
NAMES = ("Zendaya", "Timothée Chalamet", "Ali Wong")


@pytest.fixture
def history(simulated: SimulatedInstallation) -> SimulatedInstallation:
    simulated.switch_on("wiki", "entity_roster")
    simulated.track(*NAMES)
    return simulated


def collect(history: SimulatedInstallation, day: datetime = DAY, *, must_ask: bool = False) -> CollectedDay:
    with kit_of(history) as kit:
        return HistoryCollector(kit, must_ask=must_ask).collect(day)


def rows(history: SimulatedInstallation) -> dict[str, dict[datetime, float]]:
    """Views by day, by entity."""
    found: dict[str, dict[datetime, float]] = {}
    for row in history.query("""SELECT name, ts, value FROM signals JOIN entities ON id = entity_id
                                WHERE source = 'wiki_history' AND metric = 'views_daily'"""):
        found.setdefault(row.name, {})[row.ts] = row.value
    return found


def published(history: SimulatedInstallation, title: str) -> dict[datetime, float]:
    """What the upstream says, read without our parser."""
    url = daily_views_url("https://wikimedia.org", "en", title, FIRST, DAY - timedelta(days=1))
    address = url.replace("https://", f"{history.simulator.url}/")
    with urllib.request.urlopen(address) as answer:
        items = json.load(answer)["items"]
    return {datetime.strptime(item["timestamp"] + "+0000", "%Y%m%d%H%z"): item["views"] for item in items}


class TestAGoodDay:
    def test_each_article_gets_the_sixty_days_before_the_day(self, history: SimulatedInstallation) -> None:
        collected = collect(history)
        assert (collected.outcome.state, collected.outcome.is_complete, collected.asked) == ("ok", True, 3)
        found = rows(history)
        assert found == {name: published(history, name) for name in NAMES}
        assert [min(found["Zendaya"]), max(found["Zendaya"])] == [FIRST, DAY - timedelta(days=1)]
        assert collected.rows == 180

    def test_replayed_it_is_the_same_without_a_request(self, history: SimulatedInstallation) -> None:
        collect(history)
        before = history.made_rows("wiki_history")
        history.requests()
        history.track(*NAMES, "Zoe Saldaña")  # who joins later is asked for with a later day
        history.go_to(history.now + timedelta(days=40))
        assert (collect(history).asked, history.requests()) == (0, {})
        assert history.made_rows("wiki_history") == before

    def test_who_has_a_history_is_asked_for_no_more_until_it_is_old(self, history: SimulatedInstallation) -> None:
        collect(history)
        history.requests()
        history.go_to(history.now + timedelta(days=1))
        history.track(*NAMES, "Jimmy Fallon")
        assert collect(history, DAY + timedelta(days=1)).told == {"entities": 1}
        assert history.requests() == {"pageviews_rest": 1}
        assert collect(history, DAY + timedelta(days=1)).asked == 0

    def test_any_past_day_can_be_made_and_reaches_further_back(self, history: SimulatedInstallation) -> None:
        collect(history)
        assert collect(history, DAY - timedelta(days=60)).asked == 3
        assert len(rows(history)["Zendaya"]) == 120
        assert collect(history, DAY - timedelta(days=30)).outcome.state == "empty", "nobody lacks those days"

    def test_hours_of_wiki_and_days_of_history_do_not_touch_each_other(self, history: SimulatedInstallation) -> None:
        midnight = DAY - timedelta(days=1)
        collect(history)
        before = history.made_rows("wiki_history")
        assert history.run("wiki", midnight).is_success
        assert history.made_rows("wiki_history") == before
        hourly = history.made_rows("wiki")
        collect(history)
        assert history.made_rows("wiki") == hourly != {}

    def test_an_article_that_has_moved_has_the_views_of_both_titles(self, history: SimulatedInstallation) -> None:
        self.move(history, "Jimmy Fallon")
        collect(history)
        ours, other = published(history, "Zendaya"), published(history, "Jimmy Fallon")
        assert rows(history)["Zendaya"] == {day: ours[day] + other[day] for day in ours}

    def test_a_title_without_data_is_an_answer_and_no_failure(self, history: SimulatedInstallation) -> None:
        history.track("Nobody Atall")
        collected = collect(history)
        assert (collected.outcome.state, collected.outcome.is_complete) == ("empty", True)
        assert rows(history) == {}
        [capture] = history.query("SELECT status_code, state FROM captures WHERE source = 'wiki_history'")
        assert (capture.status_code, capture.state) == (404, "good")
        history.requests()
        assert (collect(history).asked, history.requests()) == (0, {})

    def test_who_has_left_keeps_the_history(self, history: SimulatedInstallation) -> None:
        collect(history)
        history.track("Ali Wong")
        assert set(rows(history)) == set(NAMES)
        assert collect(history).asked == 0
        assert set(rows(history)) == set(NAMES)

    def test_what_is_stored_outlives_the_answers(self, history: SimulatedInstallation) -> None:
        collect(history)
        before = history.made_rows("wiki_history")
        shutil.rmtree(history.home / "raw")
        history.requests()
        assert (collect(history).asked, history.requests()) == (0, {})
        assert history.made_rows("wiki_history") == before

    def test_another_article_forgets_the_history_of_the_one_before(self, history: SimulatedInstallation) -> None:
        collect(history)
        history.track(*NAMES, Zendaya="Jimmy Fallon")
        history.requests()
        assert collect(history).asked == 0, "the day was made"
        assert set(rows(history)) == {"Timothée Chalamet", "Ali Wong"}
        history.go_to(history.now + timedelta(days=1))
        collect(history, DAY + timedelta(days=1))
        assert history.requests() == {"pageviews_rest": 1}
        assert (
            rows(history)["Zendaya"][FIRST + timedelta(days=1)]
            == published(history, "Jimmy Fallon")[FIRST + timedelta(days=1)]
        )

    def test_dagster_shows_it(self, history: SimulatedInstallation) -> None:
        run = history.run_day("wiki_history", "2026-11-19")
        assert (run.is_success, run.checks) == (True, {ALL_ANSWERED: True})
        assert run.made["2026-11-19"]["dagster/partition_row_count"] == 180

    @staticmethod
    def move(history: SimulatedInstallation, to: str) -> None:
        """Zendaya's article, as if it were now at another title that has views."""
        collect(history, DAY + timedelta(days=300))  # brings the roster into the database
        with history.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM signals"))
            [zendaya] = connection.scalars(sa.text("SELECT id FROM entities WHERE name = 'Zendaya'")).all()
            store_facts(connection, DAY, {zendaya: Facts(to, ("Zendaya",))})


class TestABadDay:
    def test_one_bad_answer_costs_one_history(self, history: SimulatedInstallation) -> None:
        history.simulator.order("pageviews_rest", kind="malformed", path="Zendaya")
        collected = collect(history)
        assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", False)
        assert set(rows(history)) == {"Timothée Chalamet", "Ali Wong"}
        assert str(collected.outcome.reason).startswith(
            "1 of 3 questions not answered: daily/Zendaya: Wikimedia's answer"
        )
        [quarantined] = history.query("SELECT request_key FROM captures WHERE state = 'quarantined'")
        assert quarantined.request_key == "daily/Zendaya"
        history.simulator.clear_faults()
        history.requests()
        assert collect(history).outcome.is_complete
        assert history.requests() == {"pageviews_rest": 1}
        assert set(rows(history)) == set(NAMES)

    def test_automation_asks_again_for_what_a_day_lacks_and_in_the_end_takes_what_there_is(
        self, history: SimulatedInstallation
    ) -> None:
        automated = {"etheatmap/tier": "source"}
        history.simulator.order("pageviews_rest", kind="malformed", path="Zendaya")
        history.now = DAY + timedelta(days=1, hours=5)
        run = history.run_day("wiki_history", "2026-11-19", tags=automated)
        assert (run.is_success, run.made, run.observed) == (True, {}, ["2026-11-19"])
        assert set(rows(history)) == {"Timothée Chalamet", "Ali Wong"}
        history.now += timedelta(hours=1)
        run = history.run_day("wiki_history", "2026-11-19", tags=automated)
        assert (list(run.made), run.checks[ALL_ANSWERED]) == (["2026-11-19"], False)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"kind": "status", "status": 403}, UpstreamRefusedError),
            ({"kind": "html"}, CorruptCaptureError),
            ({"kind": "empty"}, CorruptCaptureError),
            ({"kind": "status", "status": 404}, CorruptCaptureError),  # not the 404 that says "no data"
        ],
    )
    def test_without_an_answer_nothing_is_written_and_no_zero(
        self, fault: dict[str, object], error: type[Exception], history: SimulatedInstallation
    ) -> None:
        history.simulator.order("pageviews_rest", **fault)
        with pytest.raises(error):
            collect(history)
        assert rows(history) == {}
        assert history.states("wiki_history") == {DAY: "failed"}

    def test_asked_again_what_is_not_answered_stays_as_it_was(self, history: SimulatedInstallation) -> None:
        collect(history)
        before = history.made_rows("wiki_history")
        history.simulator.order("pageviews_rest", kind="malformed", path="Zendaya")
        assert not collect(history, must_ask=True).outcome.is_complete
        assert history.made_rows("wiki_history") == before

    def test_a_half_told_article_is_not_told(self, history: SimulatedInstallation) -> None:
        TestAGoodDay.move(history, "Jimmy Fallon")
        history.simulator.order("pageviews_rest", kind="malformed", path="Jimmy_Fallon")
        for _ in range(2):
            assert not collect(history).outcome.is_complete
            assert set(rows(history)) == {"Timothée Chalamet", "Ali Wong"}
        history.simulator.clear_faults()
        history.go_to(history.now + timedelta(days=1))
        collect(history, DAY + timedelta(days=1))
        later = rows(history)["Zendaya"]
        assert min(later) == FIRST + timedelta(days=1)
        collect(history)
        assert rows(history)["Zendaya"].items() >= later.items()

    @pytest.mark.parametrize("off", ["wiki", "entity_roster"])
    def test_it_is_off_with_either_of_the_sources_it_belongs_to(self, off: str, history: SimulatedInstallation) -> None:
        history.switch_on(*({"wiki", "entity_roster"} - {off}))
        with pytest.raises(DisabledError, match=f"{off} is switched off"):
            collect(history)
        assert history.states("wiki_history") == {DAY: "disabled"}
        assert history.requests() == {}
