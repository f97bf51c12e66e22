"""The gates an alert must pass, and of one that stays shut: what was there, what it needs, by how much it is missed.

Here: pure rules on the numbers of a row. Not here: what an alert is, who is told (debounce, suppression), reading rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from etheatmap_core.scoring.episodes import HOT_VELOCITY
from etheatmap_core.scoring.heat import SOURCE_TYPE_COUNT
from etheatmap_core.scoring.robust.tail import operating_point

MIN_SOURCE_TYPES = 2
CONSECUTIVE_POLLS = 2  # with new scores: an hour each


class Poll(NamedTuple):
    """What one hour's row brings to the gates. ``rise``: velocity of mvp, evidence of robust; None: not judged."""

    rise: float | None
    source_types: int


class MissedGate(NamedTuple):
    """A gate that is shut; numbers in its own unit. ``has`` is None where the hour was not judged."""

    name: str
    has: float | None
    needs: float
    by: float | None

    @property
    def sentence(self) -> str:
        """``velocity 1.9 of 2.5: 0.6 too little``."""
        if self.has is None or self.by is None:
            return f"{self.name} unknown, {_shown(self.needs, 1)} needed"
        digits = 1 if self.by >= 0.05 else 1 - math.floor(math.log10(self.by))
        has, needs, by = (_shown(number, digits) for number in (self.has, self.needs, self.by))
        return f"{self.name} {has} of {needs}: {by} too little"


@dataclass(frozen=True)
class Gates:
    """What an alert needs. ``rise`` names what is compared with ``least_rise``."""

    rise: str = "velocity"
    least_rise: float = HOT_VELOCITY
    source_types: int = MIN_SOURCE_TYPES
    polls: int = CONSECUTIVE_POLLS

    def is_open(self, poll: Poll) -> bool:
        """Whether this hour alone is far enough up and seen widely enough."""
        return poll.rise is not None and poll.rise >= self.least_rise and poll.source_types >= self.source_types


PUBLISHED = Gates()  # of mvp, as the contract has them


def robust_gates(false_alerts_a_day: float, entities: int) -> Gates:
    """Of robust the first gate is the operator's: the evidence that so many calm entities reach so often a day."""
    return Gates(rise="evidence", least_rise=operating_point(false_alerts_a_day, max(entities, 1)))


def missed(gates: Gates, polls: Sequence[Poll]) -> tuple[MissedGate, ...]:
    """The gates that are shut at the newest of ``polls`` (oldest first, hour by hour, a missing hour as None and 0);
    none of them: it may alert."""
    newest = polls[-1]
    found = []
    if newest.rise is None or newest.rise < gates.least_rise:
        by = None if newest.rise is None else gates.least_rise - newest.rise
        found.append(MissedGate(gates.rise, newest.rise, gates.least_rise, by))
    if newest.source_types < gates.source_types:
        found.append(_counted("source types", newest.source_types, gates.source_types))
    in_a_row = polls_in_a_row(gates, polls)
    if in_a_row < gates.polls:
        found.append(_counted("polls in a row", in_a_row, gates.polls))
    return tuple(found)


def polls_in_a_row(gates: Gates, polls: Sequence[Poll]) -> int:
    """How many of the newest polls, one after the other, pass what an hour alone can pass."""
    count = 0
    for poll in reversed(polls):
        if not gates.is_open(poll):
            break
        count += 1
    return count


def source_types_of(spread: float) -> int:
    """Column ``xplat`` as a number of source types."""
    return round(spread * SOURCE_TYPE_COUNT)


def _counted(name: str, has: int, needs: int) -> MissedGate:
    return MissedGate(name, float(has), float(needs), float(needs - has))


def _shown(number: float, digits: int) -> str:
    """To so many digits at most: 2 and not 2.0."""
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
