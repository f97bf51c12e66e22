"""Who joins entities.csv gets the past that is kept, who leaves it keeps the past it has."""

import shutil

from installation import START, Installation, at, packed

DUMP = packed({"Kevin_Hart": 70, "Maya_Rudolph": 120, "Main_Page": 5})


def test_who_joins_gets_the_history_from_the_lake_without_a_request(
    installation: Installation, requests: list[str]
) -> None:
    installation.track("Maya Rudolph")
    for number in range(3):
        installation.publish(at(number), DUMP)
    installation.run("wiki", START, at(2))
    assert len(requests) == 3
    installation.track("Maya Rudolph", "Kevin Hart", "Tyler Perry")
    assert installation.run("wiki", START, at(2)).is_success
    assert len(requests) == 3
    for number in range(3):
        assert installation.views(at(number)) == {
            "Maya Rudolph": (120, False),
            "Kevin Hart": (70, False),
            "Tyler Perry": (4, True),
        }
    shutil.rmtree(installation.home / "raw")
    shutil.rmtree(installation.home / "lake")
    before = installation.everything()
    assert installation.run("wiki", START, at(2)).is_success
    assert len(requests) == 3, "who has joined is in the kept rows too"
    assert installation.everything() == before


def test_who_joins_after_lake_and_raw_bytes_are_gone_makes_the_hour_be_asked_for(
    installation: Installation, requests: list[str]
) -> None:
    installation.track("Maya Rudolph")
    installation.publish(START, DUMP)
    installation.run("wiki", START)
    shutil.rmtree(installation.home / "raw")
    shutil.rmtree(installation.home / "lake")
    installation.track("Maya Rudolph", "Kevin Hart")
    assert installation.run("wiki", START).is_success
    assert len(requests) == 2
    assert installation.views(START) == {"Maya Rudolph": (120, False), "Kevin Hart": (70, False)}
    assert len(installation.rows("captures")) == 1, "the same bytes are the same capture"


def test_who_leaves_keeps_its_history_and_is_collected_no_more(installation: Installation) -> None:
    installation.track("Maya Rudolph", "Kevin Hart")
    for number in range(4):
        installation.publish(at(number), DUMP)
    installation.run("wiki", START, at(1))
    history = installation.rows("signals")
    installation.track("Maya Rudolph")
    assert installation.run("wiki", START, at(2)).is_success
    assert [row for row in installation.rows("signals") if row["ts"] != at(2).isoformat()] == history
    assert installation.views(at(2)) == {"Maya Rudolph": (120, False)}
    assert {row["name"]: row["is_active"] for row in installation.rows("entities")} == {
        "Maya Rudolph": True,
        "Kevin Hart": False,
    }
    # Nor is it lost where the hour is asked for again, or made again when only the kept rows are left.
    assert installation.run("wiki", START, config={"ask_again": True}).is_success
    shutil.rmtree(installation.home / "raw")
    shutil.rmtree(installation.home / "lake")
    assert installation.run("wiki", START, at(1)).is_success
    assert [row for row in installation.rows("signals") if row["ts"] != at(2).isoformat()] == history
    installation.track("Maya Rudolph", "Kevin Hart")
    assert installation.run("wiki", at(3)).is_success
    assert installation.views(at(3)) == {"Maya Rudolph": (120, False), "Kevin Hart": (70, False)}
