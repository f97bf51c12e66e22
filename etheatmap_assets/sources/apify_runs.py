"""A run of an actor as the answer to a question: begun once, waited for, paid by what it says it has cost.

Money: the most a run may cost is set aside when it is begun, told to Apify as its cap, and settled when it has ended
and two reads agree on what it has cost: Apify may still be counting when a run ends. Where they never do, or tell
nothing, it is booked whole.
A run that goes on when ours has died is found again by the books, for it is not begun twice for a partition; one that
had ended well is read again for nothing. What nobody comes back for is booked whole (``lost_after_seconds``).
Here: the life of a run. Not here: how Apify is spoken to (apify_client), what is asked and read (the sources).
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etheatmap_assets.resources.http import Charge, Gateway, NotModified, Validators
from etheatmap_assets.sources.source import Ask, Plan, Question
from etheatmap_core.archive import Received
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Begun, Reservation
from etheatmap_core.errors import ConfigError, EtHeatmapError, UpstreamRefusedError
from etheatmap_core.signals.actor_runs import head_of

if TYPE_CHECKING:
    from etheatmap_assets.resources.apify_client import ActorRun, RunClient

API = "https://api.apify.com"
RUN_SECONDS = 300  # then Apify ends the run
_GRACE_SECONDS = 60  # then we do
POLL_SECONDS = 5.0
_POLLS = int((RUN_SECONDS + _GRACE_SECONDS) / POLL_SECONDS)
_POLLS_AFTER_ABORT = 6
_READS_OF_USAGE = 6  # after the end
_NOT_FOUND = 404
_CLIENT_ERRORS = range(400, 500)
# What an end that is no success means.
_ENDS = {
    "FAILED": "failed",
    "TIMED-OUT": f"was ended by Apify, because it took longer than {RUN_SECONDS} seconds",
    "ABORTED": "was aborted",
}


class ActorRunError(EtHeatmapError):
    """A run that ended without success, and why. What it may have found is a part that nobody knows the size of."""


@dataclass(frozen=True)
class Task:
    """What an actor is given: its input, and how many items it may find at most."""

    actor: str
    run_input: Mapping[str, Any]
    most_items: int


def cost(status_code: int, _headers: Mapping[str, str]) -> int | None:
    """Of a call that begins nothing: what is refused is not charged; of anything else nobody knows."""
    return 0 if status_code in _CLIENT_ERRORS else None


def asker(task_of: Callable[[Plan, Question], Task]) -> Callable[[Gateway, Plan], AbstractContextManager[Ask]]:
    """The ``open_asker`` of a source whose questions are runs."""

    @contextmanager
    def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
        """The SDK is loaded only here: nobody else needs it."""
        from etheatmap_assets.resources.apify_client import RunClient  # noqa: PLC0415

        client = RunClient(gateway, plan.source, plan.settings, plan.base_url(API))

        def ask(question: Question, to: Path, _validators: Validators | None) -> Received | NotModified:
            return _Life(client, plan, question, task_of(plan, question)).answer(to)

        yield ask

    return open_asker


@dataclass
class _Life:
    """The life of one run."""

    client: "RunClient"
    plan: Plan
    question: Question
    task: Task
    charge: Charge = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        charge = self.plan.charge(self.question)
        if charge is None or self.plan.ledger is None:
            raise ConfigError(f"budgets.yml: {self.plan.source} costs, and has no line under sources.")
        # Entered under what the actor is told: a run that was told something else answers another question.
        told = hashlib.sha256(json.dumps([self.task.actor, self.task.run_input], sort_keys=True).encode()).hexdigest()
        entry = replace(charge.entry, request=f"{charge.entry.request} {told[:12]}")
        self.charge, self.ledger = replace(charge, entry=entry), self.plan.ledger

    def answer(self, to: Path) -> Received:
        """A line about the run, then its items as they came."""
        run, cap, cost = self._succeeded()
        received, items = self.client.items(run.dataset_id, self.task.most_items)
        told = {"id": run.id, "status": run.status, "startedAt": run.started_at.isoformat()}
        body = head_of(told, self.task.run_input, cap=cap, cost=cost) + items
        to.write_bytes(body)
        return replace(received, size_bytes=len(body), content_hash=hashlib.sha256(body).hexdigest())

    def _succeeded(self) -> tuple["ActorRun", int, int | None]:
        """With the cap it was begun with, and what it has cost; None: nobody knows."""
        run, begun = self._found() or self._begun()
        if not run.has_ended:
            run = self._waited_for(run)
        cap, cost = begun.reservation.units, None
        if run.has_ended:
            cost, units = self._counted(run, cap)
            if not begun.is_settled:
                self.ledger.settle(begun.reservation, units)
        if not run.has_succeeded:
            raise ActorRunError(self._end_of(run))
        return run, cap, cost

    def _found(self) -> tuple["ActorRun", Begun] | None:
        """The run that was begun for this partition before. None: there is none that could still be an answer."""
        begun = self.ledger.newest_begun(self.charge.entry)
        if begun is None or (begun.is_settled and self.plan.must_ask):
            return None
        try:
            run = self.client.get(begun.name)
        except UpstreamRefusedError as error:
            if error.status_code != _NOT_FOUND:
                raise
            if not begun.is_settled:
                self.ledger.lose(begun.reservation)
            return None
        return None if begun.is_settled and not run.has_succeeded else (run, begun)

    def _begun(self) -> tuple["ActorRun", Begun]:
        held: list[Reservation] = []
        charge = replace(self.charge, begins=held.append)
        try:
            run = self.client.start(
                self.task.actor, self.task.run_input, charge, most_items=self.task.most_items, seconds=RUN_SECONDS
            )
        except BaseException:
            for reservation in held:  # begun, and nobody knows under which name
                self.ledger.lose(reservation)
            raise
        [reservation] = held
        self.ledger.begin(reservation, run.id)
        return run, Begun(reservation, run.id, is_settled=False)

    def _waited_for(self, run: "ActorRun") -> "ActorRun":
        """The run at its end; where it does not come to one, aborted."""
        for _ in range(_POLLS):
            time.sleep(POLL_SECONDS)
            run = self.client.get(run.id)
            if run.has_ended:
                return run
        run = self.client.abort(run.id)
        for _ in range(_POLLS_AFTER_ABORT):
            if run.has_ended:
                break
            time.sleep(POLL_SECONDS)
            run = self.client.get(run.id)
        return run

    def _counted(self, run: "ActorRun", cap: int) -> tuple[int | None, int]:
        """What the ended run has cost, None where no two reads agree, and what to book: never less than any read has
        told. Nothing is free that has succeeded."""
        told = [run.usage_micros]
        for _ in range(_READS_OF_USAGE):
            time.sleep(POLL_SECONDS)
            told.append(self.client.get(run.id).usage_micros)
            usage = told[-1]
            if usage is not None and usage == told[-2] and (usage > 0 or not run.has_succeeded):
                cost = max(one for one in told if one is not None)
                return cost, cost
        return None, max([cap, *(one for one in told if one is not None)])

    def _end_of(self, run: "ActorRun") -> str:
        waited = RUN_SECONDS + _GRACE_SECONDS
        how = _ENDS.get(run.status, f"did not end within {waited} seconds, nor when it was aborted")
        words = f": {run.message}" if run.message else ""
        return (
            f"The run {run.id} of {self.task.actor} {how}{words}. What it found is no whole answer; see the run in "
            "Apify's console."
        )
