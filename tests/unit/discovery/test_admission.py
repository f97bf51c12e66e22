"""Admission: two source types within twelve hours and a velocity z of 1.8, or one sentence why not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etheatmap_core.discovery.admission import Gate, Verdict, judged
from etheatmap_core.discovery.candidates import Candidate, Identity, Sighting, merged
from etheatmap_core.discovery.rules import AdmissionRules
from etheatmap_core.hours import HOUR

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TYPES = {"wiki": "trends", "trends": "trends", "reddit": "reddit", "google_news": "news", "trade_rss": "news"}
CARSON = Identity("Frank Carson", "Q5486212", type="person", category="comedy")
PUBLISHED = AdmissionRules()
ALONE = AdmissionRules(least_source_types=1)


def seen(source: str, hours_ago: int = 0, z: float | None = None, name: str = "Frank Carson") -> Sighting:
    return Sighting(name, source, NOON - hours_ago * HOUR, z, (f"https://example.org/{source}/{hours_ago}",))


def verdict(
    *sightings: Sighting, tracked: tuple[str, ...] = (), rules: AdmissionRules = PUBLISHED,
    identity: Identity = CARSON, is_doodle_like: bool = False,
) -> Verdict:  # fmt: skip
    candidate = Candidate(identity, sightings, is_doodle_like=is_doodle_like)
    [one] = judged([candidate], NOON, tracked, TYPES, rules)
    return one


TWO_TYPES = (seen("wiki", 2, 5.0), seen("reddit", 1))


@pytest.mark.parametrize(
    ("found", "gate", "reason"),
    [
        pytest.param(verdict(*TWO_TYPES), None, "Frank Carson is admitted: seen in reddit, trends within 12 hours, "
                     "velocity z 5.00.", id="two types, fast"),
        pytest.param(verdict(seen("wiki", 11, 1.8), seen("reddit")), None, "", id="just within, just fast enough"),
        pytest.param(verdict(seen("wiki", 12, 5.0), seen("reddit", 0, 5.0)), Gate.TOO_FEW_SOURCE_TYPES,
                     "Frank Carson was seen in reddit within 12 hours; types needed: 2.", id="an hour too long ago"),
        pytest.param(verdict(seen("wiki", 1, 1.79), seen("reddit")), Gate.TOO_SLOW,
                     "Frank Carson has velocity z 1.79; needed: 1.8.", id="too slow"),
        pytest.param(verdict(seen("google_news"), seen("reddit")), Gate.TOO_SLOW,
                     "Frank Carson has no velocity; needed: 1.8.", id="nobody measured a velocity: none is made up"),
        pytest.param(verdict(seen("wiki", 0, 9.0), seen("trends")), Gate.TOO_FEW_SOURCE_TYPES, "",
                     id="two sources of one type"),
        pytest.param(verdict(seen("wiki", 0, 9.0), seen("unheard_of")), Gate.TOO_FEW_SOURCE_TYPES, "",
                     id="a source of no type"),
        pytest.param(verdict(seen("wiki", 0, 9.0), rules=ALONE), None, "", id="Wikipedia alone, where that is allowed"),
        pytest.param(verdict(seen("reddit", -1), seen("wiki", 0, 9.0)), Gate.TOO_FEW_SOURCE_TYPES, "",
                     id="what is seen later has no say"),
        pytest.param(verdict(*TWO_TYPES, tracked=("Q5486212",)), Gate.ALREADY_TRACKED,
                     "Frank Carson is tracked already.", id="tracked, by its item"),
        pytest.param(verdict(*TWO_TYPES, tracked=("Frank Carson",)), Gate.ALREADY_TRACKED, "",
                     id="tracked, by its title"),
        pytest.param(verdict(*TWO_TYPES, identity=Identity("Blur", is_disambiguation=True)), Gate.AMBIGUOUS,
                     "Blur has several meanings, and nothing says which is meant.", id="many meanings"),
        pytest.param(verdict(*TWO_TYPES, is_doodle_like=True), Gate.DOODLE_LIKE, "", id="a search engine's picture"),
        pytest.param(verdict(*TWO_TYPES, rules=AdmissionRules(is_enabled=False)), Gate.SWITCHED_OFF,
                     "entity_discovery is switched off: set enabled: true for it in sources.yml.", id="switched off"),
    ],
)  # fmt: skip
def test_who_is_admitted(found: Verdict, gate: Gate | None, reason: str) -> None:
    assert found.gate is gate
    assert found.is_admitted is (gate is None)
    assert found.reason == (reason or found.reason)


def test_an_admission_keeps_what_it_rests_on() -> None:
    early = seen("trade_rss", 30)
    kept = verdict(early, *TWO_TYPES).provenance
    assert (kept.first_seen, kept.admitted_in) == (early.hour, NOON)
    assert (kept.source_types, kept.z, kept.sightings) == (("reddit", "trends"), 5.0, TWO_TYPES)
    assert all(one.receipts for one in kept.sightings)


@pytest.mark.parametrize("rules", [{"least_source_types": 0}, {"window_hours": 0}])
def test_rules_that_admit_whatever_was_never_seen_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one source type and one hour are needed"):
        AdmissionRules(**rules)  # type: ignore[arg-type]


def test_names_of_one_identity_are_one_candidate() -> None:
    sightings = [seen("wiki", 2, 5.0), seen("reddit", 1, name="frank_Carson"), seen("google_news", 3, name="Carson")]
    names = {"Frank Carson": CARSON, "Carson": CARSON}
    [one] = merged(sightings, names)
    assert (one.identity, one.first_seen, len(one.sightings)) == (CARSON, NOON - 3 * HOUR, 3)


def test_an_item_and_its_title_are_one_and_a_name_nothing_is_known_of_is_none() -> None:
    sightings = [seen("wiki", 2, 5.0), seen("google_news", 3, name="F. Carson"), seen("reddit", name="Nobody")]
    [one] = merged(sightings, {"Frank Carson": Identity("Frank Carson"), "F. Carson": CARSON})
    assert one.identity is CARSON
    assert [sighting.source for sighting in one.sightings] == ["google_news", "wiki"]


def test_a_doodle_marks_its_candidate() -> None:
    [one] = merged([seen("wiki")], {"Frank Carson": CARSON}, doodle_like=["Frank_Carson"])
    assert one.is_doodle_like


SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        st.sampled_from(["Frank Carson", "Maya Rudolph", "Kevin Hart"]),
        st.sampled_from([*TYPES, "unheard_of"]),
        st.integers(-3, 30).map(lambda hours: NOON - timedelta(hours=hours)),
        st.none() | st.floats(-2, 20),
    ),
    max_size=12,
)
KNOWN = {"Frank Carson": CARSON, "Maya Rudolph": Identity("Maya Rudolph"), "Kevin Hart": Identity("Kevin Hart")}


@settings(max_examples=40)
@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_sightings_change_nothing(sightings: list[Sighting], random: object) -> None:
    again = [*sightings, *sightings[:3]]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert merged(again, KNOWN) == merged(sightings, KNOWN)


@settings(max_examples=40)
@given(SIGHTINGS)
def test_who_is_admitted_was_seen_in_two_types_in_time_and_fast(sightings: list[Sighting]) -> None:
    for one in judged(merged(sightings, KNOWN), NOON, (), TYPES):
        timely = [
            sighting
            for sighting in sightings
            if KNOWN[sighting.name] == one.candidate.identity and NOON - 11 * HOUR <= sighting.hour <= NOON
        ]
        types = {TYPES[sighting.source] for sighting in timely if sighting.source in TYPES}
        fastest = max((sighting.z for sighting in timely if sighting.z is not None), default=-9.0)
        assert one.is_admitted is (len(types) >= 2 and fastest >= 1.8)


@settings(max_examples=40)
@given(SIGHTINGS)
def test_nobody_is_admitted_by_stricter_rules_whom_the_published_ones_refuse(sightings: list[Sighting]) -> None:
    strict = AdmissionRules(least_source_types=3, window_hours=6, least_z=4.0)
    candidates = merged(sightings, KNOWN)
    for stricter, published in zip(
        judged(candidates, NOON, (), TYPES, strict), judged(candidates, NOON, (), TYPES), strict=True
    ):
        assert published.is_admitted or not stricter.is_admitted
