"""docs/adding-a-source.md, followed to the letter in a copy of the project: the new source collects an hour."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "adding-a-source.md").read_text()
STEP = re.compile(r"^In `([^`]+)`, after `([^`]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
SOURCE_FILE = re.search(
    r"`(etheatmap_assets/sources/\w+\.py)`:\n\n```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
)
ANSWER = {
    "hits": [
        {
            "objectID": "41",
            "title": "Maya Rudolph on comedy and computers",
            "url": "https://example.org/maya",
            "author": "someone",
            "created_at_i": 1709294400 + 600,  # 2024-03-01 12:10 UTC
            "points": 7,
        },
        {"objectID": "42", "title": "A faster sort", "author": "other", "created_at_i": 1709294400, "points": None},
    ]
}
COLLECTS_AN_HOUR = """
import shutil, sys
from datetime import UTC, datetime
from pathlib import Path
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import known_sources
from installation import Installation

upstream, folder, database_url = sys.argv[1:]
installation = Installation(Path(folder), database_url)
for name in ("sources.yml", "limits.yml"):
    shutil.copy(f"configs/{name}", installation.configs)
installation.track("Maya Rudolph")
installation.overrides = {"simulator_url": upstream}
installation.now = datetime(2024, 3, 1, 13, 5, tzinfo=UTC)
run = installation.run("hacker_news", datetime(2024, 3, 1, 12, tzinfo=UTC))
assert run.is_success, run.failures
again = installation.run("hacker_news", datetime(2024, 3, 1, 12, tzinfo=UTC))
assert again.made["2024-03-01-12:00"]["asked"] == 0
print(sorted((row["metric"], row["value"]) for row in installation.rows("signals")))
print(sorted(row["title"] for row in installation.rows("items")))
shown = next(source for source in known_sources(load_config(installation.configs), load_settings(None))
             if source.name == "hacker_news")
print(shown.title, shown.expected_interval, shown.is_asked)
installation.close()
"""


@pytest.fixture
def upstream() -> Iterator[str]:
    """Answers at /hn.algolia.com/..., where SIMULATOR_URL leads."""

    class Upstream(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                json.dumps(ANSWER).encode() if self.path.startswith("/hn.algolia.com/api/v1/search_by_date?") else b""
            )
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in which the page's steps have been done."""
    copy = tmp_path / "project"
    for folder in ("configs", "sql", "etheatmap_core", "etheatmap_assets"):
        shutil.copytree(PROJECT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "tests" / "integration" / "assets", copy / "tests" / "integration" / "assets")
    assert SOURCE_FILE is not None
    (copy / SOURCE_FILE[1]).write_text(SOURCE_FILE[2])
    steps = STEP.findall(PAGE)
    assert len(steps) == PAGE.count("\nIn `")
    for name, line, block in steps:
        text = (copy / name).read_text()
        found = re.findall(rf"^{re.escape(line)}.*\n", text, flags=re.MULTILINE)
        assert len(found) == 1, f"{name} has {len(found)} lines that start with {line}"
        (copy / name).write_text(text.replace(found[0], found[0] + block, 1))
    return copy


def test_the_source_is_one_file_of_under_150_lines_and_its_entries_in_configs() -> None:
    assert SOURCE_FILE is not None
    assert len(SOURCE_FILE[2].splitlines()) < 150
    assert [name for name, _, _ in STEP.findall(PAGE)] == ["configs/sources.yml", "configs/limits.yml"]


@pytest.mark.integration
def test_the_page_leads_to_a_source_that_collects(
    project: Path, upstream: str, database_url: str, tmp_path: Path
) -> None:
    assets = project / "tests" / "integration" / "assets"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COLLECTS_AN_HOUR, upstream, str(tmp_path / "kept"), database_url],
        cwd=project,
        env={**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{assets}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-3:] == [
        "[('mention_count', 1), ('points_sum', 7)]",
        "['A faster sort', 'Maya Rudolph on comedy and computers']",
        "Hacker News every hour True",
    ]
