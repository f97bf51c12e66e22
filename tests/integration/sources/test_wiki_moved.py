"""A moved article loses no hour of views, whichever day the move becomes known; redirects count too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import START, Installation, at, packed

from etheatmap_core.entities.roster import store_facts
from etheatmap_core.entities.roster_facts import Facts

# Maya's article is moved in the second hour; a redirect is taken in every one; Kevin is never in the file.
HOURS = (
    packed({"Maya_Rudolph": 120, "Maya_Khabira_Rudolph": 7, "Main_Page": 5}, {"Maya_Rudolph": 80, "Main_Page": 9}),
    packed(
        {"Maya_Rudolph": 50, "Maya_Rudolph_(actor)": 70, "Main_Page": 5}, {"Maya_Khabira_Rudolph": 11, "Main_Page": 9}
    ),
    packed({"Maya_Rudolph_(actor)": 130, "Main_Page": 5}, {"Maya_Rudolph_(actor)": 90, "Main_Page": 9}),
)
MOVED = Facts("Maya Rudolph (actor)", ("Maya Rudolph",), ("Maya Khabira Rudolph", "Maya K. Rudolph"))
OLD_TITLE = [(200, False), (50, False), (4, True)]
ALL_TITLES = [(207, False), (131, False), (220, False)]


@pytest.fixture
def moved(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    """Three hours, collected before anybody knew."""
    installation = Installation(tmp_path, database_url)
    installation.track("Maya Rudolph", "Kevin Hart")
    for number, dump in enumerate(HOURS):
        installation.publish(at(number), dump)
    assert installation.run("wiki", START, at(2)).is_success
    yield installation
    installation.close()


def become_known(installation: Installation) -> None:
    with installation.engine.begin() as connection:
        [maya] = connection.scalars(sa.text("SELECT id FROM entities WHERE name = 'Maya Rudolph'")).all()
        store_facts(connection, START, {maya: MOVED})


def maya(installation: Installation, metric: str = "views") -> list[tuple[float, bool]]:
    return [installation.views(at(number), metric)["Maya Rudolph"] for number in range(3)]


def lose(installation: Installation, *folders: str) -> None:
    for folder in folders:
        shutil.rmtree(installation.home / folder)


def test_before_it_is_known_only_the_old_title_counts(moved: Installation) -> None:
    assert maya(moved) == OLD_TITLE


def test_made_again_from_the_lake_every_title_counts_in_every_hour(moved: Installation) -> None:
    become_known(moved)
    assert moved.run("wiki", START, at(2)).is_success
    assert maya(moved) == ALL_TITLES
    assert maya(moved, "views_desktop") == [(127, False), (120, False), (130, False)]
    assert maya(moved, "views_mobile") == [(80, False), (11, False), (90, False)]
    assert moved.views(START)["Kevin Hart"] == (4, True)


def test_a_new_hour_is_counted_at_every_title_from_the_start(moved: Installation) -> None:
    become_known(moved)
    moved.publish(at(3), HOURS[1])
    assert moved.run("wiki", at(3)).is_success
    assert moved.views(at(3))["Maya Rudolph"] == (131, False)


def test_what_is_kept_for_ever_gives_the_same_rows_as_the_lake(moved: Installation) -> None:
    become_known(moved)
    moved.run("wiki", START, at(2))
    before = moved.everything()
    lose(moved, "lake", "raw", "../upstream")
    assert moved.run("wiki", START, at(2)).is_success
    assert moved.everything() == before


def test_a_redirect_that_nobody_took_is_not_kept(moved: Installation) -> None:
    become_known(moved)
    moved.run("wiki", START, at(2))
    extracts = moved.rows("captures")
    titles = [set(row["extract"]["views"]) for row in sorted(extracts, key=lambda row: row["ts"])]
    own = {"Maya Rudolph", "Maya Rudolph (actor)", "Kevin Hart"}
    assert titles == [own | {"Maya Khabira Rudolph"}, own | {"Maya Khabira Rudolph"}, own]


def test_known_only_after_the_lake_is_gone_the_old_title_stays_counted_and_nobody_is_asked(moved: Installation) -> None:
    """Only titles that were looked up then can be told: the row is what it was, no zero and no gap."""
    before = moved.rows("signals")
    become_known(moved)
    lose(moved, "lake", "raw", "../upstream")
    assert moved.run("wiki", START, at(2)).is_success
    assert moved.rows("signals") == before
    assert maya(moved) == OLD_TITLE


def test_who_leaves_after_a_move_keeps_the_views_of_all_titles(moved: Installation) -> None:
    become_known(moved)
    moved.run("wiki", START, at(2))
    before = moved.rows("signals")
    moved.track("Kevin Hart")
    assert moved.run("wiki", START, at(2)).is_success
    assert moved.rows("signals") == before
