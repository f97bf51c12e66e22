"""/trends/dashboard on a real database: the page in each state, escaped, without scripts."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

from api_builders import HOSTILE_TEXTS, NEWEST, NOW, AddScore, evidence
from markupsafe import escape
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.hours import HOUR


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.all if tag in ("a", "link")]


def page(client: TestClient, query: str = "") -> str:
    answer = client.get(f"/trends/dashboard?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def test_the_root_leads_to_the_dashboard(client: TestClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/trends/dashboard")


def test_a_populated_page(client: TestClient, add_score: AddScore) -> None:
    entity_id = add_score("Whitney Houston", 1.8, category="music", velocity_z=3.4, velocity_raw=3.4)
    text = page(client)
    assert (
        'Scores for <time datetime="2026-11-20T14:00:00+00:00">14:00–15:00 UTC on Fri 20 Nov 2026</time>, 25 min ago'
        in text
    )
    assert f'<tr role="row" id="entity-{entity_id}">' in text
    assert text.count(f'href="#entity-{entity_id}"') == 3  # one tile a drawing
    assert "<title>Whitney Houston, heat 1.80: 12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ</title>" in text
    assert '<strong class="usual">5.9× usual</strong>' in text
    assert "<li>Seen in 1 of 3 source types</li>" in text
    assert "Not collected: reddit, tiktok" in text
    assert "These scores are old" not in text


def test_the_page_needs_no_script_and_nothing_from_elsewhere(client: TestClient, add_score: AddScore) -> None:
    add_score("Whitney Houston")
    answer = client.get("/trends/dashboard")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    elements = Elements(answer.text)
    for tag, attributes in elements.all:
        assert tag not in ("script", "style", "iframe", "object")
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        if tag in ("link", "img"):
            address = attributes.get("href") or attributes.get("src")
            assert not urlsplit(address or "").netloc
            assert client.get(str(address)).status_code == 200


def test_names_are_escaped(client: TestClient, add_score: AddScore) -> None:
    add_score("Kevin Hart", 1.0, category="film")
    add_score("New Film", None, state="warming_up")
    plain = {tag for tag, _ in Elements(page(client)).all}
    for name in HOSTILE_TEXTS:
        add_score(name, 1.2, reasons=[name], category=name)
        add_score(f"{name} 2", None, state="warming_up", reasons=[name], category="film")
    text = page(client)
    for name in HOSTILE_TEXTS:
        assert f"<bdi>{escape(name)}</bdi>" in text
        assert f"<li>{escape(name)}</li>" in text
        assert f'<option value="{escape(name)}">' in text
    elements = Elements(text)
    assert {tag for tag, _ in elements.all} == plain
    assert not any(attribute.startswith("on") for _, attributes in elements.all for attribute in attributes)


def test_no_scores_yet_says_what_to_do(client: TestClient) -> None:
    text = page(client)
    assert "No scores yet" in text
    assert "<code>make demo</code>" in text
    assert "<svg" not in text


def test_warming_up_entities_are_counted_and_listed_apart(client: TestClient, add_score: AddScore) -> None:
    add_score("New Film", None, state="warming_up", reasons=["Warming up: 31 of 72 hours of history"])
    text = page(client)
    assert "<h2>Warming up</h2>" in text
    assert "<summary>1 warming up</summary>" in text
    add_score("Whitney Houston")
    add_score("Silent", None, state="no_data")
    text = page(client)
    assert "<h2>Warming up</h2>" not in text
    assert "<summary>1 warming up</summary>" in text
    assert "<summary>1 without data</summary>" in text
    assert "<bdi>New Film</bdi> <small>Warming up: 31 of 72 hours of history</small>" in text


def test_old_scores_carry_a_banner(database_url: str, add_score: AddScore) -> None:
    add_score("Whitney Houston")
    with TestClient(create_app(database_url, now=lambda: NEWEST + timedelta(hours=8))) as client:
        text = page(client)
    assert "These scores are old" in text
    assert "7 h ago" in text


def test_a_filter_that_selects_nothing_says_so(client: TestClient, add_score: AddScore) -> None:
    add_score("Whitney Houston", category="music")
    text = page(client, "category=opera")
    assert "Nothing matches" in text
    assert "<bdi>opera</bdi>" in text


def test_filters_select_and_stay_selected(client: TestClient, add_score: AddScore) -> None:
    add_score("song", category="music")
    add_score("film", category="film")
    add_score("older song", 0.5, category="music", ts=NEWEST - 30 * HOUR)
    assert set(re.findall(r"<bdi>(.*?)</bdi>", page(client))) == {"song", "film"}
    text = page(client, "category=Music&timeframe=7d&limit=35")
    assert re.findall(r"<bdi>(.*?)</bdi>", text) == ["song", "older song"]
    assert "score of 08:00–09:00 UTC on Thu 19 Nov 2026" in text
    for option in ('<option value="music" selected>', '<option value="7d" selected>', '<option value="35" selected>'):
        assert option in text


def test_the_list_is_a_link_away_as_json_and_csv(client: TestClient, add_score: AddScore) -> None:
    add_score("song", category="R&B")
    links = Elements(page(client, "category=R%26B&timeframe=7d&limit=5")).links()
    as_json, as_csv = (link for link in links if link.startswith("/trends/intelligent"))
    assert as_json == "/trends/intelligent?category=R%26B&limit=5&timeframe=7d"
    assert client.get(as_json).json()["trends"][0]["entity"] == "song"
    assert client.get(as_csv).headers["content-type"] == "text/csv; charset=utf-8"


def test_dagster_is_linked_on_the_host_the_reader_used(database_url: str) -> None:
    app = create_app(database_url, now=lambda: NOW, dagster_port=3333)
    with TestClient(app, base_url="http://heat.example.org:8080") as client:
        assert "http://heat.example.org:3333/" in Elements(page(client)).links()


def test_an_entity_without_attention_is_in_the_table_and_not_in_the_map(
    client: TestClient, add_score: AddScore
) -> None:
    add_score("Seen")
    add_score("Unseen", evidence=evidence(views_an_hour=0.0, ratio=None))
    text = page(client)
    assert "1 without counted attention has no tile." in text
    assert "<bdi>Unseen</bdi>" in text
    assert "<title>Unseen" not in text
