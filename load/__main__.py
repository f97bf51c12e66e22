"""``python -m load [--hours 24] [--entities 500] [--keep]``."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from etheatmap_cli.platform import remove_folder, say
from load.automation import Day
from load.figures import read_figures
from load.installation import MIDNIGHT, started
from load.memory import watched
from load.table import shortcomings, table


def main() -> int:
    options = _parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ethl-"))
    began = time.monotonic()
    is_well = False
    try:
        with (
            started(folder, options.entities) as installation,
            watched(installation.home, installation.simulator_pid) as peak,
        ):
            say(
                f"{options.hours} hours of {options.entities} entities from {MIDNIGHT:%Y-%m-%d %H:%M} UTC on; logs in {folder}"
            )
            for tick in Day(installation).ticks(MIDNIGHT, options.hours):
                say(f"{tick:%H:%M} over after {time.monotonic() - began:.0f} s, {peak.pss:.0f} MiB at most")
            figures = read_figures(installation, options.hours)
        seconds = time.monotonic() - began
        say(table(figures, peak, options.entities, seconds))
        found = shortcomings(figures, peak)
        for sentence in found:
            say(f"NOT WITHIN: {sentence}")
        is_well = not found
        return 0 if is_well else 1
    finally:
        if is_well and not options.keep:
            remove_folder(folder)
        else:
            say(f"The installation is kept in {folder}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load", description="A day of the whole platform, simulated.")
    parser.add_argument("--hours", type=int, default=24, help="of the day, from midnight on (24)")
    parser.add_argument("--entities", type=int, default=500)
    parser.add_argument("--keep", action="store_true", help="keep the installation when all is well too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
