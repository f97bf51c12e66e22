"""Which of the names that Wikidata has are looked for in texts: those that do no harm."""

import pytest

from etheatmap_core.entities.names import CommonWords
from etheatmap_core.entities.tracked_names import Named, usable_names, why_not_matched

WORDS = CommonWords({"wicked", "dune: sand", "bear", "friend"})


def why(form: str, *, anothers: bool = False, several: bool = False, longer: tuple[str, ...] = ()) -> str | None:
    return why_not_matched(
        form, is_anothers=anothers, is_found_for_others=several, longer_names=longer, words=WORDS
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("robyn rihanna fenty", None),
        ("drizzy", None),
        ("beyoncé knowles", None),
        ("se7en", None),
        ("방탄소년단", None),
        ("snl", "shorter than 4 letters"),
        ("j. lo", "shorter than 4 letters"),
        ("bts", "shorter than 4 letters"),
        ("1989", "shorter than 4 letters"),
        ("9-1-1", "shorter than 4 letters"),
        ("", "shorter than 4 letters"),
        ("wicked", "a common word"),
        ("the bear", "a common word"),
        ("friends", "a common word"),
        ("this is us", "a common word"),
    ],
)
def test_names_that_anybody_might_write_without_meaning_it(form: str, reason: str | None) -> None:
    assert why(form) == reason


def test_names_that_belong_to_others_too() -> None:
    assert why("glinda", anothers=True) == "another entity's name"
    assert why("elphaba", several=True) == "found for several entities"


@pytest.mark.parametrize(
    ("form", "longer", "reason"),
    [
        ("swift", ("taylor swift",), "a part of its own longer name"),
        ("timothée", ("timothée chalamet",), "a part of its own longer name"),
        ("taylor", ("anya taylor-joy",), "a part of its own longer name"),
        ("taylor alison swift", ("taylor swift",), None),
        ("tayla", ("taylor swift",), None),
    ],
)
def test_a_first_or_last_name_alone_is_everybodys(form: str, longer: tuple[str, ...], reason: str | None) -> None:
    assert why(form, longer=longer) == reason


def test_the_roster_decides_what_belongs_to_others() -> None:
    roster = [
        Named(1, ["Zendaya"], ["Zendaya Maree Stoermer Coleman", "ZENDAYA", "Coleman"]),
        Named(2, ["Euphoria"], ["Euphoria (HBO)", "Zendaya", "The Teens"]),
        Named(3, ["Olivia Colman", "Colman"], ["Sarah Caroline Olivia Colman", "The  Teens"]),
        Named(4, ["Nobody"], []),
    ]
    assert usable_names(roster, WORDS) == {
        1: ("Zendaya Maree Stoermer Coleman",),  # itself in capitals is no other name; a last name alone is nobody's
        2: ("Euphoria (HBO)",),
        3: ("Sarah Caroline Olivia Colman",),
        4: (),
    }


def test_of_two_spellings_of_a_name_one_is_kept() -> None:
    found = usable_names([Named(1, ["Beyoncé"], ["Beyonce Knowles", "BEYONCE KNOWLES"])], WORDS)
    assert found == {1: ("Beyonce Knowles",)}
