"""The labels tell the truth about the numbers, whatever the hour at which the demo is started."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sim_builders import ROSTER, SHIPPED_ROSTER, START, scenario

from etheatmap_sim.episodes import Episode, Stage
from etheatmap_sim.hours import FORTNIGHT_HOURS, HOUR
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario

MIN_HISTORY_HOURS = 72
STARTS = [datetime(2026, 11, 16 + day, hour, tzinfo=UTC) for day, hour in enumerate((0, 4, 8, 12, 16, 20, 23))]


def _views(told: Scenario) -> np.ndarray:
    """Desktop and mobile views together, [hours of the fortnight, entities]."""
    return np.array([np.sum(told.views(told.first_hour + i * HOUR), axis=0) for i in range(FORTNIGHT_HOURS)])


def _z(views: np.ndarray, row: int) -> np.ndarray:
    """The mvp velocity of every entity at an hour of the fortnight, written anew from the frozen formula."""
    latest, week = views[row - 11 : row + 1], views[max(0, row - 179) : row - 11]
    spread = np.maximum(week.std(axis=0), np.sqrt(np.maximum(week.mean(axis=0), 1)))
    z: np.ndarray = (latest.mean(axis=0) - week.mean(axis=0)) / spread
    return z


def _named(told: Scenario, z: np.ndarray) -> dict[str, float]:
    return {entity.name: float(value) for entity, value in zip(told.entities, z, strict=True)}


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("roster", [ROSTER, read_roster(SHIPPED_ROSTER)], ids=["tests", "shipped"])
def test_those_labelled_hot_are_the_hottest_and_all_others_are_calm(roster, start) -> None:
    told = Scenario(7, start, roster)
    z = _named(told, _z(_views(told), FORTNIGHT_HOURS - 1))
    hot = told.hot_at(told.last_scripted_hour)

    assert set(hot.values()) == {Stage.RISING, Stage.PEAKED, Stage.FADING}
    assert set(sorted(z, key=z.__getitem__, reverse=True)[: len(hot)]) == set(hot)
    assert len(hot) == 6
    assert all(2.6 <= z[name] <= 8 for name in hot), {name: z[name] for name in hot}
    assert max(value for name, value in z.items() if name not in hot) < 2


def test_the_calm_never_come_near_an_alarm_in_the_whole_fortnight() -> None:
    told = scenario()
    views = _views(told)
    busy = {episode.entity for episode in told.episodes if episode.start_at < START and episode.kind != "weekly"}
    calm = [i for i, entity in enumerate(told.entities) if entity.name not in busy]
    weekly = next(episode.entity for episode in told.episodes if episode.kind == "weekly")

    assert weekly not in busy
    assert len(calm) > len(ROSTER) / 2
    for row in range(MIN_HISTORY_HOURS + 11, FORTNIGHT_HOURS):
        assert _z(views, row)[calm].max() < 2.5


def test_a_weekly_show_is_seen_at_its_air_time_in_every_week() -> None:
    told = scenario()
    airings = [episode for episode in told.episodes if episode.kind == "weekly"]
    position = [entity.name for entity in told.entities].index(airings[0].entity)

    assert {episode.start_at.strftime("%a %H") for episode in airings} == {"Mon 01"}
    for airing in airings[:2]:
        on_air, before = (sum(told.views(hour))[position] for hour in (airing.start_at, airing.start_at - 2 * HOUR))
        assert on_air > 1.7 * before


def test_a_bot_has_no_telephone() -> None:
    told = scenario()
    (bot,) = (episode for episode in told.episodes if episode.kind == "bot" and episode.start_at < START)
    position = [entity.name for entity in told.entities].index(bot.entity)

    def mobile_share(hour: datetime) -> float:
        views = told.views(hour)
        return float(views.mobile[position] / (views.mobile[position] + views.desktop[position]))

    assert mobile_share(bot.start_at) < 0.05
    assert 0.45 < mobile_share(bot.start_at - HOUR) < 0.8
    assert 0.45 < mobile_share(bot.start_at + HOUR) < 0.8
    assert not bot.is_hot


def test_the_story_goes_on_for_at_least_sixty_days() -> None:
    later = [episode for episode in scenario().episodes if episode.is_hot and episode.start_at >= START]
    days = {(episode.start_at - START).days for episode in later}
    assert len(days & set(range(60))) > 50


def test_an_hour_is_the_same_whoever_asked_for_what_before() -> None:
    hours = [START - i * HOUR for i in (1, 100, 336)] + [START + 500 * HOUR]
    forward, backward = scenario(), scenario()
    seen = {hour: forward.views(hour) for hour in hours}
    for hour in reversed(hours):
        assert np.array_equal(backward.views(hour), seen[hour])


def test_another_seed_tells_another_story() -> None:
    one, other = scenario(seed=1), scenario(seed=2)
    assert one.hot_at(one.last_scripted_hour) != other.hot_at(other.last_scripted_hour)
    assert not np.array_equal(one.views(START), other.views(START))


@pytest.mark.parametrize("size", [1, 2, 5, 12])
def test_a_small_roster_plays_as_many_roles_as_it_can(size) -> None:
    told = Scenario(7, START, ROSTER[:size])
    assert len(told.hot_at(told.last_scripted_hour)) == min(size, 6)
    assert len(told.views(START).desktop) == size


def test_labels_are_json_and_name_every_episode_with_its_hours() -> None:
    told = scenario()
    labels = json.loads(json.dumps(told.labels()))
    assert (labels["first_hour"], labels["last_scripted_hour"]) == ("2026-11-06T15", "2026-11-20T14")
    assert labels["hot_at_last_scripted_hour"] == dict(told.hot_at(told.last_scripted_hour))
    assert [entity["name"] for entity in labels["entities"]] == [entity.name for entity in ROSTER]
    assert sum(len(entity["episodes"]) for entity in labels["entities"]) == len(told.episodes)
    spike = next(e for entity in labels["entities"] for e in entity["episodes"] if e["kind"] == "bot")
    assert spike["start_hour"] == spike["peak_hour"]


@pytest.mark.parametrize(
    ("hours_after_start", "stage", "excess"),
    [
        (-1, Stage.BEFORE, 0.0),
        (0, Stage.RISING, 2.0),
        (1, Stage.RISING, 4.0),
        (3, Stage.PEAKED, 8.0),  # the peak: 9 times the usual is 8 more
        (7, Stage.PEAKED, 4.0),  # one half-life later
        (11, Stage.FADING, 2.0),
        (15, Stage.FADING, 1.0),
        (19, Stage.OVER, 0.5),
        (44, Stage.OVER, 0.0),
    ],
)
def test_an_episode_rises_evenly_and_falls_by_halves(hours_after_start, stage, excess) -> None:
    episode = Episode("news", "Film 1", START, rise_hours=4, peak_multiplier=9.0, half_life_hours=4.0)
    hour = START + timedelta(hours=hours_after_start)
    assert episode.stage_at(hour) is stage
    assert episode.excess(hour) == pytest.approx(excess)
    assert episode.peak_at == START + timedelta(hours=3)
