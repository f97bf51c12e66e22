"""The place where paid sources will set money aside: a reservation wraps each attempt. Free sources are unmetered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from etheatmap_assets.resources.http.calls import Call


class Reservation(Protocol):
    """Money set aside for one attempt. Left without ``settle``, nobody knows whether the upstream charged for it."""

    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        """The upstream has answered; some say in a header what the answer cost."""


# Entered before an attempt is sent, left after its answer is on disk. Raises OutOfBudgetError: nothing is sent.
Reserve = Callable[[Call], AbstractContextManager[Reservation]]


class _Free:
    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Nothing to pay."""


def unmetered() -> Reserve:
    """For sources that cost nothing."""

    @contextmanager
    def reserve(_call: Call) -> Iterator[Reservation]:
        yield _Free()

    return reserve
