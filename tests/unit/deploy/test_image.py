"""Dockerfile, .dockerignore and what the database's image runs once."""

import fnmatch
import re
import subprocess
import sys
from pathlib import Path

from deployment import COMPOSE, PROJECT, SERVICES

DOCKERFILE = (PROJECT / "Dockerfile").read_text()
FINAL_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
IGNORED = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run([hadolint, PROJECT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_both_stages_start_from_one_pinned_python() -> None:
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE))
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases.pop())


def test_processes_are_not_root() -> None:
    assert re.findall(r"^USER (\S+)", FINAL_STAGE, flags=re.MULTILINE) == ["10001:10001"]


def test_every_package_is_installed_by_its_hash() -> None:
    installs = re.findall(r"pip install .*", DOCKERFILE.replace("\\\n", " "))
    assert len(installs) == 2
    packages, project = installs
    assert "--require-hashes" in packages
    assert "--no-deps --no-build-isolation" in project, "the project's own build would fetch packages without a hash"


def test_nothing_is_fetched_by_add() -> None:
    assert re.search(r"^ADD ", DOCKERFILE, flags=re.MULTILINE) is None


def test_the_image_agrees_with_compose_on_where_things_are() -> None:
    fixed = SERVICES["code"]["environment"]
    for name in ("ETHEATMAP_HOME", "ETHEATMAP_CONFIG_DIR", "API_HOST"):
        assert f"{name}={fixed[name]}" in FINAL_STAGE
    assert "DAGSTER_HOME=/app" in FINAL_STAGE, "where COPY puts dagster.yaml and workspace.yaml"


def test_the_image_is_given_what_it_needs_and_nothing_secret() -> None:
    assert IGNORED[0] == "*", "everything is left out but what is named"
    let_in = [line.removeprefix("!").rstrip("/") for line in IGNORED if line.startswith("!")]
    for needed in (
        "pyproject.toml",
        "requirements.lock",
        "README.md",
        "LICENSE",
        "dagster.yaml",
        "workspace.yaml",
        "sql",
    ):
        assert needed in let_in
    for kept_out in (".env", ".env.example", ".etheatmap", ".git", ".venv", "tests"):
        assert not any(fnmatch.fnmatch(kept_out, pattern) for pattern in let_in)
    packages = [path.name for path in PROJECT.glob("etheatmap_*") if path.is_dir()]
    assert all(any(fnmatch.fnmatch(package, pattern) for pattern in let_in) for package in packages)


def test_the_databases_first_start_makes_the_two_databases_the_services_use() -> None:
    script = (PROJECT / "deploy" / "postgres" / "10-databases.sql").read_text()
    assert set(re.findall(r"CREATE DATABASE (\w+) OWNER (\w+)", script)) == {
        ("etheatmap", "etheatmap"),
        ("dagster", "dagster"),
    }
    limits = [int(limit) for limit in re.findall(r"CONNECTION LIMIT (\d+)", script)]
    (most,) = (int(word.partition("=")[2]) for word in SERVICES["db"]["command"] if word.startswith("max_connections="))
    assert sum(limits) <= most - 3, "PostgreSQL keeps three connections for its superuser"


def test_the_databases_data_outlives_its_container() -> None:
    """Image postgres:18 keeps data below /var/lib/postgresql and refuses a volume at its former folder."""
    assert "db:/var/lib/postgresql" in SERVICES["db"]["volumes"]
    assert "db" in COMPOSE["volumes"]
