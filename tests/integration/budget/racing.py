"""Processes that race for the same money, each writing down what it asked for and what it was told.

A log is written by its process alone, a line a write, and so is whole after a kill -9 but for the last line.
"""

import itertools
import json
import mmap
import multiprocessing
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Entry, ProviderBudget, Reservation
from etheatmap_core.database.engine import create_engine
from etheatmap_core.errors import BudgetExhaustedError, DeferredError

PROCESSES = 16
START = datetime(2026, 11, 28, 12, tzinfo=UTC)
HELD_AT_ONCE = 4  # reservations that one process has open
MOVES = {
    "reserve": 40, "send": 24, "settle": 20, "lose": 2, "release": 4, "forget": 2, "expire": 1, "overrun": 0.02,
    "reopen": 0.2, "die": 0.05,
}  # fmt: skip


@dataclass(frozen=True)
class Race:
    """What all its processes know. ``moves_a_day``: its time is what they have done, however fast the machine is."""

    url: str
    folder: Path
    accounts: tuple[ProviderBudget, ...]
    moves_a_day: int
    seed: int
    changes_limits: bool = False

    def __post_init__(self) -> None:
        self.turns_file.touch()
        os.truncate(self.turns_file, PROCESSES * 8)

    @property
    def turns_file(self) -> Path:
        return self.folder / "turns"

    def time_of(self, moves: int) -> datetime:
        return START + timedelta(days=1) * moves / self.moves_a_day


class Turns:
    """How many moves were made by all. Each process writes its own number only, so the sum never goes back."""

    def __init__(self, race: Race) -> None:
        with race.turns_file.open("r+b") as file:
            self.of = memoryview(mmap.mmap(file.fileno(), PROCESSES * 8)).cast("q")

    def sum(self) -> int:
        return sum(self.of)


class Racer:
    """One process's moves. ``number`` is its place among the sixteen, ``life`` counts who had it before."""

    def __init__(self, race: Race, number: int, life: int, moves: int) -> None:
        self.race, self.number, self.left, self.turns = race, number, moves, Turns(race)
        self.dice = random.Random(f"{race.seed} {number} {life}")
        self.now = START
        self.ledger = Ledger(create_engine(race.url), lambda: self.now)
        self.entry = Entry(f"asset {number}", f"life {life}", f"run {number}", "question")
        self.open: dict[int, Reservation] = {}
        self.sent: set[int] = set()
        self.log = os.open(race.folder / f"{number:02}-{life:04}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def write(self, *fields: Any) -> None:
        os.write(self.log, (json.dumps([self.turns.sum(), *fields]) + "\n").encode())

    def run(self) -> None:
        weight = MOVES | {"limit": 8 if self.race.changes_limits else 0}
        names, weights = list(weight), list(weight.values())
        while self.left > 0:
            for name in self.dice.choices(names, weights, k=64):
                if self.left > 0:
                    self.now = self.race.time_of(self.turns.sum())
                    getattr(self, name)()

    def count(self, move: str, result: str) -> None:
        self.left -= 1
        self.write("done", move, result)
        self.turns.of[self.number] += 1

    def reserve(self) -> None:
        if len(self.open) >= HELD_AT_ONCE:
            return
        account = self.dice.choice([one for one in self.race.accounts if one.provider != TOTAL])
        units, is_paced = self.dice.randint(0, 20), self.dice.random() < 0.5
        try:
            reservation = self.ledger.reserve(account.provider, units, self.entry, is_paced=is_paced)
        except (BudgetExhaustedError, DeferredError) as refused:
            self.count("reserve", type(refused).__name__)
            return
        self.write("granted", reservation.id, account.provider, units, self.now.isoformat())
        self.open[reservation.id] = reservation
        self.count("reserve", "granted")

    def send(self) -> None:
        unsent = [reservation for number, reservation in self.open.items() if number not in self.sent]
        if unsent:
            reservation = self.dice.choice(unsent)
            try:
                self.ledger.mark_sent(reservation)
            except BudgetExhaustedError:
                del self.open[reservation.id]
                self.count("send", "expired")
                return
            self.sent.add(reservation.id)
            # From here on its upstream may charge: what it will charge is written down first.
            self.write("sent", reservation.id)
            self.count("send", "sent")

    def settle(self) -> None:
        self._end_sent("settled", lambda units: self.dice.choice((units, self.dice.randint(0, units))))

    def overrun(self) -> None:
        self._end_sent("settled", lambda units: units + self.dice.randint(1, 5))

    def lose(self) -> None:
        self._end_sent("lost", lambda units: units)

    def _end_sent(self, how: str, price: Any) -> None:
        reservation = self._take(is_sent=True)
        if reservation:
            charged = price(reservation.units)
            self.write("ending", reservation.id, charged)
            if how == "settled":
                self.ledger.settle(reservation, charged)
            else:
                self.ledger.lose(reservation)
            self.write("ended", reservation.id, charged)
            self.count(how, "booked")

    def release(self) -> None:
        reservation = self._take(is_sent=False)
        if reservation:
            self.write("ending", reservation.id, 0)
            try:
                self.ledger.release(reservation)
            except ValueError:  # it expired
                self.count("release", "expired")
                return
            self.write("ended", reservation.id, 0)
            self.count("release", "released")

    def forget(self) -> None:
        """As a crash does."""
        reservation = self._take(is_sent=self.dice.random() < 0.5)
        if reservation:
            self.count("forget", "forgotten")

    def expire(self) -> None:
        self.ledger.expire()
        self.count("expire", "expired")

    def limit(self) -> None:
        account = self.dice.choice(self.race.accounts)
        self.ledger.configure([replace(account, limit_units=self.dice.randint(0, account.limit_units))])
        self.count("limit", "changed")

    def reopen(self) -> None:
        for account in self.race.accounts:
            self.ledger.reopen(account.provider)
        self.count("reopen", "reopened")

    def die(self) -> None:
        self.count("die", "killed by itself")
        os.kill(os.getpid(), signal.SIGKILL)

    def _take(self, *, is_sent: bool) -> Reservation | None:
        fitting = [number for number in self.open if (number in self.sent) == is_sent]
        return self.open.pop(self.dice.choice(fitting)) if fitting else None


def run_race(race: Race, moves: int, kills: int) -> None:
    """All sixteen, until so many moves are made; meanwhile one after the other is killed, wherever it is."""
    dice, turns, context = random.Random(race.seed), Turns(race), multiprocessing.get_context("forkserver")
    lives: Counter[int] = Counter()
    share = -(-moves // PROCESSES)

    def begin(number: int) -> ForkServerProcess:
        lives[number] += 1
        process = context.Process(target=_race, args=(race, number, lives[number], share - turns.of[number]))
        process.start()
        return process

    with warm():
        racing = {number: begin(number) for number in range(PROCESSES)}
        due = [moves * number // (kills + 1) for number in range(kills, 0, -1)]  # the next is the last
        while racing:
            if due and turns.sum() >= due[-1]:
                due.pop()
                racing[dice.choice(list(racing))].kill()
            for number, process in list(racing.items()):
                process.join(0.005)
                if process.exitcode is not None:
                    assert process.exitcode in {0, -signal.SIGKILL}, f"racer {number} failed"
                    del racing[number]
                    if process.exitcode:
                        racing[number] = begin(number)


def _race(race: Race, number: int, life: int, moves: int) -> None:
    Racer(race, number, life, moves).run()


@contextmanager
def warm() -> Iterator[None]:
    """Within it a process starts at once: what it imports is there already."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(Path(__file__).parent), *filter(None, [before])))
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__, "killable_caller"])
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def read(log: Path) -> Iterator[list[Any]]:
    """Its whole lines."""
    for line in log.read_text().splitlines():
        if line.endswith("]"):
            yield json.loads(line)


@dataclass
class Story:
    """One reservation as its process has seen it; None where it never came so far. ``ending``: when, how much."""

    provider: str
    units: int
    at: datetime
    granted: int
    is_sent: bool = False
    ending: tuple[int, int] | None = None
    charged: int | None = None


class Logs:
    """What all processes saw together."""

    def __init__(self, race: Race) -> None:
        self.race = race
        self.moves: Counter[tuple[str, str]] = Counter()
        self.stories: dict[int, Story] = {}
        for path in sorted(race.folder.glob("*.log")):  # a process tells of its own reservations only
            for moment, kind, *rest in read(path):
                self._see(moment, kind, rest)

    def _see(self, moment: int, kind: str, rest: list[Any]) -> None:
        if kind == "done":
            self.moves[rest[0], rest[1]] += 1
        elif kind == "granted":
            number, provider, units, at = rest
            self.stories[number] = Story(provider, units, datetime.fromisoformat(at), moment)
        elif kind == "sent":
            self.stories[rest[0]].is_sent = True
        elif kind == "ending":
            self.stories[rest[0]].ending = (moment, rest[1])
        else:
            self.stories[rest[0]].charged = rest[1]

    def most_held(self) -> dict[tuple[str, datetime], int]:
        """The most units that were held for certain at one moment, by account and period.

        A reservation holds from when its process was told so until that process asked for its end; one that was left
        alone until it expired, and what was sent for good.
        """
        accounts = {account.provider: account for account in self.race.accounts}
        changes: dict[tuple[str, datetime], list[tuple[int, int]]] = defaultdict(list)
        for story in self.stories.values():
            kept = story.units if story.is_sent else 0
            account = accounts[story.provider]
            lives = timedelta(seconds=account.expires_after_seconds)
            until = (story.at - START + lives) * self.race.moves_a_day // timedelta(days=1)
            if story.ending:
                until, kept = min(story.ending[0], until), min(story.ending[1], story.units)
            for owner in (story.provider, TOTAL) if account.unit == "usd_micros" else (story.provider,):
                start = story.at.replace(hour=0, minute=0, second=0, microsecond=0)
                start = start if accounts[owner].period == "day" else start.replace(day=1)
                changes[owner, start] += [(story.granted, story.units), (max(until, story.granted), kept - story.units)]
        return {key: max(itertools.accumulate(units for _, units in sorted(of))) for key, of in changes.items()}
