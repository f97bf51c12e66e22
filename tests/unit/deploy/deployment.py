"""The deployment files, parsed once, and what Compose makes of them as far as the tests need it."""

import re
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

PROJECT = Path(__file__).parents[3]
COMPOSE_TEXT = (PROJECT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
INSTANCE: dict[str, Any] = yaml.safe_load((PROJECT / "dagster.yaml").read_text())
LAUNCHER: dict[str, Any] = INSTANCE["run_launcher"]["config"]
# Services that run our image; the others are somebody else's.
OURS = tuple(name for name, service in SERVICES.items() if service["image"] == COMPOSE["x-app"]["image"])

_BYTES = {"m": 1 << 20, "g": 1 << 30}


def environment_of(service: str) -> dict[str, str | None]:
    """What the service's processes see besides the image's own, where the operator's .env is empty."""
    defaults = dotenv_values(PROJECT / ".env.example", interpolate=False)
    return {**defaults, **{name: str(value) for name, value in SERVICES[service]["environment"].items()}}


def interpolated_names() -> set[str]:
    """The variables that Compose itself reads from .env: ``${NAME}`` and its forms with a default."""
    return set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT))


def size_bytes(limit: str) -> int:
    """``512m`` or ``2g`` as bytes."""
    return int(limit[:-1]) * _BYTES[limit[-1]]


def published_ports(service: str) -> list[tuple[str, str]]:
    """(address and port of the host, port of the container)."""
    pairs = [port.rpartition(":") for port in SERVICES[service].get("ports", ())]
    return [(host, container) for host, _, container in pairs]
