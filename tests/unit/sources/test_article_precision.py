"""How well names are told from pages: every page of a simulated day, whose menus and lists name others."""

from datetime import timedelta
from pathlib import Path

from etheatmap_core.config import load_config
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.signals.articles import Article, read_article
from etheatmap_core.signals.pages import read_page
from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import floor_hour, parse_instant
from etheatmap_sim.items import Items
from etheatmap_sim.newsroom_pages import Newsrooms
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario

CONFIGS = Path(__file__).parents[3] / "configs"
NOW = parse_instant("2026-11-20T15:05")


def test_no_name_comes_from_what_stands_around_an_article_and_none_in_it_is_lost() -> None:
    config = load_config(CONFIGS)
    roster = [
        MatchEntity(number, one.name, one.type, one.category, one.aliases)
        for number, one in enumerate(config.entities, start=1)
    ]
    names, matcher = {one.entity_id: one.name for one in roster}, Matcher(roster, config.common_words)
    items = Items(Scenario(7, floor_hour(NOW), read_roster(CONFIGS / "entities.csv")))
    newsrooms = Newsrooms(items, lambda: NOW)
    pages = around = 0
    for item in items.between(Channel.TRADE, NOW - timedelta(hours=12), NOW):
        html = newsrooms.page(item.place, "/" + item.link.split("/", 3)[3], timedelta(0))
        assert html is not None
        found = read_article(read_page(html.encode(), "text/html; charset=utf-8", item.link))
        assert isinstance(found, Article)
        assert found.url == item.link
        assert (found.published_at is None) == item.is_undated
        read = {names[match.entity_id] for match in matcher.match(f"{found.title}\n{found.text}").matches}
        of_title = {names[match.entity_id] for match in matcher.match(item.title_at(NOW)).matches}
        assert of_title <= read <= of_title | {one.name for one in item.entities}, item.title
        pages += 1
        around += bool({names[match.entity_id] for match in matcher.match(html).matches} - read)
    assert pages > 50
    assert around == pages, "every page names others somewhere: it is no easy test"
