"""Tentpoles: whose a title is, on which days, and how large the boost."""

from datetime import date
from pathlib import Path

import pytest

from etheatmap_core.config import load_config
from etheatmap_core.config.model import EntityConfig, Tentpole
from etheatmap_core.signals.tentpoles import boosts_on, entities_of

OSCARS = EntityConfig("Academy Awards", "event", "awards", ("The Oscars", "Oscars"), None, "Academy Awards")
ZENDAYA = EntityConfig("Zendaya", "person", "film", (), None, "Zendaya")
DUNE = EntityConfig("Dune: Part Three", "project", "film", ("Dune 3",), None, "Dune: Part Three", ("Zendaya",))
ROSTER = (OSCARS, ZENDAYA, DUNE)
FIRST, LAST = date(2027, 3, 14), date(2027, 3, 16)


def tentpole(title: str, boost: float = 0.5, entities: tuple[str, ...] = ()) -> Tentpole:
    return Tentpole(title, FIRST, LAST, boost, entities)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Academy Awards", ["Academy Awards"]),
        ("99th Academy Awards", ["Academy Awards"]),
        ("Oscars 2027", ["Academy Awards"]),
        ("The 2027 Oscars", ["Academy Awards"]),
        ("DUNE: part three (2026)", ["Dune: Part Three", "Zendaya"]),  # and whom it names as related
        ("Zendaya", ["Zendaya"]),  # not who names her
        ("Academy Awards of Merit", []),
        ("Dune", []),
    ],
)
def test_a_title_is_a_name_or_an_alias_but_for_its_edition(title: str, names: list[str]) -> None:
    assert list(entities_of(tentpole(title), ROSTER)) == names


def test_the_column_entities_adds_others() -> None:
    assert entities_of(tentpole("Premiere night", entities=("Zendaya",)), ROSTER) == ("Zendaya",)
    assert entities_of(tentpole("Dune 3", entities=("Academy Awards",)), ROSTER) == (
        "Dune: Part Three", "Academy Awards", "Zendaya",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "boosted"),
    [
        (date(2027, 3, 13), {}),
        (FIRST, {"Academy Awards": 0.5}),
        (date(2027, 3, 15), {"Academy Awards": 0.5}),
        (LAST, {"Academy Awards": 0.5}),
        (date(2027, 3, 17), {}),
    ],
)
def test_the_first_and_the_last_day_are_days_of_it(day: date, boosted: dict[str, float]) -> None:
    assert boosts_on(day, [tentpole("Oscars")], ROSTER).by_entity == boosted


def test_of_two_at_once_the_larger_counts() -> None:
    both = [tentpole("Dune 3", 0.2), tentpole("Zendaya", 0.7)]
    for order in (both, both[::-1]):
        assert boosts_on(FIRST, order, ROSTER).by_entity == {"Dune: Part Three": 0.2, "Zendaya": 0.7}


def test_a_title_that_is_nobodys_is_told_until_it_is_over_and_boosts_nobody() -> None:
    unknown = [tentpole("Super Bowl LXI")]
    early = boosts_on(date(2026, 11, 20), unknown, ROSTER)
    assert (early.by_entity, early.nobodys, early.next_start) == ({}, ("Super Bowl LXI",), FIRST)
    assert boosts_on(LAST, unknown, ROSTER).nobodys == ("Super Bowl LXI",)
    assert boosts_on(date(2027, 3, 17), unknown, ROSTER).nobodys == ()


def test_each_tentpole_that_is_shipped_is_somebodys() -> None:
    config = load_config(Path(__file__).parents[3] / "configs")
    assert [one.title for one in config.tentpoles if not entities_of(one, config.entities)] == []
