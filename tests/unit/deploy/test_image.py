"""The Dockerfile and what goes into the image."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
# Continued lines joined, comments left out.
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", (PROJECT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_the_base_is_one_pinned_tag() -> None:
    assert arguments("FROM") == ["python:3.12-slim"]


def test_the_last_user_is_not_root() -> None:
    assert arguments("USER")[-1] not in ("root", "0")
    names = [name for name, _rest in INSTRUCTIONS]
    assert names.index("USER") < names.index("CMD")


def test_nothing_is_added_from_afar() -> None:
    assert arguments("ADD") == []


def test_packages_are_those_of_the_lock_and_nothing_else_is_installed() -> None:
    (install,) = [line for line in arguments("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert install.endswith("--requirement requirements.lock")
    requirements = re.split(r"(?<!\\)\n(?=\S)", (PROJECT / "requirements.lock").read_text())
    pins = [pin for pin in requirements if re.match(r"[a-z]", pin)]
    assert len(pins) > 50
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_default_command_has_a_health_check() -> None:
    assert arguments("CMD") == ['["etheatmap", "api"]']
    (check,) = arguments("HEALTHCHECK")
    assert "http://127.0.0.1:8080/health" in check


def test_the_build_sees_only_what_is_named() -> None:
    lines = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    packages = {path.parent.name for path in PROJECT.glob("etheatmap_*/__init__.py")}
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert let_in == packages | {"requirements.lock", "dagster.yaml", "workspace.yaml", "LICENSE", "configs", "sql"}


@pytest.mark.parametrize("name", ["dagster.yaml", "workspace.yaml", "configs", "sql", "requirements.lock"])
def test_what_the_processes_read_is_there_to_be_copied(name: str) -> None:
    assert (PROJECT / name).exists()
