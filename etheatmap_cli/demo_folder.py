"""What a demo leaves in its folder for commands that are run there: how it is set, so that they see what it sees."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings, load_settings

_FILE = "demo.json"
_ENV_FILE = Path(".env")
# A demo never looks into the configured database.
OWN_DATABASE: Mapping[str, None] = {"database_url": None, "postgres_host": None, "dagster_postgres_url": None}


def leave(home: Path, environment: Mapping[str, str]) -> None:
    """Writes what the demo's processes have in their environment."""
    home.mkdir(parents=True, exist_ok=True)
    (home / _FILE).write_text(json.dumps(environment, indent=1, sort_keys=True), encoding="utf-8")


def settings_here() -> Settings:
    """Those of .env and the environment; where ETHEATMAP_HOME is a demo's folder, the demo's, which it says.

    Raises ConfigError.
    """
    settings = load_settings(_ENV_FILE)
    path = settings.etheatmap_home / _FILE
    if not path.is_file():
        return settings
    try:
        environment = {str(name): str(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: expected what a demo has written there ({error}); run the demo again.") from error
    if environment.items() <= os.environ.items():  # a process of the demo itself
        return settings
    os.environ.update(environment)  # for the processes that are started, too
    print(f"{settings.etheatmap_home} is a demo's folder: its simulated upstreams and keys apply.", file=sys.stderr)
    return load_settings(_ENV_FILE).model_copy(update=dict(OWN_DATABASE))
