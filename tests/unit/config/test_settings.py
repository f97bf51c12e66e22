"""Environment variables: what is read, what is refused, and in which words."""

import re
from pathlib import Path

import pytest

from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings, load_settings, variable_names

PROJECT = Path(__file__).parents[3]
EXAMPLE = (PROJECT / ".env.example").read_text()


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("API_PORT", "eighty", "API_PORT='eighty' in the environment: expected a whole number."),
        ("API_PORT", "0", "API_PORT='0' in the environment: expected a number of at least 1."),
        ("API_PORT", "70000", "API_PORT='70000' in the environment: expected a number of at most 65535."),
        ("FEATURE_APIFY", "perhaps", "FEATURE_APIFY='perhaps' in the environment: expected true or false."),
        ("OPENAI_MONTHLY_BUDGET", "nan", "OPENAI_MONTHLY_BUDGET='nan' in the environment: expected a finite number."),
        ("RSS_TIMEOUT", "-3", "RSS_TIMEOUT='-3' in the environment: expected a number above 0."),
        (
            "ETHEATMAP_PARTITIONS_START",
            "2012",
            "ETHEATMAP_PARTITIONS_START='2012' in the environment: expected an hour written as 2012-02-14T16 (UTC).",
        ),
        (
            "WIKIMEDIA_DUMPS_URL",
            "dumps.wikimedia.org",
            "WIKIMEDIA_DUMPS_URL='dumps.wikimedia.org' in the environment: "
            "expected an address that starts with http://, https:// or file:///.",
        ),
        (
            "API_LOG_LEVEL",
            "loud",
            "API_LOG_LEVEL='loud' in the environment: "
            "expected 'critical', 'error', 'warning', 'info', 'debug' or 'trace'.",
        ),
        ("ETHEATMAP_HOEM", "x", "ETHEATMAP_HOEM in the environment is not a setting; did you mean ETHEATMAP_HOME?"),
    ],
)
def test_a_wrong_variable_is_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings(None)
    assert str(caught.value) == message


def test_all_wrong_variables_are_told_at_once_and_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("API_PORT=eighty\n")
    monkeypatch.setenv("DAGSTER_PORT", "three")
    with pytest.raises(ConfigError) as caught:
        load_settings(env_file)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert f"API_PORT='eighty' in {env_file}: expected a whole number." in lines


def test_an_unknown_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("# a comment\n\nSCRAPERAPI_KY=secret\n")
    with pytest.raises(ConfigError, match=r"SCRAPERAPI_KY in .* is not a setting; did you mean SCRAPERAPI_KEY\?"):
        load_settings(env_file)


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("API_PORT", "eighty")
    with pytest.raises(ConfigError) as caught:
        load_settings(None)
    assert "very-secret" not in str(caught.value)
    monkeypatch.delenv("API_PORT")
    assert "very-secret" not in repr(load_settings(None))


def test_the_environment_wins_over_the_file_and_empty_means_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("API_PORT=8081\nDAGSTER_PORT=3005\nDATABASE_URL=\n")
    monkeypatch.setenv("API_PORT", "8082")
    settings = load_settings(env_file)
    assert (settings.api_port, settings.dagster_port, settings.database) == (8082, 3005, None)


def test_the_database_in_parts_is_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_HOST", "db")
    monkeypatch.setenv("POSTGRES_PASSWORD", "p@ss/word")
    assert load_settings(None).database == "postgresql://etheatmap:p%40ss%2Fword@db:5432/etheatmap"


def test_other_spellings_of_the_contract_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIFY_API_TOKEN", "t")
    monkeypatch.setenv("WIKI_PROJECTS", "en, de")
    settings = load_settings(None)
    assert settings.apify_token is not None
    assert settings.wiki_projects == ("en", "de")


def test_folders_come_out_absolute() -> None:
    settings = load_settings(None)
    assert settings.etheatmap_home == Path.cwd() / ".etheatmap"
    assert settings.etheatmap_config_dir == Path.cwd() / "configs"


def test_the_example_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE, flags=re.MULTILINE))
    assert named == set(variable_names())


def test_the_example_is_a_valid_file_that_changes_no_default(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(EXAMPLE)
    assert load_settings(env_file).model_dump() == load_settings(None).model_dump()


def test_the_operators_first_variables_are_in_the_docs() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text()
    for name in Settings.model_fields:
        if name.startswith("etheatmap_") and name != "etheatmap_sim_start":
            assert name.upper() in page, f"docs/configuration.md does not mention {name.upper()}"
