"""NewsAPI: who is searched for together, how often everybody's turn comes, and what is asked beside the question."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from newsapi_answers import HOUR

from etheatmap_assets.sources.newsapi import QUERY_CHARACTERS, SOURCE, cost
from etheatmap_assets.sources.source import Plan, Question
from etheatmap_core.config import load_config
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.errors import NoCredentialsError
from etheatmap_core.hours import HOUR as ONE_HOUR
from etheatmap_core.settings import Settings
from etheatmap_sim.padding import padded, spelled_roster
from etheatmap_sim.roster import read_roster

CONFIGS = Path(__file__).parents[3] / "configs"
CONFIG = load_config(CONFIGS)
REQUESTS_AN_HOUR = CONFIG.budgets.uses["newsapi"].units_a_partition


def questions(
    names: Sequence[str], last_asked: dict[str, datetime] | None = None, key: str | None = "s3cret"
) -> list[Question]:
    entities = [Tracked(number, name, "person", "film", None) for number, name in enumerate(names)]
    settings = Settings(_env_file=None, news_api_key=key)  # type: ignore[call-arg, arg-type]
    return list(SOURCE.questions(Plan("newsapi", HOUR, settings, CONFIG, entities, last_asked or {})))


def asked(question: Question) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(question.url).query).items()}


def test_the_headlines_are_asked_first() -> None:
    first, *_ = questions(["Maya Rudolph"])
    assert first.key == "headlines"
    assert first.url == "https://newsapi.org/v2/top-headlines?country=us&category=entertainment&pageSize=100"


def test_the_key_goes_in_a_header_and_nowhere_else() -> None:
    for question in questions(["Maya Rudolph"]):
        assert question.headers == {"X-Api-Key": "s3cret"}
        assert "s3cret" not in question.url + repr(question)
    with pytest.raises(NoCredentialsError, match=r"^newsapi needs NEWS_API_KEY: set it in \.env\.$"):
        questions(["Maya Rudolph"], key=None)


def test_a_search_quotes_its_names_and_asks_for_what_was_published_up_to_the_hours_end() -> None:
    (_, search) = questions(['Maya "M" Rudolph', "Kevin Hart"])
    assert (search.key, search.entities) == ('search/Maya "M" Rudolph and 1 more', ('Maya "M" Rudolph', "Kevin Hart"))
    assert search.url.startswith("https://newsapi.org/v2/everything?")
    assert asked(search) == {
        "q": '"Maya  M  Rudolph" OR "Kevin Hart"',
        "from": "2026-11-19T08:00:00",  # what may count, and the day that the free plan is behind
        "to": "2026-11-20T15:00:00",
        "language": "en",
        "sortBy": "publishedAt",
        "pageSize": "100",
    }


def test_names_that_are_common_words_are_searched_for_apart_and_in_titles_only() -> None:
    searches = questions(["Maya Rudolph", "Barbie", "Kevin Hart", "The Bear"])[1:]
    assert [search.entities for search in searches] == [("Maya Rudolph", "Kevin Hart"), ("Barbie", "The Bear")]
    assert [asked(search).get("searchIn") for search in searches] == [None, "title"]


def test_the_twenty_hottest_are_searched_for_by_five_and_the_others_by_as_many_as_fit() -> None:
    names = [f"Somebody Number {number}" for number in range(100)]
    searches = questions(names)[1:]
    assert [len(search.entities) for search in searches[:5]] == [5, 5, 5, 5, 21]
    assert [name for search in searches for name in search.entities] == names
    for search, after in pairwise(searches[4:]):
        query = asked(search)["q"]
        assert len(query) <= QUERY_CHARACTERS < len(f'{query} OR "{after.entities[0]}"')


def test_of_the_others_whoever_was_searched_for_longest_ago_comes_first() -> None:
    names = [f"Somebody Number {number}" for number in range(60)]
    last_asked = dict.fromkeys(names, HOUR - ONE_HOUR) | {names[50]: HOUR - 3 * ONE_HOUR}
    del last_asked[names[55]]
    assert questions(names, last_asked)[5].entities[:3] == (names[55], names[50], names[20])


def test_of_five_hundred_entities_each_is_searched_for_every_second_hour_at_least() -> None:
    """The arithmetic in docs/sources.md, with the shipped roster and invented names of usual length."""
    roster = padded(read_roster(CONFIGS / "entities.csv"), 500)
    names = [row["name"] for row in csv.DictReader(io.StringIO(spelled_roster(roster)))]
    last_asked: dict[str, datetime] = {}
    hours_since: list[float] = []
    reached = []
    for number in range(24):
        hour, asked_now = HOUR + number * ONE_HOUR, 0
        for question in questions(names, last_asked)[:REQUESTS_AN_HOUR]:
            for name in question.entities:
                hours_since += [(hour - last_asked[name]) / ONE_HOUR] if name in last_asked else []
                last_asked[name] = hour
            asked_now += len(question.entities)
        reached.append(asked_now)
    assert len(last_asked) == len(names) == 500
    assert min(reached) > 250
    assert max(hours_since) == 2
    assert len(questions(names)) == 28


def test_whoever_is_not_known_is_not_charged() -> None:
    assert [cost(status, {}) for status in (200, 401, 426, 429, 500)] == [None, 0, None, None, None]
