"""``python -m load.service daemon|webserver|codeserver|etheatmap ...``: a process of the platform, moved clock."""

import multiprocessing
import sys

from load.moved_clock import rule_dagster, rule_product

_BACKFILLS_EVERY_SECONDS = 2  # Dagster's daemon has 30: the day has no time to wait for it


def main() -> None:
    service = sys.argv.pop(1)
    rule_product()
    if service == "etheatmap":
        from etheatmap_cli.main import main as etheatmap  # noqa: PLC0415  what rules the clock comes first

        etheatmap()
        return
    rule_dagster()
    if service == "webserver":
        from dagster_webserver.cli import main as webserver  # noqa: PLC0415  what rules the clock comes first

        webserver()  # type: ignore[no-untyped-call]
        return
    if service == "codeserver":
        _fork_runs()
        from dagster._cli import main as dagster  # noqa: PLC0415  what rules the clock comes first

        dagster()  # type: ignore[no-untyped-call]
        return
    from dagster._daemon import controller  # noqa: PLC0415  what rules the clock comes first
    from dagster._daemon.cli import main as daemon  # noqa: PLC0415  what rules the clock comes first

    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = _BACKFILLS_EVERY_SECONDS
    daemon()


def _fork_runs() -> None:
    """Runs are forked off a process that has loaded Dagster and the definitions once, where the platform starts each
    anew: on two cores a day has no time for some four hundred times five seconds of imports. Their memory is counted
    as if nothing were shared (memory)."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["dagster._grpc.impl", "load.definitions"])
    multiprocessing.get_context = lambda _method=None: forking  # type: ignore[assignment]  # dagster asks for "spawn"


if __name__ == "__main__":
    main()
