"""`etheatmap sources`: the states of an installation's own database, and what is wrong with its configuration."""

import pytest
from command_line import CommandLine

from etheatmap_core.database.embedded import EmbeddedPostgres

pytestmark = pytest.mark.integration
DEAD = "postgresql://ann:hunter2@127.0.0.1:9/heat"  # nobody listens on the discard port


def test_states_are_told_and_are_no_failure(command_line: CommandLine) -> None:
    assert command_line.run("db", "migrate").returncode == 0
    run = command_line.run("sources", COLUMNS="200", REDDIT_CLIENT_ID="")
    assert (run.returncode, run.stderr) == (0, "")
    for words in ("wiki", "never run", "no credentials", "REDDIT_CLIENT_ID", "entity_roster", "disabled"):
        assert words in run.stdout
    assert "Traceback" not in run.stdout


def test_a_database_without_tables_is_one_sentence(command_line: CommandLine) -> None:
    empty = EmbeddedPostgres.start(command_line.database_folder).url("postgres")
    run = command_line.run("sources", DATABASE_URL=empty)
    assert run.returncode == 1
    assert run.stderr == "etheatmap: The database has no tables yet: run `etheatmap db migrate`.\n"


def test_a_database_that_does_not_answer_is_one_sentence(command_line: CommandLine) -> None:
    run = command_line.run("sources", DATABASE_URL=DEAD)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "etheatmap: The database cannot be reached: check that it is running.\n"


@pytest.mark.parametrize("command", ["sources", "api"])
def test_a_mistake_in_configs_is_told_before_a_database_is_started(command_line: CommandLine, command: str) -> None:
    configs = command_line.folder / "configs"
    configs.mkdir(exist_ok=True)
    home = command_line.folder / "another"
    run = command_line.run(command, ETHEATMAP_CONFIG_DIR=str(configs), ETHEATMAP_HOME=str(home))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(f"etheatmap: {configs} has no entities.csv")
    assert not (home / "postgres").exists()


def test_where_nothing_has_run_nothing_is_started(command_line: CommandLine) -> None:
    home = command_line.folder / "empty"
    run = command_line.run("sources", ETHEATMAP_HOME=str(home))
    assert (run.returncode, run.stdout) == (1, "")
    assert f"Nothing has run in {home} yet" in run.stderr
    assert not home.exists()
