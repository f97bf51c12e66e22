"""Who follows an episode, and how late: lags, participation, spikes of one source alone, people nobody lists."""

from collections import Counter

import numpy as np
from sim_builders import START, scenario

from etheatmap_sim.coverage import ONE_CHANNEL_SPIKE, SPAM, Channel
from etheatmap_sim.hours import HOUR
from etheatmap_sim.searches import Searches

HOT_KINDS = {"breaking", "premiere", "award_night", "trailer", "news"}


def test_a_source_is_at_most_five_hours_late_and_most_are_early() -> None:
    spread = [waves for episode, waves in scenario().coverage.of_episode.items() if episode.kind in HOT_KINDS]
    lags = Counter(wave.lag_hours for waves in spread for wave in waves.values() if wave.channel is not Channel.TRADE)
    assert set(lags) == {0, 1, 2, 3, 4, 5}
    assert lags[0] > lags[5]


def test_the_trade_press_comes_hours_after_the_start() -> None:
    spread = scenario().coverage.of_episode.values()
    lags = {waves[Channel.TRADE].lag_hours for waves in spread if Channel.TRADE in waves}
    assert lags == {2, 3, 4, 5, 6, 7}


def test_an_episode_may_be_absent_from_a_source_but_hot_ones_are_seen_by_most() -> None:
    spread = [waves for episode, waves in scenario().coverage.of_episode.items() if episode.kind in HOT_KINDS]
    for channel in Channel:
        share = sum(channel in waves for waves in spread) / len(spread)
        assert 0.75 < share < 1.0


def test_nobody_talks_about_what_only_machines_read() -> None:
    bots = [waves for episode, waves in scenario().coverage.of_episode.items() if episode.kind == "bot"]
    assert bots
    assert not any(bots)


def test_a_spike_is_in_one_source_alone_and_far_from_any_episode_of_its_entity() -> None:
    told = scenario()
    spikes = told.coverage.spikes
    assert {ONE_CHANNEL_SPIKE, SPAM} == {spike.kind for spike in spikes}
    assert Channel.TRADE not in {spike.channel for spike in spikes}
    for spike in spikes:
        own = [episode for episode in told.episodes if episode.entity == spike.name]
        assert not any(e.start_at - 36 * HOUR <= spike.first_hour <= e.end_at + 36 * HOUR for e in own)


def test_one_spike_is_on_when_the_fortnight_ends() -> None:
    assert any(spike.first_hour == START - 5 * HOUR for spike in scenario().coverage.spikes)


def test_unlisted_people_break_out_in_several_sources_and_are_nobody_in_the_roster() -> None:
    told = scenario()
    assert not {entity.name for entity in told.entities} & set(told.coverage.unlisted_people)
    on_at_the_end = [
        waves for episode, waves in told.coverage.of_unlisted.items() if START - 9 * HOUR < episode.start_at < START
    ]
    assert len(on_at_the_end) == 2
    assert all(len(waves) >= 2 for waves in on_at_the_end)


def test_searches_follow_the_wave_and_not_the_episode() -> None:
    told = scenario()
    searches = Searches(told)
    late = next(
        waves[Channel.TRENDS]
        for episode, waves in told.coverage.of_episode.items()
        if episode.kind == "breaking" and Channel.TRENDS in waves and waves[Channel.TRENDS].lag_hours >= 2
    )
    usual = searches.usual[told.coverage.names.index(late.name)]
    assert searches.mean(late.name, late.cause_start_at, HOUR) < 2.2 * usual
    assert searches.mean(late.name, late.course.peak_at, HOUR) > 4 * usual


def test_an_alias_is_searched_for_as_its_entity() -> None:
    searches = Searches(scenario())
    assert searches.position("queen b") == searches.position("Beyoncé") == 0
    assert searches.position("coffee") is None


def test_labels_tell_of_each_episode_which_source_takes_part_since_when() -> None:
    labels = scenario().labels()
    episodes = [episode for entity in labels["entities"] for episode in entity["episodes"]]
    assert all(set(episode["sources"]) == set(Channel) for episode in episodes)
    told = next(source for episode in episodes for source in episode["sources"].values() if source)
    assert set(told) == {"lag_hours", "start_hour"}
    assert len(labels["one_source_spikes"]) == len(scenario().coverage.spikes)
    assert {one["name"] for one in labels["unlisted"]} == set(scenario().coverage.unlisted_people)


def test_coverage_is_the_same_however_often_it_is_drawn() -> None:
    one, other = scenario(), scenario()
    assert one.coverage.waves == other.coverage.waves
    assert np.array_equal(Searches(one).at(START), Searches(other).at(START))
