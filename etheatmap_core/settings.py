"""Every environment variable, typed, in one place. Read from the environment and `.env`; the environment wins.

Here: names, defaults, validation. Not here: files in configs/ (etheatmap_core.config), anything that is opened or started.
"""

import os
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from dotenv import dotenv_values
from pydantic import AliasChoices, BeforeValidator, Field, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import parse_hour

# What other programs read from the same environment or file; not ours, and no typing error.
_FOREIGN = {"DAGSTER_HOME", "COMPOSE_PROJECT_NAME", "TZ"}
# In words a person expects; other problems are said in pydantic's.
_EXPECTED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "finite_number": "a finite number",
}


def _hour(value: object) -> object:
    try:
        return parse_hour(value) if isinstance(value, str) else value
    except ConfigError:
        raise ValueError("expected an hour written as 2012-02-14T16 (UTC)") from None


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _comma_list(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _http_url(value: object) -> object:
    if isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc:
        return value
    raise ValueError("expected an address that starts with http:// or https://")


def _http_or_file_url(value: object) -> object:
    if isinstance(value, str) and urlsplit(value).scheme == "file" and urlsplit(value).path.startswith("/"):
        return value
    try:
        return _http_url(value)
    except ValueError:
        raise ValueError("expected an address that starts with http://, https:// or file:///") from None


Port = Annotated[int, Field(ge=1, le=65535)]
Hour = Annotated[datetime, BeforeValidator(_hour)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]
LogLevel = Annotated[Literal["critical", "error", "warning", "info", "debug", "trace"], BeforeValidator(_lower)]
HttpUrl = Annotated[str, BeforeValidator(_http_url)]
HttpOrFileUrl = Annotated[str, BeforeValidator(_http_or_file_url)]


class Settings(BaseSettings):
    """One field a variable; the field's name in capitals is the variable's. An empty value means: not set."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="forbid", frozen=True, validate_default=False)

    # Where things are kept
    etheatmap_home: Path = Path(".etheatmap")
    etheatmap_config_dir: Path = Path("configs")
    etheatmap_partitions_start: Hour | None = None
    etheatmap_partitions_end: Hour | None = None
    etheatmap_sim_start: Hour | None = None

    # Database and cache
    database_url: SecretStr | None = None
    postgres_host: str | None = None
    postgres_port: Port = 5432
    postgres_db: str = "etheatmap"
    postgres_user: str = "etheatmap"
    postgres_password: SecretStr | None = None
    dagster_postgres_url: SecretStr | None = None
    redis_url: SecretStr | None = None

    # Addresses we listen on
    api_port: Port = 8080
    dagster_port: Port = 3000
    metabase_port: Port = 3001
    api_host: str = "127.0.0.1"
    api_log_level: LogLevel = "info"
    api_redis_cache: bool = True
    api_require_key: bool = False
    api_key: SecretStr | None = None
    api_cors_origins: CommaList = ()

    # Upstreams
    http_user_agent: str = "ETHeatmap/0.1 (set HTTP_USER_AGENT to an address that reaches you)"
    wikimedia_dumps_url: HttpOrFileUrl = "https://dumps.wikimedia.org"
    wiki_projects: CommaList = ("en",)
    trends_region: str = "US"
    trends_category: Annotated[int, Field(ge=0)] = 0
    variety_rss: HttpUrl = "https://variety.com/feed/"
    thr_rss: HttpUrl = "https://www.hollywoodreporter.com/feed/"
    rss_user_agent: str | None = None
    rss_timeout: PositiveInt = 10
    reddit_client_id: SecretStr | None = None
    reddit_client_secret: SecretStr | None = None
    reddit_user_agent: str | None = None
    reddit_target_subs: CommaList = ("entertainment", "movies", "television", "popculturechat", "Music")
    reddit_fetch_limit: PositiveInt = 100
    reddit_lookback_minutes: PositiveInt = 120
    youtube_api_key: SecretStr | None = None
    news_api_key: SecretStr | None = None
    news_api_daily_limit: PositiveInt = 500
    scraperapi_key: SecretStr | None = None
    scraperapi_monthly_limit: PositiveInt = 100_000
    openai_api_key: SecretStr | None = None
    openai_monthly_budget: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 30.0
    apify_token: SecretStr | None = Field(None, validation_alias=AliasChoices("apify_token", "apify_api_token"))
    apify_cc_actor: str | None = None
    apify_tiktok_actor: str | None = None
    feature_scraperapi: bool = False
    feature_apify: bool = False

    # Alerts
    slack_webhook_url: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_sig_tolerance_seconds: PositiveInt = 300
    alert_debounce_hours: PositiveInt = 6
    alert_reboost_factor: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.3
    trade_suppress_after_hours: PositiveInt = 24
    tiktok_weight: Annotated[float, Field(ge=0, le=1)] = 0.2

    # Deployment
    cloudflare_tunnel_token: SecretStr | None = None

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


def variable_names() -> tuple[str, ...]:
    """Every variable that is read, in the order of the fields, with its other spellings."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names += [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]
    return tuple(name.upper() for name in names)


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Settings of the environment and of ``env_file`` where it exists; folders come out absolute.

    Raises ConfigError: one line a wrong variable, naming it, its value (never a secret's) and what was expected.
    """
    from_file = dict(dotenv_values(env_file)) if env_file is not None and env_file.is_file() else {}
    _refuse_unknown_names(from_file, str(env_file))
    try:
        settings = Settings(_env_file=env_file if from_file else None)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as error:
        lines = [_sentence(problem, from_file, env_file) for problem in error.errors()]
        raise ConfigError("\n".join(lines)) from None  # the original would print secrets
    return settings.model_copy(
        update={
            "etheatmap_home": settings.etheatmap_home.expanduser().absolute(),
            "etheatmap_config_dir": settings.etheatmap_config_dir.expanduser().absolute(),
        }
    )


def _refuse_unknown_names(from_file: dict[str, str | None], file_name: str) -> None:
    """A misspelt variable that is silently ignored is how a configuration lies."""
    known = {*variable_names(), *_FOREIGN}
    suspects = [(name, file_name) for name in from_file if name.upper() not in known]
    suspects += [(name, "the environment") for name in os.environ if name.startswith("ETHEATMAP_") and name not in known]
    # ETHEATMAP_REALDATA is the tests' own.
    lines = [f"{name} in {place} is not a setting{_nearest(name, known)}" for name, place in suspects if name != "ETHEATMAP_REALDATA"]
    if lines:
        raise ConfigError("\n".join(lines))


def _nearest(name: str, known: set[str]) -> str:
    matches = get_close_matches(name.upper(), sorted(known), n=1)
    return f"; did you mean {matches[0]}?" if matches else "; .env.example lists them all."


def _sentence(problem: Any, from_file: dict[str, str | None], env_file: Path | None) -> str:  # noqa: ANN401  pydantic's dict
    name = str(problem["loc"][0]).upper()
    place = str(env_file) if name in from_file and name not in os.environ else "the environment"
    field = Settings.model_fields.get(name.lower())
    is_secret = field is None or "SecretStr" in str(field.annotation)
    shown = "" if is_secret else f"={problem['input']!r}"
    said = str(problem["msg"]).removeprefix("Value error, ").removeprefix("expected ").removeprefix("Input should be ")
    expected = _EXPECTED.get(problem["type"], "").format(**problem.get("ctx", {})) or said
    return f"{name}{shown} in {place}: expected {expected}."
