"""Which spellings a name has, and which names could be mere words."""

from pathlib import Path

import pytest

from etheatmap_core.config.tables import read_entities
from etheatmap_core.entities.names import CommonWords, load_common_words, spellings, squash, tag
from etheatmap_core.errors import ConfigError

PROJECT = Path(__file__).parents[3]
WORDS = CommonWords(load_common_words(PROJECT / "configs" / "common_words.txt"))


@pytest.mark.parametrize(
    ("alias", "form"),
    [
        ("Beyoncé", "beyonce"),
        ("Rosalía", "rosalía"),
        ("Spider-Man", "spider man"),
        ("Dune: Part Two", "dune part two"),
        ("Mission: Impossible", "mission impossible"),
        ("Law & Order", "law and order"),
        ("Parks and Recreation", "parks & recreation"),
        ("Jeopardy!", "jeopardy"),
        ("Robert Downey Jr.", "robert downey jr"),
        ("The Walking Dead", "walking dead"),
    ],
)
def test_people_write_a_name_in_several_ways(alias: str, form: str) -> None:
    assert form in spellings(alias)


def test_an_article_is_dropped_only_where_a_name_remains() -> None:
    assert "bear" not in spellings("The Bear")
    assert "last of us" not in spellings("The Last of Us")


def test_behind_a_hash_a_name_is_one_word() -> None:
    assert tag("game of thrones") == "gameofthrones"
    assert squash("Beyoncé Knowles-Carter") == "beyonceknowlescarter"


@pytest.mark.parametrize(
    "name",
    ["Dune", "Barbie", "You", "It", "Her", "Friends", "Wicked", "The Bear", "Get Out", "This Is Us", "24", "IU", "GoT",
     "Drake", "Chicago", "Wednesday", "Severance", "Succession", "Seven", "Saved", "The Voice"],
)  # fmt: skip
def test_a_name_that_is_also_a_word_needs_evidence(name: str) -> None:
    assert WORDS.is_common(spellings(name)[0])


@pytest.mark.parametrize(
    "name",
    ["Zendaya", "Breaking Bad", "Stranger Things", "Futurama", "Game of Thrones", "SZA", "BTS", "Eminem", "Coldplay",
     "The White Lotus", "방탄소년단", "수지", "Rihanna", "HOTD", "Oscars",
     "Taylor Swift", "The Hobbit", "Dune: Part Two"],
)  # fmt: skip
def test_a_name_that_is_nothing_else_is_unique(name: str) -> None:
    assert not WORDS.is_common(spellings(name)[0])


def test_of_the_configured_roster_few_names_need_evidence() -> None:
    """A word list that swallows the roster would make the matcher blind."""
    entities = read_entities(PROJECT / "configs" / "entities.csv")
    common = [entity.name for entity in entities if WORDS.is_common(spellings(entity.name)[0])]
    assert {"Barbie", "Dune", "Wicked", "You", "The Bear", "Drake"} <= set(common)
    assert len(common) <= 0.25 * len(entities)


def test_what_betrays_another_meaning_is_found_with_and_without_article() -> None:
    words = CommonWords(["bear: teddy, polar", "dune"])
    assert words.against("the bear") == {"teddy", "polar"}
    assert words.against("dune") == frozenset()


def test_marks_of_frequency_and_capitals_are_no_part_of_the_word() -> None:
    words = CommonWords(["house!", "boston^", "dune"])
    assert (words.rank("house"), words.rank("houses"), words.rank("dune")) == ("frequent", "frequent", "common")
    assert words.is_capitalised("boston")
    assert not words.is_capitalised("dune")


def test_a_line_that_is_no_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "common_words.txt"
    path.write_text("dune, barbie\nbear: teddy: polar\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"common_words\.txt, line 2: expected words separated by commas"):
        load_common_words(path)


def test_a_missing_list_is_told_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="restore it from the release"):
        load_common_words(tmp_path / "nowhere.txt")
