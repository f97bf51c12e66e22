"""Candidates of an hour from the simulator: who breaks out, what they are asked, what it costs, and what is refused."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from one_source import collect as collect_source
from one_source import kit_of
from simulated import SimulatedInstallation

from etheatmap_assets.discovery.candidates import CandidateCollector, CollectedCandidates
from etheatmap_assets.sources import gdelt_gkg, reddit, trade_rss, trends
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.discovery.candidate_store import read_candidates
from etheatmap_core.discovery.identities import State
from etheatmap_core.errors import DisabledError
from etheatmap_sim.coverage import UNLISTED

FREE = ("trends", "reddit", "trade_rss", "gdelt_gkg")


@pytest.fixture
def world(simulated: SimulatedInstallation) -> SimulatedInstallation:
    """No source has been collected for the newest hour; what spikes is written by the tests."""
    simulated.switch_on(*FREE, "entity_discovery")
    return simulated


def collect(world: SimulatedInstallation, *, must_ask: bool = False) -> CollectedCandidates:
    with kit_of(world) as kit:
        return CandidateCollector(kit, must_ask=must_ask).collect(world.hour)


def breaking_out(world: SimulatedInstallation) -> set[str]:
    """The unlisted people who are talked about in the hour."""
    episodes = world.simulator.scenario.coverage.of_unlisted
    return {one.entity for one in episodes if one.kind == UNLISTED and one.excess(world.hour) > 1}


def people(world: SimulatedInstallation) -> Sequence[str]:
    """Whom nobody tracks; the last shares the name with somebody."""
    return world.simulator.scenario.coverage.unlisted_people


def requests(world: SimulatedInstallation) -> int:
    asked = world.simulator.requests()
    return asked.get("wikipedia", 0) + asked.get("wikidata", 0)


def spike(world: SimulatedInstallation, *titles: str, is_doodle_like: bool = False) -> None:
    """Writes spikes of the hour as wiki_spikes does."""
    with world.engine.begin() as connection:
        ensure_day_partitions(connection, "wiki_spikes", [world.hour])
        connection.execute(
            sa.text("INSERT INTO wiki_spikes VALUES (:hour, :title, 900, 40, 12.5, 0.5, 1, :is_doodle_like)"),
            [{"hour": world.hour, "title": title, "is_doodle_like": is_doodle_like} for title in titles],
        )


def titles(collected: CollectedCandidates) -> list[str]:
    return [one.identity.title for one in collected.candidates]


def test_who_breaks_out_is_a_candidate_with_identity_and_receipts(world: SimulatedInstallation) -> None:
    for source in (trends, reddit, trade_rss, gdelt_gkg):
        collect_source(world, source.SOURCE)
    out = breaking_out(world)
    spike(world, *out)
    collected = collect(world)
    found = {one.identity.title: one for one in collected.candidates}
    assert len(out) > 1
    assert out <= set(found), "each is found"
    for name in out:
        identity, sightings = found[name].identity, found[name].sightings
        assert (identity.type, identity.wiki_id is not None) == ("person", True)
        assert {one.source for one in sightings} >= {"wiki"}
        assert {one.source for one in sightings} & {"reddit", "gdelt_gkg"}
        assert all(one.receipts for one in sightings)
    with world.engine.connect() as connection:
        assert read_candidates(connection, world.hour) == collected.candidates


def test_nobody_tracked_is_a_candidate(world: SimulatedInstallation) -> None:
    tracked = world.simulator.scenario.entities
    spike(world, *(entity.title for entity in tracked))
    assert {entity.title for entity in tracked}.isdisjoint(titles(collect(world)))


def test_an_hour_is_made_again_without_a_request(world: SimulatedInstallation) -> None:
    spike(world, *people(world)[:4])
    first = collect(world)
    asked = requests(world)
    again = collect(world)
    assert asked > 0
    assert requests(world) == asked
    assert again.candidates == first.candidates
    assert again.identified.answers.asked == 0


def test_identities_come_back_from_the_archive(world: SimulatedInstallation) -> None:
    spike(world, *people(world)[:4])
    first = collect(world)
    asked, known = requests(world), world.rows("discovery_identities")
    with world.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM discovery_identities"))
    assert collect(world).candidates == first.candidates
    assert requests(world) == asked
    assert world.rows("discovery_identities") == known


def test_a_name_is_asked_for_again_after_thirty_days(world: SimulatedInstallation) -> None:
    spike(world, *people(world)[:4])
    collect(world)
    with world.engine.begin() as connection:
        connection.execute(sa.text("UPDATE discovery_identities SET resolved_at = resolved_at - interval '31 days'"))
        connection.execute(
            sa.text(
                "DELETE FROM captures WHERE source = 'entity_discovery' AND id NOT IN "
                "(SELECT capture_id FROM discovery_identities WHERE capture_id IS NOT NULL)"
            )
        )
        connection.execute(
            sa.text("UPDATE captures SET ts = ts - interval '31 days' WHERE source = 'entity_discovery'")
        )
    asked = requests(world)
    collect(world)
    assert requests(world) > asked


def test_switched_off_nothing_is_requested(world: SimulatedInstallation) -> None:
    world.switch_on(*FREE)
    spike(world, *people(world)[:4])
    with pytest.raises(DisabledError, match="entity_discovery is switched off"):
        collect(world)
    assert requests(world) == 0
    assert world.rows("discovery_sightings") == world.rows("discovery_candidates") == []
    states = world.query("SELECT source, state FROM source_hours ORDER BY source")
    assert [tuple(row) for row in states] == [("discovery_candidates", "disabled"), ("entity_discovery", "disabled")]


@pytest.mark.parametrize(
    ("spiking", "expected"),
    [
        pytest.param([""], (True, ""), id="nothing says which"),
        pytest.param(["", " (actor)"], (False, " (actor)"), id="one of its meanings spikes"),
        pytest.param(["", " (actor)", " (cyclist)"], (True, ""), id="both spike"),
    ],
)
def test_a_name_of_several_meanings(
    world: SimulatedInstallation, spiking: Sequence[str], expected: tuple[bool, str]
) -> None:
    name = people(world)[-1]
    spike(world, *(f"{name}{ending}" for ending in spiking))
    collected = collect(world)
    meant = [one.identity for one in collected.candidates for seen in one.sightings if seen.name == name]
    assert [(one.is_disambiguation, one.title.removeprefix(name)) for one in meant] == [expected]


def say(world: SimulatedInstallation, *posts: str) -> None:
    """Posts on Reddit that count in the hour."""
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO items (source, item_id, channel, url, title, summary, names, topics, numbers, first_ts,
                                   last_ts, counted_ts, matcher)
                VALUES ('reddit', :post, 'r/movies', 'https://reddit.example/' || md5(:post), :post, '', '{}', '{}',
                        '{}', :hour, :hour, :hour, '')"""),
            [{"post": post, "hour": world.hour} for post in posts],
        )


def test_words_around_a_name_say_which_of_its_meanings_it_has(world: SimulatedInstallation) -> None:
    name = people(world)[-1]
    say(world, f"the film with {name} was shown again", f"nobody saw a movie with {name} before")
    assert titles(collect(world)) == [f"{name} (actor)"]
    asked = requests(world)
    assert titles(collect(world)) == [f"{name} (actor)"]
    world.now += timedelta(hours=1)
    assert titles(collect(world)) == [f"{name} (actor)"], "the window still speaks of the actor"
    assert requests(world) == asked


def test_words_that_speak_for_nobody_leave_a_name_ambiguous(world: SimulatedInstallation) -> None:
    name = people(world)[-1]
    say(world, f"somebody met {name} outside yesterday", f"nobody believed what {name} told us")
    [candidate] = collect(world).candidates
    assert (candidate.identity.title, candidate.identity.is_disambiguation) == (name, True)


def test_pages_nobody_has_written_are_no_candidates(world: SimulatedInstallation) -> None:
    spike(world, "Zorblax Quindle")
    collected = collect(world)
    assert "Zorblax Quindle" not in titles(collected)
    assert collected.states[State.NOT_FOUND] >= 1


def test_a_doodle_is_told(world: SimulatedInstallation) -> None:
    name = people(world)[3]
    spike(world, name, is_doodle_like=True)
    [found] = [one for one in collect(world).candidates if one.identity.title == name]
    assert found.is_doodle_like


def test_what_does_not_fit_waits_and_is_told(world: SimulatedInstallation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etheatmap_assets.discovery.identity_collector.NAMES_AN_HOUR", 3)
    spike(world, *people(world)[:8])
    first = collect(world)
    assert (first.identified.names, first.identified.waiting, first.unknown) == (3, 5, 5)
    asked = requests(world)
    assert collect(world).identified.waiting == 5
    assert requests(world) == asked, "the hour has had its share"
    world.now += timedelta(hours=1)
    second = collect(world)
    assert (second.identified.names, second.unknown) == (3, 2), "the next hour asks on"


def test_a_site_that_is_ill_stops_nothing(world: SimulatedInstallation) -> None:
    world.simulator.order("wikipedia", kind="status", status=503)
    spike(world, people(world)[0])
    collected = collect(world)
    assert (collected.candidates, len(collected.seen)) == ((), 1)
    [told] = [one for one in collected.checks if one.name == "every_question_answered"]
    assert (told.passed, told.is_warning) == (False, True)


@pytest.mark.parametrize("upstream", ["wikipedia", "wikidata"])
@pytest.mark.parametrize("kind", ["malformed", "html", "empty", "encoding"])
def test_a_bad_answer_is_set_aside_and_asked_for_again(world: SimulatedInstallation, upstream: str, kind: str) -> None:
    name = people(world)[0]
    spike(world, name)
    world.simulator.order(upstream, kind=kind)
    assert collect(world).candidates == ()
    assert world.rows("discovery_identities") == []
    world.simulator.clear_faults()
    assert titles(collect(world)) == [name]
    quarantined = world.query("SELECT state FROM captures WHERE source = 'entity_discovery' AND state = 'quarantined'")
    assert len(quarantined) == 1


def test_a_run_tells_what_it_found_and_what_waits(world: SimulatedInstallation) -> None:
    spike(world, people(world)[0], "Zorblax Quindle")
    run = world.run("discovery_candidates", world.hour)
    [told] = run.made.values()
    assert (told["candidates"], told["sightings"], told["deferred"]) == (1, 2, 0)
    assert told["sightings_by_source"] == {"wiki": 2}
    assert told["identities"] == {"known": 1, "ambiguous": 0, "no entity": 0, "not found": 1}
    assert told["is_replay"] is False
