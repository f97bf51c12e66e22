"""Posts and articles: their labels are true, their numbers follow the story, and they are the same for ever."""

import hashlib
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sim_builders import GDELT, REDDIT_ALL, ROSTER, SEED, SHIPPED_ROSTER, START, client, scenario, signed_in

from etheatmap_sim.coverage import SPAM, Channel
from etheatmap_sim.hours import HOUR
from etheatmap_sim.items import EVERYDAY, Item, Items
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario

SAID = [channel for channel in Channel if channel is not Channel.TRENDS]
FIVE_HUNDRED = padded(read_roster(SHIPPED_ROSTER), 500)


@pytest.fixture(scope="module")
def shipped() -> dict[Channel, list[Item]]:
    """Four days of every channel, for the roster of 500."""
    items = Items(Scenario(SEED, START, FIVE_HUNDRED))
    return {channel: items.between(channel, START - 96 * HOUR, START) for channel in SAID}


@pytest.mark.parametrize("channel", SAID)
def test_whoever_is_labelled_as_named_stands_in_the_title(shipped, channel) -> None:
    for item in shipped[channel]:
        for named in (*item.entities, *item.unlisted):
            assert named.surface in item.title


@pytest.mark.parametrize("channel", SAID)
def test_whoever_stands_in_a_title_is_labelled_as_named_or_as_not_meant(shipped, channel) -> None:
    names = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(entity.name) for entity in FIVE_HUNDRED)})(?!\w)")
    for item in shipped[channel]:
        known = {named.surface for named in item.entities} | set(item.not_meant)
        assert all(any(found in one for one in known) for found in names.findall(item.title)), item


def test_every_channel_has_titles_in_which_a_name_means_something_else(shipped) -> None:
    for items in shipped.values():
        everyday = [item for item in items if item.kind == EVERYDAY]
        assert len(everyday) >= 5
        assert all(item.not_meant and not item.entities for item in everyday)


def test_ids_are_unique_and_grow_with_time(shipped) -> None:
    for items in shipped.values():
        assert len({item.id for item in items}) == len(items)
        assert [item.serial for item in items] == sorted(item.serial for item in items)
        assert [item.published_at for item in items] == sorted(item.published_at for item in items)


def test_two_stories_of_an_outlet_seldom_share_a_headline(shipped) -> None:
    """Or whoever drops repeated headlines would rightly count less than the labels."""
    told = Counter(item.title for item in shipped[Channel.NEWS] if item.entities)
    assert sum(times - 1 for times in told.values()) < 0.01 * len(told)


def test_an_hour_is_the_same_whatever_was_asked_before() -> None:
    one, other = Items(scenario()), Items(scenario())
    hours = [START - turn * HOUR for turn in (1, 30, 300)]
    seen = [one.of(Channel.REDDIT, hour) for hour in hours]
    assert [other.of(Channel.REDDIT, hour) for hour in reversed(hours)] == list(reversed(seen))


def test_every_upstream_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_sim_items import digests\n"
        "print(*digests(), sep=chr(10))"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == digests()


def digests() -> list[str]:
    """Of one answer an upstream, all at the same instant."""
    asked = signed_in(client(START + timedelta(minutes=5)))
    addresses = (
        "/variety.com/feed/",
        f"{REDDIT_ALL}/hot?limit=100",
        "/news.google.com/rss/search?q=gala",
        f"{GDELT}/20261120150000.gkg.csv.zip",
        "/trends.google.com/trending/rss?geo=US",
        "/sim/articles.json",
        "/sim/labels.json",
        "/sim/items.json?source=google_news&from=2026-11-20T00&to=2026-11-20T15",
    )
    answers = [asked.get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    return [hashlib.sha256(answer.content).hexdigest() for answer in answers]


def test_the_world_begins_with_the_fortnight() -> None:
    items = Items(scenario())
    assert items.of(Channel.REDDIT, scenario().first_hour - HOUR) == ()
    assert items.of(Channel.REDDIT, scenario().first_hour)


def test_a_wave_in_the_trade_press_begins_with_an_article_in_its_first_hour() -> None:
    told = scenario()
    items = Items(told)
    for wave in [wave for wave in told.coverage.waves[Channel.TRADE] if wave.first_hour >= told.first_hour][:25]:
        articles = items.of(Channel.TRADE, wave.first_hour)
        named = {(one.name, item.kind) for item in articles for one in (*item.entities, *item.unlisted)}
        assert (wave.name, wave.kind) in named


def test_a_hot_entity_is_talked_about_far_more_than_usual() -> None:
    told = scenario()
    items = Items(told)
    episode, waves = next(
        (episode, waves)
        for episode, waves in told.coverage.of_episode.items()
        if episode.kind == "breaking" and episode.peak_multiplier > 10 and Channel.REDDIT in waves
    )
    wave = waves[Channel.REDDIT]

    def posts(start: int, end: int) -> int:
        said = items.between(Channel.REDDIT, wave.first_hour + start * HOUR, wave.first_hour + end * HOUR)
        return sum(any(named.name == episode.entity for named in item.entities) for item in said)

    assert posts(0, 12) > 10
    assert posts(-12, 0) <= 3


def test_spam_comes_from_one_account_that_says_the_same_over_and_over() -> None:
    told = scenario()
    spam = next(spike for spike in told.coverage.spikes if spike.kind == SPAM)
    said = Items(told).between(Channel.REDDIT, spam.first_hour, spam.first_hour + 6 * HOUR)
    posts = [item for item in said if item.kind == SPAM and item.entities[0].name == spam.name]
    assert len(posts) > 10
    assert len({post.author for post in posts}) == 1
    assert len({post.title for post in posts}) < len(posts)


def test_editors_do_what_editors_do(shipped) -> None:
    trade = shipped[Channel.TRADE]
    assert any(item.is_undated for item in trade)
    assert any(item.dated_ahead for item in trade)
    assert any(item.edited_at and item.edited_title for item in trade)
    copies = [item for item in trade if item.also_in]
    assert {item.shares_link for item in copies} == {True, False}
    assert all(item.also_in != item.place for item in copies)
    sharing = next(item for item in copies if item.shares_link)
    assert sharing.link_in(sharing.also_in) == sharing.link
    own = next(item for item in copies if not item.shares_link)
    assert own.link_in(own.also_in) != own.link


def test_no_oddity_befalls_reddit(shipped) -> None:
    assert not any(item.edited_at or item.is_undated or item.also_in for item in shipped[Channel.REDDIT])


def test_a_small_roster_is_enough() -> None:
    items = Items(Scenario(SEED, START, ROSTER[:1]))
    assert items.between(Channel.NEWS, START - 24 * HOUR, START)
