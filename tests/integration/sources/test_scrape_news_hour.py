"""Pages of newsrooms through a simulated ScraperAPI: each paid once, read without what stands around, counted once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from pydantic import SecretStr
from simulated import SimulatedInstallation

from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources.collector import CollectedHour, Collector
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.scrape_news import SOURCE
from etheatmap_core.archive import RawArchive
from etheatmap_core.config import load_config
from etheatmap_core.errors import BudgetExhaustedError, OutOfBudgetError, UpstreamRefusedError
from etheatmap_core.signals.source_hours import SourceHour, hour_outcome

KEY = "a-key-that-nobody-has"
PAGES = ("https://www.indiewire.com/", "https://www.thewrap.com/")  # the quiet ones


class Scraping:
    """Two newsrooms, asked for the newest full hour."""

    def __init__(self, place: SimulatedInstallation) -> None:
        self.place = place
        self.limit_units = 100_000
        self.units_a_partition = 400
        self.is_automated = False
        self.scrape(*PAGES)
        place.switch_on("scrape_news")
        place.overrides |= {"feature_scraperapi": True, "scraperapi_key": SecretStr(KEY)}

    def scrape(self, *rows: str) -> None:
        (self.place.configs / "news_sources.csv").write_text("\n".join(("url,options", *(
            row if "," in row else f"{row}," for row in rows), "")))  # fmt: skip

    def use_key(self, key: str) -> None:
        self.place.overrides["scraperapi_key"] = SecretStr(key)

    @contextmanager
    def kit(self) -> Iterator[Kit]:
        place, config = self.place, load_config(self.place.configs)
        budgets = config.budgets
        provider = replace(budgets.providers["scraperapi"], limit_units=self.limit_units, pace_ahead_seconds=None)
        use = replace(budgets.uses["scrape_news"], units_a_partition=self.units_a_partition)
        budgets = replace(
            budgets, providers={**budgets.providers, "scraperapi": provider}, uses={**budgets.uses, "scrape_news": use}
        )
        config = replace(config, budgets=budgets)
        gateway = build_gateway(place.settings(), config, place.engine, clock=lambda: place.now)
        try:
            yield Kit(
                place.engine, RawArchive(place.home), gateway, place.settings(), config, lambda: place.now, "run",
                self.is_automated,
            )  # fmt: skip
        finally:
            gateway.close()

    def collect(self) -> CollectedHour:
        with self.kit() as kit:
            return Collector(SOURCE, kit).collect(self.place.hour)

    def charged(self) -> int:
        """What the upstream has counted."""
        answer = httpx2.get(f"{self.place.simulator.url}/api.scraperapi.com/account?api_key=any", trust_env=False)
        return int(answer.json()["requestCount"])

    def spent(self) -> int:
        query = "SELECT coalesce(sum(spent_units), 0) AS n FROM budget_periods WHERE provider = 'scraperapi'"
        return int(self.place.query(query)[0].n)

    def outcome(self) -> SourceHour:
        with self.place.engine.connect() as connection:
            outcome = hour_outcome(connection, "scrape_news", self.place.hour)
        assert outcome is not None
        return outcome

    def items(self) -> dict[str, list[str]]:
        """Who is named in each stored article, by its title."""
        query = """SELECT i.title, e.name FROM items i JOIN mentions m USING (source, item_id)
                   JOIN entities e ON e.id = m.entity_id WHERE source = 'scrape_news' ORDER BY 1, 2"""
        found: dict[str, list[str]] = {}
        for row in self.place.query(query):
            found.setdefault(row.title, []).append(row.name)
        return found


@pytest.fixture
def scraping(simulated: SimulatedInstallation) -> Scraping:
    return Scraping(simulated)


def test_an_hour_counts_whom_articles_name_and_nobody_from_what_stands_around(scraping: Scraping) -> None:
    made = scraping.collect()
    outcome = made.outcome
    assert (outcome.state, outcome.is_complete, outcome.reason) == ("ok", True, None)
    said = scraping.place.simulator.said("trade_rss", scraping.place.now - timedelta(days=5), scraping.place.now)
    truth = {title: {one.name for one in item.entities} for item in said
             for title in (item.title, item.edited_title) if title}  # fmt: skip
    found = {title: set(names) for title, names in scraping.items().items()}
    assert found
    assert all(names <= truth[title] for title, names in found.items()), "menus and footers name others"
    signals = scraping.place.query("SELECT DISTINCT ts, metric FROM signals WHERE source = 'scrape_news'")
    assert [tuple(row) for row in signals] == [(scraping.place.hour, "mentions")]
    total = scraping.place.query("SELECT sum(value) AS n FROM signals WHERE source = 'scrape_news'")[0].n
    counted = scraping.place.query("SELECT count(*) AS n FROM items JOIN mentions USING (source, item_id)"
                                   " WHERE source = 'scrape_news' AND counted_ts IS NOT NULL")[0].n  # fmt: skip
    assert total == counted > 0


def test_the_asset_makes_the_hour_and_says_which_switch_is_off(scraping: Scraping) -> None:
    place = scraping.place
    place.overrides["feature_scraperapi"] = False
    off = place.run("scrape_news", place.hour)
    assert "scrape_news is switched off: set FEATURE_SCRAPERAPI=true in .env." in off.failure
    assert place.states("scrape_news") == {place.hour: "disabled"}
    place.overrides["feature_scraperapi"] = True
    scraping.scrape(PAGES[0])
    assert place.run("scrape_news", place.hour).is_success
    assert place.states("scrape_news") == {place.hour: "ok"}


def test_each_page_is_paid_once_whatever_the_hour(scraping: Scraping) -> None:
    first = scraping.collect()
    assert scraping.spent() == scraping.charged() == first.outcome.questions == first.asked
    again = scraping.collect()
    assert (again.asked, scraping.charged()) == (0, first.asked)
    before = {row.request_key for row in scraping.place.query("SELECT request_key FROM captures")}
    scraping.place.go_to(scraping.place.now + timedelta(hours=12))
    second = scraping.collect()
    asked = {row.request_key for row in scraping.place.query(
        "SELECT request_key FROM captures WHERE ts = :ts", ts=scraping.place.hour)}  # fmt: skip
    assert asked & before == {f"front/{page}" for page in PAGES}
    assert len(asked) > len(PAGES), "there is news after half a day"
    assert scraping.spent() == scraping.charged() == first.asked + second.asked


def test_money_that_ends_in_the_middle_leaves_what_was_paid_and_the_rest_is_asked_later(scraping: Scraping) -> None:
    scraping.limit_units = 7
    with pytest.raises(BudgetExhaustedError, match="7 of 7 credits used"):
        scraping.collect()
    outcome = scraping.outcome()
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, 7)
    assert f"{outcome.questions - 7} of {outcome.questions} questions not answered" in outcome.reason
    assert scraping.spent() == scraping.charged() == 7
    scraping.limit_units = 1_000
    whole = scraping.collect()
    assert (whole.outcome.is_complete, whole.outcome.answered) == (True, outcome.questions)
    assert scraping.spent() == scraping.charged() == outcome.questions, "nothing is paid twice"


def test_a_partition_asks_what_is_planned_for_it_one_newsroom_as_much_as_the_other(scraping: Scraping) -> None:
    scraping.units_a_partition = 8
    made = scraping.collect()
    assert (made.outcome.answered, scraping.charged()) == (8, 8)
    assert made.outcome.deferred == made.outcome.questions - 8
    told = "budgets.yml plans 8 units of scraperapi for one hour of scrape_news: the rest waits for the next one."
    assert told in made.outcome.reason
    keys = [row.request_key for row in scraping.place.query("SELECT request_key FROM captures")]
    assert [sum(page.split("/")[2].removeprefix("www.") in key for key in keys) for page in PAGES] == [4, 4]


def test_credits_of_the_provider_that_are_used_up_are_told_and_cost_nothing(scraping: Scraping) -> None:
    scraping.use_key("limited-5")
    with pytest.raises(OutOfBudgetError, match="ScraperAPI says that the credits of its own cycle are used up"):
        scraping.collect()
    outcome = scraping.outcome()
    assert (outcome.state, outcome.answered, outcome.is_complete) == ("ok", 5, False)
    assert scraping.spent() == scraping.charged() == 5
    assert scraping.place.requests()["scraperapi"] == 5 + 1 + 1, "and nobody asks on (one is our look at the account)"
    scraping.use_key(KEY)
    assert scraping.collect().outcome.is_complete
    assert scraping.spent() == scraping.charged() == outcome.questions


def test_a_key_that_is_revoked_in_the_middle_is_told_once_and_the_next_attempt_completes_the_hour(
    scraping: Scraping,
) -> None:
    scraping.limit_units = 6  # after which the next is refused
    with pytest.raises(BudgetExhaustedError):
        scraping.collect()
    scraping.limit_units = 1_000
    scraping.place.requests()
    scraping.use_key("wrong")
    made = scraping.collect()
    assert (made.outcome.answered, made.outcome.is_complete, made.is_asked_again) == (6, False, True)
    assert "ScraperAPI does not take our key (status 401): check SCRAPERAPI_KEY." in str(made.outcome.reason)
    assert scraping.place.requests()["scraperapi"] == 1, "it does not become right by asking for the next page"
    assert scraping.spent() == scraping.charged() == 6
    scraping.use_key(KEY)
    assert scraping.collect().outcome.is_complete
    assert scraping.spent() == scraping.charged() == made.outcome.questions


def test_nothing_is_made_of_a_key_that_never_worked(scraping: Scraping) -> None:
    scraping.use_key("wrong")
    with pytest.raises(UpstreamRefusedError, match="check SCRAPERAPI_KEY"):
        scraping.collect()
    assert (scraping.outcome().state, scraping.spent()) == ("failed", 0)


def test_the_key_is_in_no_row_and_in_no_file(scraping: Scraping) -> None:
    scraping.place.simulator.order("scraperapi", kind="status", status=500, count=1)
    scraping.collect()
    tables = [row.table_name for row in scraping.place.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )]  # fmt: skip
    assert {"captures", "audit_logs", "budget_reservations", "source_hours", "source_health"} <= set(tables)
    for table in tables:
        rows = scraping.place.query(f"SELECT to_jsonb(t)::text AS row FROM {table} t")
        assert KEY not in "".join(row.row for row in rows), table
    files = [path for path in scraping.place.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY in str(path) or KEY.encode() in path.read_bytes()]


def test_the_books_agree_with_the_account(scraping: Scraping) -> None:
    place = scraping.place

    def compare() -> dict[str, object]:
        day = f"{place.now - timedelta(days=1):%Y-%m-%d}"
        run = place.run_day("budget_reconciliation", day)
        assert run.is_success, run.failures
        return run.made[day]

    compare()
    scraping.scrape(PAGES[0], f"{PAGES[1]},render")
    scraping.collect()
    spent = scraping.spent()
    assert spent > 30, "rendered pages cost ten"
    place.go_to(place.now + timedelta(days=1))
    assert compare() == {"provider": spent, "provider_limit": 100_000, "ledger": spent, "adjusted": 0}
