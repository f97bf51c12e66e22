"""limits.yml: what it means, and the exact words for what is wrong in it."""

from pathlib import Path

import pytest

from etheatmap_core.config.limits import read_limits
from etheatmap_core.config.model import BreakerLimits, RequestRate, SourceLimits
from etheatmap_core.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "configs" / "limits.yml"
HOSTS = "expected a list of host names like [en.wikipedia.org, '*.reddit.com'], or configured"
RATE = "expected a rate like 20/hour (second, minute, hour or day)"
# The entry of wiki, after "limits:" → line, and what is said about it.
MISTAKES = [
    ("wiki: {}", 2, f"wiki.hosts: {HOSTS}, found 'nothing'."),
    ("wiki: {hosts: [a.org]}", 2, f"wiki.requests: {RATE}, found 'nothing'."),
    ("wiki: {requests: 1/day, hosts: a.org}", 2, f"wiki.hosts: {HOSTS}, found 'a.org'."),
    ("wiki: {requests: 1/day, hosts: []}", 2, f"wiki.hosts: {HOSTS}, found []."),
    ("wiki: {requests: 1/day, hosts: ['https://a.org']}", 2, f"wiki.hosts: {HOSTS}, found ['https://a.org']."),
    ("wiki: {requests: 1/day, hosts: ['*']}", 2, f"wiki.hosts: {HOSTS}, found ['*']."),
    ("wiki: {requests: 1/day, hosts: [localhost]}", 2, f"wiki.hosts: {HOSTS}, found ['localhost']."),
    ("wiki: {hosts: [a.org], requests: 20}", 2, f"wiki.requests: {RATE}, found 20."),
    ("wiki: {hosts: [a.org], requests: 0/hour}", 2, f"wiki.requests: {RATE}, found '0/hour'."),
    ("wiki: {hosts: [a.org], requests: 20/week}", 2, f"wiki.requests: {RATE}, found '20/week'."),
    ("wikki: {hosts: [a.org], requests: 1/day}", 2, "wikki: expected 'wiki' (the nearest known), found 'wikki'."),
    ("wiki: fast", 2, "wiki: expected names with a colon, one a line, found 'fast'."),
    ("attemps: 3", 5, "wiki.attemps: expected 'attempts' (the nearest known), found 'attemps'."),
    ("attempts: 0", 5, "wiki.attempts: expected a whole number above 0, found 0."),
    ("attempts: true", 5, "wiki.attempts: expected a whole number above 0, found True."),
    ("max_size_bytes: 1.5", 5, "wiki.max_size_bytes: expected a whole number of bytes above 0, found 1.5."),
    ("max_wait_seconds: -1", 5, "wiki.max_wait_seconds: expected a whole number of seconds, 0 or more, found -1."),
    ("not_found: maybe", 5, "wiki.not_found: expected not_published or refused, found 'maybe'."),
    (
        "credentials: [api_key]",
        5,
        "wiki.credentials: expected a list of variables like [NEWS_API_KEY], found ['api_key'].",
    ),
    ("accepts_gzip: 1", 5, "wiki.accepts_gzip: expected true or false, found 1."),
    ("breaker: 5", 5, "wiki.breaker: expected names with a colon, one a line, found '5'."),
    ("breaker: {failure: 5}", 5, "wiki.breaker.failure: expected 'failures' (the nearest known), found 'failure'."),
    ("breaker:\n      failures: 0", 6, "wiki.breaker.failures: expected a whole number above 0, found 0."),
]


def write(path: Path, entry: str) -> Path:
    """An entry of its own, or one more key of a wiki that is right."""
    key = entry.partition(":")[0]
    is_whole = key in ("wiki", "wikki")
    body = f"  {entry}\n" if is_whole else f"  wiki:\n    hosts: [a.org]\n    requests: 1/day\n    {entry}\n"
    path.write_text(f"limits:\n{body}")
    return path


@pytest.mark.parametrize(("entry", "line", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, entry: str, line: int, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_limits(write(tmp_path / "limits.yml", entry))
    assert f"limits.yml:{line}: {told}" in str(error.value).splitlines()


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    limits = read_limits(write(tmp_path / "limits.yml", "breaker: {failures: 7}"))
    assert limits == {
        "wiki": SourceLimits("wiki", ("a.org",), RequestRate(1, 86400), breaker=BreakerLimits(failures=7))
    }


def test_an_old_name_counts_as_its_new_one(tmp_path: Path) -> None:
    path = tmp_path / "limits.yml"
    path.write_text("limits:\n  reddit_ingest: {hosts: ['*.reddit.com'], requests: 60/minute}\n")
    assert list(read_limits(path)) == ["reddit"]
    path.write_text(path.read_text() + "  reddit: {hosts: [reddit.com], requests: 60/minute}\n")
    with pytest.raises(ConfigError, match=r"limits\.yml:3: reddit: expected one entry for reddit"):
        read_limits(path)


def test_the_shipped_limits_are_those_that_were_promised() -> None:
    limits = read_limits(SHIPPED)
    assert str(limits["trends"].requests) == "20 requests an hour"
    assert str(limits["reddit"].requests) == "60 requests a minute"
    ttls = {source: found.ttl_seconds / 3600 for source, found in limits.items()}
    assert (ttls["wiki"], ttls["reddit"], ttls["trends"], ttls["trade_rss"], ttls["google_news"]) == (1, 0.5, 2, 1, 1)
    assert [source for source, found in limits.items() if not found.hosts] == ["trade_rss"]
    assert [source for source, found in limits.items() if found.is_absent_unpublished] == ["wiki", "gdelt_gkg"]
