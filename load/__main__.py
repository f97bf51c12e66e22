"""``python -m load [--hours 24] [--entities 500] [--keep]``."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from etheatmap_cli.platform import remove_folder, say
from load.automation import MINUTES, Day
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
        with started(folder, options.entities) as installation, watched(installation) as peak:
            say(f"{options.hours} hours of {options.entities} entities; logs in {folder}")
            hours = 0
            for tick in Day(installation).ticks(MIDNIGHT, options.hours):
                seconds = time.monotonic() - began
                say(f"{tick:%d %b %H:%M} over after {seconds:.0f} s, {peak.pss:.0f} MiB at most")
                if tick.minute == MINUTES[-1]:
                    hours += 1
                    if options.minutes and seconds * (hours + 1) / hours > options.minutes * 60:
                        say(f"Another hour would not be over in {options.minutes} minutes: the day ends here.")
                        break
            figures = read_figures(installation, hours)
        say(table(figures, peak, options.entities, time.monotonic() - began))
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
    parser.add_argument("--minutes", type=int, help="end with the last hour that is over by then, of the real clock")
    parser.add_argument("--entities", type=int, default=500)
    parser.add_argument("--keep", action="store_true", help="keep the installation when all is well too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
