"""One run of one asset in this process, and what came of it. Here: running. Not here: what is run (backfill, run)."""

import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from etheatmap_assets.sources.asset import LAUNCHED_BY, STATE
from etheatmap_core.errors import SourceState


@dataclass(frozen=True)
class Executed:
    """``made``: metadata of each partition that was made ('' where the asset has none). ``failures``: in sentences."""

    run_id: str
    made: Mapping[str, Mapping[str, Any]]
    failures: tuple[str, ...]
    is_out_of_budget: bool


def execute(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    asset: str,
    *,
    launched_by: str,
    partition_key: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Executed:
    """One run, a person's: it is not paced, and wants its partition or a reason. Ctrl-C ends it, and is passed on."""
    with _interrupts_seen() as is_interrupted:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(asset)],
            partition_key=partition_key,
            tags={**(tags or {}), LAUNCHED_BY: launched_by},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        if is_interrupted():
            raise KeyboardInterrupt
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    events = [event for event in result.all_events if event.is_step_materialization]
    made = {event.partition or "": event.step_materialization_data.materialization.metadata for event in events}
    told = [
        failure.user_failure_data.description
        if failure.user_failure_data and failure.user_failure_data.description
        else f"{_root_cause(failure.error)} (run {result.run_id})"
        for failure in failures
    ]
    states = {failure.user_failure_data.metadata.get(STATE) for failure in failures if failure.user_failure_data}
    is_out_of_budget = dg.MetadataValue.text(SourceState.OUT_OF_BUDGET) in states
    plain = {key: {name: value.value for name, value in metadata.items()} for key, metadata in made.items()}
    return Executed(result.run_id, plain, tuple(told), is_out_of_budget)


@contextmanager
def _interrupts_seen() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed. Dagster raises it wherever the step is, where a library may catch it and raise an
    error of its own, or a destructor lose it: what the step failed of does not tell. The wakeup descriptor does.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)

        def is_interrupted() -> bool:
            try:
                return signal.SIGINT in reader.recv(4096)
            except BlockingIOError:
                return False

        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield is_interrupted
        finally:
            signal.set_wakeup_fd(before)


def _root_cause(error: SerializableErrorInfo | None) -> str:
    """What Dagster's errors are wrapped around, in one line."""
    while error is not None and (inner := error.cause or error.context):
        error = inner
    return error.message.strip().splitlines()[0] if error else "failed without an error"
