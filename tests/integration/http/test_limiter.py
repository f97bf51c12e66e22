"""Token buckets, in PostgreSQL and in Redis: never more than the capacity and what was refilled meanwhile."""

import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limiter_place import LimiterPlace

from etheatmap_assets.resources.http.limiter import RedisLimiter
from etheatmap_core.errors import DatabaseUnavailableError

START = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
PROCESSES, THREADS, ATTEMPTS = 2, 8, 40
against_a_server = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CAPACITIES = st.integers(1, 20)
REFILLS = st.sampled_from([20 / 3600, 0.1, 1.0, 7.0])
STEPS = st.lists(st.tuples(st.floats(0, 120, width=16), st.integers(1, 20)), max_size=25)


def new_bucket() -> str:
    return f"test {uuid.uuid4().hex}"


@against_a_server
@given(capacity=CAPACITIES, refill=REFILLS, steps=STEPS)
def test_in_every_stretch_of_time_at_most_capacity_and_refill_are_granted(
    place: LimiterPlace, capacity: int, refill: float, steps: list[tuple[float, int]]
) -> None:
    bucket, now, granted = new_bucket(), START, []
    for seconds, tokens in steps:
        now += timedelta(seconds=seconds)
        wanted = min(tokens, capacity)
        if place.limiter.take(bucket, wanted, capacity, refill, now):
            granted.append((now, wanted))
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            stretch = (granted[last][0] - granted[first][0]).total_seconds()
            assert sum(tokens for _, tokens in granted[first : last + 1]) <= capacity + refill * stretch + 1e-6


@against_a_server
@given(capacity=CAPACITIES, refill=REFILLS, steps=STEPS)
def test_what_is_there_is_granted_and_what_is_missing_is_told(
    place: LimiterPlace, capacity: int, refill: float, steps: list[tuple[float, int]]
) -> None:
    """Against the bucket as one would write it down."""
    bucket, now, there = new_bucket(), START, float(capacity)
    for seconds, tokens in steps:
        now += timedelta(seconds=seconds)
        wanted = min(tokens, capacity)
        there = min(capacity, there + refill * timedelta(seconds=seconds).total_seconds())
        grant = place.limiter.take(bucket, wanted, capacity, refill, now)
        if abs(there - wanted) > 1e-6:  # else a rounding decides
            assert bool(grant) == (there >= wanted)
        if grant:
            there -= wanted
        else:
            assert grant.wait_seconds == pytest.approx((wanted - there) / refill, abs=1e-3)


@against_a_server
@given(capacity=CAPACITIES, refill=REFILLS, skews=st.lists(st.floats(-300, 300, width=16), max_size=25))
def test_clocks_that_disagree_grant_no_more_than_the_time_between_them(
    place: LimiterPlace, capacity: int, refill: float, skews: list[float]
) -> None:
    bucket, clocks = new_bucket(), [START + timedelta(seconds=skew) for skew in skews]
    granted = sum(bool(place.limiter.take(bucket, 1, capacity, refill, now)) for now in clocks)
    between = (max(clocks) - min(clocks)).total_seconds() if clocks else 0.0
    assert granted <= capacity + refill * between + 1e-6


def test_after_the_wait_it_told_there_is_room(place: LimiterPlace) -> None:
    bucket = new_bucket()
    assert place.limiter.take(bucket, 20, 20, 20 / 3600, START)
    refused = place.limiter.take(bucket, 1, 20, 20 / 3600, START)
    assert (bool(refused), refused.wait_seconds) == (False, pytest.approx(180))
    assert not place.limiter.take(bucket, 1, 20, 20 / 3600, START + timedelta(seconds=179))
    assert place.limiter.take(bucket, 1, 20, 20 / 3600, START + timedelta(seconds=181))


def test_buckets_know_nothing_of_each_other(place: LimiterPlace) -> None:
    one, other = new_bucket(), new_bucket()
    assert place.limiter.take(one, 1, 1, 0.1, START)
    assert not place.limiter.take(one, 1, 1, 0.1, START)
    assert place.limiter.take(other, 1, 1, 0.1, START)


def test_a_smaller_limit_holds_at_once(place: LimiterPlace) -> None:
    bucket = new_bucket()
    assert place.limiter.take(bucket, 1, 100, 1, START)
    assert place.limiter.take(bucket, 2, 2, 1, START)
    assert not place.limiter.take(bucket, 1, 2, 1, START)


def test_without_a_clock_of_ours_the_servers_counts(place: LimiterPlace) -> None:
    bucket = new_bucket()
    assert place.limiter.take(bucket, 5, 5, 1 / 3600)
    refused = place.limiter.take(bucket, 5, 5, 1 / 3600)
    assert not refused
    assert 5 * 3600 - 60 < refused.wait_seconds <= 5 * 3600


@pytest.mark.parametrize("tokens", [0, -1, 6])
def test_what_the_bucket_can_never_hold_is_a_mistake(place: LimiterPlace, tokens: int) -> None:
    with pytest.raises(ValueError, match="the bucket holds 5"):
        place.limiter.take(new_bucket(), tokens, 5, 1, START)


def test_a_race_of_sixteen_overspends_nothing(place: LimiterPlace) -> None:
    """Two processes of eight threads, each as fast as it can."""
    bucket, capacity, refill = new_bucket(), 50, 20
    racer = [sys.executable, str(Path(__file__).with_name("limiter_racer.py")), place.kind, place.url, bucket]
    numbers = [str(number) for number in (capacity, refill, THREADS, ATTEMPTS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racers = [subprocess.Popen([*racer, *numbers], **pipes) for _ in range(PROCESSES)]
    for process in racers:  # all are at the line before the first one runs
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in racers:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate(timeout=120)[0].split() for process in racers]
    assert [process.returncode for process in racers] == [0] * PROCESSES
    began, ended = min(float(started) for started, *_ in results), max(float(end) for *_, end in results)
    granted = sum(int(tokens) for _, tokens, _ in results)
    assert capacity <= granted <= capacity + refill * (ended - began)
    assert granted < PROCESSES * THREADS * ATTEMPTS, "there was a race: some were refused"


def test_redis_that_is_away_is_told_with_the_remedy() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:9")
    with pytest.raises(DatabaseUnavailableError, match=r"Redis does not answer .* leave REDIS_URL empty"):
        limiter.take("trends", 1, 1, 1)
    limiter.close()
