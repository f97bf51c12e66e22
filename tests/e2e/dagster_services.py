"""The platform's services with something of a test's own in them, and what Dagster's webserver is asked."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dagster as dg

from etheatmap_cli.instance import DEFINITIONS_MODULE
from etheatmap_cli.supervisor import Service

# The daemon looks at backfills every half minute; it reads the interval where it starts.
_QUICK_DAEMON = (
    "import dagster._daemon.controller as controller; controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 2; "
    "from dagster._daemon.cli import main; main()"
)

_ATTEMPTS = 5


def adapted(service: Service, definitions: str) -> Service:
    """With the definitions of this module, and a daemon that looks at backfills often."""
    words = list(service.command)
    if DEFINITIONS_MODULE in words:
        words[words.index(DEFINITIONS_MODULE)] = definitions
    if words[1:3] == ["-m", "dagster._daemon"]:
        words[1:3] = ["-c", _QUICK_DAEMON]
    return replace(service, command=tuple(words))


def with_sensors(definitions: dg.Definitions, *names: str) -> dg.Definitions:
    """Without all other sensors, which would only keep two cores busy."""
    return dg.Definitions(
        assets=definitions.assets,
        asset_checks=definitions.asset_checks,
        sensors=[sensor for sensor in definitions.sensors or [] if sensor.name in names],
        resources=definitions.resources,
        executor=definitions.executor,
    )


def _graphql(dagster_port: int, query: str, **variables: object) -> dict[str, Any]:
    """The answer's data; an error fails."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{dagster_port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    body = _answer(request)
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    return data


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    """A 500 of Dagster's webserver is asked again: it was seen once, right after its start, and never since."""
    for attempt in range(_ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body: dict[str, Any] = json.loads(answer.read())
                return body
        except urllib.error.HTTPError as error:
            told = error.read().decode(errors="replace")[-4000:]
            print(f"Dagster's webserver answered {error.code}: {told}")
            if error.code != 500 or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(3)
    raise AssertionError("the last attempt answers or raises")


def launch_backfill(dagster_port: int, asset: str, partitions: list[str]) -> dict[str, str]:
    """As the UI launches one. The tags of its runs."""
    launched = _graphql(
        dagster_port,
        """mutation ($asset: String!, $names: [String!]!) { launchPartitionBackfill(backfillParams: {
             assetSelection: [{path: [$asset]}], partitionNames: $names, title: "by hand"}) {
             __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
        asset=asset,
        names=partitions,
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    return {"dagster/backfill": str(launched["backfillId"])}


def until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.5)
