"""README and docs are true: every command in them can be given so, every link leads somewhere, every file is there."""

import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import typer.main

from etheatmap_cli.main import app
from etheatmap_core.hours import parse_hour
from etheatmap_core.settings import variable_names

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]

# Which test gives the command; a documented command that no test gives fails below.
GIVEN_BY = {
    "up": "tests/e2e/test_up.py",
    "demo": "tests/e2e/test_demo.py",
    "sources": "tests/integration/cli/test_sources_command.py",
    "budget": "tests/integration/cli/test_budget_command.py",
    "evaluate": "tests/unit/cli/test_evaluate_command.py",
    "outbox": "tests/integration/cli/test_outbox_command.py",
    "backfill": "tests/integration/cli/test_backfill_command.py",
    "run": "tests/integration/cli/test_run_command.py",
    "db url": "tests/integration/cli/test_db_command.py",
    "db stop": "tests/integration/cli/test_db_command.py",
    "db migrate": "tests/integration/cli/test_db_command.py",
}
# Named in the docs, but made by the program or by the reader.
NOT_IN_THE_PROJECT = {
    "etheatmap_assets/sources/hacker_news.py": "the example of a new source",
    "sql/0006_what_it_does.sql": "the example of a new migration",
    "rev_0006.py": "the example of a new migration",
    "hour_grid.json": "in the data folder",
    "server.log": "in the database's folder",
    "box_office.csv": "the operator's, where there is one",
    "configs/box_office.csv": "the operator's, where there is one",
    "trends.csv": "the name of a download",
    "S.csv": "labelled series of the reader's",
    "E.csv": "the events of the reader's series",
    "postgresql.conf": "in the database's folder",
}
_ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(\S*)")


def code_of(page: Path) -> Iterator[str]:
    """The lines of indented and fenced blocks, and what stands between backticks."""
    is_fenced = False
    for line in page.read_text().splitlines():
        if line.strip().startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            yield re.sub(r"\s+#.*", "", line.strip())
        else:
            yield from re.findall(r"`([^`]+)`", line)


def commands(program: str) -> list[tuple[Path, str]]:
    """(page, command line from the program's name on) for each place where the docs show it."""
    pattern = re.compile(rf'(?:^|[\s(]){program} ([a-z][^)"`]*)')
    return [(page, match[1].strip()) for page in PAGES for code in code_of(page) for match in pattern.finditer(code)]


def require_parsed(words: list[str]) -> str:
    """Has the program's own parser read the words; the name of the command. Raises what the parser says is wrong."""
    command, names = typer.main.get_command(app), []
    while hasattr(command, "commands"):
        names.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    with command.make_context(names[-1], list(words)) as context:
        for option in ("first", "last"):
            if option in context.params:
                parse_hour(context.params[option])
    return " ".join(names)


def test_commands_are_found_where_they_stand() -> None:
    """The finder itself: a pattern that finds nothing would pass everything below."""
    assert {"db url", "db migrate"} <= {words for _, words in commands("etheatmap")}
    assert any(words.startswith("backfill --from") for _, words in commands("etheatmap"))
    assert {"demo", "test", "demo ARGS=--once"} <= {words for _, words in commands("make")}


@pytest.mark.parametrize("words", [["backfil"], ["up", "--quick"], ["backfill", "--from", "2012-02-14T16"]])
def test_what_the_program_does_not_know_is_noticed(words: list[str]) -> None:
    usage_error = typer.BadParameter.__mro__[1]  # typer brings a parser of its own and does not export its error
    with pytest.raises((KeyError, usage_error)):
        require_parsed(words)


@pytest.mark.parametrize(("page", "words"), commands("etheatmap"), ids=lambda value: getattr(value, "name", value))
def test_a_shown_etheatmap_command_is_understood_and_given_by_a_test(page: Path, words: str) -> None:
    name = require_parsed(shlex.split(words))
    test = (PROJECT / GIVEN_BY[name]).read_text()
    given = name.replace(" ", '", "')
    assert f'"{given}"' in test or f".{name}(" in test


@pytest.mark.parametrize(("page", "words"), commands("make"), ids=lambda value: getattr(value, "name", value))
def test_a_shown_make_command_has_its_target_and_ends_in_a_command_that_is_understood(page: Path, words: str) -> None:
    run = subprocess.run(
        ["make", "--dry-run", *shlex.split(words)], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    for line in run.stdout.splitlines():
        if match := re.search(r"bin/etheatmap (.+)", line):
            require_parsed(shlex.split(match[1]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    relative = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in relative if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    folders = "|".join(re.escape(path.name) for path in PROJECT.iterdir() if path.is_dir())
    below_ours = re.compile(rf"^(?:{folders})/\S*$")
    by_name = re.compile(r"^[\w.-]+\.(?:ya?ml|csv|lock|toml|py|sql|sh|conf|log|json)$")
    homes = [PROJECT, PROJECT / "configs", PROJECT / "sql", PROJECT / "etheatmap_sim"]
    missing = []
    for word in (word for code in code_of(page) for word in code.split()):
        named = word.strip("'\",;:").removeprefix("./")
        if named in NOT_IN_THE_PROJECT or named.startswith(".etheatmap"):
            continue
        if (below_ours.match(named) and not (PROJECT / named).exists()) or (
            by_name.match(named) and not any((home / named).exists() for home in homes)
        ):
            missing.append(named)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_are_run_exist(page: Path) -> None:
    modules = [match for code in code_of(page) for match in re.findall(r"python -m ([\w.]+)", code)]
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_shown_exist(page: Path) -> None:
    known = {*variable_names(), "ARGS", "PYTHON"}
    shown = {name for code in code_of(page) for name, _ in _ASSIGNMENT.findall(code)}
    assert shown - known == set()


def test_every_listed_exception_is_still_named() -> None:
    """What is no longer in the docs must not stay excused."""
    text = "\n".join(page.read_text() for page in PAGES)
    assert [name for name in NOT_IN_THE_PROJECT if name not in text] == []
