"""``python -m load.service daemon|webserver|etheatmap ...``: a process of the platform on the moved clock."""

import sys

from load.moved_clock import rule_dagster, rule_product

_BACKFILLS_EVERY_SECONDS = 2  # Dagster's daemon has 30: the day has no time to wait for it


def main() -> None:
    service = sys.argv.pop(1)
    rule_product()
    if service == "etheatmap":
        from etheatmap_cli.main import main as etheatmap

        etheatmap()
        return
    rule_dagster()
    if service == "webserver":
        from dagster_webserver.cli import main as webserver

        webserver()
        return
    from dagster._daemon import controller
    from dagster._daemon.cli import main as daemon

    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = _BACKFILLS_EVERY_SECONDS
    daemon()


if __name__ == "__main__":
    main()
