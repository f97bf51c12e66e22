"""Who is named in a text: whole words, longest name, evidence for words and shared names, ties for nobody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.entities.matcher import MatchEntity, Matcher, Matches
from etheatmap_core.entities.names import load_common_words

COMMON_WORDS = load_common_words(Path(__file__).parents[3] / "configs" / "common_words.txt")
ROSTER = [
    MatchEntity(1, "Dune", "project", "film", ("Dune: Part One",), frozenset({3})),
    MatchEntity(2, "Dune: Part Two", "project", "film", ()),
    MatchEntity(3, "Zendaya", "person", "film", ("Zendaya Coleman",)),
    MatchEntity(4, "Wicked", "project", "film", ()),
    MatchEntity(5, "You", "project", "tv", ()),
    MatchEntity(6, "Friends", "project", "tv", ()),
    MatchEntity(7, "It", "project", "film", ()),
    MatchEntity(8, "Chris Evans", "person", "film", (), frozenset({11})),
    MatchEntity(9, "Chris Evans (presenter)", "person", "tv", ("Chris Evans",), frozenset({12})),
    MatchEntity(10, "Ai", "person", "music", ()),
    MatchEntity(11, "Captain America", "project", "film", ()),
    MatchEntity(12, "Top Gear", "project", "tv", ()),
    MatchEntity(13, "방탄소년단", "person", "music", ("BTS",)),
    MatchEntity(14, "Game of Thrones", "project", "tv", ("GoT",)),
    MatchEntity(15, "Barbie", "project", "film", ()),
    MatchEntity(16, "Rain", "person", "music", ()),
    MatchEntity(17, "Carrie (1976)", "project", "film", ("Carrie",)),
    MatchEntity(18, "Carrie (2013)", "project", "film", ("Carrie",)),
    MatchEntity(19, "Beyoncé", "person", "music", ()),
    MatchEntity(20, "24", "project", "tv", ()),
    MatchEntity(21, "BIGBANG", "person", "music", ("Big Bang",)),
    MatchEntity(22, "The Big Bang Theory", "project", "tv", ("Big Bang",)),
]
MATCHER = Matcher(ROSTER, COMMON_WORDS)
MIXTURE = ["Zendaya", "dune", "You", "'Wicked'", "the", "film", "it.", "Friends", "#It", "24", "&amp;", "—", "…"]


def named(text: str, *topics: str) -> set[tuple[str, str]]:
    """(entity, as written) of each match."""
    names = {entity.entity_id: entity.name for entity in ROSTER}
    return {(names[m.entity_id], text[m.start : m.end]) for m in MATCHER.match(text, topics=topics).matches}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Zendaya's new film", "Zendaya"),
        ("#zendaya", "zendaya"),
        ("ZENDAYA CONFIRMED", "ZENDAYA"),
        ("Zendaya&#8217;s dress", "Zendaya"),
        ("Zendaya  Coleman", "Zendaya  Coleman"),
    ],
)
def test_a_unique_name_is_matched_wherever_it_is_a_word(text: str, written: str) -> None:
    assert named(text) == {("Zendaya", written)}


@pytest.mark.parametrize(
    "text", ["training with machines", "zendaya_fan posted", "see https://x.com/zendaya or www.zendaya.com"]
)
def test_parts_of_words_and_addresses_name_nobody(text: str) -> None:
    assert named(text) == set()


def test_the_longest_name_wins() -> None:
    assert named("Dune: Part Two is out") == {("Dune: Part Two", "Dune: Part Two")}
    assert named("Dune Part Two trailer") == {("Dune: Part Two", "Dune Part Two")}


def test_a_name_in_one_word_counts_behind_a_hash_and_nowhere_else() -> None:
    assert named("#GameOfThrones and r/gameofthrones") == {
        ("Game of Thrones", "GameOfThrones"),
        ("Game of Thrones", "gameofthrones"),
    }
    assert named("gameofthrones") == set()


def test_a_match_says_which_alias_of_the_roster_it_is() -> None:
    (match,) = MATCHER.match("BEYONCE on tour").matches
    assert (match.entity_id, match.alias, match.alias_class, match.evidence) == (
        19,
        "Beyoncé",
        "unique",
        ("unique name",),
    )


@pytest.mark.parametrize(
    ("text", "entity", "written"),
    [
        ("Just saw Dune and loved it", "Dune", "Dune"),
        ("dune trailer!!", "Dune", "dune"),
        ("‘Wicked’ wins the weekend", "Wicked", "Wicked"),
        ("WICKED (2024) REVIEW", "Wicked", "WICKED"),
        ("Finished season 3 of You last night", "You", "You"),
        ("Netflix's [You] aside, 'You' returns for season 5", "You", "You"),
        ("I watched It (2017) again", "It", "It"),
        ("Watching Friends with my friends", "Friends", "Friends"),
        ("I miss GoT so much", "Game of Thrones", "GoT"),
        ("The Barbie trailer is here", "Barbie", "Barbie"),
        ("Jack Bauer is back: 24 renewed by Fox", "24", "24"),
    ],
)
def test_a_common_word_is_a_name_where_the_text_says_so(text: str, entity: str, written: str) -> None:
    assert (entity, written) in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "I walked over a dune today",
        "That was wicked good",
        "You are great",
        "Thank You For Coming To My Talk",
        "it's just a phase, it happens",
        "my friends are here",
        "Picking Your Friends",
        "She only wants a barbie doll",
        "I got the last slice",
        "Rain expected all weekend",
        "the barbie is hot",
        "24 hours to go",
        "Carrie Fisher at the premiere of a film",
        "An Evening With Friends of the Library",
    ],
)
def test_a_common_word_without_evidence_is_a_word(text: str) -> None:
    assert named(text) == set()


def test_who_is_named_beside_it_is_evidence() -> None:
    assert ("Dune", "Dune") in named("Dune? Ask Zendaya")
    assert named("Dune? Ask somebody") == set()


def test_the_topic_of_the_source_is_evidence() -> None:
    assert named("[MV] Rain - Rainism", "kpop") == {("Rain", "Rain")}
    assert named("[MV] B.A.P - Rain Sound", "kpop") == set()
    assert ("Dune", "dune") in named("who composed dune", "r/dune")


def test_evidence_is_stored_in_words_for_and_against() -> None:
    (match,) = MATCHER.match("Did you see the Dune trailer on the beach?", topics=["film"]).matches
    assert match.alias_class == "common_word"
    assert {"Title Case", "cue word 'trailer' right behind", "topic film", "against it: 'beach' near by"} <= set(
        match.evidence
    )


def test_a_shared_name_goes_to_the_one_the_text_speaks_of() -> None:
    assert ("Chris Evans", "Chris Evans") in named("Chris Evans as Captain America")
    assert ("Chris Evans (presenter)", "Chris Evans") in named("Chris Evans quits Top Gear")
    assert ("BIGBANG", "Big Bang") in named("Big Bang's new album tops the chart", "kpop")
    assert ("The Big Bang Theory", "Big Bang") in named("The season finale of Big Bang on CBS")


def test_a_shared_name_that_nobody_clearly_has_counts_for_nobody_and_is_listed() -> None:
    told = MATCHER.match("Chris Evans is back")
    assert told.matches == ()
    (tie,) = told.ties
    assert (tie.alias, tie.start, tie.end, tie.candidates) == ("Chris Evans", 0, 11, (8, 9))
    assert tie.reason == "no clear evidence: Chris Evans +1.0, Chris Evans (presenter) +0.0"


def test_with_like_evidence_it_goes_to_the_one_whose_name_it_is() -> None:
    told = MATCHER.match("Chris Evans, actor and director, says goodbye to film")
    assert [match.entity_id for match in told.matches] == [8]


def test_two_works_of_one_name_and_kind_tie() -> None:
    told = MATCHER.match("'Carrie' screening with the director")
    assert [tie.candidates for tie in told.ties] == [(17, 18)]
    assert told.matches == ()


def test_a_part_of_a_longer_name_is_nobodys() -> None:
    assert MATCHER.match("I read about Chris Evans Jr at home") == Matches((), ())


def test_matches_come_in_the_order_of_the_text() -> None:
    told = MATCHER.match("Zendaya and Beyoncé; Top Gear; Zendaya")
    assert [match.start for match in told.matches] == [0, 12, 21, 31]


def test_the_version_changes_with_names_words_and_nothing_else() -> None:
    assert Matcher(reversed(ROSTER), sorted(COMMON_WORDS)).version == MATCHER.version
    assert Matcher(ROSTER[1:], COMMON_WORDS).version != MATCHER.version
    assert Matcher(ROSTER, COMMON_WORDS | {"zendaya"}).version != MATCHER.version
    renamed = [ROSTER[0]._replace(aliases=("Dune One",)), *ROSTER[1:]]
    assert Matcher(renamed, COMMON_WORDS).version != MATCHER.version


def test_an_empty_roster_names_nobody() -> None:
    assert Matcher([], COMMON_WORDS).match("Zendaya") == Matches((), ())


@given(st.text(), st.text())
def test_every_match_points_at_its_name_whatever_the_text(before: str, behind: str) -> None:
    text = f"{before} Zendaya {behind}"
    told = MATCHER.match(text, topics=["film"])
    assert all(0 <= match.start < match.end <= len(text) for match in told.matches)
    assert all(left.end <= right.start for left, right in zip(told.matches, told.matches[1:], strict=False))


@given(st.lists(st.sampled_from(MIXTURE)))
def test_any_mixture_of_names_and_signs_is_answered(words: list[str]) -> None:
    text = " ".join(words)
    told = MATCHER.match(text)
    covered = [(one.start, one.end) for one in (*told.matches, *told.ties)]
    assert len(covered) == len(set(covered))
    assert told == MATCHER.match(text)
