"""Readings of answers with the ids of whom they are of: named by the answer itself, or by the items of a sample.

Here: names to ids. Not here: what a sample counts (its source), who is named in a text (the matcher).
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from etheatmap_assets.sources.source import EntityReading, Parsed
from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.readings import Reading

_EVERYBODY = sa.text("SELECT id, name FROM entities")


def readings_of(
    connection: sa.Connection, hour: datetime, answers: Sequence[Parsed], matcher: Matcher
) -> list[Reading]:
    """All of the answers of an hour, each once; also of who has left the roster since: a replay takes nothing from the
    history."""
    named = [reading for parsed in answers for reading in parsed.readings]
    samples = [sample for parsed in answers for sample in parsed.samples]
    if not named and not samples:
        return []
    ids = {row.name: row.id for row in connection.execute(_EVERYBODY)}
    names = {entity_id: name for name, entity_id in ids.items()}

    def named_by(item: Item) -> frozenset[str]:
        found = matcher.match(item.text, topics=item.topics).matches
        return frozenset(names[match.entity_id] for match in found if match.entity_id in names)

    for sample in samples:
        named += [EntityReading(entity, hour, metric, value) for entity, metric, value in sample.readings(named_by)]
    distinct = {(reading.entity, reading.ts, reading.metric): reading for reading in reversed(named)}
    return [
        Reading(ids[reading.entity], reading.ts, reading.metric, reading.value)
        for reading in distinct.values()
        if reading.entity in ids
    ]
