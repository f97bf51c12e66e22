"""How texts feel about what they name: titles say nothing, opinions have the right sign."""

from collections.abc import Callable
from pathlib import Path

import pytest

from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.entities.names import load_common_words
from etheatmap_core.entities.sentiment import affect, masked

HERE = Path(__file__).parent
TITLES = (HERE / "charged_titles.txt").read_text(encoding="utf-8").splitlines()
OPINIONS = [
    (1 if line.startswith("+") else -1, line[2:])
    for line in (HERE / "charged_sentences.txt").read_text(encoding="utf-8").splitlines()
    if line[:2] in {"+ ", "- "}
]


@pytest.fixture(scope="module")
def feeling() -> Callable[[str], float]:
    """The affect of a text as the platform finds it: names by the matcher, then VADER around them."""
    words = load_common_words(HERE.parents[2] / "configs" / "common_words.txt")
    roster = [MatchEntity(number, title, "project", "film", ()) for number, title in enumerate(TITLES, start=1)]
    matcher = Matcher(roster, words)
    return lambda text: affect(text, [(match.start, match.end) for match in matcher.match(text).matches])


def test_a_title_is_no_feeling(feeling: Callable[[str], float]) -> None:
    felt = [title for title in TITLES if abs(feeling(f"{title} trailer released today")) >= 0.05]
    assert len(TITLES) == 100
    assert len(felt) <= 1, felt


def test_opinions_about_the_same_titles_have_the_right_sign(feeling: Callable[[str], float]) -> None:
    wrong = [text for sign, text in OPINIONS if feeling(text) * sign <= 0]
    assert len(OPINIONS) == 100
    assert min(sum(sign == wanted for sign, _ in OPINIONS) for wanted in (1, -1)) >= 45
    assert len(wrong) <= 10, wrong


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("she killed it last night", 1),
        ("SHE KILLED IT", 1),
        ("zendaya slays", 1),
        ("it blew me away", 1),
        ("can't wait", 1),
        ("that performance was incredible", 1),
        ("it bombed at the box office", -1),
        ("a total flop", -1),
        ("snubbed again", -1),
        ("it did not live up to the hype", -1),
        ("the show jumped the shark", -1),
        ("it grossed $100 million", 0),
        ("the horror film plays in two theaters", 0),
        ("", 0),
    ],
)
def test_the_words_of_the_trade_mean_what_the_trade_means(text: str, sign: int) -> None:
    assert affect(text, []) == pytest.approx(0, abs=0.05) if sign == 0 else affect(text, []) * sign > 0.2


def test_it_stays_between_minus_one_and_one() -> None:
    assert 0.9 < affect("love love love " * 50, []) <= 1
    assert -1 <= affect("hate hate hate " * 50, []) < -0.9


def test_names_are_masked_wherever_they_stand() -> None:
    assert masked("Wicked and Wicked", [(11, 17), (0, 6)]) == "somename and somename"
    assert masked("Killing Eve", [(0, 11), (8, 11)]) == "somename"
    assert masked("no names", []) == "no names"
