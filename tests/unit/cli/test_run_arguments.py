"""What `etheatmap run` is asked for: the asset, the partition, and the sentence for each that is wrong."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from etheatmap_assets.definitions import build_defs
from etheatmap_cli.execution import Executed
from etheatmap_cli.main import main
from etheatmap_cli.run import Wanted, made_sentence, wanted
from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import parse_hour
from etheatmap_core.settings import Settings

PROJECT = Path(__file__).parents[3]
NOW = datetime(2012, 2, 16, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    settings = Settings(
        etheatmap_home=tmp_path_factory.mktemp("home"),
        etheatmap_config_dir=PROJECT / "configs",
        etheatmap_partitions_start=parse_hour("2012-02-14T00"),
        etheatmap_partitions_end=parse_hour("2012-02-20T00"),
    )
    return build_defs(settings, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("name", "partition", "asset", "key"),
    [
        ("wiki", None, "wiki", "2012-02-16-08:00"),
        ("heat_scores", None, "heat_scores", "2012-02-16-08:00"),
        ("entity_roster", None, "entity_roster", "2012-02-15"),
        ("wiki", "2012-02-14T16", "wiki", "2012-02-14-16:00"),
        ("news", "2012-02-14-16:00", "news", "2012-02-14-16:00"),
        ("reddit_ingest", "2012-02-14 16:00", "reddit", "2012-02-14-16:00"),
        ("storage_maintenance", "2012-02-14", "storage_maintenance", "2012-02-14"),
    ],
)
def test_the_newest_partition_that_has_ended_or_the_one_that_is_named(
    definitions: dg.Definitions, name: str, partition: str | None, asset: str, key: str
) -> None:
    assert wanted(definitions, name, partition, NOW) == Wanted(asset, key)


@pytest.mark.parametrize(
    ("name", "partition", "sentence"),
    [
        ("wikki", None, r"^wikki: no such asset; did you mean 'wiki'\? There are .*entity_roster, .*\bwiki_history\b"),
        ("budget/total", None, r"^budget/total is written by its sensor, nobody makes it; there are .*entity_roster, "),
        ("wiki", "", r"^--partition '': wiki has hours, write one as"),  # a variable that is not set
        ("wiki", "yesterday", r"^--partition yesterday: wiki has hours, write one as 2026-11-20T15 \(UTC\)\.$"),
        ("wiki", "2012-02-14", r"^--partition 2012-02-14: wiki has hours, write one as 2026-11-20T15 \(UTC\)\.$"),
        ("wiki_history", "2012-02-14T16", "^--partition 2012-02-14T16: wiki_history has days, write one as 2026-11-20"),
        ("wiki_history", "2012-02-30", "^--partition 2012-02-30: wiki_history has days, write one as 2026-11-20"),
        ("wiki", "2012-02-16T09", "^--partition 2012-02-16T09: wiki has 2012-02-14-00:00 to 2012-02-16-08:00; "),
        ("wiki", "2012-02-13T23", "^--partition 2012-02-13T23: wiki has 2012-02-14-00:00 to 2012-02-16-08:00; "),
        ("entity_roster", "2012-02-16", "^--partition 2012-02-16: entity_roster has 2012-02-14 to 2012-02-15; "),
    ],
)
def test_what_is_wrong_is_one_sentence_that_names_the_remedy(
    definitions: dg.Definitions, name: str, partition: str | None, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        wanted(definitions, name, partition, NOW)


def test_before_the_first_partition_has_ended_there_is_none(definitions: dg.Definitions) -> None:
    with pytest.raises(ConfigError, match="wiki has no partition yet"):
        wanted(definitions, "wiki", None, datetime(2012, 2, 14, 0, 59, tzinfo=UTC))


def test_an_asset_without_partitions_wants_none_named() -> None:
    @dg.asset
    def lone() -> None:
        """Without partitions."""

    definitions = dg.Definitions(assets=[lone])
    assert wanted(definitions, "lone", None, NOW) == Wanted("lone", None)
    with pytest.raises(ConfigError, match="lone has no partitions: leave --partition out"):
        wanted(definitions, "lone", "2012-02-14", NOW)


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (
            {"state": "ok", "dagster/partition_row_count": 1200, "mentions": 1, "questions": 20, "answered": 12,
             "is_replay": False},
            "reddit 2012-02-14-16:00: ok, 1,200 rows, 1 mention; 12 of 20 questions answered.",
        ),
        (
            {"state": "empty", "dagster/partition_row_count": 0, "mentions": 0, "questions": 1, "answered": 1,
             "is_replay": True},
            "reddit 2012-02-14-16:00: empty, 0 rows, 0 mentions; "
            "1 of 1 question answered, from the archive, nobody was asked.",
        ),
        ({"dagster/partition_row_count": 98}, "reddit 2012-02-14-16:00: made, 98 rows."),
        ({}, "reddit 2012-02-14-16:00: made."),
    ],
)  # fmt: skip
def test_what_came_of_it_is_a_sentence(metadata: dict[str, object], sentence: str) -> None:
    ended = Executed("run", {"2012-02-14-16:00": metadata}, (), is_out_of_budget=False)
    assert made_sentence(Wanted("reddit", "2012-02-14-16:00"), ended) == sentence


def test_a_misspelt_name_is_one_sentence_before_a_database_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ETHEATMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ETHEATMAP_CONFIG_DIR", str(PROJECT / "configs"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["etheatmap", "run", "wikki"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("etheatmap: wikki: no such asset; did you mean 'wiki'? There are ")
    assert not (tmp_path / "home" / "postgres").exists()


def test_ctrl_c_ends_it_with_the_exit_code_of_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("etheatmap_cli.run.run_by_hand", interrupted)
    monkeypatch.setattr(sys, "argv", ["etheatmap", "run", "wiki"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
