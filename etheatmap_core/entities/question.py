"""The question that every rule of evidence answers, and the form of its answers.

Here: what a rule may look at. Not here: the rules.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from etheatmap_core.entities.reading import Place, Profile, Reading, Shape


class Evidence(NamedTuple):
    """What was seen, in words for people, and its weight in log-odds."""

    weight: float
    words: str


@dataclass(frozen=True)
class Question:
    """Is it this entity that stands at this place?"""

    reading: Reading
    place: Place
    alias: str
    families: frozenset[str]
    against: frozenset[str]
    topics: frozenset[str] = frozenset()
    # What the matcher knows of the rest of the text.
    otherwise_named: str | None = None
    also_named: bool = False
    related_named: tuple[str, ...] = ()
    listed_with: str | None = None
    belongs_to: str | None = None
    is_main: bool = False  # of several who share the name, the one whose name it is
    topic_names: str | None = None
    profile: Profile = field(init=False)
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", self.reading.profile(self.place))
        object.__setattr__(self, "shape", self.reading.shape(self.place.start, self.place.end))
