"""The simulated ScraperAPI: pages of the trades for the credits of their options, and the words of its refusals."""

from datetime import timedelta

import pytest
from sim_builders import ROSTER, SEED, START, client
from starlette.testclient import TestClient

from etheatmap_sim.coverage import Channel
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import TRADES
from etheatmap_sim.scenario import Scenario

API = "/api.scraperapi.com/"
KEY = {"x-sapi-api_key": "any"}


@pytest.fixture
def scraper() -> TestClient:
    return client()


def scrape(scraper: TestClient, url: str, key: str = "any", **options: str):
    return scraper.get(API, params={"url": url, **options}, headers={"x-sapi-api_key": key})


def used(scraper: TestClient) -> int:
    return scraper.get(f"{API}account", headers=KEY).json()["requestCount"]


@pytest.fixture(scope="module")
def articles() -> list[Item]:
    return Items(Scenario(SEED, START, ROSTER)).between(Channel.TRADE, START - timedelta(hours=8), START)


@pytest.mark.parametrize("outlet", TRADES, ids=lambda outlet: outlet.host)
def test_a_front_page_links_its_articles_and_each_is_there(scraper, articles, outlet) -> None:
    shown = [item for item in articles if (at := item.shown_in(outlet.host)) and at <= START]
    front = scrape(scraper, f"https://{outlet.host}/").text
    for item in shown:
        link = item.link_in(outlet.host)
        assert f'href="{link}"' in front
        if not item.shares_link or outlet.host == item.place:
            page = scrape(scraper, link)
            assert (page.status_code, page.headers["sa-credit-cost"]) == (200, "1")
            assert all(named.surface in page.text for named in item.entities)
            assert f'<link rel="canonical" href="{link}">' in page.text


def test_menus_name_entities_whom_the_article_does_not(scraper, articles) -> None:
    pages = [(item, scrape(scraper, item.link).text) for item in articles[-20:]]
    around = [{one.name for one in ROSTER if one.name in text} - {one.name for one in item.entities}
              for item, text in pages]  # fmt: skip
    assert all(len(names) >= 3 for names in around)


def test_credits_are_those_of_the_options_and_are_counted(scraper) -> None:
    url = "https://variety.com/"
    asked = ({}, {"render": "true"}, {"premium": "true", "render": "true"}, {"render": "false"})
    costs = [scrape(scraper, url, **options).headers["sa-credit-cost"] for options in asked]
    assert costs == ["1", "10", "25", "1"]
    assert used(scraper) == 37


def test_what_costs_more_than_max_cost_is_refused_and_free(scraper) -> None:
    refused = scrape(scraper, "https://variety.com/", render="true", max_cost="9")
    assert (refused.status_code, "max_cost" in refused.text, used(scraper)) == (403, True, 0)
    assert scrape(scraper, "https://variety.com/", render="true", max_cost="10").status_code == 200


def test_a_page_that_is_not_there_is_the_site_s_own_404_and_costs(scraper) -> None:
    missing = scrape(scraper, "https://variety.com/2026/11/20/nobody-wrote-this-1/")
    assert (missing.status_code, missing.headers["sa-credit-cost"], used(scraper)) == (404, "1", 1)


def test_an_article_is_not_there_before_it_is_published(articles) -> None:
    item = articles[-1]
    before = client(item.published_at - timedelta(seconds=1))
    assert scrape(before, item.link).status_code == 404


def test_a_key_that_is_wrong_or_used_up_is_refused_for_nothing(scraper) -> None:
    assert scrape(scraper, "https://variety.com/", key="wrong").status_code == 401
    assert scraper.get(API, params={"url": "https://variety.com/"}).status_code == 401
    answers = [scrape(scraper, "https://variety.com/", key="limited-2") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert "exhausted the API Credits" in answers[2].text
    assert used(scraper) == 2


def test_the_account_tells_the_limit_of_its_key(scraper) -> None:
    account = scraper.get(f"{API}account", params={"api_key": "limited-2"}).json()
    assert (account["requestCount"], account["requestLimit"]) == (0, 2)


def test_a_call_without_an_address_or_with_options_that_exclude_each_other_is_malformed(scraper) -> None:
    assert scraper.get(API, headers=KEY).status_code == 400
    assert scrape(scraper, "https://variety.com/", premium="true", ultra_premium="true").status_code == 400
