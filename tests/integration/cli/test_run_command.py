"""`etheatmap run`: one partition by hand, what is told of it, what it costs, and how it ends."""

import pytest
from command_line import PROJECT, CommandLine, hour, spelled

from etheatmap_sim.roster import read_roster
from etheatmap_sim.testing import serve

pytestmark = pytest.mark.integration


def test_an_hour_is_made_as_a_persons_run(command_line: CommandLine) -> None:
    command_line.publish([0])
    first = command_line.run("run", "wiki", "--partition", spelled(hour(0)))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("wiki 2012-02-14-16:00: made, ")
    assert first.stdout.endswith(" rows.\n")
    assert command_line.query("SELECT count(*) > 0 FROM signals WHERE source = 'wiki'") == [(True,)]
    (tags,) = command_line.query(
        "SELECT run_body::json -> 'tags' ->> 'etheatmap/launched_by' FROM runs ORDER BY id DESC LIMIT 1", "dagster"
    )[0]
    assert tags == "etheatmap run"


def test_what_time_would_mend_is_a_failure_for_who_asks_by_hand(command_line: CommandLine) -> None:
    run = command_line.run("run", "wiki", "--partition", spelled(hour(399)))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("etheatmap: wiki 2012-03-02-07:00: ")
    assert "is not published yet" in run.stderr


def test_a_source_without_its_keys_is_one_sentence(command_line: CommandLine) -> None:
    off = command_line.run("run", "reddit", REDDIT_CLIENT_ID="", REDDIT_CLIENT_SECRET="")
    assert (off.returncode, off.stdout) == (1, "")
    assert off.stderr.endswith("reddit needs REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET: set them in .env.\n")


def test_what_it_cost_is_told(command_line: CommandLine) -> None:
    with serve(read_roster(PROJECT / "configs" / "entities.csv"), "2026-11-20T15:05") as simulator:
        run = command_line.run(
            "run", "metered_example", "--partition", "2026-11-20T11", FEATURE_METERED_EXAMPLE="true",
            SIMULATOR_URL=simulator.url, ETHEATMAP_PARTITIONS_START="2026-11-20T00",
            ETHEATMAP_PARTITIONS_END="2026-11-21T00",
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("metered_example 2026-11-20-11:00: ok, ")
    assert "It cost 1 credit." in run.stdout
