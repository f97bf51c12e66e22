"""Discovery on a fortnight of real Wikipedia views: the people of the news are admitted within hours of their moment.

Input: 271 hourly dumps of February 2012 with the 1,000 most viewed English pages each. Wikipedia is alone there, so
the rule of two source types is relaxed, as an operator would by config. Of who else is admitted nobody has said whether
it was news; all but the named are counted as false.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from real_2012 import MOMENTS, NEAR, Hour, read_views

from etheatmap_core.discovery.admission import Verdict, judged
from etheatmap_core.discovery.candidates import Identity, Sighting, merged
from etheatmap_core.discovery.rules import AdmissionRules, SpikeRules
from etheatmap_core.discovery.spike_test import AGES, LEAST_DAYS, Week
from etheatmap_core.discovery.wiki_spikes import SpikeReport, hour_views, spikes_among
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.wiki_views import page_title

pytestmark = pytest.mark.realdata

ROSTER = (
    "Adele_(singer)", "Barack_Obama", "Brad_Pitt", "Eminem", "Jeremy_Lin", "Lady_Gaga", "Michael_Jackson", "Rihanna",
    "Whitney_Houston", "Zooey_Deschanel",
)  # fmt: skip
NAMED = {person: moment for person, moment in MOMENTS.items() if person not in ROSTER}
RELAXED = AdmissionRules(least_source_types=1)
Admissions = Mapping[str, Verdict]


class Recorded:
    """All hours as one array, so that a week is a choice of rows and columns."""

    def __init__(self, views: Mapping[datetime, Hour]) -> None:
        self.hours = sorted(views)
        self._shown = {hour: {page_title(title): count for title, count in views[hour].items()} for hour in views}
        self._column = {title: column for column, title in enumerate(sorted(set().union(*self._shown.values())))}
        self._grid = np.empty((len(self.hours), len(self._column)))
        for row, hour in enumerate(self.hours):
            shown = self._shown[hour]
            self._grid[row] = min(shown.values()) - 1
            self._grid[row, [self._column[title] for title in shown]] = list(shown.values())

    def report(self, row: int) -> SpikeReport:
        hour = self.hours[row]
        now = hour_views([(title, count, None) for title, count in self._shown[hour].items()], tells_mobile=False)
        columns = [self._column[title] for title in now.titles]
        unknown = np.full(len(columns), np.nan)
        week = Week(np.stack([self._grid[row - age, columns] if row >= age else unknown for age in AGES]))
        return spikes_among(now, week, hour, SpikeRules())


@pytest.fixture(scope="module")
def reports(realdata: Path) -> list[SpikeReport]:
    recorded = Recorded(read_views(realdata / "wikimedia_dumps"))
    assert len(recorded.hours) == 271
    return [recorded.report(row) for row in range(24 * LEAST_DAYS, 271)]


@pytest.fixture(scope="module")
def admissions(reports: list[SpikeReport]) -> Admissions:
    """Hour by hour, as the platform would: who was admitted is tracked from then on."""
    tracked = {page_title(person) for person in ROSTER}
    sightings: list[Sighting] = []
    doodles: set[str] = set()
    admitted: dict[str, Verdict] = {}
    for report in reports:
        sightings = [one for one in sightings if report.hour - one.hour < timedelta(hours=12)]
        sightings += [Sighting(spike.title, "wiki", spike.hour, spike.z) for spike in report.spikes]
        doodles |= {spike.title for spike in report.spikes if spike.is_doodle_like}
        identities = {page_title(one.name): Identity(page_title(one.name)) for one in sightings}
        for verdict in judged(
            merged(sightings, identities, doodles), report.hour, tracked, {"wiki": "trends"}, RELAXED
        ):
            if verdict.is_admitted:
                admitted[verdict.candidate.identity.title] = verdict
                tracked.add(verdict.candidate.identity.title)
    return admitted


@pytest.mark.parametrize("person", NAMED)
def test_a_person_spikes_within_three_hours_of_their_moment(reports: list[SpikeReport], person: str) -> None:
    hours = [one.hour for one in reports if any(spike.title == page_title(person) for spike in one.spikes)]
    assert any(abs(hour - NAMED[person]) <= NEAR for hour in hours)


@pytest.mark.parametrize("person", NAMED)
def test_a_person_is_admitted_by_three_hours_after_their_moment(admissions: Admissions, person: str) -> None:
    assert admissions[page_title(person)].provenance.admitted_in <= NAMED[person] + NEAR


def test_nobody_of_the_roster_and_no_page_that_is_no_entity_is_admitted(admissions: Admissions) -> None:
    assert not {page_title(person) for person in ROSTER} & set(admissions)
    assert not [title for title in admissions if title.startswith(("Special:", "File:", "List of", "Main Page"))]


def test_without_relaxing_the_rule_wikipedia_alone_admits_nobody(reports: list[SpikeReport]) -> None:
    sightings = [Sighting(spike.title, "wiki", spike.hour, spike.z) for one in reports for spike in one.spikes]
    identities = {page_title(one.name): Identity(page_title(one.name)) for one in sightings}
    verdicts = judged(merged(sightings, identities), reports[-1].hour, (), {"wiki": "trends"})
    assert not any(verdict.is_admitted for verdict in verdicts)


def test_the_doodle_is_told_from_the_news_once_it_has_climbed_for_half_a_day(reports: list[SpikeReport]) -> None:
    doodles = {spike.title: one.hour for one in reports for spike in reversed(one.spikes) if spike.is_doodle_like}
    assert set(doodles) == {"Heinrich Hertz"}
    assert not {page_title(person) for person in NAMED} & set(doodles)
    first = min(one.hour for one in reports for spike in one.spikes if spike.is_doodle_like)
    assert first == datetime(2012, 2, 22, 1, tzinfo=UTC) + 2 * HOUR


def test_the_false_candidates_are_counted(admissions: Admissions, reports: list[SpikeReport]) -> None:
    named = {page_title(person) for person in MOMENTS}
    false = sorted(set(admissions) - named, key=lambda title: admissions[title].provenance.admitted_in)
    for title in false:
        print(f"{admissions[title].provenance.admitted_in:%d %H:00}  z {admissions[title].provenance.z:5.1f}  {title}")
    print(f"{len(false)} false candidates in {len(reports)} hours, {len(false) / len(reports):.1f} an hour")
    assert len(false) / len(reports) <= 7.0
