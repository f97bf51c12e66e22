"""The labelled set is what its description says, points at what it says, and the matcher meets its aims on it."""

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from etheatmap_core.entities.names import spellings, tag
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.evaluation.matching import LabelledMention, LabelledText
from evaluation.labelled import is_held_out, own_sentences, read_labels, read_roster, recorded_texts
from evaluation.recordings import text_of

PROJECT = Path(__file__).parents[3]
ROSTER = read_roster()


@pytest.fixture(scope="module")
def texts(realdata: Path) -> list[LabelledText]:
    return [*recorded_texts(realdata), *own_sentences(ROSTER)]


def labelled() -> list[LabelledMention]:
    """All mentions, without opening the recordings."""
    recorded = [LabelledMention(*label[2:]) for label in read_labels()]
    return [*recorded, *(mention for text in own_sentences(ROSTER) for mention in text.mentions)]


def is_ambiguous(mention: LabelledMention) -> bool:
    return mention.alias in ROSTER.ambiguous[mention.entity_id]


def test_it_is_large_and_varied_enough() -> None:
    mentions = labelled()
    signs: defaultdict[str, set[bool]] = defaultdict(set)
    for mention in filter(is_ambiguous, mentions):
        signs[mention.alias].add(mention.is_meant)
    shares = Counter(mention.alias for mention in mentions)
    assert len(mentions) >= 600
    assert len(signs) >= 50
    assert sum(seen == {True, False} for seen in signs.values()) >= 30
    assert sum(mention.is_meant for mention in filter(is_ambiguous, mentions)) >= 150
    assert max(shares.values()) <= 0.05 * len(mentions), shares.most_common(3)


def test_no_label_stands_twice() -> None:
    spans = Counter((label.file, label.row, label.start, label.end) for label in read_labels())
    assert [span for span, times in spans.items() if times > 1] == []


def test_every_label_names_an_entity_of_its_roster_by_one_of_its_names() -> None:
    names = {entity.entity_id: {entity.name, *entity.aliases} for entity in ROSTER.entities}
    assert [label for label in read_labels() if label.alias not in names[label.entity_id]] == []
    assert all(ROSTER.ambiguous[number] <= names[number] for number in names)


def test_every_span_points_at_the_name_it_says(texts: list[LabelledText]) -> None:
    def says(text: LabelledText, mention: LabelledMention) -> bool:
        written = normalise(text.text[mention.start : mention.end]).text
        forms = spellings(mention.alias)
        return written in forms or written in map(tag, forms)

    wrong = [(text.key, mention) for text in texts for mention in text.mentions if not says(text, mention)]
    assert wrong == []


def test_the_halves_are_halves(texts: list[LabelledText]) -> None:
    held_out = sum(is_held_out(text) for text in texts)
    assert 0.4 < held_out / len(texts) < 0.6
    assert len({text.key for text in texts}) == len(texts)


def test_a_row_that_is_not_recorded_is_told(realdata: Path) -> None:
    with pytest.raises(LookupError, match="has no row 'nowhere'"):
        text_of(realdata, read_labels()[0].file, "nowhere")


def test_the_matcher_meets_the_aims_on_the_half_that_nobody_looked_at(realdata: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "evaluation.matching"],
        cwd=PROJECT,
        env={"ETHEATMAP_REALDATA": str(realdata)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("held-out half")
    assert "MISSED" not in run.stdout


def test_an_unknown_argument_is_refused() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "evaluation.matching", "--all"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "there is only --tuning" in run.stderr
