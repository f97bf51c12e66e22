"""Names in short texts with 100,000 aliases on one core, beside the bare automaton passing over the same texts.

Floor: the same patterns, the texts already normalised, overlapping search, nothing looked at. Ours: normal form,
search, word boundaries, evidence. Texts are headlines of 7 to 14 words; of a hundred, thirty name somebody uniquely,
five hold a name that is also a word, fifteen are not ASCII, two carry HTML entities. Floor and ours in turns.

    python -m bench.bench_matching
"""

import random
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from ahocorasick_rs import AhoCorasick, MatchKind

from bench.report import BenchRow, print_table
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.entities.names import load_common_words, spellings
from etheatmap_core.entities.normalise import normalise

REPEATS = 5
ALIASES = 100_000
TEXTS = 20_000
TEXTS_A_SECOND = 50_000
_WORD_LIST = Path(__file__).parents[1] / "configs" / "common_words.txt"
_COMMON_NAMES = 500


def run(repeats: int = REPEATS) -> list[BenchRow]:
    """Measures and returns the rows of the table."""
    word_list = load_common_words(_WORD_LIST)
    words = sorted(word for word in (entry.rstrip("!^") for entry in word_list) if word.isalpha() and len(word) > 3)
    draw = random.Random(20120214)
    entities = _roster(draw, words)
    started = perf_counter()
    matcher = Matcher(entities, word_list)
    made_s = perf_counter() - started
    texts = _texts(draw, words, entities)
    prepared = [normalise(text).text for text in texts]
    patterns = sorted(
        {form for entity in entities for alias in (entity.name, *entity.aliases) for form in spellings(alias)}
    )
    automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard)
    floors, ours = [], []
    found = 0
    for _ in range(repeats):
        floors.append(
            _seconds(lambda: [automaton.find_matches_as_indexes(text, overlapping=True) for text in prepared])
        )
        ours.append(_seconds(lambda: [matcher.match(text) for text in texts]))
        found = sum(len(matcher.match(text).matches) for text in texts[:1000])
    seconds = median(ours)
    aliases = sum(1 + len(entity.aliases) for entity in entities)
    rate = f"{TEXTS / seconds:,.0f} texts/s, {aliases:,} aliases, {found} matches in 1,000 texts"
    return [
        BenchRow(f"names in {TEXTS:,} texts", median(floors), seconds, f"≥ {TEXTS_A_SECOND:,} texts/s", rate),
        BenchRow("making the matcher", None, made_s, "", f"{len(patterns):,} spellings"),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _roster(draw: random.Random, words: list[str]) -> list[MatchEntity]:
    """People with two aliases and titles with one, 100,000 names in all, some hundreds of them common words."""
    entities: list[MatchEntity] = []
    count = 0
    while count < ALIASES:
        number = len(entities) + 1
        if number <= _COMMON_NAMES:
            entity = MatchEntity(number, draw.choice(words).title(), "project", draw.choice(("film", "tv")), ())
        elif number % 3:
            first, last = _invented(draw), _invented(draw)
            entity = MatchEntity(number, f"{first} {last}", "person", "music", (f"{first} {_invented(draw)}-{last}",))
        else:
            title = f"{draw.choice(words)} {_invented(draw)} {draw.choice(words)}".title()
            entity = MatchEntity(number, title, "project", "film", ())
        entities.append(entity)
        count += 1 + len(entity.aliases)
    return entities


def _invented(draw: random.Random) -> str:
    return "".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(draw.choice((2, 3, 3)))).title()


def _texts(draw: random.Random, words: list[str], entities: list[MatchEntity]) -> list[str]:
    common, unique = entities[:_COMMON_NAMES], entities[_COMMON_NAMES:]
    taken = {entity.name.lower() for entity in common}
    words = [word for word in words if word not in taken]
    little = ("the", "of", "a", "and", "in", "to", "you", "it", "is", "for")
    texts = []
    for _ in range(TEXTS):
        parts = [draw.choice(little) if draw.random() < 0.4 else draw.choice(words) for _ in range(draw.randint(7, 14))]
        if draw.random() < 0.30:
            parts[draw.randrange(len(parts))] = draw.choice(unique).name
        if draw.random() < 0.05:
            parts[draw.randrange(len(parts))] = draw.choice(common).name
        text = " ".join(parts).capitalize() if draw.random() < 0.5 else " ".join(parts)
        if draw.random() < 0.15:
            text = text.replace(" the ", " – ", 1) + " … café’s"
        if draw.random() < 0.02:
            text += " &amp; more"
        texts.append(text)
    return texts


if __name__ == "__main__":
    print_table(run())
