"""Invented entities, to make a roster as long as a load test wants it: the same ones on every machine, for every seed.

Among them are what makes matching hard: surnames that two people share as an alias, titles that are ordinary words,
accents, initials. No name is that of a page, a person or a work that the simulator invents elsewhere.

    python -m etheatmap_sim.padding --entities 500 > entities.csv
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from etheatmap_sim import words
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.roster import Entity, read_roster, spelled_roster

_PERSON_SHARE, _EVENT_SHARE = 0.55, 0.10


def padded(entities: Sequence[Entity], count: int) -> tuple[Entity, ...]:
    """The entities, and invented ones behind them until there are ``count``; raises SimulatorError."""
    missing = count - len(entities)
    if missing < 0:
        raise SimulatorError(f"--entities {count} is fewer than the roster has ({len(entities)}): ask for more.")
    taken = {text.casefold() for one in entities for text in (one.name, one.title, *one.aliases)}
    people, events = round(missing * _PERSON_SHARE), round(missing * _EVENT_SHARE)
    wanted = ((_people(), people), (_projects(), missing - people - events), (_events(), events))
    added = [entity for source, number in wanted for entity in _first(source, number, taken)]
    if len(added) < missing:
        raise SimulatorError(f"--entities {count} is more than can be invented: ask for some hundreds.")
    return (*entities, *added)


def _first(source: Iterator[Entity], number: int, taken: set[str]) -> list[Entity]:
    free = (entity for entity in source if entity.name.casefold() not in taken)
    return [entity for entity, _ in zip(free, range(number), strict=False)]


def _shuffled(names: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(names, key=lambda pair: hash_of(" ".join(pair)))


def _people() -> Iterator[Entity]:
    for turn, (first, last) in enumerate(_shuffled(product(words.FIRST, words.STAGE_LAST))):
        aliases = ((last,), (f"{first[0]}. {last}",), (f"DJ {first}", f"{first} {last} Jr."), (), ())[turn % 5]
        yield Entity(f"{first} {last}", "person", f"{first} {last}", aliases)


def _projects() -> Iterator[Entity]:
    for word in words.ORDINARY:
        yield Entity(word, "project", f"{word} (TV series)")
    for turn, (adjective, noun) in enumerate(_shuffled(product(words.PROJECT_ADJECTIVE, words.PROJECT_NOUN))):
        name = f"The {adjective} {noun}" if turn % 3 else f"{adjective} {noun}: Reckoning"
        aliases = (f"{adjective} {noun}",) if turn % 2 else ()
        yield Entity(name, "project", f"{name} (film)" if turn % 4 == 0 else name, aliases)


def _events() -> Iterator[Entity]:
    for turn, (place, kind) in enumerate(_shuffled(product(words.EVENT_PLACE, ("Film Festival", "Music Awards")))):
        name = f"{place} {kind}"
        initials = "".join(word[0] for word in name.split())
        yield Entity(name, "event", name, (initials,) if turn % 2 else (f"{place} {kind.split()[1]}",))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m etheatmap_sim.padding", description="Writes a longer roster.")
    parser.add_argument("--entities", type=int, required=True, help="how many there are to be in all")
    parser.add_argument("--roster", type=Path, help="a CSV file whose entities come first")
    options = parser.parse_args(arguments)
    try:
        known = read_roster(options.roster) if options.roster else ()
        sys.stdout.write(spelled_roster(padded(known, options.entities)))
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
