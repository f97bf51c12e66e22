"""What of a source is a sighting, and how much more than usual it is."""

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.candidate_store import Seen
from etheatmap_core.discovery.candidates import Sighting
from etheatmap_core.discovery.names import Text
from etheatmap_core.discovery.sightings import (
    History,
    Person,
    Search,
    Spike,
    Tracked,
    as_title,
    of_persons,
    of_searches,
    of_spikes,
    of_texts,
    strongest_first,
    velocity,
)
from etheatmap_core.entities.names import CommonWords, load_common_words

HOUR = datetime(2026, 11, 20, 15, tzinfo=UTC)
WORDS = CommonWords(load_common_words(Path(__file__).parents[3] / "configs" / "common_words.txt"))
NOBODY, NEVER = Tracked(), History()


def test_a_spike_links_to_its_article() -> None:
    [seen] = of_spikes([Spike("Nova_Quill (actor)", 4.5)], HOUR, "en", NOBODY)
    link = "https://en.wikipedia.org/wiki/Nova_Quill_(actor)"
    assert seen == Seen(Sighting("Nova Quill (actor)", "wiki", HOUR, 4.5, (link,)))


def test_pages_that_are_no_articles_and_articles_of_tracked_entities_are_no_sightings() -> None:
    spikes = [Spike("Main Page", 9.0), Spike("List of films", 9.0), Spike("Queen Bey", 9.0)]
    assert of_spikes(spikes, HOUR, "en", Tracked(titles={"Queen_Bey"})) == []


def test_a_search_is_written_as_titles_are_and_has_no_velocity() -> None:
    searches = [Search("nova quill", "https://trends.example/1"), Search("Nova Quill", "https://trends.example/2")]
    [seen] = of_searches(searches, HOUR)
    assert (seen.sighting.name, seen.sighting.z, seen.mentions) == ("Nova Quill", None, 2)
    assert as_title("game of thrones") == "Game of Thrones"


def test_gdelts_persons_count_by_outlet() -> None:
    named = [Person("Nova Quill", f"{outlet}.example", f"https://{outlet}.example/1") for outlet in "abc"]
    copies = [Person("Ray Dune", "a.example", f"https://a.example/{number}") for number in range(9)]
    single = [Person("Zendara", f"{outlet}.example", f"https://{outlet}.example/1") for outlet in "abc"]
    [seen] = of_persons([*named, *copies, *single], HOUR, NOBODY, NEVER)
    assert (seen.sighting.name, seen.mentions, len(seen.sighting.receipts)) == ("Nova Quill", 3, 3)
    assert of_persons(named, HOUR, Tracked(names={"nova quill"}), NEVER) == []


def test_texts_give_names_with_their_velocity() -> None:
    texts = [Text(f"the comic Nova Quill said so {number}", "", f"https://a.example/{number}") for number in range(4)]
    history = History({"reddit": 100}, {("reddit", "Nova Quill"): (10, 10)})
    [seen] = of_texts("reddit", texts, HOUR, WORDS, NOBODY, history)
    assert seen.sighting.z == pytest.approx(2 * (math.sqrt(4.375) - math.sqrt(0.475)))
    [unmeasured] = of_texts("reddit", texts, HOUR, WORDS, NOBODY, NEVER)
    assert unmeasured.sighting.z is None, "a source that was hardly looked at measures nothing"


def test_an_hour_that_does_not_show_a_name_had_fewer_than_are_shown() -> None:
    assert velocity(3, (0, 0), 100, least=3) < velocity(3, (0, 0), 100, least=1)  # type: ignore[operator]
    assert velocity(3, (0, 0), 23) is None


@given(st.integers(1, 500), st.integers(0, 168), st.integers(0, 2000), st.integers(24, 168))
def test_more_mentions_are_faster_and_a_busier_past_is_slower(
    mentions: int, hours: int, total: int, observed: int
) -> None:
    now = velocity(mentions, (hours, total), observed)
    more, busier = velocity(mentions + 1, (hours, total), observed), velocity(mentions, (hours, total + 1), observed)
    assert now is not None
    assert more is not None
    assert busier is not None
    assert busier < now < more


def test_the_strongest_is_asked_for_first() -> None:
    seen = [
        Seen(Sighting("One Source", "wiki", HOUR, 9.0)),
        Seen(Sighting("Two Sources", "reddit", HOUR)),
        Seen(Sighting("Two_Sources", "gdelt_gkg", HOUR)),
        Seen(Sighting("Told Often", "reddit", HOUR), 5),
        Seen(Sighting("Told Once", "reddit", HOUR)),
    ]
    expected = ["Two Sources", "One Source", "Told Often", "Told Once"]
    assert strongest_first(seen, lambda source: source) == expected
    assert strongest_first(reversed(seen), lambda source: source) == expected
