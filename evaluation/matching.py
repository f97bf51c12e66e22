"""How well names are found in texts: the figures of the half that is not looked at, against the aims.

python -m evaluation.matching            held-out half; exit code 1 below the aims
python -m evaluation.matching --tuning   the other half, with every error
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.entities.names import load_common_words
from etheatmap_core.evaluation.matching import Figures, Kind, LabelledText, Outcome, evaluate, figures
from evaluation.labelled import HERE, is_held_out, own_sentences, read_roster, recorded_texts

PROJECT = HERE.parent
# (kind, measure, at least)
AIMS: tuple[tuple[Kind, Literal["precision", "recall"], float], ...] = (
    ("ambiguous", "precision", 0.95),
    ("ambiguous", "recall", 0.85),
    ("unique", "precision", 0.99),
    ("unique", "recall", 0.97),
)


def main(arguments: Sequence[str]) -> int:
    """Prints the figures; the exit code says whether every aim is met."""
    unknown = [argument for argument in arguments if argument != "--tuning"]
    if unknown:
        return _refuse(f"unknown argument '{unknown[0]}'; there is only --tuning")
    realdata = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata")
    if not realdata.is_dir():
        return _refuse(f"no recordings in {realdata}; set ETHEATMAP_REALDATA to their folder")
    roster = read_roster()
    matcher = Matcher(roster.entities, load_common_words(PROJECT / "configs" / "common_words.txt"))
    is_tuning = "--tuning" in arguments
    texts = [*recorded_texts(realdata), *own_sentences(roster)]
    half = [text for text in texts if is_held_out(text) is not is_tuning]
    judged = evaluate(half, lambda text, topics: matcher.match(text, topics=topics), roster.ambiguous)
    if is_tuning:
        _tell_errors(judged, matcher)
    mentions = sum(len(text.mentions) for text in half)
    name = "tuning" if is_tuning else "held-out"
    _tell(f"{name} half: {len(half)} texts, {mentions} labelled mentions, {len(roster.entities)} entities")
    return _tell_figures(figures(outcome for _, outcome in judged))


def _tell_figures(found: Mapping[Kind, Figures]) -> int:
    """A line a figure; 1 if one of them is below its aim."""
    failed = False
    for kind, measure, aim in AIMS:
        counts = found[kind]
        value = counts.precision if measure == "precision" else counts.recall
        whole = counts.found + (counts.false if measure == "precision" else counts.missed)
        is_met = value is not None and value >= aim
        failed = failed or not is_met
        shown = "none" if value is None else f"{value:.3f}"
        of = f"{counts.found} of {whole}"
        _tell(f"  {kind:<10}{measure:<10}{shown:>6}  {of:>11}   aim {aim:.2f}  {'met' if is_met else 'MISSED'}")
    return int(failed)


def _tell_errors(judged: Sequence[tuple[LabelledText, Outcome]], matcher: Matcher) -> None:
    """Every wrong or missing match with the evidence that led there."""
    for text, outcome in judged:
        if outcome.verdict != "found":
            told = matcher.match(text.text, topics=text.topics)
            why = [match.evidence for match in told.matches if match.start == outcome.start]
            why += [(tie.reason,) for tie in told.ties if tie.start == outcome.start]
            _tell(f"{outcome.verdict:<7}{outcome.kind:<10}{outcome.alias} in: {text.text} {list(text.topics)} {why}")


def _refuse(reason: str) -> int:
    sys.stderr.write(f"evaluation.matching: {reason}\n")
    return 2


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
