"""Where the tests of signals find their words, in every import mode."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
