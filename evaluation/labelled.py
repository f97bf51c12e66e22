"""The labelled set of names in texts: the roster, labels of recorded titles, own sentences, the two halves.

Here: reading and checking the files beside this one. Not here: the matcher.
"""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from etheatmap_core.entities.matcher import MatchEntity
from etheatmap_core.entities.names import spellings, tag
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.evaluation.matching import LabelledMention, LabelledText
from evaluation.recordings import text_of

HERE = Path(__file__).parent
_MARK = re.compile(r"\[\[(?P<meant>[^\]=]+)(?:=(?P<who>[^\]]+))?\]\]|\{\{(?P<other>[^}]+)\}\}")
_TOPICS = re.compile(r"^<([^>]+)>\s*")


@dataclass(frozen=True)
class Roster:
    """Who is looked for, and which of their names mean other things as well."""

    entities: tuple[MatchEntity, ...]
    ambiguous: dict[int, frozenset[str]]


class Label(NamedTuple):
    """One line of labels.csv: a span of a recorded title, and whether it means the entity."""

    file: str
    row: str
    start: int
    end: int
    entity_id: int
    alias: str
    is_meant: bool


def read_roster() -> Roster:
    """roster.csv: lists within a cell are separated by `; `."""
    entities, ambiguous = [], {}
    with (HERE / "roster.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = int(row["entity_id"])
            related = frozenset(int(other) for other in _listed(row["related"]))
            entities.append(
                MatchEntity(number, row["name"], row["type"], row["category"], _listed(row["aliases"]), related)
            )
            ambiguous[number] = frozenset(_listed(row["ambiguous"]))
    return Roster(tuple(entities), ambiguous)


def read_labels() -> list[Label]:
    """labels.csv, in its order."""
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [
            Label(
                row["file"],
                row["row"],
                int(row["start"]),
                int(row["end"]),
                int(row["entity_id"]),
                row["alias"],
                row["is_meant"] == "1",
            )
            for row in csv.DictReader(file)
        ]


def recorded_texts(realdata: Path) -> list[LabelledText]:
    """The labelled titles of the recordings; the topic of a post is its subreddit."""
    by_text: defaultdict[tuple[str, str], list[LabelledMention]] = defaultdict(list)
    for label in read_labels():
        by_text[label.file, label.row].append(LabelledMention(*label[2:]))
    return [
        LabelledText(f"{file}|{row}", text_of(realdata, file, row), _topics_of(file), tuple(mentions))
        for (file, row), mentions in by_text.items()
    ]


def own_sentences(roster: Roster) -> list[LabelledText]:
    """sentences.txt: texts written for this set, names marked in them."""
    lines = (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
    return [_sentence(line, roster) for line in lines if line and not line.startswith("# ")]


def is_held_out(text: LabelledText) -> bool:
    """Half of the texts, chosen by a hash of their key: never looked at while rules are changed."""
    return int(hashlib.sha256(text.key.encode()).hexdigest(), 16) % 2 == 0


def _sentence(line: str, roster: Roster) -> LabelledText:
    topics = _TOPICS.match(line)
    marked = line[topics.end() :] if topics else line
    mentions = []
    plain, at = "", 0
    for mark in _MARK.finditer(marked):
        plain += marked[at : mark.start()]
        at = mark.end()
        word = mark["meant"] or mark["other"]
        for number, alias in _meant(word, mark["who"], roster):
            mentions.append(LabelledMention(len(plain), len(plain) + len(word), number, alias, bool(mark["meant"])))
        plain += word
    plain += marked[at:]
    return LabelledText(f"sentence|{plain}", plain, tuple(topics[1].split(", ")) if topics else (), tuple(mentions))


def _meant(word: str, who: str | None, roster: Roster) -> Iterator[tuple[int, str]]:
    """The entity a mark names: the one it says, else the first that has the name."""
    for entity in roster.entities:
        written = normalise(word).text
        alias = next((name for name in (entity.name, *entity.aliases) if _is_form_of(written, name)), None)
        if who == entity.name or (who is None and alias):
            yield entity.entity_id, alias or entity.name
            return
    raise LookupError(f"sentences.txt marks '{word}', and roster.csv has no such name: write [[{word}=its entity]].")


def _is_form_of(written: str, name: str) -> bool:
    forms = spellings(name)
    return written in forms or written in map(tag, forms)


def _topics_of(file: str) -> tuple[str, ...]:
    return (Path(file).stem.lower(),) if "reddit_top_posts" in file else ()


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()
