"""A reservation wraps each attempt: units are set aside before it is sent and booked when its answer is on disk.

Here: what of an attempt is charged, seen from HTTP. Not here: the books (etheatmap_core.budget.ledger).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import httpx2

from etheatmap_assets.resources.http.calls import Call, Charge
from etheatmap_core.budget import ledger as books
from etheatmap_core.budget.model import ProviderBudget, SourceUse
from etheatmap_core.errors import ConfigError, UpstreamRefusedError


class Reservation(Protocol):
    """Money set aside for one attempt. Left without ``settle``, nobody knows whether the upstream charged for it."""

    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        """The upstream has answered; some say in a header what the answer cost."""


# Entered before an attempt is sent, left after its answer is on disk. Raises OutOfBudgetError: nothing is sent.
Reserve = Callable[[Call], AbstractContextManager[Reservation]]

# Without a connection no request leaves.
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.LocalProtocolError)


_SUCCESS = range(200, 300)


class _Free:
    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Nothing to pay."""


def unmetered() -> Reserve:
    """For sources that cost nothing."""

    @contextmanager
    def reserve(_call: Call) -> Iterator[Reservation]:
        yield _Free()

    return reserve


class _Metered:
    """What the answer cost, as soon as there is one; None until then, and where it has begun what costs later."""

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self.cost_units: int | None = None
        self.has_begun = False

    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        if self._charge.begins is not None and status_code in _SUCCESS:
            self.has_begun = True
            return
        told = self._charge.cost(status_code, headers) if self._charge.cost else None
        self.cost_units = self._charge.units if told is None else told


def metered(
    ledger: books.Ledger, uses: Mapping[str, SourceUse], accounts: Callable[[], tuple[ProviderBudget, ...]]
) -> Reserve:
    """Through the books, for the sources in ``uses``; the others are free. ``accounts``: the limits, written down
    before the first call.

    What was never sent is released. An attempt whose answer was lost is booked whole: its upstream may have charged.
    One that has begun what is charged later stays reserved, in the hands of whoever began it.
    """
    is_configured = False

    @contextmanager
    def reserve(call: Call) -> Iterator[Reservation]:
        nonlocal is_configured
        if (use := uses.get(call.source)) is None or call.is_free:
            yield _Free()
            return
        if (charge := call.charge) is None:
            raise ConfigError(f"budgets.yml: {call.source} costs, and this call of it does not say how much.")
        if not is_configured:
            ledger.configure(accounts())
            is_configured = True
        charge.admit()
        reservation = ledger.reserve(use.provider, charge.units, charge.entry, is_paced=charge.is_paced)
        ledger.mark_sent(reservation)
        attempt = _Metered(charge)
        try:
            yield attempt
        except BaseException as error:
            if attempt.cost_units is not None:
                ledger.settle(reservation, attempt.cost_units)
            elif _was_never_sent(error):
                ledger.release(reservation)
            else:
                ledger.lose(reservation)
            raise
        if attempt.has_begun and charge.begins is not None:
            charge.begins(reservation)
        elif attempt.cost_units is None:
            ledger.lose(reservation)
        else:
            ledger.settle(reservation, attempt.cost_units)

    return reserve


def _was_never_sent(error: BaseException) -> bool:
    """Also an address that is refused where it leads: our own refusal has no status."""
    is_ours = isinstance(error, UpstreamRefusedError) and error.status_code is None
    return is_ours or isinstance(error, _NEVER_SENT)
