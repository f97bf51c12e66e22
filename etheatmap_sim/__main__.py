"""``python -m etheatmap_sim``: the only part that reads arguments and the machine's clock; serves until told to end."""

import argparse
import contextlib
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from etheatmap_sim.app import create_app
from etheatmap_sim.clock import SimClock
from etheatmap_sim.control import parsed_fault
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.faults import FaultBoard
from etheatmap_sim.hours import Clock, parse_hour, parse_instant, spell_hour
from etheatmap_sim.items import Items
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.server import create_server, listen
from etheatmap_sim.slack import SlackRoom
from etheatmap_sim.world import all_upstreams


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        start = parse_hour(options.start)
        roster = read_roster(options.roster)
        scenario = Scenario(options.seed, start, padded(roster, options.entities) if options.entities else roster)
        clock = SimClock(_clock_not_before(start), parse_instant(options.clock) if options.clock else None)
        items, board = Items(scenario), FaultBoard()
        delay = timedelta(seconds=options.publish_delay_seconds)
        room = SlackRoom()
        upstreams = all_upstreams(scenario, items, clock, delay, room)
        known = list(dict.fromkeys(upstream.name for upstream in upstreams))
        for fault in options.fault:
            board.post(parsed_fault(fault, known))
        listening = _listen(options.host, options.port)
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        f"The simulated upstreams are ready on http://{options.host}:{listening.getsockname()[1]}, scripted from "
        f"{spell_hour(scenario.first_hour)} to {spell_hour(scenario.last_scripted_hour)} UTC.\n"
    )
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it
        create_server(create_app(scenario, items, upstreams, clock, board, room)).run(sockets=[listening])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m etheatmap_sim", description="Local stand-ins for the upstreams.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 takes any free one")
    parser.add_argument("--seed", type=_seed, default=7)
    parser.add_argument("--start", required=True, help="first hour after the fortnight: 2026-11-20T15 (UTC)")
    parser.add_argument("--roster", type=Path, required=True, help="a CSV file like configs/entities.csv")
    parser.add_argument("--entities", type=int, help="pad the roster with invented entities to so many")
    parser.add_argument("--clock", help="stand still at this instant: 2026-11-20T15:05 (UTC)")
    parser.add_argument("--fault", action="append", default=[], help="a fault as it would be posted; may be repeated")
    parser.add_argument("--publish-delay-seconds", type=float, default=20.0, help="from an hour's end to its dump file")
    return parser


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to 2^63")
    return int(text)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SimulatorError(f"Cannot listen on {host}:{port} ({reason}): choose another with --port.") from error


def _clock_not_before(start: datetime) -> Clock:
    """The machine's clock; a start in the future begins now, or the fortnight before it would not be published yet."""
    ahead = max(timedelta(0), start - datetime.now(UTC))
    return lambda: datetime.now(UTC) + ahead


if __name__ == "__main__":
    sys.exit(main())
