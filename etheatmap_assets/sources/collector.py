"""How an hour of a source is collected: replayed where the archive has its answers, asked for where not, then stored.

Here: the steps and their order. Not here: Dagster (asset), what a source asks and reads (its own file), the rules of
items and hours (etheatmap_core.signals).
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_assets.resources.http import NotModified, Validators
from etheatmap_assets.sources.haul import Haul, outcome_of, why_nothing
from etheatmap_assets.sources.kit import HourByHour, Kit, attempt
from etheatmap_assets.sources.named_readings import readings_of
from etheatmap_assets.sources.source import Answer, Ask, Follow, Parsed, Plan, Question, Source
from etheatmap_assets.sources.spending import charge_of, soft_stop, within_plan
from etheatmap_core.archive import Capture, Received
from etheatmap_core.config.access import DISCOVERY
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.database.slots import slot
from etheatmap_core.discovery.outcome_store import outcomes_by_category
from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.entities.priority import Tracked, awake, by_worth, tracked_by_heat
from etheatmap_core.entities.roster import sync_roster
from etheatmap_core.entities.tracked_names import match_entities
from etheatmap_core.errors import (
    CircuitOpenError,
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    NotRecollectableError,
    OutOfBudgetError,
)
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.signals.item_store import replace_counts, replace_items
from etheatmap_core.signals.items import COUNTS_FOR
from etheatmap_core.signals.readings import replace_readings, require_partitions
from etheatmap_core.signals.source_hours import SourceHour, hour_outcome, record_hour

# An answer may be reused a little less long than its time to live: a tick that comes a minute early still asks.
_TTL_SLACK = timedelta(minutes=10)
_TTL_SLACK_SHARE = 6
# No answer reaches further back: seven days of hourly interest, and room for a history.
_READINGS_REACH = timedelta(days=10)
# What answers lead to is not asked again for so long.
_FOLLOWED_WITHIN = timedelta(days=30)
_UNFINISHED = "The run that asked was ended before all was asked, and nobody can be asked any more."
# For so long after its end an hour that lacks an answer is asked again at each tick, rows or not.
_WAITS_FOR_ANSWERS = timedelta(minutes=45)
_WAITS_FOR_FILES = timedelta(hours=3)


class CoverageCheck(NamedTuple):
    """Passes when every question that was sent has been answered; it warns, and stops nothing."""

    name: str = "every_question_answered"
    meaning: str = "A question of the hour was not answered: what it would have told is missing, and is no zero."


COVERAGE_CHECK = CoverageCheck()


@dataclass(frozen=True)
class CollectedHour:
    """What became of one hour."""

    outcome: SourceHour
    late: int  # items seen too late to count
    ties: int
    rows: int  # readings, or sightings
    content_hashes: tuple[str, ...]
    asked: int  # answers that are not from the archive
    seconds: float
    lag_seconds: float  # from the end of the hour to now
    checks: tuple[CheckResult, ...]
    is_asked_again: bool  # its rows are there, and what it lacks may still come
    cut_short: OutOfBudgetError | None = None  # the budget ended before all was asked
    stale_hours: float | None = None  # where older answers had to do: the age of the oldest of them


class Collector(HourByHour[CollectedHour]):
    """Collects hours of one source for one run. ``must_ask`` asks even where the archive has good answers."""

    def __init__(self, source: Source, kit: Kit, *, must_ask: bool = False) -> None:
        super().__init__(kit)
        self._source, self._must_ask = source, must_ask
        self._matcher: Matcher | None = None

    def collect(self, hour: datetime) -> CollectedHour:
        """Makes the hour's rows. Raises an EtHeatmapError, whose state is recorded, and leaves the rows untouched."""
        started, name = perf_counter(), self._source.name
        # One of all processes: two runs of one source would ask the same questions and share one limit.
        with attempt(self._kit, name, hour), slot(self._kit.engine, f"collect {name}", 1):
            collected = self._collect(hour, started)
        if collected.cut_short is not None and not self._kit.is_automated:
            raise collected.cut_short  # what was answered is stored; a person is told that it is not the whole hour
        return collected

    def _collect(self, hour: datetime, started: float) -> CollectedHour:
        source, kit = self._source, self._kit
        with kit.engine.begin() as connection:
            sync_roster(connection, kit.config.entities, hour)
            before = hour_outcome(connection, source.name, hour)
            captured = {} if self._must_ask else kit.archive.good_of_hour(connection, source.name, hour)
        usable = {key: capture for key, capture in captured.items() if capture.raw_path is not None}
        is_complete = before is not None and before.is_complete and len(usable) == len(captured) and bool(usable)
        if not self._is_askable(hour):
            self._require_replayable(hour, captured, usable)
        haul = Haul()
        self._replay(hour, usable, haul)
        if self._is_askable(hour) and not is_complete:
            self._ask(hour, usable, haul)
        if not haul.parsed and not haul.stale:
            raise why_nothing(self._source.name, haul)
        outcome = outcome_of(haul, self._remark(hour, haul))
        if before is not None and before.is_made and haul.is_replay:
            # What was asked, and what did not fit then, is as it was.
            outcome = replace(
                outcome, is_complete=before.is_complete, questions=before.questions, answered=before.answered,
                deferred=before.deferred, reason=before.reason,
            )  # fmt: skip
        elif not self._is_askable(hour):
            # Whoever asked then did not come to its end: what it would have asked beside these answers is not known.
            outcome = replace(outcome, is_complete=False, reason=_UNFINISHED)
        return self._store(hour, haul, outcome, started)

    def _remark(self, hour: datetime, haul: Haul) -> str | None:
        """What the source says of the hour as a whole."""
        if self._source.remark is None:
            return None
        return self._source.remark(hour, [item for parsed in haul.parsed for item in parsed.items])

    def _is_askable(self, hour: datetime) -> bool:
        """An upstream that only knows "now" speaks of an hour until the next one has ended."""
        return not self._source.is_now_only or self.hours_since_end(hour) < 1

    def _require_replayable(
        self, hour: datetime, captured: Mapping[str, Capture], usable: Mapping[str, Capture]
    ) -> None:
        """A part of what was answered would replace rows that the whole has made."""
        if usable and len(usable) == len(captured):
            return
        if captured:
            lost = len(captured) - len(usable)
            what = f"{lost} of {len(captured)} answers have been removed by retention: its rows stay"
        elif self._must_ask:
            what = "nobody can be asked again: its rows stay"
        else:
            what = "nothing was captured then: the hour stays a gap"
        raise NotRecollectableError(f"{self._source.name} only tells what is now, and of {hour:%Y-%m-%d %H:00} {what}.")

    def _replay(self, hour: datetime, usable: Mapping[str, Capture], haul: Haul) -> None:
        for key, capture in sorted(usable.items()):
            if capture.raw_path is None:
                raise ValueError(f"{key} has no raw bytes")
            entities = tuple((capture.extract or {}).get("entities", ()))
            question = Question(key, capture.received.url, entities)
            body, content_type = capture.raw_path.read_bytes(), capture.received.content_type
            answer = Answer(question, body, content_type, hour, self._kit.config, capture.captured_at)
            haul.parsed.append(self._source.parse(answer))
            haul.hashes.append(capture.received.content_hash)
            haul.questions += 1

    def _ask(self, hour: datetime, captured: Mapping[str, Capture], haul: Haul) -> None:
        """The hour's questions, and after them those that their answers lead to."""
        plan, follow = self._plan(hour), self._source.follow
        asked = self._admitted(self._source.questions(plan), captured, haul)
        if not asked and follow is None:
            return
        with self._source.open_asker(self._kit.gateway, plan) as ask:
            self._ask_each(hour, asked, ask, haul)
            if follow is not None:
                self._ask_each(hour, self._admitted(self._led_to(follow, plan, haul), captured, haul), ask, haul)

    def _led_to(self, follow: Follow, plan: Plan, haul: Haul) -> Sequence[Question]:
        """Without what other hours have asked: what an answer leads to is asked once."""
        with self._kit.engine.connect() as connection:
            known = self._kit.archive.keys_of_others(connection, plan.source, plan.hour, within=_FOLLOWED_WITHIN)
        return [question for question in follow(plan, haul.parsed) if question.key not in known]

    def _admitted(self, questions: Sequence[Question], captured: Mapping[str, Capture], haul: Haul) -> list[Question]:
        """What may be asked now, of what is not in the archive: nothing near a budget's limit, else what is within the
        plan of a partition. What was answered before is a part of that plan."""
        name, left = self._source.name, [question for question in questions if question.key not in captured]
        haul.questions += len(left)
        if left and (stop := soft_stop(name, self._kit)) is not None:
            self._fall_back(left, stop, haul)
            return []
        use = self._kit.config.budgets.uses.get(name)
        planned, deferral, haul.planned_units = within_plan(name, use, questions, haul.planned_units)
        asked = [question for question in planned if question.key not in captured]
        if len(asked) < len(left):
            haul.deferral, haul.deferred = deferral, haul.deferred + len(left) - len(asked)
        return asked

    def _ask_each(self, hour: datetime, asked: Sequence[Question], ask: Ask, haul: Haul) -> None:
        for position, question in enumerate(asked):
            try:
                self._answer(hour, question, ask, haul)
            except DeferredError as error:
                haul.deferral, haul.deferred = error, haul.deferred + len(asked) - position
                return
            except (CircuitOpenError, OutOfBudgetError) as error:
                haul.errors += [(left, error) for left in asked[position:]]
                return
            except EtHeatmapError as error:
                haul.errors.append((question, error))

    def _fall_back(self, questions: Sequence[Question], stop: OutOfBudgetError, haul: Haul) -> None:
        """The last answers there are stand for the new ones; they are not read again, their items are there."""
        with self._kit.engine.connect() as connection:
            for question in questions:
                earlier = self._kit.archive.newest_of_key(connection, self._source.name, question.key)
                if earlier is None:
                    haul.errors.append((question, stop))
                else:
                    haul.stale.append(earlier)
                    haul.hashes.append(earlier.received.content_hash)
        haul.stopped = stop

    def _answer(self, hour: datetime, question: Question, ask: Ask, haul: Haul) -> None:
        """Brings one answer into the archive and into the haul; each in a transaction of its own, so that a run that
        is killed finds at its next start what was answered so far."""
        kit, source = self._kit, self._source
        with kit.engine.connect() as connection:
            earlier = kit.archive.newest_of_key(connection, source.name, question.key)
        asked = hashlib.sha256(question.url.encode()).hexdigest()
        if earlier is not None and (earlier.extract or {}).get("asked") != asked:
            earlier = None  # another hour's file, or asked under other settings: no answer to this question
        with kit.archive.incoming() as path:
            asked_before = haul.asked
            received, captured_at = self._receive(hour, question, ask, earlier, path, haul)
            parsed: Parsed | CorruptCaptureError
            try:
                body, content_type = path.read_bytes(), received.content_type
                parsed = source.parse(Answer(question, body, content_type, hour, kit.config, captured_at))
            except CorruptCaptureError as error:
                parsed = error
            if haul.asked > asked_before:
                kit.gateway.has_read(source.name, parsed if isinstance(parsed, CorruptCaptureError) else None)
            with kit.engine.begin() as connection:
                where = (connection, source.name, hour, received, path)
                if isinstance(parsed, CorruptCaptureError):
                    kit.archive.quarantine(*where, captured_at=captured_at, reason=str(parsed), key=question.key)
                else:
                    extract = {"asked": asked, "entities": list(question.entities)}
                    kit.archive.keep(
                        *where, captured_at=captured_at, key=question.key, suffix=source.raw_suffix, extract=extract
                    )
        if isinstance(parsed, CorruptCaptureError):
            raise parsed
        haul.parsed.append(parsed)
        haul.hashes.append(received.content_hash)

    def _receive(
        self, hour: datetime, question: Question, ask: Ask, earlier: Capture | None, path: Path, haul: Haul
    ) -> tuple[Received, datetime]:
        """The answer in ``path``, and since when it holds: an earlier one where it is young enough, else a new one."""
        now = self._kit.clock()
        validators = None
        if earlier is not None and earlier.raw_path is not None:
            age = now - earlier.captured_at
            # Asked before the hour had ended, it cannot tell what came after: that would be taken for silence.
            is_of_hour = earlier.captured_at >= hour + HOUR or self._source.outlives_its_hour
            if is_of_hour and not self._must_ask and age < self._time_to_live():
                shutil.copyfile(earlier.raw_path, path)
                self._kit.gateway.audit.cache_hit(self._source.name, question.key, age.total_seconds())
                return earlier.received, earlier.captured_at
            validators = Validators(earlier.received.etag, earlier.received.last_modified)
        answered = ask(question, path, validators)
        haul.asked += 1
        if isinstance(answered, NotModified):
            if earlier is None or earlier.raw_path is None:
                raise CorruptCaptureError(f"{question.url} says it has not changed, but nothing was asked before.")
            shutil.copyfile(earlier.raw_path, path)
            answered = earlier.received
        return answered, now

    def _time_to_live(self) -> timedelta:
        name = self._source.name
        configured = self._kit.config.sources[name].ttl_seconds
        ttl = timedelta(seconds=configured or self._kit.config.limits[name].ttl_seconds)
        return ttl - min(_TTL_SLACK, ttl / _TTL_SLACK_SHARE)

    def _plan(self, hour: datetime) -> Plan:
        kit, name = self._kit, self._source.name
        with kit.engine.connect() as connection:
            entities: Sequence[Tracked] = tracked_by_heat(connection, hour)
            if name in kit.config.budgets.uses:
                # Who sleeps is paid for again where nothing would wake it.
                entities = entities if kit.refusal(DISCOVERY) is not None else awake(entities)
                entities = by_worth(entities, outcomes_by_category(connection, hour))
            # Without the hour's own answers: whose turn it is, and who shares a question, is the same at each attempt.
            last_asked = kit.archive.last_asked(connection, name, since=hour - _READINGS_REACH, before=hour)
            watched = self._source.watch.which(connection, hour, entities) if self._source.watch else ()
        return Plan(
            name, hour, kit.settings, kit.config, entities, last_asked, self.hours_since_end(hour) >= 1,
            charge_of(self._source, kit, hour), self._source.refusal, watched, kit.ledger, self._must_ask,
        )  # fmt: skip

    def _store(self, hour: datetime, haul: Haul, outcome: SourceHour, started: float) -> CollectedHour:
        kit, name = self._kit, self._source.name
        items = [item for parsed in haul.parsed for item in parsed.items]
        with kit.engine.begin() as connection:
            matcher = self._matcher_of(connection)
            readings = readings_of(connection, hour, haul.parsed, matcher)
            near = HourRange(hour - COUNTS_FOR, hour + 2 * HOUR)
            ensure_day_partitions(connection, "sightings", HourRange.single(hour))
            ensure_day_partitions(connection, "signals", near)
            require_partitions(connection, readings)
        with kit.engine.begin() as connection:
            if self._source.keeps == "named":
                items = [item for item in items if matcher.match(item.text, topics=item.topics).matches]
            written = replace_items(connection, name, hour, items, matcher, covers=self._source.covers)
            outcome = replace(outcome, items=written.items + len(readings), mentions=written.mentions)
            record_hour(connection, name, hour, outcome, ended_at=kit.clock())
            checks = written.checks
            if self._source.metrics is not None:
                checks += replace_counts(connection, name, written.changed_hours, self._source.metrics)
            if self._source.watch is not None:
                checks += self._source.watch.write(connection, hour)
            replace_readings(connection, name, hour, readings, since=hour - _READINGS_REACH)
        told = f"{outcome.answered} of {outcome.questions} answered, {outcome.deferred} deferred"
        is_covered = outcome.answered + outcome.deferred == outcome.questions
        checks += (CheckResult(COVERAGE_CHECK.name, is_covered, told, is_warning=True),)
        return CollectedHour(
            outcome=outcome,
            late=0 if self._source.watch else written.late,  # what is watched tells something at any age
            ties=written.ties,
            rows=written.items + len(readings),
            content_hashes=tuple(haul.hashes),
            asked=haul.asked,
            seconds=perf_counter() - started,
            lag_seconds=self.hours_since_end(hour) * 3600,
            checks=checks,
            is_asked_again=haul.cut_short is not None
            or (not outcome.is_complete and self.hours_since_end(hour) * HOUR < self._waits),
            cut_short=haul.cut_short,
            stale_hours=max(((kit.clock() - capture.captured_at) / HOUR for capture in haul.stale), default=None),
        )

    @property
    def _waits(self) -> timedelta:
        return _WAITS_FOR_ANSWERS if self._source.is_now_only else _WAITS_FOR_FILES

    def _matcher_of(self, connection: sa.Connection) -> Matcher:
        """One a run: the roster does not change within it."""
        if self._matcher is None:
            config = self._kit.config
            related = {entity.name: entity.related for entity in config.entities}
            names = match_entities(connection, config.common_words, related)
            self._matcher = Matcher(names, config.common_words)
        return self._matcher
