"""A command line a test, on an embedded server of its own that is stopped in the end."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where the tests find command_line, in every import mode

from command_line import CommandLine


@pytest.fixture(scope="module")
def command_line() -> Iterator[CommandLine]:
    """Its path is short enough for a database socket. One a module: starting a server is what takes long."""
    folder = Path(tempfile.mkdtemp(prefix="eth-"))
    made = CommandLine(folder)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(folder)
