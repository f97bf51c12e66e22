"""The daily roster from the simulator: what is found, replayed without a request, and its bad days."""

import csv
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from one_source import kit_of
from simulated import SimulatedInstallation

from etheatmap_assets.sources.day_answers import CollectedDay
from etheatmap_assets.sources.roster_collector import ALL_ANSWERED, ALL_FOUND, RosterCollector
from etheatmap_core.errors import (
    CorruptCaptureError,
    DisabledError,
    EtHeatmapError,
    NotRecollectableError,
    UpstreamRefusedError,
)
from etheatmap_sim.articles import Article, Encyclopedia

DAY = datetime(2026, 11, 19, tzinfo=UTC)  # the newest full day: it is 15:05 on the 20th
TABLES = ("entities", "entity_names")


@pytest.fixture
def roster(simulated: SimulatedInstallation) -> SimulatedInstallation:
    simulated.switch_on("wiki", "entity_roster")
    return simulated


def collect(roster: SimulatedInstallation, day: datetime = DAY, *, must_ask: bool = False) -> CollectedDay:
    """One attempt, by a process of its own."""
    with kit_of(roster) as kit:
        return RosterCollector(kit, must_ask=must_ask).collect(day)


def known(roster: SimulatedInstallation) -> list[list[dict[str, Any]]]:
    return [roster.rows(table) for table in TABLES]


def write_roster(roster: SimulatedInstallation, *more: tuple[str, str, str, str, str, str]) -> None:
    """Adds rows to entities.csv: name, type, aliases, wiki_id, wiki_title, category."""
    with (roster.configs / "entities.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows((*row, "") for row in more)  # related: nobody


def articles(roster: SimulatedInstallation) -> dict[str, Article]:
    encyclopedia = Encyclopedia(roster.simulator.scenario)
    return {article.entity.name: article for article in encyclopedia.articles}


class TestAGoodDay:
    def test_everything_the_two_sites_know_is_found(self, roster: SimulatedInstallation) -> None:
        collected = collect(roster)
        expected = articles(roster)
        assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", True)
        assert collected.told["entities"] == len(expected) == 98
        rows = roster.query("SELECT name, wiki_title, current_title, kinds, wiki_id, roster_ts FROM entities")
        assert {row.name: (row.current_title or row.wiki_title) for row in rows} == {
            name: article.title for name, article in expected.items()
        }
        assert {row.name: (tuple(row.kinds), row.wiki_id, row.roster_ts) for row in rows} == {
            name: (article.instance_of, article.item_id, DAY) for name, article in expected.items()
        }
        names = roster.query(
            "SELECT e.name AS entity, n.name, n.origin FROM entity_names n JOIN entities e ON id = entity_id"
        )
        redirects = {(row.entity, row.name) for row in names if row.origin in ("redirect", "moved")}
        assert redirects == {(name, title) for name, article in expected.items() for title in article.redirects}
        aliases = {(row.entity, row.name) for row in names if row.origin == "wikidata"}
        assert {("Florence Pugh", "F. Pugh"), ("Florence Pugh", "Pugh"), ("Beyoncé", "Queen Bey")} <= aliases

    def test_it_takes_few_requests_though_redirects_come_in_parts(self, roster: SimulatedInstallation) -> None:
        assert len(articles(roster)) == 98
        collect(roster)
        assert roster.requests() == {"wikipedia": 4, "wikidata": 5}

    def test_a_moved_article_is_told(self, roster: SimulatedInstallation) -> None:
        collected = collect(roster)
        assert collected.told["moved"] == 2
        assert "Florence Pugh → Florence Pugh (entertainer)" in str(collected.told["moved_since"])
        roster.go_to(roster.now + timedelta(days=1))
        assert collect(roster, DAY + timedelta(days=1)).told["moved_since"] == "", "it has moved before"

    def test_replayed_it_is_the_same_without_a_request(self, roster: SimulatedInstallation) -> None:
        first = collect(roster)
        before = known(roster)
        roster.requests()
        roster.go_to(roster.now + timedelta(days=30))
        again = collect(roster)
        assert (again.asked, roster.requests()) == (0, {})
        assert known(roster) == before
        assert (again.outcome, sorted(again.content_hashes)) == (first.outcome, sorted(first.content_hashes))

    def test_asked_again_on_purpose_it_is_asked_again(self, roster: SimulatedInstallation) -> None:
        collect(roster)
        before = known(roster)
        roster.requests()
        assert collect(roster, must_ask=True).asked == 9
        assert known(roster) == before

    def test_who_joins_is_asked_for_alone(self, roster: SimulatedInstallation) -> None:
        collect(roster)
        roster.requests()
        write_roster(roster, ("Nobody Atall", "person", "[]", "", "", "film"))
        collected = collect(roster)
        assert roster.requests() == {"wikipedia": 1}
        assert collected.outcome.reason == "Nobody Atall: Wikipedia has no article 'Nobody Atall'; set its wiki_title"
        assert {check.name: check.passed for check in collected.checks} == {ALL_ANSWERED: True, ALL_FOUND: False}

    def test_what_is_wrong_with_a_row_is_named(self, roster: SimulatedInstallation) -> None:
        write_roster(
            roster,
            ("The City", "project", "[]", "", "Barbie", "film"),  # a disambiguation page
            ("Bey", "person", "[]", "Q1", "Beyonce", "music"),
        )
        told = str(collect(roster).told["problems"])
        assert "The City: 'Barbie' is a disambiguation page; set wiki_title to the article meant" in told
        assert "Bey: wiki_id is Q1, but the article 'Beyoncé' is Q36153; correct one" in told
        assert "Bey and Beyoncé have the same article 'Beyoncé'; set wiki_title" in told

    def test_dagster_shows_what_was_found(self, roster: SimulatedInstallation) -> None:
        run = roster.run_day("entity_roster", "2026-11-19")
        assert run.is_success
        made = run.made["2026-11-19"]
        assert (made["state"], made["coverage"], made["asked"], made["moved"]) == ("ok", 1.0, 9, 2)
        assert run.checks == {ALL_ANSWERED: True, ALL_FOUND: True}
        assert roster.run_day("entity_roster", "2026-11-19").made["2026-11-19"]["is_replay"]


class TestABadDay:
    def test_a_day_that_was_never_captured_and_is_past_is_refused(self, roster: SimulatedInstallation) -> None:
        with pytest.raises(NotRecollectableError, match="only tell what is now, and of 2026-11-17 nothing"):
            collect(roster, DAY - timedelta(days=2))
        assert roster.states("entity_roster") == {DAY - timedelta(days=2): "failed"}
        assert roster.requests() == {}
        assert "Ask for the newest day." in roster.run_day("entity_roster", "2026-11-17").failure

    def test_a_past_day_whose_answers_are_gone_changes_nothing(self, roster: SimulatedInstallation) -> None:
        collect(roster)
        before = known(roster)
        shutil.rmtree(roster.home / "raw")
        roster.go_to(roster.now + timedelta(days=40))
        with pytest.raises(NotRecollectableError, match="of 2026-11-19 the answers have been removed by retention"):
            collect(roster)
        assert known(roster) == before
        assert roster.states("entity_roster") == {DAY: "ok"}, "a day that was made stays made"

    def test_another_encyclopedia_is_asked_for_its_own_titles(self, roster: SimulatedInstallation) -> None:
        """The simulator has none: what matters is where the question went."""
        with (
            kit_of(roster, wiki_projects=("de", "en")) as kit,
            pytest.raises(UpstreamRefusedError, match=r"https://de\.wikipedia\.org/w/api\.php"),
        ):
            RosterCollector(kit).collect(DAY)

    @pytest.mark.parametrize(
        ("fault", "error", "told"),
        [
            ({"kind": "status", "status": 403}, UpstreamRefusedError, "refused with status 403"),
            ({"kind": "malformed"}, CorruptCaptureError, "is no JSON"),
            ({"kind": "html"}, CorruptCaptureError, "is no JSON"),
            ({"kind": "empty"}, CorruptCaptureError, "is no JSON"),
        ],
    )
    def test_without_wikipedia_all_stays_as_it_was(
        self, fault: dict[str, Any], error: type[EtHeatmapError], told: str, roster: SimulatedInstallation
    ) -> None:
        collect(roster)
        before = known(roster)
        roster.go_to(roster.now + timedelta(days=1))
        roster.simulator.order("wikipedia", **fault)
        next_day = DAY + timedelta(days=1)
        with pytest.raises(error, match=told):
            collect(roster, next_day)
        assert roster.states("entity_roster") == {DAY: "ok", next_day: "failed"}
        assert known(roster) == before
        roster.simulator.clear_faults()
        assert collect(roster, next_day).outcome.is_complete
        assert roster.states("entity_roster") == {DAY: "ok", next_day: "ok"}

    def test_without_wikidata_the_articles_are_known_and_the_rest_is_of_the_day_before(
        self, roster: SimulatedInstallation
    ) -> None:
        collect(roster)
        roster.go_to(roster.now + timedelta(days=1))
        roster.simulator.order("wikidata", kind="malformed")
        before = known(roster)
        collected = collect(roster, DAY + timedelta(days=1))
        assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", False)
        assert "5 of 9 questions not answered: wikidata/" in str(collected.outcome.reason)
        undated = [[{**row, "roster_ts": None, "seen_at": None} for row in table] for table in known(roster)]
        assert undated == [[{**row, "roster_ts": None, "seen_at": None} for row in table] for table in before]
        quarantined = roster.query("SELECT reason FROM captures WHERE state = 'quarantined'")
        assert len(quarantined) == 5
        assert all("is no JSON" in row.reason for row in quarantined)

    def test_what_a_killed_run_had_received_is_not_asked_for_again(self, roster: SimulatedInstallation) -> None:
        """As if it had died after the first part of the second question."""
        roster.simulator.order("wikipedia", kind="status", status=403, path="rdcontinue")
        with pytest.raises(UpstreamRefusedError):
            collect(roster)
        assert roster.requests() == {"wikipedia": 4}
        assert known(roster)[1] == [], "a part of an answer is no answer"
        roster.simulator.clear_faults()
        assert collect(roster).outcome.is_complete
        assert roster.requests() == {"wikipedia": 2, "wikidata": 5}

    def test_half_of_the_titles_answered_is_half_of_the_facts(self, roster: SimulatedInstallation) -> None:
        roster.simulator.order("wikipedia", kind="malformed", path="Academy")
        collected = collect(roster)
        assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", False)
        assert collected.told["entities"] == 48
        assert {check.name: check.passed for check in collected.checks} == {ALL_ANSWERED: False, ALL_FOUND: True}

    def test_what_does_not_fit_the_limits_is_deferred_and_never_sent(self, roster: SimulatedInstallation) -> None:
        limits = roster.configs / "limits.yml"
        others, own = limits.read_text().split("  entity_roster:\n")
        smaller = {"60/minute": "5/day", "burst: 60": "burst: 5", "max_wait_seconds: 30": "max_wait_seconds: 0"}
        for usual, small in smaller.items():
            own = own.replace(usual, small)
        limits.write_text(f"{others}  entity_roster:\n{own}")
        collected = collect(roster)
        assert (collected.outcome.state, collected.outcome.is_complete, collected.outcome.deferred) == ("ok", False, 4)
        assert "4 of 9 questions deferred: " in str(collected.outcome.reason)
        assert roster.requests() == {"wikipedia": 4, "wikidata": 1}

    def test_switched_off_it_asks_nobody_and_says_which_switch(self, roster: SimulatedInstallation) -> None:
        roster.switch_on("wiki")
        with pytest.raises(DisabledError, match="entity_roster is switched off: set enabled: true"):
            collect(roster)
        assert roster.states("entity_roster") == {DAY: "disabled"}
        assert roster.requests() == {}
