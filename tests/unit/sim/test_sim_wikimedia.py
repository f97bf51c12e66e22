"""Wikipedia's and Wikidata's answers about the roster, and the daily views beside the dumps."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np
import pytest
from sim_builders import ROSTER, SEED, SHIPPED_ROSTER, START, client
from starlette.testclient import TestClient

from etheatmap_sim.articles import Encyclopedia
from etheatmap_sim.hours import HOUR
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import Entity, read_roster
from etheatmap_sim.scenario import Scenario

FIVE_HUNDRED = padded(read_roster(SHIPPED_ROSTER), 500)
QUERY = {"action": "query", "redirects": "1", "prop": "redirects|pageprops", "format": "json", "formatversion": "2"}
VIEWS = "/wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia"


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client(roster=FIVE_HUNDRED)


@pytest.fixture(scope="module")
def encyclopedia() -> Encyclopedia:
    return Encyclopedia(Scenario(SEED, START, FIVE_HUNDRED))


def _query(asked: TestClient, *titles: str, **more: str) -> dict:
    answer = asked.get("/en.wikipedia.org/w/api.php", params=QUERY | {"titles": "|".join(titles)} | more)
    assert answer.status_code == 200
    return answer.json()


def test_a_title_leads_to_its_page_with_its_item_and_what_redirects_to_it(asked) -> None:
    answer = _query(asked, "Taylor_Swift", rdlimit="max")
    assert answer["query"]["normalized"] == [{"fromencoded": False, "from": "Taylor_Swift", "to": "Taylor Swift"}]
    (page,) = answer["query"]["pages"]
    assert page["pageprops"] == {"wikibase_item": "Q26876"}
    assert {"T-Swift", "Taylor Alison Swift"} <= {redirect["title"] for redirect in page["redirects"]}
    assert answer["batchcomplete"] is True


def test_a_moved_article_is_found_under_its_new_title(asked, encyclopedia) -> None:
    name, title = next(iter(encyclopedia.moved.items()))
    old = next(entity.title for entity in FIVE_HUNDRED if entity.name == name)
    answer = _query(asked, old, rdlimit="max")
    assert answer["query"]["redirects"] == [{"from": old, "to": title}]
    (page,) = answer["query"]["pages"]
    assert page["title"] == title
    assert old in {redirect["title"] for redirect in page["redirects"]}


def test_few_have_moved_and_nobody_whom_the_demo_shows_first(encyclopedia) -> None:
    told = Scenario(SEED, START, FIVE_HUNDRED)
    assert 5 <= len(encyclopedia.moved) <= 30
    assert not set(encyclopedia.moved) & set(told.hot_at(told.last_scripted_hour))


def test_a_missing_page_and_a_page_that_only_lists_others_say_so(asked) -> None:
    missing, plain = _query(asked, "No Such Page", "Barbie", rdlimit="max")["query"]["pages"]
    assert missing == {"ns": 0, "title": "No Such Page", "missing": True}
    assert plain["pageprops"]["disambiguation"] == ""


def test_fifty_titles_have_more_redirects_than_one_answer_and_the_rest_follows(asked, encyclopedia) -> None:
    titles = [entity.title for entity in FIVE_HUNDRED[98:148]]
    got: dict[str, set[str]] = {}
    answers, proceed = [], {}
    while True:
        answer = _query(asked, *titles, rdlimit="max", **proceed)
        answers.append(answer)
        for page in answer["query"]["pages"]:
            got.setdefault(page["title"], set()).update(one["title"] for one in page.get("redirects", []))
        proceed = answer.get("continue", {})
        if not proceed:
            break
    assert len(answers) == 2
    assert "batchcomplete" not in answers[0]
    assert not any("pageprops" in page for page in answers[1]["query"]["pages"])
    assert got == {title: set(encyclopedia.by_title[title].redirects) for title in got}


def test_no_title_leads_to_two_articles(encyclopedia) -> None:
    every = [title for article in encyclopedia.articles for title in (article.title, *article.redirects)]
    assert len(every) == len(set(every))
    assert len(encyclopedia.by_item_id) == len(encyclopedia.by_title)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"formatversion": "1"}, "badvalue"),
        ({"titles": "|".join(map(str, range(51)))}, "toomanyvalues"),
        ({"rdcontinue": "nonsense"}, "badcontinue"),
    ],
)
def test_mistakes_come_with_status_200_and_an_error(asked, more, code) -> None:
    answer = asked.get("/en.wikipedia.org/w/api.php", params=QUERY | {"titles": "X"} | more)
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, code)


def _items(asked: TestClient, ids: str, **more: str) -> dict:
    fixed = {"action": "wbgetentities", "props": "aliases|claims|labels", "languages": "en", "format": "json"}
    return asked.get("/www.wikidata.org/w/api.php", params=fixed | {"ids": ids} | more).json()


def test_an_item_has_labels_aliases_and_classes(asked) -> None:
    item = _items(asked, "Q26876")["entities"]["Q26876"]
    assert item["labels"]["en"]["value"] == "Taylor Swift"
    aliases = {alias["value"] for alias in item["aliases"]["en"]}
    assert {"T-Swift", "T. Swift", "Swift"} <= aliases  # those of the roster, and more than a curator would want
    assert [claim["mainsnak"]["datavalue"]["value"]["id"] for claim in item["claims"]["P31"]] == ["Q5"]


def test_some_projects_have_publication_dates_with_places_and_as_precise_as_they_are_known(asked, encyclopedia) -> None:
    published = {article.item_id: article.published for article in encyclopedia.articles}
    projects = [article for article in encyclopedia.articles if article.entity.type == "project"]
    assert 0.3 < sum(bool(article.published) for article in projects) / len(projects) < 0.7
    assert not any(article.published for article in encyclopedia.articles if article.entity.type != "project")
    for precision, zeros in ((9, "-00-00T"), (10, "-00T"), (11, "T")):
        item_id = next(name for name, dates in published.items() if dates and dates[0].precision == precision)
        claims = _items(asked, item_id, props="claims")["entities"][item_id]["claims"]["P577"]
        value = claims[0]["mainsnak"]["datavalue"]["value"]
        assert (value["precision"], zeros in value["time"]) == (precision, True)
    item_id = next(name for name, dates in published.items() if len(dates) == 2)
    claims = _items(asked, item_id, props="claims")["entities"][item_id]["claims"]["P577"]
    places = [claim["qualifiers"]["P291"][0]["datavalue"]["value"]["id"] for claim in claims]
    assert places == ["Q145", "Q30"]


def test_classes_fit_what_the_entities_are(encyclopedia) -> None:
    classes = {article.entity.name: article.instance_of for article in encyclopedia.articles}
    assert classes["Severance"] == ("Q5398426",)
    assert classes["Barbie"] == ("Q11424",)
    assert classes["Academy Awards"] == ("Q4504495",)
    assert len({one for found in classes.values() for one in found}) >= 6


def test_an_unknown_item_is_missing_and_a_wrong_id_an_error(asked) -> None:
    assert _items(asked, "Q1")["entities"]["Q1"] == {"id": "Q1", "missing": ""}
    assert _items(asked, "L1")["error"]["code"] == "no-such-entity"
    assert _items(asked, "|".join(f"Q{n}" for n in range(1, 52)))["error"]["code"] == "toomanyvalues"


def _day_views(asked: TestClient, article: str, first: str, last: str, access: str = "all-access") -> dict[str, int]:
    answer = asked.get(f"{VIEWS}/{access}/user/{quote(article, safe='')}/daily/{first}/{last}")
    assert answer.status_code == 200, answer.text
    return {item["timestamp"]: item["views"] for item in answer.json()["items"]}


def test_a_day_of_the_fortnight_has_the_dumps_sum_to_the_view() -> None:
    told, asked = Scenario(SEED, START, ROSTER), client()
    day = datetime(2026, 11, 15, tzinfo=UTC)
    hours = [told.views(day + turn * HOUR) for turn in range(24)]
    assert _day_views(asked, "Beyoncé", "20261115", "20261115", "desktop") == {
        "2026111500": int(np.sum([views.desktop[0] for views in hours]))
    }
    assert _day_views(asked, "Beyoncé", "2026111500", "2026111500") == {
        "2026111500": int(np.sum([views.desktop[0] + views.mobile[0] for views in hours]))
    }


def test_who_is_in_no_roster_has_days_too() -> None:
    told, asked = Scenario(SEED, START, ROSTER), client()
    hours = [told.unlisted_views(datetime(2026, 11, 15, tzinfo=UTC) + turn * HOUR) for turn in range(24)]
    title = told.coverage.unlisted_titles[-1]
    assert title.endswith(" (actor)")
    assert _day_views(asked, title, "20261115", "20261115") == {
        "2026111500": int(np.sum([views.desktop[-1] + views.mobile[-1] for views in hours]))
    }
    assert len(_day_views(asked, title, "20250101", "20250131")) == 31


def test_history_reaches_back_years_at_the_usual_level() -> None:
    told, asked = Scenario(SEED, START, ROSTER), client()
    views = _day_views(asked, "Beyoncé", "20250101", "20251231")
    assert len(views) == 365
    assert np.mean(list(views.values())) == pytest.approx(24 * told.usual_views[0], rel=0.02)


def test_a_day_appears_six_hours_after_its_end() -> None:
    day = "20261118"
    early, late = (client(datetime(2026, 11, 19, hour, tzinfo=UTC)) for hour in (5, 6))
    path = f"{VIEWS}/all-access/user/The_Bear_(TV_series)/daily/{day}/{day}"
    assert early.get(path).status_code == 404
    assert late.get(path).json()["items"][0]["article"] == "The_Bear_(TV_series)"


def test_a_slash_and_a_question_mark_in_a_title_are_letters() -> None:
    roster = (Entity("AC/DC?", "person", "AC/DC?"),)
    assert _day_views(client(roster=roster), "AC/DC?", "20261110", "20261110")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("all-access/user/Nobody/daily/20261110/20261110", 404),
        ("all-access/user/Drake/daily/20271110/20271110", 404),
        ("all-access/user/Drake/daily/20261131/20261131", 400),
        ("all-access/user/Drake/daily/20261112/20261110", 400),
        ("some-access/user/Drake/daily/20261110/20261110", 400),
        ("all-access/user/Drake/hourly/20261110/20261110", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem_in_json(asked, path, status) -> None:
    answer = asked.get(f"{VIEWS}/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"detail", "method", "status", "title", "type", "uri"}


def test_the_clock_decides_how_far_a_range_reaches() -> None:
    asked = client(START + timedelta(days=3))
    assert len(_day_views(asked, "Beyoncé", "20261101", "20261231")) == 22
