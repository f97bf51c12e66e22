"""How matches are counted against labels."""

from etheatmap_core.entities.matcher import Match, Matches
from etheatmap_core.evaluation.matching import Figures, LabelledMention, LabelledText, Outcome, figures, judge

AMBIGUOUS = {1: frozenset({"Dune"}), 2: frozenset[str]()}
TEXT = LabelledText(
    key="one",
    text="Dune: sand dune, Zendaya",
    topics=(),
    mentions=(
        LabelledMention(0, 4, 1, "Dune", is_meant=True),
        LabelledMention(11, 15, 1, "Dune", is_meant=False),
        LabelledMention(17, 24, 2, "Zendaya", is_meant=True),
    ),
)


def match(entity_id: int, alias: str, start: int, end: int) -> Match:
    return Match(entity_id, alias, start, end, "unique", ())


def told(*matches: Match) -> list[Outcome]:
    return list(judge(TEXT, Matches(matches, ()), AMBIGUOUS))


def verdicts(outcomes: list[Outcome]) -> list[tuple[str, str, int]]:
    return [(one.verdict, one.kind, one.start) for one in outcomes]


def test_what_is_meant_is_found_or_missed() -> None:
    outcomes = told(match(1, "Dune", 0, 4))
    assert verdicts(outcomes) == [("found", "ambiguous", 0), ("missed", "unique", 17)]


def test_what_is_not_meant_is_false() -> None:
    outcomes = told(match(1, "Dune", 11, 15))
    assert ("false", "ambiguous", 11) in verdicts(outcomes)


def test_a_match_without_a_label_is_false_and_so_is_the_wrong_entity() -> None:
    outcomes = told(match(2, "Zendaya", 6, 10), match(2, "Zendaya", 0, 4))
    assert verdicts(outcomes)[:2] == [("false", "unique", 6), ("false", "unique", 0)]


def test_one_mention_confirms_one_match() -> None:
    outcomes = told(match(1, "Dune", 0, 4), match(1, "Dune", 0, 3))
    assert [one.verdict for one in outcomes if one.entity_id == 1] == ["false", "found"]


def test_shares_are_of_what_was_matched_and_of_what_was_meant() -> None:
    counted = figures(told(match(1, "Dune", 0, 4), match(1, "Dune", 11, 15)))
    assert counted["ambiguous"] == Figures(found=1, false=1, missed=0)
    assert (counted["ambiguous"].precision, counted["ambiguous"].recall) == (0.5, 1.0)
    assert counted["unique"].precision is None
    assert counted["unique"].recall == 0.0
