"""NewsAPI simulated: searches over all outlets, paging, the codes it refuses with, quotas by key and day."""

from collections.abc import Mapping
from typing import Any

import pytest
from sim_builders import ROSTER, START, client
from starlette.testclient import TestClient

from etheatmap_sim.hours import HOUR

EVERYTHING = "/newsapi.org/v2/everything"
HEADLINES = "/newsapi.org/v2/top-headlines"
ANYBODY = " OR ".join(f'"{entity.name}"' for entity in ROSTER[:25])


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client()


def ask(asked: TestClient, path: str = EVERYTHING, key: str | None = "a-key", **parameters: object) -> Any:
    """By default what was published within thirty hours: less to draw than all there is."""
    headers = {} if key is None else {"X-Api-Key": key}
    parameters = {"from_": (START - 30 * HOUR).isoformat(), **parameters}
    return asked.get(path, params={name.rstrip("_"): str(value) for name, value in parameters.items()}, headers=headers)


def articles(answer: Any) -> list[Mapping[str, Any]]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], len(told["articles"]) <= told["totalResults"]) == ("ok", True)
    found: list[Mapping[str, Any]] = told["articles"]
    return found


def refusal(answer: Any) -> tuple[int, str]:
    told = answer.json()
    assert (told["status"], set(told)) == ("error", {"status", "code", "message"})
    return answer.status_code, told["code"]


def test_an_article_has_the_fields_that_were_recorded(asked: TestClient) -> None:
    first = articles(ask(asked, q=ANYBODY))[0]
    assert set(first) == {
        "source", "author", "title", "description", "url", "urlToImage", "publishedAt", "content",
    }  # fmt: skip
    assert set(first["source"]) == {"id", "name"}
    assert first["content"].endswith(" chars]")
    assert first["publishedAt"].endswith("Z")


def test_a_search_finds_what_names_one_of_them_newest_first(asked: TestClient) -> None:
    found = articles(ask(asked, q='"The Bear" OR "Beyoncé"', pageSize=100))
    assert found
    assert all("the bear" in one["title"].lower() or "beyoncé" in one["title"].lower() for one in found)
    assert [one["publishedAt"] for one in found] == sorted((one["publishedAt"] for one in found), reverse=True)


def test_a_search_is_of_the_time_that_is_asked_for(asked: TestClient) -> None:
    since, until = START - 5 * HOUR, START - 2 * HOUR
    window = {"from_": since.isoformat(), "to": until.isoformat()}
    dates = [one["publishedAt"] for one in articles(ask(asked, q=ANYBODY, pageSize=100, **window))]
    assert dates
    assert all(f"{since:%Y-%m-%dT%H:%M:%SZ}" <= date <= f"{until:%Y-%m-%dT%H:%M:%SZ}" for date in dates)
    assert articles(ask(asked, q=ANYBODY, language="de")) == []


def test_pages_follow_each_other(asked: TestClient) -> None:
    whole = articles(ask(asked, q=ANYBODY, pageSize=60))
    assert articles(ask(asked, q=ANYBODY, pageSize=30)) + articles(ask(asked, q=ANYBODY, pageSize=30, page=2)) == whole
    assert articles(ask(asked, q=ANYBODY, pageSize=100, page=99)) == []


def test_headlines_have_the_outlet_behind_the_title(asked: TestClient) -> None:
    found = articles(ask(asked, HEADLINES, country="us", category="entertainment", pageSize=100))
    assert len(found) == 70
    assert all(one["title"].endswith(f" - {one['source']['name']}") for one in found)


@pytest.mark.parametrize(
    ("key", "parameters", "refused"),
    [
        (None, {"q": "x"}, (401, "apiKeyMissing")),
        ("wrong", {"q": "x"}, (401, "apiKeyInvalid")),
        ("disabled", {"q": "x"}, (401, "apiKeyDisabled")),
        ("exhausted", {"q": "x"}, (429, "apiKeyExhausted")),
        ("a-key", {}, (400, "parametersMissing")),
        ("a-key", {"q": "x", "from_": "yesterday"}, (400, "parameterInvalid")),
        ("a-key", {"q": "x", "pageSize": "101"}, (400, "parameterInvalid")),
        ("a-key", {"q": "x", "page": "0"}, (400, "parameterInvalid")),
        ("developer", {"q": "x", "pageSize": "100", "page": "2"}, (426, "maximumResultsReached")),
        ("developer", {"q": "x", "from_": "2026-10-01"}, (426, "parameterInvalid")),
    ],
)
def test_it_refuses_with_the_documented_codes(
    asked: TestClient, key: str | None, parameters: dict[str, object], refused: tuple[int, str]
) -> None:
    assert refusal(ask(asked, key=key, **parameters)) == refused


def test_headlines_of_nowhere_are_refused(asked: TestClient) -> None:
    assert refusal(ask(asked, HEADLINES)) == (400, "parametersMissing")


def test_the_free_plan_is_a_day_behind_in_its_searches() -> None:
    asked = client()
    newest = articles(ask(asked, key="developer", q=ANYBODY))[0]["publishedAt"]
    assert newest <= f"{START - 24 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert articles(ask(asked, q=ANYBODY))[0]["publishedAt"] > newest
    assert articles(ask(asked, HEADLINES, key="developer", country="us"))[0]["publishedAt"] > newest


def test_a_key_has_so_many_requests_a_day() -> None:
    asked = client()
    for _ in range(2):
        articles(ask(asked, key="quota-2", q="x"))
    assert refusal(ask(asked, key="quota-2", q="x")) == (429, "rateLimited")
    articles(ask(asked, key="quota-3", q="x"))


def test_a_key_can_be_revoked_while_it_is_used() -> None:
    asked = client()
    articles(ask(asked, key="revoked-1", q="x"))
    assert refusal(ask(asked, key="revoked-1", q="x")) == (401, "apiKeyInvalid")
