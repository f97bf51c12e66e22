"""What the tests of the whole platform share."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where the tests find platform_process, in every import mode


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder of the test's own, with a path short enough for a database socket."""
    folder = Path(tempfile.mkdtemp(prefix="eth-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
