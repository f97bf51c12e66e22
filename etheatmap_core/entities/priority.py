"""Who comes first when not everybody can be asked about: the hot ones always, the others in turn.

Where money is spent there is one order: the categories that come first, then those whose discoveries have trended more
often, then the hotter; who sleeps has no place in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import sqlalchemy as sa

from etheatmap_core.discovery.lifecycle import Outcome, yield_of

# Money is spent on these first: the published order (music, entertainment, sports, viral), with what is entertainment.
SPENT_ON_FIRST = frozenset({"music", "entertainment", "sports", "viral", "film", "tv", "awards", "festival"})
_NO_OUTCOMES: Mapping[str, Mapping[Outcome, int]] = MappingProxyType({})
_NEVER = datetime.min.replace(tzinfo=UTC)
# The newest score of each, as far back as a score says anything.
_TRACKED = sa.text("""
    SELECT id, name, type, category, heat, asleep_since IS NOT NULL FROM entities
    LEFT JOIN LATERAL (
        SELECT heat FROM scores
        WHERE entity_id = id AND model = 'mvp' AND ts < :hour AND ts >= CAST(:hour AS timestamptz) - interval '1 day'
        ORDER BY ts DESC LIMIT 1
    ) AS newest ON true
    WHERE is_active
    ORDER BY heat DESC NULLS LAST, id""")


@dataclass(frozen=True)
class Tracked:
    """An entity of the roster; ``heat`` is its newest before the hour, None where it has none."""

    id: int
    name: str
    type: str
    category: str
    heat: float | None
    is_asleep: bool = False


def tracked_by_heat(connection: sa.Connection, hour: datetime) -> list[Tracked]:
    """All active entities, the hottest first."""
    return [Tracked(*row) for row in connection.execute(_TRACKED, {"hour": hour})]


def awake(entities: Sequence[Tracked]) -> Sequence[Tracked]:
    """Those that may be paid for, in the order they are in."""
    return [entity for entity in entities if not entity.is_asleep]


def by_worth(
    entities: Sequence[Tracked], outcomes: Mapping[str, Mapping[Outcome, int]] = _NO_OUTCOMES
) -> Sequence[Tracked]:
    """``entities`` (the hottest first) in the order money is spent on them: the categories that come first, then the
    others; within both the better yield of ``outcomes`` (by category), then the hottest first."""

    def place(entity: Tracked) -> tuple[bool, float]:
        return entity.category not in SPENT_ON_FIRST, -yield_of(outcomes.get(entity.category, {}))

    return sorted(entities, key=place)


def in_turn(entities: Sequence[Tracked], last_asked: Mapping[str, datetime], *, always_first: int) -> Sequence[Tracked]:
    """``entities`` (the hottest first) in the order they should be asked about.

    The ``always_first`` hottest lead; then whoever was asked about longest ago, or never, the hotter first.
    """
    hot, others = entities[:always_first], entities[always_first:]
    return [*hot, *sorted(others, key=lambda entity: last_asked.get(entity.name, _NEVER))]
