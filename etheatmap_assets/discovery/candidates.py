"""Candidates: what spikes, is searched for or told of and nobody tracks, under one identity each.

Each hour depends on the same hour of its sources, and is made again when one of them moves; the hours before are read
in SQL. Becomes: ``discovery_sightings`` and ``discovery_candidates`` of the hour. Here: the asset and its steps. Not
here: names, identities and merging (etheatmap_core.discovery), the questions (identity_collector), who is admitted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.discovery.identity_collector import NAMES_AN_HOUR, SOURCE, Identified, IdentityCollector
from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.day_answers import collecting
from etheatmap_assets.sources.gdelt_gkg import stamps
from etheatmap_assets.sources.kit import HourByHour, Kit
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.discovery.candidate_store import (
    CANDIDATE_CHECKS,
    SIGHTING_CHECKS,
    Seen,
    read_sightings,
    replace_candidates,
    replace_sightings,
)
from etheatmap_core.discovery.candidates import Candidate, Identity, merged
from etheatmap_core.discovery.identities import State, resolved_by_spikes
from etheatmap_core.discovery.identity_store import read_identities
from etheatmap_core.discovery.meanings import meant_by
from etheatmap_core.discovery.sighting_sources import (
    read_doodle_like,
    read_history,
    read_searches,
    read_spikes,
    read_texts,
    read_texts_naming,
    read_tracked,
)
from etheatmap_core.discovery.sightings import (
    GDELT,
    WIKI,
    Person,
    Tracked,
    of_persons,
    of_searches,
    of_spikes,
    of_texts,
    strongest_first,
)
from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.entities.names import CommonWords
from etheatmap_core.entities.roster import sync_roster
from etheatmap_core.entities.tracked_names import match_entities
from etheatmap_core.hours import HourRange
from etheatmap_core.signals.gkg import read_gkg
from etheatmap_core.signals.source_hours import record_hour

NAME = "discovery_candidates"
UPSTREAM = (
    "wiki_spikes", "trends", "trade_rss", "google_news", "newsapi", "scrape_news", "reddit", "gdelt_gkg",
)  # fmt: skip
_TOLD = 10  # candidates in the metadata


@dataclass(frozen=True)
class _AllAnswered:
    """Passes when every question that was sent has been answered; it warns, and stops nothing."""

    name: str = "every_question_answered"
    meaning: str = "A question was not answered: those names wait for the next hour."


def build_discovery_candidates(
    grid: dg.HourlyPartitionsDefinition, *, condition: AssetCondition | None
) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    spec = dg.AssetSpec(
        NAME,
        deps=UPSTREAM,
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="discovery",
        kinds={"python", "wikipedia", "wikidata", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": NAME, "is_requested": condition is not None},
        description="What spikes, is searched for or told of and nobody tracks, under one identity each.",
    )
    checks = (*SIGHTING_CHECKS, *CANDIDATE_CHECKS, _AllAnswered())
    return build_collected(spec, checks, lambda kit, must_ask: CandidateCollector(kit, must_ask=must_ask), _metadata)


@dataclass(frozen=True)
class CollectedCandidates:
    """What became of one hour."""

    candidates: tuple[Candidate, ...]
    seen: tuple[Seen, ...]  # of the hour itself
    identified: Identified
    states: Mapping[State, int]  # of the window's names
    unknown: int  # names of the window that nobody has said anything of yet
    checks: tuple[CheckResult, ...]
    seconds: float
    lag_seconds: float
    is_asked_again: bool = False  # who waits is asked for with the next hour


class CandidateCollector(HourByHour[CollectedCandidates]):
    """Makes hours of candidates for one run."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        super().__init__(kit)
        self._identities = IdentityCollector(kit, must_ask=must_ask)

    def collect(self, hour: datetime) -> CollectedCandidates:
        """Makes the hour's rows. Raises an EtHeatmapError, whose state is recorded, and leaves the rows untouched."""
        started = perf_counter()
        # An hour of the asset, and one of the source that is asked for it: both are shown, and both end alike.
        with collecting(self._kit, NAME, hour, needs=()), collecting(self._kit, SOURCE, hour, needs=(SOURCE,)):
            rules = self._kit.config.discovery
            seen, tracked = self._seen(hour)
            checks = self._store_sightings(hour, seen)
            with self._kit.engine.connect() as connection:
                window = read_sightings(connection, hour, rules.admission.window_hours)
            types = rules.source_types
            names = strongest_first(window, lambda source: types.get(source, source))
            identified = self._identities.identify(hour, names)
            with self._kit.engine.connect() as connection:
                known = {name: one.resolved for name, one in read_identities(connection, names).items()}
                doodles = read_doodle_like(connection, hour, rules.admission.window_hours)
            spiking = {one.sighting.name for one in window if one.sighting.source == WIKI}
            identities = dict(resolved_by_spikes(known, spiking))
            identities |= self._meant(hour, [name for name in names if name in identities], identities, identified)
            with self._kit.engine.begin() as connection:
                every = merged((one.sighting for one in window), identities, doodles)
                candidates = tuple(one for one in every if tracked.keys.isdisjoint(one.identity.keys))
                checks += replace_candidates(connection, hour, candidates).checks
                outcome = identified.answers.outcome(is_empty=not candidates, items=len(candidates))
                for name in (NAME, SOURCE):
                    record_hour(connection, name, hour, outcome, ended_at=self._kit.clock())
        told = f"{outcome.answered} of {outcome.questions} answered, {outcome.deferred} deferred"
        all_answered = CheckResult(_AllAnswered().name, not identified.answers.errors, told, is_warning=True)
        states = [one.state for one in known.values()]
        return CollectedCandidates(
            candidates=candidates,
            seen=tuple(seen),
            identified=identified,
            states={state: states.count(state) for state in State},
            unknown=len(names) - len(known),
            checks=(*checks, all_answered),
            seconds=perf_counter() - started,
            lag_seconds=self.hours_since_end(hour) * 3600,
        )

    def _meant(
        self, hour: datetime, names: Sequence[str], identities: Mapping[str, Identity], identified: Identified
    ) -> Mapping[str, Identity]:
        """Of names that are still ambiguous, those that the words around them resolve."""
        ambiguous = [name for name in names if identities[name].is_disambiguation]
        with self._kit.engine.connect() as connection:
            window_hours = self._kit.config.discovery.admission.window_hours
            texts = read_texts_naming(connection, hour, window_hours, ambiguous)
        pages = [identities[name].title for name in ambiguous if len(texts.get(name, ())) > 1]
        meanings = self._identities.meanings(identified.answers, list(dict.fromkeys(pages)))
        meant = {
            name: meant_by(name, meanings.get(identities[name].title, ()), texts.get(name, ())) for name in ambiguous
        }
        return {name: one.identity for name, one in meant.items() if one is not None}

    def _seen(self, hour: datetime) -> tuple[list[Seen], Tracked]:
        """What the sources say of names that nobody tracks, and who is tracked."""
        kit = self._kit
        words = CommonWords(kit.config.common_words)
        related = {entity.name: entity.related for entity in kit.config.entities}
        with kit.engine.begin() as connection:
            sync_roster(connection, kit.config.entities, hour)
            tracked, entities = read_tracked(
                connection, hour, match_entities(connection, kit.config.common_words, related)
            )
            matcher = Matcher(entities, kit.config.common_words)
            history = read_history(connection, hour)
            spikes, searches = read_spikes(connection, hour), read_searches(connection, hour, matcher)
            texts = read_texts(connection, hour, matcher)
        seen = [*of_spikes(spikes, hour, kit.settings.wiki_projects[0], tracked), *of_searches(searches, hour)]
        for source, some in sorted(texts.items()):
            seen += of_texts(source, some, hour, words, tracked, history)
        return [*seen, *of_persons(self._persons(hour), hour, tracked, history)], tracked

    def _persons(self, hour: datetime) -> Iterator[Person]:
        """Whom GDELT's files of the hour name. Its items are only those that name somebody tracked, so the archive is
        read."""
        with self._kit.engine.connect() as connection:
            captured = self._kit.archive.good_of_hour(connection, GDELT, hour)
        for key, stamp in stamps(hour).items():
            capture = captured.get(key)
            if capture is not None and capture.raw_path is not None:
                for article in read_gkg(capture.raw_path.read_bytes(), stamp, f"GDELT's file of {stamp:%H:%M}"):
                    for name in article.names:
                        yield Person(name, article.outlet, article.url)

    def _store_sightings(self, hour: datetime, seen: list[Seen]) -> tuple[CheckResult, ...]:
        with self._kit.engine.begin() as connection:
            for table in ("discovery_sightings", "discovery_candidates"):
                ensure_day_partitions(connection, table, HourRange.single(hour))
        with self._kit.engine.begin() as connection:
            return replace_sightings(connection, hour, seen).checks


def _metadata(collected: CollectedCandidates) -> Mapping[str, dg.MetadataValue]:
    answers, identified = collected.identified.answers, collected.identified
    by_source: dict[str, int] = {}
    for one in collected.seen:
        by_source[one.sighting.source] = by_source.get(one.sighting.source, 0) + 1
    told = [f"- **{one.identity.title}** {one.identity.description}" for one in collected.candidates[-_TOLD:]]
    waits = f"{identified.waiting} names wait: no more than {NAMES_AN_HOUR} are asked for in an hour."
    reason = waits if identified.waiting else answers.outcome(is_empty=False, items=0).reason
    return {
        **({"reason": dg.MetadataValue.text(reason)} if reason else {}),
        "dagster/partition_row_count": dg.MetadataValue.int(len(collected.candidates)),
        "candidates": dg.MetadataValue.int(len(collected.candidates)),
        "sightings": dg.MetadataValue.int(len(collected.seen)),
        "sightings_by_source": dg.MetadataValue.json(dict(sorted(by_source.items()))),
        "identities": dg.MetadataValue.json({str(state): count for state, count in collected.states.items()}),
        "unknown": dg.MetadataValue.int(collected.unknown),
        "deferred": dg.MetadataValue.int(identified.waiting),
        "questions": dg.MetadataValue.int(answers.questions),
        "answered": dg.MetadataValue.int(answers.answered),
        "asked": dg.MetadataValue.int(answers.asked),
        "is_replay": dg.MetadataValue.bool(answers.asked == 0),
        "newest": dg.MetadataValue.md("\n".join(told) or "none"),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
