"""Making an hour again: from the archive without asking, or with a new request when told so; bad answers never."""

import random
import shutil
from collections.abc import Callable

import pytest
from installation import START, Installation, at, packed

from etheatmap_core.hours import partition_key

KEY = partition_key(START)
DUMP = packed({"Maya_Rudolph": 120, "Main_Page": 5000}, {"Main_Page": 6000})
OTHER_DUMP = packed({"Maya_Rudolph": 121, "Main_Page": 5000}, {"Main_Page": 6000})
RANDOM = random.Random(7)
LARGE_DUMP = packed({f"Page_{number:04}": RANDOM.randrange(1, 10**9) for number in range(1000)})
FLIPPED = bytes(byte ^ (index == len(LARGE_DUMP) // 2) for index, byte in enumerate(LARGE_DUMP))
HTML = b"<!doctype html><title>Wikimedia Error</title><p>Our servers are under maintenance.</p>\n" * 20


@pytest.mark.parametrize("lost", [(), ("raw",), ("lake",), ("raw", "lake")])
def test_an_hour_made_again_asks_nobody_and_changes_nothing(
    installation: Installation, requests: list[str], lost: tuple[str, ...]
) -> None:
    installation.track("Maya Rudolph", "Tyler Perry")
    installation.publish(START, DUMP)
    first = installation.run("wiki", START)
    assert len(requests) == 1
    before = installation.everything()
    for folder in lost:
        shutil.rmtree(installation.home / folder)
    again = installation.run("wiki", START)
    assert again.made[KEY]["is_replay"] is True
    assert again.made[KEY]["capture_hash"] == first.made[KEY]["capture_hash"]
    assert again.checks == first.checks
    assert len(requests) == 1
    assert installation.everything() == before


def test_only_ask_again_asks_again(installation: Installation, requests: list[str]) -> None:
    installation.track("Maya Rudolph")
    installation.publish(START, DUMP)
    installation.run("wiki", START)
    installation.publish(START, OTHER_DUMP)
    installation.run("wiki", START)
    assert (len(requests), installation.views(START)) == (1, {"Maya Rudolph": (120, False)})
    run = installation.run("wiki", START, config={"ask_again": True})
    assert run.made[KEY]["is_replay"] is False
    assert (len(requests), installation.views(START)) == (2, {"Maya Rudolph": (121, False)})
    installation.run("wiki", START)
    assert (len(requests), installation.views(START)) == (2, {"Maya Rudolph": (121, False)})
    assert [capture["state"] for capture in installation.rows("captures")] == ["good", "good"]


BAD_ANSWERS = {
    "cut short": (DUMP[:-9], "pageviews-20240301-010000.gz is cut short: its gzip stream has no end."),
    "one byte flipped": (FLIPPED, "pageviews-20240301-010000.gz is not an intact gzip file"),
    "an error page": (HTML, "pageviews-20240301-010000.gz is not an intact gzip file"),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_a_corrupt_file_fails_in_plain_words_and_leaves_the_rows_it_had(installation: Installation, kind: str) -> None:
    content, told = BAD_ANSWERS[kind]
    installation.track("Maya Rudolph", "Tyler Perry")
    installation.publish(START, DUMP)
    installation.run("wiki", START)
    signals, [good] = installation.rows("signals"), installation.rows("captures")
    installation.publish(START, content)
    run = installation.run("wiki", START, config={"ask_again": True})
    assert (run.is_success, run.made) == (False, {})
    assert run.failure.startswith(told)
    assert installation.rows("signals") == signals
    [quarantined] = [capture for capture in installation.rows("captures") if capture != good]
    assert quarantined["state"] == "quarantined"
    assert quarantined["reason"] == run.failure
    assert (installation.home / quarantined["raw_path"]).read_bytes() == content
    shutil.rmtree(installation.upstream)
    assert installation.run("wiki", START).is_success, "replayed is the good answer"
    assert installation.rows("signals") == signals


def test_a_corrupt_file_is_asked_for_again_until_it_is_right(installation: Installation, requests: list[str]) -> None:
    installation.track("Maya Rudolph")
    installation.publish(START, DUMP[:-9])
    for times_asked in (1, 2):
        assert not installation.run("wiki", START).is_success
        assert len(requests) == times_asked
        assert installation.rows("signals") == []
    installation.publish(START, DUMP)
    assert list(installation.run("wiki", START).made) == [KEY]
    assert installation.views(START) == {"Maya Rudolph": (120, False)}
    assert list((installation.home / "incoming").iterdir()) == []


class TestRange:
    """48 hours, of which hour 20 is corrupt and hour 31 is not there."""

    LAST = at(47)
    BAD = (at(20), at(31))

    @pytest.fixture
    def dumps(self, installation: Installation) -> Callable[[int], bytes]:
        def dump(number: int) -> bytes:
            return packed({"Maya_Rudolph": 1000 + number, "Main_Page": 5})

        installation.track("Maya Rudolph", "Tyler Perry")
        for number in range(48):
            installation.publish(at(number), dump(number))
        installation.publish(self.BAD[0], dump(20)[:-9])
        installation.dump_path(self.BAD[1]).unlink()
        return dump

    def test_one_bad_hour_costs_one_hour(self, installation: Installation, dumps: Callable[[int], bytes]) -> None:
        first = installation.run("wiki", START, self.LAST)
        good = [at(number) for number in range(48) if at(number) not in self.BAD]
        assert list(first.made) == [partition_key(hour) for hour in good]
        captures = {row["ts"]: row for row in installation.rows("captures") if row["state"] == "good"}
        assert {key: metadata["capture_hash"] for key, metadata in first.made.items()} == {
            partition_key(hour): captures[hour.isoformat()]["content_hash"] for hour in good
        }
        assert len({metadata["capture_hash"] for metadata in first.made.values()}) == 46
        headline, corrupt, missing = first.failure.split("\n")
        assert headline == "2 of 48 hours could not be made:"
        assert corrupt == "2024-03-01T20: pageviews-20240301-210000.gz is cut short: its gzip stream has no end."
        assert missing.startswith("2024-03-02T07: ")
        assert missing.endswith("is not published yet. A file this old will not come: the hour stays a gap.")
        signals = installation.rows("signals")
        assert {row["ts"] for row in signals} == {hour.isoformat() for hour in good}

        for hour, number in zip(self.BAD, (20, 31), strict=True):
            installation.publish(hour, dumps(number))
        second = installation.run("wiki", START, self.LAST)
        assert second.is_success
        assert len(second.made) == 48
        assert [key for key, metadata in second.made.items() if not metadata["is_replay"]] == [
            partition_key(hour) for hour in self.BAD
        ]
        repaired = {hour.isoformat() for hour in self.BAD}
        assert [row for row in installation.rows("signals") if row["ts"] not in repaired] == signals
        assert all(
            installation.views(at(number))["Maya Rudolph"] == (1000 + number, False) for number in (0, 20, 31, 47)
        )


def test_another_encyclopedia_is_refused_and_nothing_is_lost(installation: Installation) -> None:
    installation.track("Maya Rudolph")
    installation.publish(START, packed({"Maya_Rudolph": 7}))
    assert installation.run("wiki", START).is_success
    before = installation.everything()
    installation.wikis = ("de", "en")
    run = installation.run("wiki", START)
    assert not run.is_success
    assert "WIKI_PROJECTS starts with 'de', but this hour was collected for 'en'" in run.failure
    assert installation.everything() == before
