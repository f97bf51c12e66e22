"""The trades' feeds: which are asked, and what an article of theirs becomes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from feed_recordings import RECORDINGS, Recording, body

from etheatmap_assets.sources.source import Answer, Plan, Question
from etheatmap_assets.sources.trade_rss import SOURCE, trade_feeds
from etheatmap_core.config import load_config
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.settings import Settings
from etheatmap_core.signals.items import Item

CONFIG = load_config(Path(__file__).parents[3] / "configs")
HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
# As WordPress writes it; the trades' own feeds are not recorded, those of others with the same software are.
WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Variety</title><link>https://variety.com/</link>
<item><title>BREAKING: Maya Rudolph Exits &#8216;Loot&#8217;</title>
<link>https://variety.com/2026/tv/news/maya-rudolph-1236/?utm_source=rss&amp;utm_medium=feed</link>
<dc:creator><![CDATA[Joe Otterson]]></dc:creator><pubDate>Fri, 20 Nov 2026 14:05:10 +0000</pubDate>
<category><![CDATA[News]]></category><category><![CDATA[Maya Rudolph]]></category>
<guid isPermaLink="false">https://variety.com/?p=1236</guid>
<description><![CDATA[<p>She leaves &#8216;Loot&#8217; after four seasons.</p>
<p>The post <a href="x">BREAKING: Maya Rudolph Exits &#8216;Loot&#8217;</a> appeared first on
<a href="y">Variety</a>.</p>]]></description></item>
<item><title>Groundbreaking</title><guid isPermaLink="false">tag:variety.com,2026:7</guid></item>
</channel></rss>"""


def plan(**settings: str) -> Plan:
    return Plan("trade_rss", HOUR, Settings(_env_file=None, **settings), CONFIG, ())  # type: ignore[call-arg, arg-type]


def articles(document: str | bytes, outlet: str = "Variety", *, knows_outlets: bool = True) -> list[Item]:
    question = Question(f"feed/{outlet}", "https://example.org/feed/")
    content = document if isinstance(document, bytes) else document.encode()
    return list(SOURCE.parse(Answer(question, content, None, HOUR, CONFIG if knows_outlets else None)).items)


def test_each_feed_of_the_file_is_asked_once() -> None:
    assert [(question.key, question.url, question.entities) for question in SOURCE.questions(plan())] == [
        ("feed/Variety", "https://variety.com/feed/", ()),
        ("feed/The Hollywood Reporter", "https://www.hollywoodreporter.com/feed/", ()),
        ("feed/Deadline", "https://deadline.com/feed/", ()),
        ("feed/Entertainment Weekly", "https://ew.com/feed/", ()),
        ("feed/Vulture", "https://www.vulture.com/feed/rss/", ()),
        ("feed/IndieWire", "https://www.indiewire.com/feed/", ()),
        ("feed/TheWrap", "https://www.thewrap.com/feed/", ()),
    ]


def test_the_variables_of_two_feeds_win_over_the_file() -> None:
    asked = {question.key: question.url for question in SOURCE.questions(plan(variety_rss="https://mirror.org/v"))}
    assert asked["feed/Variety"] == "https://mirror.org/v"
    assert asked["feed/The Hollywood Reporter"] == "https://www.hollywoodreporter.com/feed/"
    thr = Settings(_env_file=None, thr_rss="https://mirror.org/t")  # type: ignore[call-arg]
    assert "https://mirror.org/t" in {feed.url for feed in trade_feeds(thr, CONFIG)}


def test_an_article_is_known_by_its_link_and_carries_its_outlet() -> None:
    assert articles(WORDPRESS)[0] == Item(
        item_id="https://variety.com/2026/tv/news/maya-rudolph-1236/",
        channel="Variety",
        url="https://variety.com/2026/tv/news/maya-rudolph-1236/",
        title="BREAKING: Maya Rudolph Exits ‘Loot’",
        summary="She leaves ‘Loot’ after four seasons.",
        author="Joe Otterson",
        names=("News", "Maya Rudolph"),
        topics=("film", "television", "music"),
        published_at=datetime(2026, 11, 20, 14, 5, 10, tzinfo=UTC),
        numbers={"tier": 1.0, "is_breaking": 1.0},
    )


def test_an_article_without_link_is_known_by_its_guid_and_leads_to_the_outlet() -> None:
    article = articles(WORDPRESS)[1]
    assert (article.item_id, article.url) == ("tag:variety.com,2026:7", "https://variety.com/")
    assert article.published_at is None
    assert article.numbers["is_breaking"] == 0.0


def test_without_any_link_there_is_no_receipt() -> None:
    bare = WORDPRESS.replace("<link>https://variety.com/</link>", "")
    with pytest.raises(CorruptCaptureError, match=r"^The feed of Variety has an entry without <link>"):
        articles(bare)


def test_an_entry_with_neither_title_nor_text_says_nothing() -> None:
    assert len(articles(WORDPRESS.replace("<title>Groundbreaking</title>", ""))) == 1


def test_an_entry_without_title_has_its_first_words_for_one() -> None:
    told = WORDPRESS.replace("<title>Groundbreaking</title>", "<description>A word on Maya</description>")
    assert articles(told)[1].title == "A word on Maya"


def test_an_outlet_that_has_left_the_file_has_the_weight_of_the_unknown() -> None:
    for article in (articles(WORDPRESS, "Gone")[0], articles(WORDPRESS, knows_outlets=False)[0]):
        assert article.numbers["tier"] == 3.0
        assert article.topics == ()


def test_news_counts_for_it() -> None:
    assert SOURCE.metrics is None
    assert SOURCE.is_now_only


@pytest.mark.realdata
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.file)
def test_every_recorded_feed_becomes_items(realdata: Path, recording: Recording) -> None:
    items = articles(body(realdata, recording.file), "Deadline")
    assert len(items) == recording.entries
    assert len({item.item_id for item in items}) == recording.links
    assert all(item.title and item.url.startswith("http") for item in items)
    first = items[0]
    assert first._replace(summary="") == Item(
        item_id=recording.first_link,
        channel="Deadline",
        url=recording.first_link,
        title=recording.first_title,
        author=recording.author,
        names=recording.categories,
        topics=("film", "television"),
        published_at=recording.published_at,
        numbers={"tier": 1.0, "is_breaking": 0.0},
    )
    assert first.summary.startswith(recording.summary)
