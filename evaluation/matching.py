"""How well names are found in texts: the figures of the half that is not looked at, against the aims.

python -m evaluation.matching            held-out half; exit code 1 below the aims
python -m evaluation.matching --tuning   the other half, with every error
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.entities.names import load_common_words
from etheatmap_core.evaluation.matching import Figures, LabelledText, Outcome, evaluate, figures
from evaluation.labelled import HERE, Roster, is_held_out, own_sentences, read_roster, recorded_texts

PROJECT = HERE.parent
# (kind, measure) → at least
AIMS = {
    ("ambiguous", "precision"): 0.95,
    ("ambiguous", "recall"): 0.85,
    ("unique", "precision"): 0.99,
    ("unique", "recall"): 0.97,
}


def main(arguments: Sequence[str]) -> int:
    """Prints the figures; the exit code says whether every aim is met."""
    if set(arguments) - {"--tuning"}:
        print(f"evaluation.matching: unknown argument '{arguments[0]}'; there is only --tuning", file=sys.stderr)
        return 2
    realdata = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata")
    if not realdata.is_dir():
        print(f"evaluation.matching: no recordings in {realdata}; set ETHEATMAP_REALDATA", file=sys.stderr)
        return 2
    roster = read_roster()
    matcher = Matcher(roster.entities, load_common_words(PROJECT / "configs" / "common_words.txt"))
    texts = [*recorded_texts(realdata), *own_sentences(roster)]
    is_tuning = "--tuning" in arguments
    half = [text for text in texts if is_held_out(text) is not is_tuning]
    judged = evaluate(half, lambda text, topics: matcher.match(text, topics=topics), roster.ambiguous)
    if is_tuning:
        _print_errors(judged, matcher)
    return _print_figures(half, judged, roster, "tuning" if is_tuning else "held-out")


def _print_figures(
    half: Sequence[LabelledText], judged: Sequence[tuple[LabelledText, Outcome]], roster: Roster, name: str
) -> int:
    mentions = sum(len(text.mentions) for text in half)
    print(f"{name} half: {len(half)} texts, {mentions} labelled mentions, {len(roster.entities)} entities")
    found = figures(outcome for _, outcome in judged)
    failed = False
    for (kind, measure), aim in AIMS.items():
        counts: Figures = found[kind]  # type: ignore[index]
        value = counts.precision if measure == "precision" else counts.recall
        wrong = counts.false if measure == "precision" else counts.missed
        of = f"{counts.found} of {counts.found + wrong}"
        is_met = value is not None and value >= aim
        failed = failed or not is_met
        shown = "none" if value is None else f"{value:.3f}"
        print(f"  {kind:<10}{measure:<10}{shown:>6}  {of:>11}   aim {aim:.2f}  {'met' if is_met else 'MISSED'}")
    return int(failed)


def _print_errors(judged: Sequence[tuple[LabelledText, Outcome]], matcher: Matcher) -> None:
    for text, outcome in judged:
        if outcome.verdict != "found":
            told = matcher.match(text.text, topics=text.topics)
            why = [match.evidence for match in told.matches if match.start == outcome.start]
            why += [(tie.reason,) for tie in told.ties if tie.start == outcome.start]
            print(f"{outcome.verdict:<7}{outcome.kind:<10}{outcome.alias} in: {text.text} {list(text.topics)} {why}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
