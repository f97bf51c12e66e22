"""`etheatmap budget` on an installation's own books: the month, the plan, and opening what an overrun closed."""

import pytest
from command_line import PROJECT, CommandLine

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry
from etheatmap_core.config import load_config
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine

pytestmark = pytest.mark.integration
ENTRY = Entry("scrape_news", "2026-11-20-12:00", "run", "a page")


@pytest.fixture(scope="module")
def books(command_line: CommandLine) -> CommandLine:
    """This month, 12 credits were spent by a call that had reserved 10."""
    assert command_line.run("db", "migrate").returncode == 0
    engine = create_engine(EmbeddedPostgres.start(command_line.database_folder).url("etheatmap"))
    ledger = Ledger(engine)
    ledger.configure(load_config(PROJECT / "configs").budgets.accounts)
    ledger.settle(ledger.reserve("scraperapi", 10, ENTRY), 12)
    engine.dispose()
    return command_line


def test_the_month_is_told_and_a_closed_provider_is_opened_by_hand(books: CommandLine) -> None:
    month = books.run("budget", COLUMNS="200")
    assert (month.returncode, month.stderr) == (0, "")
    for words in ("closed", "scrape_news", "12 credits", "a call of scrape_news cost 12 credits", "of $200.00"):
        assert words in month.stdout
    opened = books.run("budget", "--reopen", "scraperapi")
    assert (opened.returncode, opened.stdout) == (0, "scraperapi is open again.\n")
    assert "closed" not in books.run("budget", COLUMNS="200").stdout
    again = books.run("budget", "--reopen", "scraperapi")
    assert (again.returncode, again.stdout) == (0, "scraperapi was not closed: nothing was changed.\n")


def test_a_provider_that_nobody_knows_is_one_sentence(books: CommandLine) -> None:
    run = books.run("budget", "--reopen", "scrapeapi")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "etheatmap: --reopen: expected 'scraperapi' (the nearest known), found 'scrapeapi'.\n"


def test_the_plan_needs_no_database(command_line: CommandLine) -> None:
    run = command_line.run("budget", "--plan", COLUMNS="200", ETHEATMAP_HOME=str(command_line.folder / "empty"))
    assert (run.returncode, run.stderr) == (0, "")
    assert "within 100,000 credits a month" in run.stdout
    assert not (command_line.folder / "empty").exists()


def test_where_nothing_has_run_nothing_is_started(command_line: CommandLine) -> None:
    home = command_line.folder / "empty"
    run = command_line.run("budget", ETHEATMAP_HOME=str(home))
    assert (run.returncode, run.stdout) == (1, "")
    assert f"Nothing has run in {home} yet" in run.stderr
    assert not home.exists()
