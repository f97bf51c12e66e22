"""The names under which tracked entities are looked for in texts: the curated ones, and of the found ones the harmless.

Found names come from Wikidata. Redirects of Wikipedia are for counting views: they hold misspellings, other people's
parts and whatever somebody once typed, so one is looked for only where Wikidata has it as an alias too.
Here: which names are used, and why not the others. Not here: finding them in a text (matcher).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_core.entities.matcher import MatchEntity
from etheatmap_core.entities.names import CommonWords
from etheatmap_core.entities.normalise import normalise

_MIN_LETTERS = 4
_ACTIVE = sa.text("""
    SELECT id, name, type, category, aliases,
           ARRAY(SELECT name FROM entity_names WHERE entity_id = id AND origin = 'wikidata' ORDER BY name) AS found
    FROM entities WHERE is_active ORDER BY id""")


class Named(NamedTuple):
    """An entity's names: ``curated`` in entities.csv (its name first), ``found`` by the daily roster."""

    entity_id: int
    curated: Sequence[str]
    found: Sequence[str]


def match_entities(
    connection: sa.Connection, common_words: Collection[str] = (), related: Mapping[str, Sequence[str]] | None = None
) -> list[MatchEntity]:
    """Every active entity with its curated aliases and the found names that do no harm, by id.

    ``common_words``: the entries of configs/common_words.txt. ``related``: of entities.csv, names by name.
    """
    rows = connection.execute(_ACTIVE).all()
    used = usable_names([Named(row.id, [row.name, *row.aliases], row.found) for row in rows], CommonWords(common_words))
    ids = {row.name: row.id for row in rows}
    others = {name: frozenset(ids[other] for other in named if other in ids) for name, named in (related or {}).items()}
    return [
        MatchEntity(
            row.id, row.name, row.type, row.category, (*row.aliases, *used.get(row.id, ())),
            others.get(row.name, frozenset()),
        )
        for row in rows
    ]  # fmt: skip


def usable_names(roster: Sequence[Named], words: CommonWords) -> Mapping[int, tuple[str, ...]]:
    """The found names that are looked for in texts, by entity."""
    curated_by = {_form(name): named.entity_id for named in roster for name in named.curated}
    finders = Counter(form for named in roster for form in {_form(name) for name in named.found})
    usable: dict[int, tuple[str, ...]] = {}
    for named in roster:
        known = {_form(name) for name in named.curated}
        longer = [form for form in (*known, *map(_form, named.found)) if " " in form]
        new = {_form(name): name for name in reversed(named.found) if _form(name) not in known}
        kept = [
            name
            for form, name in new.items()
            if why_not_matched(
                form,
                is_anothers=curated_by.get(form, named.entity_id) != named.entity_id,
                is_found_for_others=finders[form] > 1,
                longer_names=longer,
                words=words,
            )
            is None
        ]
        usable[named.entity_id] = tuple(sorted(kept))
    return usable


def why_not_matched(
    form: str, *, is_anothers: bool, is_found_for_others: bool, longer_names: Collection[str], words: CommonWords
) -> str | None:
    """Why a found name, in its normal form, would do more harm than good in texts; None where it would not.

    Nobody has looked at a found name: what a curator may add (with evidence demanded by the matcher) is left out here.
    """
    if sum(character.isalpha() for character in form) < _MIN_LETTERS:
        return f"shorter than {_MIN_LETTERS} letters"
    if is_anothers:
        return "another entity's name"
    if is_found_for_others:
        return "found for several entities"
    if words.is_common(form):
        return "a common word"
    if " " not in form and any(form in longer.replace("-", " ").split() for longer in longer_names):
        return "a part of its own longer name"
    return None


def _form(name: str) -> str:
    return normalise(name).text.strip()
