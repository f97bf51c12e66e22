"""The evaluation folder is run from the project's root and is in no installed package: tests import it from there."""

import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))
