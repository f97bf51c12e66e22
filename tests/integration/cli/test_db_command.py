"""`etheatmap db`: the address and the schema, on an embedded server and on one that does not answer."""

import psycopg
import pytest
from command_line import CommandLine

from etheatmap_cli.lease import in_use
from etheatmap_core.database.embedded import EmbeddedPostgres

pytestmark = pytest.mark.integration
STARTED = "Its server was started for this, and runs until `etheatmap db stop`.\n"
DEAD = "postgresql://ann:hunter2@127.0.0.1:9/heat"  # nobody listens on the discard port


def test_url_is_one_line_that_psycopg_takes(command_line: CommandLine) -> None:
    command_line.run("db", "stop")
    run = command_line.run("db", "url")
    assert (run.returncode, run.stderr) == (0, STARTED)
    (url,) = run.stdout.splitlines()
    with psycopg.connect(url) as connection:
        assert connection.info.dbname == "etheatmap"
        assert connection.info.server_version >= 180000


def test_a_server_that_was_started_for_its_address_is_stopped_by_hand(command_line: CommandLine) -> None:
    home = command_line.home
    command_line.run("db", "stop")
    nothing = command_line.run("db", "stop")
    assert (nothing.returncode, nothing.stdout) == (0, f"No server runs in {home}.\n")
    assert command_line.run("db", "url").stderr == STARTED
    assert command_line.run("db", "url").stderr == "", "it runs"
    with in_use(home):
        busy = command_line.run("db", "stop")
    assert (busy.returncode, busy.stdout) == (1, "")
    assert "end it, and the server ends with it" in busy.stderr
    stopped = command_line.run("db", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"The server in {home} is stopped.\n")
    assert not EmbeddedPostgres(home / "postgres", 18).is_running()
    configured = command_line.run("db", "stop", DATABASE_URL=DEAD)
    assert (configured.returncode, configured.stderr) == (
        1, "etheatmap: The database is a configured one: stop it where it runs.\n"
    )  # fmt: skip


def test_migrate_says_what_it_applied_and_the_second_time_that_nothing_is_left(command_line: CommandLine) -> None:
    first, second = command_line.run("db", "migrate"), command_line.run("db", "migrate")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("Applied: 0001")
    assert (second.returncode, second.stdout, second.stderr) == (0, "The schema is up to date.\n", "")
    assert command_line.query("SELECT count(*) FROM scores") == [(0,)]


def test_a_configured_address_is_printed_as_it_is(command_line: CommandLine) -> None:
    run = command_line.run("db", "url", DATABASE_URL=DEAD)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{DEAD}\n", "")


@pytest.mark.parametrize(
    "words",
    [("db", "migrate"), ("backfill", "--from", "2012-02-14T16", "--to", "2012-02-14T17"), ("up",)],
    ids=["db migrate", "backfill", "up"],
)
def test_a_database_that_does_not_answer_is_one_sentence(command_line: CommandLine, words: tuple[str, ...]) -> None:
    run = command_line.run(*words, DATABASE_URL=DEAD, API_PORT="18080", DAGSTER_PORT="13000")
    assert run.returncode == 1
    assert run.stdout == ("Starting ET Heatmap.\n" if words == ("up",) else "")
    (sentence,) = run.stderr.splitlines()
    assert sentence.startswith(
        "etheatmap: The database postgresql+psycopg://ann:***@127.0.0.1:9/heat cannot be reached"
    )
    assert sentence.endswith("start it, or correct DATABASE_URL / POSTGRES_*.")


def test_an_address_of_another_database_is_one_sentence_without_the_password(command_line: CommandLine) -> None:
    run = command_line.run("db", "migrate", DATABASE_URL="mysql://ann:hunter2@db/heat")
    assert (run.returncode, run.stdout) == (1, "")
    assert len(run.stderr.splitlines()) == 1
    assert "expected a PostgreSQL address" in run.stderr
    assert "hunter2" not in run.stderr


def test_a_data_folder_that_cannot_be_made_is_one_sentence(command_line: CommandLine) -> None:
    file = command_line.folder / "file"
    file.touch()
    for words in (("db", "url"), ("up",), ("demo", "--once")):
        run = command_line.run(*words, ETHEATMAP_HOME=str(file / "home"), API_PORT="18080", DAGSTER_PORT="13000")
        assert run.returncode == 1, words
        assert run.stdout == "" or run.stdout.startswith("Starting ET Heatmap"), words
        (sentence,) = run.stderr.splitlines()
        assert "Not a directory" in sentence or "is no folder, or lies below a file" in sentence
        assert "ETHEATMAP_HOME" in sentence
