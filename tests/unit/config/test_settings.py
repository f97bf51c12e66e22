"""Environment variables: what is read, what is refused, and in which words."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings, load_settings, variable_names

PROJECT = Path(__file__).parents[3]
EXAMPLE = (PROJECT / ".env.example").read_text()
POSTGRES = "a PostgreSQL address like postgresql://user:password@host:5432/name, special characters as %40"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    known = set(variable_names())
    for name in os.environ:
        if name.upper() in known or name.startswith("ETHEATMAP_"):
            monkeypatch.delenv(name)


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``.env`` in the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return Path(".env")


def complaint(env_file: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(env_file)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("API_PORT", "eighty", "a whole number from 1 to 65535"),
        ("API_PORT", "0", "a whole number from 1 to 65535"),
        ("DAGSTER_PORT", "65536", "a whole number from 1 to 65535"),
        ("RSS_TIMEOUT", "-3", "a whole number of at least 1"),
        ("REDDIT_FETCH_LIMIT", "1.5", "a whole number of at least 1"),
        ("TRENDS_CATEGORY", "-1", "a whole number of at least 0"),
        ("FEATURE_APIFY", "perhaps", "true or false"),
        ("API_REQUIRE_KEY", "2", "true or false"),
        ("OPENAI_MONTHLY_BUDGET", "nan", "US dollars from 0 to 1000000"),
        ("OPENAI_MONTHLY_BUDGET", "-0.5", "US dollars from 0 to 1000000"),
        ("OPENAI_MONTHLY_BUDGET", "1e99", "US dollars from 0 to 1000000"),
        ("SCRAPERAPI_MONTHLY_LIMIT", "9" * 23, "a whole number from 0 to 10^12"),
        ("ALERT_REBOOST_FACTOR", "0.9", "a number of at least 1"),
        ("ALERT_MAX_FALSE_A_DAY", "0", "a number above 0"),
        ("TIKTOK_WEIGHT", "1.1", "a number from 0 to 1"),
        ("ETHEATMAP_PARTITIONS_START", "2012", "an hour like 2012-02-14T16 (UTC)"),
        ("ETHEATMAP_SIM_START", "2012-02-30T00", "an hour like 2012-02-14T16 (UTC)"),
        ("ETHEATMAP_PARTITIONS_END", "2012-02-14T16:30", "an hour like 2012-02-14T16 (UTC)"),
        ("WIKIMEDIA_DUMPS_URL", "dumps.wikimedia.org", "an address that starts with http://, https:// or file:///"),
        ("WIKIMEDIA_DUMPS_URL", "file://dumps", "an address that starts with http://, https:// or file:///"),
        ("WIKIMEDIA_DUMPS_URL", "http://", "an address that starts with http://, https:// or file:///"),
        ("VARIETY_RSS", "file:///feed.xml", "an address that starts with http:// or https://"),
        ("VARIETY_RSS", "http://variety.com:x/", "an address that starts with http:// or https://"),
        ("VARIETY_RSS", "http+x://variety.com/", "an address that starts with http:// or https://"),
        ("VARIETY_RSS", "http://variety.com/a b", "an address that starts with http:// or https://"),
        ("WIKI_PROJECTS", "en.wikipedia", "Wikipedia language codes like en or en,de"),
        ("WIKI_PROJECTS", ",", "Wikipedia language codes like en or en,de"),
        ("API_CORS_ORIGINS", "https://a.org/b", "origins like https://example.org, comma separated, or *"),
        ("API_LOG_LEVEL", "loud", "critical, error, warning, info, debug or trace"),
    ],
)
def test_a_wrong_value_is_shown_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert complaint() == [f"{variable}='{value}' in the environment: expected {expected}."]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("DATABASE_URL", "mysql://u:hidden@h/d", POSTGRES),
        ("DATABASE_URL", "postgresql://u:hid[den@h/d", POSTGRES),
        ("DAGSTER_POSTGRES_URL", "hidden@h", POSTGRES),
        (
            "REDIS_URL",
            "http://:hidden@h",
            "a Redis address like redis://:password@host:6379/0, special characters as %40",
        ),
        ("SLACK_WEBHOOK_URL", "hooks.slack.com/hidden", "an address that starts with http:// or https://"),
    ],
)
def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str) -> None:
    monkeypatch.setenv(variable, value)
    assert complaint() == [f"{variable} in the environment: expected {expected}."]


def test_every_variable_that_holds_a_secret_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {
        "DATABASE_URL": "postgresql://u:hidden@h/d",
        "DAGSTER_POSTGRES_URL": "postgresql://u:hidden@h/d",
        "REDIS_URL": "redis://:hidden@h",
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/hidden",
    }
    secrets = [name for name in variable_names() if re.search(r"_(KEY|TOKEN|SECRET|PASSWORD)$|CLIENT_ID$", name)]
    secrets.remove("API_REQUIRE_KEY")
    assert len(secrets) == 12
    for name in (*secrets, *addresses):
        monkeypatch.setenv(name, addresses.get(name, "hidden"))
    assert "hidden" not in repr(load_settings(None))
    monkeypatch.setenv("API_PORT", "eighty")
    assert complaint() == ["API_PORT='eighty' in the environment: expected a whole number from 1 to 65535."]


def test_a_grid_ends_after_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHEATMAP_PARTITIONS_START", "2012-02-14T16")
    monkeypatch.setenv("ETHEATMAP_PARTITIONS_END", "2012-02-14T16")
    assert complaint() == [
        "ETHEATMAP_PARTITIONS_END='2012-02-14T16' in the environment: "
        "expected an hour after ETHEATMAP_PARTITIONS_START=2012-02-14T16."
    ]
    monkeypatch.setenv("ETHEATMAP_PARTITIONS_END", "2012-02-14T17")
    assert load_settings(None).etheatmap_partitions_end == datetime(2012, 2, 14, 17, tzinfo=UTC)


def test_all_wrong_variables_are_told_at_once_and_where_they_stand(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("API_PORT=eighty\nDAGSTER_PORT=4\n")
    monkeypatch.setenv("DAGSTER_PORT", "three")
    assert complaint(env_file) == [
        "API_PORT='eighty' in .env: expected a whole number from 1 to 65535.",
        "DAGSTER_PORT='three' in the environment: expected a whole number from 1 to 65535.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SCRAPERAPI_KY=x", "SCRAPERAPI_KY in .env is not a setting; did you mean SCRAPERAPI_KEY?"),
        ("ZZZ=x", "ZZZ in .env is not a setting; .env.example lists them all."),
        ("API_PORT=1\n# again\nexport api_port=2", "api_port in .env stands on the lines 1 and 3; keep one."),
        ("\n\nAPI_PORT", ".env:3: expected NAME=value."),
        ("API PORT=1", ".env:1: expected NAME=value."),
        ("A='never closed", ".env:1: expected NAME=value."),
    ],
)
def test_a_line_that_would_be_ignored_is_an_error(env_file: Path, text: str, message: str) -> None:
    env_file.write_text(f"{text}\n")
    assert complaint(env_file) == [message]


def test_an_unknown_name_of_ours_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHEATMAP_HOEM", "x")
    monkeypatch.setenv("SOMEBODY_ELSES", "x")
    assert complaint() == ["ETHEATMAP_HOEM in the environment is not a setting; did you mean ETHEATMAP_HOME?"]


def test_a_file_in_another_encoding_is_told_with_its_line(env_file: Path) -> None:
    env_file.write_bytes(b"API_PORT=1\nREDDIT_USER_AGENT=caf\xe9\n")
    assert complaint(env_file) == [".env:2: expected UTF-8 text, found the byte 0xe9: save the file as UTF-8."]


def test_comments_blank_lines_quotes_and_other_programs_names_are_fine(env_file: Path) -> None:
    env_file.write_bytes(
        b"\xef\xbb\xbfexport API_PORT=8081 # why\r\n\r\n# ours\r\nRSS_USER_AGENT='a # b'\r\nDAGSTER_HOME=/d\r\n"
    )
    settings = load_settings(env_file)
    assert (settings.api_port, settings.rss_user_agent) == (8081, "a # b")


def test_the_environment_wins_over_the_file_and_empty_means_not_set(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("API_PORT=8081\nDAGSTER_PORT=3005\nDATABASE_URL=\n")
    monkeypatch.setenv("API_PORT", "8082")
    monkeypatch.setenv("DAGSTER_PORT", "")
    settings = load_settings(env_file)
    assert (settings.api_port, settings.dagster_port, settings.database) == (8082, 3005, None)


def test_there_need_be_no_file(env_file: Path) -> None:
    assert load_settings(env_file) == load_settings(None) == load_settings()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"POSTGRES_PORT": "6432", "POSTGRES_PASSWORD": "p"}, None),
        ({"POSTGRES_HOST": "db"}, "postgresql://etheatmap@db:5432/etheatmap"),
        (
            {"POSTGRES_HOST": "db", "POSTGRES_PORT": "6432", "POSTGRES_USER": "a b", "POSTGRES_PASSWORD": "p@ss/word"},
            "postgresql://a%20b:p%40ss%2Fword@db:6432/etheatmap",
        ),
        (
            {"POSTGRES_HOST": "db", "DATABASE_URL": "postgresql+psycopg2:///etheatmap?host=/run/pg"},
            "postgresql+psycopg2:///etheatmap?host=/run/pg",
        ),
        (
            {"DATABASE_URL": "postgresql://postgres@/x?host=/run/pg&port=1"},
            "postgresql://postgres@/x?host=/run/pg&port=1",
        ),
    ],
)
def test_the_database_is_the_address_else_its_parts_else_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_settings(None).database == expected


def test_lists_hours_and_switches_are_read_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WIKI_PROJECTS": "en, de,",
        "REDDIT_TARGET_SUBS": "movies",
        "API_CORS_ORIGINS": "https://a.org,http://b.org:81",
        "ETHEATMAP_PARTITIONS_START": "2012-02-14T16",
        "FEATURE_APIFY": "TRUE",
        "API_LOG_LEVEL": "DEBUG",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(None)
    assert settings.wiki_projects == ("en", "de")
    assert settings.reddit_target_subs == ("movies",)
    assert settings.api_cors_origins == ("https://a.org", "http://b.org:81")
    assert settings.etheatmap_partitions_start == datetime(2012, 2, 14, 16, tzinfo=UTC)
    assert settings.feature_apify is True
    assert settings.api_log_level == "debug"


def test_the_other_spelling_of_the_apify_token_is_read(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text("APIFY_TOKEN=of the file\n")
    monkeypatch.setenv("APIFY_API_TOKEN", "of the environment")
    token = load_settings(env_file).apify_token
    assert token is not None
    assert token.get_secret_value() == "of the environment"


def test_folders_come_out_absolute(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETHEATMAP_CONFIG_DIR", "../other")
    monkeypatch.setenv("HOME", "/home/somebody")
    env_file.write_text("ETHEATMAP_HOME=~/heat\n")
    settings = load_settings(env_file)
    assert settings.etheatmap_home == Path("/home/somebody/heat")
    assert settings.etheatmap_config_dir == Path.cwd() / "../other"


def test_the_example_explains_every_variable_and_no_other() -> None:
    lines = EXAMPLE.splitlines()
    named = [(number, line.partition("=")[0]) for number, line in enumerate(lines) if line and not line.startswith("#")]
    assert sorted(name for _, name in named) == sorted(variable_names())
    for number, name in named:
        assert re.match(r"# [A-Z].*\.$", lines[number - 1]), f"{name} in .env.example has no comment of its own"


def test_the_example_says_each_default_and_changes_none(env_file: Path) -> None:
    env_file.write_text(EXAMPLE)
    assert load_settings(env_file) == load_settings(None)
    said = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    unsaid = {name for name, field in Settings.model_fields.items() if field.default and not said[name.upper()]}
    assert unsaid == set(), ".env.example leaves these empty although they have a default"


def test_the_page_for_operators_names_every_variable() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text()
    assert [name for name in variable_names() if f"`{name}`" not in page] == []
