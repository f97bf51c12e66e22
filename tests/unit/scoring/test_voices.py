"""Who speaks: the loudest author or site of the last twelve hours, the same alone and within a range; how much of an
hour was heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import NOON, scored_hours

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.robust.guards import single_voice_guard
from etheatmap_core.scoring.robust.voices import WINDOW_HOURS, Voice, heard_of_all, heard_share, read_hours, voices_of

EPOCH_HOUR = int(NOON.timestamp()) // 3600
ENTITIES = (3, 8)
COUNT = 30
AGES = st.lists(st.integers(-(WINDOW_HOURS - 1), COUNT - 1), min_size=1, max_size=20)
SAID = st.lists(st.builds(Voice, st.sampled_from(ENTITIES), st.sampled_from(["ann", "bob", None]), AGES), max_size=8)


def said(voices: list[Voice], hours: HourRange) -> list[Voice]:
    """As the statement gives them: only what is within the read hours, one a voice."""
    read = read_hours(hours)
    by_voice: dict[tuple[int, str | None], list[int]] = {}
    for voice in voices:
        within = [EPOCH_HOUR + age for age in voice.hours if NOON + age * HOUR in read]
        by_voice.setdefault((voice.entity_id, voice.name), []).extend(within)
    return [Voice(entity_id, name if len(at) > 1 else None, at) for (entity_id, name), at in by_voice.items() if at]


@given(SAID)
def test_an_hour_sees_the_same_voices_alone_and_within_a_range(voices: list[Voice]) -> None:
    hours = scored_hours(COUNT)
    whole = voices_of(said(voices, hours), hours, ENTITIES)
    for row, hour in enumerate(hours):
        alone = voices_of(said(voices, HourRange.single(hour)), HourRange.single(hour), ENTITIES)
        assert alone.mentions[0].tobytes() == whole.mentions[row].tobytes()
        assert alone.of_the_loudest[0].tobytes() == whole.of_the_loudest[row].tobytes()


@given(SAID)
def test_nobody_is_louder_than_all_and_trust_stays_a_share(voices: list[Voice]) -> None:
    found = voices_of(said(voices, scored_hours(COUNT)), scored_hours(COUNT), ENTITIES)
    assert (found.of_the_loudest <= found.mentions).all()
    trust = single_voice_guard("one_author", *found).trust
    assert ((trust >= 0) & (trust <= 1)).all()
    assert (trust[found.mentions < 3] == 1).all()


def test_one_who_writes_three_of_four_is_the_loudest_for_twelve_hours() -> None:
    at = EPOCH_HOUR
    found = voices_of([Voice(3, "ann", [at, at, at + 1]), Voice(3, None, [at, at + 5])], scored_hours(14), ENTITIES)
    assert found.of_the_loudest[:, 0].tolist() == [2, *[3] * 11, 0, 0]
    assert found.mentions[:, 0].tolist() == [3, *[4] * 4, *[5] * 7, 2, 1]
    assert not found.mentions[:, 1].any()


@pytest.mark.parametrize(
    ("state", "is_complete", "questions", "answered", "deferred", "share"),
    [
        ("ok", True, 4, 4, 0, 1.0),
        ("empty", True, 0, 0, 0, 1.0),
        ("ok", False, 4, 3, 0, 0.75),
        ("ok", True, 26, 10, 16, 1.0),
        ("ok", False, 26, 8, 16, 0.8),
        ("failed", False, 4, 0, 0, 0.0),
        ("circuit open", False, 0, 0, 0, 0.0),
        ("not published", False, 0, 0, 0, None),
        ("deferred", False, 0, 0, 0, None),
        ("out of budget", False, 0, 0, 0, None),
    ],
)
def test_an_hour_counts_as_far_as_it_was_answered(
    state: str, is_complete: bool, questions: int, answered: int, deferred: int, share: float | None
) -> None:
    heard = heard_share(state, is_complete=is_complete, questions=questions, answered=answered, deferred=deferred)
    assert heard == pytest.approx(share)


def test_of_news_the_feeders_are_heard() -> None:
    assert heard_of_all([1.0, 0.0, None, 0.5]) == 0.5
    assert heard_of_all([None]) is None


def test_an_unknown_entity_is_nobodys() -> None:
    found = voices_of([Voice(99, "ann", [EPOCH_HOUR] * 3)], scored_hours(1), ENTITIES)
    assert np.array_equal(found.mentions, [[0.0, 0.0]])
