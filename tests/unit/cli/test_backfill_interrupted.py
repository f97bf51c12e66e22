"""Ctrl-C in a step, wherever it strikes; and what a failed step tells."""

import contextlib
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from etheatmap_cli.backfill import run_parts
from etheatmap_core.hours import HOUR, HourRange, parse_hour

HOURS = HourRange(parse_hour("2012-02-14T16"), parse_hour("2012-02-14T16") + 3 * HOUR)


def _run(compute: Callable[[], None]) -> tuple[set[datetime], list[str]]:
    @dg.asset(
        name="counted",
        partitions_def=dg.HourlyPartitionsDefinition(datetime(2012, 2, 14, 16, tzinfo=UTC)),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def counted() -> None:
        compute()

    with dg.DagsterInstance.ephemeral() as instance:
        return run_parts(dg.Definitions(assets=[counted]), instance, "counted", [HOURS])


def _press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _caught_by_a_library() -> None:
    try:
        _press_ctrl_c()
    except DagsterExecutionInterruptedError:
        raise ConnectionError("the connection was lost") from None


def _lost_by_a_library() -> None:
    with contextlib.suppress(BaseException):
        _press_ctrl_c()


@pytest.mark.parametrize("compute", [_press_ctrl_c, _caught_by_a_library, _lost_by_a_library])
def test_ctrl_c_is_passed_on_whatever_the_step_made_of_it(compute: Callable[[], None]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        _run(compute)
    assert signal.getsignal(signal.SIGINT) == before
    assert signal.set_wakeup_fd(-1) == -1, "the descriptor is given back"


def test_a_failed_step_tells_what_was_wrong_at_the_bottom_of_it() -> None:
    def refuse() -> None:
        raise RuntimeError("could not read") from FileNotFoundError("hourly.gz is not there")

    made, told = _run(refuse)
    assert made == set()
    assert len(told) == 1
    assert told[0].startswith("counted: FileNotFoundError: hourly.gz is not there (run ")
