"""The upstream as a client meets it, over a real socket: publishing, validators, and every fault."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator

import httpx2
import pytest
from sim_builders import START, running_simulator, scenario

from etheatmap_sim.dumps import Dumps, file_name
from etheatmap_sim.dumps_http import PREFIX
from etheatmap_sim.hours import HOUR

NEWEST = START - HOUR
FILE = f"{PREFIX}/2026/2026-11/{file_name(NEWEST)}"
OTHER_FILE = f"{PREFIX}/2026/2026-11/{file_name(NEWEST - HOUR)}"


@pytest.fixture(scope="module")
def simulator() -> Iterator[httpx2.Client]:
    """Its clock shows the second at which the newest file is published."""
    with running_simulator(START.replace(second=20)) as address, httpx2.Client(base_url=address) as client:
        yield client


@pytest.fixture(autouse=True)
def no_fault(simulator) -> Iterator[None]:
    yield
    simulator.delete("/sim/faults")


def _order(simulator: httpx2.Client, **fault: object) -> httpx2.Response:
    answer = simulator.post("/sim/faults", json={"upstream": "dumps", **fault})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_file_comes_whole_with_its_length_and_validators(simulator) -> None:
    answer = simulator.get(FILE)
    assert answer.status_code == 200
    assert answer.content == Dumps(scenario()).file(NEWEST)
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 15:00:20 GMT"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "content-encoding" not in answer.headers  # a gz file, not a gzipped answer


def test_head_tells_the_same_without_the_body(simulator) -> None:
    get, head = simulator.get(FILE), simulator.head(FILE)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "etag", "last-modified"):
        assert head.headers[name] == get.headers[name]


def test_an_unchanged_file_is_not_sent_again(simulator) -> None:
    etag = simulator.get(FILE).headers["etag"]
    again = simulator.get(FILE, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert simulator.get(OTHER_FILE, headers={"If-None-Match": etag}).status_code == 200


def test_a_file_exists_from_its_stamp_plus_the_delay() -> None:
    one_second_early = START.replace(second=19)
    with running_simulator(one_second_early) as address:
        assert httpx2.get(address + FILE).status_code == 404
        assert httpx2.get(address + OTHER_FILE).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}/2026/2026-11/{file_name(START - 337 * HOUR)}",  # before the fortnight
        f"{PREFIX}/2026/2026-11/{file_name(START)}",  # after the clock
        f"{PREFIX}/2026/2026-10/{file_name(NEWEST)}",  # in another month's folder
        f"{PREFIX}/2026/2026-11/pageviews-20261120-153000.gz",
        f"{PREFIX}/2026/2026-10/",
        f"{PREFIX}/2026/",
    ],
)
def test_what_is_not_there_is_not_found(simulator, path) -> None:
    assert simulator.get(path).status_code == 404


def test_the_index_lists_what_is_published_and_nothing_else(simulator) -> None:
    index = simulator.get(f"{PREFIX}/2026/2026-11/").text
    assert index.count('<a href="pageviews-') == 336
    assert f'<a href="{file_name(NEWEST)}">' in index
    assert file_name(START) not in index


def test_health_and_labels(simulator) -> None:
    assert simulator.get("/sim/health").json()["last_scripted_hour"] == "2026-11-20T14"
    assert simulator.get("/sim/labels.json").json() == json.loads(json.dumps(scenario().labels()))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_fault_status_with_retry_after(simulator, status) -> None:
    _order(simulator, kind="status", status=status, retry_after=2)
    answer = simulator.get(FILE)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "2")


def test_fault_truncate_ends_in_mid_body(simulator) -> None:
    _order(simulator, kind="truncate")
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        simulator.get(FILE)


def test_fault_corrupt_has_the_right_length_and_a_bad_checksum(simulator) -> None:
    whole = simulator.get(FILE).content
    _order(simulator, kind="corrupt")
    wrong = simulator.get(FILE).content
    assert len(wrong) == len(whole)
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(wrong)


def test_fault_reset_ends_the_connection_without_an_answer(simulator) -> None:
    _order(simulator, kind="reset")
    with pytest.raises(httpx2.ReadError):
        simulator.get(FILE)


def test_fault_latency_answers_late_but_well(simulator) -> None:
    _order(simulator, kind="latency", seconds=0.3)
    asked_at = time.monotonic()
    assert simulator.get(FILE).status_code == 200
    assert time.monotonic() - asked_at >= 0.3


def test_a_fault_strikes_only_its_hours(simulator) -> None:
    _order(simulator, kind="status", hours=["2026-11-20T14"])
    assert simulator.get(FILE).status_code == 503
    assert simulator.get(OTHER_FILE).status_code == 200


def test_a_fault_with_a_count_is_used_up(simulator) -> None:
    _order(simulator, kind="status", count=2)
    assert [simulator.get(FILE).status_code for _ in range(3)] == [503, 503, 200]
    assert simulator.get("/sim/faults").json() == []


def test_of_two_faults_the_first_posted_strikes_first(simulator) -> None:
    _order(simulator, kind="status", status=500, count=1)
    _order(simulator, kind="status", status=429, count=1)
    assert [simulator.get(FILE).status_code for _ in range(3)] == [500, 429, 200]


def test_faults_are_listed_as_posted_and_cleared(simulator) -> None:
    fault = {
        "upstream": "dumps",
        "kind": "status",
        "hours": ["2026-11-20T14"],
        "count": 3,
        "status": 500,
        "seconds": 1.0,
        "is_taken": False,
    }
    _order(simulator, **fault)
    assert simulator.get("/sim/faults").json() == [fault]
    assert simulator.delete("/sim/faults").status_code == 204
    assert simulator.get("/sim/faults").json() == []
    assert simulator.get(FILE).status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"upstream": "dumps", "kind": "explode"}, "kind: "),
        ({"upstream": "dumbs", "kind": "reset"}, "'dumbs' is unknown; there are: dumps, "),
        ({"upstream": "dumps", "kind": "reset", "hours": ["yesterday"]}, "'yesterday' is not an hour"),
        ({"upstream": "dumps", "kind": "status", "status": 200}, "status: "),
        ({"upstream": "dumps", "kind": "reset", "typo": 1}, "typo: "),
        ("no object", "fault: "),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_name(simulator, body, named) -> None:
    answer = simulator.post("/sim/faults", json=body)
    assert answer.status_code == 422
    assert any(named in sentence for sentence in answer.json()["errors"]), answer.text
    assert simulator.get("/sim/faults").json() == []
