"""Every environment variable, typed, in one place. Read from the environment and `.env`; the environment wins.

Here: names, defaults, validation. Not here: files in configs/ (etheatmap_core.config), anything opened or started.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from dotenv.parser import Binding, parse_stream
from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from etheatmap_core.config.addresses import is_address
from etheatmap_core.config.problems import read_text
from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import parse_hour

# What other programs (and our tests) read from the same environment or file: not ours, and no typing error.
_FOREIGN = {"DAGSTER_HOME", "COMPOSE_PROJECT_NAME", "TZ", "ETHEATMAP_REALDATA"}
_WIKI_LANGUAGE = re.compile(r"[a-z]+(-[a-z]+)*")


def _expecting(words: str) -> WrapValidator:
    """Says what was expected in our words, whatever pydantic found."""

    def validate(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except (ValidationError, ConfigError):
            raise ValueError(words) from None

    return WrapValidator(validate)


def _if(is_right: Callable[[Any], bool]) -> AfterValidator:
    def require(value: object) -> object:
        if not is_right(value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise ValueError
        return value

    return AfterValidator(require)


def _address(*schemes: str) -> AfterValidator:
    return _if(lambda text: is_address(text, *schemes))


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _hour(value: object) -> object:
    return parse_hour(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _is_search_term(text: str) -> bool:
    """Without what Google Trends takes for an operator, or for the end of a term."""
    return bool(text.strip()) and text == text.strip() and not set(text) & set('+"(),|')


def _are_languages(codes: tuple[str, ...]) -> bool:
    return bool(codes) and all(_WIKI_LANGUAGE.fullmatch(code) for code in codes)


def _are_origins(origins: tuple[str, ...]) -> bool:
    return all(origin == "*" or (is_address(origin, "http", "https") and origin.count("/") == 2) for origin in origins)


Port = Annotated[int, Field(ge=1, le=65535), _expecting("a whole number from 1 to 65535")]
Count = Annotated[int, Field(ge=1), _expecting("a whole number of at least 1")]
Category = Annotated[int, Field(ge=0), _expecting("a whole number of at least 0")]
# Amounts within what the books can add up; 0 switches a provider off.
Money = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False), _expecting("US dollars from 0 to 1000000")]
Quota = Annotated[int, Field(ge=0, le=10**12), _expecting("a whole number from 0 to 10^12")]
Factor = Annotated[float, Field(ge=1, allow_inf_nan=False), _expecting("a number of at least 1")]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False), _expecting("a number above 0")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), _expecting("a number from 0 to 1")]
SearchTerm = Annotated[str, _if(_is_search_term), _expecting("a search of plain words like Rotten Tomatoes")]
Switch = Annotated[bool, _expecting("true or false")]
Hour = Annotated[datetime, BeforeValidator(_hour), _expecting("an hour like 2012-02-14T16 (UTC)")]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Languages = Annotated[CommaList, _if(_are_languages), _expecting("Wikipedia language codes like en or en,de")]
Origins = Annotated[CommaList, _if(_are_origins), _expecting("origins like https://example.org, comma separated, or *")]
LogLevel = Annotated[
    Literal["critical", "error", "warning", "info", "debug", "trace"],
    BeforeValidator(_lower),
    _expecting("critical, error, warning, info, debug or trace"),
]
HttpUrl = Annotated[str, _address("http", "https"), _expecting("an address that starts with http:// or https://")]
HttpOrFileUrl = Annotated[
    str,
    _address("http", "https", "file"),
    _expecting("an address that starts with http://, https:// or file:///"),
]
WebhookUrl = Annotated[
    SecretStr, _address("http", "https"), _expecting("an address that starts with http:// or https://")
]
PostgresUrl = Annotated[
    SecretStr,
    _address("postgresql", "postgres"),
    _expecting("a PostgreSQL address like postgresql://user:password@host:5432/name, special characters as %40"),
]
RedisUrl = Annotated[
    SecretStr,
    _address("redis", "rediss", "unix"),
    _expecting("a Redis address like redis://:password@host:6379/0, special characters as %40"),
]


class Settings(BaseSettings):
    """One field a variable; the field's name in capitals is the variable's. An empty value means: not set."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",  # unknown names are refused by load_settings, with the nearest known one
        frozen=True,
        hide_input_in_errors=True,
    )

    # Where things are kept
    etheatmap_home: Path = Path(".etheatmap")
    etheatmap_config_dir: Path = Path("configs")
    etheatmap_partitions_start: Hour | None = None
    etheatmap_partitions_end: Hour | None = None
    etheatmap_sim_start: Hour | None = None

    # Database and cache
    database_url: PostgresUrl | None = None
    postgres_host: str | None = None
    postgres_port: Port = 5432
    postgres_db: str = "etheatmap"
    postgres_user: str = "etheatmap"
    postgres_password: SecretStr | None = None
    dagster_postgres_url: PostgresUrl | None = None
    redis_url: RedisUrl | None = None

    # Addresses we listen on
    api_port: Port = 8080
    dagster_port: Port = 3000
    metabase_port: Port = 3001
    api_host: str = "127.0.0.1"
    api_log_level: LogLevel = "info"
    api_redis_cache: Switch = True
    api_require_key: Switch = False
    api_key: SecretStr | None = None
    api_cors_origins: Origins = ()

    # Upstreams
    http_user_agent: str = "ETHeatmap/0.1 (set HTTP_USER_AGENT to an address that reaches you)"
    simulator_url: HttpUrl | None = None
    wikimedia_dumps_url: HttpOrFileUrl = "https://dumps.wikimedia.org"
    wiki_projects: Languages = ("en",)
    trends_region: str = "US"
    trends_category: Category = 0
    trends_anchor: SearchTerm = "Rotten Tomatoes"
    variety_rss: HttpUrl = "https://variety.com/feed/"
    thr_rss: HttpUrl = "https://www.hollywoodreporter.com/feed/"
    rss_user_agent: str | None = None
    rss_timeout: Count = 10
    reddit_client_id: SecretStr | None = None
    reddit_client_secret: SecretStr | None = None
    reddit_user_agent: str | None = None
    reddit_target_subs: CommaList = ("entertainment", "movies", "television", "popculturechat", "Music")
    reddit_fetch_limit: Count = 100
    reddit_lookback_minutes: Count = 120
    youtube_api_key: SecretStr | None = None
    news_api_key: SecretStr | None = None
    news_api_daily_limit: Quota | None = None
    scraperapi_key: SecretStr | None = None
    scraperapi_monthly_limit: Quota | None = None
    feature_scraperapi: Switch = False
    openai_api_key: SecretStr | None = None
    openai_monthly_budget: Money | None = None
    apify_token: SecretStr | None = Field(None, validation_alias=AliasChoices("apify_token", "apify_api_token"))
    apify_cc_actor: str | None = None
    apify_tiktok_actor: str | None = None
    feature_apify: Switch = False
    feature_metered_example: Switch = False

    # Alerts
    slack_webhook_url: WebhookUrl | None = None
    slack_signing_secret: SecretStr | None = None
    slack_sig_tolerance_seconds: Count = 300
    alert_debounce_hours: Count = 6
    alert_reboost_factor: Factor = 1.3
    alert_max_false_a_day: Rate = 1.0
    trade_suppress_after_hours: Count = 24
    tiktok_weight: Share = 0.2

    # Deployment
    cloudflare_tunnel_token: SecretStr | None = None

    @field_validator("etheatmap_partitions_end")
    @classmethod
    def _end_follows_start(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("etheatmap_partitions_start")
        if start is not None and end is not None and end <= start:
            raise ValueError(f"an hour after ETHEATMAP_PARTITIONS_START={start:%Y-%m-%dT%H}")
        return end

    @property
    def database(self) -> str | None:
        """The configured database's URL (with its password), None when there is none and the embedded one serves."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.postgres_host is None:
            return None
        password = f":{quote(self.postgres_password.get_secret_value(), safe='')}" if self.postgres_password else ""
        user, name = quote(self.postgres_user, safe=""), quote(self.postgres_db, safe="")
        return f"postgresql://{user}{password}@{self.postgres_host}:{self.postgres_port}/{name}"

    def missing(self, variables: Iterable[str]) -> list[str]:
        """Those of the variables that are not set."""
        return [name for name in variables if getattr(self, name.lower()) is None]


def variable_names() -> tuple[str, ...]:
    """Every variable that is read, in the order of the fields, with its other spellings."""
    return tuple(spelling for name in Settings.model_fields for spelling in _spellings(name))


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Settings of the environment and of ``env_file`` where it exists; folders come out absolute.

    Raises ConfigError: one line a wrong variable, naming it, its value (never a secret's) and what was expected.
    """
    lines = _lines(env_file) if env_file is not None and env_file.is_file() else []
    problems = [*_problems_of_lines(lines, str(env_file)), *_unknown_in_environment()]
    if problems:
        raise ConfigError("\n".join(problems))
    try:
        settings = Settings(_env_file=env_file if lines else None)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as error:
        in_file = {str(line.key).upper() for line in lines if line.value}
        sentences = [_sentence(problem, in_file, str(env_file)) for problem in error.errors()]
        raise ConfigError("\n".join(sentences)) from None  # the original would print secrets
    return settings.model_copy(
        update={
            "etheatmap_home": settings.etheatmap_home.expanduser().absolute(),
            "etheatmap_config_dir": settings.etheatmap_config_dir.expanduser().absolute(),
        }
    )


def _lines(env_file: Path) -> list[Binding]:
    return [line for line in parse_stream(io.StringIO(read_text(env_file))) if line.key is not None or line.error]


def _problems_of_lines(lines: list[Binding], file_name: str) -> Iterator[str]:
    """A misspelt, repeated or unreadable line that is silently ignored is how a configuration lies."""
    first_lines: dict[str, int] = {}
    for line in lines:
        text = line.original.string
        number = line.original.line + text[: len(text) - len(text.lstrip())].count(
            "\n"
        )  # blank lines come with the next
        if line.error or line.key is None or line.value is None:
            yield f"{file_name}:{number}: expected NAME=value."
            continue
        name = line.key.upper()
        if first_lines.setdefault(name, number) != number:
            yield f"{line.key} in {file_name} stands on the lines {first_lines[name]} and {number}; keep one."
        elif name not in variable_names() and name not in _FOREIGN:
            yield f"{line.key} in {file_name} is not a setting{_nearest(name)}"


def _unknown_in_environment() -> Iterator[str]:
    known = {*variable_names(), *_FOREIGN}
    for name in sorted(os.environ):
        if name.upper().startswith("ETHEATMAP_") and name.upper() not in known:
            yield f"{name} in the environment is not a setting{_nearest(name)}"


def _nearest(name: str) -> str:
    matches = get_close_matches(name.upper(), variable_names(), n=1)
    return f"; did you mean {matches[0]}?" if matches else "; .env.example lists them all."


def _spellings(field_name: str) -> list[str]:
    alias = Settings.model_fields[field_name].validation_alias
    names = [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field_name]
    return [name.upper() for name in names]


def _sentence(problem: Any, in_file: set[str], file_name: str) -> str:
    name = str(problem["loc"][0]).upper()
    is_from_file = name in in_file and not any(known.upper() == name and value for known, value in os.environ.items())
    shown = "" if _is_secret(name) else f"={problem['input']!r}"
    expected = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name}{shown} in {file_name if is_from_file else 'the environment'}: expected {expected}."


def _is_secret(name: str) -> bool:
    fields = [field for known, field in Settings.model_fields.items() if name in _spellings(known)]
    return not fields or "SecretStr" in str(fields[0].annotation)
